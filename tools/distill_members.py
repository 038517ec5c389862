"""Build `catalog/events/members.json`: whether a service's API begins its members with a small letter, from
botocore's models.

python tools/distill_members.py          write the file
python tools/distill_members.py --check  exit 1 if the file differs from what would be written
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import botocore
import botocore.session

TARGET = Path(__file__).parents[1] / "src" / "guestpass" / "catalog" / "events" / "members.json"


def _members(session: Any, service: str) -> set[str]:
    """The members of all of a service's inputs."""
    model = session.get_service_model(service)
    shapes = (model.operation_model(name).input_shape for name in model.operation_names)
    return {member for shape in shapes if shape is not None for member in shape.members}


def _exceptions(members: set[str]) -> tuple[bool, list[str]]:
    """Whether most begin small, and those that do not go with most."""
    small = {name for name in members if name[:1].islower()}
    capital = {name for name in members if name[:1].isupper()}
    if len(small) > len(capital):
        both = {name for name in capital if f"{name[:1].lower()}{name[1:]}" in small}
        return True, sorted(capital - both)
    both = {name for name in small if f"{name[:1].upper()}{name[1:]}" in capital}
    return False, sorted(small - both)


def build() -> str:
    """The file's text: one service a line."""
    session = botocore.session.get_session()
    lines = []
    for service in session.get_available_services():
        small, exceptions = _exceptions(_members(session, service))
        if small or exceptions:
            entry = {"small": small} | ({"but": exceptions} if exceptions else {})
            lines.append(f"{json.dumps(service)}: {json.dumps(entry)}")
    about = "first letters of the members of each API that is not capitalised throughout; made by tools/distill_members.py"
    origin = {"botocore": botocore.__version__, "licence": "Apache-2.0"}
    return (
        f'{{\n"about": {json.dumps(about)},\n"from": {json.dumps(origin)},\n"services": {{\n'
        + ",\n".join(lines)
        + "\n}\n}\n"
    )


def main() -> int:
    """Write the file, or say whether it stands as it should."""
    text = build()
    if "--check" in sys.argv:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

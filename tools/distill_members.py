"""Build `catalog/events/members.json`: whether a service's API begins its members with a small letter, and what the wire
calls a member otherwise, from botocore's models.

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


def _small(name: str) -> str:
    return f"{name[:1].lower()}{name[1:]}"


# Their records have spellings of their own, which events.toml says.
_OWN_SPELLINGS = ("ec2", "s3", "s3control")


def _wire(session: Any, service: str) -> dict[str, dict[str, str]]:
    """What paths, queries and headers call a member, by that name and the member: the operations, `*` for all that have it."""
    model = session.get_service_model(service)
    if not model.metadata["protocol"].startswith("rest") or service in _OWN_SPELLINGS:
        return {}
    members: dict[str, set[str]] = {}
    found: dict[str, dict[str, list[str]]] = {}
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        own = {} if shape is None else shape.members
        members[operation] = {_small(name) for name in own}
        for name, member in own.items():
            wire = _small(member.serialization.get("name", name))
            if wire not in members[operation]:
                found.setdefault(wire, {}).setdefault(name, []).append(operation)
    return {
        wire: {name: " ".join(operations) for name, operations in names.items()}
        if len(names) > 1 or any(wire in own for own in members.values())
        else {next(iter(names)): "*"}
        for wire, names in sorted(found.items())
    }


def _maps(session: Any, service: str) -> list[str]:
    """The members anywhere in a service's inputs that are maps: their keys are the user's words."""
    model = session.get_service_model(service)
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [model.operation_model(name).input_shape for name in model.operation_names]
    while waiting:
        shape = waiting.pop()
        if shape is None or shape.name in seen:
            continue
        seen.add(shape.name)
        match shape.type_name:
            case "structure":
                found |= {name for name, member in shape.members.items() if member.type_name == "map"}
                waiting += shape.members.values()
            case "list":
                waiting.append(shape.member)
            case "map":
                waiting.append(shape.value)
    return sorted(found)


def build() -> str:
    """The file's text: one service a line."""
    session = botocore.session.get_session()
    lines = []
    for service in session.get_available_services():
        small, exceptions = _exceptions(_members(session, service))
        wire = _wire(session, service)
        maps = [] if small else _maps(session, service)
        if small or exceptions or wire or maps:
            entry: dict[str, object] = {"small": small} | ({"but": exceptions} if exceptions else {})
            entry |= ({"wire": wire} if wire else {}) | ({"maps": maps} if maps else {})
            lines.append(f"{json.dumps(service)}: {json.dumps(entry)}")
    about = (
        "first letters of the members of each API that is not capitalised throughout, and members that the wire calls"
        " otherwise (by that name: the member and its operations), and those that are maps; made by tools/distill_members.py"
    )
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

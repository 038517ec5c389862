"""Write `docs/reference/doors.md` from the catalogue's doors.

python tools/doors_page.py          write the page
python tools/doors_page.py --check  exit 1 if the page differs from what would be written
"""

from __future__ import annotations

import sys
from pathlib import Path

from guestpass.catalog import Door, doors
from guestpass.catalog.doors import categories, revised

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "doors.md"

HEAD = """# The doors

The ways in which a former guest can still get back in. This page is made from
`src/guestpass/catalog/doors/` by `tools/doors_page.py`: {count} doors in the categories {letters}; the
oldest file was last revised on {revised}. AWS adds services weekly, so the list is never complete.

**Need** is the least right with which a door can be planted: **L** full access to EC2 and RDS, **P**
PowerUserAccess, **A** more, **O** a log-in on a host, database or application, **K** in hand by doing the
job, **X** outside AWS.

**Settled by** says what can stand behind a verdict: *could not* (no policy the guest ever held admits the
planting), *did not* (the logs show none), *is not* (the account was read and nothing is there), *closed by*
(an act of the loan ends it whatever was planted).
"""

_UNPLANTED = {
    "K": "nothing: it comes with the job",
    "O": "a log-in on the host, the database or the site: no action of AWS's",
    "X": "an act outside AWS",
}


def page() -> str:
    """The page's text."""
    found = doors()
    titles = categories()
    head = HEAD.format(revised=revised().isoformat(), count=len(found), letters=", ".join(sorted(titles)))
    sections = (
        f"\n## {letter} {title}\n\n" + "".join(_entry(door) for door in found if door.category == letter)
        for letter, title in sorted(titles.items())
    )
    return head + "".join(sections)


def _entry(door: Door) -> str:
    planting = " or ".join(" + ".join(f"`{action}`" for action in together) for together in door.planting)
    lines = [
        f"**{door.code}** {door.title} (need {door.need})  ",
        f"planted by {planting or _UNPLANTED[door.need]}  ",
        f"found by {_found(door)}  ",
        f"closed by {'; '.join(filter(None, (_names(door.closers), door.by_hand)))}  ",
        f"settled by {', '.join(each.replace('-', ' ') for each in door.evidence)}  ",
        f"mind: {door.catch}",
    ]
    return "\n".join(lines) + "\n\n"


def _found(door: Door) -> str:
    ways = (
        _names(door.finders),
        f"events {_names(door.events)}" if door.events else "",
        f"on the host {_names(door.host)}" if door.host else "",
        f"in the database {_names(door.sql)}" if door.sql else "",
        door.outside or "",
    )
    return "; ".join(filter(None, ways))


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> int:
    """Write the page, or compare."""
    if "--check" in sys.argv:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != page())
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

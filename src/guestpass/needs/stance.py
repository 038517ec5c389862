"""What an action does with a resource, by what AWS lists of it: for needs that no blueprint words."""

from __future__ import annotations

import re

from guestpass import catalog
from guestpass.needs.need import Stance

# the verbs with which AWS names what makes a thing; `Put` and `Register` also change one that is there
_MAKES = re.compile(r"(Create|Run|Allocate|Import|Copy|Restore|Request|Register|Issue|Publish(?!Batch))[A-Z]")


def stance_of(action: str, type_: str | None) -> Stance:
    """Say what an action does with a resource of a type (`rds:db`), None where it takes none.

    A type that is not made by the call is changed if it is the action's own (the only one that AWS always asks for), and
    else used. An action nobody knows changes what it names: of the stances the one that is held most closely.
    """
    if type_ is None:
        return "asks"
    listed = catalog.action(action)
    if isinstance(listed, catalog.Unmapped):
        return "changes"
    level = listed.levels[0]
    if level in ("List", "Read"):
        return "lists" if level == "List" else "uses"
    if level == "Tagging":
        return "tags"
    kind = type_.partition(":")[2]
    makes = _MAKES.match(action.partition(":")[2]) is not None
    named = _singular(kind) in action.partition(":")[2].lower()
    if makes:
        return "creates" if named or (listed.types.get(kind) is True and len(listed.types) == 1) else "uses"
    return "changes" if listed.types.get(kind) is True or named else "uses"


def makes(action: str) -> bool:
    """Whether an action makes things, by the verb that AWS names it with and the level that AWS lists."""
    if _MAKES.match(action.partition(":")[2]) is None:
        return False
    return catalog.access_level(action) not in ("List", "Read")


def _singular(kind: str) -> str:
    return kind.replace("-", "").lower()

"""Actions that together give more rights than they are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from guestpass.catalog import distilled


@cache
def escalations() -> Mapping[str, tuple[str, ...]]:
    """The known ways by name: the actions that are needed together (`iam:PassRole` with `lambda:CreateFunction` and …).

    From cloudsplaining's list (`parts` says its day); those whose actions AWS lists no more are left out.
    """
    return distilled.needed("escalations.json", dict[str, tuple[str, ...]])

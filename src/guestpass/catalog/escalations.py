"""Actions that together give more rights than they are, and actions that give away secrets or data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from guestpass.catalog import distilled
from guestpass.catalog.values import Escalation


class _Way(msgspec.Struct, frozen=True, array_like=True):
    actions: tuple[str, ...]
    page: str


class _Lists(msgspec.Struct, frozen=True):
    ways: dict[str, _Way]
    credentials: tuple[str, ...]
    data: tuple[str, ...]


@cache
def _lists() -> _Lists:
    return distilled.needed("escalations.json", _Lists)


@cache
def escalations() -> tuple[Escalation, ...]:
    """The known ways, by name: the actions that are needed together (`iam:PassRole` with `lambda:CreateFunction` and …).

    From cloudsplaining's list (`parts` says its day); a way with an action that AWS does not list is left out.
    """
    return tuple(
        Escalation(name=name, actions=way.actions, page=way.page) for name, way in _lists().ways.items()
    )


def exposures() -> Mapping[str, tuple[str, ...]]:
    """Actions whose answer is what a thief wants: `credentials` that work elsewhere, and stored `data`.

    From cloudsplaining's lists, which name the gravest and not all; what AWS does not list is left out.
    """
    return {"credentials": _lists().credentials, "data": _lists().data}

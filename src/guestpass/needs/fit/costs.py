"""What is in the way when nothing exact helps: the costliest statements, and what widening would save and let in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from guestpass import catalog
from guestpass.needs.fit.holder import Holder
from guestpass.needs.fit.packing import least_policies
from guestpass.needs.fit.pieces import EMPTY, Piece, size_together
from guestpass.needs.fit.values import TooLarge, Wildcard

_VERB = re.compile(r"[A-Z]?[a-z]+(?=[A-Z])")


def too_large(came: Sequence[Piece], smallest: Sequence[Piece], room: Holder) -> TooLarge:
    """Tell what does not fit: `came` are the statements as they came in, `smallest` after all that is exact."""
    costliest = sorted(((piece.sid, piece.size) for piece in came), key=lambda each: (-each[1], each[0]))
    characters = size_together([piece.size for piece in smallest])
    space = room.policies * room.each if room.together is None else room.together
    return TooLarge(
        why=_why(smallest, room, characters, space),
        characters=characters,
        room=space,
        costliest=tuple(costliest),
        wildcards=wildcards_of(smallest),
        data_version=catalog.data_version(),
    )


def wildcards_of(pieces: Iterable[Piece]) -> Mapping[str, tuple[Wildcard, ...]]:
    """For each service in Allows: what `service:*` and `service:Verb*` would save, and whom they would let in besides."""
    allows = [piece for piece in pieces if piece.statement["Effect"] == "Allow" and piece.plain]
    services = sorted(
        {action.partition(":")[0].lower() for piece in allows for action in piece.actions} - {"*"}
    )
    told: dict[str, tuple[Wildcard, ...]] = {}
    for service in services:
        names = [
            action.partition(":")[2]
            for piece in allows
            for action in piece.actions
            if action.partition(":")[0].lower() == service
        ]
        verbs = sorted({found.group() for name in names if (found := _VERB.match(name))})
        would = [_wildcard(f"{service}:{start}*", allows) for start in ("", *verbs)]
        told[service] = tuple(
            sorted((each for each in would if each), key=lambda each: (-each.saves, each.pattern))
        )
    return {service: wildcards for service, wildcards in told.items() if wildcards}


def _wildcard(pattern: str, allows: Sequence[Piece]) -> Wildcard | None:
    """What the pattern would do in each statement that lists something it means; None where that saves nothing."""
    meant = frozenset(catalog.actions_matching(pattern))
    saves = 0
    extra: set[str] = set()
    for piece in allows:
        replaced = {action for action in piece.actions if _means(action) and _means(action) <= meant}
        if not replaced:
            continue
        saves += piece.size - piece.rewritten(actions={*piece.actions} - replaced | {pattern}).size
        extra |= meant.difference(*(_means(action) for action in piece.actions))
    if saves <= 0:
        return None
    levels = [catalog.access_level(action) for action in extra]
    return Wildcard(
        pattern=pattern,
        saves=saves,
        extra=tuple(sorted(extra)),
        writes=levels.count("Write"),
        manages=levels.count("Permissions management"),
    )


@lru_cache(maxsize=16384)
def _means(action: str) -> frozenset[str]:
    return frozenset(catalog.actions_matching(action))


def _why(pieces: Sequence[Piece], room: Holder, characters: int, space: int) -> str:
    largest = max(pieces, key=lambda piece: piece.size)
    if room.policies == 0:
        return f"{room.words} has room for no further policy"
    if EMPTY + largest.size > room.each and len(largest.actions) == len(largest.resources) == 1:
        return f"statement `{largest.sid}` has {EMPTY + largest.size:,} characters, more than a policy holds ({room.each:,})"
    if room.together is not None:
        return f"the job needs {characters:,} characters, more than {room.words} can hold ({space:,})"
    least = max(least_policies([piece.size for piece in pieces], room.each), room.policies + 1)
    return f"the job needs {least} policies, more than {room.words} takes ({room.policies})"

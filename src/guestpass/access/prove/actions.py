"""Sets of actions, as Action and NotAction elements write them: what two of them share, what one wholly
holds.
"""

from __future__ import annotations

from functools import lru_cache

from guestpass.access.policy.globs import Piece, Wild, glob_matches, pieces_of
from guestpass.access.policy.values import Patterns

# INVARIANT: a letter that stands in no action and no pattern; see `holds_all`.
_FRESH = "\ue000"


def may_name(patterns: Patterns, asked: str) -> bool:
    """Whether the element names any action that `asked` (an action, or a pattern of actions) stands for."""
    if patterns.negated:
        return not any(holds_all(value.lower(), asked.lower()) for value in patterns.values)
    wanted = asked.lower()
    return any(share(value, wanted) for value in _of_service(patterns, wanted.partition(":")[0]))


def names_all(patterns: Patterns, asked: str) -> bool:
    """Whether the element surely names every action that `asked` stands for."""
    if patterns.negated:
        return not any(share(value.lower(), asked.lower()) for value in patterns.values)
    return any(holds_all(value.lower(), asked.lower()) for value in patterns.values)


@lru_cache(maxsize=4096)
def _of_service(patterns: Patterns, service: str) -> tuple[str, ...]:
    """The values that can name an action of the service: an element may list thousands, of hundreds of services."""
    values = tuple(value.lower() for value in patterns.values)
    if "*" in service or "?" in service:
        return values
    return tuple(value for value in values if glob_matches(value.partition(":")[0], service))


def holds_all(wide: str, narrow: str) -> bool:
    """Whether every text that matches `narrow` matches `wide` too; False may also mean "not seen".

    For patterns with `*` alone, putting one letter that neither uses in the place of each `*` of `narrow`
    makes a text that stands for all of them. With `?` that is not so, and only equality counts.
    """
    if "*" not in narrow and "?" not in narrow:
        return glob_matches(wide, narrow)
    if "?" in narrow or "?" in wide:
        return wide == narrow or set(wide) == {"*"}
    return glob_matches(wide, narrow.replace("*", _FRESH))


@lru_cache(maxsize=65536)
def share(one: str, other: str) -> bool:
    """Whether some text matches both patterns."""
    for pattern, text in ((one, other), (other, one)):
        if "*" not in text and "?" not in text:
            return glob_matches(pattern, text)
    first, second = _letters(one), _letters(other)
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        here = waiting.pop()
        for step in _steps(first, second, here):
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return (len(first), len(second)) in reached


def _letters(pattern: str) -> tuple[Piece, ...]:
    return tuple(
        letter for piece in pieces_of(pattern) for letter in (piece if isinstance(piece, str) else (piece,))
    )


def _steps(
    first: tuple[Piece, ...], second: tuple[Piece, ...], here: tuple[int, int]
) -> tuple[tuple[int, int], ...]:
    """Where reading one letter of a common text, or leaving a `*`, can lead from here."""
    i, j = here
    one = first[i] if i < len(first) else None
    other = second[j] if j < len(second) else None
    steps: list[tuple[int, int]] = []
    if one is Wild.ANY:
        steps.append((i + 1, j))
        steps += [(i, j + 1)] if other is not None else []
    if other is Wild.ANY:
        steps.append((i, j + 1))
        steps += [(i + 1, j)] if one is not None else []
    if one is not None and other is not None and Wild.ANY not in (one, other):
        same = one is Wild.ONE or other is Wild.ONE or one == other
        steps += [(i + 1, j + 1)] if same else []
    return tuple(steps)

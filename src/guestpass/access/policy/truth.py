"""Three-valued logic: True, False, and None for "not known" (Kleene's strong logic).

None is falsy, so `if truth:` fails closed for whatever grants; whatever denies asks `is not False`.
"""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def both(parts: Iterable[Truth]) -> Truth:
    """Whether all hold: one False settles it, else one None leaves it open."""
    answer: Truth = True
    for part in parts:
        if part is False:
            return False
        if part is None:
            answer = None
    return answer


def either(parts: Iterable[Truth]) -> Truth:
    """Whether any holds: one True settles it, else one None leaves it open."""
    answer: Truth = False
    for part in parts:
        if part is True:
            return True
        if part is None:
            answer = None
    return answer


def opposite(truth: Truth) -> Truth:
    """The other way round; what is not known stays so."""
    return None if truth is None else not truth

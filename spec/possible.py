"""What is not known, as the set of answers that are still possible."""

from collections.abc import Iterable

Possible = frozenset[bool]
YES: Possible = frozenset({True})
NO: Possible = frozenset({False})
MAYBE: Possible = frozenset({True, False})


def sure(answer: bool) -> Possible:
    """A known answer."""
    return YES if answer else NO


def every(parts: Iterable[Possible]) -> Possible:
    """All of them hold."""
    heard = list(parts)
    return frozenset({True} if all(True in p for p in heard) else ()) | frozenset(
        {False} if any(False in p for p in heard) else ()
    )


def some(parts: Iterable[Possible]) -> Possible:
    """At least one of them holds."""
    heard = list(parts)
    return frozenset({True} if any(True in p for p in heard) else ()) | frozenset(
        {False} if all(False in p for p in heard) else ()
    )


def negate(part: Possible) -> Possible:
    """It does not hold."""
    return frozenset(not answer for answer in part)

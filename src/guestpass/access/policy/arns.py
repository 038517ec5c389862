"""ARNs against patterns, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from guestpass.access.policy.globs import Matcher, Piece, Wild, matcher_of, pieces_of, tidy
from guestpass.access.policy.truth import Truth

FIELDS = 6
"""`arn:partition:service:region:account:resource`; the resource runs to the end and may hold colons."""

Fields = tuple[tuple[Piece, ...], ...]
ArnMatcher = Callable[[str], Truth]


@lru_cache(maxsize=8192)
def fields_of(pieces: tuple[Piece, ...]) -> Fields:
    """Split a pattern at its first five colons; at most six fields, fewer when the pattern has fewer."""
    fields: list[list[Piece]] = [[]]
    for piece in pieces:
        if not isinstance(piece, str):
            fields[-1].append(piece)
            continue
        first, *rest = piece.split(":", FIELDS - len(fields))
        fields[-1].append(first)
        fields.extend([part] for part in rest)
    return tuple(tuple(tidy(field)) for field in fields)


def filled(fields: Fields) -> Fields:
    """Fill an ARN pattern up to six fields with `*` (rule 39)."""
    # AWS: IAM JSON policy elements: Resource
    return fields + ((Wild.ANY,),) * (FIELDS - len(fields))


@lru_cache(maxsize=8192)
def strict_matcher(fields: Fields) -> Matcher:
    """Make a function that compares field with field: no wildcard leaves its field (rules 38 and 61)."""
    *head, tail = fields
    last = matcher_of(tail)
    if all(len(field) <= 1 and all(isinstance(piece, str) for piece in field) for field in head):
        prefix = "".join("".join(map(str, field)) + ":" for field in head)
        length = len(prefix)
        return lambda arn: arn.startswith(prefix) and last(arn[length:])
    if all(field == (Wild.ANY,) or all(isinstance(piece, str) for piece in field) for field in head):
        # whole fields and `*` alone, which is nearly every pattern: one expression that cannot backtrack
        written = (
            r"[^:]*" if field == (Wild.ANY,) else re.escape("".join(map(str, field))) for field in head
        )
        opening = re.compile("".join(f"{field}:" for field in written)).match

        def matches_opening(arn: str) -> bool:
            found = opening(arn)
            return found is not None and last(arn[found.end() :])

        return matches_opening
    checks = tuple((place, matcher_of(field)) for place, field in enumerate(head) if field != (Wild.ANY,))

    def matches(arn: str) -> bool:
        parts = arn.split(":", FIELDS - 1)
        if len(parts) < FIELDS:
            return False
        return all(check(parts[place]) for place, check in checks) and last(parts[-1])

    return matches


@lru_cache(maxsize=8192)
def arn_matcher(fields: Fields) -> ArnMatcher:
    """Make a function for a pattern of a Resource element: None where AWS's page leaves two readings.

    "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the
    colon boundaries": an ARN that matches only with such an expansion is not decided (rule 38).
    """
    # AWS: IAM JSON policy elements: Resource, "Using wildcards in resource ARNs"
    fields = filled(fields)
    strict = strict_matcher(fields)
    if not any(field and field[-1] is Wild.ANY for field in fields[:-1]):
        return strict
    # Letting every wildcard cross is quick to test and rules nearly everything out.
    joined = [piece for field in fields for piece in (*field, ":")][:-1]
    widest = matcher_of(tuple(tidy(joined)))

    def matches(arn: str) -> Truth:
        if strict(arn):
            return True
        # the pattern's own five colons and one that a wildcard swallows: fewer leave nothing to cross
        crosses = arn.count(":") >= FIELDS and widest(arn) and _matches_loosely(fields, arn)
        return None if crosses else False

    return matches


def _matches_loosely(fields: Fields, arn: str) -> bool:
    """Whether the ARN matches when a `*` that ends a field may cross colons, and no other wildcard may."""
    steps: list[tuple[Piece, bool]] = []
    for place, field in enumerate(fields):
        last = place == FIELDS - 1
        for spot, piece in enumerate(field):
            steps.append((piece, last or (piece is Wild.ANY and spot == len(field) - 1)))
        if not last:
            steps.append((":", True))
    ends = {0}
    for piece, crosses in steps:
        if isinstance(piece, str):
            ends = {end + len(piece) for end in ends if arn.startswith(piece, end)}
        elif piece is Wild.ONE:
            ends = {end + 1 for end in ends if end < len(arn) and (crosses or arn[end] != ":")}
        else:
            ends = _reach(ends, arn, crosses=crosses)
        if not ends:
            return False
    return len(arn) in ends


def _reach(starts: set[int], arn: str, *, crosses: bool) -> set[int]:
    reached: set[int] = set()
    going = False
    for spot in range(len(arn) + 1):
        going = going or spot in starts
        if going:
            reached.add(spot)
        if spot < len(arn) and arn[spot] == ":" and not crosses:
            going = False
    return reached


def is_everything(pieces: Sequence[Piece]) -> bool:
    """Whether a pattern of a Resource element is `*` alone."""
    return tuple(pieces) == (Wild.ANY,)


@lru_cache(maxsize=4096)
def _arn_matcher_of_text(pattern: str) -> ArnMatcher:
    pieces = pieces_of(pattern)
    if is_everything(pieces):
        return lambda _: True
    return arn_matcher(fields_of(pieces))


def arn_matches(pattern: str, arn: str) -> Truth:
    """Whether an ARN matches a Resource element's pattern (no variables); None where AWS leaves it open."""
    return _arn_matcher_of_text(pattern)(arn)


def account_of(arn: str) -> str | None:
    """The 12 digits in an ARN's account field, or None."""
    parts = arn.split(":", FIELDS - 1)
    if len(parts) < FIELDS or len(parts[4]) != 12 or not (parts[4].isascii() and parts[4].isdigit()):
        return None
    return parts[4]

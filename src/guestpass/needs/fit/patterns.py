"""Shorter lists of actions: patterns that stand for actions of the list and, by the catalogue, for no other."""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from guestpass import catalog
from guestpass.errors import Bug
from guestpass.needs.fit.pieces import Piece
from guestpass.needs.fit.values import Pattern

Closeness = Literal["words", "letters"]
"""Where a pattern may be cut: between the words of names, for two actions and more; or anywhere after the first word."""

_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_COMMA_AND_QUOTES = 3
_LAST = "\U0010ffff"


def shortened(piece: Piece, closeness: Closeness) -> Piece:
    """Write the actions of an Allow as patterns where that is shorter. Each pattern is proved; a Deny stays as it is."""
    if not piece.plain or piece.statement["Effect"] != "Allow":
        return piece
    by_service: dict[str, list[str]] = {}
    for action in dict.fromkeys(piece.actions):
        by_service.setdefault(action.partition(":")[0].lower(), []).append(action)
    actions: list[str] = []
    patterns: list[Pattern] = []
    for service, listed in by_service.items():
        if "*" in service or "?" in service:
            actions += listed
            continue
        kept, found = shorter(service, tuple(listed), closeness)
        actions += (*kept, *(pattern.pattern for pattern in found))
        patterns += found
    if not patterns:
        return piece
    written = piece.rewritten(
        actions=actions, patterns=tuple(sorted(patterns, key=lambda each: each.pattern))
    )
    return written if written.size < piece.size else piece


@lru_cache(maxsize=4096)
def shorter(
    service: str, listed: tuple[str, ...], closeness: Closeness
) -> tuple[tuple[str, ...], tuple[Pattern, ...]]:
    """Of the actions listed of one service: those that stay as they are, and the patterns for the others.

    What AWS does not list, and what is a pattern already, stays. Raises `Bug` where a pattern were to let more in.
    """
    names = _names(service)
    kept = [action for action in listed if action.partition(":")[2].lower() not in names.place]
    said = 0
    for action in kept:
        said |= names.mask(catalog.actions_matching(action))
    exact = {
        bit: action for action in listed if action not in kept and not (bit := names.mask((action,))) & said
    }
    allowed = said
    for bit in exact:
        allowed |= bit
    if not exact:
        return tuple(kept), ()
    chosen = _Cover(names, exact, allowed, closeness).chosen()
    found = tuple(_proved(f"{service}:{glob}", names.of(mask), names.of(allowed)) for glob, mask in chosen)
    covered = 0
    for _, mask in chosen:
        covered |= mask
    return (*kept, *(action for bit, action in exact.items() if not bit & covered)), found


def _proved(pattern: str, stands_for: tuple[str, ...], allowed: tuple[str, ...]) -> Pattern:
    """Ask the catalogue itself what the pattern means: what the cover reckoned is not taken on trust."""
    # INVARIANT: nothing that the list does not name comes in
    meant = catalog.actions_matching(pattern)
    if meant != stands_for or not set(meant) <= set(allowed):
        raise Bug(f"`{pattern}` would let in more than the actions it was to stand for")
    return Pattern(pattern=pattern, stands_for=meant)


class _Names:
    """The names of a service's actions, as bits: which begin so, end so, are so long."""

    def __init__(self, service: str) -> None:
        self.actions = catalog.actions_matching(f"{service}:*")
        self.names = tuple(action.partition(":")[2] for action in self.actions)
        lower = [name.lower() for name in self.names]
        self.place = {name: place for place, name in enumerate(lower)}
        self._backwards = sorted((name[::-1], place) for name, place in self.place.items())
        self._forwards = sorted(self.place.items())
        self._lengths: dict[int, int] = {}
        self._heads: dict[str, int] = {}
        self._tails: dict[str, int] = {}

    def mask(self, actions: Sequence[str]) -> int:
        found = 0
        for action in actions:
            found |= 1 << self.place[action.partition(":")[2].lower()]
        return found

    def of(self, mask: int) -> tuple[str, ...]:
        return tuple(action for place, action in enumerate(self.actions) if mask >> place & 1)

    def beginning(self, head: str) -> int:
        return self._cached(self._heads, self._forwards, head.lower())

    def ending(self, tail: str) -> int:
        return self._cached(self._tails, self._backwards, tail.lower()[::-1])

    def as_long(self, length: int) -> int:
        if length not in self._lengths:
            self._lengths[length] = sum(1 << at for name, at in self.place.items() if len(name) >= length)
        return self._lengths[length]

    @staticmethod
    def _cached(known: dict[str, int], among: list[tuple[str, int]], head: str) -> int:
        if head not in known:
            first, last = bisect_left(among, (head, -1)), bisect_left(among, (head + _LAST, -1))
            known[head] = sum(1 << place for _, place in among[first:last])
        return known[head]


_names = lru_cache(maxsize=512)(_Names)


@dataclass(frozen=True, slots=True)
class _Cover:
    """What is to be covered: the exact actions by their bits; `allowed` are those that a pattern may stand for."""

    names: _Names
    exact: dict[int, str]
    allowed: int
    closeness: Closeness

    def chosen(self) -> list[tuple[str, int]]:
        """The patterns to write, with what each stands for: greedily what saves most, then without the idle ones."""
        everything = (1 << len(self.names.actions)) - 1
        if self.allowed == everything and len(self.exact) > 1:
            return [("*", everything)]
        candidates = self._candidates()
        waiting = [(-self._gain(glob, mask, 0), glob, mask) for mask, glob in candidates.items()]
        heapq.heapify(waiting)
        chosen: list[tuple[str, int]] = []
        covered = 0
        while waiting and waiting[0][0] < 0:
            _, glob, mask = heapq.heappop(waiting)
            gain = self._gain(glob, mask, covered)
            if waiting and -gain > waiting[0][0]:
                heapq.heappush(
                    waiting, (-gain, glob, mask)
                )  # less than when it was reckoned: another may be better
            elif gain > 0:
                chosen.append((glob, mask))
                covered |= mask
        return self._without_idle(chosen)

    def _gain(self, glob: str, mask: int, covered: int) -> int:
        """The characters that it saves beyond what is covered."""
        left = mask & ~covered
        saved = 0
        while left:
            bit = left & -left
            left ^= bit
            if bit in self.exact:
                saved += len(self.exact[bit]) + _COMMA_AND_QUOTES
        return saved - self._cost(glob)

    def _cost(self, glob: str) -> int:
        return len(next(iter(self.exact.values())).partition(":")[0]) + 1 + len(glob) + _COMMA_AND_QUOTES

    def _without_idle(self, chosen: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Leave out, from the first on, each that saves nothing beside the others."""
        kept = list(chosen)
        for each in chosen:
            others = 0
            for other in kept:
                if other is not each:
                    others |= other[1]
            if self._gain(*each, others) <= 0:
                kept.remove(each)
        return kept

    def _candidates(self) -> dict[int, str]:
        """The shortest pattern for each set of actions that one can stand for."""
        found: dict[int, str] = {}
        least = 2 if self.closeness == "words" else 1
        listed = 0
        for bit in self.exact:
            listed |= bit
        for bit in self.exact:
            for glob, mask in self._around(self.names.names[bit.bit_length() - 1]):
                if (mask & listed).bit_count() >= least:
                    known = found.get(mask)
                    if known is None or (len(glob), glob) < (len(known), known):
                        found[mask] = glob
        return found

    def _around(self, name: str) -> Iterator[tuple[str, int]]:
        """The patterns that a name matches and that stand for nothing else than is allowed."""
        borders = [found.start() for found in _BORDER.finditer(name)]
        other = ~self.allowed
        tails: list[tuple[int, str, int]] = []
        for start in reversed(borders):
            mask = self.names.ending(name[start:])
            if not mask & other:
                yield f"*{name[start:]}", mask
                break  # a longer end stands for fewer of the same
            tails.append((start, name[start:], mask))
        cuts = (
            borders if self.closeness == "words" else range(borders[0] if borders else len(name), len(name))
        )
        for cut in cuts:
            head = self.names.beginning(name[:cut])
            if not head & other:
                yield f"{name[:cut]}*", head
                break  # so does a longer beginning
            for start, tail, mask in tails:
                both = head & mask
                if start >= cut and not both & other & self.names.as_long(cut + len(tail)):
                    yield f"{name[:cut]}*{tail}", both & self.names.as_long(cut + len(tail))

"""Statements into as few policies as possible, by their exact sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from guestpass.needs.fit.holder import Holder
from guestpass.needs.fit.pieces import EMPTY, Piece, counted, size_together

Bins = list[list[int]]
_STEPS = 20_000
"""How many placings are tried for a policy fewer: a few hundredths of a second."""

_DEEPEST = 400
"""Of more statements than this, no policy fewer is sought."""


def packed(sizes: Sequence[int], room: Holder) -> Bins | None:
    """Pack statements of these sizes: places of each policy's statements, in order. None where they were not seen to fit.

    As they have always been packed (largest first, into the first policy with room); otherwise only where that takes
    fewer policies.
    """
    if any(EMPTY + size > room.each for size in sizes):
        return None
    best = _filled(sizes, room.each, _first)
    least = least_policies(sizes, room.each)
    if len(best) > least:
        best = min((best, _filled(sizes, room.each, _fullest)), key=len)
    while len(best) > least and len(sizes) <= _DEEPEST:
        fewer = _searched(sizes, room.each, len(best) - 1)
        if fewer is None:
            break
        best = fewer
    if len(best) > room.policies:
        return None
    if room.together is not None and total(sizes, best) > room.together:
        return None
    return sorted((sorted(bin_) for bin_ in best), key=lambda bin_: bin_[0])


def total(sizes: Sequence[int], bins: Bins) -> int:
    """The characters of all policies."""
    return sum(size_together([sizes[at] for at in bin_]) for bin_ in bins)


def least_policies(sizes: Sequence[int], each: int) -> int:
    """Fewer policies than this cannot hold them, however they are packed."""
    # a statement takes its comma with it, and the first one has none
    return -(-sum(size + 1 for size in sizes) // max(1, each - EMPTY + 1))


def parted(pieces: Sequence[Piece], each: int, *, smaller: int = 1) -> list[Piece] | None:
    """Part what is too large for a policy alone: by its actions, else by its resources, with numbered Sids.

    With `smaller`, also what is larger than that fraction of a policy, as far as it can be. None where a statement is
    too large and cannot be parted so far.
    """
    out: list[Piece] = []
    taken = {sid for piece in pieces for sid in (piece.sid, *piece.sids)}
    most = (each - EMPTY) // smaller
    for piece in pieces:
        parts = [piece] if piece.size <= most else _parts(piece, most - len("999"))
        if parts is None and EMPTY + piece.size <= each:
            parts = [piece]
        if parts is None:
            return None
        numbered = _sids(piece.sid, taken)
        out += parts if len(parts) == 1 else [part.rewritten(sid=next(numbered)) for part in parts]
    return out


def _sids(sid: str, taken: set[str]) -> Iterator[str]:
    yield sid
    number = 1
    while True:
        number += 1
        if f"{sid}{number}" not in taken:
            taken.add(f"{sid}{number}")
            yield f"{sid}{number}"


def _parts(piece: Piece, most: int) -> list[Piece] | None:
    if piece.size <= most:
        return [piece]
    if not piece.plain:
        return None
    least = max(piece.rewritten(actions=[action]).size for action in piece.actions)
    if least <= most:
        without = piece.rewritten(actions=["", "-"]).size - len('"","-"')
        return [_narrowed(piece, chunk) for chunk in _chunks(piece.actions, most - without + 1)]
    if len(piece.resources) == 1:
        return None
    half = len(piece.resources) // 2
    first = _parts(piece.rewritten(resources=piece.resources[:half]), most)
    second = _parts(piece.rewritten(resources=piece.resources[half:]), most)
    return None if first is None or second is None else first + second


def _narrowed(piece: Piece, actions: Sequence[str]) -> Piece:
    patterns = tuple(pattern for pattern in piece.patterns if pattern.pattern in actions)
    return piece.rewritten(actions=actions, patterns=patterns)


def _chunks(values: Sequence[str], most: int) -> list[list[str]]:
    """Runs of values whose JSON, with commas, has at most so many characters; each has one value at least."""
    chunks: list[list[str]] = []
    left = 0
    for value in values:
        cost = counted({"": value}) - len('{"":}') + 1
        if not chunks or cost > left:
            chunks.append([])
            left = most
        chunks[-1].append(value)
        left -= cost
    return chunks


def _filled(sizes: Sequence[int], each: int, choose: Callable[[Sequence[int]], int]) -> Bins:
    """Place largest first, each into the policy that `choose` takes of those with room."""
    bins: Bins = []
    room: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda at: -sizes[at]):
        cost = sizes[index] + 1
        fitting = [at for at, left in enumerate(room) if cost <= left]
        if fitting:
            at = fitting[choose([room[at] for at in fitting])]
        else:
            at = len(bins)
            bins.append([])
            room.append(each - EMPTY + 1)
        bins[at].append(index)
        room[at] -= cost
    return bins


def _first(_rooms: Sequence[int]) -> int:
    return 0


def _fullest(rooms: Sequence[int]) -> int:
    return rooms.index(min(rooms))


def _searched(sizes: Sequence[int], each: int, number: int) -> Bins | None:
    """Try to place all into a number of policies, largest first, and give up after a while."""
    order = sorted(range(len(sizes)), key=lambda at: -sizes[at])
    room = [each - EMPTY + 1] * number
    bins: Bins = [[] for _ in range(number)]
    spare = sum(room) - sum(size + 1 for size in sizes)
    steps = 0

    def place(position: int) -> bool:
        nonlocal steps
        if position == len(order):
            return True
        index = order[position]
        tried: set[int] = set()
        for at in sorted(range(number), key=lambda at: (room[at], at)):
            cost = sizes[index] + 1
            if cost > room[at] or room[at] in tried:
                continue
            tried.add(room[at])
            steps += 1
            if steps > _STEPS:
                return False
            bins[at].append(index)
            room[at] -= cost
            if place(position + 1):
                return True
            bins[at].pop()
            room[at] += cost
        return False

    return bins if spare >= 0 and place(0) else None

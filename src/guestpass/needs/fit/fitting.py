"""The steps of fitting, each tried only where the one before does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from guestpass import catalog
from guestpass.needs.fit.costs import too_large
from guestpass.needs.fit.holder import Holder
from guestpass.needs.fit.joining import factored, merged
from guestpass.needs.fit.packing import Bins, least_policies, packed, parted
from guestpass.needs.fit.patterns import Closeness, shortened
from guestpass.needs.fit.pieces import Piece, pieces_of, size_together
from guestpass.needs.fit.values import Fitted, Left, TooLarge
from guestpass.needs.policies import Statement, document

Placed = tuple[list[Piece], Bins]


def fit(
    statements: Sequence[Statement],
    *,
    name: str,
    holder: Holder,
    shorten: Literal["never", "needed", "always"] = "needed",
    merge: Literal["needed", "always"] = "always",
    taken: int = 0,
    keep: frozenset[str] = frozenset(),
) -> Fitted | TooLarge:
    """Fit statements into policies `name`, `name-2` and so on; the same statements give the same bytes.

    Exactly the same requests are let through. `shorten` says when lists of actions may become patterns: proved ones, in
    as few statements as it takes, or in all. `merge` says whether statements that say the same are joined also where
    there is room. `keep` are the Sids of statements that stay apart from all others (what takes things down); `taken`
    is what the holder carries already: attached policies, or characters where those count together. Raises `Bug` where
    a statement has no Sid of its own.
    """
    room = holder.left(taken)
    came = pieces_of(statements, keep)
    smallest = came
    for step in _steps(came, shorten, merge, room):
        if isinstance(step, tuple):
            return _told(*step, name=name, room=room)
        smallest = step
    return too_large(came, smallest, room)


def _steps(came: list[Piece], shorten: str, merge: str, room: Holder) -> Iterator[list[Piece] | Placed]:
    """What each step makes of the statements: placed where it fits, and then no step follows."""
    if merge == "needed" and shorten != "always":
        yield _placed(came, room) or came
    for now in (joined := merged(came), factored(joined)):
        yield _placed(shorter := _all(now, "words") if shorten == "always" else now, room) or shorter
    if shorten == "never":
        return
    words, letters = _all(now, "words"), _all(now, "letters")
    yield _as_few(now, words, room) or words
    yield _as_few(words, letters, room) or letters


def _all(pieces: Sequence[Piece], closeness: Closeness) -> list[Piece]:
    return [shortened(piece, closeness) for piece in pieces]


def _as_few(before: list[Piece], after: list[Piece], room: Holder) -> Placed | None:
    """Shorten as few statements as it takes, those first that save most; None where all do not suffice."""
    order = sorted(range(len(before)), key=lambda at: (after[at].size - before[at].size, at))
    best = _placed(after, room)
    least, most = 0, len(order)
    while best is not None and most - least > 1:
        middle = (least + most) // 2
        some = set(order[:middle])
        placed = _placed([(after if at in some else before)[at] for at in range(len(before))], room)
        if placed is None:
            least = middle
        else:
            best, most = placed, middle
    return best


def _placed(pieces: list[Piece], room: Holder) -> Placed | None:
    """Pack them as they stand; where that fails for the gaps that are left alone, in smaller parts."""
    for smaller in (1, 2, 4, 8):
        parts = parted(pieces, room.each, smaller=smaller)
        if parts is None:
            return None
        sizes = [part.size for part in parts]
        bins = packed(sizes, room)
        if bins is not None:
            return parts, bins
        if room.together is not None or least_policies(sizes, room.each) > room.policies:
            return None
    return None


def _told(pieces: list[Piece], bins: Bins, *, name: str, room: Holder) -> Fitted:
    sizes = tuple(size_together([pieces[at].size for at in bin_]) for bin_ in bins)
    characters = tuple(room.each - size for size in sizes)
    return Fitted(
        policies=tuple(
            (name if number == 1 else f"{name}-{number}", document([pieces[at].statement for at in bin_]))
            for number, bin_ in enumerate(bins, start=1)
        ),
        sizes=sizes,
        origin={piece.sid: piece.sids for piece in pieces},
        shortened={piece.sid: piece.patterns for piece in pieces if piece.patterns},
        factored=tuple(piece.sid for piece in pieces if piece.factored),
        data_version=catalog.data_version(),
        residual=_residual(pieces),
        left=Left(
            policies=room.policies - len(bins),
            characters=characters if room.together is None else (room.together - sum(sizes),),
        ),
    )


def _residual(pieces: Sequence[Piece]) -> str:
    """What holds only as long as AWS lists what it lists today."""
    patterns = [pattern for piece in pieces for pattern in piece.patterns]
    said: list[str] = []
    if patterns:
        actions = sum(len(pattern.stands_for) for pattern in patterns)
        said.append(
            f"{_number(len(patterns), 'pattern stands', 'patterns stand')} for {_number(actions, 'action', 'actions')} and "
            "for no other that AWS lists: one that AWS adds later, and whose name matches, would be let in"
        )
    joined = sum(piece.factored for piece in pieces)
    if joined:
        said.append(
            f"{_number(joined, 'statement joins', 'statements join')} actions with resources that AWS lists as never "
            "meeting: where AWS lets them meet later, they would be let through"
        )
    version = catalog.data_version()
    return (
        f"by the catalogue of {version}, {'; and '.join(said)}; fit again when the catalogue is renewed"
        if said
        else ""
    )


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"

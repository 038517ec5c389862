"""Statements that one can say: joined where exactly the same requests are let through."""

from __future__ import annotations

import itertools
import re
from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache

from guestpass import catalog
from guestpass.access.policy.arns import FIELDS
from guestpass.access.prove import patterns_share, resource_within
from guestpass.catalog.actions import arn_format, type_names
from guestpass.needs.fit.pieces import Piece

_LONGEST = 60
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Join what differs in its actions alone, or in its resources alone, until nothing does."""
    now = list(pieces)
    while True:
        before = len(now)
        now = _grouped(now, by_actions=False)
        now = _grouped(now, by_actions=True)
        if len(now) == before:
            return now


def factored(pieces: Sequence[Piece]) -> list[Piece]:
    """Join statements of the same services and conditions where AWS lists every pair that comes in as impossible.

    Resources that another one of the statement says too are left out.
    """
    now = [_without_covered(piece) for piece in merged(pieces)]
    at = 0
    while at < len(now):
        for other in range(at + 1, len(now)):
            if _same(now[at], now[other]):
                joined = _joined((now[at], now[other]), now, factored=True)
                now[at] = _without_covered(joined)
                del now[other]
                break
        else:
            at += 1
    return now


def sid_of(sids: Sequence[str], taken: Iterable[str]) -> str:
    """A Sid that says several: `DeployBucketAndQueue`; at most 60 letters, and none that is taken."""
    bases = list(dict.fromkeys(re.sub(r"(?<=[a-z])[0-9]+$", "", sid) for sid in sids))
    lead, rests = _lead(bases)
    said = lead + "And".join(rests)
    if len(said) > _LONGEST:
        tail = f"And{len(bases) - 1}More"
        said = bases[0][: _LONGEST - len(tail)] + tail
    used = set(taken)
    names = itertools.chain((said,), (f"{said[: _LONGEST - 4]}No{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in used)


def _lead(bases: Sequence[str]) -> tuple[str, list[str]]:
    """The words with which all begin, and the rest of each; no lead where one of them has nothing else."""
    if len(bases) < 2:
        return "", list(bases)
    words = [_WORD.findall(base) for base in bases]
    common = [
        first[0] for first in itertools.takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))
    ]
    lead = "".join(common)
    rests = [base.removeprefix(lead) for base in bases]
    return (lead, rests) if all(rests) else ("", list(bases))


def _grouped(pieces: Sequence[Piece], *, by_actions: bool) -> list[Piece]:
    """Join those that are equal in effect, conditions and the actions, or else the resources."""
    groups: dict[Hashable, list[Piece]] = {}
    for place, piece in enumerate(pieces):
        same = frozenset(piece.actions if by_actions else piece.resources)
        alone = piece.apart or not piece.plain
        key = place if alone else (piece.statement["Effect"], piece.conditions, same)
        groups.setdefault(key, []).append(piece)
    out = [members[0] for members in groups.values()]
    for place, members in enumerate(groups.values()):
        if len(members) > 1:
            out[place] = _joined(members, [*out, *pieces])
    return out


def _joined(members: Sequence[Piece], among: Iterable[Piece], *, factored: bool = False) -> Piece:
    sids = tuple(sid for piece in members for sid in piece.sids)
    gone = {piece.sid for piece in members}
    # INVARIANT: the Sids that came in stay taken, so that each says one thing in the answer's `origin`
    taken = {sid for piece in among for sid in (piece.sid, *piece.sids)} - gone
    return members[0].rewritten(
        sid=sid_of(sids, taken),
        actions=(action for piece in members for action in piece.actions),
        resources=(resource for piece in members for resource in piece.resources),
        sids=sids,
        factored=factored or any(piece.factored for piece in members),
    )


def _without_covered(piece: Piece) -> Piece:
    kept = sorted(set(piece.resources))
    for resource in tuple(kept):
        if any(other != resource and resource_within(resource, other) for other in kept):
            kept.remove(resource)
    return piece.rewritten(resources=kept) if kept and len(kept) < len(piece.resources) else piece


def _same(one: Piece, other: Piece) -> bool:
    if one.apart or other.apart or not (one.plain and other.plain):
        return False
    if one.statement["Effect"] != other.statement["Effect"] or _services(one) != _services(other):
        return False
    return one.conditions == other.conditions and _nothing_new(one, other) and _nothing_new(other, one)


def _services(piece: Piece) -> frozenset[str]:
    return frozenset(action.partition(":")[0].lower() for action in piece.actions)


def _nothing_new(one: Piece, other: Piece) -> bool:
    """Whether the actions of one, on the resources of the other, are nothing that AWS knows, or said already."""
    return all(
        any(resource_within(resource, own) for own in one.resources)
        or not any(may_meet(action, resource) for action in one.actions)
        for resource in other.resources
    )


@lru_cache(maxsize=65536)
def may_meet(action: str, resource: str) -> bool:
    """Whether AWS may ask for the action on something that the pattern stands for. Not known counts as yes."""
    types = catalog.resource_types(action)
    fields = resource.split(":")
    if isinstance(types, catalog.Unmapped) or len(fields) < FIELDS or "$" in resource:
        return True
    prefix = action.partition(":")[0].lower()
    if any(_is_of(prefix, kind, resource) for kind in types):
        return True
    # an ARN of the service that is of no type that AWS lists: nobody says what can be done with it
    own = fields[2] == prefix or "*" in fields[2] or "?" in fields[2]
    return own and not any(_is_of(prefix, kind, resource) for kind in type_names(prefix))


@lru_cache(maxsize=65536)
def _is_of(prefix: str, kind: str, resource: str) -> bool:
    """Whether something of the type can have an ARN that the pattern stands for."""
    listed = _format(prefix, kind)
    form, fields = listed.split(":", FIELDS - 1), resource.split(":", FIELDS - 1)
    if len(form) < FIELDS or any("*" in field or "?" in field for field in fields[:-1]):
        # AWS: IAM JSON policy elements: Resource: a `*` that ends a field may go on beyond the colon
        return patterns_share(listed, resource)
    return all(patterns_share(one, other) for one, other in zip(form, fields, strict=True))


@lru_cache(maxsize=4096)
def _format(prefix: str, kind: str) -> str:
    return re.sub(r"\$\{[^}]*\}", "*", arn_format(prefix, kind) or "*")

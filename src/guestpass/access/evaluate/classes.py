"""Actions in classes that no policy in force tells apart: one of a class decides for all of it.

What some caller can do is then asked once a class, not once for each of AWS's twenty-two thousand actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import compress

from guestpass.access.decision import Allowed, Denied, Layers
from guestpass.access.evaluate.decide import evaluate
from guestpass.access.evaluate.services import told_apart
from guestpass.access.policy.keys import policies_of
from guestpass.access.policy.once import once
from guestpass.access.policy.values import Policy
from guestpass.access.request import Request
from guestpass.catalog import actions_matching, all_actions


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What a caller can do to one resource in one context, of all actions that AWS lists, sorted."""

    allowed: tuple[str, ...]
    undecided: tuple[str, ...]


def reach(request: Request, layers: Layers) -> Reach:
    """Decide a request for every action that AWS lists; the request's own action does not matter."""
    allowed = undecided = 0
    for members in classes(layers, resource=request.resource):
        lowest = (members & -members).bit_length() - 1
        answer = evaluate(replace(request, action=all_actions()[lowest]), layers, trace=False)
        if isinstance(answer, Allowed):
            allowed |= members
        elif not isinstance(answer, Denied):
            undecided |= members
    return Reach(allowed=tuple(named_by_bits(allowed)), undecided=tuple(named_by_bits(undecided)))


def classes(layers: Layers, *, resource: str) -> tuple[int, ...]:
    """The classes, each as a set of bits: bit N stands for `all_actions()[N]`."""
    masks = set(_by_nature(rcp=layers.rcp is not None))
    for policy in policies_of(layers):
        masks |= _by_actions(policy)
        if resource == "*":
            masks |= _by_services(policy)
    everything = (1 << len(all_actions())) - 1
    found = [everything]
    for mask in masks:
        split: list[int] = []
        for members in found:
            inside = members & mask
            if inside and inside != members:
                split += (inside, members ^ inside)
            else:
                split.append(members)
        found = split
    return tuple(found)


@once
def _by_actions(policy: Policy) -> frozenset[int]:
    """The sets of actions that the policy's statements tell from the others."""
    return frozenset(_united(statement.actions.values) for statement in policy.statements)


@once
def _by_services(policy: Policy) -> frozenset[int]:
    """The services of the policy's ARNs: a request without resource is judged by them (see `compiled`)."""
    listed = (statement.resources.values for statement in policy.statements if statement.resources)
    return frozenset(_mask(f"{service}:*") for resources in listed for service in _services_of(resources))


def _services_of(resources: Iterable[str]) -> Iterator[str]:
    for each in resources:
        parts = each.split(":")
        if len(parts) > 2:
            yield parts[2]


def _united(patterns: Sequence[str]) -> int:
    mask = 0
    for pattern in patterns:
        mask |= _mask(pattern.lower())
    return mask


@cache
def _places() -> dict[str, int]:
    return {action: place for place, action in enumerate(all_actions())}


@cache
def _mask(pattern: str) -> int:
    if pattern == "*":
        return (1 << len(all_actions())) - 1
    bits = bytearray(len(all_actions()) // 8 + 1)
    for action in actions_matching(pattern):
        place = _places()[action]
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


@cache
def _by_nature(*, rcp: bool) -> tuple[int, ...]:
    """The sets of actions that the rules themselves treat apart, whatever the policies say."""
    return tuple(mask for patterns in told_apart(rcp=rcp) if (mask := _united(patterns)))


def named_by_bits(mask: int) -> Iterator[str]:
    """The actions that the bits of a class stand for, sorted."""
    return compress(all_actions(), f"{mask:b}"[::-1].encode().translate(_DIGITS))


_DIGITS = bytes.maketrans(b"01", b"\x00\x01")

"""The most that policies can allow: by action alone, on whatever resource and in whatever context."""

from __future__ import annotations

from guestpass.access.decision import Layers
from guestpass.access.evaluate.classes import Reach, classes, named_by_bits
from guestpass.access.policy.truth import Truth, both
from guestpass.access.prove.by_action import Group, admits
from guestpass.access.request import Principal, Root
from guestpass.catalog import all_actions


def most(principal: Principal, layers: Layers) -> Reach:
    """Every action that the identity policies admit on some resource, and no limit in force refuses outright.

    What policies of resources grant besides is not among it. `undecided` are those that hang on a statement which was
    not understood or not read.
    """
    groups = _groups(principal, layers)
    allowed = undecided = 0
    for members in classes(layers, resource=""):
        action = all_actions()[(members & -members).bit_length() - 1]
        answer: Truth = both(admits(group, action) for group in groups)
        if answer is True:
            allowed |= members
        elif answer is None:
            undecided |= members
    return Reach(allowed=tuple(named_by_bits(allowed)), undecided=tuple(named_by_bits(undecided)))


def _groups(principal: Principal, layers: Layers) -> tuple[Group, ...]:
    """The groups of policies that must all allow. The root user needs no identity policy (rule 1)."""
    identity = () if isinstance(principal, Root) else (layers.identity or (),)
    limits = tuple(group for group in (layers.boundary, layers.session, layers.endpoint) if group is not None)
    return (*identity, *limits, *(layers.scp or ()))

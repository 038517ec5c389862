"""Which patterns of resources some policies name for an action: the places where their answers may differ."""

from __future__ import annotations

from guestpass.access import Layers, Policy
from guestpass.access.policy.once import once
from guestpass.access.prove.actions import may_name

MOST = 64
"""So many patterns of an action are looked into; a template that lists more is asked about these, and in general."""


def patterns_on(layers: Layers, action: str) -> tuple[str, ...]:
    """The patterns, once each, apart from `*`."""
    policies = (*(layers.identity or ()), *(layers.boundary or ()))
    return tuple(dict.fromkeys(pattern for policy in policies for pattern in _of(policy, action)))[:MOST]


def _of(policy: Policy, action: str) -> tuple[str, ...]:
    known = _by_action(policy)
    if action not in known:
        known[action] = tuple(
            value
            for statement in policy.statements
            if statement.resources is not None and may_name(statement.actions, action)
            for value in statement.resources.values
            if value != "*"
        )
    return known[action]


@once
def _by_action(_: Policy) -> dict[str, tuple[str, ...]]:
    return {}

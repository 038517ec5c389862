"""Statements that say no more than their needs: where two actions differ in their resources, they part."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from guestpass.access.prove import resource_within
from guestpass.needs.need import Need, Test
from guestpass.needs.policies import Statement, statement


def exact_statements(needs: Iterable[Need]) -> list[Statement]:
    """Write Allows for the needs, each action with its own resources; the Sid is the purpose, numbered where it parts.

    A need that an earlier one says already is left out. The same needs make the same statements, in the same order.
    """
    by_purpose: dict[str, dict[str, list[Need]]] = {}
    for need in without_repeats(needs):
        by_purpose.setdefault(need.purpose, {}).setdefault(need.action, []).append(need)
    out: list[Statement] = []
    for purpose, by_action in by_purpose.items():
        alike: dict[tuple[frozenset[str], frozenset[Test]], list[str]] = {}
        for action, members in by_action.items():
            for conditions in dict.fromkeys(frozenset(need.conditions) for need in members):
                arns = {
                    arn
                    for need in members
                    if frozenset(need.conditions) == conditions
                    for arn in need.resources
                }
                alike.setdefault((frozenset(arns), conditions), []).append(action)
        for number, ((resources, conditions), actions) in enumerate(alike.items(), start=1):
            sid = purpose if number == 1 else f"{purpose}{number}"
            out.append(
                statement(sid=sid, actions=actions, resources=resources, conditions=sorted(conditions))
            )
    return out


def without_repeats(needs: Iterable[Need]) -> tuple[Need, ...]:
    """The needs without those that an earlier one says: the same action and conditions, on all of the resources."""
    out: list[Need] = []
    for need in needs:
        left = tuple(
            arn
            for arn in need.resources
            if not any(
                earlier.action == need.action
                and earlier.conditions == need.conditions
                and any(resource_within(arn, wide) for wide in earlier.resources)
                for earlier in out
            )
        )
        if left == need.resources:
            out.append(need)
        elif left:
            out.append(dataclasses.replace(need, resources=left))
    return tuple(out)

"""Statements that say no more than their needs: where two actions differ in their resources, they part."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable

from guestpass.access.prove import resource_within
from guestpass.needs.need import Need, Test
from guestpass.needs.policies import Statement, statement


def exact_statements(needs: Iterable[Need]) -> list[Statement]:
    """Write Allows for the needs, each action with its own resources; the Sid is the purpose, numbered where it parts.

    A need that an earlier one says already is left out. The same needs make the same statements, in the same order.
    """
    return [written for written, _ in explained_statements(needs)]


def explained_statements(needs: Iterable[Need]) -> list[tuple[Statement, tuple[Need, ...]]]:
    """Write the same, each statement with the needs that it is for."""
    by_purpose: dict[str, dict[str, list[Need]]] = {}
    for need in without_repeats(needs):
        by_purpose.setdefault(need.purpose, {}).setdefault(need.action, []).append(need)
    out: list[tuple[Statement, tuple[Need, ...]]] = []
    taken: set[str] = set(by_purpose)
    for purpose, by_action in by_purpose.items():
        alike: dict[tuple[frozenset[str], frozenset[Test]], list[Need]] = {}
        for members in by_action.values():
            for conditions in dict.fromkeys(frozenset(need.conditions) for need in members):
                same = [need for need in members if frozenset(need.conditions) == conditions]
                arns = frozenset(arn for need in same for arn in need.resources)
                alike.setdefault((arns, conditions), []).extend(same)
        for number, ((resources, conditions), whose) in enumerate(alike.items()):
            sid = purpose if number == 0 else _free(purpose, taken)
            actions = [need.action for need in whose]
            written = statement(sid=sid, actions=actions, resources=resources, conditions=sorted(conditions))
            out.append((written, tuple(whose)))
    return out


def _free(purpose: str, taken: set[str]) -> str:
    """The purpose with the first number that makes it a name of its own."""
    sid = next(each for each in (f"{purpose}{number}" for number in itertools.count(2)) if each not in taken)
    taken.add(sid)
    return sid


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

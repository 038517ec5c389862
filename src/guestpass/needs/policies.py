"""Needs in, statements out: one a purpose; and a document around statements. Fitting them is `fit`'s."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guestpass.catalog.quotas import quotas
from guestpass.needs.need import Need, Test

MAX_POLICY = quotas()["managed-policy-characters"].limit

Statement = dict[str, Any]
Document = dict[str, Any]


def statements_of(needs: Iterable[Need]) -> list[Statement]:
    """Write one Allow for each purpose, in the needs' order; its Sid is the purpose."""
    by_purpose: dict[str, list[Need]] = {}
    for need in needs:
        by_purpose.setdefault(need.purpose, []).append(need)
    return [
        statement(
            sid=purpose,
            actions=[need.action for need in members],
            resources=[arn for need in members for arn in need.resources],
            conditions=[test for need in members for test in need.conditions],
        )
        for purpose, members in by_purpose.items()
    ]


def statement(
    *, sid: str, actions: Iterable[str], resources: Iterable[str], conditions: Iterable[Test] = ()
) -> Statement:
    """Write one Allow: actions and resources sorted and once each, single values without brackets."""
    written: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": one_or_many(sorted(set(actions))),
        "Resource": one_or_many(sorted(set(resources))),
    }
    tests: dict[str, dict[str, str | list[str]]] = {}
    for operator, key, values in conditions:
        tests.setdefault(operator, {})[key] = one_or_many(values)
    if tests:
        written["Condition"] = tests
    return written


def document(statements: Sequence[Statement]) -> Document:
    """Write a policy document around its statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def one_or_many(values: Sequence[str]) -> str | list[str]:
    """A single value stands without brackets: they are counted."""
    return values[0] if len(values) == 1 else list(values)

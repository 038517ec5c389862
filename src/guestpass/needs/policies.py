"""Needs in, policies out: one statement a purpose, packed into as few policies as IAM's quota allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guestpass.access.policy import size_of
from guestpass.catalog.quotas import quotas
from guestpass.errors import InputError
from guestpass.needs.need import Need, Test

MAX_POLICY = quotas()["managed-policy-characters"].limit
MAX_ATTACHED = quotas()["managed-policies-per-group"].limit

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


def job_policies(needs: Iterable[Need], *, name: str) -> tuple[tuple[str, Document], ...]:
    """Write the policies that grant the needs: `name`, then `name-2` and so on, each within IAM's quota.

    Statements are packed largest first into the first policy with room, and keep their order within it.
    Raises `InputError` when one statement is too large for a policy, or when there are more policies than a
    group takes.
    """
    written = statements_of(needs)
    bins: list[list[int]] = []
    for index in sorted(range(len(written)), key=lambda at: -size_of(written[at])):
        for bin_ in bins:
            if size_of(document([written[at] for at in (*bin_, index)])) <= MAX_POLICY:
                bin_.append(index)
                break
        else:
            alone = size_of(document([written[index]]))
            if alone > MAX_POLICY:
                raise InputError(
                    f"statement `{written[index]['Sid']}` has {alone:,} characters, more than a policy holds",
                    expected=f"at most {MAX_POLICY:,} characters",
                )
            bins.append([index])
    if len(bins) > MAX_ATTACHED:
        raise InputError(
            f"the job needs {len(bins)} policies, more than a group takes",
            expected=f"at most {MAX_ATTACHED} policies",
        )
    bins = sorted((sorted(bin_) for bin_ in bins), key=lambda bin_: bin_[0])
    return tuple(
        (name if number == 1 else f"{name}-{number}", document([written[at] for at in bin_]))
        for number, bin_ in enumerate(bins, start=1)
    )


def one_or_many(values: Sequence[str]) -> str | list[str]:
    """A single value stands without brackets: they are counted."""
    return values[0] if len(values) == 1 else list(values)

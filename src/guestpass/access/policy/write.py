"""A policy as a JSON document again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guestpass.access.policy.values import Condition, Policy, Principals, Statement
from guestpass.errors import InputError


def document_of(policy: Policy) -> dict[str, Any]:
    """The policy as JSON-able data, in one canonical form: reading it again gives an equal policy.

    Raises InputError where a statement holds a puzzle: printing the part that was understood would say
    something else.
    """
    return {
        "Version": policy.version,
        "Statement": [_statement(policy, statement) for statement in policy.statements],
    }


def _statement(policy: Policy, statement: Statement) -> dict[str, Any]:
    if statement.puzzles:
        raise InputError(
            f"{statement.label} of `{policy.name}` cannot be written out: {statement.puzzles[0]}",
            hint="mend the statement in its own file first",
        )
    written: dict[str, Any] = {"Sid": statement.sid} if statement.sid is not None else {}
    written["Effect"] = statement.effect
    if statement.principals is not None:
        name = "NotPrincipal" if statement.principals.negated else "Principal"
        written[name] = _principals(statement.principals)
    written["NotAction" if statement.actions.negated else "Action"] = _scalar(statement.actions.values)
    if statement.resources is not None:
        name = "NotResource" if statement.resources.negated else "Resource"
        written[name] = _scalar(statement.resources.values)
    if statement.conditions:
        written["Condition"] = _conditions(statement.conditions)
    return written


def _principals(principals: Principals) -> str | dict[str, Any]:
    by_kind: dict[str, list[str]] = {}
    for entry in principals.values:
        by_kind.setdefault(entry.kind, []).append(entry.value)
    return "*" if by_kind == {"AWS": ["*"]} else {kind: _scalar(values) for kind, values in by_kind.items()}


def _conditions(conditions: Sequence[Condition]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for condition in conditions:
        name = condition.operator + ("IfExists" if condition.if_exists else "")
        if condition.qualifier is not None:
            name = f"{condition.qualifier}:{name}"
        written.setdefault(name, {})[condition.key] = _scalar(condition.values)
    return written


def _scalar(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)

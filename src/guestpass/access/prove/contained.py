"""Whether some policies allow nothing that others do not: read off their statements, never by trying requests."""

from __future__ import annotations

from collections.abc import Iterator

from guestpass.access.policy.arns import arn_matches
from guestpass.access.policy.values import Condition, Policy, Statement
from guestpass.access.prove.actions import names_all
from guestpass.access.prove.by_action import Group
from guestpass.access.prove.values import Answer, Ground, Proved, Undecided

# INVARIANT: a letter that stands in no ARN and no pattern; see `resource_within`.
_FRESH = "\ue000"


def contained(new: Group, *, within: Group) -> Answer:
    """Prove that whatever `new` allows, `within` allows too: action by action, resource by resource.

    Shown when each pair of an action and a resource that `new` names is named by one Allow of `within` whose
    conditions `new` states too, and no Deny of `within` is missing. Else Undecided: it is never refuted, for two
    statements together can admit what neither does alone.
    """
    missing = _missing_deny(new, within)
    if missing is not None:
        return Undecided(why=f"{missing} denies, and nothing in its place does")
    grounds: list[Ground] = []
    for policy, statement in _allows(new):
        if statement.puzzles:
            return Undecided(
                why=f"{statement.label} of `{policy.name}` is not understood: {statement.puzzles[0]}"
            )
        if statement.actions.negated or statement.resources is None or statement.resources.negated:
            return Undecided(why=f"{statement.label} of `{policy.name}` says what it does not mean")
        for action in statement.actions.values:
            for resource in statement.resources.values:
                by = _admitting(action, resource, statement, within)
                if by is None:
                    return Undecided(why=f"`{action}` on `{resource}` is not seen to be allowed before")
                grounds.append(Ground(action=action, says=f"on `{resource}`: allowed before by {by}"))
    return Proved(checked=tuple(grounds))


def resource_within(narrow: str, wide: str) -> bool:
    """Whether every ARN that `narrow` stands for matches `wide` in every reading; False may also mean "not seen".

    A letter that neither uses stands in the place of each `*` of `narrow`: what matches then, matches for any text.
    """
    if narrow == wide or wide == "*":
        return True
    if "?" in narrow + wide or "$" in narrow + wide:
        return False
    return arn_matches(wide, narrow.replace("*", _FRESH)) is True


def _allows(group: Group) -> Iterator[tuple[Policy, Statement]]:
    for policy in group:
        for statement in policy.statements:
            if statement.effect == "Allow":
                yield policy, statement


def _admitting(action: str, resource: str, asked: Statement, within: Group) -> str | None:
    for policy, statement in _allows(within):
        if (
            not statement.puzzles
            and statement.principals == asked.principals
            and names_all(statement.actions, action)
            and statement.resources is not None
            and not statement.resources.negated
            and any(resource_within(resource, wide) for wide in statement.resources.values)
            and all(_stated(condition, asked.conditions) for condition in statement.conditions)
        ):
            return f"{statement.label} of `{policy.name}`"
    return None


def _stated(condition: Condition, stated: tuple[Condition, ...]) -> bool:
    """Whether one of the conditions that are stated holds only where this one does."""
    return any(_as_strong(each, condition) for each in stated)


def _as_strong(one: Condition, than: Condition) -> bool:
    def told(each: Condition) -> tuple[object, ...]:
        return each.operator, each.key.lower(), each.qualifier, each.if_exists

    if told(one) != told(than):
        return False
    if set(one.values) == set(than.values):
        return True
    # fewer values are fewer ways to hold, where a condition holds for any of them
    plain = one.operator in ("StringEquals", "StringLike", "ArnEquals", "ArnLike") and one.qualifier is None
    return plain and bool(one.values) and set(one.values) < set(than.values)


def _missing_deny(new: Group, within: Group) -> str | None:
    kept = [
        _said(statement) for policy in new for statement in policy.statements if statement.effect == "Deny"
    ]
    for policy in within:
        for statement in policy.statements:
            if statement.effect == "Deny" and _said(statement) not in kept:
                return f"{statement.label} of `{policy.name}`"
    return None


def _said(statement: Statement) -> tuple[object, ...]:
    return (
        statement.actions,
        statement.resources,
        statement.principals,
        statement.conditions,
        statement.puzzles,
    )

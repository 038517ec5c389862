"""What follows from the Action elements alone: resources and conditions are not weighed yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guestpass.access.policy.truth import Truth
from guestpass.access.policy.values import Policy, PrincipalPattern, Principals, Statement
from guestpass.access.prove.actions import may_name, names_all
from guestpass.access.prove.values import Answer, Ground, Proved, Undecided

Group = Sequence[Policy]
"""Policies that unite: identity policies; or a boundary. Several groups must all allow."""

_EVERYONE = Principals(values=(PrincipalPattern(kind="AWS", value="*"),))


def never(actions: Sequence[str], *, granted: Sequence[Group]) -> Answer:
    """Prove that none of the actions is ever allowed where every group of policies must allow.

    `actions` are actions or patterns (`iam:*`). An action is never allowed when some group has no Allow that
    names it, or when a Deny without condition on every resource covers it. An empty group allows nothing.
    """
    grounds: list[Ground] = []
    for action in actions:
        ground = _ground(action, granted)
        if isinstance(ground, Undecided):
            return ground
        grounds.append(ground)
    return Proved(checked=tuple(grounds))


def _ground(action: str, granted: Sequence[Group]) -> Ground | Undecided:
    for policy, statement in _statements(granted):
        if _denies_wholly(statement, action):
            return Ground(action=action, says=f"denied everywhere by {statement.label} of `{policy.name}`")
    why = "no policy is named that would have to allow it"
    for group in granted:
        admitting = next(((policy, each) for policy, each in _allowing(group, action)), None)
        if admitting is None:
            names = ", ".join(f"`{policy.name}`" for policy in group) or "no policy at all"
            return Ground(action=action, says=f"no Allow of {names} names it")
        policy, statement = admitting
        open_end = f" ({statement.puzzles[0]})" if statement.puzzles else ""
        why = f"admitted by {statement.label} of `{policy.name}`{open_end}"
    return Undecided(why=f"`{action}` is {why}; resources and conditions are not yet weighed")


def admits(policies: Group, action: str) -> Truth:
    """Whether policies that unite admit an action (or any of a pattern) on some resource under some
    condition.

    None where only statements that were not understood would.
    """
    if any(_denies_wholly(statement, action) for _, statement in _statements([policies])):
        return False
    admitting = [statement for _, statement in _allowing(policies, action)]
    if not admitting:
        return False
    return None if all(statement.puzzles for statement in admitting) else True


def _statements(groups: Sequence[Group]) -> Iterator[tuple[Policy, Statement]]:
    for group in groups:
        for policy in group:
            for statement in policy.statements:
                yield policy, statement


def _allowing(group: Group, action: str) -> Iterator[tuple[Policy, Statement]]:
    for policy, statement in _statements([group]):
        if statement.effect == "Allow" and may_name(statement.actions, action):
            yield policy, statement


def _denies_wholly(statement: Statement, action: str) -> bool:
    """Whether a statement surely denies every request for the action, whoever asks."""
    resources = statement.resources
    everywhere = resources is not None and not resources.negated and "*" in resources.values
    return (
        statement.effect == "Deny"
        and not statement.puzzles
        and not statement.conditions
        and everywhere
        and statement.principals in (None, _EVERYONE)
        and names_all(statement.actions, action)
    )

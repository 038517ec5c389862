"""What stays of a job: what was used, what goes with it, what taking down will need, what no trail shows, what is kept."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from guestpass.access.policy import Condition, Policy, glob_matches
from guestpass.access.prove import resource_within
from guestpass.errors import InputError
from guestpass.inventory import Item
from guestpass.needs import Need, Setting, of_teardown, of_usage, unseen
from guestpass.needs.need import Kind, Test
from guestpass.needs.tree import did_you_mean, printable
from guestpass.trail import Usage

BESIDES = "Besides"
"""The purpose of what a job policy allows beside the pass's own needs: somebody has added it."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """One pair of action and resource that a job policy allows, with its conditions."""

    policy: str
    action: str
    resource: str
    conditions: tuple[Test, ...]


def grants_of(policies: Iterable[Policy]) -> tuple[Grant, ...]:
    """Every pair that the Allows of the policies name."""
    return tuple(
        Grant(policy=policy.name, action=action, resource=resource, conditions=_tests(statement.conditions))
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow" and statement.resources is not None
        for action in statement.actions.values
        for resource in statement.resources.values
    )


def _tests(conditions: Iterable[Condition]) -> tuple[Test, ...]:
    return tuple(
        (
            (f"{each.qualifier}:" if each.qualifier else "")
            + each.operator
            + ("IfExists" if each.if_exists else ""),
            each.key,
            each.values,
        )
        for each in conditions
    )


def odd(policies: Iterable[Policy]) -> str | None:
    """Why a job policy is not one that guestpass has written and can take apart, or None."""
    for policy in policies:
        for statement in policy.statements:
            where = f"{statement.label} of `{policy.name}`"
            if statement.puzzles:
                return f"{where} is not understood: {statement.puzzles[0]}"
            if statement.effect == "Deny":
                return f"{where} denies"
            if statement.resources is None or statement.actions.negated or statement.resources.negated:
                return f"{where} says what it does not mean (`NotAction`, `NotResource`)"
            for action in statement.actions.values:
                if "*" in action or "?" in action:
                    return f"{where} allows `{action}`, not one action"
    return None


def declared_of(job: Sequence[Need], grants: Sequence[Grant]) -> tuple[Need, ...]:
    """The job's needs as far as the policies allow them now, then what the policies allow beside them."""
    found = [part for need in job for part in _within(need, grants)]
    told = [
        Need(
            action=grant.action, type=None, stance="uses", resources=(grant.resource,), kind="declared",
            purpose=BESIDES, why="allowed beside the pass's own needs", source=grant.policy,
            conditions=grant.conditions,
        )
        for grant in grants
        if not any(_says(need, grant) for need in found)
    ]  # fmt: skip
    return (*found, *told)


def _within(need: Need, grants: Sequence[Grant]) -> Iterator[Need]:
    """The need on what is granted: its own patterns where they are, else what is granted within them."""
    mine = [grant for grant in grants if grant.action.lower() == need.action.lower()]
    by_test: dict[tuple[Test, ...], list[str]] = {}
    for pattern in need.resources:
        whole = next((grant for grant in mine if resource_within(pattern, grant.resource)), None)
        if whole is not None:
            by_test.setdefault(whole.conditions, []).append(pattern)
            continue
        for grant in mine:
            if resource_within(grant.resource, pattern):
                by_test.setdefault(grant.conditions, []).append(grant.resource)
    for conditions, resources in by_test.items():
        yield dataclasses.replace(need, resources=tuple(dict.fromkeys(resources)), conditions=conditions)


def _says(need: Need, grant: Grant) -> bool:
    return need.action.lower() == grant.action.lower() and any(
        resource_within(grant.resource, pattern) or resource_within(pattern, grant.resource)
        for pattern in need.resources
    )


def staying(
    declared: Sequence[Need],
    *,
    usage: Usage,
    by: frozenset[str],
    things: Sequence[Item],
    setting: Setting,
    keep: Sequence[str],
) -> tuple[Need, ...]:
    """Say what stays, each need once for its best reason: seen before needed before foreseen before asked for.

    Raises InputError when something is to be kept that the policies do not allow.
    """
    used = of_usage(usage, declared=declared, by=by, setting=setting)
    kept = tuple(_kept(declared, keep))
    alive = (*used, *kept)
    own = tuple(need for need in declared if need.kind == "self-service")
    dark = tuple(
        dataclasses.replace(need, why=why, source="")
        for need in declared
        if need.action != "iam:PassRole" and (why := unseen(need.action)) is not None
    )
    down = of_teardown({**_still_made(alive), **_standing(things)}, declared=declared)
    return (
        *(_named(need, "observed", "Used") for need in used),
        *(_named(need, "dependent", "Needed") for need in _dependents(declared, (*alive, *down))),
        *(_named(need, "self-service", "") for need in own),
        *(_named(need, "teardown", "TearDown") for need in down),
        *(_named(need, "blueprint", "Unseen") for need in dark),
        *(_named(need, "declared", "Kept") for need in kept),
    )


def _named(need: Need, kind: Kind, word: str) -> Need:
    """The Sid says why: `UsedLaunchInstances`."""
    purpose = need.purpose if need.purpose.startswith(word) else f"{word}{need.purpose}"
    return dataclasses.replace(need, kind=kind, purpose=re.sub("[^A-Za-z0-9]", "", purpose))


def _kept(declared: Sequence[Need], keep: Sequence[str]) -> Iterator[Need]:
    known = {need.action for need in declared}
    for asked in keep:
        if not any(glob_matches(asked.lower(), action.lower()) for action in known):
            raise InputError(
                f"`{printable(asked)}` is not in the guest's policies: there is nothing to keep",
                expected="an action that the guest has now, as in `ec2:StopInstances` or `ec2:Describe*`",
                hint=did_you_mean(asked, known),
            )
    for need in declared:
        if any(glob_matches(asked.lower(), need.action.lower()) for asked in keep):
            yield dataclasses.replace(need, why="you asked to keep it", source="--keep")


def _standing(things: Sequence[Item]) -> Mapping[str, str]:
    by_type: dict[str, list[Item]] = {}
    for item in things:
        by_type.setdefault(item.type, []).append(item)
    return {
        type_: f"`{items[0].id}`" + (f" and {len(items) - 1} more" if len(items) > 1 else "")
        for type_, items in by_type.items()
    }


def _still_made(needs: Iterable[Need]) -> Mapping[str, str]:
    """What can be made can be left over: whoever may still make it must be able to delete it."""
    return {
        need.type: f"what `{need.action}` makes"
        for need in sorted(needs, key=lambda need: need.action, reverse=True)
        if need.stance == "creates" and need.type is not None
    }


def _dependents(declared: Sequence[Need], alive: Sequence[Need]) -> Iterator[Need]:
    """What calls that stay ask for beside their own action: tags while creating, and the role that is handed on."""
    made = {need.type: need.action for need in alive if need.stance == "creates"}
    for need in declared:
        if need.stance == "tags" and need.type in made:
            why = f"`{made[need.type]}` puts the pass's tag on what it makes"
            yield dataclasses.replace(need, why=why)
        elif need.action == "iam:PassRole":
            services = [
                value.split(".")[0]
                for _, key, values in need.conditions
                if key == "iam:PassedToService"
                for value in values
            ]
            by = sorted(
                {
                    each.action
                    for each in alive
                    if each.stance == "creates" and each.action.split(":")[0] in services
                }
            )
            if by or not services:
                yield dataclasses.replace(
                    need, why=f"{unseen(need.action)}; `{by[0] if by else need.action}` may need it"
                )


def homes(needs: Iterable[Need], grants: Sequence[Grant]) -> Mapping[str, tuple[Need, ...]]:
    """Part the needs by the policy that grants them today, so that no statement moves and no step lacks one."""
    found: dict[str, list[Need]] = {}
    for need in needs:
        by_home: dict[str, list[str]] = {}
        for resource in need.resources:
            home = next(
                (
                    grant.policy
                    for grant in grants
                    if grant.action.lower() == need.action.lower()
                    and grant.conditions == need.conditions
                    and resource_within(resource, grant.resource)
                ),
                "",
            )
            by_home.setdefault(home, []).append(resource)
        for home, resources in by_home.items():
            found.setdefault(home, []).append(dataclasses.replace(need, resources=tuple(resources)))
    return {home: tuple(members) for home, members in found.items()}

"""Could not: no policy that the guest ever held admits the calls that open a door."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guestpass.access import Policy, read_policy
from guestpass.access.prove import Proved, never
from guestpass.account.snapshot import IamRole, Snapshot
from guestpass.catalog.resource_policies import may_have_policy
from guestpass.catalog.values import Door
from guestpass.errors import InputError
from guestpass.loan.names import FREEZE_POLICY, Names
from guestpass.loan.plan.freeze import everyone_of, guests_of

_BY_TRUST_ALONE = frozenset({"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"})
"""A trust policy alone can allow these in the same account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """What one identity of the guest's ever held: every version of its policies, and of its wall.

    `unknown` says why this is not the whole of it; then nothing is proved from it.
    """

    who: str
    identity: tuple[Policy, ...]
    walls: tuple[Policy, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """Whether it is proved that the guest could not; `says` is why, or why it is not proved."""

    holds: bool
    says: str
    evidence: tuple[str, ...] = ()


def holdings_of(
    names: Names, snapshot: Snapshot, granted: Iterable[tuple[str, Mapping[str, Any]]]
) -> tuple[Holdings, ...]:
    """What the guest's user or login role, and the instances' role that the guest can reach, ever held."""
    every = {(name, _canonical(document)): document for name, document in granted}
    for policy in snapshot.policies:
        if policy.path == names.path:
            for version in policy.versions.values():
                every[policy.name, _canonical(version)] = version
    instance = (names.instance_job, names.instance_wall)
    job = [(name, doc) for (name, _), doc in every.items() if name not in (names.wall, *instance)]
    walls = [doc for (name, _), doc in every.items() if name == names.wall]
    unknown = list(_beyond(names, snapshot))
    if not job:
        unknown.append("no policy of the guest's is known: neither the ledger nor the account has it")
    guest = _holdings("the guest", [*job, *_inline(names, snapshot)], names.wall, walls, unknown)
    instance_walls = [doc for (name, _), doc in every.items() if name == names.instance_wall]
    instance_job = [(name, doc) for (name, _), doc in every.items() if name == names.instance_job]
    role = snapshot.role(names.instance_role)
    strange = list(_of_role(role, names)) if role is not None else []
    if not instance_job:
        strange.append("no policy of the instances' role is known")
    return (
        guest,
        _holdings("the instances' role", instance_job, names.instance_wall, instance_walls, strange),
    )


def _holdings(
    who: str,
    identity: Iterable[tuple[str, Mapping[str, Any]]],
    wall: str,
    walls: Iterable[Mapping[str, Any]],
    unknown: list[str],
) -> Holdings:
    def read(name: str, document: Mapping[str, Any], kind: Any) -> Iterator[Policy]:
        try:
            yield read_policy(document, kind=kind, name=name)
        except InputError as error:
            unknown.append(f"`{name}` cannot be read: {error.says}")

    policies = tuple(policy for name, doc in identity for policy in read(name, doc, "identity"))
    bounds = tuple(policy for doc in walls for policy in read(wall, doc, "boundary"))
    return Holdings(who=who, identity=policies, walls=bounds, unknown=tuple(unknown))


def _inline(names: Names, snapshot: Snapshot) -> Iterator[tuple[str, Mapping[str, Any]]]:
    users, _ = guests_of(names, snapshot)
    for guest in everyone_of(names, snapshot):
        yield from ((name, doc) for name, doc in guest.inline.items() if name != FREEZE_POLICY)
    for group in snapshot.groups:
        if any(group.name in user.groups for user in users):
            yield from group.inline.items()


def _beyond(names: Names, snapshot: Snapshot) -> Iterator[str]:
    """What hangs on the guest now and is not the pass's: its documents are not among the holdings."""
    users, _ = guests_of(names, snapshot)
    known = {policy.arn for policy in snapshot.policies if policy.path == names.path}
    for guest in everyone_of(names, snapshot):
        yield from (f"`{arn}` is attached to `{guest.name}`" for arn in guest.attached if arn not in known)
        if guest.boundary != names.wall_arn:
            yield f"`{guest.name}` stands outside the wall"
    for group in snapshot.groups:
        if any(group.name in user.groups for user in users):
            yield from (
                f"`{arn}` is attached to the group `{group.name}`"
                for arn in group.attached
                if arn not in known
            )


def _of_role(role: IamRole, names: Names) -> Iterator[str]:
    known = names.instance_job_arn
    yield from (f"`{arn}` is attached to `{role.name}`" for arn in role.attached if arn != known)
    yield from (f"`{name}` is an inline policy of `{role.name}`" for name in role.inline)
    if role.boundary != names.instance_wall_arn:
        yield f"`{role.name}` stands outside its wall"


def could_not(door: Door, names: Names, holdings: Sequence[Holdings], snapshot: Snapshot) -> Proof:
    """Prove that none of the ways to plant the door was ever open to the guest.

    A way needs all its actions together: one that can never be done is enough.
    """
    if "could-not" not in door.evidence or not door.planting:
        return Proof(holds=False, says="")
    unknown = tuple(why for held in holdings for why in held.unknown)
    if unknown:
        return Proof(holds=False, says=f"not proved: {'; '.join(unknown)}")
    trusting = _trusting(names, snapshot)
    grounds: list[str] = []
    for way in door.planting:
        for held in holdings:
            blocked, why = _blocked(way, held, trusting)
            if blocked is None:
                return Proof(holds=False, says=f"not proved for {held.who}: {why}")
            grounds.append(f"{held.who}: `{blocked}`: {why}")
    return Proof(
        holds=True,
        says="no policy that the guest ever held admits it",
        evidence=tuple(dict.fromkeys(grounds)),
    )


def _blocked(way: Sequence[str], held: Holdings, trusting: str | None) -> tuple[str | None, str]:
    """An action of the way that is never allowed, with the ground; None and why when there is none."""
    why = ""
    for action in way:
        proved, says = _never(action, held, trusting)
        if proved:
            return action, says
        why = says
    return None, why


def _never(action: str, held: Holdings, trusting: str | None) -> tuple[bool, str]:
    # INVARIANT: each version is held against each wall by itself. A Deny of one version says nothing about the time
    # of another, so versions are never weighed together.
    grounds: list[str] = []
    walls: list[Policy | None] = [*held.walls] or [None]
    for wall in walls:
        for policy in held.identity:
            groups = [[policy]] if wall is None else [[policy], [wall]]
            answer = never([action], granted=groups)
            if not isinstance(answer, Proved):
                return False, getattr(answer, "why", "refuted")
            grounds.append(answer.checked[0].says)
    if action in _BY_TRUST_ALONE and trusting is not None:
        return False, trusting
    if may_have_policy(action):
        return _denied_to_direct_calls(action, held.walls)
    return True, "; ".join(dict.fromkeys(grounds))


def _denied_to_direct_calls(action: str, walls: Sequence[Policy]) -> tuple[bool, str]:
    """Whether every wall denies the action outright, so that no resource's own policy can allow it either.

    A call that the guest makes itself has `aws:ViaAWSService` false: a Deny with that condition alone always holds.
    """
    says = f"policies of resources, which could allow `{action}` to the guest directly, were not read"
    proved = ""
    if not walls:
        return False, says
    for wall in walls:
        denies = replace(
            wall,
            statements=tuple(
                replace(statement, conditions=tuple(c for c in statement.conditions if not _direct(c)))
                for statement in wall.statements
                if statement.effect == "Deny"
            ),
        )
        # NOTE: an Allow of everything beside the Denies, so that only a Deny can prove it
        everything = read_policy(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
            kind="identity",
            name="anything",
        )
        answer = never([action], granted=[[everything, denies]])
        if not isinstance(answer, Proved):
            return False, says
        proved = answer.checked[0].says
    return True, proved


def _direct(condition: Any) -> bool:
    return (
        condition.key.lower() == "aws:viaawsservice"
        and condition.operator == "Bool"
        and condition.values == ("false",)
        and condition.qualifier is None
    )


def _trusting(names: Names, snapshot: Snapshot) -> str | None:
    """Why sts:AssumeRole may be open to the guest by a role's trust alone, or None when no role's trust names it."""
    guests = (names.user_arn, names.login_role_arn, names.instance_role_arn)
    for role in snapshot.roles:
        for value in _trusted(role.trust):
            if value == "*" or value in guests or (value.startswith("arn:") and names.path in value):
                return f"the role `{role.name}` trusts {value}"
    return None


def _trusted(trust: Mapping[str, Any]) -> Iterator[str]:
    statements = trust.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        if isinstance(principal, str):
            yield principal
            continue
        if "NotPrincipal" in statement:
            yield "*"
        named = principal.get("AWS", [])
        yield from [named] if isinstance(named, str) else named


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)

"""What a pass says of a refused request: its job policy and its wall, as they would be written from it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from guestpass import catalog
from guestpass.access import (
    Context,
    Decision,
    Layers,
    Principal,
    Request,
    RoleSession,
    User,
    evaluate,
    read_policy,
)
from guestpass.access.evaluate.facts import told_by
from guestpass.access.policy.arns import account_of, arn_matches
from guestpass.access.policy.keys import keys_of
from guestpass.access.policy.values import PolicyKind
from guestpass.access.prove import Proved, never
from guestpass.account.snapshot import Snapshot
from guestpass.loan.agreement import Pass
from guestpass.loan.explain import explain_wall
from guestpass.loan.job import job_policies
from guestpass.loan.more.refusal import Refusal
from guestpass.loan.names import Names
from guestpass.loan.wall import guest_holds, wall_document


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """When it is asked, and the account if it was read: its things' tags are then known."""

    now: datetime
    snapshot: Snapshot | None = None


@lru_cache(maxsize=64)
def layers_of(pass_: Pass) -> Layers:
    """The policies of the guest as the pass makes them. Raises `InputError` where the wall does not fit."""
    names = Names.of_pass(pass_)
    identity = tuple(
        read_policy(document, kind="identity", name=name) for name, document in job_policies(pass_)
    )
    wall = read_policy(wall_document(pass_), kind="boundary", name=names.wall)
    return Layers(identity=identity, boundary=(wall,))


def decision_on(refusal: Refusal, pass_: Pass, around: Circumstances) -> Decision:
    """Decide the request under the pass. What neither the refusal nor the account tells is unknown."""
    layers = layers_of(pass_)
    return evaluate(_request(refusal, pass_, layers, around), _with_own_policy(refusal, pass_, layers))


def job_says(refusal: Refusal, pass_: Pass, around: Circumstances) -> Decision:
    """What the pass's job policy says by itself, without the wall."""
    layers = replace(layers_of(pass_), boundary=None)
    return evaluate(_request(refusal, pass_, layers, around), _with_own_policy(refusal, pass_, layers))


def _with_own_policy(refusal: Refusal, pass_: Pass, layers: Layers) -> Layers:
    """Of a key or a role, whose own policy must allow even in its account: that it leaves it to the account's policies.

    AWS: KMS Developer Guide, "Default key policy": it does. Of a role's trust this is the least that must stand there.
    """
    service = refusal.action.partition(":")[0]
    if service not in ("kms", "sts"):
        return layers
    root = f"arn:{pass_.partition}:iam::{pass_.account}:root"
    allow = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": f"{service}:*"}
    if service == "kms":
        allow["Resource"] = "*"
    kind: PolicyKind = "resource" if service == "kms" else "trust"
    document = {"Version": "2012-10-17", "Statement": [allow]}
    return replace(layers, resource=read_policy(document, kind=kind, name="its own policy"))


def ways_through(refusal: Refusal, pass_: Pass) -> tuple[str, ...]:
    """Under which conditions the wall lets the action through on this resource, in words; empty where it never does."""
    resource = refusal.resource or "*"
    held = {
        sid
        for sid, hold in guest_holds(pass_).items()
        if refusal.action in hold.actions
        and any(arn_matches(pattern, resource) is True for pattern in hold.resources)
    }
    return tuple(
        dict.fromkeys(line.how_held for line in explain_wall(pass_) if line.sid in held and line.how_held)
    )


def possible(action: str, pass_: Pass) -> bool:
    """Whether the pass lets the action through on anything under any condition: False is proved, True is not."""
    layers = layers_of(pass_)
    groups = [layers.identity or (), layers.boundary or ()]
    return not isinstance(never([action], granted=groups), Proved)


def region_of(refusal: Refusal, pass_: Pass) -> str:
    """The region that the call was made in, as far as anything tells; else the pass's first."""
    fields = (refusal.resource or "").split(":")
    in_arn = fields[3] if len(fields) > 5 and "*" not in fields[3] else ""
    service = refusal.action.partition(":")[0]
    return refusal.region or in_arn or catalog.home_region(service) or pass_.regions[0]


def guest_of(pass_: Pass) -> Principal:
    """The guest as the caller of a request."""
    names = Names.of_pass(pass_)
    if pass_.guest.login != "role":
        return User(arn=names.user_arn, account=pass_.account)
    session = f"arn:{pass_.partition}:sts::{pass_.account}:assumed-role/{names.login_role}/any-session"
    return RoleSession(arn=session, role_arn=names.login_role_arn, account=pass_.account)


def _request(refusal: Refusal, pass_: Pass, layers: Layers, around: Circumstances) -> Request:
    principal = guest_of(pass_)
    resource = refusal.resource or "*"
    owner = account_of(resource) or pass_.account
    values = {
        "aws:viaawsservice": ("false",),
        "aws:currenttime": (f"{(refusal.at or around.now).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",),
        "aws:requestedregion": (region_of(refusal, pass_),),
        # a guest who has not shown MFA can do nothing but set up the login, and knows it
        **({"aws:multifactorauthpresent": ("true",)} if pass_.guest.login == "console" else {}),
        **_tags(resource, around.snapshot),
        **{key.lower(): value for key, value in refusal.context.items()},
    }
    settled = {key.lower() for key in refusal.settled} | _settled_by(resource, around.snapshot)
    said, unsaid = told_by(principal, owner)
    known = values.keys() | (said.keys() - unsaid) | settled
    families = tuple(key for key in known if key.endswith("/"))
    unknown = {key for key in keys_of(layers) if key not in known and not key.startswith(families)}
    return Request(
        principal=principal,
        action=refusal.action,
        resource=resource,
        context=Context(values=values, unknown=frozenset(unknown)),
        resource_account=owner,
    )


def _tags(resource: str, snapshot: Snapshot | None) -> Mapping[str, tuple[str, ...]]:
    thing = next((each for each in snapshot.resources if each.arn == resource), None) if snapshot else None
    return {f"aws:resourcetag/{key.lower()}": (value,) for key, value in thing.tags.items()} if thing else {}


def _settled_by(resource: str, snapshot: Snapshot | None) -> set[str]:
    """A thing that the account shows has the tags that it shows, and no others."""
    listed = snapshot is not None and any(each.arn == resource for each in snapshot.resources)
    return {"aws:resourcetag/"} if listed else set()

"""The wall: the permissions boundary of everyone that the guest can be.

An allow-list made of the job's needs (`holds`), and explicit Denies for what must hold even where a resource
policy grants to the guest directly: such a grant passes over a boundary's silence, never over its Deny.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from guestpass.access.policy import size_of
from guestpass.errors import InputError
from guestpass.loan.agreement import Pass
from guestpass.loan.holds import Hold, holds_of
from guestpass.loan.job import guest_needs, instance_needs, setting_of
from guestpass.needs import MAX_POLICY
from guestpass.needs.policies import Document, Statement, document, one_or_many, statements_of

# AWS: AWS global condition context keys, aws:RequestedRegion: global services report us-east-1, so they are
# exempt by name; adding us-east-1 to the list would open that region for everything.
GLOBAL_SERVICES = ("iam:*", "sts:*")
_OTHER_GLOBAL_SERVICES = frozenset({"route53"})
# AWS: STS API Reference, GetSessionToken: "No permissions are required"; yet AWS's own example of a Deny
# around MFA exempts it. Both readings leave it to the guest: short-lived credentials end with the wall like
# the key itself.
OWN_SESSION = ("sts:GetSessionToken",)


def wall_document(pass_: Pass) -> Document:
    """Write the wall of the guest's user or login role: a managed policy document, within IAM's 6,144
    characters.

    Raises `InputError` when the pass lists so much that the wall does not fit.
    """
    holds = guest_holds(pass_)
    denies = [
        _outside(holds, and_=OWN_SESSION),
        *_other_buckets(holds),
        _elsewhere(pass_, holds),
        _expired(pass_),
    ]
    if pass_.guest.login == "console":
        denies.append(_without_mfa())
    return _fitting(document([*_allows(holds), *denies]), "wall")


def instance_wall_document(pass_: Pass) -> Document:
    """Write the wall of the instance role. It has no end: the site lives on when the guest is gone."""
    holds = instance_holds(pass_)
    master: tuple[Statement, ...] = ()
    also: tuple[str, ...] = ()
    if pass_.guest.login == "instance-only":
        master, also = (_master_password(pass_),), ("secretsmanager:GetSecretValue",)
    denies = (_outside(holds, and_=also), *_other_buckets(holds), _elsewhere(pass_, holds))
    return _fitting(document([*_allows(holds), *master, *denies]), "instance wall")


def _master_password(pass_: Pass) -> Statement:
    """Leave room for the one policy that stands while the owner's script makes the database's users, and then goes.

    AWS: RDS User Guide, "Password management with Amazon RDS and AWS Secrets Manager": its secrets are named `rds!db-…`.
    """
    return {
        "Sid": "MasterPasswordWhileLending",
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": f"arn:{pass_.partition}:secretsmanager:{pass_.regions[0]}:{pass_.account}:secret:rds!db-*",
    }


def instance_job_document(pass_: Pass) -> Document:
    """Write what the site's instances may do: keep their logs and read their own settings, under the pass's
    name."""
    return _fitting(document(statements_of(instance_needs(pass_))), "instance policy")


def guest_holds(pass_: Pass) -> Mapping[str, Hold]:
    """Say how each need of the guest is held: the wall's Allow statements in order."""
    return holds_of(
        guest_needs(pass_, anywhere=True), setting=setting_of(pass_, anywhere=True), pass_name=pass_.name
    )


def instance_holds(pass_: Pass) -> Mapping[str, Hold]:
    """Say how each need of the site's instances is held."""
    return holds_of(
        instance_needs(pass_, anywhere=True), setting=setting_of(pass_, anywhere=True), pass_name=pass_.name
    )


def _allows(holds: Mapping[str, Hold]) -> list[Statement]:
    return [hold.statement(sid) for sid, hold in holds.items()]


def _outside(holds: Mapping[str, Hold], *, and_: tuple[str, ...] = ()) -> Statement:
    """Deny every service that the job does not use, and every action of STS.

    AWS: Policy evaluation logic: a resource policy (of a bucket, a key, a role's trust) that names the
    guest's user ARN is not limited by a boundary's implicit deny. Calls that a service makes for the guest
    (EC2 asking KMS for a disk's key) are left to the key's own policy.
    """
    by_service: dict[str, set[str]] = {}
    for hold in holds.values():
        for action in hold.actions:
            by_service.setdefault(action.split(":")[0], set()).add(action)
    # Service by service, which costs little room, because their resources have no policies that grant to the
    # guest; action by action where one action is used, so that whatever else of IAM is tried is denied by
    # name.
    kept = (members if len(members) == 1 else {f"{service}:*"} for service, members in by_service.items())
    return _deny(
        "DenyBeyondTheJob",
        "NotAction",
        (*itertools.chain(*kept), *and_),
        {"BoolIfExists": {"aws:ViaAWSService": "false"}},
    )


def _other_buckets(holds: Mapping[str, Hold]) -> list[Statement]:
    """Deny the objects and buckets that are not own: their policies could grant to the guest directly."""
    own = {arn for hold in holds.values() if hold.service == "s3" for arn in hold.resources}
    if not own:
        return []
    # one pattern says a bucket and what is in it
    within = sorted(arn for arn in own if not any(arn != other and arn == f"{other}/*" for other in own))
    return [
        {
            "Sid": "DenyOtherBuckets",
            "Effect": "Deny",
            "Action": "s3:*",
            "NotResource": one_or_many(within),
        }
    ]


def _elsewhere(pass_: Pass, holds: Mapping[str, Hold]) -> Statement:
    exempt = {f"{hold.service}:*" for hold in holds.values() if hold.service in _OTHER_GLOBAL_SERVICES}
    tests = {"StringNotEquals": {"aws:RequestedRegion": one_or_many(pass_.regions)}}
    return _deny("DenyOtherRegions", "NotAction", (*GLOBAL_SERVICES, *sorted(exempt)), tests)


def _expired(pass_: Pass) -> Statement:
    """AWS asks at each request, so the date ends live sessions too, with nothing of guestpass running."""
    until = f"{pass_.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return _deny("DenyAfterTheEnd", "Action", ("*",), {"DateGreaterThan": {"aws:CurrentTime": until}})


def _without_mfa() -> Statement:
    """Without MFA only the own login can be set up (what else of IAM and STS there is, the other statements
    deny).

    AWS: Bool condition operators, AWS global condition context keys: the MFA keys stand on temporary
    credentials alone, so IfExists: a bare access key shows no MFA either.
    """
    tests = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    return _deny("DenyWithoutMfa", "NotAction", GLOBAL_SERVICES, tests)


def _deny(sid: str, element: str, actions: tuple[str, ...], tests: dict[str, dict[str, Any]]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        element: one_or_many(sorted(actions)),
        "Resource": "*",
        "Condition": tests,
    }


def _fitting(written: Document, what: str) -> Document:
    size = size_of(written)
    if size > MAX_POLICY:
        largest = max(written["Statement"], key=size_of)
        raise InputError(
            f"the {what} has {size:,} characters, more than a policy holds; "
            f"`{largest['Sid']}` costs most ({size_of(largest):,})",
            expected=f"at most {MAX_POLICY:,} characters",
            hint="list fewer subnets, sizes, image owners, regions or options (`with`) in the pass",
        )
    return written

"""The wall: the permissions boundary of everyone that the guest can be.

An allow-list made of the job's needs (`holds`), and explicit Denies for what must hold even where a resource
policy grants to the guest directly: such a grant passes over a boundary's silence, never over its Deny.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from guestpass import catalog
from guestpass.access.policy import size_of
from guestpass.access.prove import resource_within
from guestpass.errors import InputError
from guestpass.loan.agreement import Pass
from guestpass.loan.holds import RESOURCE_TAG, Hold, holds_of
from guestpass.loan.job import guest_needs, instance_needs, setting_of
from guestpass.needs import MAX_POLICY
from guestpass.needs.fit import Fitted, TooLarge, fit, holder
from guestpass.needs.policies import Document, Statement, document, one_or_many, statements_of

# AWS: AWS global condition context keys, aws:RequestedRegion: global services report us-east-1, so they are
# exempt by name; adding us-east-1 to the list would open that region for everything.
GLOBAL_SERVICES = ("iam:*", "sts:*")
# AWS: STS API Reference, GetSessionToken: "No permissions are required"; yet AWS's own example of a Deny
# around MFA exempts it. Both readings leave it to the guest: short-lived credentials end with the wall like
# the key itself.
OWN_SESSION = ("sts:GetSessionToken",)

UNTAGGED = "what is told by its name need not carry the pass's tag: the bill and the inventory see less"

# AWS: IAM User Guide, "AWS services that work with IAM", the column of resource-based policies
_WITHOUT_POLICIES = frozenset(
    {
        *("acm", "autoscaling", "cloudfront", "cloudwatch", "ec2", "ec2messages", "ecs", "elasticache"),
        *("elasticloadbalancing", "iam", "rds", "route53", "ssmmessages", "sts"),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a wall holds beside its allow-list: where (everywhere if empty), until when (None: no end), and whether MFA is
    asked for.

    `name` is the value of the pass's tag on own things.
    """

    name: str
    regions: tuple[str, ...]
    until: datetime | None = None
    mfa: bool = False


def wall_document(pass_: Pass) -> Document:
    """Write the wall of the guest's user or login role: a managed policy document, within IAM's 6,144
    characters.

    Raises `InputError` when the pass lists so much that the wall does not fit.
    """
    return fitting(spelt_out(pass_), "wall")


def spelt_out(pass_: Pass) -> Document:
    """Write the wall statement by statement, whether a policy holds it or not."""
    return _guest_wall(pass_, guest_holds(pass_))


def instance_wall_document(pass_: Pass) -> Document:
    """Write the wall of the instance role. It has no end: the site lives on when the guest is gone."""
    return fitting(instance_spelt_out(pass_), "instance wall")


def instance_spelt_out(pass_: Pass) -> Document:
    """Write the wall of the instance role statement by statement, whether a policy holds it or not."""
    holds = instance_holds(pass_)
    master: tuple[Statement, ...] = ()
    also: tuple[str, ...] = ()
    if pass_.guest.login == "instance-only":
        master, also = (_master_password(pass_),), ("secretsmanager:GetSecretValue",)
    limits = Limits(name=pass_.name, regions=pass_.regions)
    return wall_of(holds, limits, and_=also, more=master)


def wall_of(
    holds: Mapping[str, Hold],
    limits: Limits,
    *,
    and_: tuple[str, ...] = (),
    more: tuple[Statement, ...] = (),
) -> Document:
    """Write the wall around any needs, as they are held. `and_` are further actions that its Denies leave alone."""
    denies = [_outside(holds, and_=and_), *_others(holds, limits, more)]
    if limits.regions:
        denies.append(_elsewhere(limits, holds))
    if limits.until is not None:
        denies.append(_expired(limits.until))
    if limits.mfa:
        denies.append(_without_mfa())
    return document([*_allows(holds), *more, *denies])


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
    return fitting(document(statements_of(instance_needs(pass_))), "instance policy")


def guest_holds(pass_: Pass) -> Mapping[str, Hold]:
    """Say how each need of the guest is held: the wall's Allow statements in order.

    Where they do not fit into one policy, things that are told by their names need not carry the pass's tag.
    """
    return _guest_holds(pass_, tagged=not gives_up(pass_))


@lru_cache(maxsize=64)
def gives_up(pass_: Pass) -> tuple[str, ...]:
    """Say in words what the guest's wall holds less closely, so that it fits into one policy; mostly nothing."""
    spelt = _guest_wall(pass_, _guest_holds(pass_))
    if size_of(spelt) <= MAX_POLICY or isinstance(_joined(spelt, "wall"), Fitted):
        return ()
    return (UNTAGGED,)


@lru_cache(maxsize=64)
def _guest_holds(pass_: Pass, *, tagged: bool = True) -> Mapping[str, Hold]:
    needs, setting = guest_needs(pass_, anywhere=True), setting_of(pass_, anywhere=True)
    return holds_of(needs, setting=setting, pass_name=pass_.name, tagged=tagged)


def _guest_wall(pass_: Pass, holds: Mapping[str, Hold]) -> Document:
    limits = Limits(
        name=pass_.name, regions=pass_.regions, until=pass_.until, mfa=pass_.guest.login == "console"
    )
    return wall_of(holds, limits, and_=OWN_SESSION)


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
    # Service by service, which costs little room: resources of these have no policies that grant to the guest, or
    # `_others` denies all but own ones. Action by action where one action is used, so that whatever else of IAM is
    # tried is denied by name; and always of STS, for a role's trust policy may name the guest.
    kept = (
        members if len(members) == 1 or service == "sts" else {f"{service}:*"}
        for service, members in by_service.items()
    )
    return _deny(
        "DenyBeyondTheJob",
        "NotAction",
        (*itertools.chain(*kept), *and_),
        {"BoolIfExists": {"aws:ViaAWSService": "false"}},
    )


def _others(holds: Mapping[str, Hold], limits: Limits, more: tuple[Statement, ...]) -> list[Statement]:
    """Deny the things that are not own, of all services in which a thing's own policy could grant to the guest.

    What names no thing (`sqs:ListQueues`) is left alone: no policy of a thing grants it. So are the things of `more`.
    """
    held = [(action.partition(":")[0], action, hold) for hold in holds.values() for action in hold.actions]
    having = {
        service for service, _, hold in held if service not in _WITHOUT_POLICIES and "*" not in hold.resources
    }
    if not having:
        return []
    of_things = [hold for hold in holds.values() if hold.service in having and "*" not in hold.resources]
    besides = {statement["Resource"] for statement in more}
    own = one_or_many(_widest({arn for hold in of_things for arn in hold.resources} | besides))
    asking = {action for service, action, hold in held if service in having and "*" in hold.resources}
    if asking or besides or len(having) > 1:
        alone = {f"{service}:*" for service, _, _ in held if service not in having} | asking
        # services that AWS asks for the guest (EC2 asking KMS for a disk's key) are left to the key's own policy
        elements: Statement = {
            "NotAction": one_or_many(sorted({*alone, *GLOBAL_SERVICES})),
            "Condition": {"BoolIfExists": {"aws:ViaAWSService": "false"}},
        }
    else:
        elements = {"Action": f"{min(having)}:*"}
    out: list[Statement] = [{"Sid": "DenyOtherThings", "Effect": "Deny", **elements, "NotResource": own}]
    tagged = [hold for hold in of_things if hold.by_tag]
    if tagged:
        # a missing tag differs, too
        out.append(
            {
                "Sid": "DenyForeignThings",
                "Effect": "Deny",
                "Action": one_or_many(sorted({action for hold in tagged for action in hold.actions})),
                "Resource": one_or_many(sorted({arn for hold in tagged for arn in hold.resources})),
                "Condition": {"StringNotEquals": {RESOURCE_TAG: limits.name}},
            }
        )
    return out


def _widest(arns: set[str]) -> list[str]:
    """One pattern says a bucket and what is in it (`acme-*` is `acme-*/*` too): those that another one says go."""
    return sorted(
        arn for arn in arns if not any(arn != other and resource_within(arn, other) for other in arns)
    )


def _elsewhere(limits: Limits, holds: Mapping[str, Hold]) -> Statement:
    exempt = {f"{hold.service}:*" for hold in holds.values() if hold.service and _is_global(hold.service)}
    tests = {"StringNotEquals": {"aws:RequestedRegion": one_or_many(limits.regions)}}
    return _deny("DenyOtherRegions", "NotAction", tuple(sorted({*GLOBAL_SERVICES, *exempt})), tests)


def _is_global(service: str) -> bool:
    return service not in ("iam", "sts", "s3") and catalog.is_global(service)


def _expired(until: datetime) -> Statement:
    """AWS asks at each request, so the date ends live sessions too, with nothing of guestpass running."""
    last = f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return _deny("DenyAfterTheEnd", "Action", ("*",), {"DateGreaterThan": {"aws:CurrentTime": last}})


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


def fitting(written: Document, what: str) -> Document:
    """Return the document if a managed policy holds it; one that is too large with statements joined and lists of actions
    shortened, where the catalogue proves that the same is said.

    Raises `InputError` where that does not fit either, saying what costs most.
    """
    return fitted_with_origin(written, what)[0]


def fitted_with_origin(written: Document, what: str) -> tuple[Document, Mapping[str, tuple[str, ...]]]:
    """Return the same with the Sids that went into each statement."""
    if size_of(written) <= MAX_POLICY:
        return written, {each["Sid"]: (each["Sid"],) for each in written["Statement"]}
    found = _joined(written, what)
    if isinstance(found, Fitted):
        return found.policies[0][1], found.origin
    largest = max(written["Statement"], key=size_of)
    raise InputError(
        f"the {what} has {found.characters:,} characters, more than a policy holds; "
        f"`{largest['Sid']}` costs most ({size_of(largest):,})",
        expected=f"at most {MAX_POLICY:,} characters",
        hint="list fewer subnets, sizes, image owners, regions or options (`with`) in the pass",
    )


def _joined(written: Document, what: str) -> Fitted | TooLarge:
    return fit(written["Statement"], name=what, holder=holder("role", attached=1), shorten="needed")

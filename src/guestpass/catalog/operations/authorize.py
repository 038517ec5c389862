"""What AWS authorises for one API call: a table row says, or the name of the call says, or nobody knows.

In go a service, an operation and its parameters as boto3 takes them; out come the actions, the resources and
the context keys that the request itself sets, or `Unmapped`. It never guesses: a call that hands over a role,
sets tags or touches a kind of resource that no row speaks of is `Unmapped`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guestpass.catalog import actions
from guestpass.catalog.operations import fill, ids, tags
from guestpass.catalog.operations.rows import Passes, Row, row_of
from guestpass.catalog.services import client_name, iam_prefix
from guestpass.catalog.values import Check, Named, PassedRole, Unmapped, Where

Authorization = Check | PassedRole

NAMED: Mapping[str, str] = {
    "iam:user": "a user by name, the empty name the caller; within `access-key`: by a key's id",
    "iam:group": "a group by name",
    "iam:role": "a role by name",
    "iam:instance-profile": "an instance profile by name",
    "iam:server-certificate": "a server certificate by name",
    "ec2:subnet": "the default subnet of the zone `within`, or of any zone; or by association id",
    "ec2:security-group": "a group by name in the VPC `within` (empty: the default VPC); the empty name is "
    "the default group of the VPC that holds the subnet `within`",
    "ec2:elastic-ip": "an address by its association id or its public IP",
    "ec2:network-interface": "the interface that an association or attachment id is about",
    "ec2:instance": "the instance that an association id is about",
    "ec2:key-pair": "a key pair by id: its ARN is made of the name",
    "ec2:placement-group": "a placement group by id: its ARN is made of the name",
    "ec2:launch-template": "a launch template by name: its ARN is made of the id",
    "ec2:vpc": "the VPC of this account that a peering connection is about",
    "ec2:route-table": "the route table of an association id",
    "rds:og": "the default option group of the engine `within`; `of-source`: that of the source",
    "rds:pg": "as `rds:og`, of parameter groups",
    "secretsmanager:Secret": "a secret by name: its ARN ends in six characters of AWS's",
    "kms:key": "the key behind an alias",
    "ses:identity": "the verified identity that a sender's address falls under",
}
"""Every type that can stand in a `Named`, and what its name is."""

_ROLE_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:(role|instance-profile)/.+")
_TAG_PARAMETERS = frozenset({"Tags", "TagList", "TagSpecifications", "tags", "TagSpecification", "tagList"})
_READING = frozenset({"List", "Read"})


def authorizations(
    service: str, operation: str, parameters: Mapping[str, Any], where: Where
) -> tuple[Authorization, ...] | Unmapped:
    """Everything that AWS authorises for one call, in AWS's order where that is known; all must be allowed.

    `service` is botocore's client name (or signing name), `parameters` are in API spelling, as boto3 takes
    them. An empty tuple means that AWS asks for no permission (sts:GetCallerIdentity). Never raises.
    """
    prefix = iam_prefix(service)
    if isinstance(prefix, Unmapped):
        return prefix
    client = client_name(service)
    row = row_of(client, operation)
    call = _Call(prefix=prefix, client=client, operation=operation, parameters=parameters, where=where)
    try:
        found = call.by_name() if row is None else tuple(call.by_row(row))
        if row is None or not (row.mentions or row.free):
            call.refuse_strange_roles(found)
    except fill.Unfilled as gap:
        return Unmapped(why=f"{prefix}:{operation}: {gap}")
    if not found and not (row and row.free):
        return Unmapped(why=f"{prefix}:{operation}: the call names nothing that a row knows")
    return found


def primary_action(service: str, operation: str) -> str | Unmapped:
    """The action that an operation is first of all authorised as (`s3:ListBucket` for ListObjectsV2)."""
    prefix = iam_prefix(service)
    if isinstance(prefix, Unmapped):
        return prefix
    row = row_of(client_name(service), operation)
    action = _action_of(prefix, operation, row or Row())
    return action or Unmapped(why=f"no rule maps {service}:{operation} to an action")


# AWS: CloudTrail event reference, readOnly: "identifies whether this operation is a read-only operation"; the
# STS calls that hand out sessions are logged as read-only though their access level is Write.
_LOGGED_AS_READ = frozenset(
    {("sts", "AssumeRole"), ("sts", "AssumeRoleWithSAML"), ("sts", "AssumeRoleWithWebIdentity")}
)


def is_read_only(service: str, operation: str) -> bool | Unmapped:
    """Whether an operation only reads, as CloudTrail's `readOnly` has it."""
    if (client_name(service), operation) in _LOGGED_AS_READ:
        return True
    action = primary_action(service, operation)
    if isinstance(action, Unmapped):
        return action
    level = actions.access_level(action)
    return level if isinstance(level, Unmapped) else level in _READING


def _action_of(prefix: str, operation: str, row: Row) -> str | None:
    name = row.action or operation
    return actions.spelling(name if ":" in name else f"{prefix}:{name}")


class _Call:
    """One call being mapped; every method raises `fill.Unfilled` where the facts end."""

    def __init__(
        self, *, prefix: str, client: str, operation: str, parameters: Mapping[str, Any], where: Where
    ) -> None:
        self.prefix, self.client, self.operation = prefix, client, operation
        self.parameters, self.where = parameters, where

    def find(self, expression: str, prefix: str | None = None) -> Any:
        return fill.find(expression, self.parameters, prefix or self.prefix, self.where)

    def by_name(self) -> tuple[Authorization, ...]:
        """The general rule: the operation's own action, if it can be limited to no resource."""
        action = _action_of(self.prefix, self.operation, Row())
        if action is None:
            raise fill.Unfilled("AWS lists no action of this name, and no row says which it is")
        types = actions.resource_types(action)
        if types and not isinstance(types, Unmapped):
            raise fill.Unfilled(f"no row says which {' or '.join(types[:4])} it touches")
        tagged = _TAG_PARAMETERS & self.parameters.keys()
        if tagged and actions.access_level(action) not in _READING:
            raise fill.Unfilled(f"no row says how its `{min(tagged)}` are authorised")
        return (self.check(action, "*", None, {}, _SETTLED_BY_NAME),)

    def by_row(self, row: Row) -> Iterator[Authorization]:
        """What a row says; nothing where its `when` does not hold."""
        if self.client == "s3":
            self._refuse_strange_buckets()
        if row.free or (row.when and not self.find(row.when)):
            return
        refused = [name for name in row.refuse if self.find(name)]
        if refused:
            raise fill.Unfilled(f"what AWS checks for `{refused[0]}` is not in the catalogue yet")
        checks = self._row_checks(row)
        yield from checks
        if row.tags is not None:
            yield from self._tag_checks(row, checks)
        if self.client == "ec2":
            yield from tags.ec2_checks(self.operation, self.parameters, self.where)
        for passes in row.passes:
            yield from self._passed(passes)
        for further in row.also:
            yield from self.by_row(further)

    def _row_checks(self, row: Row) -> tuple[Check, ...]:
        action = _action_of(self.prefix, self.operation, row)
        if action is None:
            raise fill.Unfilled(f"AWS lists no action `{row.action or self.operation}`")
        resources = tuple(self._resources(action, row))
        reached = {resource_type for resource_type, _ in resources}
        missing = actions.required_types(action) - reached - row.skip.keys()
        if missing and not row.all:
            raise fill.Unfilled(f"the call does not say which {' and '.join(sorted(missing))} it is about")
        if not resources and row.optional:
            return ()
        if not resources:
            types = actions.resource_types(action)
            if types and not row.all:
                raise fill.Unfilled("the call names no resource that a row knows")
            resources = ((None, "*"),)
        values, settled = self._keys(row)
        if row.tags is not None:
            values |= tags.request_tags(fill.pairs(self.find(row.tags.at)), row.tags.family)
        return tuple(self.check(action, resource, kind, values, settled) for kind, resource in resources)

    def _resources(self, action: str, row: Row) -> Iterator[tuple[str | None, str | Named]]:
        prefix = action.partition(":")[0]
        for resource_type, expression in row.on.items():
            for value in fill.values_of(self.find(expression)):
                if resource_type == "*":
                    yield self._typed(value)
                    continue
                yield resource_type, fill.arn_of(prefix, resource_type, value, self.where)
        for resource_type, expression in row.named.items():
            found = self.find(expression)
            values = ("",) if found == "" else fill.values_of(found)
            for value in values:
                yield resource_type, _named(f"{prefix}:{resource_type}", value)

    def _typed(self, value: Mapping[str, str]) -> tuple[str, str | Named]:
        """A resource whose id tells its type."""
        if ids.is_named(value["id"]):
            return value["type"], Named(type=f"{self.prefix}:{value['type']}", name=value["id"])
        return value["type"], fill.arn_of(self.prefix, value["type"], value["id"], self.where)

    def _keys(self, row: Row) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
        found = {key: self.find(expression) for key, expression in row.keys.items()}
        known = {key: fill.texts(value) for key, value in found.items() if value is not fill.UNKNOWN}
        settled = (
            frozenset(known)
            | _SETTLED_BY_NAME
            | ({row.tags.family} if row.tags and row.tags.family else set())
        )
        return {key: value for key, value in known.items() if value}, settled

    def _tag_checks(self, row: Row, checks: Sequence[Check]) -> Iterator[Check]:
        spoken = row.tags
        if spoken is None or not spoken.via:
            return
        values = tags.request_tags(fill.pairs(self.find(spoken.at)), spoken.family)
        if not values:
            return
        action = _action_of(self.prefix, spoken.via, Row(action=spoken.via))
        if action is None:
            raise fill.Unfilled(f"AWS lists no action `{spoken.via}`")
        settled = _SETTLED_BY_NAME | ({spoken.family} if spoken.family else set())
        for check in checks:
            if not spoken.on or check.type in spoken.on:
                yield self.check(action, check.resource, check.type, values, settled)

    def _passed(self, passes: Passes) -> Iterator[Authorization]:
        if passes.profile:
            for profile in fill.values_of(self.find(passes.profile)):
                yield PassedRole(profile=str(profile), service=passes.to)
        if passes.role:
            for role in fill.values_of(self.find(passes.role)):
                if not _ROLE_ARN.fullmatch(str(role)):
                    raise fill.Unfilled("the role it hands over is not named by its ARN")
                yield Check(
                    action="iam:PassRole",
                    resource=str(role),
                    context={"iam:PassedToService": (passes.to,)},
                    type="role",
                    settled=frozenset({"iam:PassedToService"}),
                )

    def check(
        self,
        action: str,
        resource: str | Named,
        resource_type: str | None,
        values: Mapping[str, tuple[str, ...]],
        settled: frozenset[str],
    ) -> Check:
        """A check with those of the request's keys that AWS lists for this action and type."""
        if self.client == "ec2" and resource_type:
            asked = tags.ec2_by_type(self.parameters).get(resource_type, ())
            values = {**values, **tags.request_tags(asked)}
        listed = tags.Keys(actions.request_keys(action, resource_type))
        possible = tags.Keys(actions.condition_keys(action, resource_type))
        context = {key: found for key, found in values.items() if key in listed}
        settled = frozenset(key for key in settled if key in possible)
        if self.client == "ec2":
            # AWS: Service Authorization Reference, EC2, ec2:Region: the region the request is made in
            context["ec2:Region"] = (self.where.region,)
            settled |= {"ec2:Region"}
        return Check(action=action, resource=resource, context=context, type=resource_type, settled=settled)

    def _refuse_strange_buckets(self) -> None:
        """Raise for what stands in S3's Bucket and is no general purpose bucket: its ARNs and actions are
        others.
        """
        bucket = str(self.parameters.get("Bucket") or "")
        if ":" in bucket or bucket.endswith(("-s3alias", "--x-s3", "--ol-s3", "--op-s3", ".mrap")):
            raise fill.Unfilled(f"`{bucket}` is an access point or a directory bucket")

    def refuse_strange_roles(self, found: Sequence[Authorization]) -> None:
        """Raise if the parameters hold a role's ARN that nothing in `found` is about: handing it over needs
        iam:PassRole.
        """
        if self.prefix in {"iam", "sts"}:
            return
        known = {item.profile if isinstance(item, PassedRole) else item.resource for item in found}
        strange = [arn for arn in _role_arns(self.parameters) if arn not in known]
        if strange and actions.access_level(f"{self.prefix}:{self.operation}") not in _READING:
            raise fill.Unfilled(f"no row says to which service it hands over `{strange[0]}`")


_SETTLED_BY_NAME = frozenset({"aws:RequestTag/", "aws:TagKeys"})


def _named(kind: str, value: Any) -> Named:
    if isinstance(value, Mapping):
        return Named(type=kind, name=str(value.get("name") or ""), within=str(value.get("within") or ""))
    return Named(type=kind, name=str(value))


def _role_arns(value: Any) -> Iterator[str]:
    match value:
        case str():
            if _ROLE_ARN.fullmatch(value):
                yield value
        case Mapping():
            for item in value.values():
                yield from _role_arns(item)
        case Sequence() if not isinstance(value, bytes | bytearray):
            for item in value:
                yield from _role_arns(item)
        case _:
            return

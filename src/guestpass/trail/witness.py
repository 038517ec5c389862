"""What the events themselves tell of names: which ARN a user, a secret or an association stands for.

Only what the record says counts; where it says nothing, or several things, the answer is the narrowest pattern that
surely holds the thing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guestpass.catalog import Named, Where, widest
from guestpass.trail.event import Event
from guestpass.trail.nested import texts_under, walked
from guestpass.trail.values import Deed

_ARN = re.compile(r"arn:[\w-]+:(?P<service>[\w-]+):[\w-]*:\d{0,12}:(?P<kind>[\w-]+)[/:](?P<name>.+)")
_SECRET_END = re.compile(r"-[A-Za-z0-9]{6}$")
# The member that holds a thing's id, by the EC2 type that a name may stand for.
_IDS: Mapping[str, str] = {
    "ec2:elastic-ip": "allocationId",
    "ec2:instance": "instanceId",
    "ec2:launch-template": "launchTemplateId",
    "ec2:network-interface": "networkInterfaceId",
    "ec2:route-table": "routeTableId",
    "ec2:security-group": "groupId",
    "ec2:subnet": "subnetId",
    "ec2:vpc": "vpcId",
}
_NAMES = (
    "associationId",
    "attachmentId",
    "groupName",
    "launchTemplateName",
    "publicIp",
    "vpcPeeringConnectionId",
)

# Groups that a database falls back to, as CreateDBInstance's answer has them.
_IN_ANSWERS: Mapping[str, str] = {"rds:og": "optionGroupName", "rds:pg": "dBParameterGroupName"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """The names in one record. `arns` are by (`service:kind`, last part of the name), `beside` the ids
    of a type by a name that one call told with them.
    """

    account: str
    partition: str
    profiles: Mapping[str, str]
    arns: Mapping[tuple[str, str], frozenset[str]]
    beside: Mapping[tuple[str, str], frozenset[str]]
    users_of_keys: Mapping[str, str]

    @classmethod
    def of(
        cls, deeds: Sequence[Deed], *, account: str, partition: str, profiles: Mapping[str, str]
    ) -> Witness:
        """Read every name in the deeds once."""
        arns: dict[tuple[str, str], set[str]] = defaultdict(set)
        beside: dict[tuple[str, str], set[str]] = defaultdict(set)
        keys: dict[str, str] = {}
        handed = dict(profiles)
        for deed in deeds:
            event = deed.event
            told = {deed.by, event.actor.arn or "", *_arns(event.response)}
            if event.error_code is None:
                told |= set(_arns(event.parameters))
                _relate(event, beside)
                _put_in_profile(event, account, partition, handed)
            for text in told:
                _note(text, arns)
            if event.actor.type == "IAMUser" and event.actor.arn and event.actor.access_key_id:
                keys[event.actor.access_key_id] = event.actor.arn
        return cls(
            account=account,
            partition=partition,
            profiles=handed,
            arns={key: frozenset(found) for key, found in arns.items()},
            beside={key: frozenset(found) for key, found in beside.items()},
            users_of_keys=keys,
        )

    def where(self, event: Event) -> Where:
        """Where a call was made."""
        return Where(account=self.account, region=event.region, partition=self.partition)

    def resources(self, named: Named, deed: Deed) -> tuple[tuple[str, ...], str]:
        """The ARNs that a name stands for, and what is not told of it (`""` if nothing)."""
        found = tuple(sorted(self._told(named, deed)))
        if found:
            return found, ""
        if named.type == "secretsmanager:Secret":
            return (widest(named, self.where(deed.event)),), ""
        said = f"`{named.name}`" if named.name else "the default one"
        kind = named.type.partition(":")[2]
        return (widest(named, self.where(deed.event)),), f"which {kind} {said} is, the record does not say"

    def role_in(self, profile: str, event: Event) -> tuple[str, str]:
        """The role in an instance profile, or the pattern of all roles with what is not told."""
        role = self.profiles.get(profile) or self.profiles.get(profile.rpartition("/")[2])
        if role:
            return role, ""
        pattern = widest(Named(type="iam:role", name=""), self.where(event))
        return pattern, f"which role is in the instance profile `{profile}`, the record does not say"

    def _told(self, named: Named, deed: Deed) -> frozenset[str]:
        if named.type == "iam:user" and not named.name:
            return frozenset({deed.by}) if ":user/" in deed.by else frozenset()
        if named.type == "iam:user" and named.within == "access-key":
            user = self.users_of_keys.get(named.name)
            return frozenset({user}) if user else frozenset()
        if named.name.startswith("arn:"):
            return frozenset({named.name})
        member = _IN_ANSWERS.get(named.type)
        if member is not None:
            return self._answered(named, member, deed.event)
        if named.type not in _IDS:
            found = self.arns.get((named.type.lower(), named.name), frozenset())
            return found if len(found) == 1 else frozenset()
        if named.name:
            ids = self.beside.get((named.type, named.name), frozenset())
            ids = ids if len(ids) == 1 else frozenset()
        else:
            ids = frozenset(texts_under(deed.event.response, _IDS[named.type]))
        where = self.where(deed.event)
        kind = named.type.partition(":")[2]
        return frozenset(
            f"arn:{where.partition}:ec2:{where.region}:{where.account}:{kind}/{each}" for each in ids
        )

    def _answered(self, named: Named, member: str, event: Event) -> frozenset[str]:
        """The things that AWS's answer names where the call left them to it."""
        where, kind = self.where(event), named.type.partition(":")[2]
        return frozenset(
            f"arn:{where.partition}:rds:{where.region}:{where.account}:{kind}:{name}"
            for name in texts_under(event.response, member)
        )


def _note(text: str, arns: dict[tuple[str, str], set[str]]) -> None:
    found = _ARN.fullmatch(text)
    if found is None:
        return
    name = found["name"] if found["service"] != "iam" else found["name"].rpartition("/")[2]
    if found["service"] == "secretsmanager":
        name = _SECRET_END.sub("", name)
    arns[f"{found['service']}:{found['kind']}".lower(), name].add(text)


# Calls whose request and answer together say what an EC2 name or association is about.
_RELATING = frozenset(
    {
        "AllocateAddress",
        "AssociateAddress",
        "AssociateIamInstanceProfile",
        "AssociateRouteTable",
        "AttachNetworkInterface",
        "CreateLaunchTemplate",
        "CreateSecurityGroup",
        "CreateVpcPeeringConnection",
        "ReplaceIamInstanceProfileAssociation",
    }
)


def _relate(event: Event, beside: dict[tuple[str, str], set[str]]) -> None:
    if event.source != "ec2.amazonaws.com" or event.name not in _RELATING:
        return
    both = (event.parameters, event.response)
    names = {text for told in both for member in _NAMES for text in texts_under(told, member)}
    for kind, member in _IDS.items():
        ids = {text for told in both for text in texts_under(told, member)}
        for name in names if ids else ():
            beside[kind, name] |= ids


def _arns(value: Any) -> Iterator[str]:
    """The ARNs in members that are called so: a tag's value, which the caller chose, says nothing."""
    return (
        held
        for name, held, _ in walked(value)
        if isinstance(held, str) and name.lower().endswith(("arn", "arns"))
    )


def _put_in_profile(event: Event, account: str, partition: str, handed: dict[str, str]) -> None:
    """Which role someone put into a profile, if its ARN can be told."""
    if event.source != "iam.amazonaws.com" or event.name != "AddRoleToInstanceProfile":
        return
    profile, role = event.parameters.get("instanceProfileName"), event.parameters.get("roleName")
    if isinstance(profile, str) and isinstance(role, str):
        where = Where(account=account, region=event.region, partition=partition)
        handed.setdefault(profile, widest(Named(type="iam:role", name=role), where))

"""What stands for guests who only log in to an instance, read by its tags; freezing needs it, so it is quick to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from guestpass.account.site import Database, Group, Machine, Site
from guestpass.account.snapshot import IamRole
from guestpass.aws.reading import Reader, tags_of
from guestpass.loan.names import LOGIN_TAG, REGION_TAG, TAG_KEY

_OURS = {"Name": f"tag:{LOGIN_TAG}", "Values": ["instance-only"]}
# AWS: Amazon Linux 2023 User Guide, "Launching AL2023 using the EC2 console": how the images are named
_IMAGES = {
    "x86_64": "al2023-ami-2023.*-kernel-6.*-x86_64",
    "arm64": "al2023-ami-2023.*-kernel-6.*-arm64",
}


def regions_of(roles: Iterable[IamRole]) -> tuple[str, ...]:
    """Where instance-only passes stand: their instance roles say it, for IAM itself has no regions."""
    return tuple(
        sorted(
            {
                role.tags[REGION_TAG]
                for role in roles
                if role.tags.get(LOGIN_TAG) == "instance-only" and role.tags.get(REGION_TAG)
            }
        )
    )


def read_site(reader: Reader, roles: Sequence[IamRole], *, fast: bool = False) -> Site:
    """Machines, databases and groups of every such pass. `fast` leaves out what a freeze has no need of."""
    machines: list[Machine] = []
    databases: list[Database] = []
    groups: list[Group] = []
    subnet_groups: list[str] = []
    images: dict[str, str] = {}
    for region in regions_of(roles):
        at = _Region(reader, region)
        heard = reader.try_(f"ssm:DescribeInstanceInformation {region}", at.heard, frozenset[str]())
        machines += reader.try_list(f"site ec2:DescribeInstances {region}", partial(at.machines, heard))
        groups += reader.try_list(f"site ec2:DescribeSecurityGroups {region}", at.groups)
        if fast:
            continue
        databases += reader.try_list(f"site rds:DescribeDBInstances {region}", at.databases)
        subnet_groups += reader.try_list(f"site rds:DescribeDBSubnetGroups {region}", at.subnet_groups)
        images |= reader.try_(f"site ec2:DescribeImages {region}", at.images, dict[str, str]())
    return Site(
        machines=tuple(sorted(machines, key=lambda machine: machine.id)),
        databases=tuple(sorted(databases, key=lambda database: database.arn)),
        groups=tuple(sorted(groups, key=lambda group: group.id)),
        subnet_groups=tuple(sorted(subnet_groups)),
        images=images,
    )


@dataclass(frozen=True)
class _Region:
    """The reads of one region."""

    reader: Reader
    region: str

    def heard(self) -> frozenset[str]:
        """The instances whose agent Systems Manager hears."""
        listed = self._every("InstanceInformationList", "ssm", "DescribeInstanceInformation")
        return frozenset(str(one["InstanceId"]) for one in listed if one.get("PingStatus") == "Online")

    def machines(self, heard: frozenset[str]) -> list[Machine]:
        reservations = self._every("Reservations", "ec2", "DescribeInstances", Filters=[_OURS])
        return [
            Machine(
                id=told["InstanceId"],
                region=self.region,
                state=told["State"]["Name"],
                online=told["InstanceId"] in heard,
                groups=tuple(sorted(group["GroupId"] for group in told.get("SecurityGroups") or ())),
                tags=tags_of(told.get("Tags")),
                address=told.get("PublicIpAddress") or told.get("PrivateIpAddress"),
            )
            for reservation in reservations
            for told in reservation["Instances"]
            if told["State"]["Name"] not in ("terminated", "shutting-down")
        ]

    def groups(self) -> list[Group]:
        return [
            Group(
                id=told["GroupId"],
                name=told["GroupName"],
                region=self.region,
                vpc=told.get("VpcId", ""),
                tags=tags_of(told.get("Tags")),
                open=tuple(sorted(_open(told.get("IpPermissions") or ()))),
            )
            for told in self._every("SecurityGroups", "ec2", "DescribeSecurityGroups", Filters=[_OURS])
        ]

    def databases(self) -> list[Database]:
        found = []
        for told in self._every("DBInstances", "rds", "DescribeDBInstances"):
            tags = tags_of(told.get("TagList"))
            if tags.get(LOGIN_TAG) != "instance-only" or TAG_KEY not in tags:
                continue
            endpoint = told.get("Endpoint") or {}
            found.append(
                Database(
                    name=told["DBInstanceIdentifier"],
                    arn=told["DBInstanceArn"],
                    region=self.region,
                    status=told["DBInstanceStatus"],
                    address=endpoint.get("Address"),
                    port=endpoint.get("Port"),
                    secret=(told.get("MasterUserSecret") or {}).get("SecretArn"),
                    tags=tags,
                )
            )
        return found

    def subnet_groups(self) -> list[str]:
        listed = self._every("DBSubnetGroups", "rds", "DescribeDBSubnetGroups")
        return [f"{self.region} {group['DBSubnetGroupName']}" for group in listed]

    def images(self) -> dict[str, str]:
        """The newest image of each architecture. AWS: only Amazon's own bear the owner alias `amazon`."""
        newest: dict[str, str] = {}
        for kind, name in _IMAGES.items():
            filters = [{"Name": "name", "Values": [name]}, {"Name": "state", "Values": ["available"]}]
            listed = list(self._every("Images", "ec2", "DescribeImages", Owners=["amazon"], Filters=filters))
            if listed:
                latest = max(listed, key=lambda image: str(image.get("CreationDate")))
                newest[f"{self.region} {kind}"] = latest["ImageId"]
        return newest

    def _every(self, items: str, service: str, operation: str, **parameters: Any) -> Iterator[Any]:
        return self.reader.every(items, service, operation, self.region, **parameters)


def _open(permissions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each source that is let in: `22 203.0.113.7/32`; a range of ports or all of them as AWS says it."""
    found = []
    for rule in permissions:
        first, last = rule.get("FromPort"), rule.get("ToPort")
        ports = "all" if first is None else str(first) if first == last else f"{first}-{last}"
        found += [f"{ports} {one['CidrIp']}" for one in rule.get("IpRanges") or ()]
        found += [f"{ports} {one['CidrIpv6']}" for one in rule.get("Ipv6Ranges") or ()]
        found += [f"{ports} {one['GroupId']}" for one in rule.get("UserIdGroupPairs") or ()]
        found += [f"{ports} {one['PrefixListId']}" for one in rule.get("PrefixListIds") or ()]
    return found

"""The ARN behind a name: IAM's paths, default subnets and groups, what an association id is about.

None means that there is no such thing and no ARN AWS would use for it either.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from guestpass.local.backend import iam

Found = str | None


def resolve(kind: str, name: str, within: str, account: str, region: str) -> Found:
    """The ARN of a `Named` of the catalogue (`iam:user`, `ec2:subnet`, …) in this account and region."""
    service, _, thing = kind.partition(":")
    match service:
        case "iam":
            # AWS: IAM identifiers: a thing that does not exist is authorised under its path-less ARN
            return iam.arn_of(account, thing, name) or f"arn:aws:iam::{account}:{thing}/{name}"
        case "ec2" if region in ec2_backends[account]:
            return _ec2(thing, name, within, account, region)
        case "rds" if region in rds_backends[account]:
            return _rds(thing, name, account, region)
    return None


def _ec2(thing: str, name: str, within: str, account: str, region: str) -> Found:
    ec2: Any = ec2_backends[account][region]
    prefix = f"arn:aws:ec2:{region}:{account}"
    identifier: str | None
    match thing:
        case "subnet":
            identifier = name or _default_subnet(ec2, within)
        case "security-group":
            identifier = _group_id(ec2, name, within)
        case "elastic-ip":
            identifier = _allocation(ec2, name)
        case "network-interface":
            identifier = _interface(ec2, name)
        case "instance":
            identifier = next((a.instance.id for a in _associated(ec2, name) if a.instance), None)
        case "key-pair":
            identifier = next((pair.key_name for pair in ec2.key_pairs.values() if pair.id == name), None)
        case "route-table":
            identifier = next((t.id for t in ec2.route_tables.values() if name in t._associations), None)
        case "subnet-of":
            thing, identifier = "subnet", _subnet_of(ec2, name)
        case "network-acl":
            identifier = next(
                (acl.id for acl in ec2.network_acls.values() if name in acl._associations), None
            )
        case _:
            identifier = None
    return f"{prefix}:{thing}/{identifier}" if identifier else None


def _default_subnet(ec2: Any, zone: str) -> Found:
    for name in sorted(ec2.subnets):
        for subnet in ec2.subnets[name].values():
            if subnet.default_for_az and zone in {"", subnet.availability_zone}:
                return str(subnet.id)
    return None


def _group_id(ec2: Any, name: str, within: str) -> Found:
    vpc = within
    if not name:  # the default group of the network that holds the subnet
        subnet = next((zone[within] for zone in ec2.subnets.values() if within in zone), None)
        vpc = subnet.vpc_id if subnet is not None else ""
        name = "default"
    if not vpc:
        vpc = next(
            (held.id for held in ec2.vpcs.values() if held.is_default),
            "",
        )
    return next((str(group.id) for group in ec2.groups.get(vpc, {}).values() if group.name == name), None)


def _associated(ec2: Any, name: str) -> list[Any]:
    return [
        address for address in ec2.addresses.values() if name in {address.association_id, address.public_ip}
    ]


def _allocation(ec2: Any, name: str) -> Found:
    return next((str(address.allocation_id) for address in _associated(ec2, name)), None)


def _interface(ec2: Any, name: str) -> Found:
    for address in _associated(ec2, name):
        if address.eni is not None:
            return str(address.eni.id)
        if address.instance is not None:
            name = address.instance.id
    for interface in ec2.enis.values():
        if interface.attachment_id == name:
            return str(interface.id)
    for reservation in ec2.reservations.values():
        for instance in reservation.instances:
            if instance.id == name and instance.nics:
                return str(instance.nics[min(instance.nics)].id)
    return None


def _subnet_of(ec2: Any, name: str) -> Found:
    for table in ec2.route_tables.values():
        if name in table._associations:
            return str(table._associations[name])
    for acl in ec2.network_acls.values():
        if name in acl._associations:
            return str(acl._associations[name].subnet_id)
    return None


def _rds(thing: str, name: str, account: str, region: str) -> Found:
    prefix = f"arn:aws:rds:{region}:{account}"
    rds: Any = rds_backends[account][region]
    if thing == "cluster":
        held = rds.databases.get(name)
        cluster = getattr(held, "db_cluster_identifier", None)
        return f"{prefix}:cluster:{cluster}" if cluster else None
    return None

"""The ARN behind a name: IAM's paths, default subnets and groups, what an association id is about.

None means that there is no such thing and no ARN AWS would use for it either.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.kms.models import kms_backends
from moto.rds.models import DBInstance, rds_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ses.models import ses_backends

from guestpass.local.backend import iam

# moto's own defaults are of 2014, and it knows none for MariaDB. AWS moves its default now and then.
DBInstance.default_engine_versions |= {"mysql": "8.0.43", "postgres": "16.10", "mariadb": "11.4.8"}

Found = str | None


def resolve(kind: str, name: str, within: str, account: str, region: str) -> Found:
    """The ARN of a `Named` of the catalogue (`iam:user`, `ec2:subnet`, …) in this account and region."""
    service, _, thing = kind.partition(":")
    match service:
        case "iam" if within == "access-key":
            key_holder = iam.key(name, (account,))
            return iam.arn_of(account, "user", key_holder.user) if key_holder else None
        case "iam":
            # AWS: IAM identifiers: a thing that does not exist is authorised under its path-less ARN
            return iam.arn_of(account, thing, name) or f"arn:aws:iam::{account}:{thing}/{name}"
        case "ec2" if region in ec2_backends[account]:
            return _ec2(thing, name, within, account, region)
        case "rds" if region in rds_backends[account]:
            return _rds(thing, name, within, account, region)
        case "kms" if region in kms_backends[account]:
            key = kms_backends[account][region].get_key_id_from_alias(name.rpartition(":")[2])
            return f"arn:aws:kms:{region}:{account}:key/{key}" if key else None
        case "secretsmanager" if region in secretsmanager_backends[account]:
            held = secretsmanager_backends[account][region].secrets.get(name)
            return str(held.arn) if held else f"arn:aws:secretsmanager:{region}:{account}:secret:{name}"
        case "ses":
            return f"arn:aws:ses:{region}:{account}:identity/{_sender(name, account, region)}"
    return None


def _sender(address: str, account: str, region: str) -> str:
    """The identity an address falls under: its own where it is verified, else its domain's."""
    own = region in ses_backends[account] and address in ses_backends[account][region].email_identities
    return address if own else address.rpartition("@")[2]


def _ec2(thing: str, name: str, within: str, account: str, region: str) -> Found:
    ec2 = ec2_backends[account][region]
    found = _ec2_id(ec2, thing, name, within)
    # What does not exist is authorised under the id that was given, and then not found.
    identifier = found or (name if thing != "security-group" else None)
    return f"arn:aws:ec2:{region}:{account}:{thing}/{identifier}" if identifier else None


def _ec2_id(ec2: EC2Backend, thing: str, name: str, within: str) -> Found:
    match thing:
        case "subnet":
            return _subnet_of(ec2, name) if name else _default_subnet(ec2, within)
        case "security-group":
            return _group_id(ec2, name, within)
        case "elastic-ip":
            return _allocation(ec2, name)
        case "network-interface":
            return _interface(ec2, name)
        case "instance":
            return _instance_of(ec2, name)
        case "key-pair":
            return next((pair.key_name for pair in ec2.key_pairs.values() if pair.id == name), None)
        case "launch-template":
            return ec2.launch_template_name_to_ids.get(name)
        case "vpc":
            connection = ec2.vpc_pcxs.get(name)
            return None if connection is None else str(connection.peer_vpc.id)
        case "route-table":
            tables = ec2.route_tables.values()
            return next((table.id for table in tables if name in table.all_associations_ids), None)
        case "network-acl":
            lists = ec2.network_acls.values()
            return next((acl.id for acl in lists if name in acl._associations), None)
    return None


def _default_subnet(ec2: EC2Backend, zone: str) -> Found:
    for name in sorted(ec2.subnets):
        for subnet in ec2.subnets[name].values():
            if subnet.default_for_az and zone in {"", subnet.availability_zone}:
                return str(subnet.id)
    return None


def _group_id(ec2: EC2Backend, name: str, within: str) -> Found:
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


def _associated(ec2: EC2Backend, name: str) -> list[Any]:
    return [address for address in ec2.addresses if name in {address.association_id, address.public_ip}]


def _allocation(ec2: EC2Backend, name: str) -> Found:
    return next((str(address.allocation_id) for address in _associated(ec2, name)), None)


def _interface(ec2: EC2Backend, name: str) -> Found:
    """The interface of an address's association, of an attachment, or an instance's first one."""
    for address in _associated(ec2, name):
        if address.eni is not None:
            return str(address.eni.id)
    for interface in ec2.enis.values():
        if name and name == interface.attachment_id:
            return str(interface.id)
    for reservation in ec2.reservations.values():
        for instance in reservation.instances:
            if instance.id == name and instance.nics:
                return str(instance.nics[min(instance.nics)].id)
    return None


def _instance_of(ec2: EC2Backend, name: str) -> Found:
    """The instance of an address's association or of an attachment."""
    for address in _associated(ec2, name):
        if address.instance is not None:
            return str(address.instance.id)
    for interface in ec2.enis.values():
        if name and name == interface.attachment_id and interface.instance is not None:
            return str(interface.instance.id)
    association = ec2.iam_instance_profile_associations.get(name)
    return None if association is None else str(association.instance.id)


def _subnet_of(ec2: EC2Backend, name: str) -> Found:
    for table in ec2.route_tables.values():
        if name in table._associations:
            return str(table._associations[name])
    for acl in ec2.network_acls.values():
        if name in acl._associations:
            return str(acl._associations[name].subnet_id)
    return None


def _rds(thing: str, name: str, within: str, account: str, region: str) -> Found:
    prefix = f"arn:aws:rds:{region}:{account}"
    rds = rds_backends[account][region]
    if thing == "cluster":
        held = rds.databases.get(name)
        cluster = getattr(held, "db_cluster_identifier", None)
        return f"{prefix}:cluster:{cluster}" if cluster else None
    if thing not in {"og", "pg"}:
        return None
    if within != "of-source":
        return _default_group(prefix, thing, within, DBInstance.default_engine_versions.get(within))
    source = rds.databases.get(name) or getattr(rds.database_snapshots.get(name), "database", None)
    if source is None:
        return None
    if thing == "og":
        return f"{prefix}:og:{source.option_group_name}"
    if source.db_parameter_group_name:
        return f"{prefix}:pg:{source.db_parameter_group_name}"
    return _default_group(prefix, thing, str(source.engine), str(source.engine_version))


def _default_group(prefix: str, thing: str, engine: str, version: str | None) -> Found:
    """The ARN of an engine's default option or parameter group."""
    # AWS: RDS User Guide: option groups (`default:mysql-8-0`), parameter groups (`default.mysql8.0`)
    if version is None:
        return None
    parts = version.split(".")[: 1 if engine == "postgres" else 2]
    if thing == "og":
        return f"{prefix}:og:default:{engine}-{'-'.join(parts)}"
    return f"{prefix}:pg:default.{engine}{'.'.join(parts)}"

"""What moto's memory knows about a stored resource, as condition keys: tags, owner, size, network.

`known` names keys (families end in `/`) that were looked for: a known one that is not in `values` is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from guestpass.local.backend import iam

Values = dict[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """Keys of a stored resource, in AWS's spelling. `owner` is its account where the ARN does not say."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    owner: str | None = None


def stored(arn: str, account: str, region: str) -> Stored:
    """What is known of the resource behind an ARN, for a call to `region` that is authorised in `account`."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return Stored()
    service, where, owner, rest = parts[2], parts[3] or region, parts[4] or account, parts[5]
    try:
        return _read(service, arn, rest, owner, where)
    except Exception:  # noqa: BLE001 - what cannot be read is unknown, and the decision undecided
        return Stored()


def _read(service: str, arn: str, rest: str, owner: str, where: str) -> Stored:
    match service:
        case "ec2":
            return _ec2(rest, owner, where)
        case "rds":
            return _rds(arn, owner, where)
        case "iam":
            return _iam(arn, owner)
        case "s3":
            return _s3(rest)
        case "cloudtrail":
            return _trail(arn, owner, where)
    return Stored()


# --- EC2 ------------------------------------------------------------------------------------

_EC2_TAGS = frozenset({"aws:ResourceTag/", "ec2:ResourceTag/"})


def _ec2(rest: str, account: str, region: str) -> Stored:
    kind, _, name = rest.partition("/")
    if not name or "*" in name or region not in ec2_backends[account]:
        return Stored(known=_EC2_TAGS)  # it is being created: it has no tags yet
    ec2 = ec2_backends[account][region]
    identifier = name
    if kind == "key-pair":
        pair = ec2.key_pairs.get(name)
        identifier = pair.id if pair is not None else name
    values = _tags(ec2.tags.get(identifier, {}), "aws:ResourceTag/", "ec2:ResourceTag/")
    reader = _EC2_READERS.get(kind)
    if reader is None:
        return Stored(values=values, known=_EC2_TAGS)
    read, keys = reader
    found = read(ec2, name)
    if found is None:
        return Stored(values=values, known=_EC2_TAGS | keys)
    owner = str(found.pop("owner", ("",))[0]) or None
    return Stored(values=values | found, known=_EC2_TAGS | keys, owner=owner)


def _instance(ec2: EC2Backend, name: str) -> Values | None:
    held = next((i for r in ec2.reservations.values() for i in r.instances if i.id == name), None)
    if held is None:
        return None
    values: Values = {
        "ec2:InstanceType": (held.instance_type,),
        "ec2:InstanceID": (held.id,),
        "ec2:AvailabilityZone": (str(held.placement.availability_zone),),
        "ec2:Tenancy": (held.placement.tenancy or "default",),
        "ec2:RootDeviceType": (held.root_device_type,),
        "ec2:EbsOptimized": (_bool(held.ebs_optimized),),
    }
    profile = held.iam_instance_profile
    if profile is not None:
        values["ec2:InstanceProfile"] = (profile["Arn"],)
    return values


def _image(ec2: EC2Backend, name: str) -> Values | None:
    held = ec2.amis.get(name)
    if held is None:
        return None
    # AWS: Service Authorization Reference, EC2, ec2:Owner: `amazon`, `aws-marketplace`, or an account id
    return {
        "ec2:Owner": (held.owner_alias or held.owner_id,),
        "ec2:Public": (_bool(held.is_public),),
        "ec2:ImageID": (held.id,),
        "ec2:ImageType": (held.image_type,),
        "ec2:RootDeviceType": (held.root_device_type,),
        "owner": (held.owner_id,),
    }


def _volume(ec2: EC2Backend, name: str) -> Values | None:
    held = ec2.volumes.get(name)
    if held is None:
        return None
    values: Values = {
        "ec2:VolumeID": (held.id,),
        "ec2:VolumeSize": (str(held.size),),
        "ec2:VolumeType": (held.volume_type,),
        "ec2:Encrypted": (_bool(held.encrypted),),
        "ec2:AvailabilityZone": (held.zone.name,),
    }
    if held.snapshot_id:
        values["ec2:ParentSnapshot"] = (_arn(ec2, "snapshot", held.snapshot_id),)
    return values


def _snapshot(ec2: EC2Backend, name: str) -> Values | None:
    held = ec2.snapshots.get(name)
    if held is None:
        return None
    return {
        "ec2:SnapshotID": (held.id,),
        "ec2:Owner": (held.owner_id,),
        "ec2:Encrypted": (_bool(held.encrypted),),
        "ec2:VolumeSize": (str(held.volume.size),),
        "ec2:ParentVolume": (_arn(ec2, "volume", held.volume.id),),
        "owner": (held.owner_id,),
    }


def _group(ec2: EC2Backend, name: str) -> Values | None:
    held = next((groups[name] for groups in ec2.groups.values() if name in groups), None)
    if held is None:
        return None
    return {"ec2:SecurityGroupID": (held.id,), "ec2:Vpc": (_arn(ec2, "vpc", held.vpc_id),)}


def _subnet(ec2: EC2Backend, name: str) -> Values | None:
    held = next((zone[name] for zone in ec2.subnets.values() if name in zone), None)
    if held is None:
        return None
    return {
        "ec2:SubnetID": (held.id,),
        "ec2:Vpc": (_arn(ec2, "vpc", held.vpc_id),),
        "ec2:AvailabilityZone": (held.availability_zone,),
    }


def _vpc(ec2: EC2Backend, name: str) -> Values | None:
    held = ec2.vpcs.get(name)
    return (
        None
        if held is None
        else {"ec2:VpcID": (held.id,), "ec2:Tenancy": (held.instance_tenancy or "default",)}
    )


def _interface(ec2: EC2Backend, name: str) -> Values | None:
    held = ec2.enis.get(name)
    if held is None:
        return None
    return {
        "ec2:NetworkInterfaceID": (held.id,),
        "ec2:Vpc": (_arn(ec2, "vpc", held.subnet.vpc_id),),
        "ec2:Subnet": (_arn(ec2, "subnet", held.subnet.id),),
        "ec2:AvailabilityZone": (held.subnet.availability_zone,),
    }


def _key_pair(ec2: EC2Backend, name: str) -> Values | None:
    held = ec2.key_pairs.get(name)
    return (
        None if held is None else {"ec2:KeyPairName": (held.key_name,), "ec2:KeyPairType": (held.key_type,)}
    )


def _address(ec2: EC2Backend, name: str) -> Values | None:
    held = next((address for address in ec2.addresses if address.allocation_id == name), None)
    if held is None:
        return None
    return {
        "ec2:AllocationId": (str(held.allocation_id),),
        "ec2:PublicIpAddress": (held.public_ip,),
        "ec2:Domain": (held.domain,),
    }


_EC2_READERS: dict[str, tuple[Callable[[EC2Backend, str], Values | None], frozenset[str]]] = {
    "instance": (
        _instance,
        frozenset(
            {
                "ec2:InstanceType",
                "ec2:InstanceID",
                "ec2:AvailabilityZone",
                "ec2:Tenancy",
                "ec2:RootDeviceType",
                "ec2:EbsOptimized",
                "ec2:InstanceProfile",
            }
        ),
    ),
    "image": (
        _image,
        frozenset({"ec2:Owner", "ec2:Public", "ec2:ImageID", "ec2:ImageType", "ec2:RootDeviceType"}),
    ),
    "volume": (
        _volume,
        frozenset(
            {
                "ec2:VolumeID",
                "ec2:VolumeSize",
                "ec2:VolumeType",
                "ec2:Encrypted",
                "ec2:AvailabilityZone",
                "ec2:ParentSnapshot",
            }
        ),
    ),
    "snapshot": (
        _snapshot,
        frozenset({"ec2:SnapshotID", "ec2:Owner", "ec2:Encrypted", "ec2:VolumeSize", "ec2:ParentVolume"}),
    ),
    "security-group": (_group, frozenset({"ec2:SecurityGroupID", "ec2:Vpc"})),
    "subnet": (_subnet, frozenset({"ec2:SubnetID", "ec2:Vpc", "ec2:AvailabilityZone"})),
    "vpc": (_vpc, frozenset({"ec2:VpcID", "ec2:Tenancy"})),
    "network-interface": (
        _interface,
        frozenset({"ec2:NetworkInterfaceID", "ec2:Vpc", "ec2:Subnet", "ec2:AvailabilityZone"}),
    ),
    "key-pair": (_key_pair, frozenset({"ec2:KeyPairName", "ec2:KeyPairType"})),
    "elastic-ip": (_address, frozenset({"ec2:AllocationId", "ec2:PublicIpAddress", "ec2:Domain"})),
}


def _arn(ec2: EC2Backend, kind: str, name: str | None) -> str:
    return f"arn:aws:ec2:{ec2.region_name}:{ec2.account_id}:{kind}/{name}"


# --- RDS, IAM, S3, CloudTrail ---------------------------------------------------------------

# AWS: Service Authorization Reference, Amazon RDS: each type has a tag key of its own beside aws:ResourceTag
_RDS_TAG = {
    "db": "rds:db-tag/",
    "cluster": "rds:cluster-tag/",
    "snapshot": "rds:snapshot-tag/",
    "subgrp": "rds:subgrp-tag/",
    "pg": "rds:pg-tag/",
    "og": "rds:og-tag/",
    "secgrp": "rds:secgrp-tag/",
    "es": "rds:es-tag/",
    "ri": "rds:ri-tag/",
    "cluster-pg": "rds:cluster-pg-tag/",
    "cluster-snapshot": "rds:cluster-snapshot-tag/",
}


def _rds(arn: str, account: str, region: str) -> Stored:
    kind = arn.split(":")[5]
    prefixes = ("aws:ResourceTag/", *((_RDS_TAG[kind],) if kind in _RDS_TAG else ()))
    known = frozenset(prefixes)
    if region not in rds_backends[account]:
        return Stored(known=known)
    try:
        held = rds_backends[account][region]._get_resource_for_tagging(arn)
    except Exception:  # noqa: BLE001 - moto says "not found" in a different way for each type
        held = None
    if held is None:
        return Stored(known=known)
    values = _tags({tag["Key"]: tag.get("Value", "") for tag in held.get_tags()}, *prefixes)
    if kind == "db":
        values |= {
            "rds:DatabaseClass": (str(held.db_instance_class),),
            "rds:DatabaseEngine": (str(held.engine),),
            "rds:StorageSize": (str(held.allocated_storage),),
            "rds:MultiAz": (_bool(held.multi_az),),
        }
        known |= frozenset(values)
    return Stored(values=values, known=known)


def _iam(arn: str, account: str) -> Stored:
    prefixes = ("aws:ResourceTag/", "iam:ResourceTag/")
    tags = iam.tags_of(arn, account) or {}
    values = _tags(tags, *prefixes)
    known = frozenset(prefixes) | {"iam:PermissionsBoundary"}
    kind, name = arn.split(":", 5)[5].split("/")[0], arn.rpartition("/")[2]
    held = iam.user(account, name) if kind == "user" else iam.role(account, name) if kind == "role" else None
    if held is not None and held.boundary is not None:
        # AWS: IAM condition keys, iam:PermissionsBoundary: the boundary of the user or role that is acted on
        values["iam:PermissionsBoundary"] = (held.boundary,)
    return Stored(values=values, known=known)


def _s3(rest: str) -> Stored:
    owner = bucket_owner(rest.partition("/")[0])
    # AWS: S3: a bucket's tags take part in authorisation only where ABAC was switched on; the box has it off
    known = frozenset({"aws:ResourceTag/", "s3:BucketTag/", "s3:ResourceAccount"})
    values = {} if owner is None else {"s3:ResourceAccount": (owner,)}
    return Stored(values=values, known=known, owner=owner)


def _trail(arn: str, account: str, region: str) -> Stored:
    from moto.cloudtrail.models import cloudtrail_backends

    known = frozenset({"aws:ResourceTag/"})
    if region not in cloudtrail_backends[account]:
        return Stored(known=known)
    tags = cloudtrail_backends[account][region].tagging_service.get_tag_dict_for_resource(arn)
    return Stored(values=_tags(tags, "aws:ResourceTag/"), known=known)


def bucket_owner(name: str) -> str | None:
    """The account that owns a bucket, or None when there is no such bucket."""
    found = s3_backends.bucket_accounts.get(name)
    return None if found is None else str(found[1])


def bucket_policy(name: str) -> str | None:
    """The bucket's policy document, or None."""
    owner = bucket_owner(name)
    held = None if owner is None else s3_backends[owner]["aws"].buckets.get(name)
    policy = None if held is None else held.policy
    return policy.decode() if isinstance(policy, bytes) else policy


def _tags(tags: Mapping[str, str], *prefixes: str) -> Values:
    return {f"{prefix}{key}": (str(value),) for prefix in prefixes for key, value in tags.items()}


def _bool(value: Any) -> str:
    return "true" if str(value).lower() == "true" else "false"

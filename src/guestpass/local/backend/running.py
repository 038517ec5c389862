"""What moto's memory holds that AWS would charge for, as it stands at this moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from moto.ec2.models import EC2Backend, ec2_backends
from moto.rds.models import RDSBackend, rds_backends

Measure = Literal["hours", "GB-months"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One thing that is charged for while it stands so: `amount` units an hour, or GB that are kept.

    `resource` is its id as the bill prints it (None where a bill prints none); `rate` is (kind, name) in the price
    table, taken `times` over. `usage` is the usage type, in which `{prefix}` is the region's. `tags` change without
    a new charge beginning.
    """

    thing: str
    resource: str | None
    product: str
    usage: str
    operation: str
    measure: Measure
    amount: Decimal
    rate: tuple[str, str]
    times: int = 1
    zone: str = ""
    about: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this charge from every other of the region."""
        return (self.thing, self.usage, self.operation)


def standing(account: str, region: str) -> list[Standing]:
    """All that is charged for in one region of one account. A service nobody has used there costs nothing to ask."""
    found: list[Standing] = []
    for backends, reads in _READERS:
        # dict.get: moto makes a backend, default VPC and all, for every region that is asked for in brackets
        held: Any = dict.get(dict.get(backends, account) or {}, region)
        if held is not None:
            for read in reads:
                found += read(held)
    return found


# --- EC2 ------------------------------------------------------------------------------------


def _instances(ec2: EC2Backend) -> Iterator[Standing]:
    for reservation in ec2.reservations.values():
        for held in reservation.instances:
            if held.state != "running":
                continue  # AWS: EC2 User Guide, "Instance lifecycle": only `running` is charged
            yield Standing(
                thing=held.id,
                resource=held.id,
                product="AmazonEC2",
                usage=f"{{prefix}}BoxUsage:{held.instance_type}",
                operation="RunInstances",
                measure="hours",
                amount=Decimal(1),
                rate=("instance", held.instance_type),
                zone=str(held.placement.availability_zone or ""),
                about=f"per On Demand Linux {held.instance_type} Instance Hour",
                tags=dict(ec2.tags.get(held.id, {})),
            )


# AWS: EBS: the usage type of each volume type
_VOLUME_USAGE = {"standard": "EBS:VolumeUsage", "io1": "EBS:VolumeUsage.piops"}
_VOLUME_OPERATION = {"standard": "CreateVolume", "io1": "CreateVolume-P-IOPS"}


def _volumes(ec2: EC2Backend) -> Iterator[Standing]:
    for held in ec2.volumes.values():
        kind = str(held.volume_type)
        yield Standing(
            thing=held.id,
            resource=held.id,
            product="AmazonEC2",
            usage="{prefix}" + _VOLUME_USAGE.get(kind, f"EBS:VolumeUsage.{kind}"),
            operation=_VOLUME_OPERATION.get(kind, f"CreateVolume-{kind.capitalize()}"),
            measure="GB-months",
            amount=Decimal(str(held.size)),
            rate=("volume", kind),
            zone=str(getattr(held.zone, "name", "") or ""),
            about=f"per GB-month of {kind} provisioned storage",
            tags=dict(ec2.tags.get(held.id, {})),
        )


def _snapshots(ec2: EC2Backend) -> Iterator[Standing]:
    for held in ec2.snapshots.values():
        if str(held.owner_id) != ec2.account_id:
            continue  # a public image's
        yield Standing(
            thing=held.id,
            resource=_ec2_arn(ec2, f"snapshot/{held.id}"),
            product="AmazonEC2",
            usage="{prefix}EBS:SnapshotUsage",
            operation="CreateSnapshot",
            measure="GB-months",
            amount=Decimal(str(held.volume.size)),
            rate=("snapshot", "standard"),
            about="per GB-Month of snapshot data stored",
            tags=dict(ec2.tags.get(held.id, {})),
        )


def _addresses(ec2: EC2Backend) -> Iterator[Standing]:
    """Public IPv4 addresses: an interface's own, and elastic ones, attached or idle."""
    # AWS: VPC User Guide, "IP addressing": all public IPv4 addresses are charged for
    elastic = {address.public_ip for address in ec2.addresses}
    for eni in ec2.enis.values():
        held_by = eni.instance
        if not eni.public_ip or eni.public_ip in elastic:
            continue
        if held_by is None or held_by.state != "running":
            continue  # an address that was assigned at launch goes when the instance stops
        yield _address(eni.id, _ec2_arn(ec2, f"network-interface/{eni.id}"), "RunInstances", {})
    held: Any
    for held in ec2.addresses:
        name = str(held.allocation_id or held.public_ip)
        tags = dict(ec2.tags.get(name, {}))
        eni = held.eni or (held.instance and held.instance.nics[0])
        if eni:
            where = _ec2_arn(ec2, f"network-interface/{eni.id}")
            yield _address(name, where, "AssociateAddressVPC", tags)
        else:
            yield _address(name, _ec2_arn(ec2, f"elastic-ip/{name}"), "AllocateAddressVPC", tags)


def _address(thing: str, resource: str, operation: str, tags: Mapping[str, str]) -> Standing:
    idle = operation == "AllocateAddressVPC"
    return Standing(
        thing=thing,
        resource=resource,
        product="AmazonVPC",
        usage="{prefix}PublicIPv4:" + ("IdleAddress" if idle else "InUseAddress"),
        operation=operation,
        measure="hours",
        amount=Decimal(1),
        rate=("address", "idle" if idle else "in-use"),
        about=f"per {'Idle' if idle else 'In-use'} public IPv4 address per hour",
        tags=tags,
    )


def _ec2_arn(ec2: EC2Backend, rest: str) -> str:
    return f"arn:aws:ec2:{ec2.region_name}:{ec2.account_id}:{rest}"


# --- RDS ------------------------------------------------------------------------------------

# AWS: RDS User Guide, "DB instance billing": the operation says the engine
_ENGINES = {"mysql": "CreateDBInstance:0002", "mariadb": "CreateDBInstance:0018"}
_STORAGE = {"gp2": "GP2-Storage", "gp3": "GP3-Storage", "io1": "PIOPS-Storage", "standard": "StorageUsage"}


def _databases(rds: RDSBackend) -> Iterator[Standing]:
    for held in rds.databases.values():
        if held.db_cluster_identifier is not None:
            continue  # a cluster's member is Aurora's, which the price table does not know
        engine, zones = str(held.engine), 2 if str(held.multi_az).lower() == "true" else 1
        kind = str(held.storage_type)
        operation = _ENGINES.get(engine, "CreateDBInstance")
        tags = {tag["Key"]: str(tag.get("Value", "")) for tag in held.tags}
        if held.status == "available":
            usage = "InstanceUsage" if zones == 1 else "Multi-AZUsage"
            stand_in = "" if engine in _ENGINES else f" ({engine} charged as mysql)"
            yield Standing(
                thing=held.arn,
                resource=held.arn,
                product="AmazonRDS",
                usage=f"{{prefix}}{usage}:{held.db_instance_class}",
                operation=operation,
                measure="hours",
                amount=Decimal(1),
                rate=("db-instance", str(held.db_instance_class)),
                times=zones,
                about=f"per {held.db_instance_class} {'Single' if zones == 1 else 'Multi'}-AZ instance hour{stand_in}",
                tags=tags,
            )
        yield Standing(
            thing=held.arn,
            resource=held.arn,
            product="AmazonRDS",
            usage="{prefix}RDS:" + ("" if zones == 1 else "Multi-AZ-") + _STORAGE.get(kind, "StorageUsage"),
            operation=operation,
            measure="GB-months",
            amount=Decimal(str(held.allocated_storage)),
            rate=("db-storage", kind),
            times=zones,
            about=f"per GB-month of provisioned {kind} storage",
            tags=tags,
        )


_READERS: tuple[tuple[Any, tuple[Callable[[Any], Iterator[Standing]], ...]], ...] = (
    (ec2_backends, (_instances, _volumes, _snapshots, _addresses)),
    (rds_backends, (_databases,)),
)

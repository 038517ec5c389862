"""What EC2 and its volumes, addresses and gateways would be charged for, from moto's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from moto.ec2.models import EC2Backend

from guestpass.local.backend.charged import Standing


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


# The box carries no traffic of its own to meter: each running instance is taken to move this much (GB an hour).
_SENT = Decimal("0.002")
_BETWEEN_ZONES = Decimal("0.0005")


def _traffic(ec2: EC2Backend) -> Iterator[Standing]:
    """Transfer lines: what leaves for the internet names the instance, what crosses zones names nothing."""
    for reservation in ec2.reservations.values():
        for held in reservation.instances:
            if held.state != "running":
                continue
            yield Standing(
                thing=held.id,
                resource=held.id,
                product="AmazonEC2",
                usage="{prefix}DataTransfer-Out-Bytes",
                operation="RunInstances",
                measure="GB",
                amount=_SENT,
                rate=("transfer", "out"),
                about="per GB data transfer out",
                tags=dict(ec2.tags.get(held.id, {})),
            )
            yield Standing(
                thing=held.id,
                resource=None,
                product="AmazonEC2",
                usage="{prefix}DataTransfer-Regional-Bytes",
                operation="InterZone-In",
                measure="GB",
                amount=_BETWEEN_ZONES,
                rate=("transfer", "zones"),
                about="per GB data transfer between zones",
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


def _gateways(ec2: EC2Backend) -> Iterator[Standing]:
    for held in ec2.nat_gateways.values():
        if held.state != "available":
            continue
        yield Standing(
            thing=held.id,
            resource=_ec2_arn(ec2, f"natgateway/{held.id}"),
            product="AmazonEC2",
            usage="{prefix}NatGateway-Hours",
            operation="NatGateway",
            measure="hours",
            amount=Decimal(1),
            rate=("gateway", "nat"),
            about="per NAT Gateway Hour",
            tags=dict(ec2.tags.get(held.id, {})),
        )


def _ec2_arn(ec2: EC2Backend, rest: str) -> str:
    return f"arn:aws:ec2:{ec2.region_name}:{ec2.account_id}:{rest}"


READERS: tuple[Callable[[EC2Backend], Iterator[Standing]], ...] = (
    _instances,
    _traffic,
    _volumes,
    _snapshots,
    _addresses,
    _gateways,
)

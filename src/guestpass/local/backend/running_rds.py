"""What RDS would be charged for, from moto's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from moto.rds.models import RDSBackend

from guestpass.local.backend.charged import Standing

# AWS: RDS User Guide, "DB instance billing": the operation says the engine
_ENGINES = {"mysql": "CreateDBInstance:0002", "mariadb": "CreateDBInstance:0018"}
_STORAGE = {"gp2": "GP2-Storage", "gp3": "GP3-Storage", "io1": "PIOPS-Storage", "standard": "StorageUsage"}


def _databases(rds: RDSBackend) -> Iterator[Standing]:
    for held in rds.databases.values():
        engine, zones = str(held.engine), 2 if str(held.multi_az).lower() == "true" else 1
        operation = _ENGINES.get(engine, "CreateDBInstance")
        tags = _tags(held.tags)
        if held.status == "available":
            usage = "InstanceUsage" if zones == 1 else "Multi-AZUsage"
            stand_in = "" if engine in _ENGINES else f" (stand-in price: {engine} charged as mysql)"
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
        if held.db_cluster_identifier is not None:
            continue  # a cluster's storage is Aurora's, which the price table does not know
        kind = str(held.storage_type)
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


def _snapshots(rds: RDSBackend) -> Iterator[Standing]:
    """Manual snapshots, as far as they go beyond the storage of the region's databases."""
    # AWS: RDS pricing, "Backup storage": none is charged up to the databases' own storage in the region
    free = sum(
        int(held.allocated_storage) for held in rds.databases.values() if held.db_cluster_identifier is None
    )
    for held in sorted(rds.database_snapshots.values(), key=lambda one: (one.created, one.arn)):
        if held.snapshot_type != "manual":
            continue
        size = int(held.allocated_storage)
        charged, free = max(0, size - free), max(0, free - size)
        if charged:
            yield Standing(
                thing=held.arn,
                resource=held.arn,
                product="AmazonRDS",
                usage="{prefix}RDS:ChargedBackupUsage",
                operation="CreateDBSnapshot",
                measure="GB-months",
                amount=Decimal(charged),
                rate=("db-backup", "standard"),
                about="per additional GB-month of backup storage exceeding free allocation",
                tags=_tags(held.tags),
            )


def _tags(told: Any) -> Mapping[str, str]:
    return {tag["Key"]: str(tag.get("Value", "")) for tag in told or ()}


READERS: tuple[Callable[[RDSBackend], Iterator[Standing]], ...] = (_databases, _snapshots)

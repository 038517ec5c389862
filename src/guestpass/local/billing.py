"""The box's bill: what was metered, priced and written into the buckets of its data exports."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from guestpass.access import Allowed, Context, Layers, Request, Service, evaluate, read_policy
from guestpass.errors import InputError
from guestpass.local.backend.stored import bucket_owner, bucket_policy
from guestpass.local.charges import charges_of, month_of, months, request_charges
from guestpass.local.clock import Clock
from guestpass.local.cur import deliver
from guestpass.local.exports import Delivery, Export
from guestpass.local.metering import Meter

# AWS: Data Exports User Guide, "Understanding export delivery": refreshed at least once a day; up to three times
EVERY = timedelta(hours=8)
_UNSETTLED = timedelta(minutes=1)
_DELIVERED_BY = "bcm-data-exports.amazonaws.com"


class Billing:
    """The box's exports and meter. Whoever holds the gateway's lock calls it."""

    def __init__(self, clock: Clock) -> None:
        self.meter = Meter()
        self.exports: dict[str, Export] = {}
        self._clock = clock
        self._written: datetime | None = None

    def of(self, account: str) -> list[Export]:
        """An account's exports, in order of name."""
        held = (export for export in self.exports.values() if export.account == account)
        return sorted(held, key=lambda export: export.name)

    def due(self) -> bool:
        """Whether eight hours have gone by since the last writing."""
        now = self._clock.now()
        self.meter.settle(older_than=now - _UNSETTLED)
        if self._written is None or now < self._written:
            self._written = now
        return now - self._written >= EVERY

    def write(self) -> tuple[str, ...]:
        """Write every export up to now; gives the keys of the data files that were delivered."""
        now = self._clock.now()
        self._written = now
        written: list[str] = []
        for export in self.exports.values():
            written += self._refresh(export, now)
        return tuple(written)

    def _refresh(self, export: Export, now: datetime) -> list[str]:
        delivery = Delivery(id=str(uuid.uuid4()), at=now, status="DELIVERY_SUCCESS")
        export.deliveries.append(delivery)
        bucket = str(export.destination["S3Bucket"])
        if not may_deliver(bucket, export.account, export.arn, f"{export.folder}/data/"):
            delivery.status, delivery.reason = "DELIVERY_FAILURE", "INSUFFICIENT_PERMISSION"
            return []
        since = month_of(export.created)
        charges = [
            *charges_of(self.meter.spans(export.account, since, now), now, export.grain),
            *request_charges(self.meter.requests(export.account, since, now), export.grain),
        ]
        written = []
        for month in months(month_of(export.created), now):
            of_month = [each for each in charges if month_of(each.start) == month]
            written += deliver(export, bucket, month, of_month, delivery)
        return written


def may_deliver(bucket: str, account: str, arn: str, key: str) -> bool:
    """Whether the bucket's policy lets Data Exports write for this account. The bucket must be there."""
    owner, policy = bucket_owner(bucket), bucket_policy(bucket)
    if owner is None or policy is None:
        return False
    asked = Request(
        principal=Service(name=_DELIVERED_BY),
        action="s3:PutObject",
        resource=f"arn:aws:s3:::{bucket}/{key}",
        context=Context.of(
            {"aws:SourceArn": arn, "aws:SourceAccount": account, "aws:SecureTransport": "true"}
        ),
        resource_account=owner,
    )
    try:
        read = read_policy(policy, kind="resource", name=bucket)
    except InputError:
        return False
    return isinstance(evaluate(asked, Layers(identity=None, resource=read), trace=False), Allowed)

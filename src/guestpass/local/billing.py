"""The bill of the box: spans times prices, a line a resource, usage type and day, written as CUR 2.0 into buckets."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from guestpass.access import Allowed, Context, Layers, Request, Service, evaluate, read_policy
from guestpass.local.backend.objects import put_object
from guestpass.local.backend.running import Standing
from guestpass.local.backend.stored import bucket_owner, bucket_policy
from guestpass.local.clock import Clock
from guestpass.local.exports import MAPS, Column, Delivery, Export
from guestpass.local.metering import Meter, Span
from guestpass.local.prices import rate, tax_rate, usage_prefix

# AWS: Data Exports User Guide, "Understanding export delivery": refreshed at least once a day; up to three times
EVERY = timedelta(hours=8)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_DELIVERED_BY = "bcm-data-exports.amazonaws.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """One line: a quantity of one usage in one slice of time, at one rate. `cost` is exact."""

    start: datetime
    end: datetime
    region: str
    what: Standing
    quantity: Decimal
    usd: Decimal
    stand_in: bool

    @property
    def usage(self) -> str:
        """The usage type with its region's prefix."""
        return self.what.usage.replace("{prefix}", usage_prefix(self.region)).replace("{region}", self.region)

    @property
    def cost(self) -> Decimal:
        """Quantity times rate, to the last decimal."""
        return exactly(self.quantity, self.usd)


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
        spans = self.meter.spans(export.account, _month(export.created), now)
        charges = list(charges_of(spans, now, export.grain))
        written = []
        for month in _months(_month(export.created), now):
            of_month = [each for each in charges if _month(each.start) == month]
            written += _deliver(export, bucket, month, of_month, delivery)
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
    layers = Layers(identity=None, resource=read_policy(policy, kind="resource", name=bucket))
    return isinstance(evaluate(asked, layers, trace=False), Allowed)


# --- from spans to lines --------------------------------------------------------------------


def charges_of(spans: Iterable[Span], until: datetime, grain: str) -> Iterator[Charge]:
    """The lines of these spans up to a moment: spans of one usage in one slice of time are one line."""
    sums: dict[tuple[object, ...], tuple[datetime, datetime, Span, Decimal]] = {}
    for span in spans:
        what, stop = span.what, span.end or until
        for start, end in _slices(span.start, stop, grain):
            amount = what.amount * ((min(end, stop) - max(start, span.start)) // _MICROSECOND)
            key = (start, span.region, what.resource, what.usage, what.operation, what.rate, what.times)
            before = sums[key][3] if key in sums else Decimal(0)
            sums[key] = (start, end, span, before + amount)
    for start, end, span, total in sums.values():
        hours = _HOUR if span.what.measure == "hours" else _after(_month(start)) - _month(start)
        # AWS prints usage amounts with ten decimals
        quantity = (total / (hours // _MICROSECOND)).quantize(Decimal("1E-10"))
        if quantity:
            found = rate(*span.what.rate, span.region)
            yield Charge(
                start=start,
                end=end,
                region=span.region,
                what=span.what,
                quantity=quantity,
                usd=found.usd * span.what.times,
                stand_in=found.stand_in,
            )


def exactly(*factors: Decimal) -> Decimal:
    """A product that is never rounded."""
    with localcontext() as context:
        context.prec = 100
        product = Decimal(1)
        for factor in factors:
            product *= factor
        return product


def _slices(start: datetime, end: datetime, grain: str) -> Iterator[tuple[datetime, datetime]]:
    at = _floor(start, grain)
    while at < end:
        after = _after(at) if grain == "MONTHLY" else at + (_HOUR if grain == "HOURLY" else timedelta(days=1))
        yield at, after
        at = after


def _floor(moment: datetime, grain: str) -> datetime:
    match grain:
        case "HOURLY":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "MONTHLY":
            return _month(moment)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _after(month: datetime) -> datetime:
    return _month(month + timedelta(days=31))


def _months(first: datetime, until: datetime) -> Iterator[datetime]:
    while first <= until:
        yield first
        first = _after(first)


# --- from lines to files --------------------------------------------------------------------


def _deliver(
    export: Export, bucket: str, month: datetime, charges: list[Charge], delivery: Delivery
) -> list[str]:
    partition = f"BILLING_PERIOD={month:%Y-%m}"
    kept = str(export.destination["S3OutputConfigurations"]["Overwrite"]) == "CREATE_NEW_REPORT"
    # AWS: Data Exports User Guide, "Understanding export delivery": a new report lies in a folder of its own
    inner = f"{partition}/{delivery.at:%Y-%m-%dT%H:%M:%S}.000Z-{delivery.id}" if kept else partition
    data = f"{export.folder}/data/{inner}/{export.name}-00001.csv.gz"
    text = _csv(export.columns, _rows(export.account, month, charges))
    put_object(bucket, data, gzip.compress(text.encode(), mtime=0), "application/gzip")
    manifest = {
        "exportArn": export.arn,
        "exportName": export.name,
        "executionId": delivery.id,
        "billingPeriod": {"start": _instant(month), "end": _instant(_after(month))},
        "columns": [
            {"name": column.name, "type": "map" if column.of in MAPS and column.key is None else "string"}
            for column in export.columns
        ],
        "dataFiles": [f"s3://{bucket}/{data}"],
        "contentType": "text/csv",
        "compression": "GZIP",
    }
    put_object(
        bucket,
        f"{export.folder}/metadata/{inner}/{export.name}-Manifest.json",
        json.dumps(manifest, indent=1).encode(),
        "application/json",
    )
    return [data]


def _csv(columns: tuple[Column, ...], rows: Iterable[Mapping[str, str | Mapping[str, str]]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_cell(row, column) for column in columns])
    return out.getvalue()


def _cell(row: Mapping[str, str | Mapping[str, str]], column: Column) -> str:
    value = row.get(column.of, {} if column.of in MAPS else "")
    if isinstance(value, str):
        return value
    return json.dumps(dict(sorted(value.items()))) if column.key is None else value.get(column.key, "")


def _rows(
    account: str, month: datetime, charges: list[Charge]
) -> Iterator[Mapping[str, str | Mapping[str, str]]]:
    taxed: dict[str, Decimal] = {}
    for charge in sorted(charges, key=lambda each: (each.start, each.region, each.what.key)):
        product = charge.what.product
        taxed[product] = taxed.get(product, Decimal(0)) + charge.cost
        yield _identified(_shared(account, month) | _usage(charge))
    for product, sum_ in sorted(taxed.items()):
        cost = exactly(sum_, tax_rate())
        if cost:
            yield _identified(_shared(account, month) | _tax(product, month, cost))


def _shared(account: str, month: datetime) -> dict[str, str | Mapping[str, str]]:
    return {
        "bill_bill_type": "Anniversary",
        "bill_billing_entity": "AWS",
        "bill_billing_period_start_date": _instant(month),
        "bill_billing_period_end_date": _instant(_after(month)),
        "bill_invoicing_entity": "Amazon Web Services, Inc.",
        "bill_payer_account_id": account,
        "line_item_usage_account_id": account,
        "line_item_currency_code": "USD",
        "line_item_legal_entity": "Amazon Web Services, Inc.",
        "pricing_currency": "USD",
    }


def _usage(charge: Charge) -> dict[str, str | Mapping[str, str]]:
    what, cost, price = charge.what, plain(charge.cost), plain(charge.usd)
    stand_in = " (stand-in price: the box's table has no row)" if charge.stand_in else ""
    unit = "Hrs" if what.measure == "hours" else "GB-Mo"
    return {
        "identity_time_interval": f"{charge.start:%Y-%m-%dT%H:%M:%SZ}/{charge.end:%Y-%m-%dT%H:%M:%SZ}",
        "line_item_line_item_type": "Usage",
        "line_item_usage_start_date": _instant(charge.start),
        "line_item_usage_end_date": _instant(charge.end),
        "line_item_product_code": what.product,
        "line_item_usage_type": charge.usage,
        "line_item_operation": what.operation,
        "line_item_availability_zone": what.zone,
        "line_item_resource_id": what.resource or "",
        "line_item_usage_amount": plain(charge.quantity),
        "line_item_unblended_rate": price,
        "line_item_unblended_cost": cost,
        "line_item_blended_rate": price,
        "line_item_blended_cost": cost,
        "line_item_line_item_description": f"${price} {what.about}{stand_in}",
        "pricing_unit": unit,
        "pricing_term": "OnDemand",
        "pricing_public_on_demand_rate": price,
        "pricing_public_on_demand_cost": cost,
        "product": {"product_name": _PRODUCTS.get(what.product, what.product), "region": charge.region},
        "product_region_code": charge.region,
        "product_servicecode": what.product,
        "product_operation": what.operation,
        "product_usagetype": charge.usage,
        "resource_tags": {tag_key(key): value for key, value in what.tags.items()},
    }


def _tax(product: str, month: datetime, cost: Decimal) -> dict[str, str | Mapping[str, str]]:
    start, end = _instant(month), _instant(_after(month))
    return {
        "identity_time_interval": f"{month:%Y-%m-%dT%H:%M:%SZ}/{_after(month):%Y-%m-%dT%H:%M:%SZ}",
        "line_item_line_item_type": "Tax",
        "line_item_tax_type": "VAT",
        "line_item_usage_start_date": start,
        "line_item_usage_end_date": end,
        "line_item_product_code": product,
        "line_item_usage_amount": "1",
        "line_item_unblended_cost": plain(cost),
        "line_item_blended_cost": plain(cost),
        "line_item_line_item_description": f"Tax for product code {product}",
        "product": {"product_name": _PRODUCTS.get(product, product)},
    }


_PRODUCTS = {
    "AmazonEC2": "Amazon Elastic Compute Cloud",
    "AmazonVPC": "Amazon Virtual Private Cloud",
    "AmazonRDS": "Amazon Relational Database Service",
}


def _identified(row: dict[str, str | Mapping[str, str]]) -> Mapping[str, str | Mapping[str, str]]:
    """The row with an id. AWS: it is unique within one delivery only, so nobody may use it as a key."""
    digest = hashlib.sha256(json.dumps(row, sort_keys=True, default=dict).encode()).digest()
    return row | {"identity_line_item_id": base64.b32encode(digest).decode().rstrip("=").lower()}


def tag_key(key: str) -> str:
    """A tag's key in `resource_tags`: who set it, and the key in small letters and underscores."""
    # AWS: Data Exports User Guide, "Resource tags columns"; the box shows all keys, as if each had been activated
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower())
    return name if key.startswith("aws:") else f"user_{name}"


def plain(amount: Decimal) -> str:
    """An amount in digits, without an exponent or zeros at the end."""
    if amount == 0:
        return "0"
    with localcontext() as context:
        context.prec = 100
        return format(amount.normalize(), "f")


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"

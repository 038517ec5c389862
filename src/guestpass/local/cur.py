"""The lines of a bill as CUR 2.0: rows by AWS's column names, gzip CSV, and the manifest beside it."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, localcontext

from guestpass.local.backend.charged import Measure
from guestpass.local.backend.objects import put_object
from guestpass.local.charges import Charge, exactly, month_after
from guestpass.local.exports import MAPS, Column, Delivery, Export
from guestpass.local.prices import tax_rate


def deliver(
    export: Export, bucket: str, month: datetime, charges: list[Charge], delivery: Delivery
) -> list[str]:
    """Put a billing period's data file and then its manifest into the bucket; gives the data file's key."""
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
        "billingPeriod": {"start": _instant(month), "end": _instant(month_after(month))},
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
        "bill_billing_period_end_date": _instant(month_after(month)),
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
    unit = _UNITS[what.measure]
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
    start, end = _instant(month), _instant(month_after(month))
    return {
        "identity_time_interval": f"{month:%Y-%m-%dT%H:%M:%SZ}/{month_after(month):%Y-%m-%dT%H:%M:%SZ}",
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


_UNITS: Mapping[Measure, str] = {
    "hours": "Hrs",
    "GB-months": "GB-Mo",
    "months": "Month",
    "GB": "GB",
    "requests": "Requests",
}
_PRODUCTS = {
    "AWSELB": "Elastic Load Balancing",
    "AWSSecretsManager": "AWS Secrets Manager",
    "AmazonCloudWatch": "AmazonCloudWatch",
    "AmazonEC2": "Amazon Elastic Compute Cloud",
    "AmazonVPC": "Amazon Virtual Private Cloud",
    "AmazonRDS": "Amazon Relational Database Service",
    "AmazonS3": "Amazon Simple Storage Service",
    "awskms": "AWS Key Management Service",
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

"""A loan in small: its things, its use, and bills of it, made by hand."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from guestpass.bill import Bill, Line
from guestpass.errors import Place
from guestpass.inventory import Inventory, Item, Made
from guestpass.trail.values import Usage, Used

ACCOUNT = "111122223333"
REGION = "eu-west-1"
PASS = "acme-shop"
GUEST = f"arn:aws:iam::{ACCOUNT}:user/guestpass/{PASS}/{PASS}-guest"
AT = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

CUR_2 = (
    "bill_billing_period_start_date",
    "line_item_usage_start_date",
    "line_item_usage_end_date",
    "line_item_line_item_type",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_operation",
    "line_item_usage_account_id",
    "product_region_code",
    "line_item_unblended_cost",
    "line_item_currency_code",
    "line_item_resource_id",
    "line_item_usage_amount",
    "line_item_line_item_description",
    "resource_tags",
)


def row(resource: str = "", cost: str = "0.0416000000", **changed: str) -> dict[str, str]:
    """One row of a CUR 2.0 file."""
    values = {
        "bill_billing_period_start_date": "2026-11-01T00:00:00.000Z",
        "line_item_usage_start_date": "2026-11-03T11:00:00.000Z",
        "line_item_usage_end_date": "2026-11-03T12:00:00.000Z",
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonEC2",
        "line_item_usage_type": "EU-BoxUsage:t3.small",
        "line_item_operation": "RunInstances",
        "line_item_usage_account_id": ACCOUNT,
        "product_region_code": REGION,
        "line_item_unblended_cost": cost,
        "line_item_currency_code": "USD",
        "line_item_resource_id": resource,
        "line_item_usage_amount": "1.0",
        "line_item_line_item_description": "an hour",
        "resource_tags": "",
    }
    return values | changed


def table(
    rows: Sequence[Mapping[str, str]], headings: Sequence[str] = CUR_2, *, packed: bool = False
) -> bytes:
    """A file of these rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, headings, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    data = out.getvalue().encode()
    return gzip.compress(data) if packed else data


def tags(**pairs: str) -> str:
    """A map of tags as CUR 2.0 writes it."""
    return json.dumps(pairs)


def line(resource: str | None, amount: str = "1.50", **changed: Any) -> Line:
    """One line of a bill."""
    values: dict[str, Any] = {
        "start": AT + HOUR,
        "end": AT + 2 * HOUR,
        "type": "Usage",
        "service": "AmazonEC2",
        "usage_type": "EU-BoxUsage:t3.small",
        "operation": "RunInstances",
        "account": ACCOUNT,
        "region": REGION,
        "amount": Decimal(amount),
        "resource": resource,
        "place": Place(file="november.csv", line=2),
    }
    return Line(**(values | changed))


def bill(*lines: Line) -> Bill:
    """A bill of these lines."""
    return Bill(lines=lines, currency="USD", source="november.csv")


def arn(kind: str, name: str, region: str = REGION) -> str:
    """An ARN of this account: `arn("ec2:instance", "i-…")`."""
    service, _, type_ = kind.partition(":")
    if service == "s3":
        return f"arn:aws:s3:::{name}"
    if service == "iam":
        return f"arn:aws:iam::{ACCOUNT}:{type_}/{name}"
    sign = ":" if service in ("rds", "logs", "lambda", "secretsmanager") else "/"
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{type_}{sign}{name}"


def made(at: datetime = AT, call: str = "ec2:RunInstances") -> Made:
    """A deed of the guest's."""
    return Made(by=GUEST, at=at, event="11111111-1111-4111-8111-111111111111", call=call)


def item(kind: str, id_: str, region: str = REGION, **changed: Any) -> Item:
    """A thing that the guest made at `AT`, still there unless told."""
    values: dict[str, Any] = {
        "arn": arn(kind, id_, region),
        "type": kind,
        "id": id_,
        "region": region,
        "still": "there",
        "made": made(),
    }
    return Item(**(values | changed))


def inventory(*items: Item) -> Inventory:
    """An inventory of these things, read two days after `AT`."""
    return Inventory(account=ACCOUNT, pass_name=PASS, at=AT + timedelta(days=2), items=items)


def used(action: str, region: str = REGION, *, count: int = 3, refused: int = 0) -> Used:
    """A use from `AT` for six hours."""
    return Used(
        by=GUEST, action=action, resource="*", region=region, first=AT, last=AT + 6 * HOUR,
        count=count, refused=refused,
    )  # fmt: skip


def usage(*rows: Used) -> Usage:
    """What the guest used."""
    return Usage(rows=rows, identities=(GUEST,))

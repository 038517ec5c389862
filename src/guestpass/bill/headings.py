"""The headings of the three kinds of bill that AWS exports, each column's place by what it holds.

AWS: Data Exports, table dictionary, "Cost and Usage Report (CUR) 2.0" and "FOCUS 1.2 with AWS columns"; Legacy CUR,
"Data dictionary".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Headings:
    """One kind of bill. Each field names the columns that hold it, the best first; `()` where the kind has none.

    `sure` are headings that only this kind has. `tags` is the column with all tags as a JSON map, `tag_columns` what
    the heading of a column for one tag begins with. `types` maps a kind's word to the Cost and Usage Report's.
    """

    name: str
    sure: tuple[str, ...]
    start: tuple[str, ...]
    end: tuple[str, ...]
    type: tuple[str, ...]
    service: tuple[str, ...]
    usage_type: tuple[str, ...]
    operation: tuple[str, ...]
    account: tuple[str, ...]
    region: tuple[str, ...]
    amount: tuple[str, ...]
    currency: tuple[str, ...]
    resource: tuple[str, ...]
    quantity: tuple[str, ...]
    description: tuple[str, ...]
    period: tuple[str, ...]
    tags: tuple[str, ...]
    tag_columns: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict)


NEEDED = ("start", "type", "service", "usage_type", "account", "amount", "currency", "resource")
"""What no line can be judged without; a bill that lacks one of these columns is refused."""

CUR_2 = Headings(
    name="CUR 2.0",
    sure=("line_item_line_item_type",),
    start=("line_item_usage_start_date",),
    end=("line_item_usage_end_date",),
    type=("line_item_line_item_type",),
    service=("line_item_product_code",),
    usage_type=("line_item_usage_type",),
    operation=("line_item_operation",),
    account=("line_item_usage_account_id",),
    region=("product_region_code", "line_item_availability_zone"),
    amount=("line_item_unblended_cost",),
    currency=("line_item_currency_code",),
    resource=("line_item_resource_id",),
    quantity=("line_item_usage_amount",),
    description=("line_item_line_item_description",),
    period=("bill_billing_period_start_date",),
    tags=("resource_tags", "tags"),
    tag_columns=("resource_tags_",),
)

LEGACY = Headings(
    name="legacy CUR",
    sure=("lineItem/LineItemType",),
    start=("lineItem/UsageStartDate",),
    end=("lineItem/UsageEndDate",),
    type=("lineItem/LineItemType",),
    service=("lineItem/ProductCode",),
    usage_type=("lineItem/UsageType",),
    operation=("lineItem/Operation",),
    account=("lineItem/UsageAccountId",),
    region=("product/regionCode", "product/region", "lineItem/AvailabilityZone"),
    amount=("lineItem/UnblendedCost",),
    currency=("lineItem/CurrencyCode",),
    resource=("lineItem/ResourceId",),
    quantity=("lineItem/UsageAmount",),
    description=("lineItem/LineItemDescription",),
    period=("bill/BillingPeriodStartDate",),
    tags=(),
    tag_columns=("resourceTags/",),
)

FOCUS = Headings(
    name="FOCUS",
    sure=("ChargeCategory", "BilledCost"),
    start=("ChargePeriodStart",),
    end=("ChargePeriodEnd",),
    type=("ChargeCategory",),
    service=("x_ServiceCode", "ServiceName"),
    usage_type=("SkuMeter", "x_UsageType"),
    operation=("x_Operation",),
    account=("SubAccountId",),
    region=("RegionId", "AvailabilityZone"),
    amount=("BilledCost",),
    currency=("BillingCurrency",),
    resource=("ResourceId",),
    quantity=("ConsumedQuantity",),
    description=("ChargeDescription",),
    period=("BillingPeriodStart",),
    tags=("Tags",),
    tag_columns=(),
    # AWS: FOCUS 1.2 columns, ChargeCategory; a purchase is what the Cost and Usage Report calls a fee
    types={"Purchase": "Fee", "Adjustment": "Refund"},
)

KINDS = (CUR_2, LEGACY, FOCUS)


def kind_of(headings: Sequence[str]) -> Headings | None:
    """Return which kind of bill has these headings, or None when it is no bill."""
    return next((kind for kind in KINDS if all(name in headings for name in kind.sure)), None)


def tag_key(heading: str) -> str:
    """Return a tag's key without what bills put before it: `guestpass` of `user_guestpass`, `user:` or `resourceTags/`.

    A key of AWS's own begins with `aws:` (`aws:createdBy`), which no person may put on anything.
    AWS: Data Exports, "Tags Column"; the keys of CUR 2.0's map begin with `user_` and `aws_`.
    """
    key = heading.removeprefix("resourceTags/").removeprefix("resource_tags_")
    for prefix in ("user:", "user_"):
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return f"aws:{key.removeprefix('aws_')}" if key.startswith("aws_") else key

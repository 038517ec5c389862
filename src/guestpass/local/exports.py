"""The data exports of the box's accounts: what they ask for, where they go, what became of each delivery."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guestpass.errors import InputError

TABLE = "COST_AND_USAGE_REPORT"
GRAINS = ("HOURLY", "DAILY", "MONTHLY")

# AWS: Data Exports User Guide, "Cost and Usage Report (CUR) 2.0": the columns, and what must be asked for to have some
MAPS = ("cost_category", "discount", "product", "resource_tags")
COLUMNS = (
    *(
        "bill_bill_type",
        "bill_billing_entity",
        "bill_billing_period_end_date",
        "bill_billing_period_start_date",
    ),
    *("bill_invoice_id", "bill_invoicing_entity", "bill_payer_account_id", "bill_payer_account_name"),
    *("cost_category", "discount", "discount_bundled_discount", "discount_total_discount"),
    *("identity_line_item_id", "identity_time_interval"),
    *("line_item_availability_zone", "line_item_blended_cost", "line_item_blended_rate"),
    *("line_item_currency_code", "line_item_legal_entity", "line_item_line_item_description"),
    *("line_item_line_item_type", "line_item_net_unblended_cost", "line_item_net_unblended_rate"),
    *("line_item_normalization_factor", "line_item_normalized_usage_amount", "line_item_operation"),
    *("line_item_product_code", "line_item_resource_id", "line_item_tax_type", "line_item_unblended_cost"),
    *("line_item_unblended_rate", "line_item_usage_account_id", "line_item_usage_account_name"),
    *("line_item_usage_amount", "line_item_usage_end_date", "line_item_usage_start_date"),
    *("line_item_usage_type", "pricing_currency", "pricing_public_on_demand_cost"),
    *("pricing_public_on_demand_rate", "pricing_purchase_option", "pricing_rate_code", "pricing_rate_id"),
    *("pricing_term", "pricing_unit", "product", "product_comment", "product_fee_code"),
    *("product_fee_description", "product_from_location", "product_from_location_type"),
    *("product_from_region_code", "product_instance_family", "product_instance_type", "product_instancesku"),
    *("product_location", "product_location_type", "product_operation", "product_pricing_unit"),
    *("product_product_family", "product_region_code", "product_servicecode", "product_sku"),
    *("product_to_location", "product_to_location_type", "product_to_region_code", "product_usagetype"),
    "resource_tags",
)
_BY_RESOURCE = frozenset({"line_item_resource_id"})

_SELECT = re.compile(rf"\s*SELECT\s+(.+?)\s+FROM\s+{TABLE}\s*;?\s*", re.IGNORECASE | re.DOTALL)
_COLUMN = re.compile(r"([a-z_0-9]+)(?:\.(\w+))?(?:\s+AS\s+(\w+))?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of an export: a table's column, or one key of a map column, under a name."""

    name: str
    of: str
    key: str | None = None


@dataclass(kw_only=True, slots=True)
class Delivery:
    """One refresh of an export: AWS's execution status code, and its reason where it failed."""

    id: str
    at: datetime
    status: str
    reason: str | None = None


@dataclass(kw_only=True, slots=True)
class Export:
    """A stored export. `told` is its definition as the API spells it, without the ARN."""

    arn: str
    account: str
    told: Mapping[str, Any]
    columns: tuple[Column, ...]
    grain: str
    created: datetime
    updated: datetime
    tags: dict[str, str] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The export's name."""
        return str(self.told["Name"])

    @property
    def destination(self) -> Mapping[str, Any]:
        """Its bucket, prefix, region and output configuration."""
        where: Mapping[str, Any] = self.told["DestinationConfigurations"]["S3Destination"]
        return where

    @property
    def folder(self) -> str:
        """Where in the bucket its files lie, without a slash at the end."""
        return "/".join(part for part in (str(self.destination["S3Prefix"]).strip("/"), self.name) if part)


def arn_of(account: str, name: str) -> str:
    """A new export's ARN, always of us-east-1."""
    return f"arn:aws:bcm-data-exports:us-east-1:{account}:export/{name}-{uuid.uuid4()}"


def columns_of(statement: str, *, resources: bool) -> tuple[Column, ...]:
    """The columns a query statement asks for.

    Raises InputError in words for the caller: for a `*`, a column that CUR 2.0 does not have, a resource id without
    INCLUDE_RESOURCES, and for clauses that the box does not carry out.
    """
    found = _SELECT.fullmatch(statement)
    if found is None:
        raise InputError(
            "the AWS in the box reads queries of the form `SELECT column, column FROM COST_AND_USAGE_REPORT` only"
        )
    columns = tuple(_column(part.strip(), resources=resources) for part in found[1].split(","))
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        raise InputError("the query statement names a column twice")
    return columns


def _column(text: str, *, resources: bool) -> Column:
    found = _COLUMN.fullmatch(text)
    if found is None:
        raise InputError(f"the query statement has no column `{text}`: columns must be listed by name")
    of, key, name = found[1].lower(), found[2], found[3]
    if of not in COLUMNS or (key is not None and of not in MAPS):
        raise InputError(f"the column {text} does not exist in {TABLE}")
    if of in _BY_RESOURCE and not resources:
        raise InputError(f"the column {of} needs INCLUDE_RESOURCES")
    return Column(name=name or (of if key is None else f"{of}_{key}"), of=of, key=key)

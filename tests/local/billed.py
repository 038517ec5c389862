"""How tests have a bill written and read it: an export like the owner's, and its lines as dictionaries."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from guestpass.local import Box
from local.speaking import Client

COLUMNS = (
    "bill_billing_period_start_date",
    "line_item_line_item_type",
    "line_item_usage_start_date",
    "line_item_usage_end_date",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_operation",
    "line_item_resource_id",
    "line_item_usage_amount",
    "line_item_unblended_rate",
    "line_item_unblended_cost",
    "line_item_line_item_description",
    "product_region_code",
    "product",
    "resource_tags",
)
Row = dict[str, str]


def definition(name: str, bucket: str, **changed: Any) -> dict[str, Any]:
    """An export's definition; `changed` puts other values at the places that tests vary."""
    told = {
        "statement": f"SELECT {', '.join(COLUMNS)} FROM COST_AND_USAGE_REPORT",
        "grain": "DAILY",
        "resources": "TRUE",
        "overwrite": "OVERWRITE_REPORT",
    } | changed
    return {
        "Name": name,
        "DataQuery": {
            "QueryStatement": told["statement"],
            "TableConfigurations": {
                "COST_AND_USAGE_REPORT": {
                    "TIME_GRANULARITY": told["grain"],
                    "INCLUDE_RESOURCES": told["resources"],
                }
            },
        },
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": bucket,
                "S3Prefix": "bill",
                "S3Region": "eu-west-1",
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM",
                    "Format": "TEXT_OR_CSV",
                    "Compression": "GZIP",
                    "Overwrite": told["overwrite"],
                },
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }


def a_bucket(box: Box, owner: Client, name: str) -> str:
    """A bucket into which Data Exports may write for the owner's account alone."""
    s3 = owner("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy(box.owner.account, name)))
    return name


def policy(account: str, bucket: str) -> dict[str, Any]:
    """The bucket's policy as AWS's page has it."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "bcm-data-exports.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {
                    "StringLike": {
                        "aws:SourceArn": f"arn:aws:bcm-data-exports:us-east-1:{account}:export/*",
                        "aws:SourceAccount": account,
                    }
                },
            }
        ],
    }


def lines_of(owner: Client, written: Iterable[str], bucket: str) -> list[Row]:
    """The lines of these data files."""
    s3 = owner("s3")
    texts = (gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in written)
    return [row for text in texts for row in csv.DictReader(io.StringIO(text.decode()))]


def usage_of(rows: Iterable[Row], resource: str, usage: str = "") -> Decimal:
    """How much of usage types that end so a resource was charged for."""
    return sum(
        (
            Decimal(row["line_item_usage_amount"])
            for row in rows
            if row["line_item_resource_id"] == resource and row["line_item_usage_type"].endswith(usage)
        ),
        Decimal(0),
    )


def cost_of(rows: Iterable[Row]) -> Decimal:
    """The sum of the unblended costs."""
    return sum((Decimal(row["line_item_unblended_cost"]) for row in rows), Decimal(0))

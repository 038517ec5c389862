"""Guard's part for the bill: a data export, so that each charge can later be held against what was built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guestpass.account.snapshot import DataExport
from guestpass.loan.names import Names
from guestpass.loan.plan.calls import shows
from guestpass.loan.step import Call, Step

# AWS: Billing and Cost Management endpoints: Data Exports has one, in us-east-1
_HOME = "us-east-1"
_TABLE = "COST_AND_USAGE_REPORT"

# AWS: Data Exports User Guide, "Cost and Usage Report (CUR) 2.0". Listed one by one: `SELECT *` is refused.
COLUMNS = (
    "identity_line_item_id",
    "identity_time_interval",
    "bill_bill_type",
    "bill_billing_entity",
    "bill_billing_period_start_date",
    "bill_billing_period_end_date",
    "bill_invoice_id",
    "bill_payer_account_id",
    "line_item_usage_account_id",
    "line_item_line_item_type",
    "line_item_tax_type",
    "line_item_legal_entity",
    "line_item_usage_start_date",
    "line_item_usage_end_date",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_operation",
    "line_item_availability_zone",
    "line_item_resource_id",
    "line_item_usage_amount",
    "line_item_currency_code",
    "line_item_unblended_rate",
    "line_item_unblended_cost",
    "line_item_line_item_description",
    "pricing_unit",
    "product",
    "product_region_code",
    "product_servicecode",
    "resource_tags",
)
"""What the export holds of each line: what it is for, when, how much, and whose."""

_QUERY = f"SELECT {', '.join(COLUMNS)} FROM {_TABLE}"  # noqa: S608 - AWS's own query language, nothing of the user's
_TABLES = {
    _TABLE: {
        # A line a day tells when a thing began and ceased to cost well enough, in a twentieth of an hourly bill's size:
        # the account may hold far more than the guest's few things.
        "TIME_GRANULARITY": "DAILY",
        "INCLUDE_RESOURCES": "TRUE",
        "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
        "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
    }
}


def bill_statement(bucket_arn: str, names: Names) -> Mapping[str, Any]:
    """What the bucket's policy must say for the bill to be written into it.

    AWS: Data Exports User Guide, "Setting up an Amazon S3 bucket for data exports". To the letter: AWS checks the
    policy before it makes an export, and tries the bucket with an object of its own outside the prefix.
    """
    here = f"{_HOME}:{names.account}"
    return {
        "Sid": "DataExportsWrites",
        "Effect": "Allow",
        "Principal": {"Service": ["bcm-data-exports.amazonaws.com", "billingreports.amazonaws.com"]},
        "Action": ["s3:GetBucketPolicy", "s3:PutObject"],
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {
            "StringLike": {
                "aws:SourceAccount": names.account,
                "aws:SourceArn": [
                    f"arn:{names.partition}:bcm-data-exports:{here}:export/*",
                    f"arn:{names.partition}:cur:{here}:definition/*",
                ],
            }
        },
    }


def bill_steps(
    bucket: str, bucket_region: str, names: Names, exports: tuple[DataExport, ...]
) -> Iterator[Step]:
    """Make the account's export, or put right the one that is there."""
    wanted = _definition(bucket, bucket_region, names)
    stored = next((each for each in exports if each.name == names.bill_export), None)
    if stored is None:
        yield Step(
            id="guard/bill",
            call=_bcm("CreateExport", Export=wanted),
            why="each charge, with the thing it is for: what the loan cost is read from it. AWS begins within 24 hours",
            effect=shows(_bcm("ListExports"), f"Exports[?ExportName=='{names.bill_export}'] | length(@)", 1),
            # no inverse: DeleteExport needs the ARN that AWS has yet to make
        )
    elif not _says(stored.definition, wanted):
        yield Step(
            id="guard/bill",
            call=_bcm("UpdateExport", ExportArn=stored.arn, Export=wanted),
            why="the bill must name the thing each charge is for, in the trail's bucket",
            effect=shows(
                _bcm("GetExport", ExportArn=stored.arn),
                "[Export.DataQuery.QueryStatement, Export.DestinationConfigurations.S3Destination.S3Bucket]",
                [_QUERY, bucket],
            ),
            inverse=_bcm("UpdateExport", ExportArn=stored.arn, Export=stored.definition),
        )


def _definition(bucket: str, bucket_region: str, names: Names) -> dict[str, Any]:
    return {
        "Name": names.bill_export,
        "Description": "The bill by resource, kept by guestpass",
        "DataQuery": {"QueryStatement": _QUERY, "TableConfigurations": _TABLES},
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": bucket,
                "S3Prefix": names.bill_prefix,
                "S3Region": bucket_region,
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM",
                    "Format": "TEXT_OR_CSV",
                    "Compression": "GZIP",
                    # each refresh replaces the period's file: the bucket's versions keep the earlier ones
                    "Overwrite": "OVERWRITE_REPORT",
                },
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }


def _says(stored: Any, wanted: Any) -> bool:
    """Whether a stored definition says all that is wanted; AWS may add what it assumes (a billing view)."""
    if isinstance(wanted, Mapping):
        return isinstance(stored, Mapping) and all(
            _says(stored.get(key), value) for key, value in wanted.items() if key != "Description"
        )
    return bool(stored == wanted)


def _bcm(operation: str, **parameters: Any) -> Call:
    return Call(service="bcm-data-exports", operation=operation, parameters=parameters, region=_HOME)

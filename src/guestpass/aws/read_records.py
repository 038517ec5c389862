"""The owner's record as values: trails, the trail's bucket, budgets, the root user's summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from guestpass.account.snapshot import Bucket, Budget, DataExport, Trail
from guestpass.aws.reading import Reader

BASELINES = "baseline/"
"""Where in the trail's bucket the baselines lie: `baseline/acme-shop.json`."""


def trails(reader: Reader, region: str) -> tuple[Trail, ...]:
    """Every trail that records in `region`, those of other home regions and of an organisation among them."""

    def read() -> list[Trail]:
        listed = reader.ask("cloudtrail", "DescribeTrails", region, includeShadowTrails=True)["trailList"]
        return [_trail(reader, one) for one in listed]

    return tuple(sorted(reader.try_list("cloudtrail:DescribeTrails", read), key=lambda trail: trail.arn))


def _trail(reader: Reader, told: Mapping[str, Any]) -> Trail:
    arn = told["TrailARN"]
    logging: bool = reader.try_(
        f"cloudtrail:GetTrailStatus {arn}",
        lambda: bool(
            reader.ask("cloudtrail", "GetTrailStatus", told["HomeRegion"], Name=arn).get("IsLogging")
        ),
        False,
    )
    return Trail(
        name=told["Name"],
        arn=arn,
        home_region=told["HomeRegion"],
        bucket=told["S3BucketName"],
        multi_region=bool(told.get("IsMultiRegionTrail")),
        validated=bool(told.get("LogFileValidationEnabled")),
        global_events=bool(told.get("IncludeGlobalServiceEvents")),
        logging=logging,
    )


def buckets(reader: Reader, name: str, region: str) -> tuple[Bucket, ...]:
    """The trail's bucket, when it is there."""

    def read() -> tuple[Bucket, ...]:
        if (
            reader.or_none(lambda: reader.ask("s3", "HeadBucket", region, Bucket=name), "404", "NoSuchBucket")
            is None
        ):
            return ()
        return (_bucket(reader, name, region),)

    return reader.try_(f"s3:HeadBucket {name}", read, ())


def _bucket(reader: Reader, name: str, region: str) -> Bucket:
    policy = reader.or_none(
        lambda: reader.ask("s3", "GetBucketPolicy", region, Bucket=name)["Policy"], "NoSuchBucketPolicy"
    )
    block = reader.or_none(
        lambda: reader.ask("s3", "GetPublicAccessBlock", region, Bucket=name),
        "NoSuchPublicAccessBlockConfiguration",
    )
    shut = (block or {}).get("PublicAccessBlockConfiguration") or {}
    listed = reader.every("Contents", "s3", "ListObjectsV2", region, Bucket=name, Prefix=BASELINES)
    return Bucket(
        name=name,
        policy=json.loads(policy) if policy else None,
        public_access_blocked=len(shut) == 4 and all(shut.values()),
        versioned=reader.ask("s3", "GetBucketVersioning", region, Bucket=name).get("Status") == "Enabled",
        baselines=tuple(sorted(one["Key"].removeprefix(BASELINES).removesuffix(".json") for one in listed)),
    )


def budgets(reader: Reader, account: str) -> tuple[Budget, ...]:
    """Every budget of the account and how many notifications each has."""

    def read() -> list[Budget]:
        return [
            Budget(
                name=one["BudgetName"],
                limit=str((one.get("BudgetLimit") or {}).get("Amount", "")),
                unit=str((one.get("BudgetLimit") or {}).get("Unit", "")),
                notifications=len(
                    list(
                        reader.every(
                            "Notifications",
                            "budgets",
                            "DescribeNotificationsForBudget",
                            AccountId=account,
                            BudgetName=one["BudgetName"],
                        )
                    )
                ),
            )
            for one in reader.every("Budgets", "budgets", "DescribeBudgets", AccountId=account)
        ]

    return tuple(sorted(reader.try_list("budgets:DescribeBudgets", read), key=lambda budget: budget.name))


# AWS: Billing and Cost Management endpoints: Data Exports has one, in us-east-1
_EXPORTS_IN = "us-east-1"


def exports(reader: Reader) -> tuple[DataExport, ...]:
    """Every data export of the account."""

    def read() -> list[DataExport]:
        listed = reader.every("Exports", "bcm-data-exports", "ListExports", _EXPORTS_IN)
        return [_export(reader, one["ExportArn"]) for one in listed]

    return tuple(
        sorted(reader.try_list("bcm-data-exports:ListExports", read), key=lambda export: export.name)
    )


def _export(reader: Reader, arn: str) -> DataExport:
    told = dict(reader.ask("bcm-data-exports", "GetExport", _EXPORTS_IN, ExportArn=arn)["Export"])
    told.pop("ExportArn", None)
    return DataExport(name=str(told["Name"]), arn=arn, definition=told)


def root(reader: Reader) -> tuple[bool | None, bool | None]:
    """Whether the root user has access keys, and whether it has MFA; None where it could not be read."""

    def read() -> tuple[bool | None, bool | None]:
        told = reader.ask("iam", "GetAccountSummary")["SummaryMap"]
        keys, mfa = told.get("AccountAccessKeysPresent"), told.get("AccountMFAEnabled")
        return (None if keys is None else bool(keys), None if mfa is None else bool(mfa))

    unknown: tuple[bool | None, bool | None] = (None, None)
    return reader.try_("iam:GetAccountSummary", read, unknown)

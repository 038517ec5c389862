"""Fetching a bill: the newest files of each period as the manifests list them, and what is said where there are none."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guestpass.aws import fetch_bill_files
from guestpass.bill import read_bill
from guestpass.errors import AccountError, InputError
from guestpass.loan.names import Names
from guestpass.local import Box
from journeys.harness import Loan, hands_of, pass_for
from local.billed import a_bucket, cost_of, definition, lines_of
from local.speaking import Client, client_of

BUCKET = "bills-to-fetch"


@pytest.fixture
def exports(box: Box, owner: Client) -> Iterator[Any]:
    """Data Exports, with one export `bill` into an empty bucket."""
    a_bucket(box, owner, BUCKET)
    client = owner("bcm-data-exports", "us-east-1")
    arn = client.create_export(Export=definition("bill", BUCKET))["ExportArn"]
    yield client
    with suppress(ClientError):
        client.delete_export(ExportArn=arn)
    s3 = owner("s3")
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def fetched(box: Box, **changed: Any) -> tuple[tuple[str, bytes], ...]:
    """What is fetched of the export."""
    told: Any = {"bucket": BUCKET, "prefix": "bill", "export": "bill", **changed}
    return fetch_bill_files(hands_of(box), **told)


def test_every_periods_files_come_oldest_first_as_they_lie_in_the_bucket(
    box: Box, owner: Client, exports: Any
) -> None:
    box.move_clock(seconds=32 * 86400)
    written = box.write_bill()
    assert len(written) >= 2
    files = fetched(box)
    assert tuple(key for key, _ in files) == written
    s3 = owner("s3")
    assert [content for _, content in files] == [
        s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in written
    ]


def test_one_period_is_fetched_alone_and_another_is_named_with_those_there_are(
    box: Box, exports: Any
) -> None:
    month = f"{box.now():%Y-%m}"
    box.write_bill()
    assert len(fetched(box, period=month)) == 1
    with pytest.raises(InputError, match="1999-01") as caught:
        fetched(box, period="1999-01")
    assert month in str(caught.value.expected)
    with pytest.raises(InputError, match="no billing period"):
        fetched(box, period="last month")


def test_of_an_export_that_keeps_every_refresh_only_the_newest_comes(
    box: Box, owner: Client, exports: Any
) -> None:
    kept = exports.create_export(Export=definition("kept", BUCKET, overwrite="CREATE_NEW_REPORT"))
    try:
        box.write_bill()
        box.move_clock(seconds=3600)
        last = next(key for key in box.write_bill() if "/kept/" in key)
        assert [key for key, _ in fetched(box, export="kept")] == [last]
        assert all(row["line_item_unblended_cost"] for row in lines_of(owner, [last], BUCKET))
    finally:
        exports.delete_export(ExportArn=kept["ExportArn"])


def test_before_the_first_delivery_it_says_how_long_aws_takes(box: Box, exports: Any) -> None:
    with pytest.raises(AccountError, match="nothing has been delivered") as caught:
        fetched(box)
    assert "24 hours" in str(caught.value.hint)
    assert "guestpass guard" in str(caught.value.hint)


def test_without_a_bucket_it_says_that_guard_makes_one(box: Box) -> None:
    with pytest.raises(AccountError, match="no bucket") as caught:
        fetched(box, bucket="no-such-bucket-anywhere")
    assert caught.value.hint == "guestpass guard"


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (b"not json", "lists no data files"),
        (b"{}", "lists no data files"),
        (b'{"dataFiles": ["s3://elsewhere/bill/bill/data/x.csv.gz"]}', "not the export's own"),
        (
            b'{"dataFiles": ["bill/bill/data/BILLING_PERIOD=2026-01/../../../baseline/x.csv.gz"]}',
            "not the export's own",
        ),
    ],
)
def test_a_manifest_that_nobody_can_follow_is_named(
    box: Box, owner: Client, exports: Any, manifest: bytes, says: str
) -> None:
    key = "bill/bill/metadata/BILLING_PERIOD=2026-01/bill-Manifest.json"
    owner("s3").put_object(Bucket=BUCKET, Key=key, Body=manifest)
    with pytest.raises(AccountError, match=says) as caught:
        fetched(box, period="2026-01")
    assert "2026-01" in caught.value.says


def test_a_file_on_the_list_that_is_gone_is_an_error_and_never_left_out(
    box: Box, owner: Client, exports: Any
) -> None:
    key = "bill/bill/metadata/BILLING_PERIOD=2026-01/bill-Manifest.json"
    listed = "bill/bill/data/BILLING_PERIOD=2026-01/bill-00001.csv.gz"
    owner("s3").put_object(
        Bucket=BUCKET, Key=key, Body=json.dumps({"dataFiles": [f"s3://{BUCKET}/{listed}"]}).encode()
    )
    with pytest.raises(AccountError) as caught:
        fetched(box, period="2026-01")
    assert caught.value.code == "NoSuchKey"


def test_what_guard_sets_up_is_delivered_fetched_and_read_exactly(fresh_box: Box, tmp_path: Path) -> None:
    loan = Loan(fresh_box, pass_for(fresh_box, "billed"), tmp_path)
    loan.do("guard")
    ec2 = client_of(fresh_box, fresh_box.owner, "ec2", "ap-southeast-2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    fresh_box.move_clock(seconds=5 * 3600)
    fresh_box.write_bill()
    names = Names.of_pass(loan.pass_)
    files = fetch_bill_files(
        hands_of(fresh_box),
        bucket=names.trail_bucket(loan.pass_.regions[0]),
        prefix=names.bill_prefix,
        export=names.bill_export,
    )
    bill = read_bill(files, source="the box")
    assert bill.currency == "USD"
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(files[0][1]).decode())))
    assert sum((line.amount for line in bill.lines), Decimal(0)) == cost_of(rows)
    assert {line.region for line in bill.lines if line.usage_type.endswith("BoxUsage:t3.micro")} == {
        "ap-southeast-2"
    }

"""Log files are fetched from a bucket: the account's own, of the span that was asked for, in order, page after page."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from guestpass.aws import Target, connect, fetch_log_files
from guestpass.aws.hands import Hands
from guestpass.errors import AccountError
from guestpass.loan.step import Call
from guestpass.local import Box
from local.speaking import Client, allow

REGIONS = ("eu-west-1", "us-east-1")


def hands_of(box: Box, monkeypatch: pytest.MonkeyPatch, credentials: Any = None) -> Hands:
    who = credentials or box.owner
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", who.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", who.secret_access_key)
    return connect(Target(endpoint_url=box.endpoint_url, region="eu-west-1"))


def key(account: str, region: str, day: int, number: int = 0, root: str = "") -> str:
    name = f"{account}_CloudTrail_{region}_202611{day:02d}T1200Z_{number:016d}.json.gz"
    return f"{root}AWSLogs/{account}/CloudTrail/{region}/2026/11/{day:02d}/{name}"


@pytest.fixture
def bucket(box: Box, owner: Client, request: pytest.FixtureRequest) -> str:
    """A bucket with two days of two regions, an organisation's copy, another account's, and what lies beside."""
    name = f"b-{abs(hash(request.node.name)):x}"[:40]
    s3, mine, other = owner("s3"), box.owner.account, box.guest_account.account
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    keys = [key(mine, region, day) for region in REGIONS for day in (10, 20)]
    keys += [key(other, "eu-west-1", 10), key(mine, "eu-west-1", 10, root="pre/fix/")]
    keys += [key(mine, "eu-north-1", 15).replace("AWSLogs/", "AWSLogs/o-abcdefghij/")]
    keys += [f"AWSLogs/{mine}/CloudTrail-Digest/eu-west-1/2026/11/10/d.json.gz", "baseline/acme.json"]
    for each in keys:
        s3.put_object(Bucket=name, Key=each, Body=gzip.compress(each.encode()))
    return name


def days(files: Iterator[tuple[str, bytes]]) -> list[tuple[str, str]]:
    return [(name.split("/CloudTrail/")[1].split("/")[0], name.split("/")[-2]) for name, _ in files]


def test_the_accounts_own_files_come_by_region_and_day_and_its_organisations_too(
    box: Box, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = hands_of(box, monkeypatch)
    files = list(fetch_log_files(hands, bucket=bucket, account=box.owner.account))
    assert days(iter(files)) == [
        ("eu-west-1", "10"),
        ("eu-west-1", "20"),
        ("us-east-1", "10"),
        ("us-east-1", "20"),
        ("eu-north-1", "15"),
    ]
    assert all(gzip.decompress(content).decode() == name for name, content in files)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), None, ["20"]),
        (datetime(2026, 11, 20, 12, 2, tzinfo=UTC), None, []),
        (datetime(2026, 11, 11, tzinfo=UTC), None, ["20"]),
        # events come late: a day is added
        (None, datetime(2026, 11, 9, 23, tzinfo=UTC), ["10"]),
        (None, datetime(2026, 11, 8, 23, tzinfo=UTC), []),
        (datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 19, 1, tzinfo=UTC), ["10", "20"]),
    ],
)
def test_only_the_span_is_fetched(
    box: Box,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    since: datetime | None,
    until: datetime | None,
    expected: list[str],
) -> None:
    hands = hands_of(box, monkeypatch)
    files = fetch_log_files(
        hands, bucket=bucket, account=box.owner.account, regions=["us-east-1"], since=since, until=until
    )
    assert [day for _, day in days(files)] == expected


def test_a_prefix_leads_to_its_own_files(box: Box, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = hands_of(box, monkeypatch)
    for spelled in ("pre/fix", "/pre/fix/"):
        files = list(fetch_log_files(hands, bucket=bucket, prefix=spelled, account=box.owner.account))
        assert [name for name, _ in files] == [key(box.owner.account, "eu-west-1", 10, root="pre/fix/")]


def test_many_files_come_page_after_page_each_once_and_in_order(
    box: Box, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = hands_of(box, monkeypatch)
    wanted = [key("1" * 12, "eu-west-1", 10, number) for number in range(100)]
    s3 = owner("s3")
    s3.create_bucket(Bucket="many-pages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for each in wanted:
        s3.put_object(Bucket="many-pages", Key=each, Body=each.encode())
    pages = Hands.pages
    asked: list[int] = []

    def small(self: Hands, call: Call) -> Iterator[Mapping[str, Any]]:
        asked.append(1)
        return pages(
            self,
            Call(
                service=call.service, operation=call.operation, parameters={**call.parameters, "MaxKeys": 7}
            ),
        )

    monkeypatch.setattr(Hands, "pages", small)
    files = list(fetch_log_files(hands, bucket="many-pages", account="1" * 12))
    assert [name for name, _ in files] == wanted
    assert [content.decode() for _, content in files] == wanted
    assert asked


def test_reading_may_stop_at_any_file(box: Box, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = fetch_log_files(hands_of(box, monkeypatch), bucket=bucket, account=box.owner.account)
    first = next(files)
    files.close()  # type: ignore[attr-defined]
    assert first[0].endswith(".json.gz")


def test_a_bucket_without_files_gives_none(box: Box, owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    owner("s3").create_bucket(
        Bucket="no-files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    assert (
        list(fetch_log_files(hands_of(box, monkeypatch), bucket="no-files", account=box.owner.account)) == []
    )


def test_what_aws_refuses_is_said_with_the_call(
    box: Box, bucket: str, new_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = box.owner.account
    with pytest.raises(AccountError, match="NoSuchBucket") as gone:
        list(fetch_log_files(hands_of(box, monkeypatch), bucket="never-was-there", account=account))
    assert gone.value.call == "s3:ListObjectsV2"
    lister = new_user("lists-only", allow("s3:ListBucket"))
    with pytest.raises(AccountError) as refused:
        list(fetch_log_files(hands_of(box, monkeypatch, lister), bucket=bucket, account=account))
    assert refused.value.call == "s3:GetObject"
    assert refused.value.code == "AccessDenied"

"""Fetching a trail's log files from its bucket: which there are for a span of time, and their content."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from guestpass.aws import refusals
from guestpass.aws.hands import Hands
from guestpass.errors import AccountError
from guestpass.loan.step import Call
from guestpass.trail import LogKey

_AT_ONCE = 8
_AHEAD = 32
_LARGEST = 256 * 1024 * 1024
"""More than this of one file is not fetched; AWS: log files are at most 50 MB compressed."""

# AWS: CloudTrail User Guide, "Finding your CloudTrail log files": delivered within about 5 minutes, not guaranteed
_LATE = timedelta(days=1)


def fetch_log_files(
    hands: Hands,
    *,
    bucket: str,
    prefix: str = "",
    account: str,
    regions: Iterable[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Every log file of the account in the bucket: (key, content), by region and then by time of delivery.

    `prefix` is the trail's S3KeyPrefix. Files delivered before the day of `since`, or more than a day after `until`
    (events come late), are left out. An organisation's layout is found too. Raises AccountError.
    """
    keys = (
        key
        for root in _roots(hands, bucket, prefix, account)
        for region in _regions(hands, bucket, root, regions)
        for key in _keys(hands, bucket, f"{root}{region}/", since, until)
    )
    return _contents(hands, bucket, keys)


def _roots(hands: Hands, bucket: str, prefix: str, account: str) -> Iterator[str]:
    """Where the account's log files begin: its own folder, and those inside organisations' folders."""
    logs = f"{prefix.strip('/')}/AWSLogs/".removeprefix("/")
    yield f"{logs}{account}/CloudTrail/"
    # AWS: CloudTrail User Guide, organisation trails: AWSLogs/O-ID/ACCOUNT/CloudTrail/
    for folder in _folders(hands, bucket, f"{logs}o-"):
        yield f"{folder}{account}/CloudTrail/"


def _regions(hands: Hands, bucket: str, root: str, wanted: Iterable[str] | None) -> list[str]:
    there = [folder.removeprefix(root).strip("/") for folder in _folders(hands, bucket, root)]
    return sorted(there if wanted is None else set(there) & set(wanted))


def _folders(hands: Hands, bucket: str, prefix: str) -> Iterator[str]:
    for page in hands.pages(_s3("ListObjectsV2", Bucket=bucket, Prefix=prefix, Delimiter="/")):
        for folder in page.get("CommonPrefixes") or ():
            yield str(folder["Prefix"])


def _keys(
    hands: Hands, bucket: str, folder: str, since: datetime | None, until: datetime | None
) -> Iterator[str]:
    """The keys of a region's folder; keys sort by day, so a listing may start and stop in the middle."""
    asked = {"Bucket": bucket, "Prefix": folder}
    if since is not None:
        asked["StartAfter"] = f"{folder}{since.astimezone(UTC):%Y/%m/%d/}"
    last = None if until is None else f"{folder}{(until + _LATE).astimezone(UTC):%Y/%m/%d/}~"
    for page in hands.pages(_s3("ListObjectsV2", **asked)):
        for told in page.get("Contents") or ():
            key = str(told["Key"])
            if last is not None and key > last:
                return
            named = LogKey.of(key)
            if named is None and key.endswith("/"):
                continue  # a folder that somebody made by hand in the console
            if named is not None and since is not None and named.at < since - timedelta(minutes=1):
                continue
            yield key


def _contents(hands: Hands, bucket: str, keys: Iterator[str]) -> Iterator[tuple[str, bytes]]:
    """The files in the order of their keys, several fetched at once, never more than a few kept."""
    waiting: deque[tuple[str, Future[bytes]]] = deque()
    pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="trail")
    try:
        for key in keys:
            waiting.append((key, pool.submit(_content, hands, bucket, key)))
            if len(waiting) >= _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _content(hands: Hands, bucket: str, key: str) -> bytes:
    call = _s3("GetObject", Bucket=bucket, Key=key)
    answer = hands.call(call)
    try:
        content: bytes = answer["Body"].read(_LARGEST)
    except (BotoCoreError, HTTPError, OSError) as error:
        raise AccountError(
            f"`{key}` broke off while it was fetched from `{bucket}`",
            call=refusals.name_of(call),
            code=refusals.UNREACHABLE,
            resource=f"arn:aws:s3:::{bucket}/{key}",
            hint="check the network, then run the same command again",
        ) from error
    finally:
        answer["Body"].close()
    return content


def _s3(operation: str, **parameters: str) -> Call:
    return Call(service="s3", operation=operation, parameters=parameters)

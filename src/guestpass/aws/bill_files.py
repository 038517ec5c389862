"""Fetching what a data export has delivered: the newest files of each billing period, as they lie in the bucket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, HTTPClientError

from guestpass.aws import refusals
from guestpass.aws.hands import Hands
from guestpass.errors import AccountError, InputError
from guestpass.loan.step import Call

_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_PARTITION = re.compile(r"BILLING_PERIOD=(\d{4}-\d{2})/")
_DATA = (".csv.gz", ".csv", ".csv.zip", ".parquet")


def fetch_bill_files(
    hands: Hands, *, bucket: str, prefix: str, export: str, period: str | None = None
) -> tuple[tuple[str, bytes], ...]:
    """The data files (key, bytes as stored) that each billing period's newest manifest lists, oldest period first.

    `period` (`2026-11`) asks for one only. Raises InputError for a period that is none or has not been delivered;
    AccountError where the bucket cannot be read, nothing has been delivered yet, or a file on the list is missing.
    """
    if period is not None and not _PERIOD.fullmatch(period):
        raise InputError(
            f"`{period}` is no billing period", expected="a year and month", hint="--period 2026-11"
        )
    folder = "/".join(part for part in (prefix.strip("/"), export) if part)
    manifests = _newest_manifests(hands, bucket, folder)
    if not manifests:
        raise _nothing_yet(bucket, folder)
    if period is not None and period not in manifests:
        raise InputError(
            f"the export has delivered nothing for `{period}`",
            expected=", ".join(sorted(manifests)),
            hint=f"--period {max(manifests)}",
        )
    wanted = sorted(manifests) if period is None else [period]
    return tuple(
        (key, _read(hands, bucket, key))
        for each in wanted
        for key in _listed(hands, bucket, folder, each, manifests[each])
    )


def _newest_manifests(hands: Hands, bucket: str, folder: str) -> Mapping[str, str]:
    """The newest manifest's key by billing period: an export that keeps every refresh has many."""
    found: dict[str, tuple[Any, str]] = {}
    for item in _objects(hands, bucket, f"{folder}/metadata/"):
        key, partition = str(item["Key"]), _PARTITION.search(str(item["Key"]))
        if partition is None or not key.endswith("Manifest.json"):
            continue
        newest = found.get(partition[1])
        if newest is None or (item["LastModified"], key) > newest:
            found[partition[1]] = (item["LastModified"], key)
    return {period: key for period, (_, key) in found.items()}


def _listed(hands: Hands, bucket: str, folder: str, period: str, manifest: str) -> Iterator[str]:
    """The keys of the data files that a manifest lists.

    AWS: Data Exports User Guide, "Understanding export delivery": the manifest is delivered after all its files.
    """
    try:
        told = json.loads(_read(hands, bucket, manifest))
        files = [str(name) for name in told["dataFiles"]]
    except (ValueError, TypeError, KeyError):
        raise AccountError(
            f"the manifest `s3://{bucket}/{manifest}` lists no data files",
            call="s3:GetObject",
            code="BadManifest",
            resource=manifest,
            hint="it is written anew with every delivery: try again later",
        ) from None
    for name in files:
        key = name.removeprefix(f"s3://{bucket}/")
        inside = key.startswith(f"{folder}/data/BILLING_PERIOD={period}/") and key.endswith(_DATA)
        if not inside or ".." in key.split("/"):
            raise AccountError(
                f"the manifest `s3://{bucket}/{manifest}` lists a file that is not the export's own",
                call="s3:GetObject",
                code="BadManifest",
                resource=name,
            )
        yield key


def _nothing_yet(bucket: str, folder: str) -> AccountError:
    return AccountError(
        f"nothing has been delivered to `s3://{bucket}/{folder}` yet",
        call="s3:ListObjectsV2",
        code="NoDelivery",
        resource=f"s3://{bucket}/{folder}",
        hint="AWS takes up to 24 hours for the first bill after `guestpass guard` has set the export up",
    )


def _objects(hands: Hands, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    call = Call(service="s3", operation="ListObjectsV2", parameters={"Bucket": bucket, "Prefix": prefix})
    try:
        for page in hands.pages(call):
            yield from page.get("Contents") or ()
    except AccountError as error:
        if error.code != "NoSuchBucket":
            raise
        raise AccountError(
            f"there is no bucket `{bucket}`, so no bill is being kept",
            call=error.call,
            code=error.code,
            resource=bucket,
            hint="guestpass guard",
        ) from error


def _read(hands: Hands, bucket: str, key: str) -> bytes:
    call = Call(service="s3", operation="GetObject", parameters={"Bucket": bucket, "Key": key})
    body = hands.call(call)["Body"]
    try:
        content: bytes = body.read()
    except BotoCoreError as error:
        raise refusals.of_botocore_error(error, call) from error
    except OSError as error:
        raise refusals.of_botocore_error(HTTPClientError(error=error), call) from error
    return content

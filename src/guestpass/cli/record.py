"""What the verbs that read the trail share: a folder, a bucket, or the trail that guestpass keeps in the account."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from guestpass.aws import Hands, fetch_log_files
from guestpass.cli.talk import Talk
from guestpass.errors import InputError, Place
from guestpass.loan.names import TRAIL_NAME
from guestpass.loan.step import Call
from guestpass.report.page import Span, line
from guestpass.trail import Reading, read_files

_S3 = re.compile(r"s3://(?P<bucket>[^/]+)(?:/(?P<path>.*))?")
_GUARD = "guestpass guard pass.yaml"
_LARGEST = 256 * 1024 * 1024
_SHOWN = 8


def reading_of(
    hands: Hands | None,
    *,
    trail: str | None,
    since: datetime | None = None,
    until: datetime | None = None,
    talk: Talk,
) -> Reading:
    """Read a trail: `trail` is a folder or a file, `s3://bucket/prefix`, or None for the one that guestpass keeps.

    Says on stderr how far the reading reaches, and each finding. `since` and `until` bound the events' times; what
    was delivered before `since` is not fetched. `hands` may be None for a folder. Raises InputError where there is
    no such trail or nothing in it, AccountError.
    """
    account = None if hands is None else hands.caller.account
    if trail is not None and not trail.startswith("s3://"):
        reading = read_files(_files(Path(trail)), source=trail, account=account)
        hint = "name the folder that `aws s3 sync` wrote, or leave `--trail` out to read the account's own"
    elif hands is None:
        raise InputError(
            f"`{trail or 'the account'}` cannot be read without credentials", hint="--trail FOLDER"
        )
    else:
        bucket, prefix = _kept(hands, talk) if trail is None else _named(trail, hands)
        source = f"s3://{bucket}/{prefix}".rstrip("/")
        fetched = fetch_log_files(
            hands, bucket=bucket, prefix=prefix, account=hands.caller.account, since=since, until=until
        )
        reading = read_files(fetched, source=source, account=account)
        hint = "the first file comes some minutes after `guestpass guard` has started the trail"
    _tell_findings(reading, talk)
    if not reading.files:
        raise InputError(
            f"no log file of account {account} is in `{reading.source}`"
            if account
            else f"no log file is in `{reading.source}`",
            expected="CloudTrail's files, as in AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/",
            hint=hint,
        )
    reading = _within(reading, since, until)
    _tell(reading, talk)
    return reading


def _kept(hands: Hands, talk: Talk) -> tuple[str, str]:
    """The bucket and the prefix of the trail that guestpass keeps in this account."""
    account = hands.caller.account
    told = hands.call(
        Call(service="cloudtrail", operation="DescribeTrails", parameters={"includeShadowTrails": True})
    )
    mine = [
        one
        for one in told.get("trailList") or ()
        if one.get("Name") == TRAIL_NAME and f":{account}:" in str(one.get("TrailARN"))
    ]
    if not mine:
        raise InputError(
            f"account {account} has no trail `{TRAIL_NAME}`: what was done in it is not kept in files",
            expected=f"the trail that `{_GUARD}` makes, or `--trail` with a folder or s3://BUCKET/PREFIX",
            hint=_GUARD,
        )
    one = mine[0]
    status = hands.call(
        Call(
            service="cloudtrail",
            operation="GetTrailStatus",
            parameters={"Name": one["TrailARN"]},
            region=one.get("HomeRegion"),
        )
    )
    if not status.get("IsLogging"):
        talk.warn(line(Span("the trail is stopped", "bad"), ": what happens now is not kept; ", _GUARD))
    if error := status.get("LatestDeliveryError"):
        talk.warn(
            line(
                Span("the trail cannot write its files", "bad"), f" ({error}): the newest events are missing"
            )
        )
    return str(one["S3BucketName"]), str(one.get("S3KeyPrefix") or "")


def _named(trail: str, hands: Hands) -> tuple[str, str]:
    """The bucket and the prefix of `s3://bucket/prefix`; the path may go on into AWSLogs/."""
    found = _S3.fullmatch(trail)
    if found is None:
        raise InputError(f"`{trail}` names no bucket", expected="`s3://BUCKET/PREFIX`")
    prefix, logs, rest = (found["path"] or "").partition("AWSLogs/")
    account = next((part for part in rest.split("/") if re.fullmatch("[0-9]{12}", part)), None)
    if logs and account not in (None, hands.caller.account):
        raise InputError(
            f"`{trail}` is the trail of account {account}, and these are credentials of {hands.caller.account}",
            hint="use a profile of that account, or read a folder: `--trail FOLDER`",
        )
    return found["bucket"], prefix.strip("/")


def _files(where: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder, sorted by name, or one file; what the system hides there is passed over."""
    if not where.exists():
        raise InputError(
            f"there is no folder `{where}`",
            place=Place(file=str(where)),
            expected="a folder of CloudTrail's files, or s3://BUCKET/PREFIX",
        )
    for path in _walked(where) if where.is_dir() else [where]:
        try:
            with path.open("rb") as file:
                yield str(path), file.read(_LARGEST)
        except OSError as error:
            raise InputError(
                f"`{path}` cannot be read: {error.strerror}", place=Place(file=str(path))
            ) from error


def _walked(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here) / name
            if not name.startswith(".") and path.is_file():
                yield path


def _within(reading: Reading, since: datetime | None, until: datetime | None) -> Reading:
    if since is None and until is None:
        return reading
    events = tuple(
        event
        for event in reading.events
        if (since is None or event.time >= since) and (until is None or event.time <= until)
    )
    return replace(reading, events=events)


def _tell(reading: Reading, talk: Talk) -> None:
    files = f"{reading.files} {'file' if reading.files == 1 else 'files'}"
    events = f"{len(reading.events)} {'event' if len(reading.events) == 1 else 'events'}"
    talk.say(line("trail: ", reading.source, wrap=False))
    talk.say(f"read {files}: {events} of {', '.join(reading.regions) or 'no region'}")
    if reading.events:
        first, last = reading.events[0].time, reading.events[-1].time
        talk.say(f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC; newer ones are not in files yet")
    else:
        talk.say("no event in that time")


def _tell_findings(reading: Reading, talk: Talk) -> None:
    for finding in reading.findings[:_SHOWN]:
        talk.warn(line(Span(finding.code, "warn"), f"  {finding.says}", hang=8))
        if finding.place:
            talk.warn(line("in ", str(finding.place), indent=8, wrap=False))
        talk.warn(line(Span("fix: ", "hint"), finding.fix, indent=8, hang=13))
    left = len(reading.findings) - _SHOWN
    if left > 0:
        talk.warn(line(f"and {left} more files like these", indent=8))

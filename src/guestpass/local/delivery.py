"""A trail's log files: what each trail asked for waits in its own queue, and leaves as files for its bucket."""

from __future__ import annotations

import gzip
import json
import secrets
import string
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from guestpass.access import Allowed, Context, Layers, Request, Service, evaluate, read_policy
from guestpass.catalog import home_region
from guestpass.errors import InputError
from guestpass.local.backend import stored, trails
from guestpass.local.backend.trails import TrailNow
from guestpass.local.clock import Clock
from guestpass.local.record import Kept
from guestpass.local.selectors import not_understood, wants

DELAY_SECONDS = 5.0
"""How long an event waits for its file; AWS takes about five minutes."""

# AWS: CloudTrail User Guide, "redelivery": CloudTrail tries to redeliver for 30 days
_GIVEN_UP = timedelta(days=30)
_LETTERS = string.ascii_letters + string.digits
_CLOUDTRAIL = Service(name="cloudtrail.amazonaws.com")


@dataclass(kw_only=True, slots=True)
class Post:
    """One trail's queue, and how its deliveries went. It outlives the trail until it is empty."""

    trail: TrailNow
    pending: deque[Kept] = field(default_factory=deque)
    error: str | None = None
    attempted: datetime | None = None
    failing_since: datetime | None = None
    delivered: datetime | None = None
    started: datetime | None = None
    stopped: datetime | None = None


class Deliverer:
    """Keeps what trails asked for until it is in their buckets.

    Whoever calls holds the gateway's lock: moto is read and written here.
    """

    def __init__(self, *, clock: Clock, delay: float = DELAY_SECONDS) -> None:
        self._clock = clock
        self._posts: dict[str, Post] = {}
        self._delay = timedelta(seconds=delay)

    def set_delay(self, seconds: float) -> None:
        """Let events wait this long from now on. Raises ValueError below zero, OverflowError beyond all dates."""
        if not seconds >= 0:
            raise ValueError(seconds)
        self._delay = timedelta(seconds=seconds)

    def take(self, kept: Kept) -> None:
        """Queue an event for each trail that is logging, or was until this very call."""
        before = {key for key, post in self._posts.items() if post.trail.logging}
        self._look(kept)
        for key, post in self._posts.items():
            if post.trail.account != kept.account or not (post.trail.logging or key in before):
                continue
            if _reaches(post.trail, kept) and wants(post.trail, kept.event):
                post.pending.append(kept)

    def due(self) -> int:
        """Deliver each queue whose first event has waited long enough; returns how many files were written."""
        now = self._clock.now()
        return sum(
            self._deliver(post, now)
            for post in list(self._posts.values())
            if post.pending and now - post.pending[0].at >= self._delay
        )

    def deliver(self) -> int:
        """Deliver everything now; returns how many files were written."""
        now = self._clock.now()
        return sum(self._deliver(post, now) for post in list(self._posts.values()) if post.pending)

    def post_of(self, account: str, region: str, name: str) -> Post | None:
        """The queue of the trail of this name (in its region, or a multi-region one) or ARN."""
        for trail in trails.trails_of(account):
            reaches = trail.multi_region or trail.home == region
            if trail.arn == name or (reaches and trail.arn.rpartition("/")[2] == name):
                return self._posts.get(trail.key)
        return None

    @property
    def pending(self) -> int:
        """How many events wait, over all trails."""
        return sum(len(post.pending) for post in self._posts.values())

    def _look(self, kept: Kept) -> None:
        """Bring what is known of the account's trails up to date; note when logging began and ended."""
        there = {trail.key: trail for trail in trails.trails_of(kept.account)}
        for key, trail in there.items():
            post = self._posts.get(key)
            if post is None:
                if not trail.logging:
                    continue
                post = self._posts[key] = Post(trail=trail, started=kept.at)
            elif trail.logging and not post.trail.logging:
                post.started = kept.at
            elif post.trail.logging and not trail.logging:
                post.stopped = kept.at
            post.trail = trail
        for key, post in list(self._posts.items()):
            if post.trail.account == kept.account and key not in there:
                post.trail = replace(post.trail, logging=False)
                if not post.pending:
                    self._posts.pop(key)

    def _deliver(self, post: Post, now: datetime) -> int:
        batch = tuple(post.pending)
        files = _files(post.trail, batch, now)
        post.attempted = now
        post.error = _put(post.trail, files, now)
        if post.error is not None:
            post.failing_since = post.failing_since or now
            # what has waited so long only because nobody asked is not given up: the box's clock moves in leaps
            while post.pending and min(now - post.failing_since, now - post.pending[0].at) > _GIVEN_UP:
                post.pending.popleft()
            return 0
        # only what is in the bucket leaves the queue
        for _ in batch:
            post.pending.popleft()
        post.failing_since, post.delivered = None, now
        return len(files)


def _put(trail: TrailNow, files: list[tuple[str, bytes]], now: datetime) -> str | None:
    """Write the files, all or as many as moto takes; the error of S3's that stood in the way, or None."""
    owner = stored.bucket_owner(trail.bucket)
    if owner is None:
        return "NoSuchBucket"
    if not all(_may_put(trail, owner, key, now) for key, _ in files):
        return "AccessDenied"
    try:
        for key, content in files:
            trails.put_file(owner, trail.bucket, key, content, at=now)
    except Exception as failed:  # noqa: BLE001 - moto raises anything; what waits goes on waiting
        return f"InternalError ({type(failed).__name__})"
    return None


def status_of(post: Post) -> dict[str, Any]:
    """What GetTrailStatus tells of the deliveries."""
    told: dict[str, Any] = {}
    times = {
        "LatestDeliveryTime": post.delivered,
        "StartLoggingTime": post.started,
        "StopLoggingTime": post.stopped,
    }
    told |= {name: at.replace(microsecond=0) for name, at in times.items() if at is not None}
    error = post.error or "; ".join(f"the box does not deliver {what}" for what in not_understood(post.trail))
    if error:
        told["LatestDeliveryError"] = error
    # AWS: GetTrailStatus: these are deprecated, and still there
    texts = {
        "LatestDeliveryAttemptTime": post.attempted,
        "TimeLoggingStarted": post.started,
        "TimeLoggingStopped": post.stopped,
    }
    told |= {name: "" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in texts.items()}
    return told


def _reaches(trail: TrailNow, kept: Kept) -> bool:
    """Whether the trail covers the region the event is of."""
    if trail.multi_region:
        return True
    if kept.region != trail.home:
        return False
    # AWS: CloudTrail User Guide, "Global service events": they are logged in us-east-1
    return trail.global_events or not _is_global(kept)


def _is_global(kept: Kept) -> bool:
    service = str(kept.event["eventSource"]).removesuffix(".amazonaws.com")
    # a call to the old global endpoint of STS is of us-east-1; those to regional ones are of their region
    return (service == "sts" and kept.region == "us-east-1") or home_region(service) is not None


def _files(trail: TrailNow, batch: Iterable[Kept], now: datetime) -> list[tuple[str, bytes]]:
    """A file a region: its key and its content, one line of JSON in gzip."""
    by_region: dict[str, list[Mapping[str, Any]]] = {}
    for kept in batch:
        by_region.setdefault(kept.region, []).append(kept.event)
    return [(_key(trail, region, now), _content(events)) for region, events in sorted(by_region.items())]


def _key(trail: TrailNow, region: str, now: datetime) -> str:
    # AWS: CloudTrail User Guide, "CloudTrail log file name format"
    unique = "".join(secrets.choice(_LETTERS) for _ in range(16))
    name = f"{trail.account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
    path = f"AWSLogs/{trail.account}/CloudTrail/{region}/{now:%Y/%m/%d}/{name}"
    return f"{trail.prefix}/{path}" if trail.prefix else path


def _content(events: list[Mapping[str, Any]]) -> bytes:
    line = json.dumps({"Records": events}, separators=(",", ":"))
    return gzip.compress(line.encode(), compresslevel=6, mtime=0)


def _may_put(trail: TrailNow, owner: str, key: str, now: datetime) -> bool:
    """Whether the bucket's policy lets CloudTrail put there, by the one evaluator."""
    document = stored.bucket_policy(trail.bucket)
    if document is None:
        return False
    context = Context.of(
        {
            "aws:SourceArn": trail.arn,
            "aws:SourceAccount": trail.account,
            "s3:x-amz-acl": "bucket-owner-full-control",
            "aws:SecureTransport": "true",
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": _CLOUDTRAIL.name,
            "aws:ResourceAccount": owner,
            "s3:ResourceAccount": owner,
            "aws:CurrentTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "aws:EpochTime": str(int(now.timestamp())),
        }
    )
    try:
        policy = read_policy(document, kind="resource", name=trail.bucket)
    except InputError:
        return False
    request = Request(
        principal=_CLOUDTRAIL,
        action="s3:PutObject",
        resource=f"arn:aws:s3:::{trail.bucket}/{key}",
        context=context,
        resource_account=owner,
    )
    return isinstance(evaluate(request, Layers(identity=None, resource=policy)), Allowed)

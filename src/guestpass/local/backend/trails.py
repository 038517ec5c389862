"""moto's trails and the buckets they write to: what is logging now, and a file put where a trail keeps its log."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.s3.models import get_canned_acl, s3_backends


@dataclass(frozen=True, kw_only=True, slots=True)
class TrailNow:
    """A trail as it is set at this moment. `key` tells it from a later trail of the same name."""

    key: str
    arn: str
    account: str
    home: str
    bucket: str
    prefix: str
    multi_region: bool
    global_events: bool
    selectors: tuple[dict[str, Any], ...]
    advanced: tuple[dict[str, Any], ...]
    logging: bool


def trails_of(account: str) -> tuple[TrailNow, ...]:
    """Every trail of an account, of all home regions."""
    # a copy of the list: another thread may be making the backend of one more region
    backends = list(cloudtrail_backends[account].values())
    return tuple(now(trail) for backend in backends for trail in list(backend.trails.values()))


def now(trail: Any) -> TrailNow:
    """The trail as moto keeps it, read once."""
    return TrailNow(
        # moto's own object carries the mark, so a trail that is made again is another one
        key=str(trail.__dict__.setdefault("_guestpass_key", uuid.uuid4().hex)),
        arn=trail.arn,
        account=trail.account_id,
        home=trail.region_name,
        bucket=str(trail.bucket_name or ""),
        prefix=str(trail.s3_key_prefix or "").strip("/"),
        multi_region=bool(trail.is_multi_region),
        global_events=bool(trail.include_global_service_events),
        selectors=tuple(trail.event_selectors or ()),
        # AWS: PutEventSelectors: basic and advanced selectors exclude each other; moto may keep both
        advanced=() if trail.event_selectors else tuple(trail.advanced_event_selectors or ()),
        logging=bool(trail.status.is_logging),
    )


def put_file(owner: str, bucket: str, key: str, content: bytes, *, at: datetime) -> None:
    """Put a log file as CloudTrail does: gzip by its media type, the bucket's owner in full control."""
    backend = s3_backends[owner]["aws"]
    held = backend.put_object(bucket, key, content, encryption="AES256")
    # AWS: CloudTrail User Guide, "Finding your CloudTrail log files": Content-Type and Content-Encoding
    held.set_metadata({"Content-Type": "application/json", "Content-Encoding": "gzip"}, replace=True)
    held.set_acl(get_canned_acl("bucket-owner-full-control"))
    held.last_modified = at.replace(tzinfo=None)

"""A snapshot as a file: JSON out, JSON in, and a digest. The baseline in the trail's bucket is such a file."""

from __future__ import annotations

import hashlib

import msgspec

from guestpass.account.snapshot import Snapshot
from guestpass.errors import InputError, Place

SCHEMA = "guestpass.snapshot/1"


class _Written(msgspec.Struct, kw_only=True):
    schema: str
    snapshot: Snapshot


def snapshot_to_json(snapshot: Snapshot) -> str:
    """The snapshot as one JSON document; equal snapshots give equal texts."""
    return msgspec.json.encode(_Written(schema=SCHEMA, snapshot=snapshot), order="deterministic").decode()


def snapshot_from_json(text: str | bytes, *, file: str = "snapshot") -> Snapshot:
    """The snapshot that `snapshot_to_json` wrote; raises InputError with the place when it is something else."""
    try:
        written = msgspec.json.decode(text, type=_Written)
    except msgspec.DecodeError as error:
        raise InputError(
            f"`{file}` is not a snapshot: {error}",
            place=Place(file=file),
            expected=f"a JSON document of the schema {SCHEMA}",
        ) from error
    if written.schema != SCHEMA:
        raise InputError(
            f"`{file}` has the schema `{written.schema}`", place=Place(file=file), expected=f"`{SCHEMA}`"
        )
    return written.snapshot


def digest(snapshot: Snapshot) -> str:
    """The sha256 of the snapshot as written, in hex: what a certificate names as its evidence."""
    return hashlib.sha256(snapshot_to_json(snapshot).encode()).hexdigest()

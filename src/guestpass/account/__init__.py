"""IS: an account at one moment.

Enters: what `aws.take_snapshot` read, or a snapshot's file. Leaves: a `Snapshot`, its text and digest, and what
differs between two. It never asks AWS anything and never takes silence for absence: what was not read is in `gaps`.
"""

from guestpass.account.difference import Difference, differences
from guestpass.account.snapshot import Snapshot
from guestpass.account.written import digest, snapshot_from_json, snapshot_to_json

__all__ = ["Difference", "Snapshot", "differences", "digest", "snapshot_from_json", "snapshot_to_json"]

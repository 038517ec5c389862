"""What was read of a trail, whose doing it is, and what was used: frozen values, one for each question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guestpass.findings import Finding
from guestpass.trail.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """Every event of a trail's files, once each, in order of time; and how far the reading reaches.

    `files` were read; `repeats` are records that a file held again, `odd` records that are no events, `skipped` files
    that are the trail's own and hold no events (digests, Insights); `findings` (`TRL…`) name each file that could not
    be read, with its place. `since` and `until` are the delivery times of the first and the last file, UTC; None where
    there was no file. `regions` are those that files came from: silence in any other says nothing. `source` is
    where the files came from, for the reader.
    """

    events: tuple[Event, ...]
    files: int
    source: str
    repeats: int = 0
    odd: int = 0
    skipped: int = 0
    regions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """One event of the guest's: `by` is the ARN of the user or role that made the call (never of a session).

    `via` is how that identity comes to be the guest's: `()` for their own login, else the ids of the events by which
    they took the role, made it, or passed it to something that runs (assume, create, pass), in order.
    """

    event: Event
    by: str
    via: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """One action on one resource by one identity, in one region.

    `by` is the ARN of the user or role; `resource` an ARN, or `*` where the action takes none or the call named none.
    `count` is all calls, `refused` those that AWS refused for want of permission, `refused_by` AWS's words on why
    (`an explicit deny in a permissions boundary`), once each. `events` are the ids of the first and the last.
    `cause` is the operation's event name; `dependent` marks an action that the call needed beside its own.
    `calls` is how many of `count` no other row counts as well (one call may touch several resources): over all rows
    and `not_mapped` they add up to `Usage.events`. `gap` says what the record and the catalogue do not tell of
    resource and further actions; `""` where they tell all.
    """

    by: str
    action: str
    resource: str
    region: str
    first: datetime
    last: datetime
    count: int
    refused: int = 0
    refused_by: tuple[str, ...] = ()
    cause: str = ""
    dependent: bool = False
    events: tuple[str, ...] = ()
    calls: int = 0
    gap: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotMapped:
    """Events of one name that no action is known for: listed, never dropped. `event` is the first one's id.

    `asks` is False where AWS asks nobody's permission (a sign-in to the console): nothing is missing there. `refused`
    of them AWS refused, without a word on what.
    """

    by: str
    source: str
    name: str
    region: str
    count: int
    first: datetime
    last: datetime
    why: str
    event: str
    asks: bool = True
    refused: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the guest used: rows sorted by identity, action and resource; `identities` are all that acted.

    `events` is how many deeds it was made from.
    """

    rows: tuple[Used, ...]
    identities: tuple[str, ...]
    not_mapped: tuple[NotMapped, ...] = ()
    events: int = 0

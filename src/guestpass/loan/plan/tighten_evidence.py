"""Whether the record carries a tightening: silence is evidence only where every call would have been seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guestpass.account.snapshot import IamRole, IamUser, Snapshot
from guestpass.findings import Finding
from guestpass.inventory import Inventory, Item
from guestpass.loan.names import ADOPTED_TAG, Names
from guestpass.loan.plan.guard import is_guarded
from guestpass.loan.tightened import stored_job
from guestpass.needs import Need, teardown_known
from guestpass.needs.teardown import teardowns
from guestpass.needs.used import allowed_rows
from guestpass.trail import Event, Reading, Usage

# AWS: CloudTrail User Guide, "How CloudTrail works": "on average within about 5 minutes of an API call. This time is
# not guaranteed." Twelve times that is taken as too old.
LAG = timedelta(hours=1)

_DIMMING = frozenset({"DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"})
"""Calls after which a trail may hold less than before."""

_BRIGHTENING = frozenset({"CreateTrail", "StartLogging"})
"""Calls before which it held nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a tightening stands on: the trail's files as read, what they say of the guest, and what the guest made."""

    reading: Reading
    usage: Usage
    inventory: Inventory


def logins(names: Names, snapshot: Snapshot) -> frozenset[str]:
    """The ARNs by which the guest's own calls are known; the instances' role is not the guest's to call with.

    A guest who was there before the pass was known by another ARN then.
    """
    user = snapshot.user(names.user)
    before = {user.tags[ADOPTED_TAG]} if user is not None and ADOPTED_TAG in user.tags else set()
    return _logins_now(names) | before


def _logins_now(names: Names) -> frozenset[str]:
    return frozenset({names.user_arn, names.login_role_arn})


def gaps(
    names: Names, snapshot: Snapshot, evidence: Evidence, declared: Sequence[Need], now: datetime
) -> tuple[Finding, ...]:
    """Say each reason why the record does not carry a tightening; an empty answer says that it does."""
    return (
        *_files(evidence.reading),
        *_reach(names, snapshot, evidence.reading, now),
        *_mapped(names, evidence.usage),
        *_any_use(names, snapshot, evidence.usage),
        *_removable(evidence.inventory, declared),
    )


def standing(inventory: Inventory) -> tuple[Item, ...]:
    """What is to be taken down: all that is not known to be gone, but what goes along with what brought it."""
    return tuple(
        item
        for item in inventory.items
        if item.still != "gone"
        and not (item.parent and item.type in teardowns() and teardowns()[item.type].carried)
    )


def _files(reading: Reading) -> Iterator[Finding]:
    bad = [finding for finding in reading.findings if finding.severity != "note"]
    if bad:
        first = bad[0]
        yield _finding(
            "TIG001",
            f"{len(bad)} of the trail's files could not be read: {first.says}"
            + (f" ({first.place})" if first.place else ""),
            "what stands in them may have been used",
            "mend or fetch the files again: `guestpass usage` names each",
        )
    if not reading.files:
        yield _finding(
            "TIG002",
            f"no log file was found in {reading.source}",
            "no record is not the same as no use",
            "wait until CloudTrail has delivered (about 5 minutes after a call), or name the place with `--trail`",
        )


def _reach(names: Names, snapshot: Snapshot, reading: Reading, now: datetime) -> Iterator[Finding]:
    granted = granted_at(names, snapshot)
    began = granted is not None and (
        (reading.since is not None and reading.since <= granted)
        or any(_makes_the_guest(event, names) for event in reading.events)
    )
    if reading.files and not began:
        says = f"the files begin at {_clock(reading.since)}, the guest was let in at {_clock(granted)}"
        yield _finding(
            "TIG003",
            says,
            "what was used in between is not in the record",
            "read the whole record: leave `--trail` out, or name the folder or prefix that holds all of it",
        )
    if reading.until is not None and now - reading.until > LAG:
        yield _finding(
            "TIG004",
            f"the newest file was delivered at {_clock(reading.until)}, it is {_clock(now)}",
            "what was used since then is not in the record",
            "wait some minutes and run it again: this very run made calls that CloudTrail will deliver",
        )
    if not is_guarded(snapshot):
        yield _finding(
            "TIG005",
            "the account's trail does not log everything everywhere just now",
            "calls that were not recorded look like calls that were not made",
            "guestpass guard pass.yaml, and let the guest work on; then tighten",
        )
    for event in reading.events:
        if granted is not None and _dims(event, granted):
            yield _finding(
                "TIG006",
                f"`{event.name}` changed the trail at {_clock(event.time)} (event {event.id})",
                "what was called while it logged less, or not at all, is not in the record",
                "look at that event; a new pass, granted after it, has a whole record",
            )


def _dims(event: Event, granted: datetime) -> bool:
    """Whether an event says that the record had a hole since the grant."""
    if event.source != "cloudtrail.amazonaws.com" or event.error_code is not None:
        return False
    # events tell whole seconds: what ends the hole counts if it is surely later, what begins it if it may be
    if event.name in _BRIGHTENING:
        return event.time > granted
    return event.name in _DIMMING and event.time >= granted.replace(microsecond=0)


def granted_at(names: Names, snapshot: Snapshot) -> datetime | None:
    """When the guest could first use the job: their identity and its first policy were there."""
    guest: IamUser | IamRole | None = snapshot.user(names.user) or snapshot.role(names.login_role)
    first = min((policy.created for policy in stored_job(names, snapshot)), default=None)
    if guest is None or guest.path != names.path or first is None:
        return None
    return max(guest.created, first)


def _makes_the_guest(event: Event, names: Names) -> bool:
    """Whether an event made the guest's identity or their first policy: nothing could be used before it."""
    made = {
        "CreateUser": ("userName", names.user),
        "CreateRole": ("roleName", names.login_role),
        "CreatePolicy": ("policyName", names.job_policy()),
    }
    field, name = made.get(event.name, ("", ""))
    return bool(name) and event.error_code is None and event.parameters.get(field) == name


def _mapped(names: Names, usage: Usage) -> Iterator[Finding]:
    for row in usage.not_mapped:
        if row.by in _logins_now(names):
            yield _finding(
                "TIG007",
                f"`{row.name}` of {row.source}, called {row.count:,} times in {row.region}: {row.why} (event {row.event})",
                "which permission it used is not known, so none can be said to be unused",
                "report the event's name; nothing is tightened over it",
            )


def _any_use(names: Names, snapshot: Snapshot, usage: Usage) -> Iterator[Finding]:
    if not allowed_rows(usage, logins(names, snapshot)):
        yield _finding(
            "TIG008",
            "the record holds no call of the guest's that AWS allowed",
            "an empty record looks the same as a record of the wrong account or time",
            "let the guest work first; to take everything away, `guestpass revoke`",
        )


def _removable(inventory: Inventory, declared: Sequence[Need]) -> Iterator[Finding]:
    unknown = sorted({item.type for item in standing(inventory) if not teardown_known(item.type, declared)})
    for type_ in unknown:
        arns = [item.arn for item in standing(inventory) if item.type == type_]
        yield _finding(
            "TIG009",
            f"how `{type_}` is taken down is not known: {', '.join(arns[:3])}"
            + (f" and {len(arns) - 3} more" if len(arns) > 3 else ""),
            "the permission to delete it could be taken away without anyone noticing",
            "delete it first, or take it over from the guest",
        )
    for strange in inventory.strange:
        yield _finding(
            "TIG010",
            f"`{strange.call}` made something, and the record does not say what: {strange.why} (event {strange.event})",
            "what deleting it will need is not known",
            "look at that event; delete what it made, or take it over from the guest",
        )


def _finding(code: str, says: str, because: str, fix: str) -> Finding:
    return Finding(code=code, severity="error", says=says, because=because, fix=fix)


def _clock(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "a time that is not known"

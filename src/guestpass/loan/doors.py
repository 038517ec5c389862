"""The ways back in, judged: what could not be, what was not done, what is not there, what was closed, what is open.

Every verdict says what stands behind it, and claims no more. A part of the account that could not be read, a log
that does not reach, a door for which nothing was looked at: not judged, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from guestpass.account.snapshot import Snapshot
from guestpass.catalog import event_source
from guestpass.catalog.creations.read import plain_name
from guestpass.catalog.values import Door
from guestpass.loan.door_proofs import Holdings, could_not, holdings_of
from guestpass.loan.door_sweeps import Found, Times, sweep
from guestpass.loan.door_time import closed_by_time
from guestpass.loan.names import Names
from guestpass.trail import Event, made_by

Kind = Literal["could_not", "did_not", "is_not", "closed", "open", "not_judged"]

# what opens a door of these categories (a rule of a network, a function, a bucket's policy) is also what jobs are made of
_WORK = frozenset("GHIJKLMNOPQ")
_OF_SESSIONS = frozenset("BCD")
"""The categories whose `closed-by` is the freeze and the end of every session."""
_SHOWN = 5

KINDS: tuple[Kind, ...] = ("could_not", "did_not", "is_not", "closed", "open", "not_judged")


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """Events, and how far they reach: nothing outside of the span is claimed. `limits` is said with every verdict."""

    events: Sequence[Event]
    since: datetime
    until: datetime
    limits: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is known about one door. `evidence` are one-line facts; `fix` is what to do, for what is open or unknown."""

    door: Door
    kind: Kind
    says: str
    evidence: tuple[str, ...] = ()
    fix: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """Everything that a door is judged by."""

    names: Names
    holdings: tuple[Holdings, ...]
    snapshot: Snapshot
    baseline: Snapshot | None
    watched: Watched | None
    times: Times


def judge(
    doors: Iterable[Door],
    *,
    pass_name: str,
    granted: Iterable[tuple[str, Mapping[str, Any]]] = (),
    snapshot: Snapshot,
    baseline: Snapshot | None = None,
    watched: Watched | None = None,
    granted_at: datetime | None = None,
    frozen_at: datetime | None = None,
) -> tuple[Verdict, ...]:
    """A verdict for each door, in order.

    `granted` are names and documents of every policy version that the ledger knows (`ledger.documents_of`): they add
    to what the snapshot still holds. `granted_at` and `frozen_at` are when the first grant began and when the Deny
    was seen to stand (`ledger.began`, `ledger.frozen_at`); the account's own tag counts where the ledger is silent.
    """
    names = Names.of(pass_name, snapshot.caller.account, snapshot.caller.partition)
    times = Times.of(names, snapshot, granted_at=granted_at, frozen_at=frozen_at)
    case = _Case(
        names=names,
        holdings=holdings_of(names, snapshot, granted),
        snapshot=snapshot,
        baseline=baseline,
        watched=watched,
        times=times,
    )
    return tuple(_judge(door, case) for door in doors)


def _judge(door: Door, case: _Case) -> Verdict:
    found = sweep(door, case.names, case.snapshot, case.baseline, case.times)
    done = _successes(door, case)
    if found is not None and found.certain and found.there:
        return _open(door, found.says, found.evidence)
    if done and door.category in _WORK:
        return _to_be_looked_at(door, done)
    if done and "closed-by" not in door.evidence:
        return _open(door, f"the log shows that `{done[0].name}` was done", tuple(map(_line, done)))
    proved = could_not(door, case.names, case.holdings, case.snapshot)
    if proved.holds:
        return Verdict(door=door, kind="could_not", says=proved.says, evidence=proved.evidence)
    if found is not None and found.there:
        return _open(door, found.says, found.evidence)
    if found is not None and found.there is False:
        kind: Kind = "closed" if found.closed else "is_not"
        return Verdict(door=door, kind=kind, says=found.says, evidence=found.evidence)
    return _by_time_or_log(door, case, found, done, proved.says)


def _by_time_or_log(
    door: Door, case: _Case, found: Found | None, done: tuple[Event, ...], unproved: str
) -> Verdict:
    if "closed-by" in door.evidence and door.category in _OF_SESSIONS:
        closed = closed_by_time(door, case.names, case.snapshot, case.times)
        if closed is not None:
            evidence = (*closed.evidence, *map(_line, done))
            if closed.there:
                return _open(door, closed.says, evidence)
            return Verdict(door=door, kind="closed", says=closed.says, evidence=evidence)
    if "did-not" in door.evidence and door.events and not done and case.watched is not None:
        watched = case.watched
        if _reaches(watched, case.times):
            calls = " or ".join(f"`{name}`" for name in door.events)
            return Verdict(
                door=door,
                kind="did_not",
                says=f"the log shows no {calls} of the guest's that succeeded",
                evidence=(f"{len(watched.events)} events looked at", watched.limits),
            )
    reasons = tuple(why for why in (unproved, found.says if found else "") if why)
    return Verdict(
        door=door,
        kind="not_judged",
        says=found.says if found else "nothing that was looked at decides it",
        evidence=reasons,
        fix=_fix(door),
    )


def _to_be_looked_at(door: Door, done: tuple[Event, ...]) -> Verdict:
    """A job makes such calls itself: each may be work, or a way back in, and the log cannot tell which."""
    times = f"{len(done)} times" if len(done) > 1 else "once"
    return Verdict(
        door=door,
        kind="not_judged",
        says=f"the guest did `{done[0].name}` {times}, which the job may have asked for: look at what it made",
        evidence=tuple(map(_line, done[:_SHOWN])),
        fix=_fix(door),
    )


def _open(door: Door, says: str, evidence: tuple[str, ...]) -> Verdict:
    return Verdict(door=door, kind="open", says=says, evidence=evidence, fix=_fix(door))


def _fix(door: Door) -> str | None:
    calls = ", ".join(f"`{call}`" for call in door.closers)
    return "; ".join(each for each in (calls, door.by_hand) if each) or None


def _successes(door: Door, case: _Case) -> tuple[Event, ...]:
    """The guest's calls that may have planted the door: by their name, and by the service whose action plants it."""
    if case.watched is None:
        return ()
    arns = frozenset({case.names.user_arn, case.names.login_role_arn})
    theirs = (event for event in case.watched.events if made_by(event, arns))
    return tuple(event for event in theirs if event.error_code is None and _plants(door, event))


def _plants(door: Door, event: Event) -> bool:
    if plain_name(event.name) not in map(plain_name, door.events):
        return False
    prefixes = {action.partition(":")[0] for together in door.planting for action in together}
    sources = {source for prefix in prefixes if isinstance(source := event_source(prefix), str)}
    # what needs no action to be planted, or one of a service that the catalogue cannot name, is known by its name alone
    return not sources or len(sources) < len(prefixes) or event.source in sources


def _reaches(watched: Watched, times: Times) -> bool:
    """Whether the log spans the loan: from the grant to the freeze."""
    begun, ended = times.granted_at, times.frozen_at
    return begun is not None and ended is not None and watched.since <= begun and watched.until >= ended


def _line(event: Event) -> str:
    return f"{event.time:%Y-%m-%dT%H:%M:%SZ} `{event.name}` in {event.region or '?'} (event {event.id})"

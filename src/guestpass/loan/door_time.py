"""Doors that are sessions: closed by the Deny while it stands, and by time when no session can live any more."""

from __future__ import annotations

from guestpass.account.snapshot import Snapshot
from guestpass.catalog.values import Door
from guestpass.loan.door_sweeps import Found, Times
from guestpass.loan.names import Names
from guestpass.loan.plan.freeze import everyone_of, is_denied, written
from guestpass.loan.plan.revoke import LONGEST_USER_SESSION

_INSTANCE_KEYS = 35


def closed_by_time(door: Door, names: Names, snapshot: Snapshot, times: Times) -> Found | None:
    """Whether the freeze closed this door; `there` when it plainly did not, None when it cannot be said."""
    if door.number == _INSTANCE_KEYS:
        # the freeze leaves the instance role alone: whoever can still enter an instance gets fresh keys from it
        return None
    guests = everyone_of(names, snapshot)
    loose = [guest.arn for guest in guests if not is_denied(guest)]
    if loose:
        return Found(there=True, says="nothing denies what its sessions ask", evidence=tuple(loose))
    if guests:
        return Found(
            there=False,
            says="the freeze's Deny stands on the identity and reaches every session made from it",
            evidence=tuple(guest.arn for guest in guests),
        )
    if times.frozen_at is not None and snapshot.taken_at >= times.frozen_at + LONGEST_USER_SESSION:
        return Found(
            there=False,
            says="the identity is gone, and the longest session had ended before",
            evidence=(f"frozen at {written(times.frozen_at)}", f"read at {written(snapshot.taken_at)}"),
        )
    return None

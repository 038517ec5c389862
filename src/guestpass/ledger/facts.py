"""What a ledger can say that the account cannot: which credentials were sealed, and when a pass was certified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from guestpass.ledger.entries import Entry

CERTIFIED = "certified"


def default_path(account: str, pass_name: str, *, environment: Mapping[str, str], home: Path) -> Path:
    """Where a pass's ledger is kept: below GUESTPASS_HOME, or below `~/.local/state/guestpass`."""
    chosen = environment.get("GUESTPASS_HOME")
    root = Path(chosen) if chosen else home / ".local" / "state" / "guestpass"
    return root / account / pass_name / "ledger.jsonl"


def sealed(entries: Iterable[Entry]) -> frozenset[str] | None:
    """What has been sealed for the guest: access key ids, and `password:USER`; None when no grant was recorded here.

    None means that this machine does not know, which is not the same as that nothing was handed over.
    """
    granted = [entry for entry in entries if entry.verb == "grant"]
    if not any(entry.kind == "intent" for entry in granted):
        return None
    return frozenset(
        str(value)
        for entry in granted
        if entry.kind == "outcome"
        for value in (entry.data.get("sealed") or {}).values()
    )


def certified_at(entries: Iterable[Entry]) -> datetime | None:
    """When the certificate was written after the last step that changed anything, or None."""
    at: datetime | None = None
    for entry in entries:
        if entry.kind == "note" and entry.data.get("says") == CERTIFIED:
            at = entry.time
        elif entry.kind == "intent":
            at = None
    return at

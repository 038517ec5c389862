"""What a ledger can say that the account cannot: which credentials were sealed, and when a pass was certified."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from guestpass.ledger.entries import Entry

CERTIFIED = "certified"
_BEGINS = ("grant", "adopt")
_GIVES = (*_BEGINS, "tighten")
_EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


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


def documents_of(entries: Iterable[Entry]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Name and document of every policy version that was ever put into the account for the pass."""
    entries = tuple(entries)
    found: list[tuple[str, dict[str, Any]]] = []
    if adopted(entries):
        # what the user held before stands in no step: anything at all is assumed
        found.append(("what they held before", _EVERYTHING))
    for entry in entries:
        parameters = (entry.call or {}).get("parameters") or {}
        document = parameters.get("PolicyDocument")
        if entry.kind != "intent" or entry.verb not in _GIVES or not isinstance(document, str):
            continue
        name = parameters.get("PolicyName") or str(parameters.get("PolicyArn", "")).rsplit("/", 1)[-1]
        # a version that was intended counts as held: whether the call went through is not always known
        if name:
            found.append((str(name), json.loads(document)))
    return tuple(found)


def began(entries: Iterable[Entry]) -> datetime | None:
    """When the first grant, or the adoption, began; None where this ledger does not hold it (another machine's does)."""
    return min((e.time for e in entries if e.verb in _BEGINS and e.kind == "intent"), default=None)


def adopted(entries: Iterable[Entry]) -> bool:
    """Whether the guest is a user who was there, with rights of their own, before the pass."""
    return any(entry.verb == "adopt" for entry in entries)


def frozen_at(entries: Iterable[Entry]) -> datetime | None:
    """When the last Deny of a freeze was seen to stand: from then on nothing was allowed."""
    denies = [
        entry.time
        for entry in entries
        if entry.kind == "outcome"
        and (entry.step or "").endswith("/deny")
        and entry.verb in ("freeze", "revoke")
    ]
    return max(denies, default=None)

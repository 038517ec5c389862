"""What a snapshot holds, and what could not be read for it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from guestpass.account import Snapshot
from guestpass.report.page import Line, Page, Span, line

_SHOWN = 8


def snapshot_page(read: Snapshot, *, file: str) -> Page:
    """Say what was written, and every gap's reason, the first few of them."""
    counts = ", ".join(f"{count:,} {what}" for what, count in _counts(read).items())
    out: list[Line] = [line(Span("written: ", "good"), file, wrap=False), line(counts, indent=2)]
    reasons = Counter(read.gaps.values())
    for why, count in reasons.most_common(_SHOWN):
        times = f"  {count} times" if count > 1 else ""
        out.append(line(Span("? ", "warn"), f"not read: {why}", Span(times, "dim"), indent=2, hang=4))
    if len(reasons) > _SHOWN:
        more = f"and {len(reasons) - _SHOWN} more reasons: see `gaps` in the file"
        out.append(line(Span(more, "dim"), indent=2))
    return tuple(out)


def snapshot_json(read: Snapshot, *, file: str, sha256: str) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.snapshot-written/1`)."""
    return {
        "schema": "guestpass.snapshot-written/1",
        "file": file,
        "sha256": sha256,
        "account": read.caller.account,
        "taken_at": read.taken_at.isoformat(),
        "counts": _counts(read),
        "gaps": dict(read.gaps),
    }


def _counts(read: Snapshot) -> dict[str, int]:
    return {
        "users": len(read.users),
        "groups": len(read.groups),
        "roles": len(read.roles),
        "policies": len(read.policies),
        "resources": len(read.resources),
        "resource policies": sum(document is not None for document in read.resource_policies.values()),
    }

"""What the guest does, watched: the attempts, the knocks, and how long a freeze takes."""

from __future__ import annotations

import json
import shlex
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guestpass.cli.play.measured import Measured
from guestpass.cli.play.stage import Stage
from guestpass.errors import GuestpassError
from guestpass.report.page import EMPTY, Span, line
from guestpass.report.refused import RefusedBy, refused_by

REFUSALS = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "InvalidClientTokenId",
     "RequestExpired", "ExpiredToken", "ExpiredTokenException", "Client.UnauthorizedOperation"}
)  # fmt: skip
"""Error codes by which AWS refuses a caller; any other error is a mistake in the call and proves nothing."""

LONGEST_WATCH = 30.0


def reading_env(path: Path) -> dict[str, str]:
    """Read what `unseal` wrote, as a shell that sources it would."""
    rows = [shlex.split(row) for row in path.read_text("utf-8").splitlines() if row.startswith("export ")]
    return dict(row[1].split("=", 1) for row in rows)


def attempts(stage: Stage, seen: Measured, older: Mapping[str, str]) -> None:
    """Let the guest try everything, and look up in the box what refused each try."""
    options = [word for name, value in older.items() for word in (f"--{name}", value)]
    ran = stage.guest("attempts.py", *options)
    rows = ran.rows()
    seen.require(
        bool(rows) and ran.code == 0, f"the attempts went wrong: {ran.err.strip()[-400:] or 'one succeeded'}"
    )
    for row in rows:
        by = _why(stage, row)
        refused = row["error"] in REFUSALS and by is not None and by.kind in ("explicit", "implicit")
        seen.attempts.append({**row, "refused": refused, "by": _plain(by)})
        seen.require(refused, f"`{row['name']}` was not refused by a policy: {row['error']} {row['message']}")
        sign = Span("✗ refused  ", "good") if refused else Span("! NOT REFUSED  ", "bad")
        stage.talk.event_or(
            {"event": "attempt", **seen.attempts[-1]},
            line(sign, str(row["name"]), indent=2, hang=6),
            line(Span(by.says if by else str(row["message"]), "dim"), indent=13, hang=13),
        )


def knocks(stage: Stage, seen: Measured, when: str, *, refused: bool) -> bool:
    """Let the guest knock by key and by session; all must be refused, or all let in. Returns whether it was so."""
    ran = stage.guest("knock.py", "once", "session.json")
    rows = ran.rows()
    right = bool(rows) and ran.code == 0 and all((row["error"] in REFUSALS) is refused for row in rows)
    right = right and all(refused or row["error"] is None for row in rows)
    told = "refused" if refused else "let in"
    seen.require(
        right,
        f"knocking {when} was not {told}: {[(row['by'], row['error']) for row in rows]} {ran.err[-200:]}",
    )
    for by in ("key", "session"):
        row = next((row for row in rows if row["by"] == by), None)
        if row is None:
            continue
        why = _why(stage, row) if row["error"] else None
        stage.talk.event_or(
            {"event": "knock", "when": when, "by": by, "error": row["error"], "refused_by": _plain(why)},
            line(
                Span("✗ refused" if row["error"] else "✓ let in ", "good" if right else "bad"),
                f"  {when}, by {by}: ",
                Span(f"{row['error']}; {why.says}" if why else row["error"] or row["call"], "dim"),
                indent=2,
                hang=13,
            ),
        )
    return right


def lockout(stage: Stage, seen: Measured, name: str) -> float | None:
    """Freeze while the guest keeps calling: seconds from the command to the last call that succeeded."""
    guest = stage.guest_in_background("knock.py", "watch", "session.json")
    rows: list[dict[str, Any]] = []
    reader = threading.Thread(target=_read, args=(guest, rows), daemon=True)
    reader.start()
    try:
        _until(lambda: sum(row["error"] is None for row in list(rows)) >= 6)
        began = time.time()
        frozen = stage.verb("freeze", name, rows=4)
        _until(lambda: _both_refused(rows))
    finally:
        _end(guest, reader)
    good = [row["at"] for row in rows if row["error"] is None]
    before = sum(at < began for at in good)
    right = frozen.code == 0 and before >= 2 and _both_refused(rows)
    seen.require(right, f"the freeze did not lock the guest out: exit {frozen.code}, {rows[-2:]}")
    if not right:
        return None
    seconds: float = round(max(0.0, max(good) - began), 2)
    stage.talk.event_or(
        {"event": "lockout", "seconds": seconds, "calls": len(rows), "succeeded": len(good)},
        EMPTY,
        line(
            Span(f"✓ {seconds} seconds ", "good"),
            "from the command to the guest's last call that succeeded "
            f"({len(good)} of {len(rows)} calls, by key and by session)",
            hang=2,
        ),
    )
    return seconds


def _both_refused(rows: list[dict[str, Any]]) -> bool:
    """Whether the newest calls of both ways are refused."""
    newest = list(rows)[-4:]
    return len(newest) == 4 and all(row["error"] in REFUSALS for row in newest)


def _read(guest: subprocess.Popen[str], rows: list[dict[str, Any]]) -> None:
    assert guest.stdout is not None  # noqa: S101 -- it was asked for
    for row in guest.stdout:
        rows.append(json.loads(row))  # noqa: PERF401 -- the list is read while it grows


def _until(true: Any) -> None:
    end = time.monotonic() + LONGEST_WATCH
    while not true() and time.monotonic() < end:
        time.sleep(0.02)


def _end(guest: subprocess.Popen[str], reader: threading.Thread) -> None:
    assert guest.stdin is not None  # noqa: S101 -- it was asked for
    assert guest.stderr is not None  # noqa: S101 -- it was asked for
    guest.stdin.close()
    try:
        guest.wait(timeout=10)
    except subprocess.TimeoutExpired:
        guest.kill()
        guest.wait()
    reader.join(timeout=5)
    guest.stderr.close()


def _why(stage: Stage, row: Mapping[str, Any]) -> RefusedBy | None:
    """Ask the box, apart from what AWS's client sees, what decided this request."""
    if not row.get("request_id"):
        return None
    try:
        return refused_by(stage.box.decision(str(row["request_id"])))
    except GuestpassError:
        return None


def _plain(by: RefusedBy | None) -> dict[str, Any] | None:
    if by is None:
        return None
    return {
        "kind": by.kind,
        "action": by.action,
        "layers": list(by.layers),
        "statements": list(by.statements),
        "says": by.says,
    }

"""The owner looks at what was done: the record, the things, the bill; then takes away what was not used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from typing import Any, Final

from guestpass.cli.play.measured import Measured
from guestpass.cli.play.stage import REGION, Stage
from guestpass.report.page import EMPTY, Span, line

HOURS: Final = 6
HAND_IN: Final = "hand-in.md"


def look_back(stage: Stage, seen: Measured, name: str) -> None:
    """Read trail, things and bill as an owner does; the strays that the guest did not tell must be found."""
    strays = _strays(stage, seen)
    _hand_in(stage, seen.built)
    stage.box.move_clock(seconds=HOURS * 3600)
    stage.box.deliver()
    stage.box.write_bill()
    stage.talk.event_or(
        {"event": "clock", "hours": HOURS},
        line(f"The box's clock is moved on by {HOURS} hours; the trail and the bill arrive in the bucket."),
    )
    used = stage.verb("usage", name, rows=18)
    seen.require(used.code == 0 and "ec2:RunInstances" in used.out, f"usage was not told: {used.err[-300:]}")
    compared = stage.verb(
        *("inventory", name, "--compare", HAND_IN, "--document", f"{name}-deployed.md"), rows=24
    )
    told = compared.out + compared.err
    seen.require(
        compared.code == 3 and all(stray in told for stray in strays),
        f"not every stray was found: {strays}, exit {compared.code}: {compared.err[-300:]}",
    )
    seen.require((stage.owner_folder / f"{name}-deployed.md").is_file(), "no deployment document was written")
    stage.verb("bill", name, "--compare", HAND_IN, rows=30)
    _bill(stage, seen, name, strays)


def tightened(stage: Stage, seen: Measured, name: str) -> None:
    """Take away what was not used, and see that what was is left, tear-down and all."""
    ran = stage.verb("tighten", "pass.yaml", "--confirm", name, rows=24)
    seen.tightened = seen.require(
        ran.code == 0, f"the pass could not be tightened (exit {ran.code}): {(ran.out + ran.err)[-600:]}"
    )
    torn = stage.guest("teardown.py", "staging")
    gone = [f"{row['deleted']} {row['id']}" for row in torn.rows() if "deleted" in row]
    seen.require(torn.code == 0 and len(gone) >= 6, f"the tear-down failed: {gone} {torn.err.strip()[-400:]}")
    stage.talk.event_or(
        {"event": "torn-down", "deleted": gone, "exit": torn.code},
        EMPTY,
        line(
            Span("✓ the guest takes the staging half down, with what is left: ", "good"),
            ", ".join(gone),
            hang=4,
        ),
    )


def page(stage: Stage, seen: Measured, name: str) -> None:
    """Write the one page that tells the whole loan."""
    stage.box.deliver()
    stage.box.write_bill()
    out = f"{name}-report.html"
    ran = stage.verb("report", "pass.yaml", "--compare", HAND_IN, "--out", out, rows=10)
    path = stage.owner_folder / out
    if seen.require(ran.code == 0 and path.is_file(), f"no report was written: {ran.err[-300:]}"):
        seen.report = path


def _strays(stage: Stage, seen: Measured) -> list[str]:
    ran = stage.guest("stray.py")
    rows = ran.rows()
    seen.require(ran.code == 0 and len(rows) == 2, f"the strays could not be made: {ran.err[-300:]}")
    stage.talk.event_or(
        {"event": "strays", "made": [f"{row['made']} {row['id']}" for row in rows]},
        line("The guest makes two more things, and does not tell: an idle address and a disk of 100 GiB."),
    )
    return [str(row["id"]) for row in rows]


def _hand_in(stage: Stage, built: Sequence[str]) -> None:
    """The guest fills in the letter's form: everything but the strays."""
    rows = [each.split(" ", 1) for each in built]
    table = "".join(f"| {kind} | {thing} | {REGION} | the site | keep | |\n" for kind, thing in rows)
    path = stage.guest_folder / HAND_IN
    path.write_text(
        "# What I made\n\n"
        "| resource | id or ARN | region | what it is for | keep or delete | how to update it |\n"
        f"|---|---|---|---|---|---|\n{table}",
        encoding="utf-8",
    )
    shutil.copy(path, stage.owner_folder / HAND_IN)


def _bill(stage: Stage, seen: Measured, name: str, strays: Sequence[str]) -> None:
    ran = stage.quietly("bill", name, "--compare", HAND_IN, "--json")
    rows = ran.rows()
    told: dict[str, Any] = rows[-1] if rows else {}
    seen.require(
        ran.code in (0, 3) and "explained" in told, f"the bill was not told: {(ran.out + ran.err)[-300:]}"
    )
    seen.bill = {key: str(told[key]) for key in ("explained", "undocumented") if key in told}
    for stray in strays:
        seen.require(stray in json.dumps(told), f"the bill does not name the stray `{stray}`")

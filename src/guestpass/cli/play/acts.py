"""The acts of the loan, in order."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyrage

from guestpass.cli.play.guests import attempts, knocks, lockout, reading_env
from guestpass.cli.play.looking import look_back, page, tightened
from guestpass.cli.play.measured import Measured
from guestpass.cli.play.stage import REGION, Stage
from guestpass.cli.sealing import SEALED
from guestpass.report.page import EMPTY, Line, Span, heading, line

PASS: Final = "acme-shop"  # noqa: S105 -- a pass is no password
UNTIL = timedelta(hours=24)
"""Short enough that a session of 36 hours outlives it: so it is the wall that refuses, not the session's own end."""


def play(stage: Stage) -> Measured:
    """Play the loan and return what was measured. Goes on after a problem where the rest still means something."""
    seen = Measured()
    older = _before(stage, seen)
    _prepare(stage, seen)
    if not _lend(stage, seen):
        return seen
    _work(stage, seen, older)
    _expire(stage, seen)
    _look(stage, seen)
    _take_back(stage, seen)
    _finish(stage, seen)
    return seen


def _act(stage: Stage, number: int, title: str, *says: str) -> None:
    rows: list[Line] = [EMPTY, heading(f"{number}. {title}"), *(line(each, hang=0) for each in says)]
    stage.talk.event_or({"event": "act", "number": number, "title": title}, *rows)


def _before(stage: Stage, seen: Measured) -> dict[str, str]:
    _act(
        stage,
        1,
        "An AWS in the box, and the owner's older things",
        f"It listens on {stage.box.endpoint_url}, in its own process. It decides each call by the policies"
        " that apply, and records it. The owner has an instance, a database, copies of both and a powerful role already.",
    )
    subnets = _ask(stage, "ec2", "describe-subnets", "--query", "Subnets[0:2].SubnetId")
    settings = stage.owner_settings()
    ran = stage.run(stage.script("older.py", subnets[0]), settings=settings, folder=stage.owner_folder)
    seen.require(ran.code == 0, f"the owner's older things could not be made: {ran.err[-300:]}")
    told: dict[str, str] = json.loads(ran.out) if ran.code == 0 else {}
    stage.talk.event_or(
        {"event": "older", **told}, *(line(f"{name:<12} {value}", indent=2) for name, value in told.items())
    )
    return told


def _prepare(stage: Stage, seen: Measured) -> None:
    _act(stage, 2, "The owner writes a pass, and sets up the record", "guestpass takes no root credentials:")
    root = stage.verb("status", settings=stage.owner_settings(stage.box.root))
    seen.require(root.code == 1 and "error[root]" in root.err, "root credentials were not refused")
    identity = pyrage.x25519.Identity.generate()
    key = stage.guest_folder / "identity.txt"
    key.touch(mode=0o600)
    key.write_text(f"{identity}\n", encoding="utf-8")
    until = (datetime.now(UTC) + UNTIL).strftime("%Y-%m-%dT%H:%M:%SZ")
    written = stage.verb(
        *("init", "--name", PASS, "--guest", "Jo Example", "--login", "access-key"),
        *("--key", str(identity.to_public()), "--blueprint", "php-mysql", "--regions", REGION),
        *("--instance-types", "t3.micro", "t3.small", "--database-classes", "db.t3.micro"),
        *("--until", until, "--monthly-usd", "50", "--notify", "owner@example.org"),
    )
    seen.require(written.code == 0, "the pass could not be written")
    guarded = stage.verb("guard", "pass.yaml", "--confirm", PASS, rows=4)
    seen.require(guarded.code == 0, "the account could not be guarded")
    checked = stage.verb("doctor", "pass.yaml", rows=16)
    seen.require(checked.code in (0, 3), "the doctor could not look")
    compared = stage.verb("compare", "pass.yaml", "PowerUserAccess", rows=24)
    seen.require(compared.code == 3 and "iam:PassRole" in compared.out, "the template was not told apart")


def _lend(stage: Stage, seen: Measured) -> bool:
    _act(stage, 3, "The owner lends", "First what it would give, then the grant itself.")
    shown = stage.verb("plan", "pass.yaml", rows=30)
    seen.require(shown.code == 3, "there was nothing to plan")
    granted = stage.verb("grant", "pass.yaml", "--confirm", PASS, rows=6)
    handover = stage.owner_folder / f"{PASS}-handover"
    sealed = handover / SEALED
    seen.granted = seen.require(granted.code == 0 and sealed.is_file(), "the pass was not granted")
    if not seen.granted:
        return False
    shutil.copytree(handover, stage.guest_folder / "handover")
    opened = stage.verb(
        *("unseal", f"handover/{SEALED}", "--identity", "identity.txt"),
        settings=stage.bare_guest_settings(),
        folder=stage.guest_folder,
    )
    seen.granted = seen.require(opened.code == 0, "the guest could not open the seal")
    if seen.granted:
        stage.guest_settings.update(reading_env(stage.guest_folder / f"{PASS}.env"))
    return seen.granted


def _work(stage: Stage, seen: Measured, older: dict[str, str]) -> None:
    _act(
        stage,
        4,
        "The guest works, with nothing but the unsealed credentials",
        "deploy.py builds the site with boto3, deploy.sh builds it again with the aws command line.",
    )
    for script in ("deploy.py", "deploy.sh"):
        ran = stage.guest(script)
        made = [f"{row['made']} {row['id']}" for row in ran.rows()]
        seen.built += made
        seen.require(ran.code == 0, f"{script} failed: {ran.err.strip()[-400:]}")
        stage.talk.event_or(
            {"event": "built", "by": script, "made": made, "exit": ran.code},
            line(Span("✓ built by ", "good"), f"{script}: {', '.join(made)}", indent=2, hang=4),
        )
    _act(stage, 5, "The guest tries what was not agreed", "Each line: what was tried, and what refused it.")
    bucket = f"guestpass-trail-{stage.box.owner.account}-{REGION}"
    attempts(stage, seen, older | {"trail-bucket": bucket})
    stage.guest("knock.py", "mint", "session.json")
    knocks(stage, seen, "before the end of the pass", refused=False)


def _expire(stage: Stage, seen: Measured) -> None:
    _act(
        stage,
        6,
        "The pass runs out",
        "The box's clock is moved past the pass's date. Nothing of guestpass runs; the wall's own date refuses the"
        " key, and the session that was minted before.",
    )
    stage.box.move_clock(seconds=(UNTIL + timedelta(minutes=5)).total_seconds())
    past = knocks(stage, seen, "after the end", refused=True)
    stage.box.reset_clock()
    back = knocks(stage, seen, "with the clock back", refused=False)
    seen.expired = past and back


def _look(stage: Stage, seen: Measured) -> None:
    _act(
        stage,
        7,
        "The owner looks: what was used, what was built, what it costs",
        "All of it is read from the trail's files, the account and the bill in the owner's bucket.",
    )
    look_back(stage, seen, PASS)
    _act(
        stage,
        8,
        "Access shrinks to what was used",
        "And to what taking it down again will need, behind the same wall.",
    )
    tightened(stage, seen, PASS)


def _take_back(stage: Stage, seen: Measured) -> None:
    _act(stage, 9, "The owner takes it back", "The guest keeps calling while the owner freezes the pass.")
    seen.seconds_to_lockout = lockout(stage, seen, PASS)
    revoked = stage.verb("revoke", PASS, rows=4)
    seen.require(revoked.code == 3, "revoke did not say what it waits for")
    knocks(stage, seen, "by the old key and the old session", refused=True)
    stage.talk.event_or(
        {"event": "clock", "hours": 37},
        EMPTY,
        line("No session of the guest can live longer than 36 hours. The box's clock is moved on by 37."),
    )
    stage.box.move_clock(seconds=timedelta(hours=37).total_seconds())
    finished = stage.verb("revoke", PASS, "--resume", rows=4)
    gone = knocks(stage, seen, "a last time", refused=True)
    stage.talk.event_or({"event": "says", "text": "status"}, EMPTY, line("On a machine that has no ledger:"))
    state = _state(stage, stage.owner_settings(home="other-machine"))
    seen.revoked = seen.require(
        finished.code == 0 and gone and state == "revoked",
        f"the pass is not revoked but {state or 'not known'}",
    )
    _site(stage, seen)


def _site(stage: Stage, seen: Measured) -> None:
    """Ask AWS, not guestpass, whether what was built still runs with its role."""
    with ThreadPoolExecutor() as both:
        running = both.submit(
            _ask,
            *(stage, "ec2", "describe-instances", "--filters", f"Name=tag:guestpass,Values={PASS}"),
            *("Name=instance-state-name,Values=running", "--query", "Reservations[].Instances[].InstanceId"),
        ).result
        roles = both.submit(
            _ask,
            *(stage, "iam", "get-instance-profile", "--instance-profile-name", f"{PASS}-instance"),
            *("--query", "InstanceProfile.Roles[].RoleName"),
        ).result
    seen.site_kept = seen.require(
        len(running()) == 1 and roles() == [f"{PASS}-instance"], "the site does not run on as it should"
    )
    stage.talk.event_or(
        {"event": "site", "running": running(), "role": roles()},
        line(
            Span("✓ the site keeps running: ", "good"),
            f"{', '.join(running())} with role {', '.join(roles())}",
        ),
    )


def _finish(stage: Stage, seen: Measured) -> None:
    _act(
        stage,
        10,
        "How sure is it?",
        "The certificate judges each way back in, and says what it did not judge; one page tells the whole loan.",
    )
    ran = stage.verb("certify", PASS, rows=30)
    folder = stage.owner_folder
    written = sorted(folder.glob("*certificate.json"))
    if seen.require(ran.code in (0, 3, 4) and bool(written), "no certificate was written"):
        told: dict[str, Any] = json.loads(written[0].read_text("utf-8"))
        seen.doors = {str(name): int(number) for name, number in told["counts"].items()}
        seen.require(not seen.doors.get("open"), f"{seen.doors.get('open')} doors are open")
    page(stage, seen, PASS)


def _state(stage: Stage, settings: dict[str, str]) -> str | None:
    """Return the pass's state as the account tells it to a machine that has never seen it."""
    if not stage.talk.json:
        said = re.search(rf"^{PASS}  \S+ (\w+)", stage.verb("status", settings=settings).out, re.MULTILINE)
        return said[1] if said else None
    rows = stage.quietly("status", PASS, "--json", settings=settings).rows()
    passes = rows[-1].get("passes", []) if rows else []
    return str(passes[0]["state"]) if passes else None


def _ask(stage: Stage, *words: str) -> list[str]:
    """Ask as the owner, by the aws command line; text rows as a list."""
    command = ["aws", "--endpoint-url", stage.box.endpoint_url, "--output", "json", *words]
    ran = stage.run(command, settings=stage.owner_settings(), folder=stage.owner_folder)
    return [str(each) for each in json.loads(ran.out)] if ran.code == 0 and ran.out.strip() else []

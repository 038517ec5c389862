"""A certificate that was written, read again: what it says is taken as it stands there, and nothing is judged anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import msgspec

from guestpass.catalog.doors import doors
from guestpass.catalog.values import Door
from guestpass.errors import InputError, Place
from guestpass.loan.certificate import SCHEMA, Certificate
from guestpass.loan.doors import KINDS, Kind, Verdict


class _Line(msgspec.Struct, frozen=True):
    door: str
    category: str
    title: str
    verdict: Kind
    says: str
    evidence: list[str]
    fix: str | None


class _Evidence(msgspec.Struct, frozen=True):
    ledger_head: str | None
    snapshot_sha256: str
    baseline_sha256: str | None


class _File(msgspec.Struct, frozen=True, rename={"pass_name": "pass"}):
    schema: str
    pass_name: str
    account: str
    at: datetime
    state: str
    granted_at: datetime | None
    frozen_at: datetime | None
    doors: list[_Line]
    not_judged: dict[str, str]
    gaps: dict[str, str]
    evidence: _Evidence


def read_certificate(text: bytes, *, file: str, pass_name: str, account: str) -> Certificate:
    """Read what `certificate_json` wrote. Raises InputError for what is no certificate, or one of another loan."""
    hint = f"guestpass certify {pass_name}"
    try:
        told = msgspec.json.decode(text, type=_File)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"`{file}` is no certificate of guestpass: {error}", place=Place(file=file), hint=hint
        ) from error
    if told.schema != SCHEMA or any(at is not None and at.tzinfo is None for at in _times(told)):
        raise InputError(
            f"`{file}` is no certificate of this guestpass",
            place=Place(file=file),
            expected=SCHEMA,
            hint=hint,
        )
    if (told.pass_name, told.account) != (pass_name, account):
        raise InputError(
            f"`{file}` certifies `{told.pass_name}` of account {told.account}",
            place=Place(file=file),
            expected=f"`{pass_name}` of account {account}",
            hint=hint,
        )
    known = {door.code: door for door in doors()}
    verdicts = tuple(_verdict(line, known) for line in told.doors)
    return Certificate(
        pass_name=told.pass_name,
        account=told.account,
        at=told.at,
        verdicts=verdicts,
        # counted anew: a file whose counts were changed by hand says the same as its lines
        counts={kind: sum(verdict.kind == kind for verdict in verdicts) for kind in KINDS},
        state=told.state,
        granted_at=told.granted_at,
        frozen_at=told.frozen_at,
        ledger_head=told.evidence.ledger_head,
        snapshot=told.evidence.snapshot_sha256,
        baseline=told.evidence.baseline_sha256,
        gaps=told.gaps,
        not_judged=told.not_judged,
    )


def _times(told: _File) -> tuple[datetime | None, ...]:
    return told.at, told.granted_at, told.frozen_at


def _verdict(line: _Line, known: dict[str, Door]) -> Verdict:
    """Return the verdict; a door that was written differently then keeps the words it was certified by."""
    door = known.get(line.door) or Door(
        number=int(line.door[3:]) if line.door[3:].isdecimal() else 0,
        category=line.category,
        title=line.title,
        need="A",
        planting=(),
        finders=(),
        closers=(),
        catch="",
        evidence=(),
    )
    return Verdict(
        door=replace(door, category=line.category, title=line.title),
        kind=line.verdict,
        says=line.says,
        evidence=tuple(line.evidence),
        fix=line.fix,
    )

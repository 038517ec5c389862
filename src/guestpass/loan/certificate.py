"""The certificate: what is known at the end of a loan, line by line, and what nobody looked at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guestpass.account import digest
from guestpass.account.snapshot import Snapshot
from guestpass.catalog.doors import categories
from guestpass.loan.doors import KINDS, Kind, Verdict
from guestpass.loan.plan.freeze import written

SCHEMA = "guestpass.certificate/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """What can be said of a loan's end. It certifies the verdicts below, and nothing about `not_judged`.

    `ledger_head` is the ledger's last hash, with which later cuts of it are seen; `snapshot` and `baseline` are
    sha256 digests of what was read.
    """

    pass_name: str
    account: str
    at: datetime
    verdicts: tuple[Verdict, ...]
    counts: Mapping[Kind, int]
    state: str
    granted_at: datetime | None
    frozen_at: datetime | None
    ledger_head: str | None
    snapshot: str
    baseline: str | None
    gaps: Mapping[str, str]
    not_judged: Mapping[str, str]

    @property
    def open(self) -> tuple[Verdict, ...]:
        """The doors that stand open: what is still to be done."""
        return tuple(verdict for verdict in self.verdicts if verdict.kind == "open")


def certify(
    verdicts: Iterable[Verdict],
    *,
    pass_name: str,
    snapshot: Snapshot,
    baseline: Snapshot | None = None,
    state: str,
    granted_at: datetime | None = None,
    frozen_at: datetime | None = None,
    ledger_head: str | None = None,
) -> Certificate:
    """Gather the verdicts on one certificate. `state` is the pass's (`loan.status`)."""
    lines = tuple(verdicts)
    seen = Counter(verdict.kind for verdict in lines)
    judged = {verdict.door.category for verdict in lines}
    return Certificate(
        pass_name=pass_name,
        account=snapshot.caller.account,
        at=snapshot.taken_at,
        verdicts=lines,
        counts={kind: seen[kind] for kind in KINDS},
        state=state,
        granted_at=granted_at,
        frozen_at=frozen_at,
        ledger_head=ledger_head,
        snapshot=digest(snapshot),
        baseline=digest(baseline) if baseline is not None else None,
        gaps=dict(snapshot.gaps),
        not_judged={letter: says for letter, says in sorted(categories().items()) if letter not in judged},
    )


def certificate_json(certificate: Certificate) -> str:
    """The certificate as one JSON document."""
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "pass": certificate.pass_name,
        "account": certificate.account,
        "at": written(certificate.at),
        "state": certificate.state,
        "granted_at": written(certificate.granted_at) if certificate.granted_at else None,
        "frozen_at": written(certificate.frozen_at) if certificate.frozen_at else None,
        "counts": dict(certificate.counts),
        "doors": [_line(verdict) for verdict in certificate.verdicts],
        "not_judged": dict(certificate.not_judged),
        "gaps": dict(certificate.gaps),
        "evidence": {
            "ledger_head": certificate.ledger_head,
            "snapshot_sha256": certificate.snapshot,
            "baseline_sha256": certificate.baseline,
        },
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def _line(verdict: Verdict) -> dict[str, Any]:
    return {
        "door": verdict.door.code,
        "category": verdict.door.category,
        "title": verdict.door.title,
        "verdict": verdict.kind,
        "says": verdict.says,
        "evidence": list(verdict.evidence),
        "fix": verdict.fix,
    }

"""What the demo measured; nothing in it is set without a call that showed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = "guestpass.demo/1"


@dataclass(kw_only=True, slots=True)
class Measured:
    """The loan as it was seen to go. `problems` are what did not go as it should: the demo fails on the first."""

    granted: bool = False
    built: list[str] = field(default_factory=list)
    attempts: list[Mapping[str, Any]] = field(default_factory=list)
    expired: bool = False
    revoked: bool = False
    site_kept: bool = False
    seconds_to_lockout: float | None = None
    doors: Mapping[str, int] = field(default_factory=dict)
    tightened: bool = False
    bill: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many attempts were refused."""
        return sum(1 for each in self.attempts if each["refused"])

    def require(self, true: bool, otherwise: str) -> bool:
        """Keep what is not as it should be; returns what it was given."""
        if not true:
            self.problems.append(otherwise)
        return true

    def last_line(self) -> dict[str, Any]:
        """Return the demo's last line."""
        return {
            "schema": SCHEMA,
            "granted": self.granted,
            "refused": self.refused,
            "built": len(self.built),
            "expired": self.expired,
            "revoked": self.revoked,
            "doors": dict(self.doors),
            "seconds_to_lockout": self.seconds_to_lockout,
            "tightened": self.tightened,
            "bill": dict(self.bill),
            "report": str(self.report) if self.report else None,
        }

"""A finding is about the user's world, never about guestpass: one fact, where it stands, why it matters, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guestpass.errors import Place

Severity = Literal["note", "warning", "error"]
Confidence = Literal["certain", "likely"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One fact for the reader.

    `code` is a room's three letters and a number (`POL012`), stable for ever; `guestpass explain CODE` prints the
    long form. `says` is the fact, `because` why it matters, `fix` what to do.
    """

    code: str
    severity: Severity
    says: str
    because: str
    fix: str
    confidence: Confidence = "certain"
    place: Place | None = None

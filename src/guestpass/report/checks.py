"""The doctor's checks as a page and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from guestpass.report.page import Line, Page, Span, Style, line

Result = Literal["ok", "wrong", "unknown"]

_SIGNS: dict[Result, tuple[str, Style]] = {
    "ok": ("✓ ok     ", "good"),
    "wrong": ("✗ wrong  ", "bad"),
    "unknown": ("? unknown", "warn"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that was looked at: how it came out, what was seen, and what to do where it is not ok."""

    name: str
    result: Result
    says: str
    fix: str | None = None


def checks_page(checks: Sequence[Check]) -> Page:
    """Return each check with its result and, where it is not ok, its fix; then the count."""
    out: list[Line] = []
    for check in checks:
        sign, style = _SIGNS[check.result]
        out.append(line(Span(sign, style), f"  {check.name:<12}", check.says, hang=23))
        if check.fix and check.result != "ok":
            out.append(line(Span("fix: ", "hint"), check.fix, indent=23, hang=28))
    counts = {result: sum(check.result == result for check in checks) for result in _SIGNS}
    told = ", ".join(f"{number} {result}" for result, number in counts.items() if number)
    return (*out, line(""), line(told))


def checks_json(checks: Sequence[Check], *, pass_name: str | None) -> dict[str, Any]:
    """Return the checks as JSON (`guestpass.doctor/1`)."""
    return {
        "schema": "guestpass.doctor/1",
        "pass": pass_name,
        "ok": all(check.result == "ok" for check in checks),
        "checks": [
            {"name": check.name, "result": check.result, "says": check.says, "fix": check.fix}
            for check in checks
        ],
    }

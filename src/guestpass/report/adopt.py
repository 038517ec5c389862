"""What adopting a user finds: what they can do beyond what they did, and what the pass was written from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guestpass.loan.adopting import Proposal
from guestpass.loan.compare import Comparison
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line, listed

WORST_SHOWN = 8
BEYOND_SHOWN = 12


def adopt_page(
    user: str,
    told: Comparison,
    found: Proposal,
    *,
    source: str,
    beyond: Sequence[str],
    unread: Sequence[str],
) -> Page:
    """Say what the user holds now, held against the pass; `beyond` is what they used and will lack."""
    out: list[Line] = [
        heading(f"{user} holds now"),
        line(
            Span(f"{told.beyond:,} actions ", "bad" if told.beyond else "good"),
            f"beyond what the job needs ({len(told.needed)}), of {told.known:,} known",
            indent=2,
        ),
    ]
    out += [
        line(Span("! ", "warn"), f"{power.words}  ", Span(power.action, "dim"), indent=2, hang=4)
        for power in told.worst[:WORST_SHOWN]
    ]
    if len(told.worst) > WORST_SHOWN:
        out.append(line(f"and {len(told.worst) - WORST_SHOWN} more: `--json` lists them", indent=2))
    out += [
        line(Span("? not read: ", "warn"), arn, "; what it allows is not in this count", indent=2, hang=4)
        for arn in unread
    ]
    out += [EMPTY, heading("what they did"), line(f"{found.calls:,} calls, by {source}", indent=2)]
    for name, values in _found(found).items():
        out.append(line(Span(f"{name:<12}", "dim"), ", ".join(values) or "nothing seen", indent=2, hang=14))
    if beyond:
        out += [EMPTY, heading("they used this, and the pass does not give it")]
        out += listed(beyond[:BEYOND_SHOWN], sign="-", style="bad")
        if len(beyond) > BEYOND_SHOWN:
            out.append(line(f"and {len(beyond) - BEYOND_SHOWN} more: `--json` lists them", indent=2))
    return (*out, EMPTY)


def adopt_json(
    user: str,
    told: Comparison,
    found: Proposal,
    *,
    source: str,
    beyond: Sequence[str],
    unread: Sequence[str],
) -> dict[str, Any]:
    """Say the same as JSON, to be part of `guestpass.adopt/1`."""
    return {
        "user": user,
        "beyond": told.beyond,
        "known": told.known,
        "worst": [{"action": power.action, "words": power.words} for power in told.worst],
        "not_read": list(unread),
        "calls": found.calls,
        "source": source,
        "found": {name: list(values) for name, values in _found(found).items()},
        "used_and_not_given": list(beyond),
    }


def _found(found: Proposal) -> dict[str, tuple[str, ...]]:
    return {
        "regions": found.regions,
        "instances": found.instance_types,
        "databases": found.database_classes,
        "network": ((found.vpc,) if found.vpc else ()) + found.subnets,
    }

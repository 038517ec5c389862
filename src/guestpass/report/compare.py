"""A template held against a pass: what it lacks, what it gives beyond the job, the worst of it in words."""

from __future__ import annotations

from typing import Any

from guestpass.loan.compare import Comparison
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line

WORST_SHOWN = 12


def compare_page(told: Comparison, *, source: str) -> Page:
    """Return the answer to the owner's own question; `source` says where the template's text came from."""
    out: list[Line] = [_answer(told), line(Span(source, "dim"), indent=2)]
    if told.lacks:
        out += [EMPTY, heading("the job needs, and it does not give")]
        out += [
            line(Span("✗ ", "bad"), f"{lack.action}: {lack.why}", indent=2, hang=4) for lack in told.lacks
        ]
    out += [EMPTY, heading("it gives beyond the job")]
    out.append(
        line(f"{told.beyond:,} actions of {told.known:,} known (the job needs {len(told.needed)})", indent=2)
    )
    levels = ", ".join(f"{number:,} {level.lower()}" for level, number in told.by_level.items() if number)
    out.append(line(levels, indent=2))
    if told.worst:
        out += [EMPTY, heading("the worst of them")]
        for power in told.worst[:WORST_SHOWN]:
            out.append(
                line(Span("! ", "warn"), f"{power.words}  ", Span(power.action, "dim"), indent=2, hang=4)
            )
        if len(told.worst) > WORST_SHOWN:
            out.append(line(f"and {len(told.worst) - WORST_SHOWN} more: `--json` lists them", indent=2))
    if told.unclear:
        out += [EMPTY, line(Span("? not understood: ", "warn"), ", ".join(told.unclear))]
    out += [EMPTY, line(Span("by action alone; resources and conditions are not weighed here", "dim"))]
    return tuple(out)


def compare_json(told: Comparison, *, source: str) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.compare/1`)."""
    return {
        "schema": "guestpass.compare/1",
        "template": told.template,
        "pass": told.pass_name,
        "source": source,
        "enough": told.enough,
        "needed": list(told.needed),
        "lacks": [{"action": lack.action, "why": lack.why} for lack in told.lacks],
        "given": told.given,
        "beyond": told.beyond,
        "by_level": dict(told.by_level),
        "known": told.known,
        "worst": [
            {"action": power.action, "words": power.words, "rank": power.rank, "source": power.source}
            for power in told.worst
        ],
        "unclear": list(told.unclear),
        "catalogue": told.data_version,
    }


def _answer(told: Comparison) -> Line:
    fits = told.enough and not told.beyond
    if fits:
        return line(Span("yes: ", "good"), f"{told.template} gives what {told.pass_name} needs, and no more")
    short = "" if told.enough else f", and {len(told.lacks)} less"
    return line(
        Span("no: ", "bad"),
        f"{told.template} gives {told.beyond:,} actions more than {told.pass_name} needs{short}",
    )

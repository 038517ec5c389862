"""The policies of a job: what was written, what each statement is for, what room is left, what could not be held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guestpass.catalog import data_version
from guestpass.loan.synthesis import Synthesis
from guestpass.needs import MAX_POLICY, Need
from guestpass.needs.declared import Found
from guestpass.needs.fit import Fitted, Holder, TooLarge
from guestpass.report.needs import missing_json, need_json
from guestpass.report.page import EMPTY, Line, Page, Span, heading, line

_WILDCARDS = 3


def policy_page(
    told: Synthesis, found: Found, *, source: str, carried_by: Holder, files: Sequence[str]
) -> Page:
    """Return what was written and how it fits; for a job that does not fit, what costs most and what widening would do."""
    out: list[Line] = []
    if isinstance(told.job, Fitted):
        out += _fitted(told, told.job, source, carried_by)
    else:
        out += _too_large(told.job)
    out += [EMPTY, heading("the wall")]
    if told.wall is not None:
        out.append(
            line(
                f"{len(told.wall['Statement'])} statements, {told.wall_size:,} of {MAX_POLICY:,} characters",
                indent=2,
            )
        )
        out += [line(Span("! ", "warn"), each, indent=2, hang=4) for each in told.given_up]
    else:
        costs = ", ".join(f"`{sid}` {size:,}" for sid, size in told.costliest[:_WILDCARDS])
        out.append(
            line(
                Span("✗ ", "bad"),
                f"it does not fit into one policy, and a boundary is one: {told.wall_size:,} characters where "
                f"{MAX_POLICY:,} are room; most cost {costs}. Split the job into passes",
                indent=2,
                hang=4,
            )
        )
    if found.missing:
        out += [EMPTY, heading(f"missing: {len(found.missing)}; the policies may be too narrow")]
        out += [
            line(Span("? ", "warn"), f"{each.place}: {each.says}", indent=2, hang=4) for each in found.missing
        ]
    if found.notes:
        out += [EMPTY, heading("to know")]
        out += [line("- ", note, indent=2, hang=4) for note in found.notes]
    if files:
        out += [EMPTY, heading("written")]
        out += [line(file, indent=2, wrap=False) for file in files]
    return tuple(out)


def policy_json(
    told: Synthesis, found: Found, *, source: str, kind: str, carried_by: Holder, files: Sequence[str]
) -> dict[str, Any]:
    """Return the same as JSON (`guestpass.policy/1`), with the documents and the needs behind each statement."""
    return {
        "schema": "guestpass.policy/1",
        "source": source,
        "kind": kind,
        "complete": not found.missing,
        "holder": {"kind": carried_by.kind, "policies": carried_by.policies, "characters": carried_by.each},
        "fits": isinstance(told.job, Fitted),
        "policies": _policies(told.job) if isinstance(told.job, Fitted) else [],
        "reasons": reasons_json(told.reasons),
        "left": _left(told.job) if isinstance(told.job, Fitted) else None,
        "residual": told.job.residual if isinstance(told.job, Fitted) else "",
        "shortened": _shortened(told.job) if isinstance(told.job, Fitted) else {},
        "too_large": _too_large_json(told.job) if isinstance(told.job, TooLarge) else None,
        "wall": None
        if told.wall is None
        else {"characters": told.wall_size, "limit": MAX_POLICY, "document": told.wall},
        "wall_characters": told.wall_size,
        "given_up": list(told.given_up),
        "missing": [missing_json(each) for each in found.missing],
        "notes": list(found.notes),
        "files": list(files),
        "catalogue": data_version(),
    }


def reasons_json(reasons: Mapping[str, Sequence[Need]]) -> dict[str, Any]:
    """Return the needs behind each statement, by its Sid."""
    return {sid: [need_json(need) for need in needs] for sid, needs in reasons.items()}


def _fitted(told: Synthesis, job: Fitted, source: str, carried_by: Holder) -> list[Line]:
    actions = {need.action for needs in told.reasons.values() for need in needs}
    many = "policy" if len(job.policies) == 1 else "policies"
    out = [
        line(Span("✓ ", "good"), f"{source}: {len(actions)} actions in {len(job.policies)} {many}"),
    ]
    for (name, document), size in zip(job.policies, job.sizes, strict=True):
        out.append(
            line(
                f"{name}: {len(document['Statement'])} statements, {size:,} of {carried_by.each:,} characters",
                indent=2,
            )
        )
    left = job.left.policies
    out.append(line(Span(f"{carried_by.words} can carry {left} more", "dim"), indent=2))
    if job.factored:
        out.append(
            line(
                Span("joined, for AWS lists no further pair of action and thing: ", "dim"),
                Span(", ".join(job.factored), "dim"),
                indent=2,
            )
        )
    if job.residual:
        out.append(line(Span("! ", "warn"), job.residual, indent=2, hang=4))
    return out


def _too_large(job: TooLarge) -> list[Line]:
    out = [line(Span("✗ ", "bad"), job.why), EMPTY, heading("what costs most")]
    out += [line(f"{sid}: {size:,} characters", indent=2) for sid, size in job.costliest[:8]]
    out += [EMPTY, heading("what widening would save, and let in; nothing of it was done")]
    for wildcards in job.wildcards.values():
        for each in wildcards[:_WILDCARDS]:
            out.append(
                line(
                    f"{each.pattern}: saves {each.saves:,} characters; {len(each.extra):,} actions more, "
                    f"{each.writes:,} of them write and {each.manages:,} manage permissions",
                    indent=2,
                    hang=4,
                )
            )
    return out


def _policies(job: Fitted) -> list[dict[str, Any]]:
    return [
        {"name": name, "characters": size, "document": document}
        for (name, document), size in zip(job.policies, job.sizes, strict=True)
    ]


def _left(job: Fitted) -> dict[str, Any]:
    return {"policies": job.left.policies, "characters": list(job.left.characters)}


def _shortened(job: Fitted) -> dict[str, Any]:
    return {
        sid: [{"pattern": each.pattern, "stands_for": list(each.stands_for)} for each in patterns]
        for sid, patterns in job.shortened.items()
    }


def _too_large_json(job: TooLarge) -> dict[str, Any]:
    return {
        "why": job.why,
        "characters": job.characters,
        "room": job.room,
        "costliest": [{"sid": sid, "characters": size} for sid, size in job.costliest],
        "wildcards": {
            service: [
                {
                    "pattern": each.pattern,
                    "saves": each.saves,
                    "extra": list(each.extra),
                    "writes": each.writes,
                    "manages": each.manages,
                }
                for each in wildcards
            ]
            for service, wildcards in job.wildcards.items()
        },
    }

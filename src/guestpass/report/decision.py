"""A decision as a few lines: yes or no, and layer by layer which statement stands behind it."""

from __future__ import annotations

from typing import Any, assert_never

from guestpass.access.decision import Allowed, Decision, Denied, LayerTrace, StatementRef, Undecided
from guestpass.report.page import Line, Page, Span, line


def decision_page(decision: Decision, *, who: str, action: str, resource: str) -> Page:
    """Say whether `who` may do `action` on `resource`, then what each layer said."""
    return (verdict_line(decision, who=who, action=action, resource=resource), *trace_page(decision.trace))


def verdict_line(decision: Decision, *, who: str, action: str, resource: str) -> Line:
    """Say yes, no or undecided in one line."""
    return _verdict(decision, f"{who} may", f"{action} on {resource}")


def trace_page(trace: tuple[LayerTrace, ...]) -> Page:
    """Say what each layer said; the statements are named."""
    return tuple(each for layer in trace for each in _layer(layer))


def refused_by(decision: Decision) -> str:
    """Name in one phrase what refused: `boundary acme-wall: OnlyAgreedRegions (explicit deny)`."""
    match decision:
        case Denied(kind="explicit", by=by):
            return "; ".join(f"{_ref(ref)} (explicit deny)" for ref in by)
        case Denied(blocked_by=layers):
            return "no statement of " + " and of ".join(layers) + " allows it (implicit deny)"
        case Undecided(reasons=reasons):
            return "undecided, so refused: " + "; ".join(reasons)
        case Allowed():
            return "not refused"
        case _:
            assert_never(decision)


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return the decision as JSON values (part of other schemas)."""
    told: dict[str, Any] = {"trace": [_trace_json(layer) for layer in decision.trace]}
    match decision:
        case Allowed(by=by):
            told |= {"decision": "allowed", "by": [_ref_json(ref) for ref in by]}
        case Denied(kind=kind, by=by, blocked_by=blocked):
            told |= {
                "decision": "denied",
                "kind": kind,
                "by": [_ref_json(ref) for ref in by],
                "blocked_by": list(blocked),
            }
        case Undecided(reasons=reasons):
            told |= {"decision": "undecided", "reasons": list(reasons)}
        case _:
            assert_never(decision)
    return told


def answer_json(asked: Any, decision: Decision) -> dict[str, Any]:
    """Return the decision for a program: AWS's three results or `undecided`; `asked` is the question's id."""
    told: dict[str, Any] = {"id": asked, "decision": "undecided", "blocked_by": [], "by": []}
    match decision:
        case Allowed(by=by):
            told |= {"decision": "allowed", "by": [_ref(ref) for ref in by]}
            told["why"] = "allowed by " + ("; ".join(told["by"]) or "AWS, which asks for no permission")
        case Denied(kind=kind, by=by, blocked_by=blocked):
            told |= {
                "decision": f"{kind}_deny",
                "blocked_by": list(blocked),
                "by": [_ref(ref) for ref in by],
                "why": refused_by(decision) if by else _silence(decision.trace),
            }
        case Undecided(reasons=reasons):
            told["why"] = "; ".join(reasons)
        case _:
            assert_never(decision)
    return told


def _silence(trace: tuple[LayerTrace, ...]) -> str:
    """Which layers allow nothing, and how near each came."""
    said = []
    for layer in trace:
        if layer.outcome != "silent":
            continue
        near = layer.nearest
        parted = (
            f"; {_ref(near.statement)} comes closest, {near.parted_at} parts ways: {near.says}"
            if near
            else ""
        )
        said.append(f"no statement of {layer.layer} allows it{parted}")
    return ". ".join(said) or "nothing grants it"


def _verdict(decision: Decision, may: str, what: str) -> Line:
    match decision:
        case Allowed():
            return line(Span("yes: ", "good"), f"{may} {what}")
        case Denied(kind=kind):
            return line(Span("no: ", "bad"), f"{may} not {what} ({kind} deny)")
        case Undecided():
            return line(Span("undecided: ", "warn"), f"whether {may} {what}: ", "; ".join(decision.reasons))
        case _:
            assert_never(decision)


def _layer(layer: LayerTrace) -> Page:
    name = f"{layer.layer:<10}"
    match layer.outcome:
        case "allows":
            return (line(name, Span("✓ allows", "good"), "  ", _refs(layer.allowed_by), indent=2, hang=14),)
        case "denies":
            return (line(name, Span("✗ denies", "bad"), "  ", _refs(layer.denied_by), indent=2, hang=14),)
        case "undecided":
            return (line(name, Span("? undecided", "warn"), indent=2, hang=14),)
        case "silent":
            near = layer.nearest
            parted = f"  {near.statement.label} comes closest: {near.says}" if near else ""
            return (line(name, Span("✗ no statement allows it", "bad"), parted, indent=2, hang=14),)
        case _:
            assert_never(layer.outcome)


def _refs(refs: tuple[StatementRef, ...]) -> str:
    return ", ".join(f"{ref.policy}: {ref.label}" for ref in refs)


def _ref(ref: StatementRef) -> str:
    return f"{ref.layer} {ref.policy}: {ref.label}"


def _ref_json(ref: StatementRef) -> dict[str, Any]:
    return {"layer": ref.layer, "policy": ref.policy, "statement": ref.label, "index": ref.index}


def _trace_json(layer: LayerTrace) -> dict[str, Any]:
    return {
        "layer": layer.layer,
        "outcome": layer.outcome,
        "allowed_by": [_ref_json(ref) for ref in layer.allowed_by],
        "denied_by": [_ref_json(ref) for ref in layer.denied_by],
    }

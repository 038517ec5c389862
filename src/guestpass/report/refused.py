"""What the box tells about a refused request, in words: which layer, which statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedBy:
    """What refused a call. `kind` is `explicit`, `implicit`, `undecided`, `unmapped` or
    `credentials`.

    `layers` are those that refused; `statements` their Sids (of an implicit refusal: the one that came closest), as
    `policy: Sid`.
    """

    kind: str
    action: str | None
    layers: tuple[str, ...]
    statements: tuple[str, ...]
    says: str


def refused_by(told: Mapping[str, Any]) -> RefusedBy | None:
    """Read the box's own account of a request; None when it was allowed."""
    if told.get("allowed"):
        return None
    if told.get("unmapped"):
        return _other("unmapped", f"not known to the catalogue: {told['unmapped']}")
    checks = told.get("checks") or []
    if not checks:
        return _other("credentials", str(told.get("message") or "the credentials are not taken"))
    last = checks[-1]
    action = str(last["action"])
    match last["kind"]:
        case "denied-explicit":
            by = last["by"]
            names = tuple(_named(ref) for ref in by)
            layers = tuple(dict.fromkeys(str(ref["layer"]) for ref in by))
            says = f"{action}: denied by {' and '.join(_layered(ref) for ref in by)}"
            return RefusedBy(kind="explicit", action=action, layers=layers, statements=names, says=says)
        case "denied-implicit":
            return _implicit(action, last)
        case _:
            reasons = "; ".join(map(str, last.get("reasons") or ("no reason told",)))
            return RefusedBy(
                kind="undecided",
                action=action,
                layers=(),
                statements=(),
                says=f"{action}: undecided, {reasons}",
            )


def _implicit(action: str, check: Mapping[str, Any]) -> RefusedBy:
    silent = [layer for layer in check["layers"] if layer["outcome"] == "silent"]
    mattering = [layer for layer in silent if layer["layer"] in (check.get("blocked_by") or ())] or silent
    # a statement that does not even name the action says nothing about why
    nearest = [near for layer in mattering if (near := layer["nearest"]) and near["parted_at"] != "action"]
    layers = tuple(str(layer["layer"]) for layer in mattering)
    says = f"{action}: no statement of {' or '.join(layers)} allows it"
    if nearest:
        closest = nearest[0]
        says += f"; closest is {_layered(closest)}, where the {closest['parted_at']} parts: {closest['says']}"
    return RefusedBy(
        kind="implicit",
        action=action,
        layers=layers,
        statements=tuple(_named(ref) for ref in nearest),
        says=says,
    )


def _other(kind: str, says: str) -> RefusedBy:
    return RefusedBy(kind=kind, action=None, layers=(), statements=(), says=says)


def _named(ref: Mapping[str, Any]) -> str:
    return f"{ref['policy']}: {ref['statement']}"


def _layered(ref: Mapping[str, Any]) -> str:
    return f"{ref['layer']} {_named(ref)}"

"""The answer to one request, with the statements that stand behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guestpass.access.policy.values import Policy

Layer = Literal["scp", "rcp", "endpoint", "resource", "identity", "boundary", "session"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layers:
    """The policies that apply to a request, by layer.

    None means that the layer is not in force; an empty tuple means that it is in force and allows nothing.
    `scp` and `rcp` hold one tuple of policies a level, root first (rule 24). For role trust policies and KMS
    key policies `resource` must allow even in the same account (rule 7): `evaluate` sees that from the
    action.
    """

    identity: tuple[Policy, ...] | None = ()
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    resource: Policy | None = None
    scp: tuple[tuple[Policy, ...], ...] | None = None
    rcp: tuple[tuple[Policy, ...], ...] | None = None
    endpoint: tuple[Policy, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementRef:
    """Which statement: `label` is its Sid, or `statement N`."""

    layer: Layer
    policy: str
    label: str
    index: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearest:
    """The statement of a silent layer that came closest to allowing, and where it parted from the request."""

    statement: StatementRef
    parted_at: Literal["principal", "action", "resource", "condition"]
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerTrace:
    """What one layer said, and by which statements."""

    layer: Layer
    outcome: Literal["allows", "denies", "silent", "undecided"]
    allowed_by: tuple[StatementRef, ...] = ()
    denied_by: tuple[StatementRef, ...] = ()
    nearest: Nearest | None = None


Trace = tuple[LayerTrace, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """Yes. `by` names the statements that allow, in every layer that had to."""

    by: tuple[StatementRef, ...]
    trace: Trace = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Denied:
    """No: by a Deny (`explicit`, `by` names it), or because a layer that must allow is silent (`implicit`).

    `blocked_by` are the layers without which the request would be allowed.
    """

    kind: Literal["explicit", "implicit"]
    by: tuple[StatementRef, ...]
    blocked_by: tuple[Layer, ...]
    trace: Trace = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Undecided:
    """Not known: whoever enforces treats it as denied, whoever reports says why."""

    reasons: tuple[str, ...]
    trace: Trace = ()


Decision = Allowed | Denied | Undecided

"""A plan is data: a list of steps, one AWS call each. Planners make them, `aws.carry_out` alone carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verb = Literal["guard", "grant", "adopt", "tighten", "freeze", "revoke"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Generated:
    """A secret that does not exist yet: `carry_out` makes it when the call is made, and nothing but the seal ever sees it.

    Stands in `Call.parameters` in the place of the value (a console password). Printed as `<generated: NAME>`.
    """

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One AWS API call: botocore's service name (`iam`), operation (`CreateUser`) and parameters; JSON values and `Generated`."""

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shows:
    """The step has taken effect when this read call's answer, looked at with the JMESPath `path`, equals `value`.

    `lost` is a JMESPath that finds something once the effect can never show any more: waiting ends then.
    """

    call: Call
    path: str
    value: Any
    lost: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fails:
    """The step has taken effect when this read call fails with one of these error codes (the thing is gone)."""

    call: Call
    codes: tuple[str, ...]


Effect = Shows | Fails


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """What of the step's answer is a secret for the guest: JMESPath by label, sealed at once and kept nowhere else.

    `public` are JMESPaths, by label, of what may stand in the ledger beside it (a key's id, never its secret).
    """

    fields: Mapping[str, str]
    public: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One call, why it is made, how to tell that it has taken effect, and what undoes it.

    `id` is stable for (verb, thing): `grant/user`. `gains` and `loses` say in words what access comes or goes.
    `accepts` are error codes that mean that the effect is there already (a delete that finds nothing). `patience` is how
    many seconds the effect is waited for, where AWS is known to take longer than usual (a database).
    """

    id: str
    call: Call
    why: str
    effect: Effect
    inverse: Call | None = None
    gains: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    handover: Handover | None = None
    patience: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a verb would do now: the steps that are still to be done, in order. An empty plan means: nothing to do.

    `notes` are what the owner must know and no step can hold (what is watched, what waits, and until when).
    """

    verb: Verb
    pass_name: str
    account: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

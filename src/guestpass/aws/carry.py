"""Carrying out a plan: the one place in the program from which an account is changed."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import jmespath

from guestpass.aws.hands import Hands
from guestpass.aws.refusals import UNREACHABLE, name_of, resource_of
from guestpass.errors import AccountError, Bug, GuestpassError, InputError
from guestpass.loan.step import Call, Effect, Fails, Generated, Plan, Shows, Step

Seal = Callable[[str, str], None]
"""Takes a secret's label and value, and returns when the value is sealed on the disk."""

PATIENCE = 60.0
"""Seconds that a step's effect is waited for. AWS: IAM is eventually consistent; seconds as a rule."""

AGAIN = "run the same command again; what is done is not done twice"
_NOT_YET = frozenset({"NoSuchEntity", "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration",
                      "TrailNotFoundException", "NotFoundException", "404", "NoSuchKey"})  # fmt: skip


class Record(Protocol):
    """What `carry_out` writes to: a `ledger.Ledger`."""

    def intend(self, step: Step, *, verb: str, pass_name: str, at: datetime) -> int:
        """Before the call; returns the intent's number."""

    def outcome(self, intent: int, *, at: datetime, data: Mapping[str, Any]) -> int:
        """After the effect has shown."""

    def refused(self, intent: int, *, at: datetime, data: Mapping[str, Any]) -> int:
        """After a failure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """What `carry_out` tells while it works: step `number` of `of` is being done, is done, or was there already."""

    step: Step
    number: int
    of: int
    what: Literal["doing", "done", "already"]
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of a plan that was carried out whole. Times are AWS's clock; `already` names steps found done."""

    plan: Plan
    done: tuple[str, ...]
    already: tuple[str, ...]
    began: datetime
    ended: datetime
    ended_by_step: Mapping[str, datetime]


def _silent(_: Progress) -> None:
    return None


def carry_out(
    plan: Plan,
    hands: Hands,
    ledger: Record,
    *,
    seal: Seal | None = None,
    tell: Callable[[Progress], None] = _silent,
    sleep: Callable[[float], None] = time.sleep,
    patience: float = PATIENCE,
) -> Outcome:
    """Carry out the plan's steps in order; each is recorded before its call and after its effect has shown.

    Raises InputError when the plan is for another account or a secret could not be sealed, AccountError when a step
    fails: `stands` says what is done by then. Planning and carrying out again goes on from there.
    """
    if plan.account != hands.caller.account:
        raise InputError(
            f"the plan is for account {plan.account}, the credentials are of {hands.caller.account}",
            hint="name the owner's profile with `--profile NAME`",
        )
    if seal is None and any(_secrets_of(step) for step in plan.steps):
        raise Bug("a plan with secrets to hand over was carried out without a seal")
    began = hands.now()
    done: list[str] = []
    already: list[str] = []
    times: dict[str, datetime] = {}
    for number, step in enumerate(plan.steps, start=1):
        tell(Progress(step=step, number=number, of=len(plan.steps), what="doing", at=hands.now()))
        intent = ledger.intend(step, verb=plan.verb, pass_name=plan.pass_name, at=hands.now())
        try:
            data = _one_step(step, hands, seal, sleep, patience)
        except AccountError as error:
            ledger.refused(intent, at=hands.now(), data=_failure(error))
            raise _with_stand(error, step, number, plan) from error
        except GuestpassError as error:
            ledger.refused(intent, at=hands.now(), data={"says": error.says, "known": False})
            raise
        ledger.outcome(intent, at=hands.now(), data=data)
        (already if data["already"] else done).append(step.id)
        times[step.id] = hands.now()
        what: Literal["already", "done"] = "already" if data["already"] else "done"
        tell(Progress(step=step, number=number, of=len(plan.steps), what=what, at=hands.now()))
    return Outcome(
        plan=plan,
        done=tuple(done),
        already=tuple(already),
        began=began,
        ended=hands.now(),
        ended_by_step=times,
    )


def _one_step(
    step: Step, hands: Hands, seal: Seal | None, sleep: Callable[[float], None], patience: float
) -> dict[str, Any]:
    call, made = _with_secrets(step.call)
    code = None
    answer: Mapping[str, Any] = {}
    try:
        answer = hands.call(call)
    except AccountError as error:
        if error.code not in step.accepts:
            raise
        code = error.code
    sealed = _hand_over(step, answer, made, seal) if code is None else {}
    waited = _wait_for(step, hands, sleep, patience)
    data: dict[str, Any] = {
        "already": code is not None,
        "request_id": answer.get("ResponseMetadata", {}).get("RequestId"),
        "effect": "shown",
        "waited_seconds": round(waited, 1),
    }
    if code is not None:
        data["code"] = code
    if sealed:
        data["sealed"] = sealed
    return data


def _with_secrets(call: Call) -> tuple[Call, dict[str, str]]:
    made = {value.name: _password() for value in call.parameters.values() if isinstance(value, Generated)}
    if not made:
        return call, made
    filled = {
        key: made[value.name] if isinstance(value, Generated) else value
        for key, value in call.parameters.items()
    }
    return Call(service=call.service, operation=call.operation, parameters=filled, region=call.region), made


def _password() -> str:
    """24 characters of four kinds: enough for any account's password policy, about 140 bits."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#%^*()_+-=[]{}|")
    drawn = [secrets.choice(kind) for kind in kinds] + [secrets.choice("".join(kinds)) for _ in range(20)]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _secrets_of(step: Step) -> bool:
    return step.handover is not None or any(isinstance(v, Generated) for v in step.call.parameters.values())


def _hand_over(
    step: Step, answer: Mapping[str, Any], made: Mapping[str, str], seal: Seal | None
) -> dict[str, str]:
    if not _secrets_of(step):
        return {}
    assert seal is not None  # noqa: S101 -- carry_out has checked
    for label, value in made.items():
        seal(label, value)
    if step.handover is None:
        return {label: label for label in made}
    for label, path in step.handover.fields.items():
        value = jmespath.search(path, answer)
        if not isinstance(value, str):
            raise Bug(f"`{name_of(step.call)}` answered without `{path}`")
        seal(label, value)
    return {label: str(jmespath.search(path, answer)) for label, path in step.handover.public.items()}


def _wait_for(step: Step, hands: Hands, sleep: Callable[[float], None], patience: float) -> float:
    """Read until the effect shows; returns the seconds waited."""
    waited, pause = 0.0, 0.2
    patience = max(patience, step.patience or 0)
    while not _shown(step, hands):
        if waited >= patience:
            raise AccountError(
                f"`{name_of(step.call)}` was accepted, but its effect has not shown within {patience:.0f} seconds",
                call=name_of(step.effect.call),
                code="NotShown",
                resource=resource_of(step.call),
                hint=AGAIN,
            )
        sleep(pause)
        waited += pause
        pause = min(pause * 1.7, 5.0)
    return waited


def _shown(step: Step, hands: Hands) -> bool:
    effect: Effect = step.effect
    try:
        answer = hands.call(effect.call)
    except AccountError as error:
        match effect:
            case Fails(codes=codes) if error.code in codes:
                return True
            case Shows() if error.code in _NOT_YET:
                return False
        raise
    match effect:
        case Shows(lost=lost) if lost is not None and (found := jmespath.search(lost, answer)):
            raise AccountError(
                f"`{name_of(step.call)}` was accepted and failed: {found}",
                call=name_of(step.call),
                code="Lost",
                resource=resource_of(step.call),
                hint=AGAIN,
            )
        case Shows(path=path, value=value):
            return bool(jmespath.search(path, answer) == value)
        case Fails():
            return False


def _failure(error: AccountError) -> dict[str, Any]:
    return {
        "code": error.code,
        "call": error.call,
        "says": error.says,
        "request_id": error.request_id,
        # whether the account is known to be as it was before the call
        "known": error.code not in (UNREACHABLE, "NotShown"),
    }


def _with_stand(error: AccountError, step: Step, number: int, plan: Plan) -> AccountError:
    ids = [before.id for before in plan.steps[: number - 1]]
    stands = f"done: {', '.join(ids)}" if ids else "nothing has been changed by this run"
    if error.code in (UNREACHABLE, "NotShown"):
        stands += f"; `{step.id}` may or may not have taken effect"
    if error.hint is None or AGAIN in error.hint:
        hint = AGAIN
    elif "run the same command again" in error.hint:
        hint = f"{error.hint}; what is done is not done twice"
    else:
        hint = f"{error.hint}; then {AGAIN}"
    return AccountError(
        f"step {number} of {len(plan.steps)} (`{step.id}`) failed: {error.says}",
        call=error.call,
        code=error.code,
        resource=error.resource,
        request_id=error.request_id,
        step=step.id,
        stands=stands,
        hint=hint,
    )

"""Whether a call may be made: every check the catalogue names, decided by the one evaluator.

All checks must be allowed. What nobody can map or decide is refused, with the reason kept for the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from guestpass.access import Allowed, Decision, Denied, Request, Undecided, evaluate
from guestpass.catalog import Check, Named, PassedRole, Unmapped, Where, authorizations
from guestpass.errors import Bug, InputError
from guestpass.local.backend import iam
from guestpass.local.backend.resolve import resolve
from guestpass.local.backend.stored import stored
from guestpass.local.backend.wire import Asked
from guestpass.local.callers import Caller
from guestpass.local.context import Surroundings, context_of
from guestpass.local.exchange import Refusal
from guestpass.local.policies import layers_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One check and what was decided about it."""

    action: str
    resource: str
    decision: Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The whole answer for a call: `refusal` is None when every check was allowed."""

    checks: tuple[Judged, ...] = ()
    refusal: Refusal | None = field(default=None)
    unmapped: str | None = None


def authorise(caller: Caller, asked: Asked, around: Surroundings) -> Judgement:
    """Decide a call. Never raises: what goes wrong on the way is a refusal."""
    where = Where(account=caller.account, region=around.region)
    try:
        found = authorizations(asked.service, asked.operation, asked.parameters, where)
    except Exception as error:  # noqa: BLE001 - a parameter no rule expected must refuse, not pass
        found = Unmapped(why=f"the catalogue failed on these parameters ({type(error).__name__})")
    if isinstance(found, Unmapped):
        return Judgement(refusal=_unknown(caller, asked, found.why), unmapped=found.why)
    judged: list[Judged] = []
    for item in found:
        check = _resolved(item, caller, around)
        if isinstance(check, Unmapped):
            return Judgement(
                checks=tuple(judged), refusal=_unknown(caller, asked, check.why), unmapped=check.why
            )
        if check is None:
            continue
        one = _judge(check, caller, around)
        judged.append(one)
        if not isinstance(one.decision, Allowed):
            return Judgement(checks=tuple(judged), refusal=_denied(caller, one))
    return Judgement(checks=tuple(judged))


def _resolved(item: Check | PassedRole, caller: Caller, around: Surroundings) -> Check | Unmapped | None:
    """The check with a real ARN; None where nothing is left to check (an empty profile)."""
    if isinstance(item, PassedRole):
        role = iam.role_of_profile(caller.account, item.profile)
        if role is None:
            # A profile without a role hands nothing over. One that does not exist is InvalidParameterValue,
            # which must not be reached without iam:PassRole on what was named.
            exists = iam.arn_of(caller.account, "instance-profile", item.profile.rpartition("/")[2])
            if exists is not None:
                return None
            role = f"arn:aws:iam::{caller.account}:role/{item.profile.rpartition('/')[2]}"
        values = {"iam:PassedToService": (item.service,)}
        return Check(
            action="iam:PassRole", resource=role, context=values, type="role", settled=frozenset(values)
        )
    if isinstance(item.resource, str):
        return item
    try:
        arn = _arn_of(item.resource, caller, around)
    except Exception as error:  # noqa: BLE001 - what cannot be looked up must refuse, not pass
        return Unmapped(why=f"the box failed to look up a {item.resource.type} ({type(error).__name__})")
    if arn is None:
        return Unmapped(why=f"the box cannot tell which {item.resource.type} `{item.resource.name}` is")
    return Check(action=item.action, resource=arn, context=item.context, type=item.type, settled=item.settled)


def _arn_of(named: Named, caller: Caller, around: Surroundings) -> str | None:
    if named.type == "iam:user" and not named.name:
        return caller.arn
    return resolve(named.type, named.name, named.within, caller.account, around.region)


def _judge(check: Check, caller: Caller, around: Surroundings) -> Judged:
    resource = check.resource
    assert isinstance(resource, str)  # noqa: S101 - `_resolved` saw to it
    held = stored(resource, caller.account, around.region)
    owner = held.owner if resource.startswith("arn:aws:s3:") else None
    request = Request(
        principal=caller.principal,
        action=check.action,
        resource=resource,
        context=context_of(check, held, caller, around),
        resource_account=owner,
    )
    try:
        layers = layers_of(caller, check.action, resource)
    except InputError as error:
        decision: Decision = Undecided(reasons=(f"a policy that applies cannot be read: {error.says}",))
    else:
        decision = evaluate(request, layers)
    return Judged(action=check.action, resource=resource, decision=decision)


# --- the words of a refusal -----------------------------------------------------------------

# AWS: IAM: Troubleshoot access denied error messages
_LAYER_WORDS: Mapping[str, str] = {
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "resource": "resource-based policy",
    "scp": "service control policy",
    "rcp": "resource control policy",
    "endpoint": "VPC endpoint policy",
}
_TRUST_WORD = "role trust policy"


def _denied(caller: Caller, judged: Judged) -> Refusal:
    action, decision = judged.action, judged.decision
    start = f"User: {caller.arn} is not authorized to perform: {action} on resource: {judged.resource}"
    return Refusal("AccessDenied", f"{start} {_because(decision, action)}", status=403)


def _because(decision: Decision, action: str) -> str:
    match decision:
        case Denied(kind="explicit", by=by):
            return f"with an explicit deny in {_a(_word(by[0].layer if by else 'identity', action))}"
        case Denied():
            return f"because no {_word(_silent(decision), action)} allows the {action} action"
        case Undecided(reasons=reasons):
            return f"because the box cannot decide it as AWS would: {'; '.join(reasons)}"
        case Allowed():
            raise Bug(f"an allowed check was to be refused: {action}")
        case _ as never:
            assert_never(never)


def _silent(decision: Denied) -> str:
    """The layer AWS names: the caller's own policies first, then what limits them."""
    silent = [trace.layer for trace in decision.trace if trace.outcome != "allows"]
    for layer in ("identity", "boundary", "session", "scp", "endpoint", "rcp", "resource"):
        if layer in decision.blocked_by:
            return layer
    for layer in ("identity", "boundary", "session", "resource"):
        if layer in silent:
            return layer
    return "identity"


def _word(layer: str, action: str) -> str:
    if layer == "resource" and action.startswith("sts:"):
        return _TRUST_WORD
    return _LAYER_WORDS[layer]


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _unknown(caller: Caller, asked: Asked, why: str) -> Refusal:
    says = (
        f"User: {caller.arn} is not authorized to perform: {asked.service}:{asked.operation}: "
        f"the box does not know what AWS would authorise for this call ({why})"
    )
    return Refusal("AccessDenied", says, status=403)


def told(judgement: Judgement) -> dict[str, Any]:
    """The whole judgement as plain data, for whoever asks which statement it was."""
    return {
        "allowed": judgement.refusal is None,
        "message": None if judgement.refusal is None else judgement.refusal.says,
        "unmapped": judgement.unmapped,
        "checks": [_told(one) for one in judgement.checks],
    }


def _told(judged: Judged) -> dict[str, Any]:
    decision = judged.decision
    said: dict[str, Any] = {
        "action": judged.action,
        "resource": judged.resource,
        "kind": _kind(decision),
        "layers": [
            {
                "layer": trace.layer,
                "outcome": trace.outcome,
                "allowed_by": [_ref(ref) for ref in trace.allowed_by],
                "denied_by": [_ref(ref) for ref in trace.denied_by],
                "nearest": None
                if trace.nearest is None
                else {
                    **_ref(trace.nearest.statement),
                    "parted_at": trace.nearest.parted_at,
                    "says": trace.nearest.says,
                },
            }
            for trace in decision.trace
        ],
    }
    match decision:
        case Allowed():
            said["by"] = [_ref(ref) for ref in decision.by]
        case Denied():
            said["by"] = [_ref(ref) for ref in decision.by]
            said["blocked_by"] = list(decision.blocked_by)
        case Undecided():
            said["reasons"] = list(decision.reasons)
    return said


def _kind(decision: Decision) -> str:
    match decision:
        case Allowed():
            return "allowed"
        case Denied():
            return f"denied-{decision.kind}"
        case Undecided():
            return "undecided"


def _ref(ref: Any) -> dict[str, Any]:
    return {"layer": ref.layer, "policy": ref.policy, "statement": ref.label, "index": ref.index}

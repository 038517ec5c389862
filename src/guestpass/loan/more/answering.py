"""One refused call, answered: what to add, or why nothing is to be added, and what else stands in its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from guestpass import catalog
from guestpass.access import Allowed, Decision, Denied, Undecided
from guestpass.catalog import NeededAction, Unmapped, Where
from guestpass.errors import InputError
from guestpass.loan.agreement import Also, Pass
from guestpass.loan.holds import REQUEST_TAG, RESOURCE_TAG
from guestpass.loan.more.addition import HAND_ROLE, PASSED_TO, Addition, NotAdded, addition_for
from guestpass.loan.more.deciding import Circumstances, decision_on, job_says, region_of, ways_through
from guestpass.loan.more.refusal import Refusal, Unsaid
from guestpass.loan.names import TAG_KEY, Names
from guestpass.loan.tightened import is_tightened, stored_job
from guestpass.needs import kind_of
from guestpass.needs.agreed import type_of
from guestpass.needs.stance import stance_of
from guestpass.trail.refusals import NOT_SAID

Kind = Literal["add", "allowed", "conditional", "limit", "never", "other", "unclear"]
"""An addition is proposed; the pass allows it as it stands; it allows it if the call is made otherwise; a limit of the pass
refuses, which no addition lifts; no pass lends it; the call was not the guest's; not enough is told."""


_JOB_SILENT = "no identity-based policy allows it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is said of one refusal. `also` is empty but for the kind `add`; `statements` are the Sids that refuse or hold;
    `do` is what would help instead, a command where there is one.
    """

    refusal: Refusal | Unsaid
    kind: Kind
    says: str
    also: tuple[Also, ...] = ()
    because: str = ""
    notes: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    do: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the owner says beside the refusal: on what, to which services a role is handed, and why."""

    on: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    why: str | None = None


def answered(refusal: Refusal | Unsaid, pass_: Pass, around: Circumstances, told: Told) -> Answer:
    """Answer one refusal."""
    if isinstance(refusal, Unsaid):
        return Answer(refusal=refusal, kind="unclear", says=refusal.says, do=refusal.hint)
    if (stranger := _stranger(refusal, pass_)) is not None:
        return stranger
    try:
        return _by_the_pass(refusal, pass_, around, told)
    except InputError as error:
        # the policies are the owner's to make room in: nothing else can be wrong with a pass that was read
        says = f"with the addition {error.says}"
        return Answer(refusal=refusal, kind="limit", says=says, do=error.hint)


def _by_the_pass(refusal: Refusal, pass_: Pass, around: Circumstances, told: Told) -> Answer:
    """Hold a refusal against the pass. Raises `InputError` where the policies with the addition do not fit."""
    refusal = _with_words(refusal, told)
    before = decision_on(refusal, pass_, around)
    if isinstance(before, Allowed):
        return _allowed(refusal, pass_, around, before)
    if refusal.by == _JOB_SILENT and isinstance(job_says(refusal, pass_, around), Allowed):
        return _allowed(refusal, pass_, around, Allowed(by=()))
    renamed = _renamed(refusal, pass_, around)
    if renamed is not None:
        return renamed
    found = addition_for(refusal, pass_, on=told.on, to=told.to, why=why_of(refusal, told))
    if isinstance(found, NotAdded):
        if found.kind == "unclear" and isinstance(before, Undecided):
            return _conditional(refusal, pass_)
        return Answer(refusal=refusal, kind=found.kind, says=found.says, do=found.do)  # type: ignore[arg-type]
    if PASSED_TO not in refusal.context and found.also.to:
        refusal = replace(refusal, context={**refusal.context, PASSED_TO: found.also.to[:1]})
        if isinstance(before := decision_on(refusal, pass_, around), Allowed):
            return _allowed(refusal, pass_, around, before)
    after = decision_on(refusal, with_also(pass_, (found.also,)), around)
    if isinstance(after, Denied):
        return _limit(refusal, pass_, after)
    if isinstance(before, Undecided) and (isinstance(after, Undecided) or not _elses_thing(refusal)):
        return _conditional(refusal, pass_)
    return _added(refusal, pass_, around, told, found, after)


def with_also(pass_: Pass, also: tuple[Also, ...]) -> Pass:
    """The pass with more agreed to."""
    return replace(pass_, job=replace(pass_.job, also=(*pass_.job.also, *also)))


def why_of(refusal: Refusal, told: Told) -> str:
    """The reason that the pass keeps: the owner's, or that the call was refused."""
    if told.why is not None:
        return told.why
    call = refusal.operation[1] if refusal.operation else refusal.action.partition(":")[2]
    when = f" on {refusal.at:%Y-%m-%d}" if refusal.at else ""
    return f"{call} was refused{when}"


def _with_words(refusal: Refusal, told: Told) -> Refusal:
    """The owner's own words where the call says nothing."""
    if refusal.resource is None and len(told.on) == 1:
        refusal = replace(refusal, resource=told.on[0])
    if told.to and refusal.action == HAND_ROLE and PASSED_TO not in refusal.context:
        refusal = replace(refusal, context={**refusal.context, PASSED_TO: told.to[:1]})
    return refusal


def _stranger(refusal: Refusal, pass_: Pass) -> Answer | None:
    """An answer where the caller is somebody else: what is agreed to besides is the guest's alone."""
    who, names = refusal.who, Names.of_pass(pass_)
    if who is None or not who.startswith("arn:"):
        return None
    session = f"arn:{pass_.partition}:sts::{pass_.account}:assumed-role/"
    if who in (names.user_arn, names.login_role_arn) or who.startswith(f"{session}{names.login_role}/"):
        return None
    if (
        pass_.guest.was is not None
        and who == f"arn:{pass_.partition}:iam::{pass_.account}:user/{pass_.guest.was}"
    ):
        return None
    if who == names.instance_role_arn or who.startswith(f"{session}{names.instance_role}/"):
        says = "the call was made under the role of what is built; what is agreed to besides is the guest's alone"
        return Answer(
            refusal=refusal, kind="other", says=says, do="a blueprint of one's own says what the role may do"
        )
    says = f"the call was made by `{who}`, who is not the guest of `{pass_.name}`"
    return Answer(refusal=refusal, kind="other", says=says)


def _renamed(refusal: Refusal, pass_: Pass, around: Circumstances) -> Answer | None:
    """An answer where the guest makes a thing under a foreign name, and the pass allows it under its own names."""
    type_ = type_of(refusal.action, refusal.resource) if refusal.resource else None
    if type_ is None or refusal.resource is None or kind_of(type_).own != "name":
        return None
    if stance_of(refusal.action, type_) != "creates" or "*" in refusal.resource:
        return None
    names = Names.of_pass(pass_)
    head, last = (
        refusal.resource.rsplit(":", 1)
        if "/" not in refusal.resource.split(":", 5)[5]
        else (refusal.resource.rsplit("/", 1))
    )
    mark = refusal.resource[len(head)]
    own = replace(refusal, resource=f"{head}{mark}{names.prefix}{last}")
    if last.startswith(names.prefix) or isinstance(decision_on(own, pass_, around), Denied):
        return None
    says = f"the pass allows it on own names: what is made must be called `{names.prefix}…`"
    return Answer(
        refusal=refusal, kind="conditional", says=says, do=f"the guest calls it `{names.prefix}{last}`"
    )


def _allowed(refusal: Refusal, pass_: Pass, around: Circumstances, by: Allowed) -> Answer:
    reasons, do = _why_all_the_same(refusal, pass_, around)
    return Answer(
        refusal=refusal,
        kind="allowed",
        says="the pass allows it already, so it is not the pass that refuses",
        notes=reasons,
        statements=tuple(dict.fromkeys(ref.label for ref in by.by)),
        do=do,
    )


def _why_all_the_same(
    refusal: Refusal, pass_: Pass, around: Circumstances
) -> tuple[tuple[str, ...], str | None]:
    """What may have refused a call that the pass allows, by AWS's words, and what to look at."""
    plan, status = "guestpass plan pass.yaml", "guestpass status"
    tightened = _tightened(pass_, around)
    match refusal.by:
        case each if each == _JOB_SILENT:
            if tightened is False:
                return ("the policies in the account are older than the pass",), plan
            known = (
                "the job policy was tightened"
                if tightened
                else (
                    "the job policy in the account holds less than the pass: tightened, or granted before the pass changed"
                )
            )
            return (known,), "guestpass tighten pass.yaml --restore"
        case "an explicit deny in an identity-based policy":
            return ("a Deny hangs on the guest: the pass may be frozen",), status
        case "no permissions boundary allows it" | "an explicit deny in a permissions boundary":
            return ("the wall in the account is older than the pass, or the pass was changed since",), plan
        case "no service control policy allows it" | "an explicit deny in a service control policy":
            return (
                "a service control policy of the organisation refuses: no policy of this account lifts that",
            ), None
        case "no resource control policy allows it" | "an explicit deny in a resource control policy":
            return ("a resource control policy of the organisation refuses",), None
        case "no resource-based policy allows it" | "an explicit deny in a resource-based policy":
            return ("the thing's own policy refuses: look at it",), None
        case "no session policy allows it" | "an explicit deny in a session policy":
            return ("the guest took a session with a policy that says less",), None
        case "no VPC endpoint policy allows it" | "an explicit deny in a VPC endpoint policy":
            return ("the policy of the VPC endpoint that the call went through refuses",), None
        case _:
            first = "the job policy was tightened" if tightened else "a job policy that was tightened"
            rest = (
                "policies in the account that are older than the pass",
                "a service control policy of the organisation, or the thing's own policy",
                *(("the pass was frozen",) if refusal.by == NOT_SAID else ()),
            )
            return ((first, *rest) if tightened is not False else rest), plan


def _tightened(pass_: Pass, around: Circumstances) -> bool | None:
    """Whether the account shows a tightened job policy; None where it was not read."""
    if around.snapshot is None:
        return None
    return any(map(is_tightened, stored_job(Names.of_pass(pass_), around.snapshot)))


def _conditional(refusal: Refusal, pass_: Pass) -> Answer:
    how = "; or ".join(ways_through(refusal, pass_)) or "the call meets the wall's conditions"
    return Answer(
        refusal=refusal,
        kind="conditional",
        says=f"the pass allows it where {how}",
        notes=("what the call said of that is not known",),
        do="with the event or the decoded message in place of the words it can be told: "
        + _decode_or_trail(refusal),
    )


def _decode_or_trail(refusal: Refusal) -> str:
    return (
        "guestpass more pass.yaml --from-trail"
        if refusal.source == "the message"
        else "guestpass wall pass.yaml"
    )


def _elses_thing(refusal: Refusal) -> bool:
    """Whether AWS's words fit a thing that does not carry the pass's tag: the wall is silent, the job policy is not."""
    return refusal.by in ("no permissions boundary allows it", NOT_SAID) and "*" not in (
        refusal.resource or "*"
    )


# which field of the pass says what a condition of the wall asks for
_FIELD = {
    "ec2:instancetype": "`job.instance-types` in the pass",
    "rds:databaseclass": "`job.database-classes` in the pass",
    "ec2:owner": "`job.image-owners` in the pass",
    "ec2:metadatahttptokens": "the guest launches with metadata tokens required",
    "iam:passedtoservice": "the service that the role is handed to",
    "aws:requestedregion": "`regions` in the pass",
}


def _limit(refusal: Refusal, pass_: Pass, after: Denied) -> Answer:
    """A refusal that stands with the addition too: by a Deny, or by a condition that says what the pass agreed to."""
    statements = tuple(dict.fromkeys(ref.label for ref in after.by))
    if after.kind == "explicit":
        says, do = _by_deny(statements, refusal, pass_)
        return Answer(refusal=refusal, kind="limit", says=says, statements=statements, do=do)
    nearest = next(
        (layer.nearest for layer in after.trace if layer.nearest and layer.layer in after.blocked_by), None
    )
    if nearest is None or nearest.parted_at != "condition":
        says = "no addition that a pass can hold lets it through"
        return Answer(refusal=refusal, kind="limit", says=says, do="guestpass wall pass.yaml")
    says, lowered = nearest.says, nearest.says.lower()
    if REQUEST_TAG.lower() in lowered:
        do = f"the guest makes it with the tag `{TAG_KEY}={pass_.name}`"
    elif RESOURCE_TAG.lower() in lowered:
        do = f"only what carries the tag `{TAG_KEY}={pass_.name}` is the guest's own"
    else:
        do = next((field for key, field in _FIELD.items() if key in lowered), "guestpass wall pass.yaml")
    return Answer(refusal=refusal, kind="limit", says=says, statements=(nearest.statement.label,), do=do)


def _by_deny(statements: tuple[str, ...], refusal: Refusal, pass_: Pass) -> tuple[str, str | None]:
    where = region_of(refusal, pass_)
    for sid in statements:
        match sid:
            case "DenyAfterTheEnd":
                return f"the pass ended on {pass_.until:%Y-%m-%d %H:%M} UTC", "a later `until` in the pass"
            case "DenyOtherRegions":
                says = f"the call was made in {where}, and the pass lends {', '.join(pass_.regions)} alone"
                return says, f"`{where}` among `regions` in the pass, or the guest calls elsewhere"
            case "DenyWithoutMfa":
                return "the guest had shown no MFA", "the guest signs in with MFA"
            case _:
                continue
    named = ", ".join(f"`{sid}`" for sid in statements)
    return f"the wall denies it by {named}, which no addition lifts", "guestpass wall pass.yaml"


def _added(
    refusal: Refusal, pass_: Pass, around: Circumstances, told: Told, found: Addition, after: Decision
) -> Answer:
    notes: list[str] = []
    if isinstance(after, Undecided):
        how = "; or ".join(ways_through(refusal, with_also(pass_, (found.also,))))
        notes += [f"it holds where {how}"] if how else []
    own = ways_through(refusal, pass_)
    notes += [f"the pass allows it already where {each}" for each in own]
    if found.whole_pattern:
        notes.append("a `*` stands in what the call named: whatever fits the pattern is meant")
    notes += _words_on(refusal, pass_, found)
    more, besides = _besides(refusal, pass_, around, told, found)
    return Answer(
        refusal=refusal,
        kind="add",
        says=_what_lacks(refusal),
        also=(found.also, *more),
        because=found.because,
        notes=(*notes, *besides),
    )


def _words_on(refusal: Refusal, pass_: Pass, found: Addition) -> Iterator[str]:
    """What no entry of a pass says: whose own policy must agree, and that a name of the pass's own would be better."""
    if refusal.action.startswith(("kms:", "sts:")):
        yield "the policy of the key or role itself must let the account's policies decide, or name the guest"
    type_ = type_of(refusal.action, refusal.resource) if refusal.resource else None
    if type_ is None or kind_of(type_).own != "name" or found.also.on != (refusal.resource,):
        return
    if stance_of(refusal.action, type_) == "creates":
        prefix = Names.of_pass(pass_).prefix
        yield f"this name is none of the pass's own: were it called `{prefix}…`, taking back would find it by its name"


def _what_lacks(refusal: Refusal) -> str:
    what = "" if refusal.resource in (None, "*") else f" on `{refusal.resource}`"
    return f"the pass does not let the guest do `{refusal.action}`{what}"


def _besides(
    refusal: Refusal, pass_: Pass, around: Circumstances, told: Told, found: Addition
) -> tuple[tuple[Also, ...], tuple[str, ...]]:
    """What the same call needs beside the action: additions where its resource is known, else words."""
    out: list[Also] = []
    notes: list[str] = []
    if refusal.parameters is None and refusal.operation and refusal.action in _primaries(refusal.operation):
        notes += _of_parameters(refusal.operation)
    for need in _others(refusal):
        if need.kind == "linked-role" or need.perhaps:
            notes.append(_perhaps(need))
            continue
        for resource in _resources_of(need, refusal, pass_):
            other = replace(
                refusal, action=need.action, resource=resource, context={}, settled=frozenset(), sure=True
            )
            widened = with_also(pass_, (found.also, *out))
            if not isinstance(decision_on(other, widened, around), Denied):
                continue
            more = addition_for(other, pass_, to=told.to, why=why_of(refusal, told))
            if isinstance(more, Addition):
                out.append(more.also)
            else:
                notes.append(f"the call needs `{need.action}` too: {more.says}")
    return tuple(dict.fromkeys(out)), tuple(dict.fromkeys(notes))


def _of_parameters(operation: tuple[str, str]) -> Iterator[str]:
    """What the call needs with some parameters, which a message does not show: a role handed over is the gravest."""
    known = catalog.operation(*operation)
    needed = () if isinstance(known, Unmapped) else known.actions
    if any(each.kind == "pass-role" and each.when for each in needed):
        yield f"a call that hands over a role needs `{HAND_ROLE}` on it too: the next refusal will name it"


def _perhaps(need: NeededAction) -> str:
    if need.kind == "linked-role":
        return f"at the service's first use in an account the call needs `{need.action}`: the owner's to do, beforehand"
    return f"the call may need `{need.action}` too; what decides that is not in the call"


def _others(refusal: Refusal) -> Iterator[NeededAction]:
    """The further actions that the call needs; without its parameters those that every such call needs."""
    if refusal.operation is None or refusal.action not in _primaries(refusal.operation):
        return
    needed = catalog.needed_by_call(*refusal.operation, refusal.parameters or {})
    if not isinstance(needed, Unmapped):
        yield from (each for each in needed if each.action != refusal.action and each.kind != "primary")


def _primaries(operation: tuple[str, str]) -> set[str]:
    known = catalog.operation(*operation)
    return set() if isinstance(known, Unmapped) else {e.action for e in known.actions if e.kind == "primary"}


def _resources_of(need: NeededAction, refusal: Refusal, pass_: Pass) -> tuple[str | None, ...]:
    if not catalog.resource_types(need.action):
        return ("*",)
    if refusal.operation is None or refusal.parameters is None:
        return (None,)
    where = Where(account=pass_.account, region=region_of(refusal, pass_), partition=pass_.partition)
    found = catalog.touched(*refusal.operation, refusal.parameters, where)
    if isinstance(found, Unmapped):
        return (None,)
    named = tuple(dict.fromkeys(each.arn for each in found if each.action == need.action and each.exact))
    return named or (None,)


def exit_code(answers: tuple[Answer, ...]) -> int:
    """3 where something is to be added or a limit refuses, 4 where something is not told, else 0."""
    kinds = {answer.kind for answer in answers}
    if "unclear" in kinds:
        return 4
    return 3 if kinds & {"add", "limit", "never"} else 0

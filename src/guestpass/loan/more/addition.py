"""The smallest thing to agree to besides, so that a refused call goes through: the action, on as little as it names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from guestpass import catalog
from guestpass.access.policy.arns import arn_matches
from guestpass.access.prove import resource_within
from guestpass.loan.agreement import Also, Pass
from guestpass.loan.job import role_service, setting_of
from guestpass.loan.more.refusal import Refusal
from guestpass.loan.names import Names
from guestpass.needs import kind_of
from guestpass.needs.agreed import type_of
from guestpass.needs.kept_back import lent_by_no_pass
from guestpass.needs.resource_types import filled
from guestpass.needs.stance import stance_of

HAND_ROLE = "iam:PassRole"
PASSED_TO = "iam:PassedToService"
# AWS: the pages of each service on its roles: the principal that assumes the role which the call hands over
_ASSUMED_BY = {"lambda": "lambda", "ecs": "ecs-tasks", "ec2": "ec2"}
_NO_SINGLE = "the call named no single thing"
_NO_LETTER = re.compile(r"[^\x21-\x23\x25-\x7e]")


@dataclass(frozen=True, kw_only=True, slots=True)
class NotAdded:
    """There is no addition: why, what the owner can do instead, and of what kind that is."""

    kind: str
    says: str
    do: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """One entry for `job.also`, and why it is as wide as it is.

    `whole_pattern` says that the call itself named a pattern, and not for something that it was about to make.
    """

    also: Also
    because: str
    whole_pattern: bool = False


def addition_for(
    refusal: Refusal, pass_: Pass, *, on: tuple[str, ...] = (), to: tuple[str, ...] = (), why: str
) -> Addition | NotAdded:
    """Make the smallest entry for one refused action; `on` and `to` are the owner's own words, where the call says none."""
    listed = catalog.action(refusal.action)
    if not isinstance(listed, catalog.Unmapped) and lent_by_no_pass(listed):
        return NotAdded(
            kind="never",
            says=f"`{refusal.action}` decides who may do what in the account: no policy of a pass can hold it",
            do="do it yourself, beforehand",
        )
    resources = _resources(refusal, pass_, on)
    if isinstance(resources, NotAdded):
        return resources
    found, because = resources
    if refusal.action != HAND_ROLE:
        also = Also(actions=(refusal.action,), on=found, why=why)
        return Addition(also=also, because=because, whole_pattern=because == _NO_SINGLE)
    passed = to or tuple(refusal.context.get(PASSED_TO, ())) or _assumed_by(refusal, pass_)
    if not passed:
        says = "a role is handed to a service, and nothing says to which"
        return NotAdded(kind="unclear", says=says, do="--to lambda.amazonaws.com")
    if any("*" in arn for arn in found):
        says = "a role is handed over by its whole ARN, and the call's is not known"
        return NotAdded(kind="unclear", says=says, do="--on ARN")
    return Addition(also=Also(actions=(HAND_ROLE,), on=found, to=passed, why=why), because=because)


def joined(found: Iterable[Also]) -> tuple[Also, ...]:
    """The entries in as few as say the same: those on the same things join, and none is said twice."""
    out: list[Also] = []
    for also in found:
        for at, other in enumerate(out):
            if (other.to, _service(other)) != (also.to, _service(also)):
                continue
            if other.on == also.on:
                out[at] = replace(other, actions=tuple(dict.fromkeys((*other.actions, *also.actions))))
                break
            if other.actions == also.actions:
                out[at] = replace(other, on=_without_repeats((*other.on, *also.on)))
                break
        else:
            out.append(also)
    return tuple(out)


def _service(also: Also) -> str:
    return also.actions[0].partition(":")[0]


def _without_repeats(on: tuple[str, ...]) -> tuple[str, ...]:
    each = tuple(dict.fromkeys(on))
    return tuple(
        arn for arn in each if not any(arn != other and resource_within(arn, other) for other in each)
    )


def _resources(refusal: Refusal, pass_: Pass, on: tuple[str, ...]) -> tuple[tuple[str, ...], str] | NotAdded:
    """The resources of the entry, and why these."""
    types = catalog.resource_types(refusal.action)
    if not types:
        return ("*",), "AWS asks about no resource for this action"
    if on:
        return _named(refusal.action, on, pass_)
    resource = refusal.resource
    if resource is None:
        return NotAdded(
            kind="unclear",
            says=f"nothing says on what `{refusal.action}` was refused, and AWS limits it to resources",
            do="--on ARN",
        )
    if resource == "*":
        return NotAdded(
            kind="limit",
            says=f"AWS asked for `{refusal.action}` on everything (`*`), though it can be limited: no pass lends that",
            do="the guest names the thing in the call",
        )
    fields = resource.split(":", 5)
    if fields[4] not in ("", pass_.account) or fields[1] != pass_.partition:
        where = f"account {fields[4]}" if fields[4] else f"partition {fields[1]}"
        return NotAdded(
            kind="limit", says=f"the thing is of {where}, and the pass is for account {pass_.account}"
        )
    type_ = type_of(refusal.action, resource)
    if type_ is None:
        return NotAdded(
            kind="unclear",
            says=f"AWS lists no resource of this kind for `{refusal.action}`",
            do=f"guestpass catalog action {refusal.action}",
        )
    return _narrowest(resource, type_, refusal, pass_)


def _named(action: str, on: tuple[str, ...], pass_: Pass) -> tuple[tuple[str, ...], str] | NotAdded:
    """The owner's own ARNs, if the action takes such things and they are of the account."""
    for arn in on:
        fields = arn.split(":", 5)
        if len(fields) > 5 and fields[4] not in ("", pass_.account):
            return NotAdded(kind="limit", says=f"`{arn}` is of account {fields[4]}, not of the pass's")
        if len(fields) < 6 or type_of(action, arn) is None:
            says = f"`{action}` takes no resource like `{arn}`"
            return NotAdded(kind="unclear", says=says, do=f"guestpass catalog action {action}")
    return on, "as you named them"


def _narrowest(resource: str, type_: str, refusal: Refusal, pass_: Pass) -> tuple[tuple[str, ...], str]:
    """By the own name where the thing has it, else the thing itself, else, where AWS makes up its id, its type."""
    kind, names = kind_of(type_), Names.of_pass(pass_)
    region = resource.split(":", 5)[3]
    setting = {**setting_of(pass_), **({"region": (region,)} if region else {})}
    if kind.own == "name" and refusal.action != HAND_ROLE:
        for pattern in filled(kind.arn, setting):
            if arn_matches(pattern, resource) is True:
                return (pattern,), f"{kind.plural} under the pass's own names"
    begins = _before_the_name(type_) + names.prefix
    if resource.split(":", 5)[5].startswith(begins) and refusal.action != HAND_ROLE:
        arn = ":".join((*resource.split(":", 5)[:5], f"{begins}*"))
        return (arn,), f"the name begins with `{names.prefix}`"
    # a blank, a `$` (which begins a variable) or a letter that IAM's policies do not take: any one letter stands there
    written = _NO_LETTER.sub("?", resource)
    if "*" not in written:
        return (written,), "the very thing that the call named"
    if stance_of(refusal.action, type_) == "creates":
        return (written,), "AWS makes up the id of what is made, so only its type can be named"
    return (written,), _NO_SINGLE


def _before_the_name(type_: str) -> str:
    """What stands before the name in an ARN's last field: `secret:`."""
    known = catalog.resource_type(type_)
    arn = "" if isinstance(known, catalog.Unmapped) else known.arn
    return arn.split(":", 5)[5].partition("${")[0] if arn.count(":") >= 5 else ""


def _assumed_by(refusal: Refusal, pass_: Pass) -> tuple[str, ...]:
    service = _ASSUMED_BY.get(refusal.operation[0] if refusal.operation else "")
    return (role_service(service, pass_.partition),) if service else ()  # type: ignore[arg-type]

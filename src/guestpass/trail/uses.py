"""One deed as the actions that AWS authorised for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guestpass.catalog import (
    Check,
    PassedRole,
    Unmapped,
    Where,
    action_exists,
    authorizations,
    event_meaning,
    iam_prefix,
    operation_of_event,
    primary_action,
    request_of_event,
)
from guestpass.trail.event import Event
from guestpass.trail.nested import too_deep
from guestpass.trail.refusals import NOT_SAID, told_by
from guestpass.trail.values import Deed
from guestpass.trail.witness import Witness


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """One action on one resource for one call; `refused_by` is None where it was not refused."""

    action: str
    resource: str
    dependent: bool = False
    gap: str = ""
    refused_by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Nothing:
    """No action is known for the call; `asks` is False where AWS asks no permission for it."""

    why: str
    asks: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    """A call by the catalogue: the operation, its own action, and what was authorised.

    `meant` is what the wider catalogue tells of a call that no row of ours is sure of.
    """

    operation: tuple[str, str]
    own: str | Unmapped
    found: tuple[Check | PassedRole, ...] | Unmapped
    meant: tuple[Use, ...] = ()


class Map:
    """From deeds to uses. Clients ask the same thing again and again (is it running yet?): each is looked up once."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self._known: dict[tuple[str, str, str, str], _Call | Unmapped] = {}

    def uses_of(self, deed: Deed) -> tuple[Use, ...] | Nothing:
        """Every action that the call was authorised as, its own first; of a refused call what was refused."""
        call = self._call(deed.event)
        if isinstance(call, Unmapped):
            return Nothing(why=call.why, asks=not _needs_none(call))
        bucket = deed.event.parameters.get("bucketName")
        if call.operation == ("s3", "DeleteObjects") and isinstance(call.found, Unmapped) and bucket:
            uses: tuple[Use, ...] | Nothing = (_deleted(str(bucket), self.witness.partition),)
        elif isinstance(call.found, Unmapped):
            uses = call.meant or _by_rule(call.operation, call.own, call.found.why)
        elif not call.found:
            uses = _free(call.operation)
        else:
            own = call.own if isinstance(call.own, str) else ""
            uses = tuple(_of_checks(call.found, own, deed, self.witness))
        return _refused(deed, uses) if _was_refused(deed) else uses

    def _call(self, event: Event) -> _Call | Unmapped:
        if too_deep(event.parameters):
            return Unmapped(
                why=f"{event.name}: its parameters are nested deeper than any API's that is known"
            )
        asked = json.dumps(event.parameters, sort_keys=True, default=str)
        key = (event.source, event.name, event.region, asked)
        if key not in self._known:
            self._known[key] = self._looked_up(event)
        return self._known[key]

    def _looked_up(self, event: Event) -> _Call | Unmapped:
        operation = operation_of_event(event.source, event.name, event.parameters)
        if isinstance(operation, Unmapped):
            return operation
        asked = request_of_event(*operation, event.parameters)
        where = self.witness.where(event)
        found = authorizations(*operation, asked, where)
        return _Call(
            operation=operation,
            own=primary_action(*operation),
            found=found,
            meant=_meant(event, where, found.why) if isinstance(found, Unmapped) else (),
        )


def _needs_none(found: Unmapped) -> bool:
    return "no permission is asked" in found.why


def _meant(event: Event, where: Where, why: str) -> tuple[Use, ...]:
    """What every source of the catalogue says that the call needed, on what its parameters name; nothing if unknown."""
    meaning = event_meaning(event.source, event.name, event.parameters, where)
    if isinstance(meaning, Unmapped):
        return ()
    uses: list[Use] = []
    for needed in sorted(meaning.actions, key=lambda each: each.kind != "primary"):
        if needed.perhaps:
            continue  # what decides is not in the call
        own = needed.kind == "primary"
        named = [each.arn for each in meaning.resources if each.action == needed.action and each.exact]
        if not own and not named:
            continue  # nothing says on what, and a record that names nothing is no evidence
        gap = "" if named else meaning.gap or why
        uses += [
            Use(action=needed.action, resource=arn, dependent=not own, gap=gap) for arn in named or ["*"]
        ]
    return tuple(dict.fromkeys(uses)) if uses and not uses[0].dependent else ()


def _by_rule(operation: tuple[str, str], own: str | Unmapped, why: str) -> tuple[Use, ...] | Nothing:
    """The operation's own action, where AWS lists one of that name; its resource is not known."""
    if isinstance(own, Unmapped) or not action_exists(own):
        return Nothing(
            why=f"{':'.join(operation)}: AWS lists no action of this name, and no row says which it is"
        )
    return (Use(action=own, resource="*", gap=why),)


# AWS: S3 User Guide, "Amazon S3 CloudTrail events": "CloudTrail does not log key names for the keys that are deleted
# using the Delete Multiple Objects operation."
def _deleted(bucket: str, partition: str) -> Use:
    return Use(
        action="s3:DeleteObject",
        resource=f"arn:{partition}:s3:::{bucket}/*",
        gap="which objects of the bucket, CloudTrail does not log",
    )


def _free(operation: tuple[str, str]) -> tuple[Use, ...] | Nothing:
    """AWS asks for no permission (sts:GetCallerIdentity); where it lists an action all the same, that is told."""
    prefix = iam_prefix(operation[0])
    action = f"{prefix}:{operation[1]}"
    if isinstance(prefix, str) and action_exists(action):
        return (Use(action=action, resource="*"),)
    return Nothing(why=f"{':'.join(operation)}: AWS asks no permission for it", asks=False)


def _of_checks(found: Sequence[Check | PassedRole], own: str, deed: Deed, witness: Witness) -> Iterator[Use]:
    """The checks as uses, each resource once, the call's own action first."""
    listed = {check.action for check in found if isinstance(check, Check)}
    first = own if own in listed else next((c.action for c in found if isinstance(c, Check)), own)
    uses: dict[Use, None] = {}
    for each in found:
        if isinstance(each, PassedRole):
            resource, gap = witness.role_in(each.profile, deed.event)
            uses[Use(action="iam:PassRole", resource=resource, dependent=True, gap=gap)] = None
            continue
        if isinstance(each.resource, str):
            resources: tuple[str, ...] = (each.resource,)
            gap = ""
        else:
            resources, gap = witness.resources(each.resource, deed)
        for resource in resources:
            uses[Use(action=each.action, resource=resource, dependent=each.action != first, gap=gap)] = None
    return iter(sorted(uses, key=lambda use: use.dependent))


def _was_refused(deed: Deed) -> bool:
    """By AWS's code, or by its words where a service has a code of its own (SNS: AuthorizationError)."""
    event = deed.event
    return event.refused or (event.error_code is not None and told_by(event.error_message) is not None)


def _refused(deed: Deed, uses: tuple[Use, ...] | Nothing) -> tuple[Use, ...] | Nothing:
    """What was refused: AWS's message says, else the map, as far as it is sure."""
    told = told_by(deed.event.error_message)
    if isinstance(uses, Nothing):
        if told is None or not action_exists(told.action):
            return uses
        return (Use(action=told.action, resource=told.resource or "*", refused_by=told.by),)
    own = uses[0]
    if told is None:
        return (_one_of(own, uses, NOT_SAID),)
    if told.action.lower() == own.action.lower() or not action_exists(told.action):
        if told.resource:
            return (Use(action=own.action, resource=told.resource, refused_by=told.by),)
        return (_one_of(own, uses, told.by),)
    asked_for = [use for use in uses if use.action.lower() == told.action.lower()]
    resource = told.resource or (asked_for[0].resource if asked_for else "*")
    further = Use(action=told.action, resource=resource, dependent=True, refused_by=told.by)
    return (replace(_one_of(own, uses, f"{told.action} that it needs was refused"), gap=""), further)


def _one_of(own: Use, uses: Sequence[Use], by: str) -> Use:
    """The call's own action as refused: on its one resource, or on `*` where it touches several."""
    resources = {use.resource for use in uses if use.action == own.action}
    if len(resources) == 1:
        return Use(action=own.action, resource=own.resource, gap=own.gap, refused_by=by)
    return Use(action=own.action, resource="*", gap="AWS does not say which resource it is", refused_by=by)

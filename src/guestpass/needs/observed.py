"""What a trail shows to have been used, as needs: a rehearsal's record as well as a real one.

Resources are as narrow as the evidence. A thing that was there before stays alone; things that the record itself made
come and go, so their pattern is the name prefix that is agreed on, else their type, and then only where nothing else of
that type is known to be in the account.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from guestpass import catalog
from guestpass.access.policy import arn_matches
from guestpass.errors import InputError, Place
from guestpass.needs.agreed import type_of
from guestpass.needs.declared import Found, Missing, Scene
from guestpass.needs.kinds import kind_of
from guestpass.needs.need import Kind, Need, Stance, Test
from guestpass.needs.stance import stance_of
from guestpass.needs.teardown import teardowns
from guestpass.needs.unseen import unseen
from guestpass.trail import Usage, Used


def of_record(usage: Usage, *, scene: Scene, source: str, existing: Collection[str] = ()) -> Found:
    """Say what the rows of a record need. `existing` are the ARNs of what else is in the account, where that is known.

    Each need's source is the id of an event. Raises `InputError` where the record shows no call that was allowed;
    calls that no action is known for, and roles handed on to nobody knows which service, are missing.
    """
    rows = [row for row in usage.rows if row.count > row.refused]
    if not rows:
        raise InputError(
            "the record shows no call that AWS allowed",
            place=Place(file=source),
            expected="log files of CloudTrail's with at least one such call",
        )
    reading = _Record(rows=rows, scene=scene, existing=frozenset(existing), source=source)
    needs = tuple(reading.needs())
    silent = [
        Missing(
            says=f"no action is known for `{each.name}` of `{each.source}`: {each.why}",
            place=Place(file=source, path=each.event),
        )
        for each in usage.not_mapped
        if each.asks and each.count > each.refused
    ]
    return Found(
        needs=(*needs, *reading.teardown(needs)),
        missing=(*silent, *reading.missing),
        notes=(*reading.notes, *_refused(usage), *_dark(needs)),
    )


@dataclass(kw_only=True, slots=True)
class _Record:
    rows: Sequence[Used]
    scene: Scene
    existing: frozenset[str]
    source: str
    notes: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def needs(self) -> Iterator[Need]:
        """One need an action and type, in the order of the actions."""
        made = self._made()
        by_action: dict[str, list[Used]] = {}
        for row in self.rows:
            by_action.setdefault(row.action, []).append(row)
        for action, rows in sorted(by_action.items()):
            by_type: dict[str | None, list[Used]] = {}
            for row in rows:
                by_type.setdefault(self._type(row), []).append(row)
            for type_, members in sorted(by_type.items(), key=lambda each: each[0] or ""):
                conditions = self._passed(members) if action == "iam:PassRole" else ()
                if conditions is None:
                    continue
                yield self._need(action, type_, members, made, conditions)

    def _made(self) -> frozenset[str]:
        """The things that the record itself made."""
        return frozenset(
            row.resource
            for row in self.rows
            if row.resource != "*" and stance_of(row.action, type_of(row.action, row.resource)) == "creates"
        )

    def _type(self, row: Used) -> str | None:
        return None if row.resource == "*" else type_of(row.action, row.resource)

    def _need(
        self,
        action: str,
        type_: str | None,
        rows: Sequence[Used],
        made: frozenset[str],
        conditions: tuple[Test, ...],
    ) -> Need:
        resources = tuple(sorted({row.resource for row in rows}))
        stance = stance_of(action, type_)
        if type_ is not None:
            resources = self._general(type_, stance, resources, made)
        elif "*" in resources and (types := _types(action)):
            self.notes.append(
                f"`{action}` is on `*`: the record does not say on which {' or '.join(types)} it was used"
            )
        kind: Kind = "dependent" if all(row.dependent for row in rows) else "observed"
        causes = ", ".join(dict.fromkeys(row.cause for row in rows if row.cause))
        return Need(
            action=action,
            type=type_,
            stance=stance,
            resources=resources,
            kind=kind,
            purpose=_purpose(action, stance),
            why=f"{'asked for by' if kind == 'dependent' else 'called as'} {causes or action.partition(':')[2]}",
            source=rows[0].events[0] if rows[0].events else self.source,
            conditions=conditions,
        )

    def _general(
        self, type_: str, stance: Stance, resources: tuple[str, ...], made: frozenset[str]
    ) -> tuple[str, ...]:
        """Things that the record made get the pattern of their kind, if that reaches nothing else that is there."""
        come_and_go = {arn for arn in resources if arn in made or self._has_prefix(arn)}
        stay = tuple(arn for arn in resources if arn not in come_and_go)
        if not come_and_go:
            return resources
        patterns = dict.fromkeys(self._pattern(type_, arn) for arn in sorted(come_and_go))
        reached = [
            other
            for other in sorted(self.existing - come_and_go - made)
            if any(arn_matches(pattern, other) is not False for pattern in patterns)
        ]
        if reached and stance not in ("creates", "tags"):
            self.notes.append(
                f"{type_}: what was used stays by its ARN, for `{next(iter(patterns))}` would reach "
                f"`{reached[0]}`{f' and {len(reached) - 1} more' if len(reached) > 1 else ''} of the account"
            )
            return resources
        return tuple(sorted({*stay, *patterns}))

    def _has_prefix(self, arn: str) -> bool:
        prefix = self.scene.prefix
        return bool(prefix) and re.split(r"[:/]", arn)[-1].startswith(str(prefix))

    def _pattern(self, type_: str, arn: str) -> str:
        """The name prefix where the name has it; else everything of the type in this account and region."""
        if self._has_prefix(arn):
            name = re.split(r"[:/]", arn)[-1]
            return f"{arn[: len(arn) - len(name)]}{self.scene.prefix}*"
        kind = kind_of(type_)
        if kind.own == "name":
            return arn  # a name that nobody agreed on: another one cannot be foretold
        listed = catalog.resource_type(type_)
        if isinstance(listed, catalog.Unmapped) or not listed.arn:
            return arn
        fixed = dict(zip(("Partition", "Service", "Region", "Account"), arn.split(":")[1:5], strict=False))
        return re.sub(r"\$\{([^}]*)\}", lambda found: fixed.get(found[1], "*"), listed.arn)

    def _passed(self, rows: Sequence[Used]) -> tuple[Test, ...] | None:
        """To which services the roles were handed on; None where that is not known, and then the need is missing."""
        events = {event for row in rows for event in row.events}
        services = {
            row.action.partition(":")[0]
            for row in self.rows
            if not row.dependent and events & set(row.events)
        } - {"iam"}
        principals = sorted({TAKES[service] for service in services if service in TAKES})
        if not principals or any("*" in row.resource for row in rows):
            self.missing.append(
                Missing(
                    says=f"`iam:PassRole`: it is not known which role went to which service "
                    f"(by {', '.join(sorted({row.cause for row in rows}))})",
                    place=Place(file=self.source, path=rows[0].events[0] if rows[0].events else None),
                    hint="name the role and its service in the pass: `also`, with `to`",
                )
            )
            return None
        return (("StringEquals", "iam:PassedToService", tuple(principals)),)

    def teardown(self, needs: Sequence[Need]) -> Iterator[Need]:
        """What taking down what was made will need: no record shows a delete before it is made."""
        seen = {(need.action, need.type) for need in needs}
        for need in needs:
            if need.stance != "creates" or need.type is None:
                continue
            for action in _deletes(need.type):
                if (action, need.type) in seen or not _takes(action, need.type):
                    continue
                seen.add((action, need.type))
                yield Need(
                    action=action,
                    type=need.type,
                    stance=stance_of(action, need.type),
                    resources=need.resources,
                    kind="teardown",
                    purpose=f"TearDown{kind_of(need.type).word}",
                    why=f"takes down what {need.action.partition(':')[2]} made",
                    source=need.source,
                )


# AWS: each service's page on its service role; where several take roles of one service, nobody can tell by the call
TAKES: Mapping[str, str] = {
    "apigateway": "apigateway.amazonaws.com",
    "cloudformation": "cloudformation.amazonaws.com",
    "codebuild": "codebuild.amazonaws.com",
    "codepipeline": "codepipeline.amazonaws.com",
    "ec2": "ec2.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "events": "events.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
    "states": "states.amazonaws.com",
}
"""The service principal that takes the role of a call, by the prefix of the call's actions."""


def _deletes(type_: str) -> tuple[str, ...]:
    known = teardowns().get(type_)
    if known is not None:
        return known.deletes
    listed = catalog.resource_type(type_)
    if isinstance(listed, catalog.Unmapped):
        return ()
    return tuple(
        dict.fromkeys(
            action
            for actions in listed.teardown.values()
            for action in actions
            if action.partition(":")[0] == type_.partition(":")[0] and stance_of(action, type_) == "changes"
        )
    )


def _takes(action: str, type_: str) -> bool:
    return type_.partition(":")[2] in _types(action)


def _types(action: str) -> tuple[str, ...]:
    types = catalog.resource_types(action)
    return () if isinstance(types, catalog.Unmapped) else types


def _purpose(action: str, stance: Stance) -> str:
    """A statement a service and stance, named for what it does."""
    service = "".join(part.capitalize() for part in action.partition(":")[0].split("-"))
    word = {
        "creates": "Make",
        "changes": "Change",
        "uses": "Use",
        "lists": "See",
        "tags": "Tag",
        "asks": "LookAround",
    }[stance]
    if action == "iam:PassRole":
        return "HandOnRoles"
    if re.match(r"(Delete|Terminate|Release|Deregister)", action.partition(":")[2]):
        word = "TearDown"
    return f"{word}{service}"


def _refused(usage: Usage) -> Iterator[str]:
    refused = sorted({row.action for row in usage.rows if row.refused})
    if refused:
        yield f"refused, and so not among the needs: {', '.join(f'`{action}`' for action in refused)}"


def _dark(needs: Iterable[Need]) -> Iterator[str]:
    """Data events are in no trail unless it was told to keep them: silence about them says nothing."""
    services = {need.action.partition(":")[0] for need in needs}
    dark = sorted(
        service
        for service in services
        if any(unseen(action) is not None for action in catalog.actions_matching(f"{service}:*"))
    )
    if dark:
        yield (
            f"of {', '.join(dark)} a trail of management events does not show every call (reading and writing objects, "
            "items, messages): add what the job needs of them"
        )

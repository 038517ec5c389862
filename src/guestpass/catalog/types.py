"""Resource types, as IAM names them (`rds:db`) and as CloudFormation does (`AWS::RDS::DBInstance`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from guestpass.catalog import actions, distilled
from guestpass.catalog.values import ResourceType, Unmapped


class _Index(msgspec.Struct, frozen=True):
    services: dict[str, str]
    types: dict[str, tuple[str, ...]]
    strange: tuple[str, ...]


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

    `id` are the properties that identify a resource; `types` its IAM types. `handlers` is empty where AWS says none.
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
        return _joined(found.types[0] if found.types else "", (found.name,))
    prefix, _, kind = name.partition(":")
    if actions.arn_format(prefix, kind) is None:
        return Unmapped(why=f"AWS lists no resource type `{name}`")
    spelt = next(each for each in actions.type_names(prefix) if each.lower() == kind.lower())
    full = f"{prefix.lower()}:{spelt}"
    return _joined(full, _index().types.get(full, ()))


def _joined(name: str, named: tuple[str, ...]) -> ResourceType:
    prefix, _, kind = name.partition(":")
    types = [found for found in map(cloudformation_type, named) if isinstance(found, CloudFormationType)]
    told = {found.taggable for found in types if found.taggable is not None}
    return ResourceType(
        name=name,
        arn=(actions.arn_format(prefix, kind) or "") if name else "",
        keys=actions.type_keys(prefix, kind) if name else frozenset(),
        cloudformation=tuple(found.name for found in types),
        teardown={found.name: found.handlers["delete"] for found in types if found.handlers.get("delete")},
        taggable=True in told if told else None,
    )

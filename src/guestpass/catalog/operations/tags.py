"""Tags in a request as context keys, and EC2's own rule for every call that takes `TagSpecifications`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from guestpass.catalog import actions
from guestpass.catalog.operations import fill
from guestpass.catalog.values import Check, Where

_VARIABLE = re.compile(r"\$\{|<")


def request_tags(pairs: Sequence[tuple[str, str]], family: str = "") -> dict[str, tuple[str, ...]]:
    """Tags in a request as context: `aws:RequestTag/KEY` each (and under the service's own `family`),
    `aws:TagKeys`.

    AWS: IAM User Guide, "AWS global condition context keys", aws:RequestTag and aws:TagKeys.
    """
    if not pairs:
        return {}
    context = {f"aws:RequestTag/{key}": (value,) for key, value in pairs}
    context |= {f"{family}{key}": (value,) for key, value in pairs if family}
    return context | {"aws:TagKeys": tuple(key for key, _ in pairs)}


class Keys:
    """A list of condition keys as AWS writes it: does it have this key? Families (`aws:RequestTag/${TagKey}`)
    match by their prefix, and the prefix itself (`aws:RequestTag/`) is in the list that has the family.
    """

    def __init__(self, listed: Iterable[str]) -> None:
        lowered = [key.lower() for key in listed]
        self.exact = {key for key in lowered if not _VARIABLE.search(key)}
        self.families = tuple(_VARIABLE.split(key)[0] for key in lowered if _VARIABLE.search(key))

    def __contains__(self, key: str) -> bool:
        return key.lower() in self.exact or (bool(self.families) and key.lower().startswith(self.families))


def ec2_by_type(parameters: Mapping[str, Any]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The tags that a call asks for, by the resource type they are to be put on."""
    specifications = parameters.get("TagSpecifications") or parameters.get("TagSpecification") or ()
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    if not isinstance(specifications, Sequence) or isinstance(specifications, str):
        raise fill.Unfilled("`TagSpecifications` is no list")
    for specification in specifications:
        if not isinstance(specification, Mapping):
            raise fill.Unfilled("`TagSpecifications` holds something that is no specification")
        resource_type = str(specification.get("ResourceType") or "")
        found[resource_type] = found.get(resource_type, ()) + fill.pairs(specification.get("Tags"))
    return {resource_type: pairs for resource_type, pairs in found.items() if pairs}


# AWS: EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation": ec2:CreateTags on the
# created type is authorised with ec2:CreateAction = the call's name, and only if the request has tags.
def ec2_checks(operation: str, parameters: Mapping[str, Any], where: Where) -> Iterator[Check]:
    """`ec2:CreateTags` on each type that the call tags while creating it."""
    for resource_type, pairs in ec2_by_type(parameters).items():
        if actions.arn_format("ec2", resource_type) is None:
            raise fill.Unfilled(f"AWS lists no EC2 resource type `{resource_type}` that could be tagged")
        context = request_tags(pairs) | {"ec2:CreateAction": (operation,), "ec2:Region": (where.region,)}
        yield Check(
            action="ec2:CreateTags",
            resource=fill.arn_of("ec2", resource_type, "*", where),
            context=context,
            type=resource_type,
            settled=frozenset({"aws:RequestTag/", "aws:TagKeys", "ec2:CreateAction", "ec2:Region"}),
        )

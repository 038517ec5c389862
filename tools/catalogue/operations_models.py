"""Botocore's models of operations: their names, how they are called, and where in their input a thing stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tools.catalogue.wheels import Wheel

_MODEL = re.compile(r"botocore/data/(?P<client>[^/]+)/(?P<day>\d{4}-\d\d-\d\d)/service-2\.json(\.gz)?")
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_MARKUP = re.compile(r"<[^>]+>")
_DEEPEST = 6
_KEYED = {"key", "tagkey", "resourcetype"}

Test = Callable[[str, str], bool]
"""Whether a member of this name and of a shape of this type is what is looked for."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operation: `words` is AWS's own description, `verb` its HTTP method, `signed` whether it is signed at all."""

    name: str
    words: str
    verb: str
    signed: bool
    input: str


@dataclass(frozen=True, kw_only=True)
class Model:
    """One client of botocore: its names and its operations."""

    client: str
    identity: str
    signing: str
    bearer: bool
    calls: Mapping[str, Call]
    shapes: Mapping[str, Any]

    def top(self, call: str) -> tuple[str, ...]:
        """The names of an operation's parameters."""
        return tuple(self.shapes.get(self.calls[call].input, {}).get("members", {}))

    def paths(self, call: str, test: Test, depth: int = _DEEPEST) -> tuple[str, ...]:
        """Where in an operation's input members stand that pass the test, as JMESPath, the shallow ones first.

        What lies within a found member is not looked at.
        """
        found = self._walk(self.calls[call].input, test, depth, ())
        return tuple(sorted(dict.fromkeys(found), key=lambda path: (path.count("."), path)))

    def _walk(self, shape: str, test: Test, depth: int, above: tuple[str, ...]) -> Iterator[str]:
        facts = self.shapes.get(shape, {})
        if depth < 0 or shape in above:
            return
        within = (*above, shape)
        match facts.get("type"):
            case "structure":
                for name, member in facts.get("members", {}).items():
                    kind = self._kind(member["shape"])
                    spelt = name if _PLAIN.fullmatch(name) else f'"{name}"'
                    if test(name, kind):
                        yield spelt
                        continue
                    for rest in self._walk(member["shape"], test, depth - 1, within):
                        yield f"{spelt}{'' if rest.startswith('[') else '.'}{rest}"
            case "list":
                for rest in self._walk(facts["member"]["shape"], test, depth, within):
                    yield f"[]{'' if rest.startswith('[') else '.'}{rest}"
            case "map":
                for rest in self._walk(facts["value"]["shape"], test, depth, within):
                    yield f"*{'' if rest.startswith('[') else '.'}{rest}"

    def _kind(self, shape: str) -> str:
        """A shape's type; `words` for a list of plain strings or of what has no key."""
        facts = self.shapes[shape]
        if facts["type"] != "list":
            return str(facts["type"])
        members = self.shapes[facts["member"]["shape"]].get("members", {})
        return "list" if {name.lower() for name in members} & _KEYED else "words"

    def spelled(self, call: str, path: str) -> str | None:
        """A path in any case in the input's own spelling, None if the input has no such path."""
        shape, spelt = self.calls[call].input, []
        for step in path.replace("[]", "").split("."):
            facts = self.shapes.get(shape, {})
            while facts.get("type") in {"list", "map"}:
                spelt.append("[]" if facts["type"] == "list" else ".*")
                facts = self.shapes[facts["member" if facts["type"] == "list" else "value"]["shape"]]
            names = {name.lower(): name for name in facts.get("members", {})}
            name = names.get(step.lower())
            if name is None or not _PLAIN.fullmatch(name):
                return None
            spelt.append(f".{name}")
            shape = facts["members"][name]["shape"]
        return "".join(spelt).removeprefix(".")


def models(botocore: Wheel) -> dict[str, Model]:
    """Every client by name, from the newest of its models."""
    newest: dict[str, str] = {}
    for name in botocore.files:
        found = _MODEL.fullmatch(name)
        if found:
            newest[found["client"]] = name  # files come sorted: the last day wins
    return {client: _model(client, botocore.json(name)) for client, name in sorted(newest.items())}


def _model(client: str, raw: Mapping[str, Any]) -> Model:
    metadata = raw["metadata"]
    return Model(
        client=client,
        identity=squeezed(metadata["serviceId"]),
        signing=metadata.get("signingName") or metadata["endpointPrefix"],
        bearer=metadata.get("signatureVersion") == "bearer",
        calls={name: _call(name, facts) for name, facts in sorted(raw["operations"].items())},
        shapes=raw["shapes"],
    )


def _call(name: str, facts: Mapping[str, Any]) -> Call:
    return Call(
        name=name,
        words=" ".join(_MARKUP.sub("", facts.get("documentation", "")).split()),
        verb=facts.get("http", {}).get("method", ""),
        signed=facts.get("authtype") != "none",
        input=facts.get("input", {}).get("shape", ""),
    )


@cache
def squeezed(name: str) -> str:
    """A service's name in small letters and digits alone: how the packages' spellings of it meet."""
    return re.sub(r"[^a-z0-9]", "", name.lower())

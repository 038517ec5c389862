"""What a list of calls leaves out of a Python program: calls through variables, and calls that nobody saw."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from guestpass import catalog
from guestpass.catalog.operations import clients
from guestpass.needs.calls.texts import ANY, Texts

_SDK = ("boto3", "botocore", "aioboto3", "aiobotocore")
_MAKERS = ("client", "resource")
_OWN = ("self", "cls", "super")
_BY_NAME = {
    "get_paginator": ("operation_name", "pages through"),
    "get_waiter": ("waiter_name", "waits for"),
    "generate_presigned_url": ("ClientMethod", "signs a URL for"),
}
"""Methods that take a call by its name: the name's keyword, and what they do with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A call that is known already: its lines, and its name in lower case without `_`."""

    first: int
    last: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A call that somebody else will make with this program's permissions: a URL is signed for it."""

    line: int
    service: str | None
    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What was found: of what the calls are not known, by line and in words; what is signed for others; the lines that
    make `boto3.resource`s; and the services that clients are made for.
    """

    unknown: tuple[tuple[int, str], ...] = ()
    signed: tuple[Signed, ...] = ()
    resources: tuple[int, ...] = ()
    services: frozenset[str] = frozenset()


def look(program: Texts, seen: Sequence[Seen]) -> Looked:
    """Look through a program of Python's; one that does not use the SDK has nothing to find."""
    if program.tree is None or not _uses_sdk(program.tree):
        return Looked()
    calls = [node for node in ast.walk(program.tree) if isinstance(node, ast.Call)]
    made = {_first(node, program, "service_name") for node in calls if _is_maker(node, *_MAKERS)}
    looking = _Looking(
        program=program, seen=seen, services=_services(program), made=frozenset(map(str, made)) - {ANY}
    )
    return Looked(
        unknown=tuple(sorted({(node.lineno, why) for node in calls for why in looking.unknown(node)})),
        signed=tuple(each for node in calls for each in looking.signed(node)),
        resources=tuple(sorted({node.lineno for node in calls if _is_maker(node, "resource")})),
        services=looking.made,
    )


def _uses_sdk(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if any(name.partition(".")[0] in _SDK for name in names):
            return True
    return False


def _services(program: Texts) -> Mapping[str, str]:
    """The variables that hold clients, by the last part of their name, with the service; `ANY` where that is a variable."""
    found: dict[str, str] = {}
    for node in ast.walk(program.tree) if program.tree else ():
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if not _is_maker(node.value, *_MAKERS):
            continue
        service = _first(node.value, program, "service_name")
        for target in node.targets:
            name = _tail(target)
            if name:
                found[name] = str(service) if found.get(name, service) == service else ANY
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class _Looking:
    program: Texts
    seen: Sequence[Seen]
    services: Mapping[str, str]
    made: frozenset[str]

    def unknown(self, node: ast.Call) -> Iterator[str]:
        """Why a call is not known, where it is none of those that were seen."""
        match node.func:
            case ast.Attribute(attr="client" | "resource") if _is_maker(node, *_MAKERS):
                if _first(node, self.program, "service_name") == ANY:
                    yield f"which service `{_short(node)}` is for is a variable: the calls that follow are not seen"
            case ast.Call(func=ast.Name(id="getattr"), args=[held, ast.expr() as name, *_]):
                if self.program.of_node(name) == ANY and self._is_client(held):
                    yield f"`{_short(node)}` calls what a variable names"
            case ast.Attribute(attr=attr) if attr in _BY_NAME:
                keyword, does = _BY_NAME[attr]
                if not self._was_seen(node, "") and _first(node, self.program, keyword) == ANY:
                    yield f"`{_short(node)}` {does} what a variable names"
            case ast.Attribute(attr=attr, value=held) if "_" in attr.strip("_") and _tail(held) not in _OWN:
                every = _operations().get(_plain(attr), ())
                services = tuple(each for each in every if each in self.made) or every
                if services and not self._was_seen(node, _plain(attr)):
                    yield f"`{_short(node)}` is by its name a call of {_some(services)} that was not seen"

    def signed(self, node: ast.Call) -> Iterator[Signed]:
        """What a URL is signed for."""
        # AWS: Amazon S3 user guide, "Sharing objects with presigned URLs": whoever has the URL acts as who signed it
        if not isinstance(node.func, ast.Attribute):
            return
        service = self.services.get(_tail(node.func.value) or "", ANY)
        known = None if service == ANY else service
        given = {word.arg: word.value for word in node.keywords if word.arg}
        if node.func.attr == "generate_presigned_url":
            name = _first(node, self.program, "ClientMethod")
            held = given.get("Params") or next(iter(node.args[1:2]), None)
            told = self.program.of_node(held) if held is not None else {}
            if isinstance(name, str) and name != ANY:
                parameters = told if isinstance(told, dict) else {}
                yield Signed(line=node.lineno, service=known, name=name, parameters=parameters)
        elif node.func.attr == "generate_presigned_post":
            values = dict(zip(("Bucket", "Key"), node.args, strict=False)) | given
            parameters = {
                name: self.program.of_node(values[name]) for name in ("Bucket", "Key") if name in values
            }
            yield Signed(line=node.lineno, service="s3", name="put_object", parameters=parameters)

    def _is_client(self, held: ast.expr) -> bool:
        return (_tail(held) or "") in self.services or (
            isinstance(held, ast.Call) and _is_maker(held, *_MAKERS)
        )

    def _was_seen(self, node: ast.Call, name: str) -> bool:
        return any(
            each.first <= node.lineno <= each.last and (each.name == name or each.first == node.lineno)
            for each in self.seen
        )


def _is_maker(node: ast.Call, *names: str) -> bool:
    """Whether a call makes a client of boto3's, or of a session's."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in names:
        return False
    held = node.func.value
    said = _tail(held.func if isinstance(held, ast.Call) else held) or ""
    return said in _SDK or said in ("s", "sess") or "session" in said.lower()


def _first(node: ast.Call, program: Texts, keyword: str) -> Any:
    """The first argument, or the one of this name."""
    given = next(
        (word.value for word in node.keywords if word.arg == keyword), node.args[0] if node.args else None
    )
    return ANY if given is None else program.of_node(given)


def _tail(node: ast.expr) -> str | None:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case _:
            return None


def _short(node: ast.Call) -> str:
    text = ast.unparse(node.func)
    return (
        f"{text[:57]}…(…)" if len(text) > 58 else f"{text}(…)" if node.args or node.keywords else f"{text}()"
    )


def _some(services: Sequence[str]) -> str:
    return ", ".join(services[:3]) + (f" and {len(services) - 3} more" if len(services) > 3 else "")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


@cache
def _operations() -> Mapping[str, tuple[str, ...]]:
    """Every operation's name in lower case, with the services that have it."""
    found: dict[str, list[str]] = {}
    for client in clients():
        for name in catalog.operations_of(client):
            found.setdefault(name.lower(), []).append(client)
    return {name: tuple(services) for name, services in found.items()}

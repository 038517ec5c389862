"""What iam-policy-autopilot answers about a program, read into calls with their parameters as the API spells them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from guestpass.errors import InputError
from guestpass.needs.calls.texts import ANY, Texts, of_go, of_java, of_script

PROGRAM: Final = "iam-policy-autopilot"
"""The program that reads the text."""

_SYNTHETIC = "synthetic_"
# AWS: boto3, S3 customizations: the file transfer methods, and the places of their parameters
_TRANSFERS: Mapping[str, tuple[str | None, ...]] = {
    "upload_file": (None, "Bucket", "Key"),
    "upload_fileobj": (None, "Bucket", "Key"),
    "download_file": ("Bucket", "Key"),
    "download_fileobj": ("Bucket", "Key"),
    "copy": ("CopySource", "Bucket", "Key"),
}
_PLACE = re.compile(r"(.+):([0-9]+)\.[0-9]+-(?:([0-9]+)\.)?[0-9]+", re.DOTALL)


class _Value(msgspec.Struct, frozen=True):
    Resolved: str | None = None
    Unresolved: str | None = None


class _Given(msgspec.Struct, frozen=True):
    """A parameter: `name` where it is given by name, `fields` those of a struct of Go's."""

    value: _Value
    name: str = ""
    fields: tuple[str, ...] | None = msgspec.field(default=None, name="struct_fields")


class _Splat(msgspec.Struct, frozen=True):
    expression: str


class _Parameter(msgspec.Struct, frozen=True):
    Keyword: _Given | None = None
    Positional: _Given | None = None
    DictionarySplat: _Splat | None = None


class _Metadata(msgspec.Struct, frozen=True):
    Expr: str
    Location: str
    Parameters: tuple[_Parameter, ...] = ()


class _Call(msgspec.Struct, frozen=True):
    Name: str
    PossibleServices: tuple[str, ...]
    Metadata: _Metadata


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call of a program's: where, of which services it may be, and its parameters; `open` are those that hold unknowns.

    `said` is what the text calls it, where that is another name (`upload_file`). `guessed`: the other program made all of
    the parameters up. `bare`: the text names the call, and does not make it.
    """

    file: str
    line: int
    last: int
    name: str
    services: tuple[str, ...]
    parameters: Mapping[str, Any]
    open: frozenset[str] = frozenset()
    said: str = ""
    guessed: bool = False
    bare: bool = False

    @property
    def plain(self) -> str:
        """Its name in lower case without `_`: methods and operations are spelt alike so."""
        return self.name.replace("_", "").lower()


def calls_in(answer: str, programs: Mapping[str, Texts]) -> Iterator[Call]:
    """The calls of an answer; `programs` are the Python files by name. Raises `InputError` where it has another shape."""
    try:
        told = msgspec.json.decode(answer, type=tuple[_Call, ...])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(
            f"what {PROGRAM} answers cannot be read: {error}",
            expected="what version 0.3 answers to `extract-sdk-calls --full-output`",
            hint=f"pipx install --force {PROGRAM}==0.3.0",
        ) from None
    for each in told:
        place = _PLACE.fullmatch(each.Metadata.Location)
        file, first, last = (
            (place[1], int(place[2]), place[3]) if place else (each.Metadata.Location, 1, None)
        )
        parameters, unknown, guessed = _parameters(each, file, programs.get(file))
        yield Call(
            file=file,
            line=first,
            last=int(last or first),
            name=each.Name,
            services=tuple(sorted(each.PossibleServices)),
            parameters=parameters,
            open=unknown,
            said=method if file in programs and (method := _method(each.Metadata.Expr)) in _TRANSFERS else "",
            guessed=guessed,
            bare="(" not in each.Metadata.Expr and not each.Metadata.Parameters,
        )


def _parameters(call: _Call, file: str, program: Texts | None) -> tuple[dict[str, Any], frozenset[str], bool]:
    """The parameters as the API spells them, those that hold unknowns, and whether all of them were made up."""
    names = _TRANSFERS.get(_method(call.Metadata.Expr), ()) if program else ()
    found: dict[str, Any] = {}
    made_up: list[str] = []
    place = 0
    for parameter in call.Metadata.Parameters:
        if parameter.DictionarySplat is not None:
            told = program.value(parameter.DictionarySplat.expression.removeprefix("**")) if program else ANY
            found |= told if isinstance(told, dict) else {}
        elif parameter.Keyword is not None:
            if (parameter.Keyword.value.Unresolved or "").startswith(_SYNTHETIC):
                made_up.append(parameter.Keyword.name)
            else:
                found[parameter.Keyword.name] = _value(parameter.Keyword, file, program)
        elif parameter.Positional is not None:
            found |= _positional(parameter.Positional, file, program, names[place : place + 1])
            place += 1
    guessed = bool(made_up) and not found
    found |= {name: ANY for name in made_up if name not in found}
    if "CopySource" in found:
        found["CopySource"] = _copied(found["CopySource"])
    return found, frozenset(name for name, value in found.items() if holds_any(value)), guessed


def _positional(
    given: _Given, file: str, program: Texts | None, name: tuple[str | None, ...]
) -> dict[str, Any]:
    written = given.value.Unresolved or ""
    if given.fields is not None:
        return of_go(written, given.fields)
    if file.endswith(".java"):
        return of_java(written)
    if name and name[0] is not None:
        return {name[0]: _value(given, file, program)}
    return {}


def _value(given: _Given, file: str, program: Texts | None) -> Any:
    if given.value.Resolved is not None:
        text = given.value.Resolved
        # a sum of two texts comes as one that still holds the marks between them
        return program.value(f'"{text}"') if program and '"' in text else text
    written = given.value.Unresolved or ""
    return program.value(written) if program else of_script(written) if file.endswith(("ts", "js")) else ANY


def _copied(source: Any) -> str:
    """What is copied, as `bucket/key`."""
    if isinstance(source, dict):
        return f"{source.get('Bucket', ANY)}/{source.get('Key', ANY)}"
    return source if isinstance(source, str) and "/" in source else f"{ANY}/{ANY}"


def holds_any(value: Any) -> bool:
    """Whether a value, or something within it, only shows when the program runs."""
    match value:
        case str():
            return ANY in value
        case dict():
            return any(holds_any(each) for each in (*value, *value.values()))
        case list():
            return any(map(holds_any, value))
        case _:
            return False


def _method(expression: str) -> str:
    """The method that an expression calls: `upload_file` of `self.store.upload_file(...)`."""
    return expression.partition("(")[0].rpartition(".")[2].strip()


def sensible(calls: Sequence[Call]) -> list[Call]:
    """Each call once; of guesses at one that is seen whole nothing is left."""
    whole = {(call.file, call.line, call.plain) for call in calls if not call.guessed}
    out: list[Call] = []
    for call in sorted(calls, key=lambda each: (each.file, each.line, each.name, each.services)):
        if call.guessed and (call.file, call.line, call.plain) in whole:
            continue
        if call not in out:
            out.append(call)
    return out

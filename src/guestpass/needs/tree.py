"""A YAML text as a tree whose every part knows its place, so that each complaint names file, line and column.

Only what a form needs is read: mappings, lists and plain text. Aliases, tags, duplicate fields, several
documents and deep nesting are refused before anything is built, so a hostile file costs no more than its own
length.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    NodeEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from guestpass.errors import InputError, Place

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12
_NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """One part of the tree: a mapping, a list or a text, with its place in the file."""

    node: Node
    file: str
    path: str = "$"
    key: Node | None = None

    @property
    def place(self) -> Place:
        """Where it stands, lines and columns from 1: a field that has no value stands where its name does."""
        bare = self.key is not None and isinstance(self.node, ScalarNode) and not self.node.value
        at = self.key if bare and self.key is not None else self.node
        return _place(self.file, at.start_mark, self.path)

    @property
    def is_text(self) -> bool:
        """Whether it is a single value."""
        return isinstance(self.node, ScalarNode)

    def fail(self, says: str, *, expected: str | None = None, hint: str | None = None) -> NoReturn:
        """Stop with an `InputError` at this place."""
        raise InputError(says, place=self.place, expected=expected, hint=hint)

    def fields(self, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, Branch]:
        """Read a mapping with these fields and no others."""
        known = (*required, *optional)
        if not isinstance(self.node, MappingNode):
            self.fail(
                f"`{self.path}` is not a mapping", expected=f"a mapping with the fields {_listed(known)}"
            )
        found: dict[str, Branch] = {}
        for key, value in self.node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            branch = Branch(node=value, file=self.file, path=f"{self.path}.{name}", key=key)
            at_key = Branch(node=key, file=self.file, path=branch.path)
            if name not in known:
                at_key.fail(
                    f"unknown field `{printable(name)}`",
                    expected=f"one of {_listed(known)}",
                    hint=did_you_mean(name, known),
                )
            if name in found:
                at_key.fail(f"field `{name}` stands twice", expected="each field once")
            found[name] = branch
        for name in required:
            if name not in found:
                self.fail(f"field `{name}` is missing", expected=f"`{self.path}.{name}`")
        return found

    def mapping(self) -> dict[str, Branch]:
        """Read a mapping whose names are the writer's own."""
        names = (
            [key.value for key, _ in self.node.value if isinstance(key, ScalarNode)]
            if isinstance(self.node, MappingNode)
            else []
        )
        return self.fields(optional=dict.fromkeys(names))

    def items(self) -> tuple[Branch, ...]:
        """Read a list that is not empty."""
        if not isinstance(self.node, SequenceNode):
            self.fail(f"`{self.path}` is not a list", expected="a list, as in `[first, second]`")
        if not self.node.value:
            self.fail(f"`{self.path}` is empty", expected="at least one entry")
        return tuple(
            Branch(node=child, file=self.file, path=f"{self.path}[{index}]")
            for index, child in enumerate(self.node.value)
        )

    def text(self) -> str:
        """Read a single value as it was written: `0123` stays `0123`, quoted or not."""
        if not isinstance(self.node, ScalarNode):
            self.fail(f"`{self.path}` is not a single value", expected="a text")
        quoted = self.node.style in ("'", '"', "|", ">")
        if (self.node.tag == _NULL_TAG and not quoted) or not self.node.value.strip():
            self.fail(f"`{self.path}` is empty", expected="a text")
        return str(self.node.value)

    def texts(self) -> tuple[str, ...]:
        """Read a list of single values, none of them twice."""
        seen: list[str] = []
        for item in self.items():
            value = item.text()
            if value in seen:
                item.fail(f"`{printable(value)}` stands twice", expected="each entry once")
            seen.append(value)
        return tuple(seen)

    def choice(self, known: Iterable[str], what: str) -> str:
        """Read one of the known words."""
        known = tuple(known)
        value = self.text()
        if value not in known:
            self.fail(
                f"unknown {what} `{printable(value)}`",
                expected=f"one of {_listed(known)}",
                hint=did_you_mean(value, known),
            )
        return value


def read_tree(text: str, *, file: str) -> Branch:
    """Read the text of a YAML file into its tree. Raises `InputError` with the place of what is wrong."""
    start = Place(file=file, line=1, column=1)
    for number, line in enumerate(text.split("\n"), start=1):
        bad = next((at for at, letter in enumerate(line) if _is_control(letter)), None)
        if bad is not None:
            place = Place(file=file, line=number, column=bad + 1)
            raise InputError(
                f"a control character (U+{ord(line[bad]):04X}) stands in the file",
                place=place,
                expected="text",
            )
    try:
        _refuse_the_clever(text, file)
        node = _loader().compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(file, mark, None) if mark is not None else start
        raise InputError(
            f"not YAML: {error.problem or error.context or 'unreadable'}", place=place
        ) from error
    except (YAMLError, ValueError) as error:
        raise InputError("not YAML", place=start, expected="a YAML mapping") from error
    if node is None:
        raise InputError("the file is empty", place=start, expected="a YAML mapping")
    return Branch(node=node, file=file)


def read_text(path: str | Path) -> str:
    """Read a small text file of the user's. Raises `InputError` when it is not there, too large or not
    UTF-8."""
    path, place = Path(path), Place(file=str(path))
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError("the file is not there", place=place, hint="guestpass init") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a readable file"
        raise InputError(f"the file cannot be read: {str(reason).lower()}", place=place) from None
    if len(raw) > MAX_BYTES:
        raise InputError("the file is too large", place=place, expected=f"at most {MAX_BYTES:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            "the file is not UTF-8 text", place=Place(file=str(path), line=line), expected="UTF-8 text"
        ) from None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word as a hint, or None."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None


def printable(text: str) -> str:
    """The user's word, safe to stand in a message: short and without control or direction characters."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _loader() -> Any:
    return YAML(typ="safe", pure=True)


def _refuse_the_clever(text: str, file: str) -> None:
    """Walk the events, which costs no nesting, and refuse what a form has no use for."""
    documents = depth = 0
    for event in _loader().parse(text):
        place = _place(file, event.start_mark, None)
        match event:
            case DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise InputError("a second document begins here", place=place, expected="one document")
            case AliasEvent():
                raise InputError(
                    f"`*{printable(event.anchor)}` is an alias", place=place, expected="the value itself"
                )
            case CollectionEndEvent():
                depth -= 1
            case CollectionStartEvent():
                depth += 1
                if depth > MAX_DEPTH:
                    raise InputError("nested too deep", place=place, expected=f"at most {MAX_DEPTH} levels")
        if isinstance(event, NodeEvent) and (event.anchor or getattr(event, "tag", None)):
            raise InputError("anchors and tags (`&`, `!`) are not read", place=place, expected="plain YAML")


def _is_control(letter: str) -> bool:
    code = ord(letter)
    return (code < 32 and letter not in "\t\r") or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000


def _place(file: str, mark: Any, path: str | None) -> Place:
    return Place(file=file, line=mark.line + 1, column=mark.column + 1, path=path)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)

"""A template's text as plain values: YAML with CloudFormation's short forms, or JSON; every mapping knows its place."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from guestpass.errors import InputError, Place
from guestpass.needs.tree import printable

# AWS: CloudFormation quotas: a template in S3 has at most 1 MB
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 60
_CORE = "tag:yaml.org,2002:"


class Located(dict[str, Any]):
    """A mapping of a template that knows where it stands, and where each of its names does."""

    def __init__(self, values: dict[str, Any], place: Place, names: dict[str, Place] | None = None) -> None:
        super().__init__(values)
        self.place = place
        self.names = names or {}


def read_template(text: str, *, file: str) -> Located:
    """Read a template. Short forms come out as long ones: `!Ref X` as `{"Ref": "X"}`.

    Raises `InputError` with line and column for what is no YAML or JSON, for aliases, fields that stand twice, and what is
    too large or too deep.
    """
    if len(text.encode()) > MAX_BYTES:
        raise InputError(
            "the template is too large", place=Place(file=file), expected=f"at most {MAX_BYTES:,} bytes"
        )
    try:
        _refuse_the_clever(text, file)
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file=file, line=mark.line + 1, column=mark.column + 1) if mark else Place(file=file)
        raise InputError(
            f"the template cannot be read: {error.problem or 'not YAML'}",
            place=place,
            expected="YAML or JSON",
        ) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise InputError(
            "the template cannot be read", place=Place(file=file, line=1), expected="YAML or JSON"
        ) from error
    if not isinstance(node, MappingNode):
        raise InputError(
            "this is no template", place=Place(file=file, line=1), expected="a mapping with `Resources`"
        )
    read = _value(node, file)
    assert isinstance(read, Located)  # noqa: S101 -- a mapping without a tag is one
    return read


def _refuse_the_clever(text: str, file: str) -> None:
    """Walk the events, which costs no nesting, before anything is built."""
    documents = depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        place = Place(file=file, line=event.start_mark.line + 1, column=event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise InputError("a second document begins here", place=place, expected="one template")
            case AliasEvent():
                # AWS: CloudFormation template formats: aliases are not supported
                raise InputError(
                    f"`*{printable(event.anchor)}` is an alias", place=place, expected="the value itself"
                )
            case CollectionEndEvent():
                depth -= 1
            case CollectionStartEvent():
                depth += 1
                if depth > MAX_DEPTH:
                    raise InputError("nested too deep", place=place, expected=f"at most {MAX_DEPTH} levels")


def _value(node: Node, file: str) -> Any:
    match node:
        case MappingNode():
            names = {str(key.value): _place(key, file) for key, _ in node.value}
            read: Any = Located(_fields(node, file), _place(node, file), names)
        case SequenceNode():
            read = [_value(child, file) for child in node.value]
        case _:
            read = _scalar(node)
    return _long_form(node, read, file)


def _fields(node: MappingNode, file: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, ScalarNode) else ""
        if not isinstance(key, ScalarNode):
            raise InputError("the name of a field is not a text", place=_place(key, file), expected="a text")
        if name in out:
            raise InputError(
                f"`{printable(name)}` stands twice", place=_place(key, file), expected="each name once"
            )
        out[name] = _value(value, file)
    return out


def _scalar(node: Any) -> Any:
    """A value as YAML's core schema has it; a number that is not written as such (an account) stays a text."""
    text = str(node.value)
    if node.style in ("'", '"', "|", ">") or not str(node.tag).startswith(_CORE):
        return text
    match str(node.tag).removeprefix(_CORE):
        case "null":
            return None
        case "bool":
            return text.lower() in ("true", "yes", "on")
        case "int":
            return int(text) if text.lstrip("-").isdigit() and str(int(text)) == text else text
        case "float":
            try:
                return float(text) if str(float(text)) == text else text
            except ValueError:
                return text
        case _:
            return text


def _long_form(node: Node, read: Any, file: str) -> Any:
    tag = str(node.tag)
    if not tag.startswith("!") or tag == "!":
        return read
    name = tag.removeprefix("!")
    if name == "GetAtt" and isinstance(read, str):
        read = list(read.partition(".")[::2])
    return Located({name if name in ("Ref", "Condition") else f"Fn::{name}": read}, _place(node, file))


def _place(node: Node, file: str) -> Place:
    return Place(file=file, line=node.start_mark.line + 1, column=node.start_mark.column + 1)

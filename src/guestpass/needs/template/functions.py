"""CloudFormation's intrinsic functions, as far as a template alone answers them.

What only shows when the stack is made is `Unknown`, or `*` within a text; what cannot be right (a name that nothing has) is
missing, with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from guestpass.errors import Place
from guestpass.needs.declared import Missing, Reference, Scene, Unknown, Value
from guestpass.needs.template.reading import Located
from guestpass.needs.tree import did_you_mean, printable

_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_NOTHING = object()
"""What `AWS::NoValue` leaves: no property at all."""


@dataclass(kw_only=True, slots=True)
class Functions:
    """One template's parameters, mappings, conditions and resources, and what was found missing on the way."""

    scene: Scene
    file: str
    parameters: Mapping[str, Any]
    given: Mapping[str, str]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Any]
    missing: list[Missing] = field(default_factory=list)
    _asking: set[str] = field(default_factory=set)

    def properties(self, told: Mapping[str, Any], place: Place) -> dict[str, Value]:
        """Resolve properties, with all that is in them; one that is `AWS::NoValue` is not there."""
        read = {key: self._value(value, place) for key, value in told.items()}
        return {key: value for key, value in read.items() if value is not _NOTHING}

    def value(self, told: Any, place: Place) -> Value:
        """Resolve one value."""
        read = self._value(told, place)
        return None if read is _NOTHING else read

    def holds(self, told: Any, place: Place) -> bool | None:
        """Whether a condition holds; None where that depends on what is not known."""
        if isinstance(told, str):
            return self._named(told, place)
        if not isinstance(told, Mapping) or len(told) != 1:
            self._lacks("this is no condition", place, "as in `!Equals [a, b]`")
            return None
        ((name, inner),) = told.items()
        parts = inner if isinstance(inner, list) else [inner]
        match name:
            case "Condition":
                return self._named(str(inner), place)
            case "Fn::Equals" if len(parts) == 2:
                one, other = (self.value(part, place) for part in parts)
                if _open(one) or _open(other):
                    return None
                return str(one) == str(other)
            case "Fn::Not" if len(parts) == 1:
                inside = self.holds(parts[0], place)
                return None if inside is None else not inside
            case "Fn::And":
                answers = [self.holds(part, place) for part in parts]
                return False if False in answers else None if None in answers else True
            case "Fn::Or":
                answers = [self.holds(part, place) for part in parts]
                return True if True in answers else None if None in answers else False
            case _:
                self._lacks(
                    f"`{printable(str(name))}` is no condition", place, "Equals, Not, And, Or, Condition"
                )
                return None

    def _named(self, name: str, place: Place) -> bool | None:
        if name not in self.conditions:
            self._lacks(
                f"there is no condition `{printable(name)}`", place, did_you_mean(name, self.conditions)
            )
            return None
        if name in self._asking:
            self._lacks(f"the condition `{printable(name)}` asks for itself", place)
            return None
        self._asking.add(name)
        try:
            return self.holds(self.conditions[name], place)
        finally:
            self._asking.discard(name)

    def _value(self, told: Any, place: Place) -> Any:
        if isinstance(told, Located):
            place = told.place
        if isinstance(told, Mapping):
            if len(told) == 1:
                ((name, inner),) = told.items()
                if name == "Ref" or str(name).startswith("Fn::"):
                    return self._function(str(name), inner, place)
            fields = {key: self._value(value, place) for key, value in told.items()}
            return {key: value for key, value in fields.items() if value is not _NOTHING}
        if isinstance(told, list):
            return [read for each in told if (read := self._value(each, place)) is not _NOTHING]
        return told

    def _function(self, name: str, inner: Any, place: Place) -> Any:
        known: Mapping[str, Callable[[Any, Place], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Length": self._length,
            "Fn::ToJsonString": self._json,
        }
        if name in known:
            return known[name](inner, place)
        if name in ("Fn::ImportValue", "Fn::GetAZs", "Fn::Cidr", "Fn::Base64", "Fn::GetStackOutput"):
            inside = self._value(inner, place)
            if name == "Fn::Base64" and isinstance(inside, str):
                return Unknown(why="encoded text")
            return Unknown(why=f"`{name.removeprefix('Fn::')}` is answered when the stack is made")
        self._lacks(
            f"the function `{printable(name)}` is not known here",
            place,
            "expand the template first, and give what comes out",
        )
        return Unknown(why=f"`{name}`")

    def _ref(self, inner: Any, place: Place) -> Any:
        name = str(inner)
        if name.startswith("AWS::"):
            return self._pseudo(name, place)
        if name in self.parameters:
            return self._parameter(name)
        if name in self.resources:
            return Reference(address=name)
        known = (*self.parameters, *self.resources)
        self._lacks(
            f"`{printable(name)}` is neither a parameter nor a resource of the template",
            place,
            did_you_mean(name, known),
        )
        return Unknown(why=f"nothing is called `{name}`")

    def _parameter(self, name: str) -> Any:
        if name in self.given:
            said = self.given[name]
        else:
            told = self.parameters[name]
            default = told.get("Default") if isinstance(told, Mapping) else None
            if default is None:
                return Unknown(why=f"the parameter `{name}` has no default and was not given")
            said = str(default)
        kind = (
            self.parameters[name].get("Type", "String") if isinstance(self.parameters[name], Mapping) else ""
        )
        if str(kind).startswith("AWS::SSM::"):
            return Unknown(why=f"the parameter `{name}` is read from Systems Manager")
        if str(kind) == "CommaDelimitedList" or str(kind).startswith("List<"):
            return [part.strip() for part in said.split(",")]
        return said

    def _pseudo(self, name: str, place: Place) -> Any:
        match name:
            case "AWS::AccountId":
                return self.scene.account
            case "AWS::Region":
                return self.scene.region
            case "AWS::Partition":
                return self.scene.partition
            case "AWS::StackName":
                return self.scene.stack or Unknown(why="the stack's name was not given")
            case "AWS::NoValue":
                return _NOTHING
            case "AWS::URLSuffix":
                return "amazonaws.com.cn" if self.scene.partition == "aws-cn" else "amazonaws.com"
            case "AWS::StackId" | "AWS::NotificationARNs":
                return Unknown(why=f"`{name}` shows when the stack is made")
            case _:
                self._lacks(
                    f"there is no pseudo parameter `{printable(name)}`",
                    place,
                    "AWS::AccountId, AWS::Region, …",
                )
                return Unknown(why=name)

    def _get_att(self, inner: Any, place: Place) -> Any:
        parts = (
            inner.split(".", 1) if isinstance(inner, str) else list(inner) if isinstance(inner, list) else []
        )
        if len(parts) < 2 or not isinstance(parts[0], str):
            self._lacks("`GetAtt` names no attribute", place, "as in `!GetAtt Database.Arn`")
            return Unknown(why="`GetAtt`")
        if parts[0] not in self.resources:
            self._lacks(
                f"`{printable(parts[0])}` is no resource of the template",
                place,
                did_you_mean(parts[0], self.resources),
            )
            return Unknown(why=f"nothing is called `{parts[0]}`")
        attribute = parts[1] if isinstance(parts[1], str) else None
        return Reference(address=parts[0], attribute=attribute)

    def _sub(self, inner: Any, place: Place) -> Any:
        text, own = (inner[0], inner[1]) if isinstance(inner, list) and len(inner) == 2 else (inner, {})
        if not isinstance(text, str) or not isinstance(own, Mapping):
            self._lacks("`Sub` has no text", place, "as in `!Sub '${AWS::StackName}-uploads'`")
            return Unknown(why="`Sub`")
        pieces: list[Any] = []
        last = 0
        for found in _VARIABLE.finditer(text):
            pieces.append(text[last : found.start()].replace("${!", "${"))
            name = found[1].strip()
            if name in own:
                pieces.append(self._value(own[name], place))
            elif "." in name:
                pieces.append(self._get_att(name, place))
            else:
                pieces.append(self._ref(name, place))
            last = found.end()
        pieces.append(text[last:].replace("${!", "${"))
        return _joined(pieces)

    def _join(self, inner: Any, place: Place) -> Any:
        if not isinstance(inner, list) or len(inner) != 2:
            self._lacks("`Join` takes a text and a list", place, "as in `!Join ['-', [a, b]]`")
            return Unknown(why="`Join`")
        between, parts = str(inner[0]), self._value(inner[1], place)
        if not isinstance(parts, list):
            return Unknown(why="what is joined is not known")
        pieces: list[Any] = []
        for number, part in enumerate(parts):
            pieces += [between, part] if number else [part]
        return _joined(pieces)

    def _select(self, inner: Any, place: Place) -> Any:
        if isinstance(inner, list) and len(inner) == 2:
            index, parts = self._value(inner[0], place), self._value(inner[1], place)
            if isinstance(parts, list) and str(index).isdigit():
                if int(str(index)) < len(parts):
                    return parts[int(str(index))]
                self._lacks(f"`Select` asks for the {int(str(index)) + 1}th of {len(parts)}", place)
        return Unknown(why="which one is selected is not known")

    def _split(self, inner: Any, place: Place) -> Any:
        if isinstance(inner, list) and len(inner) == 2:
            text = self._value(inner[1], place)
            if isinstance(text, str) and "*" not in text:
                return text.split(str(inner[0]))
        return Unknown(why="what is split is not known")

    def _if(self, inner: Any, place: Place) -> Any:
        if not isinstance(inner, list) or len(inner) != 3:
            self._lacks("`If` takes a condition and two values", place)
            return Unknown(why="`If`")
        answer = self.holds(inner[0], place)
        if answer is not None:
            return self._value(inner[1] if answer else inner[2], place)
        # both may come true: what either of them refers to stays to be found
        both = [read for each in inner[1:] if (read := self._value(each, place)) is not _NOTHING]
        return both[0] if len(both) == 1 or (len(both) == 2 and both[0] == both[1]) else both

    def _find_in_map(self, inner: Any, place: Place) -> Any:
        if not isinstance(inner, list) or len(inner) not in (3, 4):
            self._lacks("`FindInMap` takes a mapping and two keys", place)
            return Unknown(why="`FindInMap`")
        found: Any = self.mappings
        for key in (self._value(part, place) for part in inner[:3]):
            if _open(key) or not isinstance(key, (str, int)):
                return Unknown(why="the key of the mapping is not known")
            if not isinstance(found, Mapping) or str(key) not in found:
                if len(inner) == 4 and isinstance(inner[3], Mapping) and "DefaultValue" in inner[3]:
                    return self._value(inner[3]["DefaultValue"], place)
                known = tuple(found) if isinstance(found, Mapping) else ()
                self._lacks(
                    f"the mapping has no `{printable(str(key))}`", place, did_you_mean(str(key), known)
                )
                return Unknown(why=f"no `{key}` in the mapping")
            found = found[str(key)]
        return found

    def _length(self, inner: Any, place: Place) -> Any:
        read = self._value(inner, place)
        return len(read) if isinstance(read, list) else Unknown(why="a length of what is not known")

    def _json(self, inner: Any, place: Place) -> Any:
        read = self._value(inner, place)
        try:
            return json.dumps(read)
        except TypeError:
            return read  # what it refers to stays to be found

    def _lacks(self, says: str, place: Place, hint: str | None = None) -> None:
        self.missing.append(Missing(says=says, place=place, hint=hint))


def _open(value: Any) -> bool:
    return isinstance(value, (Reference, Unknown, dict, list)) or (isinstance(value, str) and "*" in value)


def _joined(pieces: list[Any]) -> Any:
    """A text of its parts; `*` for a part that is not known, and beside it what it refers to."""
    full = [piece for piece in pieces if piece != "" and piece is not _NOTHING]
    if len(full) == 1:
        return full[0]
    text = "".join(str(each) if isinstance(each, (str, int, float)) else "*" for each in full)
    refers = [each for each in full if isinstance(each, (Reference, dict, list))]
    return {"Text": text, "Of": refers} if refers else text

"""Reading one statement, element by element, at its widest wherever it puzzles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guestpass.access.policy.conditions import conditions_of
from guestpass.access.policy.notes import Notes, quoted, repeated_names, texts_of
from guestpass.access.policy.principals import EVERYONE, WITH_PRINCIPALS, principals_of
from guestpass.access.policy.templates import (
    MalformedVariableError,
    has_variable_before_fifth_colon,
    template_of,
)
from guestpass.access.policy.values import Effect, Patterns, PolicyKind, Statement, Version

_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}
_EVERYTHING = Patterns(values=("*",))

_ACTION = re.compile(r"\*(:\*)?|[A-Za-z0-9-]+:[A-Za-z0-9*?_.-]+")


@dataclass(kw_only=True)
class Reader:
    """Reads the statements of one document of this kind and version; `puzzles` are the document's own."""

    kind: PolicyKind
    version: Version
    puzzles: tuple[str, ...]

    def statements_of(self, data: object, index: int) -> Iterator[Statement]:
        """Read one statement: as one value, or as an Allow and a Deny when its effect is neither."""
        notes = Notes(list(self.puzzles))
        if not isinstance(data, Mapping):
            notes.add("POL006", f"a statement is an object, and this is a {quoted(data)}")
            data = {}
        repeated = set(repeated_names(data))
        notes.extend("POL001", (f"{quoted(name)} stands twice in one object" for name in sorted(repeated)))
        strange = [name for name in data if name not in _ELEMENTS]
        notes.extend("POL003", (f"{quoted(name)} is no element of a statement" for name in strange))
        effects = self._effects(data, notes)
        read = self._widest() if repeated or self.puzzles or not data else self._parts(data, effects, notes)
        sid = data.get("Sid")
        if sid is not None and not isinstance(sid, str):
            notes.add("POL006", f"a Sid is a string, and this is a {quoted(sid)}")
            sid = None
        if "Effect" in repeated:
            effects = ("Allow", "Deny")
        for effect in effects:
            yield replace(read, effect=effect, sid=sid, index=index, puzzles=tuple(notes.all))

    def _widest(self) -> Statement:
        """A statement that concerns every request: nobody knows how much of it counts."""
        everyone = EVERYONE if self.kind in WITH_PRINCIPALS else None
        everything = None if self.kind == "trust" else _EVERYTHING
        return Statement(effect="Deny", actions=_EVERYTHING, resources=everything, principals=everyone)

    def _parts(self, data: Mapping[str, Any], effects: tuple[Effect, ...], notes: Notes) -> Statement:
        """The statement element by element, each at its widest where it puzzles."""
        read = Statement(
            effect=effects[0],
            actions=self._actions(data, notes),
            resources=self._resources(data, notes),
            principals=principals_of(data, self.kind, notes),
            conditions=conditions_of(data, self.version, notes),
        )
        self._check_principals(read, notes)
        self._check_control_policy(read, notes)
        return read

    def _effects(self, data: Mapping[str, Any], notes: Notes) -> tuple[Effect, ...]:
        match data.get("Effect"):
            case "Allow":
                return ("Allow",)
            case "Deny":
                return ("Deny",)
            case other:
                notes.add("POL005", f"{quoted(other)} is no effect")
                return ("Allow", "Deny")

    def _actions(self, data: Mapping[str, Any], notes: Notes) -> Patterns:
        patterns = self._patterns(data, "Action", notes)
        if patterns is None:
            notes.add("POL004", "a statement has Action or NotAction")
            return _EVERYTHING
        wrong = [value for value in patterns.values if not _ACTION.fullmatch(value)]
        notes.extend("POL007", (f"{quoted(value)} is no action" for value in wrong))
        return _EVERYTHING if wrong else patterns

    def _resources(self, data: Mapping[str, Any], notes: Notes) -> Patterns | None:
        patterns = self._patterns(data, "Resource", notes)
        if self.kind == "trust":
            if patterns is not None:
                notes.add("POL010", "a trust policy has no Resource")
            return None
        if patterns is None:
            # NOTE: policies that stand on their resource may leave it out (ECR, SNS)
            if self.kind == "resource":
                return None
            notes.add("POL004", "a statement has Resource or NotResource")
            return _EVERYTHING
        wrong = [says for value in patterns.values for says in self._resource_puzzles(value)]
        for code, says in wrong:
            notes.add(code, says)
        return _EVERYTHING if wrong else patterns

    def _resource_puzzles(self, value: str) -> Iterator[tuple[str, str]]:
        try:
            template = template_of(value, self.version, wildcards=True)
        except MalformedVariableError:
            yield "POL014", f"{quoted(value)} holds a `${{` that is no variable"
            return
        if not (set(value) <= {"*"} or value.startswith("arn:")) or value != value.strip() or not value:
            yield "POL008", f"{quoted(value)} is neither an ARN nor `*`"
        elif has_variable_before_fifth_colon(template):
            yield "POL014", f"{quoted(value)} has a variable before the fifth colon"

    def _patterns(self, data: Mapping[str, Any], name: str, notes: Notes) -> Patterns | None:
        """The values of `name` or `Not…`; None when neither is there, everything when unreadable."""
        if name in data and f"Not{name}" in data:
            notes.add("POL004", f"a statement has {name} or Not{name}, and this has both")
            return _EVERYTHING
        for element in (name, f"Not{name}"):
            if element in data:
                values = texts_of(data[element])
                if values is None:
                    notes.add("POL006", f"{element} is neither a string nor a list of strings")
                    return _EVERYTHING
                return Patterns(values=values, negated=element != name)
        return None

    def _check_principals(self, read: Statement, notes: Notes) -> None:
        # AWS: IAM JSON policy elements: NotPrincipal (rule 46)
        negated = read.principals is not None and read.principals.negated
        if negated and (read.effect == "Allow" or self.kind == "trust"):
            notes.add("POL010", "NotPrincipal stands only with Deny, and never in a trust policy")

    def _check_control_policy(self, read: Statement, notes: Notes) -> None:
        # AWS: Organizations: RCP syntax (rule 32); `RCPFullAWSAccess` is the one policy that allows
        if self.kind != "rcp":
            return
        if read.principals != EVERYONE or read.actions.negated or self.version != "2012-10-17":
            notes.add("POL010", "a resource control policy has Principal `*`, Action and Version 2012-10-17")
        full = read.actions == _EVERYTHING and read.resources == _EVERYTHING and not read.conditions
        if read.effect == "Allow" and not full:
            notes.add("POL010", "a resource control policy only denies")

"""Reading one statement, element by element, at its widest wherever it puzzles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from guestpass.access.policy.operators import OPERATORS, Operator, value_parses
from guestpass.access.policy.templates import (
    MalformedVariableError,
    has_variable_before_fifth_colon,
    has_variables,
    template_of,
)
from guestpass.access.policy.values import (
    Condition,
    Effect,
    Patterns,
    PolicyKind,
    PrincipalPattern,
    Principals,
    Qualifier,
    Statement,
    Version,
)

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
_WITH_PRINCIPALS: set[PolicyKind] = {"resource", "trust", "rcp"}
_EVERYTHING = Patterns(values=("*",))
_EVERYONE = Principals(values=(PrincipalPattern(kind="AWS", value="*"),))

_ACTION = re.compile(r"\*(:\*)?|[A-Za-z0-9-]+:[A-Za-z0-9*?_.-]+")
_KEY = re.compile(r"[^\s:]+:\S(.*\S)?")
_NAMED_PRINCIPAL = re.compile(
    r"arn:[a-z0-9-]+:(?:"
    r"iam::[0-9]{12}:(?:root|user/[^*?]+|role/[^*?]+)"
    r"|sts::[0-9]{12}:(?:assumed-role|federated-user)/[^*?]+)"
)
_PRINCIPAL_FORMS = {
    "AWS": re.compile(rf"\*|[0-9]{{12}}|A(?:IDA|ROA)[A-Z0-9]+|{_NAMED_PRINCIPAL.pattern}"),
    "Service": re.compile(r"[a-z0-9.-]+\.[a-z.]+"),
    "Federated": re.compile(
        r"arn:[a-z0-9-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*?]+|[^\s*?:]+\.[^\s*?:]+"
    ),
    "CanonicalUser": re.compile(r"[0-9a-fA-F]+"),
}


def quoted(value: object) -> str:
    """The user's word in backticks: short, without control characters and halves of characters."""
    text = value if isinstance(value, str) else type(value).__name__
    safe = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[:80])
    return f"`{safe}{'…' if len(text) > 80 else ''}`"


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
            data = {"Effect": None}
        else:
            notes.extend(
                "POL001", (f"{quoted(name)} stands twice in one object" for name in repeated_names(data))
            )
            notes.extend(
                "POL003",
                (f"{quoted(name)} is no element of a statement" for name in data if name not in _ELEMENTS),
            )
        actions = self._actions(data, notes)
        resources = self._resources(data, notes)
        principals = self._principals(data, notes)
        conditions = self._conditions(data, notes)
        sid = data.get("Sid")
        if sid is not None and not isinstance(sid, str):
            notes.add("POL006", f"a Sid is a string, and this is a {quoted(sid)}")
            sid = None
        effects = self._effects(data, notes)
        self._check_principals(effects[0], principals, notes)
        self._check_control_policy(effects, actions, principals, resources, conditions, notes)
        for effect in effects:
            yield Statement(
                effect=effect,
                actions=actions,
                resources=resources,
                principals=principals,
                conditions=conditions,
                sid=sid,
                index=index,
                puzzles=tuple(notes.all),
            )

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
            # NOTE: policies that stand on their resource may leave it out (ECR, SNS); S3 refuses that by itself
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
        """The values of `name` or of `Not…`, or None when neither is there; everything when they cannot be read."""
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

    def _principals(self, data: Mapping[str, Any], notes: Notes) -> Principals | None:
        given = [element for element in ("Principal", "NotPrincipal") if element in data]
        if not given:
            if self.kind in _WITH_PRINCIPALS:
                notes.add("POL004", "a statement here has Principal or NotPrincipal")
                return _EVERYONE
            return None
        if self.kind not in _WITH_PRINCIPALS | {"endpoint"}:
            notes.add("POL010", f"a policy used as {self.kind} has no {given[0]}")
            return None
        if len(given) > 1:
            notes.add("POL004", "a statement has Principal or NotPrincipal, and this has both")
            return _EVERYONE
        entries = self._principal_entries(data[given[0]], notes)
        return (
            _EVERYONE if entries is None else Principals(values=entries, negated=given[0] == "NotPrincipal")
        )

    def _principal_entries(self, data: object, notes: Notes) -> tuple[PrincipalPattern, ...] | None:
        if data == "*":
            # AWS: IAM JSON policy elements: Principal (rule 41: the same as {"AWS": "*"})
            return _EVERYONE.values
        if not isinstance(data, Mapping) or not data:
            # AWS: Grammar of the IAM JSON policy language (rule 43)
            notes.add("POL009", f"{quoted(data)} is no principal")
            return None
        entries: list[PrincipalPattern] = []
        clear = True
        for kind, listed in data.items():
            values = texts_of(listed)
            form = _PRINCIPAL_FORMS.get(kind)
            if form is None or values is None:
                notes.add("POL009", f"{quoted(kind)} with these values names no principals")
                clear = False
                continue
            wrong = [value for value in values if not form.fullmatch(value)]
            notes.extend("POL009", (f"{quoted(value)} is no principal of the kind {kind}" for value in wrong))
            clear = clear and not wrong
            entries.extend(PrincipalPattern(kind=kind, value=value) for value in values)
        return tuple(entries) if clear else None

    def _check_principals(self, effect: Effect, principals: Principals | None, notes: Notes) -> None:
        # AWS: IAM JSON policy elements: NotPrincipal (rule 46)
        if principals is not None and principals.negated and (effect == "Allow" or self.kind == "trust"):
            notes.add("POL010", "NotPrincipal stands only with Deny, and never in a trust policy")

    def _check_control_policy(
        self,
        effects: tuple[Effect, ...],
        actions: Patterns,
        principals: Principals | None,
        resources: Patterns | None,
        conditions: tuple[Condition, ...],
        notes: Notes,
    ) -> None:
        # AWS: Organizations: RCP syntax (rule 32); `RCPFullAWSAccess` is the one policy that allows
        if self.kind != "rcp":
            return
        if principals != _EVERYONE or actions.negated or self.version != "2012-10-17":
            notes.add("POL010", "a resource control policy has Principal `*`, Action and Version 2012-10-17")
        full = actions == _EVERYTHING and resources == _EVERYTHING and not conditions
        if effects[0] == "Allow" and not full:
            notes.add("POL010", "a resource control policy only denies")

    def _conditions(self, data: Mapping[str, Any], notes: Notes) -> tuple[Condition, ...]:
        block = data.get("Condition", {})
        if not isinstance(block, Mapping):
            notes.add("POL006", f"Condition is an object, and this is a {quoted(block)}")
            return ()
        return tuple(
            condition
            for operator, keys in block.items()
            for condition in self._conditions_of(operator, keys, notes)
        )

    def _conditions_of(self, name: str, keys: object, notes: Notes) -> Iterator[Condition]:
        qualifier, operator, if_exists = split_operator(name)
        if operator is None:
            notes.add("POL011", f"operator {quoted(name)} is not one of AWS's")
            return
        if operator.family == "Null" and (qualifier or if_exists):
            notes.add("POL012", f"operator {quoted(name)}: Null stands alone")
            return
        if not isinstance(keys, Mapping):
            notes.add("POL006", f"{quoted(name)} has an object of keys, and this is a {quoted(keys)}")
            return
        lowered = [key.lower() for key in keys if isinstance(key, str)]
        notes.extend(
            "POL001", (f"key {quoted(key)} stands twice" for key in set(lowered) if lowered.count(key) > 1)
        )
        for key, listed in keys.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                notes.add("POL015", f"{quoted(key)} is no condition key")
                continue
            values = texts_of(listed, scalars=True)
            if values is None:
                notes.add("POL006", f"the values of {quoted(key)} are neither text nor a list of texts")
                continue
            wrong = [says for value in values for says in self._value_puzzles(operator, value)]
            for code, says in wrong:
                notes.add(code, says)
            if not wrong:
                yield Condition(
                    operator=operator.name, key=key, values=values, qualifier=qualifier, if_exists=if_exists
                )

    def _value_puzzles(self, operator: Operator, value: str) -> Iterator[tuple[str, str]]:
        if operator.variables:
            try:
                if has_variables(template_of(value, self.version, wildcards=True)):
                    return
            except MalformedVariableError:
                yield "POL014", f"{quoted(value)} holds a `${{` that is no variable"
                return
        if not value_parses(operator, value):
            yield "POL013", f"{quoted(value)} is nothing that {operator.name} can compare"


@dataclass
class Notes:
    """The puzzles of one statement, in the order they were met, each once."""

    all: list[str] = field(default_factory=list)

    def add(self, code: str, says: str) -> None:
        """Note one puzzle."""
        if (note := f"{code} {says}") not in self.all:
            self.all.append(note)

    def extend(self, code: str, several: Iterator[str]) -> None:
        """Note several of one kind."""
        for says in several:
            self.add(code, says)


def repeated_names(data: object) -> Iterator[str]:
    """The names that stand more than once in any object of a JSON tree, where the parser noticed."""
    if isinstance(data, Mapping):
        yield from getattr(data, "repeated", ())
        for value in data.values():
            yield from repeated_names(value)
    elif isinstance(data, list):
        for value in data:
            yield from repeated_names(value)


def texts_of(data: object, *, scalars: bool = False) -> tuple[str, ...] | None:
    """One string or a list of strings as a tuple (rule 35); None when it is neither, or empty.

    With `scalars`, JSON's true, false and whole or decimal numbers count as their text, as in conditions.
    """
    listed = data if isinstance(data, Sequence) and not isinstance(data, str) else [data]
    values: list[str] = []
    for value in listed:
        text = _text_of(value) if scalars else value
        if not isinstance(text, str):
            return None
        values.append(text)
    return tuple(values) if values else None


def _text_of(value: object) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if abs(value) < 10**18:
            return str(value)
        case float() if re.fullmatch(r"-?[0-9]+\.[0-9]+", repr(value)):
            return repr(value)
        case _:
            return None


def split_operator(name: object) -> tuple[Qualifier | None, Operator | None, bool]:
    """`ForAnyValue:StringLikeIfExists` as qualifier, operator and whether it has the suffix."""
    if not isinstance(name, str):
        return None, None, False
    qualifiers: dict[str, Literal["ForAllValues", "ForAnyValue"]] = {
        "ForAllValues": "ForAllValues",
        "ForAnyValue": "ForAnyValue",
    }
    before, colon, after = name.partition(":")
    qualifier = qualifiers.get(before) if colon else None
    if colon and qualifier is None:
        return None, None, False
    plain = after if colon else before
    return qualifier, OPERATORS.get(plain.removesuffix("IfExists")), plain.endswith("IfExists")

"""Reading a statement's Condition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from guestpass.access.policy.notes import Notes, quoted, texts_of
from guestpass.access.policy.operators import OPERATORS, Operator, value_parses
from guestpass.access.policy.templates import MalformedVariableError, has_variables, template_of
from guestpass.access.policy.values import Condition, Qualifier, Version

_KEY = re.compile(r"[^\s:]+:\S(.*\S)?")
_QUALIFIERS: dict[str, Qualifier] = {"ForAllValues": "ForAllValues", "ForAnyValue": "ForAnyValue"}


def conditions_of(data: Mapping[str, Any], version: Version, notes: Notes) -> tuple[Condition, ...]:
    """Read a statement's Condition; what puzzles is noted and left out, which widens the statement."""
    block = data.get("Condition", {})
    if not isinstance(block, Mapping):
        notes.add("POL006", f"Condition is an object, and this is a {quoted(block)}")
        return ()
    return tuple(
        condition
        for operator, keys in block.items()
        for condition in _conditions_of(operator, keys, version, notes)
    )


def _conditions_of(name: str, keys: object, version: Version, notes: Notes) -> Iterator[Condition]:
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
    lowered = Counter(key.lower() for key in keys if isinstance(key, str))
    for key, listed in keys.items():
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            notes.add("POL015", f"{quoted(key)} is no condition key")
            continue
        if lowered[key.lower()] > 1:
            notes.add("POL001", f"key {quoted(key.lower())} stands twice")
            continue
        values = texts_of(listed, scalars=True)
        if values is None:
            notes.add("POL006", f"the values of {quoted(key)} are neither text nor a list of texts")
            continue
        wrong = [says for value in values for says in _value_puzzles(operator, value, version)]
        for code, says in wrong:
            notes.add(code, says)
        if not wrong:
            yield Condition(
                operator=operator.name, key=key, values=values, qualifier=qualifier, if_exists=if_exists
            )


def _value_puzzles(operator: Operator, value: str, version: Version) -> Iterator[tuple[str, str]]:
    if operator.variables:
        try:
            if has_variables(template_of(value, version, wildcards=True)):
                return
        except MalformedVariableError:
            yield "POL014", f"{quoted(value)} holds a `${{` that is no variable"
            return
    if not value_parses(operator, value):
        yield "POL013", f"{quoted(value)} is nothing that {operator.name} can compare"


def split_operator(name: object) -> tuple[Qualifier | None, Operator | None, bool]:
    """`ForAnyValue:StringLikeIfExists` as qualifier, operator and whether it has the suffix."""
    if not isinstance(name, str):
        return None, None, False
    before, colon, after = name.partition(":")
    qualifier = _QUALIFIERS.get(before) if colon else None
    if colon and qualifier is None:
        return None, None, False
    plain = after if colon else before
    return qualifier, OPERATORS.get(plain.removesuffix("IfExists")), plain.endswith("IfExists")

"""Conditions as functions of a request's facts: operators, set qualifiers, IfExists, Null, variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache

from guestpass.access.evaluate.facts import Facts
from guestpass.access.policy.arns import FIELDS, fields_of, filled, strict_matcher
from guestpass.access.policy.globs import Piece, matcher_of, tidy
from guestpass.access.policy.operators import (
    OPERATORS,
    Comparison,
    Operator,
    address_of,
    bytes_of,
    instant_of,
    network_of,
    number_of,
    truth_of,
)
from guestpass.access.policy.templates import (
    MalformedVariableError,
    Template,
    Variable,
    has_variables,
    template_of,
    without_variables,
)
from guestpass.access.policy.truth import Truth, both, either, opposite
from guestpass.access.policy.values import Condition, Version

Holds = Callable[[Facts], Truth]
Fits = Callable[[str, Facts], Truth]
"""Whether one value of the request matches what the policy lists under a key."""


def compile_condition(condition: Condition, version: Version) -> Holds:
    """Make the function that says whether a condition holds."""
    operator = OPERATORS[condition.operator]
    key = condition.key.lower()  # rule 53
    if operator.family == "Null":
        return _null(key, condition.values)
    fits = _fits_any(condition, operator, version)
    holds: Fits = (lambda value, facts: opposite(fits(value, facts))) if operator.negated else fits
    if condition.qualifier == "ForAllValues":
        return _for_all_values(key, holds)
    if condition.qualifier == "ForAnyValue":
        return _for_any_value(key, holds, if_missing=condition.if_exists)
    return _single_value(key, holds, if_missing=condition.if_exists or operator.negated)


def _single_value(key: str, holds: Fits, *, if_missing: bool) -> Holds:
    """Without qualifier: on a missing key positive is false, negated and IfExists true (rules 50, 51)."""

    # AWS: IAM JSON policy elements: Condition operators
    def decide(facts: Facts) -> Truth:
        given = facts.given(key)
        if given is None:
            return None
        if not given:
            return if_missing
        if len(given) > 1:
            return None  # rule 65: several values need a set operator; what happens without is not documented
        return holds(given[0], facts)

    return decide


def _for_all_values(key: str, holds: Fits) -> Holds:
    """Every value of the request must do; true when there is none (rules 62, 64)."""

    # AWS: Single-valued vs. multivalued context keys
    def decide(facts: Facts) -> Truth:
        given = facts.given(key)
        if given is None:
            return None
        answer = both(holds(value, facts) for value in given)
        # NOTE: the page has also said that an empty text counts as no value: then it would be true
        return None if answer is False and not any(given) else answer

    return decide


def _for_any_value(key: str, holds: Fits, *, if_missing: bool) -> Holds:
    """Some value of the request must do; false when there is none, negated too (rules 63, 64)."""

    # AWS: Single-valued vs. multivalued context keys
    def decide(facts: Facts) -> Truth:
        given = facts.given(key)
        if given is None:
            return None
        return either(holds(value, facts) for value in given) if given else if_missing

    return decide


def _null(key: str, values: Iterable[str]) -> Holds:
    """`true`: the key is absent; `false`: it is there and not empty (rule 52)."""
    wanted = {truth_of(value) for value in values}

    # AWS: IAM JSON policy elements: Condition operators, "Null"
    def decide(facts: Facts) -> Truth:
        given = facts.given(key)
        if given is None or None in wanted:
            return None
        if given and not any(given):
            # NOTE: whether an empty text counts as null is written both ways; both answers listed settles it
            return True if len(wanted) == 2 else None
        return (not given) in wanted

    return decide


def _fits_any(condition: Condition, operator: Operator, version: Version) -> Fits:
    """A request's value fits when any listed value matches it (rule 49)."""
    if operator.family == "String" and operator.comparison == "equal" and not operator.ignore_case:
        templates = [_template(value, version, wildcards=False) for value in condition.values]
        if all(template is not None and not has_variables(template) for template in templates):
            wanted = frozenset("".join(map(str, template or ())) for template in templates)
            return lambda value, _: value in wanted
    fits = tuple(_fits(operator, value, version) for value in condition.values)
    if len(fits) == 1:
        return fits[0]
    return lambda value, facts: either(each(value, facts) for each in fits)


def _fits(operator: Operator, wanted: str, version: Version) -> Fits:
    match operator.family:
        case "String":
            return _string(operator, wanted, version)
        case "Arn":
            return _arn(operator, wanted, version)
        case "Bool":
            return _bool(wanted, version)
        case "Numeric":
            return _ordered(operator, number_of(wanted), number_of)
        case "Date":
            return _ordered(operator, instant_of(wanted), _instant_of)
        case "Ip":
            return _ip(operator, wanted)
        case "Binary" | "Null":
            return _binary(wanted)


def _unread(operator: Operator) -> Truth:
    """What a value that the operator cannot read counts as: no match; undecided if negated (rule 67)."""
    return None if operator.negated else False


def _template(text: str, version: Version, *, wildcards: bool) -> Template | None:
    try:
        return template_of(text, version, wildcards=wildcards)
    except MalformedVariableError:
        return None  # the statement carries a puzzle


def _string(operator: Operator, wanted: str, version: Version) -> Fits:
    # AWS: IAM JSON policy elements: Condition operators, "String condition operators" (rules 54, 55)
    template = _template(wanted, version, wildcards=operator.comparison == "like")

    def matches(pieces: tuple[Piece, ...], value: str) -> bool:
        if operator.ignore_case:
            pieces = tuple(piece.lower() if isinstance(piece, str) else piece for piece in pieces)
            value = value.lower()
        return matcher_of(pieces)(value)

    if template is None:
        return lambda _value, _facts: None
    if has_variables(template):
        return lambda value, facts: match_filled_in(template, facts, lambda pieces: matches(pieces, value))
    pieces = without_variables(template)
    if operator.ignore_case:
        return lambda value, _: matches(pieces, value)
    fits = matcher_of(pieces)
    return lambda value, _: fits(value)


def _arn(operator: Operator, wanted: str, version: Version) -> Fits:
    # AWS: IAM JSON policy elements: Condition operators, "ARN condition operators" (rule 61)
    template = _template(wanted, version, wildcards=True)
    unread = _unread(operator)

    def matches(pieces: tuple[Piece, ...], value: str) -> Truth:
        fields = fields_of(pieces)
        found = strict_matcher(filled(fields))(value)
        # NOTE: filling up is documented for Resource elements alone
        return found if len(fields) == FIELDS or not found else None

    def fits(value: str, facts: Facts) -> Truth:
        if value.count(":") < FIELDS - 1:
            return unread
        if template is None:
            return None
        return match_filled_in(template, facts, lambda pieces: matches(pieces, value))

    if template is not None and not has_variables(template):
        static = without_variables(template)
        if len(fields_of(static)) == FIELDS:
            same = strict_matcher(fields_of(static))
            return lambda value, _: unread if value.count(":") < FIELDS - 1 else same(value)
    return fits


def match_filled_in(template: Template, facts: Facts, matches: Callable[[tuple[Piece, ...]], Truth]) -> Truth:
    """Whether a template matches once its variables have the request's values.

    A key without value matches nothing unless the variable has a default (rules 70, 71); a value is literal
    text, never read as a pattern again (rule 73); a key with several values cannot be a variable (rule 74). A
    value that nobody knows could be any text: no match only if no text would do.
    """
    # AWS: IAM policy elements: Variables and tags
    pieces: list[Piece] = []
    for piece in template:
        if not isinstance(piece, Variable):
            pieces.append(piece)
            continue
        given = facts.given(piece.key)
        if given is None or len(given) > 1:
            return False if matches(without_variables(template)) is False else None
        if not given and piece.default is None:
            return False
        pieces.append(given[0] if given else piece.default or "")
    return matches(tuple(tidy(pieces)))


def _bool(wanted: str, version: Version) -> Fits:
    # AWS: IAM JSON policy elements: Condition operators, "Boolean condition operators" (rule 58)
    template = _template(wanted, version, wildcards=False)

    def fits(value: str, facts: Facts) -> Truth:
        told = truth_of(value)
        if told is None:
            return False
        if template is None:
            return None
        return match_filled_in(template, facts, lambda pieces: _says(pieces, told=told))

    return fits


def _says(pieces: tuple[Piece, ...], *, told: bool) -> Truth:
    """Whether filled-in text says `told`; a wildcard here stands for a value that nobody knows."""
    if not all(isinstance(piece, str) for piece in pieces):
        return None
    said = truth_of("".join(map(str, pieces)))
    return None if said is None else said is told


_COMPARE: dict[Comparison, Callable[[Decimal, Decimal], bool]] = {
    "equal": lambda value, wanted: value == wanted,
    "less": lambda value, wanted: value < wanted,
    "less_or_equal": lambda value, wanted: value <= wanted,
    "greater": lambda value, wanted: value > wanted,
    "greater_or_equal": lambda value, wanted: value >= wanted,
}


_instant_of = lru_cache(maxsize=4096)(instant_of)


def _ordered(operator: Operator, wanted: Decimal | None, read: Callable[[str], Decimal | None]) -> Fits:
    # AWS: IAM JSON policy elements: Condition operators, "Numeric" and "Date" (rules 56, 57)
    compare, unread = _COMPARE[operator.comparison], _unread(operator)

    def fits(value: str, _: Facts) -> Truth:
        given = read(value)
        if given is None:
            return unread
        return None if wanted is None else compare(given, wanted)

    return fits


_address_of = lru_cache(maxsize=4096)(address_of)


def _ip(operator: Operator, wanted: str) -> Fits:
    # AWS: IAM JSON policy elements: Condition operators, "IP address condition operators" (rule 60)
    network, unread = network_of(wanted), _unread(operator)

    def fits(value: str, _: Facts) -> Truth:
        address = _address_of(value)
        if address is None:
            return unread
        if network is None:
            return None
        version, mask, base = network
        return address[0] == version and address[1] & mask == base

    return fits


def _binary(wanted: str) -> Fits:
    # AWS: IAM JSON policy elements: Condition operators, "Binary condition operators" (rule 59)
    listed = bytes_of(wanted)
    return lambda value, _: None if listed is None else bytes_of(value) == listed

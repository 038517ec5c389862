"""Saying why: which statement came nearest, where it parted from the request, what left it open."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Literal

from guestpass.access.decision import Layer, LayerTrace, Nearest
from guestpass.access.evaluate.compiled import CompiledStatement
from guestpass.access.evaluate.facts import Facts
from guestpass.access.evaluate.layers import Verdict
from guestpass.access.policy.globs import glob_matches
from guestpass.access.policy.values import Condition

_MOST_REASONS = 5


def trace_of(verdict: Verdict, facts: Facts) -> LayerTrace:
    """What one layer said, and by which statements."""
    layer = verdict.layer
    outcome = _outcome(verdict)
    return LayerTrace(
        layer=layer,
        outcome=outcome,
        allowed_by=tuple(each.ref(layer) for each in verdict.allowed_by),
        denied_by=tuple(each.ref(layer) for each in verdict.denied_by),
        nearest=nearest(verdict, facts) if outcome == "silent" else None,
    )


def _outcome(verdict: Verdict) -> Literal["allows", "denies", "silent", "undecided"]:
    if verdict.denies is True:
        return "denies"
    if verdict.denies is None or verdict.allows is None:
        return "undecided"
    return "allows" if verdict.allows else "silent"


def nearest(verdict: Verdict, facts: Facts) -> Nearest | None:
    """The Allow statement that came closest, in the level that is silent."""
    best: tuple[tuple[int, ...], Nearest] | None = None
    for statement in _allowing_statements(verdict, facts):
        found = _parted(statement, verdict.layer, facts)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    return best[1] if best else None


def _allowing_statements(verdict: Verdict, facts: Facts) -> list[CompiledStatement]:
    naming: list[CompiledStatement] = []
    others: list[CompiledStatement] = []
    for level in verdict.levels:
        allowances = level.on(facts.action)[1]
        if len(verdict.levels) > 1 and any(each.holds(facts) is True for each in allowances):
            continue  # this level allows: another one is silent
        naming += allowances
        others += level.statements
    # Whoever names the action came nearer than all who do not.
    return naming or [each for each in others if each.statement.effect == "Allow"]


def _parted(
    statement: CompiledStatement, layer: Layer, facts: Facts
) -> tuple[tuple[int, ...], Nearest] | None:
    """How far the statement went with the request (the greater, the nearer), and where it parted."""
    ref = statement.ref(layer)
    if not statement.acts_on(facts.action):
        close = _common(statement.statement.actions.values, facts.action, lower=True)
        return (0, close), Nearest(statement=ref, parted_at="action", says="action not named")
    if statement.meant(facts) is False:
        says = "the caller is not among its principals"
        return (1, 0), Nearest(statement=ref, parted_at="principal", says=says)
    if statement.covers(facts) is False:
        close, says = _about_resource(statement, facts)
        return (2, close), Nearest(statement=ref, parted_at="resource", says=says)
    listed = zip(statement.statement.conditions, statement.conditions, strict=True)
    failing = [condition for condition, holds in listed if holds(facts) is False]
    if failing:
        says = about_condition(failing[0], facts)
        return (3, -len(failing)), Nearest(statement=ref, parted_at="condition", says=says)
    return None


def _common(patterns: tuple[str, ...], text: str, *, lower: bool = False) -> int:
    """The length of the longest start that the text shares with a pattern."""
    return max((len(_shared(each.lower() if lower else each, text)) for each in patterns), default=0)


def _shared(pattern: str, text: str) -> str:
    return "".join(
        one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(pattern, text, strict=False))
    )


def _about_resource(statement: CompiledStatement, facts: Facts) -> tuple[int, str]:
    patterns = statement.statement.resources
    values = patterns.values if patterns else ()
    if patterns is not None and patterns.negated:
        excluded = next((value for value in values if glob_matches(value, facts.resource)), values[0])
        return 0, f"resource is excluded by `{excluded}`"
    if facts.resource == "*":
        return 0, "the request names no resource, and the statement wants `*`"
    closest = max(values, key=lambda value: _distance(value, facts.resource))
    return _distance(
        closest, facts.resource
    ), f"resource `{closest}` parts ways at `{_part(closest, facts.resource)}`"


def _distance(pattern: str, arn: str) -> int:
    """How many leading fields of an ARN agree, and then how many letters."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    agree = _agreeing(wanted, given)
    rest = _shared(wanted[agree], given[agree]) if agree < min(len(wanted), len(given)) else ""
    return agree * 1000 + len(rest)


def _agreeing(wanted: list[str], given: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: glob_matches(*pair), zip(wanted, given, strict=False)))


def _part(pattern: str, arn: str) -> str:
    """Where the two part ways: the ARN from the last separator before the first difference."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    agree = _agreeing(wanted, given)
    if agree >= len(given):
        return arn
    field = given[agree]
    shared = _shared(wanted[agree], field) if agree < len(wanted) else ""
    start = max(shared.rfind("/"), shared.rfind(":")) + 1
    return field[start:] or field or "(empty)"


def about_condition(condition: Condition, facts: Facts) -> str:
    """One line on a condition that does not hold, with what the request has and what the statement wants."""
    name = condition.operator + ("IfExists" if condition.if_exists else "")
    if condition.qualifier:
        name = f"{condition.qualifier}:{name}"
    given = facts.given(condition.key.lower())
    has = "request has none" if not given else "request has " + _listed(given)
    return f"condition {name} {condition.key}: {has}, wants {_listed(condition.values)}"


def _listed(values: tuple[str, ...]) -> str:
    few = ", ".join(f"`{value}`" for value in values[:3])
    return few + (f" or {len(values) - 3} more" if len(values) > 3 else "")


def reasons_of(verdict: Verdict, facts: Facts) -> tuple[str, ...]:
    """Why a layer left the answer open."""
    said = [f"{verdict.layer}: {verdict.because}"] if verdict.because else []
    for statement in verdict.unsure:
        said += [
            f"{verdict.layer} `{statement.policy.name}`, {statement.statement.label}: {why}"
            for why in _open_questions(statement, facts)
        ]
    return tuple(dict.fromkeys(said))[:_MOST_REASONS]


def _open_questions(statement: CompiledStatement, facts: Facts) -> Iterator[str]:
    yield from statement.statement.puzzles
    if statement.meant(facts) is None:
        yield "whether it means the caller is not known"
    if statement.covers(facts) is None:
        yield f"whether its resources cover `{facts.resource}` is not known (a variable or `*`)"
    for condition, holds in zip(statement.statement.conditions, statement.conditions, strict=True):
        if holds(facts) is None:
            yield _about_open_condition(condition, facts)


def _about_open_condition(condition: Condition, facts: Facts) -> str:
    given = facts.given(condition.key.lower())
    if given is None:
        return f"condition {condition.operator} {condition.key}: what the request has is not known"
    return f"condition {condition.operator} {condition.key}: how it compares {_listed(given)} is not known"

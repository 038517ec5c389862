"""Policies made ready to be asked, once each; which statements name an action is found once an action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from guestpass.access.decision import Layer, StatementRef
from guestpass.access.evaluate.conditions import Holds, compile_condition, match_filled_in
from guestpass.access.evaluate.facts import Facts
from guestpass.access.evaluate.principals import Named, meant_by_not_principal, named_by
from guestpass.access.policy.arns import arn_matcher, fields_of, is_everything
from guestpass.access.policy.globs import Wild, glob_matches
from guestpass.access.policy.once import once
from guestpass.access.policy.templates import (
    MalformedVariableError,
    Template,
    has_variables,
    template_of,
    without_variables,
)
from guestpass.access.policy.truth import Truth, either, opposite
from guestpass.access.policy.values import Condition, Patterns, Policy, Principals, Statement, Version

Level = tuple[Policy, ...]
"""Policies that unite: one that allows is enough."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CompiledStatement:
    """A statement whose parts are functions of the facts.

    `holds` says whether principal, resource and conditions match too, the action being known to (rule 3).
    """

    statement: Statement
    policy: Policy
    covers: Holds
    conditions: tuple[Holds, ...]
    holds: Holds
    tests_principal_arn: bool

    def acts_on(self, action: str) -> bool:
        """Whether the statement names the action (in lower case)."""
        # AWS: IAM JSON policy elements: Action; NotAction (rules 36, 40)
        patterns = self.statement.actions
        return any(glob_matches(value.lower(), action) for value in patterns.values) is not patterns.negated

    def meant(self, facts: Facts) -> Truth:
        """Whether the statement means the caller."""
        principals = self.statement.principals
        return True if principals is None else _meant(principals, facts)

    def ref(self, layer: Layer) -> StatementRef:
        """What the trace calls this statement."""
        statement = self.statement
        return StatementRef(
            layer=layer, policy=self.policy.name, label=statement.label, index=statement.index
        )


Naming = tuple[tuple[CompiledStatement, ...], tuple[CompiledStatement, ...]]
"""The Deny statements and the Allow statements that name an action."""


class CompiledLevel:
    """The policies that unite in one level, their statements indexed by action as the actions come."""

    __slots__ = ("by_action", "statements")

    _MOST_ACTIONS = 8192

    def __init__(self, level: Level) -> None:
        self.statements = tuple(each for policy in level for each in _compiled_statements(policy))
        self.by_action: dict[str, Naming] = {}

    def on(self, action: str) -> Naming:
        """The Deny statements and the Allow statements that name the action (in lower case)."""
        found = self.by_action.get(action)
        if found is None:
            if len(self.by_action) >= self._MOST_ACTIONS:
                self.by_action.clear()
            naming = [each for each in self.statements if each.acts_on(action)]
            found = (
                tuple(each for each in naming if each.statement.effect == "Deny"),
                # what asks least is heard first: one that allows is enough
                tuple(sorted((each for each in naming if each.statement.effect == "Allow"), key=_asks)),
            )
            self.by_action[action] = found
        return found


def _asks(statement: CompiledStatement) -> int:
    return len(statement.conditions)


_MOST = 4096
# By identity, as in `once`: the policies are kept, so that no id can pass to another while the entry stands.
_levels: dict[tuple[int, ...], tuple[Level, CompiledLevel]] = {}


def compiled(level: Level) -> CompiledLevel:
    """The policies of one level, compiled once."""
    key = tuple(map(id, level))
    entry = _levels.get(key)
    if entry is not None:
        return entry[1]
    if len(_levels) >= _MOST:
        _levels.clear()
    made = CompiledLevel(level)
    _levels[key] = (level, made)
    return made


@once
def _compiled_statements(policy: Policy) -> tuple[CompiledStatement, ...]:
    return tuple(_compile(statement, policy) for statement in policy.statements)


def _compile(statement: Statement, policy: Policy) -> CompiledStatement:
    keys = {condition.key.lower() for condition in statement.conditions}
    covers = _covers(statement.resources, policy.version)
    conditions = tuple(compile_condition(condition, policy.version) for condition in statement.conditions)
    return CompiledStatement(
        statement=statement,
        policy=policy,
        covers=covers,
        conditions=conditions,
        holds=_holds(statement, covers, conditions),
        tests_principal_arn="aws:principalarn" in keys,
    )


def _holds(statement: Statement, covers: Holds, conditions: tuple[Holds, ...]) -> Holds:
    """Principal, resource and conditions in one; the parts that cost least are asked first."""
    costs = {id(held): _cost(each) for each, held in zip(statement.conditions, conditions, strict=True)}
    parts = sorted(conditions, key=lambda held: costs[id(held)])
    if not _always(statement.resources):
        parts.insert(0, covers)
    principals = statement.principals
    if principals is not None:
        parts.insert(0, lambda facts: _meant(principals, facts))
    asked = _all_of(tuple(parts))
    if not statement.puzzles:
        return asked
    # what was not understood leaves open whatever is not surely elsewhere
    return lambda facts: False if asked(facts) is False else None


def _all_of(parts: tuple[Holds, ...]) -> Holds:
    match parts:
        case ():
            return lambda _: True
        case (only,):
            return only
        case (first, second):

            def two(facts: Facts) -> Truth:
                one = first(facts)
                if one is False:
                    return False
                other = second(facts)
                return False if other is False else one and other

            return two
        case _:

            def several(facts: Facts) -> Truth:
                answer: Truth = True
                for part in parts:
                    held = part(facts)
                    if held is False:
                        return False
                    if held is None:
                        answer = None
                return answer

            return several


def _cost(condition: Condition) -> int:
    """Roughly what asking costs: reading numbers, dates and addresses, and filling in variables, come last."""
    if any("${" in value for value in condition.values):
        return 3
    plain = condition.operator in ("StringEquals", "StringNotEquals", "Bool", "Null")
    return 0 if plain and condition.qualifier is None else 1 if condition.operator.startswith("String") else 2


def _meant(principals: Principals, facts: Facts) -> Truth:
    if principals.negated:
        return meant_by_not_principal(principals, facts)
    named = named_by(principals, facts)
    return None if named is Named.UNKNOWN else named is not Named.NOT


def _always(resources: Patterns | None) -> bool:
    return resources is None or (not resources.negated and "*" in resources.values)


def _covers(resources: Patterns | None, version: Version) -> Holds:
    if resources is None:
        return lambda _: True  # the policy stands on the resource it means
    literals = frozenset(value for value in resources.values if _is_literal(value))
    others = tuple(_covers_one(value, version) for value in resources.values if value not in literals)

    # AWS: IAM JSON policy elements: Resource; NotResource (rules 37 to 40)
    def covers(facts: Facts) -> Truth:
        if facts.resource in literals:
            return True
        return either(each(facts) for each in others)

    if resources.negated:
        return lambda facts: opposite(covers(facts))
    if others and not literals and len(others) == 1:
        return others[0]
    return covers


def _is_literal(value: str) -> bool:
    return value.count(":") >= 5 and not any(letter in value for letter in "*?$")


def _covers_one(value: str, version: Version) -> Holds:
    try:
        template = template_of(value, version, wildcards=True)
    except MalformedVariableError:
        return lambda _: None  # the statement carries a puzzle
    widest = without_variables(template)
    if is_everything(widest) and not has_variables(template):
        return lambda _: True
    covers_unnamed = _covers_request_without_resource(value)
    if has_variables(template):
        return _covers_filled_in(template, covers_unnamed)
    matches = arn_matcher(fields_of(widest))
    return lambda facts: covers_unnamed(facts) if facts.resource == "*" else matches(facts.resource)


def _covers_filled_in(template: Template, covers_unnamed: Holds) -> Holds:
    """A pattern with variables; most ARNs are refused by the pattern with `*` in the variables' places."""
    widest = arn_matcher(fields_of(without_variables(template)))

    def covers(facts: Facts) -> Truth:
        arn = facts.resource
        if arn == "*":
            return covers_unnamed(facts)
        if widest(arn) is False:
            return False
        return match_filled_in(template, facts, lambda pieces: arn_matcher(fields_of(pieces))(arn))

    return covers


def _covers_request_without_resource(value: str) -> Callable[[Facts], Truth]:
    """Whether an ARN covers a request that names no resource (`*`).

    An action without resource types wants `*` in the policy. NOTE: AWS's own examples also write every
    resource of the service there (`arn:aws:s3:::*` for s3:ListAllMyBuckets): not decided.
    """
    # AWS: IAM JSON policy elements: Resource, the note on services without resource-level permissions
    fields = value.split(":", 5)
    whole_service = len(fields) < 6 or set(fields[5]) == {Wild.ANY.value}
    service = fields[2].lower() if len(fields) > 2 else "*"
    if not whole_service:
        return lambda _: False
    return lambda facts: None if glob_matches(service, facts.action.partition(":")[0]) else False

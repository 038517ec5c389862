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
from guestpass.access.policy.templates import (
    MalformedVariableError,
    Template,
    has_variables,
    template_of,
    without_variables,
)
from guestpass.access.policy.truth import Truth, either, opposite
from guestpass.access.policy.values import Patterns, Policy, Statement, Version


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CompiledStatement:
    """A statement whose parts are functions of the facts."""

    statement: Statement
    policy: Policy
    covers: Holds
    conditions: tuple[Holds, ...]
    tests_principal_arn: bool

    def acts_on(self, action: str) -> bool:
        """Whether the statement names the action (in lower case)."""
        # AWS: IAM JSON policy elements: Action; NotAction (rules 36, 40)
        patterns = self.statement.actions
        return any(glob_matches(value.lower(), action) for value in patterns.values) is not patterns.negated

    def meant(self, facts: Facts) -> Truth:
        """Whether the statement means the caller."""
        principals = self.statement.principals
        if principals is None:
            return True
        if principals.negated:
            return meant_by_not_principal(principals, facts)
        named = named_by(principals, facts)
        return None if named is Named.UNKNOWN else named is not Named.NOT

    def holds(self, facts: Facts) -> Truth:
        """Whether principal, resource and conditions match too, the action being known to (rule 3)."""
        answer = self.meant(facts)
        if answer is False:
            return False
        covers = self.covers(facts)
        if covers is False:
            return False
        answer = answer and covers
        for condition in self.conditions:
            held = condition(facts)
            if held is False:
                return False
            if held is None:
                answer = None
        return None if self.statement.puzzles else answer

    def ref(self, layer: Layer) -> StatementRef:
        """What the trace calls this statement."""
        statement = self.statement
        return StatementRef(
            layer=layer, policy=self.policy.name, label=statement.label, index=statement.index
        )


class CompiledPolicy:
    """One policy's statements, indexed by action as the actions come."""

    __slots__ = ("_by_action", "statements")

    _MOST_ACTIONS = 8192

    def __init__(self, policy: Policy) -> None:
        self.statements = tuple(_compile(statement, policy) for statement in policy.statements)
        self._by_action: dict[str, tuple[tuple[CompiledStatement, ...], tuple[CompiledStatement, ...]]] = {}

    def on(self, action: str) -> tuple[tuple[CompiledStatement, ...], tuple[CompiledStatement, ...]]:
        """The Deny statements and the Allow statements that name the action (in lower case)."""
        found = self._by_action.get(action)
        if found is None:
            if len(self._by_action) >= self._MOST_ACTIONS:
                self._by_action.clear()
            naming = [each for each in self.statements if each.acts_on(action)]
            found = (
                tuple(each for each in naming if each.statement.effect == "Deny"),
                tuple(each for each in naming if each.statement.effect == "Allow"),
            )
            self._by_action[action] = found
        return found


_MOST_POLICIES = 4096
# By identity, because hashing a large policy anew for each request would cost more than deciding it. The
# policy is kept beside its compiled form, so that its id cannot pass to another while the entry stands.
_compiled: dict[int, tuple[Policy, CompiledPolicy]] = {}


def compiled(policy: Policy) -> CompiledPolicy:
    """The policy, compiled once."""
    entry = _compiled.get(id(policy))
    if entry is not None and entry[0] is policy:
        return entry[1]
    if len(_compiled) >= _MOST_POLICIES:
        _compiled.clear()
    made = CompiledPolicy(policy)
    _compiled[id(policy)] = (policy, made)
    return made


def _compile(statement: Statement, policy: Policy) -> CompiledStatement:
    keys = {condition.key.lower() for condition in statement.conditions}
    return CompiledStatement(
        statement=statement,
        policy=policy,
        covers=_covers(statement.resources, policy.version),
        conditions=tuple(compile_condition(condition, policy.version) for condition in statement.conditions),
        tests_principal_arn="aws:principalarn" in keys,
    )


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

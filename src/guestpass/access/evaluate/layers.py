"""What each layer says by itself: which statements deny, which allow, how closely they name the caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from guestpass.access.decision import Layer, Layers
from guestpass.access.evaluate.compiled import CompiledStatement, compiled
from guestpass.access.evaluate.facts import Facts
from guestpass.access.evaluate.principals import Named, named_by
from guestpass.access.evaluate.services import is_service_linked, rcp_binds
from guestpass.access.policy.truth import Truth, both, either
from guestpass.access.policy.values import Policy
from guestpass.access.request import FederatedSession, Root

Level = tuple[Policy, ...]


@dataclass(kw_only=True, slots=True)
class Grants:
    """What a resource policy gives the caller, by how closely it names them (see `Named`)."""

    to_self: Truth = False
    to_issuer: Truth = False
    to_anyone: Truth = False
    to_account: Truth = False

    def add(self, named: Named, truth: Truth) -> None:
        """Take one more Allow statement into account."""
        match named:
            case Named.SELF:
                self.to_self = either((self.to_self, truth))
            case Named.ISSUER:
                self.to_issuer = either((self.to_issuer, truth))
            case Named.ANYONE:
                self.to_anyone = either((self.to_anyone, truth))
            case Named.ACCOUNT:
                self.to_account = either((self.to_account, truth))
            case Named.UNKNOWN:
                self.to_self = either((self.to_self, None))
            case Named.NOT:
                pass

    def any(self) -> Truth:
        """Whether there is a grant at all."""
        return either((self.to_self, self.to_issuer, self.to_anyone, self.to_account))


@dataclass(kw_only=True, slots=True)
class Verdict:
    """One layer's word. `levels` are its policies; `unsure` the statements that left it open."""

    layer: Layer
    levels: tuple[Level, ...]
    allows: Truth = False
    denies: Truth = False
    allowed_by: list[CompiledStatement] = field(default_factory=list)
    denied_by: list[CompiledStatement] = field(default_factory=list)
    unsure: list[CompiledStatement] = field(default_factory=list)
    grants: Grants | None = None
    because: str | None = None


Verdicts = dict[Layer, Verdict]


def judge(facts: Facts, layers: Layers, *, thorough: bool) -> Verdicts:
    """Hear every layer in force for this caller; `thorough` looks at all statements, for the trace."""
    binding = dict(in_force(facts, layers))
    facts.bounded = "boundary" in binding
    verdicts = {layer: _judge(layer, levels, facts, thorough=thorough) for layer, levels in binding.items()}
    if "rcp" in verdicts and rcp_binds(facts) is None:
        _leave_open_whether_it_binds(verdicts["rcp"], facts)
    return verdicts


def in_force(facts: Facts, layers: Layers) -> Iterator[tuple[Layer, tuple[Level, ...]]]:
    """The layers that bind this caller, each as its levels, all of which must allow."""
    principal = facts.request.principal
    bound = not is_service_linked(facts)
    has_account = facts.caller_account is not None
    if layers.scp is not None and has_account and bound:
        # AWS: Organizations: SCPs (rules 19, 28: neither services nor service-linked roles; 29: root too)
        yield "scp", layers.scp
    if layers.rcp is not None and bound:
        yield "rcp", layers.rcp  # whoever calls, outsiders and services too (rules 19, 33)
    if layers.endpoint is not None:
        yield "endpoint", (layers.endpoint,)  # rule 21
    if layers.resource is not None:
        yield "resource", ((layers.resource,),)
    if has_account and not isinstance(principal, Root):
        yield "identity", (layers.identity or (),)
        if layers.boundary is not None and bound:
            yield "boundary", (layers.boundary,)  # users and roles only (rule 16)
        if layers.session is not None:
            yield "session", (layers.session,)
        elif isinstance(principal, FederatedSession):
            yield (
                "session",
                ((),),
            )  # AWS: STS API: GetFederationToken (rule 14: without session policy, nothing)


def _judge(layer: Layer, levels: tuple[Level, ...], facts: Facts, *, thorough: bool) -> Verdict:
    verdict = Verdict(layer=layer, levels=levels)
    if layer == "resource":
        verdict.grants = Grants()
    # AWS: Organizations: SCP evaluation (rules 24 to 26: every level must allow, within one they unite)
    verdict.allows = both([_hear_level(verdict, level, facts, thorough=thorough) for level in levels])
    return verdict


def _hear_level(verdict: Verdict, level: Level, facts: Facts, *, thorough: bool) -> Truth:
    allows: Truth = False
    for policy in level:
        denies, allowances = compiled(policy).on(facts.action)
        for statement in denies:
            held = statement.holds(facts)
            if held is False:
                continue
            (verdict.unsure if held is None else verdict.denied_by).append(statement)
            verdict.denies = either((verdict.denies, held))
        for statement in allowances:
            if allows is True and not thorough and verdict.grants is None:
                break
            held = statement.holds(facts)
            if held is False:
                continue
            (verdict.unsure if held is None else verdict.allowed_by).append(statement)
            allows = either((allows, held))
            if verdict.grants is not None:
                verdict.grants.add(_named(statement, facts), held)
    return allows


def _named(statement: CompiledStatement, facts: Facts) -> Named:
    """How closely an Allow of a resource policy names the caller."""
    principals = statement.statement.principals
    if principals is None or principals.negated:
        return Named.UNKNOWN
    named = named_by(principals, facts)
    # AWS: Policy evaluation for requests within a single account (rule 12)
    return Named.SELF if named is Named.ANYONE and statement.tests_principal_arn else named


def _leave_open_whether_it_binds(verdict: Verdict, facts: Facts) -> None:
    service = facts.action.partition(":")[0]
    if verdict.denies is not False or verdict.allows is not True:
        verdict.because = f"whether resource control policies bind `{service}` is not known here"
    verdict.denies = None if verdict.denies is True else verdict.denies
    verdict.allows = None if verdict.allows is False else verdict.allows

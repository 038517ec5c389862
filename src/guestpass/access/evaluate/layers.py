"""What each layer says by itself: which statements deny, which allow, how closely they name the caller."""

from __future__ import annotations

from dataclasses import dataclass

from guestpass.access.decision import Layer, Layers
from guestpass.access.evaluate.compiled import CompiledLevel, CompiledStatement, compiled
from guestpass.access.evaluate.facts import Facts
from guestpass.access.evaluate.principals import Named, named_by
from guestpass.access.evaluate.services import is_service_linked, rcp_binds
from guestpass.access.policy.truth import Truth, both, either
from guestpass.access.request import FederatedSession, Root


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


class Verdict:
    """One layer's word. `levels` are its policies; `unsure` the statements that left it open.

    One is made for every layer of every request, hence no dataclass.
    """

    __slots__ = (
        "allowed_by",
        "allows",
        "because",
        "denied_by",
        "denies",
        "grants",
        "layer",
        "levels",
        "unsure",
    )

    def __init__(self, layer: Layer, levels: tuple[CompiledLevel, ...]) -> None:
        self.layer = layer
        self.levels = levels
        self.allows: Truth = False
        self.denies: Truth = False
        self.allowed_by: tuple[CompiledStatement, ...] = ()
        self.denied_by: tuple[CompiledStatement, ...] = ()
        self.unsure: tuple[CompiledStatement, ...] = ()
        self.grants: Grants | None = None
        self.because: str | None = None

    def freed(self) -> Verdict:
        """The layer without its limit and its denies; what it grants stays."""
        free = Verdict(self.layer, self.levels)
        free.allows = True if self.layer in LIMITS else self.allows
        free.grants = self.grants
        return free


# Layers that limit and never grant: without policies in force they are no limit.
LIMITS: frozenset[Layer] = frozenset({"scp", "rcp", "endpoint", "boundary", "session"})

Verdicts = dict[Layer, Verdict]


def judge(facts: Facts, layers: Layers, *, thorough: bool) -> Verdicts:
    """Hear every layer in force for this caller; `thorough` looks at all statements, for the trace."""
    binding = in_force(facts, layers)
    facts.bounded = "boundary" in binding
    verdicts = {layer: _judge(layer, levels, facts, thorough=thorough) for layer, levels in binding.items()}
    if "rcp" in verdicts and rcp_binds(facts) is None:
        _leave_open_whether_it_binds(verdicts["rcp"], facts)
    return verdicts


def in_force(facts: Facts, layers: Layers) -> dict[Layer, tuple[CompiledLevel, ...]]:
    """The layers that bind this caller, each as its levels, all of which must allow."""
    binding: dict[Layer, tuple[CompiledLevel, ...]] = {}
    principal = facts.request.principal
    bound = not is_service_linked(facts)
    has_account = facts.caller_account is not None
    if layers.scp is not None and has_account and bound:
        # AWS: Organizations: SCPs (rules 19, 28: neither services nor service-linked roles; 29: root too)
        binding["scp"] = tuple(map(compiled, layers.scp))
    if layers.rcp is not None and bound:
        binding["rcp"] = tuple(
            map(compiled, layers.rcp)
        )  # whoever calls, outsiders and services too (rules 19, 33)
    if layers.endpoint is not None:
        binding["endpoint"] = (compiled(layers.endpoint),)  # rule 21
    if layers.resource is not None:
        binding["resource"] = (compiled((layers.resource,)),)
    if has_account and not isinstance(principal, Root):
        binding["identity"] = (compiled(layers.identity or ()),)
        if layers.boundary is not None and bound:
            binding["boundary"] = (compiled(layers.boundary),)  # users and roles only (rule 16)
        if layers.session is not None:
            binding["session"] = (compiled(layers.session),)
        elif isinstance(principal, FederatedSession):
            # AWS: STS API: GetFederationToken (rule 14: without session policy, nothing)
            binding["session"] = (compiled(()),)
    return binding


def _judge(layer: Layer, levels: tuple[CompiledLevel, ...], facts: Facts, *, thorough: bool) -> Verdict:
    verdict = Verdict(layer, levels)
    if layer == "resource":
        verdict.grants = Grants()
    if len(levels) == 1:
        verdict.allows = _hear_level(verdict, levels[0], facts, thorough=thorough)
        return verdict
    # AWS: Organizations: SCP evaluation (rules 24 to 26: every level must allow, within one they unite)
    verdict.allows = both([_hear_level(verdict, level, facts, thorough=thorough) for level in levels])
    return verdict


def _hear_level(verdict: Verdict, level: CompiledLevel, facts: Facts, *, thorough: bool) -> Truth:
    denies, allowances = level.by_action.get(facts.action) or level.on(facts.action)
    for statement in denies:
        held = statement.holds(facts)
        if held is True:
            verdict.denied_by += (statement,)
            verdict.denies = True
        elif held is None:
            verdict.unsure += (statement,)
            verdict.denies = verdict.denies or None
    allows: Truth = False
    every = thorough or verdict.grants is not None
    for statement in allowances:
        held = statement.holds(facts)
        if held is False:
            continue
        if held is None:
            verdict.unsure += (statement,)
            allows = allows or None
        else:
            verdict.allowed_by += (statement,)
            allows = True
        if verdict.grants is not None:
            verdict.grants.add(_named(statement, facts), held)
        if allows is True and not every:
            break
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

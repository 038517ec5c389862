"""How the layers' words make one answer: AWS's evaluation logic, with "not known" carried through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from guestpass.access.decision import Layer
from guestpass.access.evaluate.facts import Facts, account_of_caller, owner_of
from guestpass.access.evaluate.layers import Grants, Verdict
from guestpass.access.evaluate.services import (
    is_trust,
    needs_resource_side,
    refuses_root,
    takes_anonymous_callers,
)
from guestpass.access.policy.truth import Truth, both, either
from guestpass.access.request import Anonymous, Root

# Layers that limit and never grant: without policies in force they are no limit.
LIMITS: tuple[Layer, ...] = ("scp", "rcp", "endpoint", "boundary", "session")


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What combining needs of a layer: whether it allows and denies, and what a resource policy grants."""

    allows: Truth = True
    denies: Truth = False
    grants: Grants = field(default_factory=Grants)


Words = Mapping[Layer, Word]

NO_LIMIT = Word()
NO_GRANT = Word(allows=False)


def words_of(verdicts: Mapping[Layer, Verdict]) -> dict[Layer, Word]:
    """The layers' words, without the statements behind them."""
    return {
        layer: Word(allows=verdict.allows, denies=verdict.denies, grants=verdict.grants or Grants())
        for layer, verdict in verdicts.items()
    }


def denied(words: Words) -> Truth:
    """Whether any layer denies explicitly (rule 2)."""
    # AWS: How AWS enforcement code logic evaluates requests, "Deny evaluation"
    return either(word.denies for word in words.values())


def granted(facts: Facts, words: Words) -> Truth:
    """Whether every layer that must allow allows, explicit denies apart (rule 5)."""
    if refuses_root(facts):
        return False
    limits = both(words.get(layer, NO_LIMIT).allows for layer in ("scp", "rcp", "endpoint"))
    if limits is False:
        return False
    grants = words.get("resource", NO_GRANT).grants
    caller, owner = account_of_caller(facts.request.principal), owner_of(facts.request)
    if caller is None:
        return both((limits, _granted_without_account(facts, grants)))
    if owner is not None and owner != caller:
        return both((limits, _own_side(facts, words), grants.any()))
    if needs_resource_side(facts):
        return both((limits, _granted_by_resource(facts, words, grants)))
    return both((limits, either((_own_side(facts, words), _granted_directly(words, grants)))))


def _own_side(facts: Facts, words: Words) -> Truth:
    """The caller's side: identity policies within boundary and session policies (rules 5, 15, 18)."""
    # AWS: Cross-account policy evaluation logic; root starts with full access (rule 1)
    identity = True if isinstance(facts.request.principal, Root) else words.get("identity", NO_GRANT).allows
    return both((identity, _ceiling(words)))


def _ceiling(words: Words) -> Truth:
    return both(words.get(layer, NO_LIMIT).allows for layer in ("boundary", "session"))


def _granted_directly(words: Words, grants: Grants) -> Truth:
    """A resource policy's grant that needs no identity policy, in the same account (rules 8 to 13).

    A grant to the caller itself passes over boundary and session policy; one to the role (or to the user of a
    federated session) does not. A grant to the account only delegates.
    """
    # AWS: Policy evaluation for requests within a single account
    ceiling = _ceiling(words)
    # NOTE: for `*` without aws:PrincipalArn the page does not say whether boundary and session policy limit
    over_ceiling = True if ceiling is True else None
    return either((grants.to_self, both((grants.to_issuer, ceiling)), both((grants.to_anyone, over_ceiling))))


def _granted_by_resource(facts: Facts, words: Words, grants: Grants) -> Truth:
    """Role trust and KMS key policies: nothing without the resource's own policy (rules 7, 88, 89)."""
    # AWS: IAM: Roles terms and concepts; KMS: Default key policy ("enables IAM policies")
    own_side = _own_side(facts, words)
    delegated = both((grants.to_account, own_side))
    if is_trust(facts):
        # NOTE: whether `*` in a trust policy suffices without the caller's own permission is not documented
        anyone = both((grants.to_anyone, True if own_side is True else None))
        grants = Grants(to_self=grants.to_self, to_issuer=grants.to_issuer)
        return either((delegated, anyone, _granted_directly(words, grants)))
    return either((delegated, _granted_directly(words, grants)))


def _granted_without_account(facts: Facts, grants: Grants) -> Truth:
    """Services, providers, canonical users and nobody: the resource policy alone decides (rules 19, 20)."""
    if isinstance(facts.request.principal, Anonymous):
        return both((either((grants.to_anyone, grants.to_self)), takes_anonymous_callers(facts)))
    return either((grants.to_self, grants.to_anyone))


def blocking(facts: Facts, words: Words) -> tuple[Layer, ...]:
    """The layers without whose limits and denies the request would be allowed; none if nothing grants."""
    freed = {layer: _freed(layer, word) for layer, word in words.items()}
    if granted(facts, freed) is not True:
        return ()
    blocked: list[Layer] = []
    for layer, word in words.items():
        put_back = {**freed, layer: word}
        if granted(facts, put_back) is True and denied(put_back) is False:
            freed = put_back
        else:
            blocked.append(layer)
    return tuple(blocked)


def _freed(layer: Layer, word: Word) -> Word:
    return NO_LIMIT if layer in LIMITS else Word(allows=word.allows, grants=word.grants)

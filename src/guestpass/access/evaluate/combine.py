"""How the layers' words make one answer: AWS's evaluation logic, with "not known" carried through."""

from __future__ import annotations

from collections.abc import Mapping

from guestpass.access.decision import Layer
from guestpass.access.evaluate.facts import Facts
from guestpass.access.evaluate.layers import LIMITS, Grants, Verdict
from guestpass.access.evaluate.services import (
    is_trust,
    needs_resource_side,
    refuses_root,
    takes_anonymous_callers,
)
from guestpass.access.policy.truth import Truth, both, either
from guestpass.access.request import Anonymous, Root

_NO_GRANTS = Grants()

Verdicts = Mapping[Layer, Verdict]


def denied(verdicts: Verdicts) -> Truth:
    """Whether any layer denies explicitly (rule 2)."""
    # AWS: How AWS enforcement code logic evaluates requests, "Deny evaluation"
    answer: Truth = False
    for verdict in verdicts.values():
        if verdict.denies is True:
            return True
        if verdict.denies is None:
            answer = None
    return answer


def granted(facts: Facts, verdicts: Verdicts) -> Truth:
    """Whether every layer that must allow allows, explicit denies apart (rule 5)."""
    if len(verdicts) == 1 and _asks_identity_alone(facts, verdicts):
        return verdicts["identity"].allows
    if refuses_root(facts):
        return False
    limits = _all_allow(verdicts, "scp", "rcp", "endpoint")
    if limits is False:
        return False
    resource = verdicts.get("resource")
    grants = resource.grants if resource is not None and resource.grants is not None else _NO_GRANTS
    if facts.caller_account is None:
        granted_there = _granted_without_account(facts, grants)
    elif facts.owner is not None and facts.owner != facts.caller_account:
        granted_there = both((_own_side(facts, verdicts), grants.any()))
    elif needs_resource_side(facts):
        granted_there = _granted_by_resource(facts, verdicts, grants)
    elif grants is _NO_GRANTS:
        granted_there = _own_side(facts, verdicts)
    else:
        granted_there = either((_own_side(facts, verdicts), _granted_directly(verdicts, grants)))
    return both((limits, granted_there))


def _asks_identity_alone(facts: Facts, verdicts: Verdicts) -> bool:
    """The common case: one's own account, identity policies and nothing else in force."""
    own = facts.owner is None or facts.owner == facts.caller_account
    return own and "identity" in verdicts and not needs_resource_side(facts)


def _all_allow(verdicts: Verdicts, *layers: Layer) -> Truth:
    """Whether those of the layers that are in force all allow."""
    answer: Truth = True
    for layer in layers:
        verdict = verdicts.get(layer)
        if verdict is not None and verdict.allows is not True:
            if verdict.allows is False:
                return False
            answer = None
    return answer


def _own_side(facts: Facts, verdicts: Verdicts) -> Truth:
    """The caller's side: identity policies within boundary and session policies (rules 5, 15, 18)."""
    # AWS: Cross-account policy evaluation logic; root starts with full access (rule 1)
    if isinstance(facts.request.principal, Root):
        return _ceiling(verdicts)
    return both((verdicts["identity"].allows, _ceiling(verdicts)))


def _ceiling(verdicts: Verdicts) -> Truth:
    return _all_allow(verdicts, "boundary", "session")


def _granted_directly(verdicts: Verdicts, grants: Grants) -> Truth:
    """A resource policy's grant that needs no identity policy, in the same account (rules 8 to 13).

    A grant to the caller itself passes over boundary and session policy; one to the role (or to the user of a
    federated session) does not. A grant to the account only delegates.
    """
    # AWS: Policy evaluation for requests within a single account
    ceiling = _ceiling(verdicts)
    # NOTE: for `*` without aws:PrincipalArn the page does not say whether boundary and session policy limit
    over_ceiling = True if ceiling is True else None
    return either((grants.to_self, both((grants.to_issuer, ceiling)), both((grants.to_anyone, over_ceiling))))


def _granted_by_resource(facts: Facts, verdicts: Verdicts, grants: Grants) -> Truth:
    """Role trust and KMS key policies: nothing without the resource's own policy (rules 7, 88, 89)."""
    # AWS: IAM: Roles terms and concepts; KMS: Default key policy ("enables IAM policies")
    own_side = _own_side(facts, verdicts)
    delegated = both((grants.to_account, own_side))
    if is_trust(facts):
        # NOTE: whether `*` in a trust policy suffices without the caller's own permission is not documented
        anyone = both((grants.to_anyone, True if own_side is True else None))
        grants = Grants(to_self=grants.to_self, to_issuer=grants.to_issuer)
        return either((delegated, anyone, _granted_directly(verdicts, grants)))
    return either((delegated, _granted_directly(verdicts, grants)))


def _granted_without_account(facts: Facts, grants: Grants) -> Truth:
    """Services, providers, canonical users and nobody: the resource policy alone decides (rules 19, 20)."""
    if isinstance(facts.request.principal, Anonymous):
        return both((either((grants.to_anyone, grants.to_self)), takes_anonymous_callers(facts)))
    return either((grants.to_self, grants.to_anyone))


def blocking(facts: Facts, verdicts: Verdicts) -> tuple[Layer, ...]:
    """The layers without whose limits and denies the request would be allowed; none if nothing grants."""
    if len(verdicts) == 1:
        # nothing but this layer's Deny can stand in the way of what it grants itself
        (only,) = verdicts.values()
        if only.layer not in LIMITS:
            return (only.layer,) if only.denies is not False and granted(facts, verdicts) is True else ()
    freed = {layer: verdict.freed() for layer, verdict in verdicts.items()}
    if granted(facts, freed) is not True:
        return ()
    blocked: list[Layer] = []
    for layer, verdict in verdicts.items():
        put_back = {**freed, layer: verdict}
        if granted(facts, put_back) is True and denied(put_back) is False:
            freed = put_back
        else:
            blocked.append(layer)
    return tuple(blocked)

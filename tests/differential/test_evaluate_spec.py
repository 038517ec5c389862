"""The engine and the specification give the same answer to the same question.

Each example is a handful of requests under a handful of layers, every one under every other: drawing is what
costs.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestpass.access import Allowed, Decision, Denied, Layers, Request, Undecided, evaluate
from guestpass.access.policy import Policy
from spec import decide
from strategies import conditional_policies, granting_layers, layers, requests

MANY = 8
RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))
Requests = list[Request]


def word(decision: Decision) -> str:
    match decision:
        case Allowed():
            return "allowed"
        case Denied(kind=kind):
            return f"{kind}_deny"
        case Undecided():
            return "undecided"


def agree(asked: Requests, under: list[Layers]) -> None:
    for request in asked:
        for each in under:
            expected = decide(request, each)
            assert word(evaluate(request, each)) == expected, (request, each)
            assert word(evaluate(request, each, trace=False)) == expected, (request, each)


def several(strategy: st.SearchStrategy, least: int = MANY) -> st.SearchStrategy[list]:  # type: ignore[type-arg]
    return st.lists(strategy, min_size=least, max_size=least)


@settings(RELAXED, max_examples=25)
@given(several(requests()), several(layers(), 4))
def test_whole_decisions_agree(asked: Requests, under: list[Layers]) -> None:
    """On any request under any layers, with and without the trace, `evaluate` says what `spec` says."""
    agree(asked, under)


@settings(RELAXED, max_examples=40)
@given(several(requests()), several(conditional_policies()))
def test_conditions_agree(asked: Requests, policies: list[Policy]) -> None:
    """Where only conditions decide: operators, qualifiers, IfExists, Null, variables, unknown keys."""
    agree(asked, [Layers(identity=(policy,)) for policy in policies])


@settings(RELAXED, max_examples=40)
@given(several(requests()), several(granting_layers()))
def test_grants_agree(asked: Requests, under: list[Layers]) -> None:
    """Where a resource policy's principals decide: same account and across, within boundary and session
    policy.
    """
    agree(asked, under)


@pytest.mark.long
@settings(RELAXED, max_examples=1600)
@given(several(requests()), several(layers()))
def test_whole_decisions_agree_at_length(asked: Requests, under: list[Layers]) -> None:
    """A hundred thousand whole decisions agree."""
    agree(asked, under)


@pytest.mark.long
@settings(RELAXED, max_examples=1600)
@given(several(requests()), several(conditional_policies()))
def test_conditions_agree_at_length(asked: Requests, policies: list[Policy]) -> None:
    """A hundred thousand decisions by conditions agree."""
    agree(asked, [Layers(identity=(policy,)) for policy in policies])


@pytest.mark.long
@settings(RELAXED, max_examples=1600)
@given(several(requests()), several(granting_layers()))
def test_grants_agree_at_length(asked: Requests, under: list[Layers]) -> None:
    """A hundred thousand decisions by grants agree."""
    agree(asked, under)

"""The engine and the specification give the same answer to the same question."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from guestpass.access import Allowed, Decision, Denied, Layers, Request, Undecided, evaluate
from spec import decide
from strategies import layers, requests


def word(decision: Decision) -> str:
    match decision:
        case Allowed():
            return "allowed"
        case Denied(kind=kind):
            return f"{kind}_deny"
        case Undecided():
            return "undecided"


def agree(request: Request, under: Layers) -> None:
    assert word(evaluate(request, under)) == decide(request, under)
    assert word(evaluate(request, under, trace=False)) == decide(request, under)


RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=800, deadline=None, suppress_health_check=RELAXED)
@given(requests(), layers())
def test_evaluate_and_spec_agree(request: Request, under: Layers) -> None:
    """On any request under any layers, with and without the trace, `evaluate` says what `spec` says."""
    agree(request, under)


@pytest.mark.long
@settings(max_examples=100_000, deadline=None, suppress_health_check=RELAXED)
@given(requests(), layers())
def test_evaluate_and_spec_agree_at_length(request: Request, under: Layers) -> None:
    """The same, a hundred thousand times."""
    agree(request, under)

"""What holds of every decision, whatever the policies are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestpass.access import Allowed, Context, Denied, Layers, Policy, Request, Undecided, evaluate
from guestpass.access.policy import Statement
from strategies import (
    EVERY_ACTION,
    EVERY_RESOURCE,
    EVERYTHING,
    layers,
    numbered,
    policies,
    requests,
    statements,
)

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
DENY_ALL = Statement(effect="Deny", actions=EVERY_ACTION, resources=EVERY_RESOURCE)
FREE = {"sts:getcalleridentity", "sts:getsessiontoken"}


def with_identity(under: Layers, *more: Policy) -> Layers:
    return replace(under, identity=(*(under.identity or ()), *more))


def one_policy(*several: Statement) -> Policy:
    return Policy(name="one", kind="identity", version="2012-10-17", statements=numbered(several))


def without_denies(policy: Policy) -> Policy:
    return replace(policy, statements=tuple(each for each in policy.statements if each.effect == "Allow"))


@RELAXED
@given(requests().filter(lambda request: request.action.lower() not in FREE), layers())
def test_an_explicit_deny_beats_everything(request: Request, under: Layers) -> None:
    """With a Deny of everything in the endpoint's policy no request is allowed, and the Deny is named."""
    decision = evaluate(request, replace(under, endpoint=(one_policy(DENY_ALL),)))
    assert isinstance(decision, Denied)
    assert decision.kind == "explicit"
    assert any(ref.layer == "endpoint" for ref in decision.by)


@RELAXED
@given(requests(), layers(), statements("identity"))
def test_one_more_deny_never_allows(request: Request, under: Layers, statement: Statement) -> None:
    """Adding a Deny statement never turns a request allowed that was not."""
    deny = replace(statement, effect="Deny")
    if isinstance(evaluate(request, with_identity(under, one_policy(deny))), Allowed):
        assert isinstance(evaluate(request, under), Allowed)


@RELAXED
@given(requests(), layers(), statements("identity"))
def test_one_more_allow_never_denies(request: Request, under: Layers, statement: Statement) -> None:
    """Adding an Allow statement never turns a request denied that was allowed."""
    if isinstance(evaluate(request, under), Allowed):
        allow = replace(statement, effect="Allow")
        assert isinstance(evaluate(request, with_identity(under, one_policy(allow))), Allowed)


@RELAXED
@given(requests(), layers(), st.data())
def test_knowing_less_never_settles_more(request: Request, under: Layers, data: st.DataObject) -> None:
    """Taking keys from what is known to what is unknown keeps the answer or leaves it open; it never flips
    it.
    """
    known = request.context.values
    hidden = data.draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    less = Context(
        values={key: values for key, values in known.items() if key not in hidden},
        unknown=request.context.unknown | hidden,
    )
    before = evaluate(request, under)
    after = evaluate(replace(request, context=less), under)
    assert isinstance(after, Undecided | type(before))


@RELAXED
@given(requests(), layers())
def test_a_puzzle_never_allows(request: Request, under: Layers) -> None:
    """Making every Allow a riddle leaves nothing allowed that a policy had to allow."""

    def riddle(policy: Policy) -> Policy:
        puzzled = [replace(each, puzzles=("POL003 a riddle",)) for each in policy.statements]
        return replace(policy, statements=tuple(puzzled))

    puzzled = replace(
        under,
        identity=tuple(riddle(policy) for policy in under.identity or ()),
        resource=riddle(under.resource) if under.resource else None,
    )
    decision = evaluate(request, puzzled)
    free = request.action.lower() in FREE or type(request.principal).__name__ == "Root"
    assert free or not isinstance(decision, Allowed)


@RELAXED
@given(requests(), policies(puzzles=True), st.randoms())
def test_the_order_of_statements_is_irrelevant(request: Request, policy: Policy, random: st.Random) -> None:  # type: ignore[name-defined]
    """Shuffling the statements of a policy changes no answer."""
    shuffled = list(policy.statements)
    random.shuffle(shuffled)
    one = evaluate(request, Layers(identity=(policy,)), trace=False)
    other = evaluate(request, Layers(identity=(replace(policy, statements=numbered(shuffled)),)), trace=False)
    assert type(one) is type(other)
    if isinstance(one, Denied) and isinstance(other, Denied):
        assert one.kind == other.kind


@RELAXED
@given(requests(), layers())
def test_blocked_by_is_what_it_says(request: Request, under: Layers) -> None:
    """Without the limits of the layers in `blocked_by` the request is not denied implicitly any more."""
    decision = evaluate(request, under)
    if isinstance(decision, Denied) and decision.kind == "implicit" and decision.blocked_by:
        free: dict[str, Any] = dict.fromkeys(decision.blocked_by)
        if "identity" in free:
            free["identity"] = tuple(without_denies(policy) for policy in under.identity or ())
        if "resource" in free and under.resource:
            free["resource"] = without_denies(under.resource)
        if "session" in free:
            free["session"] = (EVERYTHING,)  # for a federated session no policy at all is a limit too
        assert not isinstance(evaluate(request, replace(under, **free)), Denied)


@RELAXED
@given(requests(), layers())
def test_an_answer_names_what_stands_behind_it(request: Request, under: Layers) -> None:
    """An explicit denial names its statements, an open answer its reasons, and each statement is a Deny of
    its policy.
    """
    decision = evaluate(request, under)
    match decision:
        case Denied(kind="explicit"):
            assert decision.by
            assert {ref.layer for ref in decision.by} == {
                each.layer for each in decision.trace if each.outcome == "denies"
            }
        case Undecided():
            assert decision.reasons
            assert all(reason.strip() for reason in decision.reasons)
        case _:
            assert all(each.outcome != "denies" for each in decision.trace)

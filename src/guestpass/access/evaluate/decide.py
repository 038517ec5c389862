"""One request, decided: the layers are heard, their words combined, the statements behind it named."""

from __future__ import annotations

from guestpass.access.decision import Allowed, Decision, Denied, Layers, StatementRef, Undecided
from guestpass.access.evaluate.combine import blocking, denied, granted
from guestpass.access.evaluate.explain import reasons_of, trace_of
from guestpass.access.evaluate.facts import Facts
from guestpass.access.evaluate.layers import Verdicts, judge
from guestpass.access.evaluate.services import needs_no_permission
from guestpass.access.request import Request

_NOT_DOCUMENTED = "AWS's pages do not say whether this grant suffices by itself"


def evaluate(request: Request, layers: Layers, *, trace: bool = True) -> Decision:
    """Decide one request under the policies that apply to it.

    Without `trace` the answer is the same and names fewer statements. What is not understood or not known
    leads to `Undecided` where it matters: a sure Deny still denies, a sure lack of any grant is still denied.
    """
    facts = Facts(request)
    if needs_no_permission(facts):
        return Allowed(by=())
    verdicts = judge(facts, layers, thorough=trace)
    told = tuple(trace_of(verdict, facts) for verdict in verdicts.values()) if trace else ()
    explicit = denied(verdicts)
    if explicit is True:
        return Denied(
            kind="explicit", by=_denying(verdicts), blocked_by=blocking(facts, verdicts), trace=told
        )
    allowed = granted(facts, verdicts)
    if allowed is False:
        return Denied(kind="implicit", by=(), blocked_by=blocking(facts, verdicts), trace=told)
    if allowed is True and explicit is False:
        return Allowed(by=_allowing(verdicts), trace=told)
    return Undecided(reasons=_reasons(verdicts, facts), trace=told)


def _denying(verdicts: Verdicts) -> tuple[StatementRef, ...]:
    return tuple(each.ref(layer) for layer, verdict in verdicts.items() for each in verdict.denied_by)


def _allowing(verdicts: Verdicts) -> tuple[StatementRef, ...]:
    return tuple(each.ref(layer) for layer, verdict in verdicts.items() for each in verdict.allowed_by)


def _reasons(verdicts: Verdicts, facts: Facts) -> tuple[str, ...]:
    reasons = [reason for verdict in verdicts.values() for reason in reasons_of(verdict, facts)]
    return tuple(reasons) or (_NOT_DOCUMENTED,)

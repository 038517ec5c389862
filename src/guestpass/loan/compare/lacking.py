"""What the job needs that some policies do not give: each need is asked as the job would ask."""

from __future__ import annotations

from collections.abc import Iterator

from guestpass.access import Allowed, Decision, Denied, Request, Undecided, evaluate
from guestpass.access.prove import never
from guestpass.access.prove.values import Proved
from guestpass.loan.compare.asking import Asking
from guestpass.loan.compare.values import How, Lack
from guestpass.needs import Need

_ORDER: tuple[How, ...] = ("lacks", "part", "unclear")

Answers = list[tuple[Request, Decision]]


def lacks_of(asking: Asking) -> tuple[Lack, ...]:
    """The needs that the policies fail, an action once, what is wholly lacking first."""
    by_action: dict[str, list[Need]] = {}
    for need in asking.needs:
        by_action.setdefault(need.action, []).append(need)
    found = (_lack(asking, action, needs) for action, needs in by_action.items())
    return tuple(
        sorted(
            (each for each in found if each is not None),
            key=lambda each: (_ORDER.index(each.how), each.action),
        )
    )


def _lack(asking: Asking, action: str, needs: list[Need]) -> Lack | None:
    told = [(need, _asked(asking, need)) for need in needs]
    hows = {_how(answers) for _, answers in told}
    if hows == {None}:
        return None
    failing = [(need, answers) for need, answers in told if _how(answers) is not None]
    how: How = "lacks" if hows == {"lacks"} else "unclear" if hows <= {None, "unclear"} else "part"
    need, answers = max(failing, key=lambda each: -_ORDER.index(_how(each[1]) or "unclear"))
    return Lack(
        action=action,
        why=need.why,
        how=how,
        on=tuple(dict.fromkeys(request.resource for _, failed in failing for request in _failed(failed))),
        because=_because(asking, answers),
    )


def _asked(asking: Asking, need: Need) -> Answers:
    return [
        (request, evaluate(request, asking.layers_for(request), trace=False)) for request in asking.own(need)
    ]


def _how(answers: Answers) -> How | None:
    denied = [isinstance(answer, Denied) for _, answer in answers]
    if all(denied):
        return "lacks"
    if any(denied):
        return "part"
    return None if all(isinstance(answer, Allowed) for _, answer in answers) else "unclear"


def _failed(answers: Answers) -> Iterator[Request]:
    return (request for request, answer in answers if not isinstance(answer, Allowed))


def _because(asking: Asking, answers: Answers) -> str:
    """Why the first request that fails does: the Deny, or where the nearest Allow parts from it."""
    request = next((each for each, answer in answers if isinstance(answer, Denied)), next(_failed(answers)))
    answer = evaluate(request, asking.layers_for(request))
    if isinstance(answer, Undecided):
        return answer.reasons[0]
    if isinstance(answer, Denied) and answer.by:
        return f"{answer.by[0].label} of `{answer.by[0].policy}` denies it"
    unnamed = never([request.action], granted=[asking.layers.identity or ()])
    if isinstance(unnamed, Proved):
        return unnamed.checked[0].says
    nearest = next((each.nearest for each in answer.trace if each.nearest is not None), None)
    if nearest is None:
        return "no statement allows it"
    return f"{nearest.statement.label} of `{nearest.statement.policy}`: {nearest.says}"

"""How far the job's own actions reach beyond the job: each is asked again, one step over what was agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

from guestpass import catalog
from guestpass.access import Allowed, Denied, Request, evaluate
from guestpass.access.policy import arn_matches
from guestpass.loan.agreement import Pass
from guestpass.loan.compare.arns import concrete, meeting, pattern_of
from guestpass.loan.compare.asking import Asking
from guestpass.loan.compare.patterns import patterns_on
from guestpass.loan.compare.values import BEYOND, Beyond, Overstep
from guestpass.loan.reading import known_regions
from guestpass.needs import Need, kind_of

OTHERS_NAME = "owner-production"
_ON_NOTHING_THERE = frozenset({"creates", "lists", "asks"})
_READS = ("Read", "List")


def steps_of(asking: Asking) -> tuple[Overstep, ...]:
    """Every step over what was agreed, for the job's actions that write and that the policies give at all."""
    writing = [need for need in asking.needs if need.type is not None and writes(need.action)]
    given = [need for need in writing if _allowed(asking, asking.own(need))]
    ways: dict[Beyond, Callable[[Need], Iterable[Request]]] = {
        "others": partial(others, asking),
        "untagged": lambda need: asking.untagged(need) if asking.sends_tags(need) else (),
        "sizes": asking.sized,
        "elsewhere": partial(_elsewhere, asking),
        "after": lambda need: asking.stepped(need, after=True),
    }
    return tuple(_step(asking, kind, ways[kind], writing, given) for kind in BEYOND)


def _step(
    asking: Asking,
    kind: Beyond,
    way: Callable[[Need], Iterable[Request]],
    writing: list[Need],
    given: list[Need],
) -> Overstep:
    tried: dict[str, None] = {}
    shown: dict[str, str] = {}
    unclear: dict[str, None] = {}
    for need in writing:
        for request in way(need):
            tried[need.action] = None
            if need not in given:
                break
            answer = evaluate(request, asking.layers_for(request), trace=False)
            if isinstance(answer, Allowed):
                shown.setdefault(need.action, request.resource)
                break
            if not isinstance(answer, Denied):
                unclear[need.action] = None
    return Overstep(
        kind=kind,
        tried=tuple(tried),
        given=shown,
        unclear=tuple(each for each in unclear if each not in shown),
    )


def writes(action: str) -> bool:
    """Whether AWS counts the action as more than reading; one that AWS does not list, too."""
    level = catalog.access_level(action)
    return isinstance(level, catalog.Unmapped) or level not in _READS


def others(asking: Asking, need: Need) -> tuple[Request, ...]:
    """The action on what is not the guest's: one thing of the type, and one in each part that a policy names."""
    if need.type is None or need.stance in _ON_NOTHING_THERE:
        return ()
    pass_ = asking.pass_
    agreed = _agreed_patterns(asking, need)
    everything = pattern_of(
        need.type, partition=pass_.partition, region=pass_.regions[0], account=pass_.account
    )
    named = (
        meeting(everything, each, type_=need.type, name=OTHERS_NAME)
        for each in patterns_on(asking.layers, need.action)
    )
    arns = dict.fromkeys((concrete(everything, need.type, OTHERS_NAME), *named))
    return tuple(
        asking.on(need, arn)
        for arn in arns
        if arn is not None and arn != "*" and not any(arn_matches(each, arn) is not False for each in agreed)
    )


def _agreed_patterns(asking: Asking, need: Need) -> tuple[str, ...]:
    """What of the need's type is the guest's or was agreed to, as far as ARNs tell: own things by tag have any ARN."""
    by_tag = need.type is not None and kind_of(need.type).own == "tag"
    return tuple(
        arn
        for each in asking.needs
        if each.type == need.type and each.stance not in ("lists", "asks", "tags")
        if (each.action == need.action if each.kind == "agreed" else not by_tag)
        for arn in each.resources
    )


def _elsewhere(asking: Asking, need: Need) -> Iterator[Request]:
    if not catalog.is_global(need.action.partition(":")[0]):
        for region in _other_regions(asking.pass_):
            yield from asking.stepped(need, region=region)


def _other_regions(pass_: Pass) -> tuple[str, ...]:
    return _regions_beside(pass_.partition, pass_.regions)


@cache
def _regions_beside(partition: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        sorted(region for region, of in known_regions().items() if of == partition and region not in regions)
    )


def _allowed(asking: Asking, requests: Iterable[Request]) -> bool:
    return any(
        isinstance(evaluate(request, asking.layers_for(request), trace=False), Allowed)
        for request in requests
    )

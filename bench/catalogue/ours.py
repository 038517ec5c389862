"""What guestpass's own catalogue answers: its public functions, as any caller asks them."""

from __future__ import annotations

from collections.abc import Iterable

from bench.catalogue.corpus import Call, TrailEvent
from bench.catalogue.figures import NOTHING, Answer
from guestpass.catalog import NeededAction, Unmapped, Where, event_meaning, needed_by_call

_ACCOUNT = "111122223333"
_REGION = "eu-west-1"


def of_call(call: Call) -> Answer:
    """What a call needs; what the catalogue marks `perhaps` is said with a reservation."""
    needed = needed_by_call(call.service, call.operation, call.parameters)
    return NOTHING if isinstance(needed, Unmapped) else Answer(actions=_firm(needed))


def of_event(event: TrailEvent) -> Answer:
    """What an event's call needed and touched."""
    where = Where(account=_ACCOUNT, region=str(event.record.get("awsRegion", _REGION)))
    meaning = event_meaning(event.source, event.operation, event.parameters, where)
    if isinstance(meaning, Unmapped):
        return NOTHING
    touched = frozenset(resource.arn for resource in meaning.resources if resource.exact)
    return Answer(actions=_firm(meaning.actions), resources=touched)


def _firm(needed: Iterable[NeededAction]) -> frozenset[str]:
    return frozenset(one.action for one in needed if not one.perhaps)

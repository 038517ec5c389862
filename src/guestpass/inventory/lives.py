"""What the record tells of each thing: from its making to its end, in order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from guestpass.catalog import Creation, Ending, Unmapped, Where, created, ended, iam_prefix
from guestpass.inventory.values import Made, Strange
from guestpass.trail import Deed, Event


@dataclass(kw_only=True)
class Life:
    """One thing from its making to its end. `replaced`: a thing of the same ARN was made after it."""

    creation: Creation
    made: Made
    ended: Made | None = None
    later: bool = False
    replaced: bool = False


@dataclass(kw_only=True)
class Record:
    """All lives by the order of their making; `strange` is what the guest's calls may have made beside them."""

    lives: list[Life] = field(default_factory=list)
    strange: list[Strange] = field(default_factory=list)
    _latest: dict[str, Life] = field(default_factory=dict)
    _of_type: dict[str, list[Life]] = field(default_factory=lambda: defaultdict(list))

    def begin(self, life: Life) -> None:
        """Note that something was made."""
        last = self._latest.get(life.creation.arn)
        if last is not None and last.ended is None and life.creation.again:
            return
        if last is not None:
            # AWS makes no second thing of one name: if no event says when the first one ended, it did all the same
            last.replaced = True
        self._latest[life.creation.arn] = life
        self._of_type[life.creation.type].append(life)
        self.lives.append(life)

    def end(self, ending: Ending, by: Made) -> bool:
        """Note that something was ended, or that an end was called off; False where nothing is known of it."""
        for life in reversed(self._of_type[ending.type]):
            if not _ends(ending, life.creation):
                continue
            if ending.off and life.later:
                life.ended, life.later = None, False
                return True
            if not ending.off and life.ended is None:
                life.ended, life.later = by, ending.later
                return True
        return False


def record_of(deeds: Sequence[Deed], events: Iterable[Event], here: Where) -> Record:
    """The record in order of time: the guest's deeds, and what others did to the same things.

    CloudTrail's times are whole seconds, so what is made and ended within one has no order. An end in that second
    ends what was there before it; where nothing was, what was made in it.
    """
    acts = {event.id: (event, doer(event), False) for event in events}
    acts |= {deed.event.id: (deed.event, deed.by, True) for deed in deeds}
    record = Record()
    ordered = sorted(acts.values(), key=lambda act: (act[0].time, act[0].id))
    for _, second in groupby(ordered, key=lambda act: act[0].time):
        begun: list[Life] = []
        over: list[tuple[Ending, Made]] = []
        for event, by, guests in second:
            made = Made(by=by, at=event.time, event=event.id, call=call_of(event))
            for said in _said(event, replace(here, region=event.region)):
                match said:
                    case Creation():
                        begun.append(Life(creation=said, made=made))
                    case Ending():
                        over.append((said, made))
                    case Unmapped(why=why) if guests:
                        strange = Strange(event=event.id, call=made.call, by=by, at=event.time, why=why)
                        record.strange.append(strange)
        left = [(ending, made) for ending, made in over if not record.end(ending, made)]
        for life in begun:
            record.begin(life)
        for ending, made in left:
            record.end(ending, made)
    return record


def doer(event: Event) -> str:
    """Who made a call: the ARN of the user or role, else the service that made it."""
    actor = event.actor
    return actor.issuer_arn or actor.arn or actor.invoked_by or actor.type or "not known"


def call_of(event: Event) -> str:
    """The call as people name it: `ec2:RunInstances`."""
    source = event.source.partition(".")[0]
    prefix = iam_prefix(source)
    return f"{source if isinstance(prefix, Unmapped) else prefix}:{event.name}"


def _said(event: Event, where: Where) -> list[Creation | Ending | Unmapped]:
    """What an event made and ended; nothing where it failed."""
    if event.error_code is not None:
        return []
    if event.error_message is not None:
        # NOTE: a few real records have a message and no code: whether the call succeeded is not known
        why = "the record has an error message and no error code"
        return [Unmapped(why=why)] if event.name.startswith(("Create", "Run", "Allocate")) else []
    asked = (event.source, event.name)
    over = ended(*asked, parameters=event.parameters, response=event.response, where=where)
    made = created(*asked, parameters=event.parameters, response=event.response, where=where)
    return [
        *([over] if isinstance(over, Unmapped) else over),
        *([made] if isinstance(made, Unmapped) else made),
    ]


def _ends(ending: Ending, thing: Creation) -> bool:
    region = thing.arn.split(":")[3] if thing.arn.startswith("arn:") else ""
    return ending.ends(type=thing.type, region=region, names=(thing.arn, thing.id, thing.name))

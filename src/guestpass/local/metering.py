"""What ran from when to when, on the box's clock: looked at after every call that changes something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from guestpass.local.backend.running import Standing, standing
from guestpass.local.backend.wire import Asked

# Calls of these change nothing that is charged for, and are by far the most frequent.
_FREE = frozenset({"iam", "sts", "cloudtrail", "budgets", "account", "bcm-data-exports"})
_READS = ("Describe", "Get", "List", "Head")


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A charge of one account and region from one moment to another (UTC); without an end it goes on."""

    account: str
    region: str
    what: Standing
    start: datetime
    end: datetime | None = None


class Meter:
    """Keeps the spans. Not safe for threads: whoever holds the gateway's lock calls it."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], dict[tuple[str, str, str], tuple[Standing, datetime]]] = {}
        self._closed: list[Span] = []

    def heed(self, account: str, region: str, asked: Asked, *, at: datetime) -> None:
        """Take notice of a call that succeeded."""
        if asked.service not in _FREE and not asked.operation.startswith(_READS):
            self.look(account, region, at)

    def look(self, account: str, region: str, at: datetime) -> None:
        """Compare what stands in a region with what stood at the last look."""
        before = self._open.get((account, region), {})
        now: dict[tuple[str, str, str], tuple[Standing, datetime]] = {}
        for what in standing(account, region):
            held = before.get(what.key)
            since = held[1] if held is not None and held[0] == what else at
            now[what.key] = (what, since)
        for key, (what, since) in before.items():
            if (key not in now or now[key][0] != what) and at > since:
                self._closed.append(Span(account=account, region=region, what=what, start=since, end=at))
        if now or before:
            self._open[account, region] = now

    def spans(self, account: str, since: datetime, until: datetime) -> Iterator[Span]:
        """What an account's things ran between two moments; a thing's tags are as they were last seen."""
        for span in self._every():
            start, end = max(span.start, since), min(span.end or until, until)
            if span.account == account and start < end:
                yield replace(span, start=start, end=end)

    def _every(self) -> Iterator[Span]:
        yield from self._closed
        for (account, region), held in self._open.items():
            for what, start in held.values():
                yield Span(account=account, region=region, what=what, start=start)

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
    """A charge of one account and region from one moment to another (UTC)."""

    account: str
    region: str
    what: Standing
    start: datetime
    end: datetime


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

    def spans(self, account: str, until: datetime) -> Iterator[Span]:
        """Every span of an account, those that go on cut at `until`; tags are as they are last known."""
        for span in self._closed:
            if span.account == account and span.start < until:
                yield span if span.end <= until else replace(span, end=until)
        for (owner, region), held in self._open.items():
            if owner == account:
                for what, since in held.values():
                    if since < until:
                        yield Span(account=account, region=region, what=what, start=since, end=until)

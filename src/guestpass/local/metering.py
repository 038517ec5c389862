"""What ran from when to when, on the box's clock: looked at after every call that changes something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from guestpass.local.backend.charged import Standing
from guestpass.local.backend.running import S3, Scope, bucket_home, standing
from guestpass.local.backend.wire import Asked

# Calls of these change nothing that is charged for, and are by far the most frequent.
_FREE = frozenset({"iam", "sts", "cloudtrail", "budgets", "account", "bcm-data-exports"})
_READS = ("Describe", "Get", "List", "Head")
# NOTE: what goes into a log is seen at the region's next change
_QUIET = frozenset({("logs", "PutLogEvents")})

# Of EC2's calls, those that are about these alone.
_FREE_IN_EC2 = ("SecurityGroup", "RouteTable", "KeyPair", "InternetGateway", "NetworkAcl", "LaunchTemplate")

# AWS: S3 pricing, "Requests": two tiers, and deleting is free
_TIER_1 = ("Put", "Copy", "Post", "List", "Create", "Upload", "Complete")
# Services whose requests cost money without naming a thing on the bill
_COUNTED = frozenset({"kms", "secretsmanager"})

_Held = dict[tuple[str, str, str], tuple[str, Standing, datetime]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A charge of one account and region from one moment to another (UTC); without an end it goes on."""

    account: str
    region: str
    what: Standing
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Requests of one hour (its start): of S3 by bucket and tier, of other services by service alone."""

    account: str
    region: str
    service: str
    operation: str
    bucket: str | None
    hour: datetime


class Meter:
    """Keeps the spans and counts. Not safe for threads: whoever holds the gateway's lock calls it."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Scope], _Held] = {}
        self._closed: list[Span] = []
        self._requests: Counter[Tally] = Counter()
        self._stale: dict[str, datetime] = {}

    def heed(self, account: str, region: str, asked: Asked, *, at: datetime) -> None:
        """Take notice of a call that succeeded."""
        service, operation = asked.service, asked.operation
        if service in _FREE or (service, operation) in _QUIET:
            return
        if service in _COUNTED:
            self._count(
                Tally(account=account, region=region, service=service, operation="", bucket=None, hour=at)
            )
        if service == S3:
            self._bucket(asked, at)
        elif not operation.startswith(_READS) and not (service == "ec2" and _is_free(operation)):
            self.look(account, region, at)

    def look(self, account: str, scope: Scope, at: datetime) -> None:
        """Compare what stands in a region (or in S3) with what stood at the last look."""
        before = self._open.get((account, scope), {})
        now: _Held = {}
        for region, what in standing(account, scope):
            held = before.get(what.key)
            now[what.key] = (region, what, held[2] if held is not None and held[1] == what else at)
        for key, (region, what, since) in before.items():
            if (key not in now or now[key][1] != what) and at > since:
                self._closed.append(Span(account=account, region=region, what=what, start=since, end=at))
        if now or before:
            self._open[account, scope] = now

    def settle(self, *, older_than: datetime | None = None) -> None:
        """Add up the buckets that changed (before `older_than`): as of their first change, for time has hardly gone by."""
        for account, at in list(self._stale.items()):
            if older_than is None or at < older_than:
                del self._stale[account]
                self.look(account, S3, at)

    def spans(self, account: str, since: datetime, until: datetime) -> Iterator[Span]:
        """What an account's things ran between two moments; a thing's tags are as they were last seen."""
        self.settle()
        for span in self._every():
            start, end = max(span.start, since), min(span.end or until, until)
            if span.account == account and start < end:
                yield replace(span, start=start, end=end)

    def requests(self, account: str, since: datetime, until: datetime) -> Iterator[tuple[Tally, int]]:
        """How many requests were made between two moments."""
        for tally, count in self._requests.items():
            if tally.account == account and since <= tally.hour < until:
                yield tally, count

    def _every(self) -> Iterator[Span]:
        yield from self._closed
        for (account, _), held in self._open.items():
            for region, what, start in held.values():
                yield Span(account=account, region=region, what=what, start=start)

    def _bucket(self, asked: Asked, at: datetime) -> None:
        """A call to S3: counted, and if it may have changed sizes, remembered. Adding them up waits a little."""
        name = asked.parameters.get("Bucket")
        home = bucket_home(name) if isinstance(name, str) else None
        if home is not None and not asked.operation.startswith(("Delete", "Abort")):
            tier = "Tier1" if asked.operation.startswith(_TIER_1) else "Tier2"
            self._count(
                Tally(account=home[0], region=home[1], service=S3, operation=tier, bucket=name, hour=at)
            )
        if not asked.operation.startswith(_READS):
            accounts = (
                [home[0]] if home is not None else [owner for owner, scope in self._open if scope == S3]
            )
            for account in accounts:
                self._stale.setdefault(account, at)

    def _count(self, tally: Tally) -> None:
        self._requests[replace(tally, hour=tally.hour.replace(minute=0, second=0, microsecond=0))] += 1


def _is_free(operation: str) -> bool:
    return any(word in operation for word in _FREE_IN_EC2)

"""From what ran to the lines of a bill: a quantity of one usage of one thing in one slice of time, at its price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from guestpass.local.backend.charged import Standing
from guestpass.local.metering import Span, Tally
from guestpass.local.prices import rate, usage_prefix

_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_MONTHLY = ("GB-months", "months")
_REQUESTS: Mapping[str, tuple[str, str, str]] = {
    "s3": ("AmazonS3", "{prefix}Requests-{tier}", ""),
    "kms": ("awskms", "{region}-KMS-Requests", "Unknown"),
    "secretsmanager": ("AWSSecretsManager", "{prefix}AWSSecretsManagerAPIRequest", "APIRequest"),
}
"""Product, usage type and operation of counted requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """One line: a quantity of one usage in one slice of time, at one rate. `cost` is exact."""

    start: datetime
    end: datetime
    region: str
    what: Standing
    quantity: Decimal
    usd: Decimal
    stand_in: bool

    @property
    def usage(self) -> str:
        """The usage type with its region's prefix."""
        return self.what.usage.replace("{prefix}", usage_prefix(self.region)).replace("{region}", self.region)

    @property
    def cost(self) -> Decimal:
        """Quantity times rate, to the last decimal."""
        return exactly(self.quantity, self.usd)


def charges_of(spans: Iterable[Span], until: datetime, grain: str) -> Iterator[Charge]:
    """The lines of these spans up to a moment: spans of one usage in one slice of time are one line."""
    sums: dict[tuple[object, ...], tuple[datetime, datetime, Span, Decimal]] = {}
    for span in spans:
        what, stop = span.what, span.end or until
        for start, end in _slices(span.start, stop, grain):
            amount = what.amount * ((min(end, stop) - max(start, span.start)) // _MICROSECOND)
            key = (start, span.region, what.resource, what.usage, what.operation, what.rate, what.times)
            before = sums[key][3] if key in sums else Decimal(0)
            sums[key] = (start, end, span, before + amount)
    for start, end, span, total in sums.values():
        per = month_after(month_of(start)) - month_of(start) if span.what.measure in _MONTHLY else _HOUR
        # AWS prints usage amounts with ten decimals
        quantity = (total / (per // _MICROSECOND)).quantize(Decimal("1E-10"))
        if quantity:
            found = rate(*span.what.rate, span.region)
            yield Charge(
                start=start,
                end=end,
                region=span.region,
                what=span.what,
                quantity=quantity,
                usd=found.usd * span.what.times,
                stand_in=found.stand_in,
            )


def request_charges(counted: Iterable[tuple[Tally, int]], grain: str) -> Iterator[Charge]:
    """The lines of these requests: one a slice of time, bucket and tier, or service."""
    sums: Counter[tuple[datetime, Tally]] = Counter()
    for tally, count in counted:
        start = _floor(tally.hour, grain)
        sums[start, replace(tally, hour=start)] += count
    for (start, tally), count in sums.items():
        found = rate("requests", f"{tally.service}{tally.operation}", tally.region)
        product, usage, operation = _REQUESTS[tally.service]
        yield Charge(
            start=start,
            end=_next(start, grain),
            region=tally.region,
            what=Standing(
                thing=f"{tally.service}/{tally.bucket}",
                resource=tally.bucket,
                product=product,
                usage=usage.format(prefix="{prefix}", region="{region}", tier=tally.operation),
                operation=operation or ("PutObject" if tally.operation == "Tier1" else "GetObject"),
                measure="requests",
                amount=Decimal(1),
                rate=("requests", f"{tally.service}{tally.operation}"),
                about="per request",
            ),
            quantity=Decimal(count),
            usd=found.usd,
            stand_in=found.stand_in,
        )


def exactly(*factors: Decimal) -> Decimal:
    """A product that is never rounded."""
    with localcontext() as context:
        context.prec = 100
        product = Decimal(1)
        for factor in factors:
            product *= factor
        return product


def _slices(start: datetime, end: datetime, grain: str) -> Iterator[tuple[datetime, datetime]]:
    at = _floor(start, grain)
    while at < end:
        yield at, _next(at, grain)
        at = _next(at, grain)


def _next(at: datetime, grain: str) -> datetime:
    return month_after(at) if grain == "MONTHLY" else at + (_HOUR if grain == "HOURLY" else timedelta(days=1))


def _floor(moment: datetime, grain: str) -> datetime:
    match grain:
        case "HOURLY":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "MONTHLY":
            return month_of(moment)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(moment: datetime) -> datetime:
    """The start of the moment's month."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(month: datetime) -> datetime:
    """The start of the month after one that is told by its start."""
    return month_of(month + timedelta(days=31))


def months(first: datetime, until: datetime) -> Iterator[datetime]:
    """The starts of all months from the first to the one that holds `until`."""
    while first <= until:
        yield first
        first = month_after(first)

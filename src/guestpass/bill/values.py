"""A bill and its reconciliation as frozen values. Amounts are Decimal, in one currency, never rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from guestpass.bill.amounts import exact_difference, exact_sum
from guestpass.errors import Place
from guestpass.findings import Finding
from guestpass.inventory.values import Item

Class = Literal[
    "exact",
    "normalised",
    "child",
    "tag",
    "service",
    "owner",
    "account-level",
    "undocumented",
    "unexplained",
]
"""What a line is explained by, first match wins: the resource's own id as written; another spelling of it; a thing
that a known one brought along; the pass's tag; a service and region that the guest used in that period (no resource
on the line); a thing that was the owner's before the loan or that someone else made; tax, credit, fee and support;
or by nothing: an id that nobody documented, a usage without an id that nothing explains."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a bill. `start` and `end` (UTC) are the usage's; `resource` is as the bill prints it, None for none.

    `type` is AWS's line item type (`Usage`, `Tax`, `Credit`, …), `service` the product code (`AmazonEC2`),
    `amount` the unblended cost.
    """

    start: datetime
    end: datetime
    type: str
    service: str
    usage_type: str
    operation: str
    account: str
    region: str
    amount: Decimal
    resource: str | None
    place: Place
    description: str = ""
    quantity: Decimal = Decimal(0)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """All lines of one delivery's files. `sha256` is by file, as evidence of what was read; `source` is for the reader.

    `tags` of a line are without the prefixes that bills put before their keys; `findings` (`BIL008`) name what of a
    line could not be read.
    """

    lines: tuple[Line, ...]
    currency: str
    source: str
    sha256: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One line in its one class; `item` is the thing that explains it, `why` says so in words."""

    line: Line
    kind: Class
    why: str
    item: Item | None = None
    listed: bool | None = None
    """Whether the guest's own list names the thing; None where there is no list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciliation:
    """Every line judged once; the classes' sums add up to the bill's total to the last decimal.

    `never_charged` stand in the inventory and on no line though their kind costs money; `free` are things that never
    cost anything (roles, security groups, key pairs). `findings` (`BIL…`) name what to ask about: charges nobody
    documented, charges before a thing was made or after it was deleted.
    """

    judged: tuple[Judged, ...]
    total: Decimal
    currency: str
    sums: Mapping[Class, Decimal]
    counts: Mapping[Class, int]
    source: str
    never_charged: tuple[Item, ...] = ()
    free: tuple[Item, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def undocumented(self) -> tuple[Judged, ...]:
        """The lines that nothing documents."""
        return tuple(each for each in self.judged if each.kind in ("undocumented", "unexplained"))

    @property
    def explained(self) -> Decimal:
        """The cost that something explains."""
        return exact_difference(self.total, exact_sum(each.line.amount for each in self.undocumented))

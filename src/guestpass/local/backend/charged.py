"""One thing that AWS would charge for, as it stands at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Measure = Literal["hours", "GB-months", "months", "GB", "requests"]
"""What `amount` counts: the thing for an hour; a GB or the thing kept for a month; GB moved in an hour; requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One thing that is charged for while it stands so.

    `resource` is its id as the bill prints it (None where a bill prints none); `rate` is (kind, name) in the price
    table, taken `times` over. `usage` is the usage type, in which `{prefix}` and `{region}` are the region's. `tags`
    change without a new charge beginning.
    """

    thing: str
    resource: str | None
    product: str
    usage: str
    operation: str
    measure: Measure
    amount: Decimal
    rate: tuple[str, str]
    times: int = 1
    zone: str = ""
    about: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this charge from every other of the region."""
        return (self.thing, self.usage, self.operation)

"""An inventory as frozen values: things, who made them and when, and whether they still stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from guestpass.errors import Place
from guestpass.findings import Finding

Still = Literal["there", "gone", "not known"]
"""Whether the account holds the thing now; `not known` where its type was not read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Who did it, when, and the event that says so: `by` is the ARN of a user or role, `call` as in `ec2:RunInstances`."""

    by: str
    at: datetime
    event: str
    call: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing. `type` is `service:type` as in ARN formats (`ec2:instance`), `id` what its service calls it.

    `made` is None where no event says who made it and the pass's tag or name alone tells that it is the guest's.
    `ended` is the event that deleted it, if one was seen. `parent` is the ARN of the thing that brought it along (an
    instance its volume and interface). `within` are ARNs or ids of what it stands in: VPC, subnet, network group.
    """

    arn: str
    type: str
    id: str
    region: str
    still: Still
    made: Made | None = None
    ended: Made | None = None
    parent: str | None = None
    name: str | None = None
    within: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Strange:
    """A call that made or ended something, of which the record does not say what.

    `event` is its id, `call` as in `ec2:RunInstances`.
    """

    event: str
    call: str
    by: str
    at: datetime
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """Everything the guest's identities made: items sorted by ARN; `strange` and `findings` say what is missing here.

    `read_types` are the types that the account was asked for (others are `not known`); `at` is when, UTC.
    """

    account: str
    pass_name: str
    at: datetime
    items: tuple[Item, ...]
    strange: tuple[Strange, ...] = ()
    read_types: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row of the guest's own list: `resource` is the id or ARN as they wrote it; `place` is its line."""

    resource: str
    place: Place
    kind: str = ""
    region: str = ""
    purpose: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandIn:
    """The guest's own list of what they made, from `file`; `findings` are its rows that name nothing."""

    file: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The guest's list against the record: `both`, `unlisted` (made, not gone, not listed), `unfound` (listed, not made)."""

    both: tuple[tuple[Item, Entry], ...]
    unlisted: tuple[Item, ...]
    unfound: tuple[Entry, ...]

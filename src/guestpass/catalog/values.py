"""AWS's facts as values. A gap is a value too: `Unmapped` says why, and nobody guesses past it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmapped:
    """The catalogue has no fact here; `why` is one line for the reader."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Where a call is made: what ARN templates are filled with."""

    account: str
    region: str
    partition: str = "aws"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that AWS authorises for a call: an action on a resource, with the context keys that the request itself sets.

    `resource` is an ARN or `*`. `context` holds keys in AWS's spelling (`aws:RequestTag/team`, `ec2:InstanceType`).
    Keys about the stored resource (`aws:ResourceTag/…`) are not here: who holds the resource adds them.
    """

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

"""One CloudTrail event as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who made the call: `userIdentity`, read once.

    `arn` is the caller's own ARN; `issuer_arn` the role (or user) a session was made from. `type` is AWS's word
    (`IAMUser`, `AssumedRole`, `FederatedUser`, `Root`, `AWSService`, …), or `""` where the record has none.
    """

    type: str
    arn: str | None = None
    issuer_arn: str | None = None
    access_key_id: str | None = None
    account: str | None = None
    invoked_by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One record. `time` is UTC; `source` is the event source (`ec2.amazonaws.com`); parameters keep CloudTrail's spelling.

    `account` is the recipient's, `type` AWS's word (`AwsApiCall`, `AwsServiceEvent`, …). `shared_id` joins the records
    of one call in two accounts. `resources` are (ARN, type) pairs, empty in most records. `supersedes` is the id of
    the record that this one, an addendum with updated data, stands in for.
    """

    id: str
    time: datetime
    source: str
    name: str
    region: str
    actor: Actor
    read_only: bool | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_id: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    response: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    account: str | None = None
    type: str | None = None
    management: bool | None = None
    shared_id: str | None = None
    resources: tuple[tuple[str, str], ...] = ()
    supersedes: str | None = None

    @property
    def refused(self) -> bool:
        """Whether AWS refused the call for want of permission."""
        code = (self.error_code or "").removeprefix("Client.")
        return code in {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "VpceAccessDenied"}

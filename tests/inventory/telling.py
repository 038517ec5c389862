"""Events and deeds in one line, for tests that tell a story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from guestpass.account.snapshot import Caller, Resource, Snapshot
from guestpass.trail import Actor, Deed, Event

ACCOUNT = "123456789012"
REGION = "eu-west-1"
GUEST = f"arn:aws:iam::{ACCOUNT}:user/guestpass/acme-shop/acme-shop-guest"
OWNER = f"arn:aws:iam::{ACCOUNT}:user/owner"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"

_numbers = iter(range(1, 10_000))


def event(
    call: str,
    minute: int = 0,
    *,
    request: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    by: str = GUEST,
    region: str = REGION,
    error: str | None = None,
    message: str | None = None,
) -> Event:
    """`event("ec2:CreateVolume", 3, response={"volumeId": "vol-1"})`: three minutes after a day before NOW."""
    service, _, name = call.partition(":")
    return Event(
        id=f"event-{next(_numbers)}",
        time=NOW - timedelta(days=1) + timedelta(minutes=minute),
        source=f"{service}.amazonaws.com",
        name=name,
        region=region,
        actor=Actor(type="IAMUser", arn=by),
        error_code=error,
        error_message=message,
        parameters=request or {},
        response=response or {},
    )


def deed(call: str, minute: int = 0, **more: Any) -> Deed:
    """The same as the guest's deed."""
    told = event(call, minute, **more)
    return Deed(event=told, by=told.actor.arn or "")


def thing(arn: str, type_: str, **more: Any) -> Resource:
    """A resource of the account."""
    return Resource(**{"arn": arn, "type": type_, "region": REGION, **more})


def account(*resources: Resource, read: Mapping[str, tuple[str, ...]] | None = None, **more: Any) -> Snapshot:
    """An account that holds these; EC2's and RDS's common types were read in REGION."""
    everything = ("instance", "volume", "security-group", "elastic-ip", "snapshot", "key-pair")
    listed = {f"ec2:{kind}": (REGION,) for kind in everything} | {"rds:db": (REGION,)}
    return Snapshot(
        **{
            "taken_at": NOW,
            "caller": Caller(account=ACCOUNT, arn=OWNER, user_id="AIDAOWNER"),
            "regions": (REGION,),
            "resources": tuple(sorted(resources, key=lambda each: each.arn)),
            "read": listed if read is None else read,
            **more,
        }
    )

"""The owner's things: what stood in the account before the guest came, and what others made since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from guestpass.account.snapshot import Snapshot
from guestpass.catalog import Unmapped, Where, created
from guestpass.trail import Deed, Event


def owners_of(baseline: Snapshot) -> frozenset[str]:
    """Return the ARNs of everything that the baseline holds; what it did not read is not among them."""
    caller = baseline.caller
    return frozenset(
        (
            *(each.arn for each in baseline.resources),
            *(each.arn for each in baseline.users),
            *(each.arn for each in baseline.roles),
            *(each.arn for each in baseline.trails),
            *(f"arn:{caller.partition}:s3:::{each.name}" for each in baseline.buckets),
            *(
                f"arn:{caller.partition}:budgets::{caller.account}:budget/{each.name}"
                for each in baseline.budgets
            ),
        )
    )


def older_than(now: Snapshot, since: datetime) -> frozenset[str]:
    """Return the ARNs of what stands there now and was made before `since`, by AWS's own dates."""
    return frozenset(each.arn for each in now.resources if each.created is not None and each.created < since)


def made_by_others(
    events: Iterable[Event], deeds: Iterable[Deed], *, account: str, partition: str = "aws"
) -> frozenset[str]:
    """Return the ARNs of what the record says that somebody else than the guest made.

    What a service of AWS made by itself (a group its instances) is not among them: it may be for the guest.
    """
    ours = {deed.event.id for deed in deeds}
    found: set[str] = set()
    for event in events:
        if event.id in ours or event.error_code is not None or _by_service(event):
            continue
        where = Where(account=account, region=event.region, partition=partition)
        made = created(
            event.source, event.name, parameters=event.parameters, response=event.response, where=where
        )
        if not isinstance(made, Unmapped):
            found.update(each.arn for each in made if not each.again)
    return frozenset(found)


def _by_service(event: Event) -> bool:
    actor = event.actor
    return (
        actor.type in ("AWSService", "")
        or actor.invoked_by is not None
        or ":role/aws-service-role/" in (actor.issuer_arn or "")
    )

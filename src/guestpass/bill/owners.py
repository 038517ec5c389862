"""The owner's things: what stood in the account before the guest came."""

from __future__ import annotations

from guestpass.account.snapshot import Snapshot


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

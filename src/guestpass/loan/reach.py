"""What is in the account already and would count as the guest's own: an older thing with the pass's tag or name.

The wall tells own things from others' by tag and by name. There is no key for "older than the pass", so whatever
carries the tag, or has a name with the pass's prefix, before anything is lent must be shown to the owner first.
"""

from __future__ import annotations

from guestpass.access.policy import arn_matches
from guestpass.account.snapshot import Resource, Snapshot
from guestpass.loan.agreement import Pass
from guestpass.loan.holds import Hold
from guestpass.loan.names import TAG_KEY
from guestpass.loan.wall import guest_holds


def already_within(pass_: Pass, snapshot: Snapshot) -> tuple[Resource, ...]:
    """Return the resources of the account that the guest could change from the first moment on.

    Only what the snapshot has read can be found: its `gaps` are gaps here too. Once the pass has been granted,
    what the guest has made is among them.
    """
    changing = [hold for hold in guest_holds(pass_).values() if hold.stance == "changes"]
    return tuple(
        resource
        for resource in snapshot.resources
        if any(_counts_as_own(resource, hold, pass_.name) for hold in changing)
    )


def _counts_as_own(resource: Resource, hold: Hold, pass_name: str) -> bool:
    """Whether one of the wall's statements on own things reaches it. Where the ARN's reading is open, it does."""
    if hold.by_tag and resource.tags.get(TAG_KEY) != pass_name:
        return False
    return any(arn_matches(pattern, resource.arn) is not False for pattern in hold.resources)

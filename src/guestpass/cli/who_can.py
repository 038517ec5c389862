"""`guestpass who-can`: one action on one resource, everybody of the account."""

from __future__ import annotations

from guestpass.cli.asking import Asking
from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def who_can(
    action: str,
    resource: str,
    /,
    *,
    asking: Asking | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Say who may do an action on a resource.

    Asks for the root user, every user and every role of the account or snapshot (a role: any session of it). Those for
    whom it is undecided are named with the reason. Exits 0 if somebody may, 3 if surely nobody, 4 if it is not known.

    Parameters
    ----------
    action
        One action: `iam:CreateUser`.
    resource
        Its resource's ARN, or `*` for a request that names none.
    """
    from guestpass.access import Allowed, Undecided
    from guestpass.account.asking import principals_of
    from guestpass.cli.asking import decided, principal_named, snapshot_for
    from guestpass.report.asking import who_can_json, who_can_page

    talk = Talk(output or Output())
    asking = asking or Asking()
    snapshot = snapshot_for(asking, account or Account(), resource=resource)
    found = [
        (arn, decided(snapshot, principal_named(arn, snapshot), action, resource, asking)[1])
        for arn in principals_of(snapshot)
    ]
    talk.show(
        who_can_page(found, action=action, resource=resource),
        who_can_json(found, action=action, resource=resource),
    )
    if any(isinstance(decision, Allowed) for _, decision in found):
        return 0
    return 4 if any(isinstance(decision, Undecided) for _, decision in found) else 3

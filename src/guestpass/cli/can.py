"""`guestpass can`: one request, yes or no."""

from __future__ import annotations

from guestpass.cli.asking import Asking, Expected
from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def can(
    principal: str,
    action: str,
    resource: str,
    /,
    *,
    expect: Expected | None = None,
    asking: Asking | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Say whether a principal may do an action on a resource.

    Decides as AWS would, from the account or a snapshot of it. What is not known (a policy that could not be read, a
    context key that nobody told) leaves the answer undecided where it matters. Exits 0 for yes, 3 for no, 4 for
    undecided.

    Parameters
    ----------
    principal
        Who asks: an ARN, the name of a user or role, a service (`ec2.amazonaws.com`), or `anonymous`.
    action
        One action: `s3:GetObject`.
    resource
        Its resource's ARN, or `*` for a request that names none.
    expect
        For CI: exit 0 if the answer is this one, 3 if it is the other.
    """
    from guestpass.cli.asking import decided, exit_of, principal_named, snapshot_for
    from guestpass.report.asking import asked_json, can_page

    talk = Talk(output or Output())
    asking = asking or Asking()
    snapshot = snapshot_for(asking, account or Account(), resource=resource)
    question, decision = decided(snapshot, principal_named(principal, snapshot), action, resource, asking)
    talk.show(
        can_page(decision, who=principal, request=question.request),
        asked_json(decision, question.request, principal),
    )
    return exit_of(decision, expect)

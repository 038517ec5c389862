"""`guestpass why`: one request, and the whole explanation."""

from __future__ import annotations

from guestpass.cli.asking import Asking, Expected
from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def why(
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
    """Say why a principal may or may not: layer by layer, statement by statement.

    Asks as `guestpass can` does, and shows what each layer said: the statements that allow or deny, the one that came
    nearest to allowing and where it parted from the request, and what is not known.

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
    from guestpass.report.asking import asked_json, why_page

    talk = Talk(output or Output())
    asking = asking or Asking()
    snapshot = snapshot_for(asking, account or Account(), resource=resource)
    question, decision = decided(snapshot, principal_named(principal, snapshot), action, resource, asking)
    talk.show(
        why_page(decision, who=principal, request=question.request),
        asked_json(decision, question.request, principal),
    )
    return exit_of(decision, expect)

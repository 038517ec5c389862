"""`guestpass what-can`: one principal, every action that AWS lists."""

from __future__ import annotations

from guestpass.cli.asking import Asking
from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def what_can(
    principal: str,
    /,
    *,
    resource: str | None = None,
    asking: Asking | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Say what a principal may do.

    With `--resource` each action is decided on that resource. Without, an action is named if some resource and some
    context exist for which its statements allow it: the most that the principal could do. Exits 0 if there is
    anything, 3 if there is nothing.

    Parameters
    ----------
    principal
        Who asks: an ARN, the name of a user or role, a service (`ec2.amazonaws.com`), or `anonymous`.
    resource
        The ARN of a resource, or `*` for requests that name none.
    """
    from guestpass.access.evaluate.classes import reach
    from guestpass.access.prove.most import most
    from guestpass.account.asking import asked
    from guestpass.cli.asking import context_of, principal_named, resource_of, snapshot_for
    from guestpass.report.asking import what_can_json, what_can_page

    talk = Talk(output or Output())
    asking = asking or Asking()
    snapshot = snapshot_for(asking, account or Account(), resource=resource or "*")
    told, absent = context_of(asking.context)
    on = "*" if resource is None else resource_of(resource)
    who = principal_named(principal, snapshot)
    question = asked(
        snapshot, who, "sts:GetCallerIdentity" if on == "*" else "s3:GetObject", on, told=told, absent=absent
    )
    found = most(who, question.layers) if resource is None else reach(question.request, question.layers)
    talk.show(
        what_can_page(found, who=principal, resource=resource),
        what_can_json(found, who=principal, resource=resource),
    )
    return 0 if found.allowed or found.undecided else 3

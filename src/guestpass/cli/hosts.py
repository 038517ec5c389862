"""Where a plan reaches into instances: what to say when one of them does not do it."""

from __future__ import annotations

from guestpass.aws import Hands
from guestpass.cli.account import carried_out
from guestpass.cli.talk import Talk
from guestpass.errors import AccountError
from guestpass.ledger import Ledger
from guestpass.loan.step import Plan


def on_hosts_too(plan: Plan, hands: Hands, ledger: Ledger, talk: Talk) -> None:
    """Carry out; where an instance does not do its part, say aloud which lock holds and which does not.

    Raises AccountError. What needs no host is done even when the host is silent: it stands before it in the plan.
    """
    try:
        carried_out(plan, hands, ledger, talk)
    except AccountError as error:
        failed = next((step for step in plan.steps if step.id == error.step), None)
        if failed is None or failed.call.operation != "SendCommand":
            raise
        ids = " ".join(str(each) for each in failed.call.parameters["InstanceIds"])
        raise AccountError(
            f"THE GUEST MAY STILL BE INSIDE: {ids} did not do what it was told. SSH lets no new connection in; an open "
            f"shell and the database user are not ended ({error.says})",
            call=error.call,
            code=error.code,
            resource=error.resource,
            request_id=error.request_id,
            step=error.step,
            stands=error.stands,
            hint=f"end it now: aws ec2 stop-instances --region {failed.call.region} --instance-ids {ids}; "
            "then start it and run the same command again",
        ) from error

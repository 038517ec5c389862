"""`guestpass freeze`: refuse everything, first of all and fast."""

from __future__ import annotations

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def freeze(pass_name: str, /, *, account: Account | None = None, output: Output | None = None) -> int:
    """Refuse everything to the guest, within seconds.

    A Deny on everyone the guest can be comes first, which ends live sessions too; then the keys are made
    inactive. It asks nothing and needs no file of this machine. What was built keeps running.

    Where the guest only logs in to an instance, SSH is closed and the instance itself ends what is open;
    where it does not answer, that is said: the guest may still be inside.

    Parameters
    ----------
    pass_name
        The pass's name, or its file.
    """
    from guestpass.aws import take_fast_snapshot
    from guestpass.cli.account import hands_of, ledger_of, name_of_pass
    from guestpass.cli.hosts import on_hosts_too
    from guestpass.loan.plan import freeze as planned
    from guestpass.report.page import Span, line
    from guestpass.report.plan import plan_json, plan_page

    talk = Talk(output or Output())
    name = name_of_pass(pass_name)
    hands = hands_of(account or Account())
    snapshot = take_fast_snapshot(hands, name)
    plan = planned(name, snapshot, hands.now())
    if plan.steps:
        with ledger_of(hands, name) as ledger:
            on_hosts_too(plan, hands, ledger, talk)
    else:
        talk.say(*plan_page(plan))
    talk.show(
        (line(Span("✓ frozen: ", "good"), f"{name} is refused everything since {hands.now():%H:%M:%S} UTC"),),
        {**plan_json(plan), "schema": "guestpass.freeze/1", "frozen": True, "at": hands.now().isoformat()},
    )
    talk.next(f"guestpass sweep {name}" if snapshot.site.machines else f"guestpass revoke {name}")
    return 0

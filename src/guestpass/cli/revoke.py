"""`guestpass revoke`: take everything back."""

from __future__ import annotations

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk


def revoke(
    pass_name: str,
    /,
    *,
    resume: Flag = False,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Take everything back; run again when the last session has ended.

    Denies first, then takes away keys, children, memberships and policies. The guest's identity stays, denied
    everything, until the longest session could have ended; the same command finishes it then. The instance
    role is handed over to the owner: the site keeps running. Exits 3 while something still waits.

    Parameters
    ----------
    pass_name
        The pass's name, or its file.
    resume
        Finish what an earlier run left; the same as running it again, said aloud.
    """
    from guestpass.aws import take_snapshot
    from guestpass.cli.account import hands_of, ledger_of, name_of_pass
    from guestpass.cli.hosts import on_hosts_too
    from guestpass.loan.plan import revoke as planned
    from guestpass.loan.status import passes_of
    from guestpass.report.page import Span, line
    from guestpass.report.plan import plan_json, plan_page

    del resume  # resuming is planning again (docs/decisions/0001)
    talk = Talk(output or Output())
    name = name_of_pass(pass_name)
    hands = hands_of(account or Account())
    plan = planned(name, take_snapshot(hands), hands.now())
    talk.say(*plan_page(plan))
    if plan.steps:
        with ledger_of(hands, name) as ledger:
            on_hosts_too(plan, hands, ledger, talk)
    after = take_snapshot(hands)
    standing = next((each for each in passes_of(after, hands.now()) if each.name == name), None)
    done = standing is None or (
        standing.state == "revoked" and not standing.waits_until and not standing.left
    )
    waits = planned(name, after, hands.now()).notes if not done else ()
    talk.show(
        (
            line(Span("✓ revoked: ", "good"), f"nothing of {name} can call AWS any more")
            if done
            else line(Span("! waits: ", "warn"), *(waits[:1] or (f"{name} is frozen and not yet gone",))),
        ),
        {**plan_json(plan), "schema": "guestpass.revoke/1", "revoked": done, "waits": list(waits)},
    )
    talk.next(f"guestpass certify {name}" if done else f"guestpass revoke {name} --resume")
    return 0 if done else 3

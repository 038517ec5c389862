"""`guestpass guard`: the record and the alarms, before anything is lent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk


def guard(
    pass_file: Path,
    /,
    *,
    yes: Flag = False,
    confirm: str | None = None,
    verbose: Annotated[Flag, Parameter(alias="-v")] = False,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Set up the record and the alarms before anything is lent.

    A trail over all regions with validated log files, in a bucket that no guest can touch; a budget with
    alarms; the bill by resource, delivered to the same bucket; the
    service-linked roles that the job would otherwise need rights over IAM for; and a snapshot of the
    account, which the certificate is later held against.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    yes
        Do not ask.
    confirm
        The pass's name, instead of typing it.
    verbose
        Show every policy document and parameter in full.
    """
    from guestpass.aws import read_account_resources, take_snapshot
    from guestpass.cli.account import carried_out, ledger_of, pass_and_hands
    from guestpass.cli.granting import unchanged
    from guestpass.errors import InputError
    from guestpass.loan.plan import guard as planned
    from guestpass.report.page import Span, line
    from guestpass.report.plan import plan_json, plan_page

    talk = Talk(output or Output())
    pass_, hands = pass_and_hands(pass_file, account or Account())
    # the baseline holds all that can be listed: what is the owner's today is nobody else's tomorrow
    before = read_account_resources(hands, pass_.regions).onto(take_snapshot(hands, regions=pass_.regions))
    shown = planned(pass_, before)
    talk.say(*plan_page(shown, verbose=verbose))
    if shown.steps:
        if not talk.confirm(pass_.name, f"type `{pass_.name}` to do this:", given=confirm, yes=yes):
            raise InputError("not confirmed: nothing was changed")
        with ledger_of(hands, pass_.name) as ledger:
            now = planned(
                pass_,
                read_account_resources(hands, pass_.regions).onto(
                    take_snapshot(hands, regions=pass_.regions)
                ),
            )
            carried_out(unchanged(shown, now), hands, ledger, talk)
    talk.show(
        (
            line(
                Span("✓ guarded: ", "good"), f"account {pass_.account} keeps a record, and the budget watches"
            ),
        ),
        {**plan_json(shown), "schema": "guestpass.guard/1", "guarded": True},
    )
    talk.next(f"guestpass plan {pass_file}")
    return 0

"""`guestpass tighten`: access shrinks to what was used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk

CHANGES = 3
UNDECIDED = 4
Listed = Annotated[tuple[str, ...], Parameter(negative=(), consume_multiple=True)]


def tighten(
    pass_file: Path,
    /,
    *,
    trail: str | None = None,
    keep: Listed = (),
    plan: Annotated[Flag, Parameter(alias="--dry-run")] = False,
    restore: Flag = False,
    confirm: str | None = None,
    yes: Flag = False,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Shrink access to what was used, and to what taking down will need.

    Reads the trail's files, proposes narrower job policies behind the same wall, says what goes and what
    stays, and asks. Nothing is taken away on a record that does not cover the loan: exits 4 and says what
    is missing. `--restore` gives back exactly what was there before.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    trail
        The log files: a folder, or `s3://BUCKET/PREFIX`; the trail that guestpass keeps when left out.
    keep
        Actions that stay although nothing used them: `rds:RebootDBInstance`, `ec2:Describe*`.
    plan
        Only show it; exits 3 where there is something to take away.
    restore
        Undo the last tightening.
    confirm
        The pass's name, instead of typing it.
    yes
        Do not ask at all.
    """
    from guestpass.aws import take_snapshot
    from guestpass.cli.account import carried_out, ledger_of, pass_and_hands
    from guestpass.cli.gathering import looked_at
    from guestpass.errors import InputError, StaleError
    from guestpass.loan.plan import Evidence, Tightening
    from guestpass.loan.plan import restore as restored
    from guestpass.loan.plan import tighten as planned
    from guestpass.report.page import Span, line
    from guestpass.report.tighten import tighten_json, tighten_page

    talk = Talk(output or Output())
    pass_, hands = pass_and_hands(pass_file, account or Account())
    if restore:
        before = take_snapshot(hands, regions=pass_.regions)
        told = Tightening(plan=restored(pass_, before))
    else:
        seen = looked_at(hands, str(pass_file), trail, talk)
        before = seen.snapshot
        evidence = Evidence(reading=seen.reading, usage=seen.usage, inventory=seen.inventory)
        told = planned(pass_, before, evidence=evidence, now=hands.now(), keep=keep)
    shown = told.plan
    if shown is None or plan or not shown.steps:
        talk.show(tighten_page(told), {**tighten_json(told), "applied": False})
        if shown is None:
            talk.next(f"guestpass usage {pass_.name}")
            return UNDECIDED
        if shown.steps:
            talk.next(f"guestpass tighten {pass_file}{' --restore' if restore else ''}")
        return CHANGES if shown.steps else 0
    talk.say(*tighten_page(told))
    asked = f"type `{pass_.name}` to {'give it back' if restore else 'take it away'}:"
    if not talk.confirm(pass_.name, asked, given=confirm, yes=yes):
        raise InputError("not confirmed: nothing was changed", hint=f"guestpass tighten {pass_file} --plan")
    with ledger_of(hands, pass_.name) as ledger:
        now = take_snapshot(hands, regions=pass_.regions)
        if (now.policies, now.groups, now.roles) != (before.policies, before.groups, before.roles):
            raise StaleError(
                "the account has changed since the plan was shown",
                hint=f"guestpass tighten {pass_file} --plan",
            )
        carried_out(shown, hands, ledger, talk)
    says = "given back what was there before" if restore else "what was not used is gone"
    talk.show(
        (line(Span("✓ tightened: " if not restore else "✓ restored: ", "good"), says),),
        {**tighten_json(told), "applied": True},
    )
    talk.next(f"guestpass status {pass_.name}" if restore else f"guestpass tighten {pass_file} --restore")
    return 0

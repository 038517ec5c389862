"""`guestpass plan`: what `grant` would do, and nothing done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk

CHANGES = 3


def plan(
    pass_file: Path,
    /,
    *,
    verbose: Annotated[Flag, Parameter(alias="-v")] = False,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Show what `grant` would do: the access gained, and each call.

    Nothing is changed. Exits 0 when there is nothing to do and 3 when changes are pending.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    verbose
        Show every policy document and parameter in full.
    """
    from guestpass.cli.account import pass_and_hands
    from guestpass.cli.granting import grant_plan
    from guestpass.loan.explain import access_in_words, watched
    from guestpass.report.plan import plan_json, plan_page

    talk = Talk(output or Output())
    pass_, hands = pass_and_hands(pass_file, account or Account())
    made, _ = grant_plan(pass_, hands)
    gained, unheld = access_in_words(pass_), watched(pass_)
    talk.show(
        plan_page(made, verbose=verbose, gained=gained, watched=unheld),
        plan_json(made, gained=gained, watched=unheld),
    )
    if not made.steps:
        return 0
    talk.next(f"guestpass grant {pass_file}")
    return CHANGES

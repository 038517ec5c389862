"""`guestpass status`: passes and their states, from the account alone."""

from __future__ import annotations

from datetime import datetime

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def status(
    pass_name: str | None = None, /, *, account: Account | None = None, output: Output | None = None
) -> int:
    """Show the passes and their states, from the account alone.

    Works on any machine: no file is needed. Only that a pass was certified is known to the ledger of the
    machine that certified it. Exits 2 for a pass that the account does not know.

    Parameters
    ----------
    pass_name
        One pass alone: its name, or its file.
    """
    from dataclasses import replace

    from guestpass.aws import take_snapshot
    from guestpass.cli.account import hands_of, ledger_path, name_of_pass
    from guestpass.errors import InputError
    from guestpass.ledger import certified_at, read_ledger
    from guestpass.loan.status import Standing, passes_of
    from guestpass.report.status import status_json, status_page

    talk = Talk(output or Output())
    wanted = name_of_pass(pass_name) if pass_name else None
    hands = hands_of(account or Account())
    snapshot = take_snapshot(hands)
    number = hands.caller.account

    def certified(each: Standing) -> Standing:
        if each.state != "revoked" or each.waits_until:
            return each
        at: datetime | None = certified_at(read_ledger(ledger_path(number, each.name)))
        return replace(each, state="certified", says=f"certified on {at:%Y-%m-%d}") if at else each

    found = [each for each in passes_of(snapshot, hands.now()) if wanted in (None, each.name)]
    if wanted and not found:
        raise InputError(f"account {number} knows no pass `{wanted}`", hint="guestpass status")
    told = [certified(each) for each in found]
    given = {"account": number, "at": snapshot.taken_at, "gaps": snapshot.gaps}
    talk.show(status_page(told, **given), status_json(told, **given))  # type: ignore[arg-type]
    return 0

"""`guestpass bill`: what it cost, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def bill(
    pass_name: str,
    /,
    *,
    file: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = (),
    period: str | None = None,
    compare: Path | None = None,
    trail: str | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Hold the bill against what was built, line by line.

    Every line is in one class, and the classes add up to the bill. Reads what the account's export has
    delivered, or the files that are named. Exits 3 where a charge is there that nothing documents.

    Parameters
    ----------
    pass_name
        The pass's name, or its file.
    file
        Files of a Cost and Usage Report (CUR 2.0, or the older CSV), of one delivery.
    period
        The billing period: `2026-11`; the newest when left out.
    compare
        The guest's own list of what they made.
    trail
        The log files: a folder, or `s3://BUCKET/PREFIX`; the trail that guestpass keeps when left out.
    """
    from guestpass.cli.account import hands_of
    from guestpass.cli.gathering import listed_in, looked_at, reconciled
    from guestpass.report.bill import bill_json, bill_page

    talk = Talk(output or Output())
    hands = hands_of(account or Account())
    hand_in = listed_in(compare) if compare else None
    seen = looked_at(hands, pass_name, trail, talk)
    told = reconciled(hands, seen, hand_in, tuple(file), period, talk)
    given = {"pass_name": seen.name, "account": hands.caller.account, "now": hands.now()}
    talk.show(bill_page(told, **given), bill_json(told, **given))  # type: ignore[arg-type]
    talk.next(f"guestpass report {pass_name}")
    return 3 if told.undocumented else 0

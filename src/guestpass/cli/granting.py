"""From a pass and an account to the plan that grants it; shared by `plan`, `grant` and `doctor`."""

from __future__ import annotations

from guestpass.account import Snapshot
from guestpass.aws import Hands, take_snapshot
from guestpass.cli.account import ledger_path
from guestpass.errors import StaleError
from guestpass.ledger import read_ledger, sealed
from guestpass.loan import Pass
from guestpass.loan.plan import grant
from guestpass.loan.step import Plan


def grant_plan(pass_: Pass, hands: Hands) -> tuple[Plan, Snapshot]:
    """Read the account now and plan the grant."""
    snapshot = take_snapshot(hands, regions=pass_.regions)
    known = sealed(read_ledger(ledger_path(pass_.account, pass_.name)))
    return grant(pass_, snapshot, sealed=known), snapshot


def unchanged(shown: Plan, now: Plan) -> Plan:
    """Return the plan made just now, if it is the one that was shown. Raises StaleError otherwise."""
    if shown.steps != now.steps:
        raise StaleError(
            "the account has changed since the plan was shown",
            hint=f"guestpass {'plan' if now.verb == 'grant' else now.verb} shows the plan anew",
        )
    return now

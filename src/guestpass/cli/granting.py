"""From a pass and an account to the plan that grants it; shared by `plan`, `grant` and `doctor`."""

from __future__ import annotations

from guestpass.account import Snapshot
from guestpass.aws import Hands, take_snapshot
from guestpass.cli.account import ledger_path
from guestpass.errors import StaleError
from guestpass.ledger import read_ledger, sealed
from guestpass.loan import Pass
from guestpass.loan.plan import grant
from guestpass.loan.step import Plan, Step


def grant_plan(pass_: Pass, hands: Hands) -> tuple[Plan, Snapshot]:
    """Read the account now and plan the grant."""
    snapshot = take_snapshot(hands, regions=pass_.regions)
    known = sealed(read_ledger(ledger_path(pass_.account, pass_.name)))
    return grant(pass_, snapshot, sealed=known), snapshot


def _meaning(step: Step) -> tuple[object, ...]:
    """What a step does; the body of a file it writes (the baseline) tells the minute and is left out."""
    told = {name: value for name, value in step.call.parameters.items() if name != "Body"}
    return step.id, step.call.service, step.call.operation, step.call.region, told, step.gains, step.loses


def unchanged(shown: Plan, now: Plan) -> Plan:
    """Return the plan made just now, if it is the one that was shown. Raises StaleError otherwise."""
    if [_meaning(step) for step in shown.steps] != [_meaning(step) for step in now.steps]:
        raise StaleError(
            "the account has changed since the plan was shown",
            hint=f"guestpass {'plan' if now.verb == 'grant' else now.verb} shows the plan anew",
        )
    return now

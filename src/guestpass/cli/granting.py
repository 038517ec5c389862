"""From a pass and an account to the plan that grants it; shared by `plan`, `grant` and `doctor`."""

from __future__ import annotations

from guestpass.account import Snapshot
from guestpass.aws import Hands, take_snapshot
from guestpass.cli.account import carried_out, ledger_path
from guestpass.cli.talk import Talk
from guestpass.errors import AccountError, StaleError
from guestpass.ledger import Ledger, read_ledger, sealed
from guestpass.loan import Pass
from guestpass.loan.plan import grant
from guestpass.loan.step import Plan, Step
from guestpass.report.page import EMPTY, line


def grant_plan(pass_: Pass, hands: Hands) -> tuple[Plan, Snapshot]:
    """Read the account now and plan the grant."""
    snapshot = take_snapshot(hands, regions=pass_.regions)
    known = sealed(read_ledger(ledger_path(pass_.account, pass_.name)))
    return grant(pass_, snapshot, sealed=known), snapshot


def _meaning(step: Step) -> tuple[object, ...]:
    """What a step does; the body of a file it writes (the baseline) and a command's comment tell the minute: left out."""
    told = {name: value for name, value in step.call.parameters.items() if name not in ("Body", "Comment")}
    return step.id, step.call.service, step.call.operation, step.call.region, told, step.gains, step.loses


def unchanged(shown: Plan, now: Plan) -> Plan:
    """Return the plan made just now, if it is the one that was shown. Raises StaleError otherwise."""
    if [_meaning(step) for step in shown.steps] != [_meaning(step) for step in now.steps]:
        raise StaleError(
            "the account has changed since the plan was shown",
            hint=f"guestpass {'plan' if now.verb == 'grant' else now.verb} shows the plan anew",
        )
    return now


MOST_ROUNDS = 8


def in_rounds(pass_: Pass, hands: Hands, ledger: Ledger, talk: Talk) -> None:
    """Plan and carry out until nothing is left: what is built has an id only once it is there.

    What was confirmed is the pass; no later round gives more than it says. Raises AccountError when it does not end.
    """
    for _ in range(MOST_ROUNDS):
        plan, _snapshot = grant_plan(pass_, hands)
        if not plan.steps:
            return
        talk.say(EMPTY, line(f"next round: {len(plan.steps)} calls"))
        carried_out(plan, hands, ledger, talk)
    raise AccountError(
        f"after {MOST_ROUNDS} rounds there is still something to do",
        call="grant",
        code="NotShown",
        hint=f"`guestpass plan {pass_.name}.yaml` shows what; then run `guestpass grant` again",
    )

"""A loan whose process dies before, in or after every step ends as if nothing had happened."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from guestpass.errors import AccountError
from guestpass.ledger import Ledger, read_ledger
from guestpass.loan.status import passes_of
from guestpass.loan.step import Call, Plan
from guestpass.local import Box
from journeys.harness import Crash, Loan, hands_of, iam_only, pass_for

pytestmark = pytest.mark.journey

READS = ("Get", "List", "Describe", "Head")
MOMENTS = (
    "before the call",
    "after the call",
    "before the outcome is written",
    "after the outcome is written",
)


class Dying:
    """Hands that die at one call; everything else is the owner's."""

    def __init__(self, hands: Any, at: int, moment: str) -> None:
        self._hands, self._at, self._moment, self._calls = hands, at, moment, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hands, name)

    def call(self, call: Call) -> Any:
        if call.operation.startswith(READS):
            return self._hands.call(call)
        self._calls += 1
        mine = self._calls == self._at
        if mine and self._moment == "before the call":
            raise Crash
        answer = self._hands.call(call)
        if mine and self._moment == "after the call":
            raise Crash
        return answer


class DyingLedger:
    """A ledger that dies around one outcome."""

    def __init__(self, ledger: Ledger, at: int, moment: str) -> None:
        self._ledger, self._at, self._moment, self._outcomes = ledger, at, moment, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def outcome(self, intent: int, **more: Any) -> int:
        self._outcomes += 1
        mine = self._outcomes == self._at
        if mine and self._moment == "before the outcome is written":
            raise Crash
        seq = self._ledger.outcome(intent, **more)
        if mine and self._moment == "after the outcome is written":
            raise Crash
        return seq


def crash_at(loan: Loan, plan: Plan, at: int, moment: str) -> None:
    with Ledger.open(loan.path) as ledger, pytest.raises(Crash):
        loan.carry(plan, hands=Dying(loan.hands, at, moment), ledger=DyingLedger(ledger, at, moment))


def crash_all(
    loan: Loan, verb: str, moments: tuple[str, ...] = MOMENTS, watch: Callable[[Loan], None] = lambda _: None
) -> int:
    """Die once at every step that is ever planned, planning again in between; returns how often it died."""
    died: set[str] = set()
    for _ in range(60):
        plan = loan.plan(verb)
        watch(loan)
        if not plan.steps:
            return len(died)
        at = next((n for n, step in enumerate(plan.steps, 1) if _kind(step.id) not in died), None)
        if at is None:
            loan.carry(plan)
            continue
        crash_at(loan, plan, at, moments[len(died) % len(moments)])
        died.add(_kind(plan.steps[at - 1].id))
    raise AssertionError(f"{verb} does not end: {[step.id for step in plan.steps]}")


def _kind(step: str) -> str:
    """The step's id without key ids: a key that is made again has another."""
    return re.sub("AKIA[A-Z0-9]+", "KEY", step)


@pytest.fixture
def make(box: Box, tmp_path) -> Callable[[str], Loan]:
    return lambda name: Loan(box, pass_for(box, name), tmp_path)


def works(loan: Loan) -> bool:
    """Whether what was sealed for the guest lets them in."""
    try:
        return hands_of(loan.box, loan.guest()).caller.arn.endswith(f"/{loan.pass_.name}-guest")
    except AccountError:
        return False


@pytest.fixture(scope="module")
def granted(shared_box: Box, tmp_path_factory) -> Any:
    """What a grant that nothing interrupts leaves in IAM."""
    loan = Loan(shared_box, pass_for(shared_box, "crash-a"), tmp_path_factory.mktemp("whole"))
    loan.do("guard")
    loan.do("grant")
    return iam_only(loan.snapshot(), "crash-a")


@pytest.mark.parametrize(
    ("name", "moments"), [("crash-b", MOMENTS[:1]), ("crash-h", MOMENTS[1:2]), ("crash-i", MOMENTS[2:])]
)
def test_a_grant_that_dies_at_every_step_ends_as_one_that_does_not(make, granted, name, moments):
    loan = make(name)
    loan.do("guard")
    assert crash_all(loan, "grant", moments=moments, watch=nobody_stands_without_a_wall) >= 14
    assert iam_only(loan.snapshot(), name) == granted
    assert works(loan)
    assert len(loan.snapshot().user(f"{name}-guest").children.access_keys) == 1
    assert read_ledger(loan.path)


def nobody_stands_without_a_wall(loan: Loan) -> None:
    name = loan.pass_.name
    guests = (loan.seen.user(f"{name}-guest"), loan.seen.role(f"{name}-instance"))
    assert all(guest.boundary is not None for guest in guests if guest is not None)


def test_a_revocation_that_dies_at_every_step_ends_as_one_that_does_not(make, box):
    whole, broken = make("crash-c"), make("crash-d")
    for loan in (whole, broken):
        loan.do("guard")
        loan.do("grant")
    whole.do("revoke")
    assert crash_all(broken, "revoke") >= 13
    assert iam_only(broken.snapshot(), "crash-d") == iam_only(whole.snapshot(), "crash-c")
    assert not works(broken)
    box.move_clock(seconds=37 * 3600)
    for loan in (whole, broken):
        loan.hands = hands_of(box)
    whole.do("revoke")
    assert crash_all(broken, "revoke") >= 5
    assert iam_only(broken.snapshot(), "crash-d") == iam_only(whole.snapshot(), "crash-c")
    standing = {each.name: each for each in passes_of(broken.snapshot(), broken.hands.now())}
    assert standing["crash-d"].state == "revoked"
    assert standing["crash-d"].left == ()


def test_a_freeze_that_dies_after_its_first_call_already_holds_the_guest(make):
    loan = make("crash-f")
    loan.do("guard")
    loan.do("grant")
    guest = hands_of(loan.box, loan.guest())
    crash_at(loan, loan.plan("freeze"), 1, "after the call")
    with pytest.raises(AccountError, match="explicit deny"):
        guest.call(Call(service="ec2", operation="DescribeInstances"))
    loan.do("freeze")
    assert loan.plan("freeze").steps == ()


def test_a_key_whose_secret_was_lost_is_deleted_and_made_again(make):
    loan = make("crash-g")
    loan.do("guard")
    plan = loan.plan("grant")
    crash_at(loan, plan, len(plan.steps), "after the call")
    assert loan.sealed == {}
    again = loan.plan("grant")
    assert [step.call.operation for step in again.steps] == ["DeleteAccessKey", "CreateAccessKey"]
    loan.carry(again)
    assert works(loan)

"""Steps are carried out one by one, each recorded before and after, and a failure says what stands."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from guestpass.account.snapshot import Caller
from guestpass.aws import Hands, carry_out
from guestpass.errors import AccountError, Bug, InputError
from guestpass.ledger import Ledger, sealed
from guestpass.loan.step import Call, Fails, Generated, Handover, Plan, Shows, Step

ACCOUNT = "123456789012"
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FakeHands:
    """Answers from a script; what is asked is kept in `asked`. Its clock moves a second a call."""

    def __init__(self, answers: Mapping[str, list[Any]]) -> None:
        self.caller = Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/owner", user_id="A")
        self.answers = {name: list(listed) for name, listed in answers.items()}
        self.asked: list[Call] = []

    def now(self) -> datetime:
        return AT + timedelta(seconds=len(self.asked))

    def call(self, call: Call) -> Mapping[str, Any]:
        self.asked.append(call)
        script = self.answers[call.operation]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, BaseException):
            raise answer
        return cast("Mapping[str, Any]", answer)


def refused(code: str) -> AccountError:
    return AccountError(f"AWS refused with `{code}`", call="iam:CreateUser", code=code, request_id="r-1")


def a_step(name: str = "grant/user", **more: Any) -> Step:
    read = Call(service="iam", operation="GetUser", parameters={"UserName": "ada"})
    return Step(
        **{
            "id": name,
            "call": Call(service="iam", operation="CreateUser", parameters={"UserName": "ada"}),
            "why": "because",
            "effect": Shows(call=read, path="User.UserName", value="ada"),
            **more,
        }
    )


def a_plan(*steps: Step, account: str = ACCOUNT) -> Plan:
    return Plan(verb="grant", pass_name="acme", account=account, steps=steps)


THERE = {"User": {"UserName": "ada"}}
MADE = {"ResponseMetadata": {"RequestId": "r-7"}}


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.jsonl") as opened:
        yield opened


def carry(plan: Plan, hands: FakeHands, ledger: Ledger, **more: Any) -> Any:
    more.setdefault("sleep", lambda _: None)
    return carry_out(plan, cast("Hands", hands), ledger, **more)


def test_a_step_is_written_down_before_its_call_and_after_its_effect(ledger):
    hands = FakeHands({"CreateUser": [MADE], "GetUser": [THERE]})
    seen_at_call: list[str] = []
    call = hands.call
    hands.call = lambda asked: (seen_at_call.append(ledger.entries()[-1].kind), call(asked))[1]  # type: ignore[method-assign]
    outcome = carry(a_plan(a_step()), hands, ledger)
    assert outcome.done == ("grant/user",)
    assert seen_at_call == ["intent", "intent"]
    assert [entry.kind for entry in ledger.entries()] == ["intent", "outcome"]
    assert ledger.entries()[1].data["request_id"] == "r-7"


def test_an_effect_is_waited_for_until_it_shows(ledger):
    hands = FakeHands({"CreateUser": [MADE], "GetUser": [refused("NoSuchEntity"), {}, THERE]})
    pauses: list[float] = []
    carry(a_plan(a_step()), hands, ledger, sleep=pauses.append)
    assert len(pauses) == 2
    assert pauses == sorted(pauses)


def test_an_effect_that_never_shows_ends_with_what_may_stand_and_how_to_go_on(ledger):
    hands = FakeHands({"CreateUser": [MADE], "GetUser": [{}]})
    pauses: list[float] = []
    with pytest.raises(AccountError, match="has not shown") as caught:
        carry(a_plan(a_step()), hands, ledger, sleep=pauses.append, patience=10)
    assert 10 <= sum(pauses) < 16
    assert caught.value.code == "NotShown"
    assert "may or may not" in (caught.value.stands or "")
    assert "run the same command again" in (caught.value.hint or "")
    assert ledger.entries()[-1].data["known"] is False


def test_a_code_that_means_it_is_there_already_counts_as_done(ledger):
    hands = FakeHands({"CreateUser": [refused("EntityAlreadyExists")], "GetUser": [THERE]})
    outcome = carry(a_plan(a_step(accepts=("EntityAlreadyExists",))), hands, ledger)
    assert outcome.already == ("grant/user",)
    assert outcome.done == ()


def test_a_deletion_has_taken_effect_when_the_thing_is_no_longer_found(ledger):
    read = Call(service="iam", operation="GetUser")
    step = a_step(effect=Fails(call=read, codes=("NoSuchEntity",)))
    hands = FakeHands({"CreateUser": [MADE], "GetUser": [THERE, refused("NoSuchEntity")]})
    assert carry(a_plan(step), hands, ledger).done == ("grant/user",)


def test_a_refusal_names_the_step_what_is_done_and_how_to_go_on(ledger):
    hands = FakeHands({"CreateUser": [MADE, refused("AccessDenied")], "GetUser": [THERE]})
    with pytest.raises(AccountError) as caught:
        carry(a_plan(a_step("grant/one"), a_step("grant/two")), hands, ledger)
    error = caught.value
    assert (error.step, error.code, error.request_id) == ("grant/two", "AccessDenied", "r-1")
    assert error.stands == "done: grant/one"
    assert "run the same command again" in (error.hint or "")
    assert [entry.kind for entry in ledger.entries()] == ["intent", "outcome", "intent", "refused"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(1)])
def test_an_interruption_leaves_an_intent_without_an_outcome(ledger, interruption):
    hands = FakeHands({"CreateUser": [interruption], "GetUser": [THERE]})
    with pytest.raises(type(interruption)):
        carry(a_plan(a_step()), hands, ledger)
    assert [entry.kind for entry in ledger.entries()] == ["intent"]
    ledger.verify()


def test_a_secret_goes_from_the_answer_into_the_seal_and_nowhere_else(ledger):
    answer = {"AccessKey": {"AccessKeyId": "AKIAFAKE", "SecretAccessKey": "fake-secret"}, **MADE}
    hands = FakeHands({"CreateUser": [answer], "GetUser": [THERE]})
    handover = Handover(
        fields={"id": "AccessKey.AccessKeyId", "secret": "AccessKey.SecretAccessKey"},
        public={"id": "AccessKey.AccessKeyId"},
    )
    kept: dict[str, str] = {}
    carry(a_plan(a_step(handover=handover)), hands, ledger, seal=kept.__setitem__)
    assert kept == {"id": "AKIAFAKE", "secret": "fake-secret"}
    assert b"fake-secret" not in ledger.path.read_bytes()
    assert sealed(ledger.entries()) == {"AKIAFAKE"}


def test_a_password_is_made_at_the_call_and_kept_out_of_the_ledger(ledger):
    call = Call(service="iam", operation="CreateUser", parameters={"Password": Generated(name="password")})
    hands = FakeHands({"CreateUser": [MADE], "GetUser": [THERE]})
    kept: dict[str, str] = {}
    carry(a_plan(a_step(call=call)), hands, ledger, seal=kept.__setitem__)
    sent = hands.asked[0].parameters["Password"]
    assert kept == {"password": sent}
    assert len(sent) == 24
    assert sent.encode() not in ledger.path.read_bytes()
    assert sealed(ledger.entries()) == {"password"}


def test_what_could_not_be_sealed_is_not_counted_as_handed_over(ledger):
    answer = {"AccessKey": {"AccessKeyId": "AKIAFAKE"}, **MADE}
    handover = Handover(fields={"id": "AccessKey.AccessKeyId"}, public={"id": "AccessKey.AccessKeyId"})

    def full(label: str, value: str) -> None:
        raise OSError("no space left on device")

    hands = FakeHands({"CreateUser": [answer], "GetUser": [THERE]})
    with pytest.raises(OSError, match="no space"):
        carry(a_plan(a_step(handover=handover)), hands, ledger, seal=full)
    assert sealed(ledger.entries()) == frozenset()


def test_a_plan_with_secrets_needs_a_seal(ledger):
    with pytest.raises(Bug):
        carry(a_plan(a_step(handover=Handover(fields={"id": "A"}))), FakeHands({}), ledger)
    assert ledger.entries() == ()


def test_a_plan_for_another_account_changes_nothing(ledger):
    hands = FakeHands({})
    with pytest.raises(InputError, match="for account 999999999999"):
        carry(a_plan(a_step(), account="999999999999"), hands, ledger)
    assert hands.asked == []

"""A snapshot is written to a file and read back whole, and two are compared by what they hold."""

from dataclasses import replace

import pytest

from guestpass.account import differences, digest, snapshot_from_json, snapshot_to_json
from guestpass.account.snapshot import AccessKey, IamUser, Resource, UserChildren
from guestpass.errors import InputError
from guestpass.loan.plan import grant
from loan.model import NOW, a_pass, an_account, carried_out


def full():
    return carried_out(grant(a_pass(), an_account()), an_account())


def test_a_snapshot_is_read_back_as_it_was_written():
    account = replace(full(), resources=(Resource(arn="a", type="rds:db", region="eu-west-1", created=NOW),))
    assert snapshot_from_json(snapshot_to_json(account)) == account
    assert digest(account) == digest(snapshot_from_json(snapshot_to_json(account)))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema":"guestpass.snapshot/1"}', "\x00", '{"schema":1}'])
def test_what_is_no_snapshot_is_named_with_its_file(text):
    with pytest.raises(InputError, match=r"`base\.json`") as caught:
        snapshot_from_json(text, file="base.json")
    assert caught.value.place is not None


def test_another_schema_is_said():
    text = snapshot_to_json(full()).replace("guestpass.snapshot/1", "guestpass.snapshot/9")
    with pytest.raises(InputError, match=r"guestpass\.snapshot/9"):
        snapshot_from_json(text)


def test_an_account_does_not_differ_from_itself():
    assert differences(full(), full()) == ()


def test_what_a_grant_brings_is_what_differs():
    found = {(each.change, each.kind) for each in differences(an_account(), full())}
    assert found == {
        ("added", kind) for kind in ("user", "group", "role", "policy", "instance profile", "key")
    }
    assert {each.change for each in differences(full(), an_account())} == {"removed"}


def test_a_renamed_user_is_a_change_and_a_user_made_again_is_new():
    bob = IamUser(name="bob", arn="arn:bob", id="AIDA1", path="/", created=NOW)
    before = an_account(users=(bob,))
    (renamed,) = differences(before, an_account(users=(replace(bob, name="bot", arn="arn:bot"),)))
    assert (renamed.change, renamed.fields) == ("changed", ("name", "arn"))
    again = differences(before, an_account(users=(replace(bob, id="AIDA2"),)))
    assert [each.change for each in again] == ["added", "removed"]


def test_a_key_that_was_switched_on_again_is_a_change():
    def bob(status):
        key = AccessKey(id="AKIA1", status=status, created=NOW)
        return IamUser(
            name="bob",
            arn="arn:bob",
            id="A",
            path="/",
            created=NOW,
            children=UserChildren(access_keys=(key,)),
        )

    found = differences(an_account(users=(bob("Inactive"),)), an_account(users=(bob("Active"),)))
    assert [(each.kind, each.fields) for each in found] == [("key", ("status",)), ("user", ("children",))]

"""Freeze and revoke, planned on hand-made and random accounts: the guest is held first, and nothing of theirs is left."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass.account.snapshot import AccessKey, IamGroup, IamPolicy, IamUser, Snapshot, UserChildren
from guestpass.errors import InputError
from guestpass.loan.names import FREEZE_POLICY, FROZEN_AT_TAG, Names
from guestpass.loan.plan import freeze, grant, revoke
from guestpass.loan.plan.freeze import DENY_ALL, everyone_of, is_denied
from guestpass.loan.status import passes_of
from loan.model import ACCOUNT, NOW, a_pass, an_account, applied, carried_out

NAMES = Names.of("acme-shop", ACCOUNT)
LATER = NOW + timedelta(hours=36)
ALLOW: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def granted(login: Any = "access-key", **more: Any) -> Snapshot:
    return carried_out(grant(a_pass(login), an_account(**more)), an_account(**more))


def done(verb: str, account: Snapshot, now: Any = NOW) -> Snapshot:
    plan = freeze("acme-shop", account, now) if verb == "freeze" else revoke("acme-shop", account, now)
    return carried_out(plan, account)


@pytest.mark.parametrize(("login", "operation"), [("access-key", "PutUserPolicy"), ("role", "PutRolePolicy")])
def test_a_freeze_begins_with_a_deny_of_everything_under_no_condition(login, operation):
    first = freeze("acme-shop", granted(login), NOW).steps[0]
    assert first.call.operation == operation
    assert first.call.parameters["PolicyName"] == FREEZE_POLICY
    assert DENY_ALL["Statement"] == [
        {"Sid": "GuestpassFreeze", "Effect": "Deny", "Action": "*", "Resource": "*"}
    ]


def test_all_denies_come_before_anything_else():
    account = granted()
    second = replace(account.users[0], name="helper", id="AIDAH", arn="arn:h", inline={}, groups=())
    plan = freeze("acme-shop", replace(account, users=(*account.users, second)), NOW)
    operations = [step.call.operation for step in plan.steps]
    assert operations == ["PutUserPolicy"] * 2 + ["TagUser"] * 2 + ["UpdateAccessKey"] * 2


def test_the_instance_role_is_not_frozen_because_the_site_lives_on():
    plan = freeze("acme-shop", granted(), NOW)
    assert all(NAMES.instance_role not in str(step.call.parameters) for step in plan.steps)
    assert any("instance role keeps its rights" in note for note in plan.notes)


def test_a_frozen_pass_needs_no_freezing_and_its_time_stays():
    account = done("freeze", granted())
    assert freeze("acme-shop", account, LATER).steps == ()
    assert account.users[0].tags[FROZEN_AT_TAG] == "2026-11-23T12:00:00Z"


def test_a_freeze_that_was_weakened_is_put_back():
    account = done("freeze", granted())
    user = account.users[0]
    weak = {FREEZE_POLICY: {**DENY_ALL, "Statement": [{**DENY_ALL["Statement"][0], "Action": "ec2:*"}]}}
    weakened = replace(account, users=(replace(user, inline=weak),))
    assert [step.call.operation for step in freeze("acme-shop", weakened, NOW).steps] == ["PutUserPolicy"]


@pytest.mark.parametrize("verb", [freeze, revoke])
def test_an_unknown_pass_is_named(verb):
    with pytest.raises(InputError, match="`nobody`") as caught:
        verb("nobody", granted(), NOW)
    assert "guestpass status" in (caught.value.hint or "")


def test_revoking_what_was_not_frozen_freezes_it_first():
    plan = revoke("acme-shop", granted(), NOW)
    assert [step.call.operation for step in plan.steps[:3]] == ["PutUserPolicy", "TagUser", "UpdateAccessKey"]


def test_a_user_waits_for_its_longest_session_and_then_goes():
    account = done("revoke", granted())
    user = account.user(NAMES.user)
    assert user is not None
    assert is_denied(user)
    assert user.children == UserChildren()
    assert revoke("acme-shop", account, LATER - timedelta(seconds=1)).steps == ()
    assert any("2026-11-25T00:00:00Z" in note for note in revoke("acme-shop", account, NOW).notes)
    assert [step.call.operation for step in revoke("acme-shop", account, LATER).steps][:2] == [
        "DeleteUserPolicy",
        "DeleteUser",
    ]


def test_a_login_role_waits_as_long_as_its_own_longest_session():
    account = done("revoke", done("freeze", granted("role")))
    assert revoke("acme-shop", account, NOW + timedelta(hours=4, seconds=-1)).steps == ()
    operations = [
        step.call.operation for step in revoke("acme-shop", account, NOW + timedelta(hours=4)).steps
    ]
    assert operations[:2] == ["DeleteRolePolicy", "DeleteRole"]


def test_the_instance_role_is_handed_over_with_its_wall():
    account = done("revoke", done("revoke", granted()), LATER)
    role = account.role(NAMES.instance_role)
    assert role is not None
    assert role.tags == {"guestpass-handed-over": "acme-shop"}
    assert role.boundary == NAMES.instance_wall_arn
    assert role.attached == (NAMES.instance_job_arn,)
    assert [policy.name for policy in account.policies] == [NAMES.instance_wall, NAMES.instance_job]
    assert revoke("acme-shop", account, LATER).steps == ()


def test_a_fast_snapshot_is_too_little_to_revoke_on():
    with pytest.raises(InputError, match="not known whole"):
        revoke("acme-shop", replace(granted(), gaps={"policies": "not read"}), NOW)


def test_what_stands_in_the_way_of_deleting_a_user_is_taken_off_it_in_aws_words():
    children = UserChildren(
        access_keys=(AccessKey(id="AKIA1", status="Active", created=NOW),),
        login_profile=True,
        mfa_devices=(f"arn:aws:iam::{ACCOUNT}:mfa/acme-shop-guest", "GAHT12345678"),
        ssh_keys=("APKA1",),
        service_credentials=("ACCA1",),
        signing_certificates=("CERT1",),
    )
    account = granted()
    user = replace(account.users[0], children=children, inline={"mine": ALLOW})
    plan = revoke("acme-shop", replace(account, users=(user,)), NOW)
    operations = [step.call.operation for step in plan.steps]
    for operation in (
        "DeleteLoginProfile",
        "DeleteAccessKey",
        "DeleteSSHPublicKey",
        "DeleteServiceSpecificCredential",
        "DeleteSigningCertificate",
        "DeleteUserPolicy",
    ):
        assert operations.count(operation) == 1
    assert operations.count("DeactivateMFADevice") == 2
    assert operations.count("DeleteVirtualMFADevice") == 1


# ---- whatever the guest has left

ids = st.from_regex("[A-Z0-9]{8}", fullmatch=True)
keys = st.builds(AccessKey, id=ids, status=st.sampled_from(["Active", "Inactive"]), created=st.just(NOW))
children = st.builds(
    UserChildren,
    access_keys=st.lists(keys, max_size=2, unique_by=lambda key: key.id).map(tuple),
    login_profile=st.booleans(),
    mfa_devices=st.lists(ids.map("arn:aws:iam::1:mfa/{}".format) | ids, max_size=2, unique=True).map(tuple),
    ssh_keys=st.lists(ids, max_size=2, unique=True).map(tuple),
    service_credentials=st.lists(ids, max_size=2, unique=True).map(tuple),
    signing_certificates=st.lists(ids, max_size=2, unique=True).map(tuple),
)
inline = st.dictionaries(st.sampled_from(["a", "b"]), st.just(ALLOW))
attached = st.lists(st.just("arn:aws:iam::aws:policy/PowerUserAccess"), max_size=1).map(tuple)


@st.composite
def messes(draw: st.DrawFn) -> Snapshot:
    """An account after a grant in which the guest, or a careless owner, has left things on and around the pass."""
    account = granted(draw(st.sampled_from(["access-key", "console", "role"])))
    users = [
        replace(user, children=draw(children), inline=draw(inline), attached=draw(attached))
        for user in account.users
    ]
    owner = IamUser(
        name="owner",
        arn=f"arn:aws:iam::{ACCOUNT}:user/owner",
        id="AIDAOWNER",
        path="/",
        created=NOW,
        children=draw(children),
        inline=draw(inline),
        groups=("admins", *draw(st.sampled_from([(), (NAMES.group,)]))) if account.groups else ("admins",),
    )
    for number in range(draw(st.integers(0, 2))):
        tagged = draw(st.booleans())
        users.append(
            IamUser(
                name=f"extra-{number}",
                arn=f"arn:extra-{number}",
                id=f"AIDAEXTRA{number}",
                path="/" if tagged else NAMES.path,
                tags={"guestpass": "acme-shop"} if tagged else {},
                created=NOW,
                children=draw(children),
                inline=draw(inline),
                attached=draw(attached),
            )
        )
    groups = [replace(group, inline=draw(inline)) for group in account.groups]
    admins = IamGroup(
        name="admins", arn="arn:admins", id="AGPAADMINS", path="/", created=NOW, inline={"a": ALLOW}
    )
    stray = IamPolicy(
        name="stray",
        arn=NAMES.policy_arn("stray"),
        id="ANPASTRAY",
        path=NAMES.path,
        created=NOW,
        default_version="v2",
        versions={"v1": ALLOW, "v2": ALLOW},
    )
    policies = (*account.policies, *draw(st.sampled_from([(), (stray,)])))
    if stray in policies and draw(st.booleans()):
        admins = replace(admins, attached=(stray.arn,))
    return replace(account, users=(*users, owner), groups=(*groups, admins), policies=policies)


def allows_of(account: Snapshot) -> Iterator[str]:
    """What still allows anything to the pass's guests."""
    for guest in everyone_of(NAMES, account):
        yield from (f"{guest.name}: {name}" for name in guest.inline if name != FREEZE_POLICY)
        yield from (f"{guest.name}: {arn}" for arn in guest.attached)
        yield from (f"{guest.name}: {group}" for group in getattr(guest, "groups", ()))


@settings(max_examples=60, deadline=None)
@given(account=messes(), frozen_first=st.booleans())
def test_whatever_was_left_revoking_leaves_no_allow_and_then_nothing_and_touches_nobody_else(
    account, frozen_first
):
    before = account
    if frozen_first:
        account = done("freeze", account)
        assert freeze("acme-shop", account, NOW).steps == ()
    account = done("revoke", account)
    assert revoke("acme-shop", account, NOW).steps == ()
    assert list(allows_of(account)) == []
    assert all(is_denied(guest) for guest in everyone_of(NAMES, account))
    account = done("revoke", account, LATER)
    assert revoke("acme-shop", account, LATER).steps == ()
    assert everyone_of(NAMES, account) == ()
    assert {policy.name for policy in account.policies} == {NAMES.instance_job, NAMES.instance_wall}
    owner, owner_before = account.user("owner"), before.user("owner")
    assert owner is not None
    assert owner_before is not None
    assert replace(owner, groups=()) == replace(owner_before, groups=())
    assert owner.groups == ("admins",)
    assert [group.name for group in account.groups] == ["admins"]


@settings(max_examples=60, deadline=None)
@given(account=messes(), data=st.data())
def test_a_revocation_interrupted_anywhere_never_undoes_the_deny_and_ends_alike(account, data):
    whole = done("revoke", done("revoke", account), LATER)
    for now in (NOW, LATER):
        while steps := revoke("acme-shop", account, now).steps:
            for step in steps[: data.draw(st.integers(1, len(steps)))]:
                held = {guest.id for guest in everyone_of(NAMES, account) if is_denied(guest)}
                account = applied(step.call, account)
                if now == NOW:
                    loose = [g.id for g in everyone_of(NAMES, account) if g.id in held and not is_denied(g)]
                    assert loose == []
                elif loose_now := [g for g in everyone_of(NAMES, account) if not is_denied(g)]:
                    # the Deny goes only from an identity that has nothing else left
                    assert all(not g.attached and not g.inline for g in loose_now)
    assert account == whole


# ---- status, from the account alone


def state(account: Snapshot, now: Any = NOW) -> str:
    (standing,) = passes_of(account, now)
    return standing.state


@pytest.mark.parametrize("login", ["access-key", "console", "role"])
def test_a_pass_stands_in_the_account_alone_through_its_whole_life(login):
    account = granted(login)
    assert state(account) == "granted"
    assert state(account, a_pass().until) == "expired"
    account = done("freeze", account)
    assert state(account) == "frozen"
    account = done("revoke", account)
    (standing,) = passes_of(account, NOW)
    assert standing.state == "revoked"
    assert standing.waits_until == NOW + timedelta(hours=4 if login == "role" else 36)
    account = done("revoke", account, LATER)
    (standing,) = passes_of(account, LATER)
    assert (standing.state, standing.waits_until, standing.left) == ("revoked", None, ())
    assert NAMES.instance_role in standing.handed_over


def test_an_account_without_guests_has_no_passes():
    assert passes_of(an_account(), NOW) == ()


def test_a_grant_that_only_began_is_drafted():
    steps = grant(a_pass(), an_account()).steps
    assert state(applied(steps[0].call, an_account())) == "drafted"


def test_the_end_is_read_from_the_tag_and_else_from_the_wall():
    account = granted()
    (tagged,) = passes_of(account, NOW)
    bare = replace(account, users=tuple(replace(user, tags={}) for user in account.users))
    (walled,) = passes_of(bare, NOW)
    assert tagged.until == walled.until == a_pass().until


def test_a_freeze_that_only_began_is_said():
    account = granted()
    second = replace(account.users[0], name="helper", id="AIDAH", arn="arn:h", inline={}, groups=())
    both = replace(account, users=(*account.users, second))
    half = applied(freeze("acme-shop", both, NOW).steps[0].call, both)
    (standing,) = passes_of(half, NOW)
    assert standing.state == "granted"
    assert "not whole" in standing.says

"""Tightening, planned on hand-made records: within what was there before, enough to take down, and given back whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass.access import Allowed, Context, Layers, Policy, Request, User, evaluate, read_policy
from guestpass.access.policy import size_of
from guestpass.account.snapshot import Caller, IamGroup, IamPolicy, IamRole, IamUser, Snapshot
from guestpass.errors import InputError, Place
from guestpass.findings import Finding
from guestpass.inventory import Inventory, Item, Strange
from guestpass.loan import Names, Pass
from guestpass.loan.agreement import Login
from guestpass.loan.job import guest_needs
from guestpass.loan.plan import Evidence, grant, restore, revoke, tighten
from guestpass.loan.plan.papers import papers_of
from guestpass.loan.status import passes_of
from guestpass.loan.step import Plan
from guestpass.loan.tightened import BEFORE_TAG, TIGHTENED_TAG, tightened_at
from guestpass.loan.wall import wall_document
from guestpass.trail import Actor, Event, NotMapped, Reading, Usage, Used
from loan import model
from loan.model import applied, carried_out
from loan.story import NOW, OWNER, REGION, TEAR_DOWN, a_pass, as_session, ec2, guest_layers, requests_of

LOGINS: tuple[Login, ...] = ("access-key", "console", "role")
BEGAN = NOW - timedelta(days=3)
LATER = NOW + timedelta(minutes=30)
NAMES = Names.of("acme-shop", OWNER)
TRAIL = replace(model.TRAIL, arn=NAMES.trail_arn(REGION))


def account_of(pass_: Pass) -> Snapshot:
    """An account in which the pass was granted three days ago."""
    names, papers = Names.of_pass(pass_), papers_of(pass_)
    jobs = tuple(names.policy_arn(name) for name, _ in papers.job)
    told = {
        "arn": names.user_arn,
        "id": "AIDAGUEST",
        "path": names.path,
        "created": BEGAN,
        "tags": {"guestpass": pass_.name},
    }
    by_role = pass_.guest.login == "role"
    user = IamUser(name=names.user, boundary=names.wall_arn, groups=(names.group,), **told)  # type: ignore[arg-type]
    role = IamRole(name=names.login_role, trust={}, attached=jobs, boundary=names.wall_arn, **told)  # type: ignore[arg-type]
    group = IamGroup(
        name=names.group, arn=names.group_arn, id="AGPA", path=names.path, created=BEGAN, attached=jobs
    )
    return Snapshot(
        taken_at=NOW,
        caller=Caller(account=OWNER, arn=f"arn:aws:iam::{OWNER}:user/owner", user_id="AIDAOWNER"),
        regions=(REGION,),
        users=() if by_role else (user,),
        groups=() if by_role else (group,),
        roles=(role,) if by_role else (),
        policies=tuple(
            IamPolicy(
                name=name,
                arn=names.policy_arn(name),
                id=name,
                path=names.path,
                created=BEGAN,
                default_version="v1",
                versions={"v1": document},
                tags={"guestpass": pass_.name},
                attachments=1,
            )
            for name, _, document in papers.policies(names)
        ),
        trails=(TRAIL,),
    )


def row(action: str, resource: str = "*", **more: Any) -> Used:
    told = {"region": REGION, "first": BEGAN, "last": NOW, "count": 1, "events": ("event-1",)}
    return Used(**{"by": NAMES.user_arn, "action": action, "resource": resource, **told, **more})


def thing(type_: str, name: str, **more: Any) -> Item:
    service, kind = type_.split(":")
    arn = ec2(kind, name) if service == "ec2" else f"arn:aws:{service}:{REGION}:{OWNER}:{kind}:{name}"
    return Item(**{"arn": arn, "type": type_, "id": name, "region": REGION, "still": "there", **more})


READING = Reading(events=(), files=4, source="the trail", since=BEGAN - timedelta(hours=1), until=NOW)
LAUNCHED = (
    *(row("ec2:RunInstances", ec2(kind, "*")) for kind in ("instance", "network-interface", "volume")),
    row("ec2:RunInstances", ec2("image", "ami-0aaaaaaa")),
    row("ec2:RunInstances", ec2("security-group", "sg-0aaaaaaa")),
    row("ec2:RunInstances", ec2("subnet", "subnet-0a1b2c3d")),
    row("ec2:DescribeInstances"),
)
SERVER = (
    thing("ec2:instance", "i-0aaaaaaa"),
    thing("ec2:volume", "vol-0aaaaaaa", parent=ec2("instance", "i-0aaaaaaa")),
)


def evidence(
    rows: Iterable[Used] = LAUNCHED,
    things: Sequence[Item] = SERVER,
    *,
    reading: Reading = READING,
    not_mapped: tuple[NotMapped, ...] = (),
    strange: tuple[Strange, ...] = (),
) -> Evidence:
    return Evidence(
        reading=reading,
        usage=Usage(rows=tuple(rows), identities=(NAMES.user_arn,), not_mapped=not_mapped),
        inventory=Inventory(
            account=OWNER, pass_name="acme-shop", items=tuple(things), strange=strange, at=NOW
        ),
    )


def tightened(
    told: Evidence | None = None, *, login: Login = "access-key", keep: Sequence[str] = ()
) -> Snapshot:
    pass_ = a_pass(login)
    return carried_out(planned(told, login=login, keep=keep), account_of(pass_))


def planned(told: Evidence | None = None, *, login: Login = "access-key", keep: Sequence[str] = ()) -> Plan:
    pass_ = a_pass(login)
    found = tighten(pass_, account_of(pass_), evidence=told or evidence(), now=NOW, keep=keep)
    assert found.gaps == ()
    assert found.plan is not None
    return found.plan


def job(snapshot: Snapshot) -> tuple[Policy, ...]:
    """What the guest's group or role carries of the job."""
    carried = {arn for holder in (*snapshot.groups, *snapshot.roles) for arn in holder.attached}
    return tuple(
        read_policy(policy.document, kind="identity", name=policy.name)
        for policy in snapshot.policies
        if policy.arn in carried and policy.name.startswith("acme-shop-job")
    )


def actions(snapshot: Snapshot) -> set[str]:
    return {
        action for policy in job(snapshot) for each in policy.statements for action in each.actions.values
    }


# ---- what stays and what goes


def test_what_was_not_used_goes_and_what_was_used_stays():
    left = actions(tightened())
    assert "ec2:RunInstances" in left
    assert not left & {"ec2:StopInstances", "rds:CreateDBInstance", "ec2:CreateKeyPair", "ec2:DescribeVpcs"}


def test_what_stands_can_be_taken_down_though_nobody_has_deleted_anything_yet():
    left = actions(tightened(evidence(things=(*SERVER, thing("rds:db", "acme-shop-live")))))
    assert {"ec2:TerminateInstances", "rds:DeleteDBInstance", "rds:DescribeDBInstances"} <= left


def test_whoever_may_still_make_a_thing_may_delete_it_though_none_stands():
    left = actions(tightened(evidence((*LAUNCHED, row("ec2:CreateVolume", ec2("volume", "*"))), things=())))
    assert {"ec2:DeleteVolume", "ec2:TerminateInstances"} <= left


def test_the_role_and_the_tags_that_a_launch_asks_for_stay_with_it():
    left = tightened()
    assert {"iam:PassRole", "ec2:CreateTags"} <= actions(left)
    (tags,) = [
        each for policy in job(left) for each in policy.statements if "ec2:CreateTags" in each.actions.values
    ]
    assert tags.resources is not None
    assert set(tags.resources.values) == {
        ec2(kind, "*") for kind in ("instance", "network-interface", "volume")
    }


def test_what_is_to_be_kept_is_kept_by_name_or_by_pattern():
    left = actions(tightened(keep=("ec2:StopInstances", "rds:*DBSnapshot*")))
    assert {"ec2:StopInstances", "rds:CreateDBSnapshot", "rds:DescribeDBSnapshots"} <= left
    assert "ec2:StartInstances" not in left


def test_something_to_keep_that_the_guest_does_not_have_is_refused_with_what_was_meant():
    with pytest.raises(InputError, match="nothing to keep") as refused:
        planned(keep=("ec2:StopInstance",))
    assert refused.value.hint == "did you mean `ec2:StopInstances`?"


def test_the_own_login_to_the_console_is_never_taken_away():
    rows = tuple(replace(each, by=NAMES.user_arn) for each in LAUNCHED)
    assert {"iam:ChangePassword", "iam:EnableMFADevice"} <= actions(
        tightened(evidence(rows), login="console")
    )


def test_a_role_that_the_guest_assumes_is_tightened_as_a_user_is():
    rows = tuple(replace(each, by=NAMES.login_role_arn) for each in LAUNCHED)
    assert "ec2:StopInstances" not in actions(tightened(evidence(rows), login="role"))


def test_what_no_trail_shows_stays_and_says_so():
    pass_ = replace(a_pass(), job=replace(a_pass().job, options=_uploads()))
    found = tighten(pass_, account_of(pass_), evidence=evidence(), now=NOW)
    kept = {need.action: need for need in found.stays}
    assert "data event" in kept["s3:PutObject"].why
    assert kept["s3:PutObject"].purpose.startswith("Unseen")
    assert "s3:CreateBucket" not in kept


def _uploads() -> Any:
    from guestpass.loan.agreement import Taken

    return (Taken(option="uploads"),)


def test_each_thing_that_goes_is_said_in_words_on_the_step_that_takes_it():
    said = [loss for step in planned().steps for loss in step.loses]
    assert any("`ec2:StopInstances`" in loss and "stop, start and look into" in loss for loss in said)
    launch = "`ec2:RunInstances` on `key-pair/acme-shop-*`, `subnet/subnet-0a1b2c3e`, `image/*`"
    assert f"{launch}, but for `image/ami-0aaaaaaa`" in said


def test_everything_that_stays_says_why_and_where_that_comes_from():
    pass_ = a_pass()
    found = tighten(pass_, account_of(pass_), evidence=evidence(), now=NOW)
    assert all(need.why for need in found.stays)
    assert {need.source for need in found.stays if need.kind == "observed"} == {"event-1"}
    assert {need.action for need in found.stays}.isdisjoint(
        lost.action for lost in found.goes if not lost.left
    )


def test_every_statement_names_why_it_is_there():
    sids = [each.sid or "" for policy in job(tightened()) for each in policy.statements]
    assert all(
        sid.startswith(("Used", "Needed", "TearDown", "Unseen", "Kept", "Own", "See")) for sid in sids
    ), sids


# ---- never wider


UNIVERSE = tuple(
    dict.fromkeys((need.action, arn) for need in guest_needs(a_pass("console")) for arn in need.resources)
)
CONTEXTS: tuple[Mapping[str, str], ...] = (
    {"iam:PassedToService": "ec2.amazonaws.com"},
    {"iam:PassedToService": "lambda.amazonaws.com"},
)


def allowed(policies: Sequence[Policy], action: str, resource: str, context: Mapping[str, str]) -> bool:
    user = User(arn=NAMES.user_arn, account=OWNER)
    request = Request(
        principal=user, action=action, resource=resource, context=Context.of(context), resource_account=OWNER
    )
    return isinstance(evaluate(request, Layers(identity=tuple(policies)), trace=False), Allowed)


@st.composite
def uses(draw: st.DrawFn) -> tuple[Used, ...]:
    """Some of all that a guest can do, on things of the guest's, of others', or of which the record says nothing."""
    chosen = draw(st.lists(st.sampled_from(UNIVERSE), min_size=1, max_size=12))
    rows = []
    for action, pattern in chosen:
        name = draw(st.sampled_from(["x", "acme-shop-y", "*"]))
        resource = draw(
            st.sampled_from([pattern.replace("*", name), "*", ec2("instance", "i-9", account="999999999999")])
        )
        count, refused = draw(st.sampled_from([(1, 0), (2, 1), (2, 2)]))
        rows.append(row(action, resource, count=count, refused=refused))
    return (row("ec2:DescribeVpcs"), *rows)


THINGS = (
    thing("ec2:instance", "i-0aaaaaaa"), thing("ec2:volume", "vol-0aaaaaaa"), thing("ec2:snapshot", "snap-0aaaaaaa"),
    thing("ec2:elastic-ip", "eipalloc-0aaaaaaa"), thing("ec2:security-group", "sg-0aaaaaaa"),
    thing("ec2:key-pair", "acme-shop-key"), thing("rds:db", "acme-shop-live"), thing("rds:subgrp", "acme-shop-live"),
    thing("rds:snapshot", "acme-shop-first"),
)  # fmt: skip


@settings(max_examples=40)
@given(
    rows=uses(),
    things=st.lists(st.sampled_from(THINGS), max_size=4, unique_by=lambda item: item.arn),
    login=st.sampled_from(["access-key", "console"]),
)
def test_whatever_was_used_the_guest_can_do_nothing_afterwards_that_was_not_possible_before(
    rows, things, login
):
    pass_ = a_pass(login)
    before = account_of(pass_)
    found = tighten(pass_, before, evidence=evidence(rows, things), now=NOW)
    assert found.plan is not None, found.gaps
    old, new = job(before), job(carried_out(found.plan, before))
    for action, pattern in UNIVERSE:
        for resource in {pattern, pattern.replace("*", "x"), pattern.replace("*", "acme-shop-y"), "*"}:
            for context in CONTEXTS:
                if allowed(new, action, resource, context):
                    assert allowed(old, action, resource, context), (action, resource)


@settings(max_examples=30)
@given(rows=uses())
def test_what_was_used_and_allowed_by_the_pass_is_still_allowed(rows):
    pass_ = a_pass()
    before = account_of(pass_)
    found = tighten(pass_, before, evidence=evidence(rows), now=NOW)
    assert found.plan is not None
    old, new = job(before), job(carried_out(found.plan, before))
    for each in rows:
        if each.count > each.refused and allowed(old, each.action, each.resource, CONTEXTS[0]):
            assert allowed(new, each.action, each.resource, CONTEXTS[0]), each


TEARS_DOWN: Mapping[str, tuple[str, ...]] = {
    "ec2:instance": ("terminate",),
    "ec2:volume": ("detach the disk", "delete the disk"),
    "ec2:snapshot": ("delete the disk's backup",),
    "ec2:elastic-ip": ("take the address back", "give the address up"),
    "ec2:security-group": ("close a port", "delete the group"),
    "ec2:key-pair": ("delete the key pair",),
    "rds:db": ("delete the database",),
    "rds:subgrp": ("delete the subnet group",),
    "rds:snapshot": ("delete the backup",),
}


@settings(max_examples=25)
@given(
    things=st.lists(st.sampled_from(THINGS), min_size=1, unique_by=lambda item: item.arn),
    login=st.sampled_from(["access-key", "role"]),
)
def test_everything_that_stands_can_be_taken_down_within_the_wall(things, login):
    pass_ = a_pass(login)
    who = NAMES.login_role_arn if login == "role" else NAMES.user_arn
    told = evidence((row("ec2:DescribeVpcs", by=who),), things)
    after = carried_out(planned(told, login=login), account_of(pass_))
    layers = guest_layers(job(after), read_policy(wall_document(pass_), kind="boundary", name="wall"))
    wanted = {says for item in things for says in TEARS_DOWN[item.type]}
    calls = [call for call in TEAR_DOWN if call.says in wanted]
    assert len(calls) == len(wanted)
    for call in calls:
        for request in requests_of(call, NAMES):
            asked = as_session(request, NAMES) if login == "role" else request
            assert isinstance(evaluate(asked, layers), Allowed), (call.says, request.action, request.resource)


def test_the_new_policies_fit_when_everything_was_used():
    rows = [row(action, arn.replace("*", "acme-shop-x")) for action, arn in UNIVERSE]
    for login in ("access-key", "console"):
        after = tightened(evidence(rows, THINGS), login=login)
        assert all(size_of(policy.document) <= 6144 for policy in after.policies)


# ---- again, after a crash, and back


@pytest.mark.parametrize("login", LOGINS)
def test_tightening_again_right_after_has_nothing_to_do(login):
    who = NAMES.login_role_arn if login == "role" else NAMES.user_arn
    told = evidence(tuple(replace(each, by=who) for each in LAUNCHED))
    after = tightened(told, login=login)
    again = tighten(a_pass(login), after, evidence=told, now=LATER)
    assert again.plan is not None
    assert again.plan.steps == ()


def test_a_tightening_that_stops_after_any_step_ends_where_one_that_does_not_ends():
    plan, account = planned(), account_of(a_pass())
    whole = carried_out(plan, account)
    for step in plan.steps:
        account = applied(step.call, account)
        rest = tighten(a_pass(), account, evidence=evidence(), now=NOW).plan
        assert rest is not None
        assert carried_out(rest, account) == whole


def test_a_policy_of_which_nothing_stays_is_carried_by_nobody_and_kept_to_be_given_back():
    told = evidence((row("ec2:DescribeVpcs"),), things=())
    after = tightened(told)
    assert after.groups[0].attached == (NAMES.policy_arn("acme-shop-job"),)
    assert after.policy("acme-shop-job-2") is not None
    assert (
        carried_out(restore(a_pass(), after), after).groups[0].attached
        == account_of(a_pass()).groups[0].attached
    )


@pytest.mark.parametrize("login", LOGINS)
def test_granting_again_does_not_give_back_what_was_tightened(login):
    who = NAMES.login_role_arn if login == "role" else NAMES.user_arn
    told = evidence((row("ec2:DescribeVpcs", by=who),), things=())
    after = tightened(told, login=login)
    plan = grant(a_pass(login), after)
    ours = [step.id for step in plan.steps if "job" in step.id and "instance" not in step.id]
    assert ours == []
    assert any("was tightened at 2026-12-01T12:00:00Z and stays so" in note for note in plan.notes)


def test_what_is_given_back_is_word_for_word_what_was_there_and_grant_looks_after_it_again():
    first = account_of(a_pass())
    plan = restore(a_pass(), tightened())
    assert any("`ec2:StopInstances`" in gain for step in plan.steps for gain in step.gains)
    back = carried_out(plan, tightened())
    assert {p.name: p.document for p in back.policies} == {p.name: p.document for p in first.policies}
    assert {p.name: p.tags for p in back.policies} == {p.name: p.tags for p in first.policies}
    with pytest.raises(InputError, match="not tightened"):
        restore(a_pass(), back)


def test_two_tightenings_are_given_back_one_after_the_other():
    once = tightened(keep=("ec2:StopInstances",))
    second = tighten(a_pass(), once, evidence=evidence(), now=LATER)
    assert second.plan is not None
    twice = carried_out(second.plan, once)
    assert "ec2:StopInstances" not in actions(twice)
    back = carried_out(restore(a_pass(), twice), twice)
    assert actions(back) == actions(once)
    assert tightened_at(NAMES, back) == NOW
    assert actions(carried_out(restore(a_pass(), back), back)) == actions(account_of(a_pass()))


def test_the_sixth_version_takes_the_place_of_one_that_no_restore_needs():
    account = account_of(a_pass())
    policy = account.policy("acme-shop-job")
    assert policy is not None
    versions = {f"v{number}": policy.document for number in range(1, 6)}
    full = replace(policy, versions=versions, default_version="v5")
    account = replace(account, policies=tuple(full if p.name == full.name else p for p in account.policies))
    plan = tighten(a_pass(), account, evidence=evidence(), now=NOW).plan
    assert plan is not None
    deleted = [
        step.call.parameters["VersionId"]
        for step in plan.steps
        if step.call.operation == "DeletePolicyVersion"
    ]
    assert deleted == ["v1"]
    after = carried_out(plan, account).policy("acme-shop-job")
    assert after is not None
    assert after.tags[BEFORE_TAG] == "v5"


def test_however_often_it_is_tightened_the_first_version_is_there_to_be_given_back():
    account = account_of(a_pass())
    words = "StopInstances StartInstances RebootInstances GetConsoleOutput DescribeVpcs DescribeImages"
    keeps = tuple(f"ec2:{word}" for word in words.split())
    for number in range(len(keeps), -1, -1):
        plan = tighten(a_pass(), account, evidence=evidence(), now=NOW, keep=keeps[:number]).plan
        assert plan is not None
        account = carried_out(plan, account)
    policy = account.policy("acme-shop-job")
    assert policy is not None
    assert len(policy.versions) == 5
    for _ in range(8):
        if tightened_at(NAMES, account) is None:
            break
        account = carried_out(restore(a_pass(), account), account)
    assert actions(account) == actions(account_of(a_pass()))


def test_status_says_when_a_pass_was_tightened_and_a_revocation_takes_the_policies_away_as_ever():
    after = tightened()
    (standing,) = passes_of(after, NOW)
    assert standing.tightened_at == NOW
    gone = revoke("acme-shop", after, NOW + timedelta(days=3))
    assert any(step.call.operation == "DetachGroupPolicy" for step in gone.steps)


def test_the_tag_comes_before_the_version_so_that_no_crash_leaves_a_narrow_policy_unmarked():
    operations = [step.call.operation for step in planned().steps]
    assert operations[0] == "TagPolicy"
    first = applied(planned().steps[0].call, account_of(a_pass()))
    assert first.policies[2].tags[TIGHTENED_TAG] == "2026-12-01T12:00:00Z"


def test_every_step_that_takes_something_has_the_call_that_gives_it_back():
    account = account_of(a_pass())
    for step in planned().steps:
        assert step.inverse is not None
        before = account
        account = applied(step.call, account)
        undone = applied(step.inverse, account)
        assert [(p.default_version, p.tags) for p in undone.policies] == [
            (p.default_version, p.tags) for p in before.policies
        ]


# ---- when the record does not carry it


def gaps(told: Evidence, account: Snapshot | None = None, now: Any = NOW) -> list[str]:
    found = tighten(a_pass(), account or account_of(a_pass()), evidence=told, now=now)
    assert (found.plan is None) == bool(found.gaps)
    return [gap.code for gap in found.gaps]


def test_a_file_that_could_not_be_read_stops_it():
    bad = Finding(
        code="TRL001", severity="error", says="cut off", because="b", fix="f", place=Place(file="x.json.gz")
    )
    assert gaps(evidence(reading=replace(READING, findings=(bad,)))) == ["TIG001"]


def test_no_files_at_all_are_not_taken_for_no_use():
    assert gaps(evidence((), reading=Reading(events=(), files=0, source="nowhere"))) == ["TIG002", "TIG008"]


def test_a_record_that_begins_after_the_grant_stops_it():
    assert gaps(evidence(reading=replace(READING, since=BEGAN + timedelta(minutes=1)))) == ["TIG003"]


def test_a_record_that_holds_the_making_of_the_guest_reaches_back_far_enough():
    made = event("CreateUser", source="iam.amazonaws.com", parameters={"userName": "acme-shop-guest"})
    reading = replace(READING, since=BEGAN + timedelta(minutes=9), events=(made,))
    assert gaps(evidence(reading=reading)) == []
    other = replace(made, parameters={"userName": "other-shop-guest"})
    assert gaps(evidence(reading=replace(reading, events=(other,)))) == ["TIG003"]


def test_a_guest_who_was_there_before_the_pass_is_covered_from_the_adoption_on_and_known_by_the_earlier_name():
    account = account_of(a_pass())
    earlier = f"arn:aws:iam::{OWNER}:user/jo"
    user = replace(
        account.users[0],
        created=BEGAN - timedelta(days=900),
        tags={**account.users[0].tags, "guestpass-adopted": earlier},
    )
    account = replace(account, users=(user,))
    rows = tuple(replace(each, by=earlier) for each in LAUNCHED)
    assert gaps(evidence(rows), account) == []
    odd = NotMapped(
        by=earlier, source="new.amazonaws.com", name="DoNew", region=REGION, count=2, first=BEGAN, last=NOW,
        why="no such operation is known", event="event-9",
    )  # fmt: skip
    assert gaps(evidence(rows, not_mapped=(odd,)), account) == []
    late = replace(READING, since=BEGAN + timedelta(minutes=1))
    assert gaps(evidence(rows, reading=late), account) == ["TIG003"]


def test_a_record_whose_newest_file_is_old_stops_it():
    assert gaps(evidence(), now=NOW + timedelta(minutes=59)) == []
    assert gaps(evidence(), now=NOW + timedelta(minutes=61)) == ["TIG004"]


def test_a_trail_that_is_not_logging_stops_it():
    account = account_of(a_pass())
    assert gaps(evidence(), replace(account, trails=(replace(TRAIL, logging=False),))) == ["TIG005"]


@pytest.mark.parametrize("call", ["StopLogging", "StartLogging", "PutEventSelectors"])
def test_a_trail_that_was_stopped_for_a_while_stops_it(call):
    stop = event(call, source="cloudtrail.amazonaws.com")
    assert gaps(evidence(reading=replace(READING, events=(stop,)))) == ["TIG006"]
    before = replace(stop, time=BEGAN - timedelta(minutes=1))
    failed = replace(stop, error_code="AccessDenied")
    assert gaps(evidence(reading=replace(READING, events=(before, failed)))) == []


def test_an_event_of_the_guests_that_no_action_is_known_for_stops_it_and_one_of_anothers_does_not():
    mine = NotMapped(
        by=NAMES.user_arn, source="new.amazonaws.com", name="DoNew", region=REGION, count=2, first=BEGAN, last=NOW,
        why="no such operation is known", event="event-9",
    )  # fmt: skip
    assert gaps(evidence(not_mapped=(mine,))) == ["TIG007"]
    assert gaps(evidence(not_mapped=(replace(mine, by=NAMES.instance_role_arn),))) == []


def test_a_guest_that_did_nothing_is_not_tightened_to_nothing():
    assert gaps(evidence(())) == ["TIG008"]
    assert gaps(evidence((row("ec2:DescribeVpcs", count=2, refused=2),))) == ["TIG008"]


def test_a_thing_of_which_nobody_knows_how_it_is_deleted_stops_it():
    assert gaps(evidence(things=(thing("lightsail:instance", "x"),))) == ["TIG009"]
    assert gaps(evidence(things=(thing("lightsail:instance", "x", still="gone"),))) == []
    assert gaps(evidence(things=(thing("lightsail:instance", "x", still="not known"),))) == ["TIG009"]


def test_a_call_that_made_something_unknown_stops_it():
    strange = Strange(
        event="event-7", call="ec2:CreateFleet", by=NAMES.user_arn, at=NOW, why="the answer was cut"
    )
    assert gaps(evidence(strange=(strange,))) == ["TIG010"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*", "Conditions": {}},
    ],
)
def test_a_job_policy_that_somebody_else_has_written_is_not_taken_apart(statement):
    account = account_of(a_pass())
    policy = account.policies[2]
    document = json.loads(json.dumps(policy.document))
    document["Statement"].append(statement)
    other = replace(policy, versions={"v1": document})
    account = replace(
        account, policies=tuple(other if p.name == policy.name else p for p in account.policies)
    )
    assert gaps(evidence(), account) == ["TIG011"]


def test_what_somebody_has_added_stays_where_it_was_used_and_goes_where_it_was_not():
    account = account_of(a_pass())
    policy = account.policies[3]
    document = json.loads(json.dumps(policy.document))
    document["Statement"].append(
        {"Effect": "Allow", "Action": ["ec2:CopySnapshot", "ec2:DescribeTags"], "Resource": "*"}
    )
    other = replace(policy, versions={"v1": document})
    account = replace(
        account, policies=tuple(other if p.name == policy.name else p for p in account.policies)
    )
    found = tighten(a_pass(), account, evidence=evidence((*LAUNCHED, row("ec2:DescribeTags"))), now=NOW)
    assert found.plan is not None
    left = actions(carried_out(found.plan, account))
    assert "ec2:DescribeTags" in left
    assert "ec2:CopySnapshot" not in left


def test_what_else_the_guest_carries_is_said():
    account = account_of(a_pass())
    wide = "arn:aws:iam::aws:policy/PowerUserAccess"
    account = replace(account, users=(replace(account.users[0], attached=(wide,)),))
    found = tighten(a_pass(), account, evidence=evidence(), now=NOW)
    assert found.plan is not None
    assert any(wide in note for note in found.plan.notes)


def test_what_was_used_and_is_no_longer_in_the_policies_is_not_given_back():
    after = tightened()
    found = tighten(
        a_pass(),
        after,
        evidence=evidence((*LAUNCHED, row("ec2:StopInstances", ec2("instance", "i-1")))),
        now=NOW,
    )
    assert found.plan is not None
    assert found.plan.steps == ()
    assert any("`ec2:StopInstances`" in note for note in found.plan.notes)


def test_a_pass_that_is_not_granted_or_is_frozen_is_refused():
    account = account_of(a_pass())
    with pytest.raises(InputError, match="not granted"):
        tighten(a_pass(), replace(account, policies=()), evidence=evidence(), now=NOW)
    from guestpass.loan.plan import freeze

    frozen = carried_out(freeze("acme-shop", account, NOW), account)
    with pytest.raises(InputError, match="frozen"):
        tighten(a_pass(), frozen, evidence=evidence(), now=NOW)


def event(name: str, *, source: str, parameters: Mapping[str, Any] | None = None) -> Event:
    return Event(
        id="event-5", time=NOW, source=source, name=name, region=REGION, actor=Actor(type="IAMUser"),
        parameters=parameters or {},
    )  # fmt: skip

"""The plan for a guest who only logs in to an instance: in rounds, the key last, the master password never in reach of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from guestpass.access import (
    Allowed,
    Context,
    Decision,
    Denied,
    Layers,
    Request,
    RoleSession,
    evaluate,
    read_policy,
)
from guestpass.account.site import Database, Group, Machine, Site
from guestpass.account.snapshot import Snapshot
from guestpass.errors import InputError
from guestpass.host import HostSetup, read_user_data, user_data
from guestpass.loan import Pass
from guestpass.loan.agreement import Guest, Network
from guestpass.loan.explain import access_in_words, watched
from guestpass.loan.names import ENDED_TAG, FROZEN_AT_TAG, LENT_TAG, LOGIN_TAG, REGION_TAG, TAG_KEY
from guestpass.loan.plan import freeze, grant, revoke
from guestpass.loan.plan.build import lent_mark
from guestpass.loan.reading import parse_pass
from guestpass.loan.status import passes_of
from guestpass.loan.step import Plan, Step
from guestpass.loan.wall import instance_wall_document
from guestpass.loan.writing import pass_text
from loan.model import ACCOUNT, NOW, REGION, a_pass, an_account, applied

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJuRsA9vVzgdCNOWu2GC2mcoB6Jj8ApMxEUsBnHbEQCg ada@laptop"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKfNeReu/rEBwMYNLsrt1/5lgskDYKefoN8nTcUDKAZ2"
TAGS = {TAG_KEY: "acme-shop", LOGIN_TAG: "instance-only"}
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-1"


def only(source: str | None = "203.0.113.7/32", **more: Any) -> Pass:
    return a_pass(
        **{
            "guest": Guest(name="Ada", login="instance-only", key=KEY, source=source),
            "network": Network(vpc="vpc-0a1b2c3d", subnets=("subnet-0a1b2c3d", "subnet-1a2b3c4d")),
            **more,
        }
    )


def group(name: str, number: str, *open_: str) -> Group:
    return Group(id=f"sg-{number}", name=name, region=REGION, vpc="vpc-0a1b2c3d", tags=TAGS, open=open_)


def machine(**more: Any) -> Machine:
    told = {
        "id": "i-0a1b2c3d",
        "region": REGION,
        "state": "running",
        "online": True,
        "tags": TAGS,
        "groups": ("sg-1",),
    }
    return Machine(**{**told, **more})


DATABASE = Database(
    name="acme-shop-db", arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:db:acme-shop-db", region=REGION, status="available",
    address="acme-shop-db.example.internal", port=3306, secret=SECRET, tags=TAGS,
)  # fmt: skip
GROUPS = (
    group("acme-shop-site", "1", "80 0.0.0.0/0", "443 0.0.0.0/0"),
    group("acme-shop-database", "2", "3306 sg-1"),
)
IMAGES = {f"{REGION} x86_64": "ami-1", f"{REGION} arm64": "ami-2"}
EMPTY = Site(images=IMAGES)
BUILT = Site(
    images=IMAGES, groups=GROUPS, subnet_groups=(f"{REGION} acme-shop-db",), machines=(machine(),),
    databases=(DATABASE,),
)  # fmt: skip


def standing(site: Site) -> Snapshot:
    """A guarded account in which IAM's part of the pass stands, with this site."""
    snapshot = replace(an_account(), site=EMPTY)
    for each in grant(only(), snapshot).steps:
        if each.call.service == "iam":
            snapshot = applied(each.call, snapshot)
    return replace(snapshot, site=site)


def lent(**tags: str) -> Site:
    whole = replace(GROUPS[0], open=(*GROUPS[0].open, "22 203.0.113.7/32"))
    held = machine(tags={**TAGS, LENT_TAG: lent_mark(only()), **tags})
    return replace(BUILT, machines=(held,), groups=(whole, GROUPS[1]))


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def step(plan: Plan, name: str) -> Step:
    return next(each for each in plan.steps if each.id == name)


def test_the_first_round_makes_what_has_a_name_and_no_user_of_iams():
    plan = grant(only(), replace(an_account(), site=EMPTY))
    calls = [call.operation for call in (each.call for each in plan.steps)]
    assert ids(plan)[-3:] == ["grant/group/site", "grant/group/database", "grant/database/subnets"]
    assert not {"CreateUser", "CreateGroup", "CreateAccessKey", "CreateLoginProfile"} & set(calls)
    made = {
        each.call.parameters["PolicyName"] for each in plan.steps if each.call.operation == "CreatePolicy"
    }
    assert made == {"acme-shop-instance-wall", "acme-shop-instance-job"}
    assert any("in rounds" in note for note in plan.notes)


def test_the_instance_role_says_where_the_instance_stands_because_a_name_must_be_enough_to_freeze():
    plan = grant(only(), replace(an_account(), site=EMPTY))
    tags = {tag["Key"]: tag["Value"] for tag in step(plan, "grant/instance-role").call.parameters["Tags"]}
    assert tags[LOGIN_TAG] == "instance-only"
    assert tags[REGION_TAG] == REGION


def test_the_second_round_builds_with_no_key_pair_no_password_of_ours_and_tokens_required():
    site = Site(images=IMAGES, groups=tuple(replace(each, open=()) for each in GROUPS),
                subnet_groups=(f"{REGION} acme-shop-db",))  # fmt: skip
    plan = grant(only(), standing(site))
    assert ids(plan) == ["grant/group/site/80", "grant/group/site/443", "grant/group/database/port",
                         "grant/database", "grant/instance"]  # fmt: skip
    launch = step(plan, "grant/instance").call.parameters
    assert "KeyName" not in launch
    assert launch["MetadataOptions"]["HttpTokens"] == "required"
    assert read_user_data(launch["UserData"]) == HostSetup(pass_name="acme-shop")
    assert launch["ImageId"] == "ami-1"
    database = step(plan, "grant/database").call.parameters
    assert database["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in database
    assert database["PubliclyAccessible"] is False


@pytest.mark.parametrize(("size", "image"), [("t4g.small", "ami-2"), ("m7gd.large", "ami-2"), ("g5.xlarge", "ami-1"),
                                             ("t3.small", "ami-1"), ("a1.medium", "ami-2")])  # fmt: skip
def test_the_image_is_of_the_instance_types_architecture(size: str, image: str):
    wanted = only(job=replace(only().job, instance_types=(size,)))
    site = replace(BUILT, machines=())
    assert step(grant(wanted, standing(site)), "grant/instance").call.parameters["ImageId"] == image


def test_without_an_image_nothing_is_launched_and_the_hint_asks_aws():
    with pytest.raises(InputError, match="no image of Amazon Linux"):
        grant(only(), standing(replace(BUILT, machines=(), images={})))


def test_the_key_comes_after_the_master_password_is_out_of_reach_and_ssh_opens_last():
    plan = grant(only(), standing(BUILT))
    assert ids(plan) == ["grant/master/on", "grant/host/lend", "grant/master/off", "grant/host/admit",
                         "grant/host/time", "grant/ssh"]  # fmt: skip
    on = json.loads(step(plan, "grant/master/on").call.parameters["PolicyDocument"])["Statement"]
    assert [each["Resource"] for each in on] == [SECRET]


def test_no_command_carries_a_secret_and_the_key_goes_without_its_comment():
    plan = grant(only(), standing(BUILT))
    told = [
        step(plan, f"grant/host/{verb}").call.parameters["Parameters"]["commands"][1]
        for verb in ("lend", "admit")
    ]
    assert told[0] == (
        f"/usr/local/sbin/guestpass-host lend --database acme-shop-db.example.internal:3306 --secret '{SECRET}' "
        f"--region {REGION}"
    )
    assert "ada@laptop" not in told[1]
    assert "--until 2026-11-30T12:00:00Z" in told[1]


def test_a_built_and_lent_site_needs_nothing_more():
    assert ids(grant(only(), standing(lent()))) == []


def test_another_key_or_another_end_is_let_in_anew_and_the_database_stays():
    other = only(guest=replace(only().guest, key=OTHER))
    assert ids(grant(other, standing(lent()))) == ["grant/host/admit", "grant/host/time"]


def test_another_address_closes_the_old_one_first():
    moved = only(source="198.51.100.0/24")
    assert ids(grant(moved, standing(lent()))) == ["grant/ssh/203.0.113.7/32", "grant/ssh"]


def test_a_policy_that_a_crash_left_behind_is_taken_off():
    snapshot = standing(lent())
    roles = tuple(
        replace(role, inline={**role.inline, "guestpass-lend": {}})
        if role.name == "acme-shop-instance"
        else role
        for role in snapshot.roles
    )
    assert ids(grant(only(), replace(snapshot, roles=roles))) == ["grant/master/off"]


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        ({"machines": (machine(online=False),)}, "grant/instance/wait"),
        ({"machines": (machine(state="stopped", online=False),)}, "grant/instance/start"),
        ({"databases": (replace(DATABASE, status="creating", address=None),)}, "grant/database/wait"),
        ({"databases": (replace(DATABASE, status="stopped"),)}, "grant/database/start"),
    ],
)
def test_what_is_not_ready_yet_is_waited_for_and_never_called_granted(change: dict[str, Any], waits: str):
    assert ids(grant(only(), standing(replace(BUILT, **change)))) == [waits]


def test_without_an_address_ssh_is_opened_for_nobody_and_the_whole_internet_is_said_aloud():
    plan = grant(only(source=None), standing(BUILT))
    assert "grant/ssh" not in ids(plan)
    assert any("opened for nobody" in note for note in plan.notes)
    assert any("whole internet" in note for note in grant(only(source="0.0.0.0/0"), standing(BUILT)).notes)


def test_freezing_closes_ssh_first_and_then_ends_what_is_open_on_the_host():
    plan = freeze("acme-shop", standing(lent()), NOW)
    assert ids(plan) == ["freeze/ssh/203.0.113.7/32", "freeze/host", "freeze/host/time"]
    assert step(plan, "freeze/host").effect.lost is not None


def test_a_host_that_does_not_answer_is_said_loudly_and_asked_all_the_same():
    silent = replace(lent(), machines=(replace(lent().machines[0], online=False),))
    plan = freeze("acme-shop", standing(silent), NOW)
    assert "freeze/host" in ids(plan)
    assert any("THE GUEST MAY STILL BE INSIDE" in note and "stop-instances" in note for note in plan.notes)


def test_a_stopped_instance_is_not_asked_and_its_key_is_named():
    stopped = replace(lent(), machines=(replace(lent().machines[0], state="stopped", online=False),))
    plan = freeze("acme-shop", standing(stopped), NOW)
    assert ids(plan) == ["freeze/ssh/203.0.113.7/32"]
    assert any("still on its disk" in note for note in plan.notes)


def test_a_frozen_pass_is_frozen_once_and_not_granted_again():
    held = replace(lent(**{FROZEN_AT_TAG: "2026-11-23T12:00:00Z"}), groups=GROUPS)
    assert ids(freeze("acme-shop", standing(held), NOW)) == []
    with pytest.raises(InputError, match="is frozen"):
        grant(only(), standing(held))


def test_revoking_takes_the_account_and_the_rule_and_hands_the_site_over():
    plan = revoke("acme-shop", standing(lent()), NOW)
    assert ids(plan)[:3] == ["revoke/ssh/203.0.113.7/32", "revoke/host", "revoke/host/time"]
    assert any(each.startswith("revoke/hand-over/role") for each in ids(plan))
    over = replace(lent(**{FROZEN_AT_TAG: "x", ENDED_TAG: "x"}), groups=GROUPS)
    assert not [
        each for each in ids(revoke("acme-shop", standing(over), NOW)) if each.startswith("revoke/host")
    ]


@pytest.mark.parametrize(
    ("site", "state", "word"),
    [
        (BUILT, "drafted", "being built"),
        (lent(), "granted", "holds nothing of AWS"),
        (lent(**{FROZEN_AT_TAG: "2026-11-23T12:00:00Z"}), "frozen", "opens nothing"),
    ],
)
def test_the_account_alone_tells_how_such_a_pass_stands(site: Site, state: str, word: str):
    (told,) = passes_of(standing(site), NOW)
    assert (told.state, word in told.says) == (state, True)
    assert told.until == only().until


def test_a_frozen_host_that_is_silent_is_never_called_sure():
    held = lent(**{FROZEN_AT_TAG: "2026-11-23T12:00:00Z"})
    (told,) = passes_of(standing(replace(held, machines=(replace(held.machines[0], online=False),))), NOW)
    assert "NOT ANSWERING" in told.says


def test_the_instance_wall_leaves_room_for_the_master_password_and_for_no_other_secret():
    assert isinstance(read_by_the_instance(SECRET, only()), Allowed)
    assert isinstance(read_by_the_instance(SECRET, a_pass()), Denied)
    another = SECRET.replace("rds!db-1", "payroll-AbCdEf")
    refused = read_by_the_instance(another, only())
    assert isinstance(refused, Denied)
    assert [statement.label for statement in refused.by] == ["DenyOtherThings"], (
        "its own policy cannot grant it"
    )


def read_by_the_instance(secret: str, pass_: Pass) -> Decision:
    """What the wall says when the instance reads a secret, with a policy beside it that allows everything."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    arn = f"arn:aws:iam::{ACCOUNT}:role/guestpass/{pass_.name}/{pass_.name}-instance"
    return evaluate(
        Request(
            principal=RoleSession(
                arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{pass_.name}-instance/i-1",
                role_arn=arn,
                account=ACCOUNT,
            ),
            action="secretsmanager:GetSecretValue",
            resource=secret,
            context=Context.of({"aws:RequestedRegion": REGION, "aws:ViaAWSService": "false"}),
        ),
        Layers(
            identity=(read_policy(everything, kind="identity", name="everything"),),
            boundary=(read_policy(instance_wall_document(pass_), kind="boundary", name="wall"),),
        ),
    )


def test_the_words_say_that_nothing_of_aws_is_given():
    assert any("nothing of AWS" in each for each in access_in_words(only()))
    assert any("by the instance's role" in each for each in watched(only()))


def test_user_data_is_read_back_only_when_it_is_ours_to_the_last_byte():
    told = user_data(HostSetup(pass_name="acme-shop"))
    assert read_user_data(told) == HostSetup(pass_name="acme-shop")
    assert read_user_data(told.replace("systemctl", "systemctI", 1)) is None
    assert read_user_data("#!/bin/sh\nid") is None
    assert read_user_data("") is None


@pytest.mark.parametrize("name", ["a", "Acme", "acme shop", "acme;id", "a" * 25, "-acme"])
def test_a_name_that_a_shell_or_a_database_could_misread_makes_no_user_data(name: str):
    with pytest.raises(ValueError, match="not a name"):
        HostSetup(pass_name=name)


TEXT = pass_text(only())


def test_a_written_pass_is_read_back_equal():
    assert parse_pass(TEXT) == only()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (f"  key: {KEY}", "  key: age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v", "an age key opens"),
        ("203.0.113.7/32", "203.0.113.7/24", "is `203.0.113.0/24` meant?"),
        ("203.0.113.7/32", "everywhere", "is not a network"),
        ("instance-only", "access-key", "has no use for an address"),
        ("[subnet-0a1b2c3d, subnet-1a2b3c4d]", "[subnet-0a1b2c3d]", "subnets in two zones"),
        ("[amazon]", '["444455556666"]', "leaves it out"),
    ],
)  # fmt: skip
def test_what_the_login_needs_is_said_where_it_is_missing(old: str, new: str, says: str):
    assert old in TEXT
    with pytest.raises(InputError) as wrong:
        parse_pass(TEXT.replace(old, new))
    assert says in wrong.value.says
    assert wrong.value.place is not None

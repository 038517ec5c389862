"""The owner's own question: is Power User good for a developer?"""

from __future__ import annotations

import dataclasses
import time
from functools import cache
from typing import Any

import pytest

from guestpass.access import Allowed, Denied, evaluate, read_policy
from guestpass.access.policy import arn_matches
from guestpass.catalog import ManagedPolicy, managed_policy
from guestpass.errors import InputError
from guestpass.loan.agreement import Also, Pass
from guestpass.loan.compare import (
    BEYOND,
    Comparison,
    Held,
    Lack,
    Overstep,
    by_openness,
    compare,
    held_by_pass,
)
from guestpass.loan.compare.arns import concrete, in_region, meeting
from guestpass.loan.compare.asking import Asking
from guestpass.loan.job import job_policies
from guestpass.loan.wall import wall_document
from loan.story import OWNER, REGION, a_pass
from loan.test_options import TAKEN, taking

AN_INSTANCE = f"arn:aws:ec2:{REGION}:{OWNER}:instance/"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@cache
def held(name: str) -> Comparison:
    template = managed_policy(name)
    assert isinstance(template, ManagedPolicy)
    return compare(a_pass(), name, template.document)


def a_template(*statements: dict[str, Any], pass_: Pass | None = None) -> Comparison:
    return compare(pass_ or a_pass(), "ours", {"Version": "2012-10-17", "Statement": list(statements)})


def without(action: str, **narrower: Any) -> list[dict[str, Any]]:
    """Allow everything but one action, and that one as it is said."""
    others = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    return [others, {"Effect": "Allow", "Action": action, "Resource": "*", **narrower}]


def lack(told: Comparison, action: str) -> Lack:
    return next(each for each in told.lacks if each.action == action)


def step(told: Comparison | Held, kind: str) -> Overstep:
    steps = told.steps if isinstance(told, Held) else told.held.steps
    return next(each for each in steps if each.kind == kind)


# ---- by action


def test_power_user_lacks_pass_role_and_gives_twenty_thousand_actions_too_many() -> None:
    told = held("PowerUserAccess")
    assert [each.action for each in told.lacks] == ["iam:PassRole"]
    assert not told.enough
    assert told.good is False
    assert told.beyond > 20_000
    assert told.given == told.beyond + len(told.needed) - len(told.lacks)
    worst = {power.action for power in told.worst}
    assert {"cloudtrail:StopLogging", "kms:CreateGrant", "lambda:UpdateFunctionCode"} <= worst
    assert "iam:CreateUser" not in worst
    assert [power.rank for power in told.worst] == sorted(power.rank for power in told.worst)


def test_administrator_lacks_nothing_and_gives_everything() -> None:
    told = held("AdministratorAccess")
    assert told.enough
    assert told.good is False
    assert told.given == told.known
    assert "iam:CreateAccessKey" in {power.action for power in told.worst}


def test_a_template_for_ec2_alone_lacks_the_database() -> None:
    told = held("AmazonEC2FullAccess")
    assert {"rds:CreateDBInstance", "iam:PassRole"} <= {each.action for each in told.lacks}
    assert not any(each.action.startswith("ec2:") for each in told.lacks)


def test_the_levels_split_the_count() -> None:
    told = held("PowerUserAccess")
    assert sum(told.by_level.values()) == told.beyond


def test_a_statement_that_is_not_understood_neither_gives_nor_lacks() -> None:
    told = a_template({**EVERYTHING, "Action": "ec2:*", "Condition": {"Moon": {"a": "b"}}})
    assert "ec2:RunInstances" in told.unclear
    assert lack(told, "ec2:RunInstances").how == "unclear"
    assert "POL011" in lack(told, "ec2:RunInstances").because
    assert not told.enough


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(InputError):
        compare(a_pass(), "nothing", "[]")


# ---- what the job needs, as it would ask


def test_each_lack_says_what_stands_in_the_way() -> None:
    assert lack(held("PowerUserAccess"), "iam:PassRole").because == "no Allow of `PowerUserAccess` names it"
    denied = a_template(
        EVERYTHING, {**EVERYTHING, "Sid": "No", "Effect": "Deny", "Action": "ec2:RunInstances"}
    )
    assert lack(denied, "ec2:RunInstances").because == "No of `ours` denies it"
    assert [each.how for each in denied.lacks] == ["lacks"]
    elsewhere = a_template(
        *without("ec2:StopInstances", Resource=f"arn:aws:ec2:us-east-1:{OWNER}:instance/*")
    )
    assert lack(elsewhere, "ec2:StopInstances").because.endswith(f"parts ways at `{REGION}`")


def test_an_action_on_other_resources_than_the_jobs_is_lacking() -> None:
    others = a_template(*without("rds:StopDBInstance", Resource=f"arn:aws:rds:{REGION}:{OWNER}:db:prod-*"))
    told = lack(others, "rds:StopDBInstance")
    assert told.how == "lacks"
    assert told.on[0].startswith(f"arn:aws:rds:{REGION}:{OWNER}:db:acme-shop-")


def test_a_part_of_the_jobs_resources_is_a_part() -> None:
    db = f"arn:aws:rds:{REGION}:{OWNER}:db:"
    cases = {
        "by its name": without("rds:StartDBInstance", Resource=f"{db}acme-shop-live-*"),
        "but for a name": [
            EVERYTHING,
            {
                "Effect": "Deny",
                "Action": "rds:StartDBInstance",
                "Resource": f"{db}acme-shop-staging",
            },
        ],
        "but what is not so called": [
            EVERYTHING,
            {"Effect": "Deny", "Action": "rds:StartDBInstance", "NotResource": f"{db}acme-shop-staging"},
        ],
    }
    for says, statements in cases.items():
        told = a_template(*statements)
        assert [(each.action, each.how) for each in told.lacks] == [("rds:StartDBInstance", "part")], says


def test_one_of_two_agreed_sizes_is_a_part() -> None:
    pass_ = a_pass()
    assert len(pass_.job.instance_types) == 2
    sized = {"StringEquals": {"ec2:InstanceType": pass_.job.instance_types[0]}}
    statements = [
        *without("ec2:RunInstances", NotResource=f"{AN_INSTANCE}*"),
        {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": f"{AN_INSTANCE}*", "Condition": sized},
    ]
    del statements[1]["Resource"]
    told = a_template(*statements)
    assert [(each.action, each.how) for each in told.lacks] == [("ec2:RunInstances", "part")]
    sized["StringEquals"]["ec2:InstanceType"] = list(pass_.job.instance_types)  # type: ignore[assignment]
    assert a_template(*statements).enough


def test_one_of_two_agreed_regions_is_a_part() -> None:
    pass_ = a_pass(regions=("eu-west-1", "eu-central-1"))
    only = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    told = a_template(*without("ec2:StopInstances", Condition=only), pass_=pass_)
    assert [(each.action, each.how) for each in told.lacks] == [("ec2:StopInstances", "part")]
    assert "eu-central-1" in told.lacks[0].on[0]


def test_a_role_is_passed_to_the_service_of_the_job_alone() -> None:
    for service, enough in (("ec2.amazonaws.com", True), ("lambda.amazonaws.com", False)):
        passed = {"StringEquals": {"iam:PassedToService": service}}
        assert a_template(*without("iam:PassRole", Condition=passed)).enough is enough, service


def test_the_passs_tags_count_and_those_that_the_job_does_not_set_are_lacking() -> None:
    def made(tag: str, value: str) -> Comparison:
        return a_template(
            *without("ec2:AllocateAddress", Condition={"StringEquals": {f"aws:RequestTag/{tag}": value}})
        )

    assert made("guestpass", "acme-shop").enough
    assert lack(made("team", "web"), "ec2:AllocateAddress").because.endswith("request has none, wants `web`")
    assert not made("guestpass", "other-shop").enough
    own = {"StringEquals": {"aws:ResourceTag/guestpass": "acme-shop"}}
    assert a_template(*without("ec2:TerminateInstances", Condition=own)).enough


def test_what_nobody_told_leaves_it_unclear_and_exits_neither_way() -> None:
    office = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    told = a_template(*without("ec2:StopInstances", Condition=office))
    assert lack(told, "ec2:StopInstances").how == "unclear"
    assert "aws:SourceIp" in lack(told, "ec2:StopInstances").because
    wall = wall_document(a_pass())
    statements = [
        {**each, "Condition": {**each.get("Condition", {}), **office}} if each["Effect"] == "Allow" else each
        for each in wall["Statement"]
    ]
    assert a_template(*statements).good is None


def test_keys_of_the_policies_of_the_resource_are_left_to_iam() -> None:
    """A key's policy that names the account lets IAM's policies decide: then the template is what counts."""
    key = f"arn:aws:kms:{REGION}:{OWNER}:key/11111111-2222-3333-4444-555555555555"
    agreed = Also(actions=("kms:Decrypt",), on=(key,), why="read what the site wrote")
    pass_ = a_pass()
    pass_ = dataclasses.replace(pass_, job=dataclasses.replace(pass_.job, also=(agreed,)))
    assert a_template(EVERYTHING, pass_=pass_).enough
    told = a_template(*without("kms:Decrypt", Resource=key[:-1] + "6"), pass_=pass_)
    assert [(each.action, each.on) for each in told.lacks] == [("kms:Decrypt", (key,))]


# ---- how far the job's own actions reach


def test_power_user_reaches_the_owners_own_things_everywhere_for_ever() -> None:
    told = held("PowerUserAccess")
    others = step(told, "others")
    assert {"ec2:TerminateInstances", "rds:DeleteDBInstance", "ec2:CreateTags"} <= others.given.keys()
    assert others.given["rds:DeleteDBInstance"] == f"arn:aws:rds:{REGION}:{OWNER}:db:owner-production"
    assert "iam:PassRole" not in others.given
    assert "iam:PassRole" in others.tried
    assert set(step(told, "sizes").given) == {"ec2:RunInstances", "rds:CreateDBInstance"}
    for kind in ("untagged", "elsewhere"):
        assert set(step(told, kind).given) == set(step(told, kind).tried) != set()
    assert set(step(told, "after").tried) - set(step(told, "after").given) == {"iam:PassRole"}


def test_the_pass_itself_reaches_no_step_beyond_what_was_agreed() -> None:
    for login in ("access-key", "console", "role"):
        told = held_by_pass(a_pass(login))
        assert {each.kind for each in told.steps} == set(BEYOND)
        assert [(each.kind, each.given) for each in told.steps if each.given] == [], login
        assert not [each.kind for each in told.steps if each.unclear], login
        assert sum(len(each.tried) for each in told.steps) > 100


def test_each_deny_and_condition_of_the_wall_is_what_holds_its_step() -> None:
    """Without the region's Deny the pass reaches elsewhere, without the end's it goes on, and so forth."""
    wall = wall_document(a_pass())["Statement"]

    def loosened(sid: str) -> list[dict[str, Any]]:
        return [each for each in wall if each["Sid"] != sid]

    def open_to(condition: str) -> list[dict[str, Any]]:
        return [
            {
                **each,
                "Condition": {
                    operator: {key: value for key, value in keys.items() if not key.startswith(condition)}
                    for operator, keys in each.get("Condition", {}).items()
                },
            }
            for each in wall
        ]

    anywhere = [
        {**each, "Resource": "*"} if each["Effect"] == "Allow" else each
        for each in loosened("DenyOtherRegions")
    ]
    cases = {
        "elsewhere": anywhere,
        "after": loosened("DenyAfterTheEnd"),
        "untagged": open_to("aws:RequestTag/"),
        "others": open_to("aws:ResourceTag/"),
        "sizes": open_to("ec2:InstanceType"),
    }
    assert a_template(*wall).good is True
    for kind, statements in cases.items():
        told = a_template(*statements)
        assert step(told, kind).given, kind
        assert told.good is False


def test_a_template_that_names_what_is_not_the_guests_reaches_it() -> None:
    db = f"arn:aws:rds:{REGION}:{OWNER}:db:"
    told = a_template(
        {"Effect": "Allow", "Action": "rds:DeleteDBInstance", "Resource": [f"{db}acme-shop-*", f"{db}crm-*"]}
    )
    assert step(told, "others").given["rds:DeleteDBInstance"].startswith(f"{db}crm-")
    own = a_template({"Effect": "Allow", "Action": "rds:DeleteDBInstance", "Resource": f"{db}acme-shop-*"})
    assert step(own, "others").given == {}
    tagged = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    open_ = a_template({**EVERYTHING, "Action": "rds:DeleteDBInstance", "Condition": tagged})
    assert step(open_, "others").unclear == ()  # the guest's own has no such tag: it is not given at all


def test_what_was_agreed_besides_is_the_owners_and_nothing_beside_it_is() -> None:
    bucket = "arn:aws:s3:::crm-exports"
    agreed = Also(actions=("s3:PutObject",), on=(f"{bucket}/inbox/*",), why="hand in the export")
    pass_ = dataclasses.replace(a_pass(), job=dataclasses.replace(a_pass().job, also=(agreed,)))
    narrow = a_template(
        {**EVERYTHING, "Action": "s3:PutObject", "Resource": f"{bucket}/inbox/*"}, pass_=pass_
    )
    assert "s3:PutObject" not in {each.action for each in narrow.lacks}
    assert step(narrow, "others").given == {}
    wide = a_template({**EVERYTHING, "Action": "s3:PutObject", "Resource": f"{bucket}/*"}, pass_=pass_)
    assert step(wide, "others").given["s3:PutObject"].startswith(f"{bucket}/")


# ---- doors and escalations


def test_the_widest_template_opens_every_door_that_an_action_opens_and_the_pass_few() -> None:
    from guestpass.catalog import doors, escalations

    every = held("AdministratorAccess").held.openings
    assert {each.door.number for each in every.doors} == {door.number for door in doors() if door.planting}
    assert set(every.escalations) == set(escalations())
    own = held_by_pass(a_pass()).openings
    needed = set(held("PowerUserAccess").needed)
    assert 0 < len(own.doors) < 12
    assert all(set(each.by) <= needed for each in own.doors)
    assert own.escalations == ()
    assert not any(own.exposures.values())


def test_power_user_opens_doors_and_holds_escalations_without_passing_a_role() -> None:
    opened = held("PowerUserAccess").held.openings
    assert len(opened.doors) > 150
    assert {"DOR025", "DOR273"} <= {each.door.code for each in opened.doors}
    assert "DOR015" not in {each.door.code for each in opened.doors}  # a fresh IAM user
    assert [each.rank for each in opened.doors] == sorted(each.rank for each in opened.doors)
    names = {way.name for way in opened.escalations}
    assert "EditExistingLambdaFunctionWithRole" in names
    assert not any("iam:PassRole" in way.actions for way in opened.escalations)
    assert {"s3:GetObject", "secretsmanager:GetSecretValue"} <= set(opened.exposures["data"])


def test_passing_the_jobs_own_role_is_no_escalation_and_passing_another_is() -> None:
    statements = [{**EVERYTHING, "Action": ["ec2:*", "rds:*"]}, {**EVERYTHING, "Action": "iam:PassRole"}]
    for role, count in ((f"arn:aws:iam::{OWNER}:role/guestpass/acme-shop/acme-shop-instance", 0), ("*", 1)):
        statements[1]["Resource"] = role
        told = a_template(*statements)
        assert told.enough
        names = [way.name for way in told.held.openings.escalations]
        assert names.count("CreateEC2WithExistingIP") == count, role


def test_a_door_on_one_resource_is_open_and_one_under_a_condition_is_perhaps() -> None:
    code = {"Effect": "Allow", "Action": "lambda:UpdateFunctionCode"}
    one = a_template({**code, "Resource": f"arn:aws:lambda:{REGION}:{OWNER}:function:mailer"})
    assert "DOR131" in {each.door.code for each in one.held.openings.doors}
    strange = a_template({**code, "Resource": "arn:aws:s3:::bucket"})
    assert "DOR131" not in {each.door.code for each in strange.held.openings.doors}
    office = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    perhaps = a_template({**code, "Resource": "*", "Condition": office})
    assert "DOR131" not in {each.door.code for each in perhaps.held.openings.doors}
    assert "DOR131" in perhaps.held.openings.perhaps


# ---- several


def test_templates_are_put_in_order_and_a_good_one_comes_first() -> None:
    named = ("AdministratorAccess", "PowerUserAccess", "AmazonEC2FullAccess")
    wall = compare(a_pass(), "wall", wall_document(a_pass()))
    ordered = by_openness((*map(held, named), wall))
    assert [each.template for each in ordered] == ["wall", *reversed(named)]


def test_the_passs_own_job_policies_are_enough_and_reach_too_far_without_the_wall() -> None:
    statements = [each for _, document in job_policies(a_pass()) for each in document["Statement"]]
    told = a_template(*statements)
    assert (told.lacks, told.beyond, told.worst, told.unclear) == ((), 0, (), ())
    assert sum(told.by_level.values()) == 0
    assert "ec2:TerminateInstances" in step(told, "others").given
    assert told.good is False


def test_three_templates_are_compared_in_two_seconds() -> None:
    started = time.process_time()
    for name in ("PowerUserAccess", "AdministratorAccess", "AmazonEC2FullAccess"):
        template = managed_policy(name)
        assert isinstance(template, ManagedPolicy)
        compare(a_pass(), name, template.document)
    held_by_pass(a_pass())
    assert time.process_time() - started < 2


# ---- the requests


def test_the_requests_of_every_need_are_allowed_by_the_pass_itself() -> None:
    """What is asked of a template is what the story of a job asks: the pass's own policies allow all of it."""
    for login in ("access-key", "console", "role"):
        pass_ = a_pass(login, regions=("us-east-1", "eu-west-1"))
        job = tuple(read_policy(doc, kind="identity", name=name) for name, doc in job_policies(pass_))
        wall = read_policy(wall_document(pass_), kind="boundary", name="wall")
        asking = Asking.about(pass_, identity=job, boundary=wall)
        for need in asking.needs:
            requests = asking.own(need)
            assert requests
            for request in requests:
                assert any(arn_matches(pattern, request.resource) for pattern in need.resources)
                answer = evaluate(request, asking.layers_for(request))
                assert isinstance(answer, Allowed), (login, request, answer)
    last = asking.on(asking.needs[-1], f"{AN_INSTANCE}i-0")
    assert isinstance(evaluate(last, asking.layers), Denied)


def test_every_option_and_what_is_agreed_besides_is_asked_as_its_own_policy_grants_it() -> None:
    agreed = (
        Also(actions=("ec2:DescribeVpcAttribute",), on=("*",), why="look"),
        Also(actions=("sqs:SendMessage",), on=(f"arn:aws:sqs:{REGION}:{OWNER}:jobs",), why="hand in"),
        Also(actions=("ec2:StopInstances",), on=(f"{AN_INSTANCE}i-0abc",), why="stop the old one"),
        Also(
            actions=("iam:PassRole",),
            on=(f"arn:aws:iam::{OWNER}:role/fn",),
            why="run the function",
            to=("lambda.amazonaws.com",),
        ),
    )
    pass_ = taking(*TAKEN)
    pass_ = dataclasses.replace(pass_, job=dataclasses.replace(pass_.job, also=agreed))
    statements = [each for _, document in job_policies(pass_) for each in document["Statement"]]
    told = a_template(*statements, pass_=pass_)
    assert told.lacks == ()
    others = step(told, "others").given
    assert "sqs:SendMessage" not in others
    assert "iam:PassRole" not in others
    fewer = [each for each in statements if each["Sid"] != "AlsoSendMessage"]
    assert [each.action for each in a_template(*fewer, pass_=pass_).lacks] == ["sqs:SendMessage"]


def test_an_arn_that_two_patterns_share_matches_both() -> None:
    db = f"arn:aws:rds:{REGION}:{OWNER}:db:"
    cases = [
        (f"{db}acme-*", f"{db}*-live", "rds:db"),
        (f"{db}acme-shop-*", "arn:aws:rds:*:*:db:acme-shop-blue*", "rds:db"),
        (f"{AN_INSTANCE}*", "arn:aws:ec2:*:*:*/*", "ec2:instance"),
        (f"{AN_INSTANCE}*", f"{AN_INSTANCE}i-0abc", "ec2:instance"),
        ("arn:aws:s3:::acme-*/*", "arn:aws:s3:::*/inbox/*", "s3:object"),
        (f"{db}*", "arn:aws:rds:*", "rds:db"),
    ]
    for one, other, type_ in cases:
        found = meeting(one, other, type_=type_, name="live")
        assert found is not None, (one, other)
        assert arn_matches(one, found), found
        assert arn_matches(other, found) is not False, found
    for one, other in ((f"{db}acme-*", f"{db}shop-*"), (f"{db}*", f"{db}a:b"), (f"{db}*", f"{AN_INSTANCE}*")):
        assert meeting(one, other, type_="rds:db", name="live") is None
    assert concrete(f"{AN_INSTANCE}*", "ec2:instance", "a") != concrete(
        f"{AN_INSTANCE}*", "ec2:instance", "b"
    )
    assert in_region(f"arn:aws:ec2:*:{OWNER}:instance/*", "eu-west-2").split(":")[3] == "eu-west-2"
    assert in_region(f"{AN_INSTANCE}*", "eu-west-2").split(":")[3] == REGION
    assert in_region("arn:aws:s3:::acme", "eu-west-2", anyway=True) == "arn:aws:s3:::acme"

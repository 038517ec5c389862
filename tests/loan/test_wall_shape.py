"""The wall of any pass: within IAM's quotas, of real actions and keys, wide enough for its job and no
wider."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from guestpass.access import Policy, read_policy
from guestpass.access.policy import findings_of, size_of
from guestpass.access.prove import Proved, admits, never
from guestpass.catalog import action_exists, condition_keys, resource_types
from guestpass.errors import InputError
from guestpass.loan import Names, Pass
from guestpass.loan.explain import access_in_words, explain_wall, watched
from guestpass.loan.job import guest_needs, instance_needs, job_policies
from guestpass.loan.trust import instance_trust_document, trust_document
from guestpass.loan.wall import instance_job_document, instance_wall_document, wall_document
from loan.passes import passes
from loan.story import a_pass

LOGINS = ("access-key", "console", "role")


def documents(pass_: Pass) -> dict[str, dict[str, Any]]:
    names = Names.of_pass(pass_)
    return {
        **dict(job_policies(pass_)),
        names.wall: wall_document(pass_),
        names.instance_job: instance_job_document(pass_),
        names.instance_wall: instance_wall_document(pass_),
    }


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def statements(pass_: Pass, effect: str = "Allow") -> Iterator[dict[str, Any]]:
    for document in documents(pass_).values():
        yield from (each for each in document["Statement"] if each["Effect"] == effect)


@given(passes())
@settings(max_examples=40)
def test_every_policy_of_every_pass_fits_and_names_its_statements(pass_: Pass) -> None:
    for name, document in documents(pass_).items():
        assert size_of(document) <= 6144, name
        sids = [statement["Sid"] for statement in document["Statement"]]
        assert len(sids) == len(set(sids))
        assert all(sid.isalnum() and sid.isascii() for sid in sids)


@pytest.mark.parametrize("login", LOGINS)
def test_the_longest_name_and_two_regions_leave_room(login: Any) -> None:
    """The names are the longest there are; the room is what more subnets, sizes and owners take."""
    pass_ = a_pass(login, name="a" * 24, regions=("ap-southeast-1", "ap-southeast-2"))
    assert size_of(wall_document(pass_)) <= 6144 - 100


def test_a_pass_that_lists_too_much_is_told_so_and_not_cut_short() -> None:
    subnets = tuple(f"subnet-{number:017x}" for number in range(40))
    crowded = dataclasses.replace(a_pass(), network=dataclasses.replace(a_pass().network, subnets=subnets))
    with pytest.raises(InputError, match="more than a policy holds; `UseEc2` costs most") as caught:
        wall_document(crowded)
    assert "subnets" in (caught.value.hint or "")


@pytest.mark.parametrize("login", LOGINS)
def test_nothing_in_them_puzzles_the_reader_or_earns_a_finding_of_weight(login: Any) -> None:
    for name, document in documents(a_pass(login)).items():
        policy = read_policy(document, kind="identity", name=name)
        assert [statement.puzzles for statement in policy.statements if statement.puzzles] == []
        assert [finding.says for finding in findings_of(policy) if finding.severity != "note"] == []


@pytest.mark.parametrize("login", LOGINS)
def test_an_allow_on_everything_is_only_for_actions_that_take_no_resource(login: Any) -> None:
    for statement in statements(a_pass(login)):
        if "*" in as_list(statement["Resource"]):
            taking = [action for action in as_list(statement["Action"]) if resource_types(action)]
            assert taking == [], statement["Sid"]


@pytest.mark.parametrize("login", LOGINS)
def test_no_allow_has_a_wildcard_in_its_actions_and_every_action_exists(login: Any) -> None:
    for statement in statements(a_pass(login)):
        for action in as_list(statement["Action"]):
            assert action_exists(action), action


@pytest.mark.parametrize("login", LOGINS)
def test_every_need_names_a_type_and_keys_that_aws_lists_for_the_action(login: Any) -> None:
    """The union of the action's and the type's keys, as AWS's two lists have them."""
    pass_ = a_pass(login)
    for need in (*guest_needs(pass_), *instance_needs(pass_)):
        types = resource_types(need.action)
        assert isinstance(types, tuple)
        if need.type is None:
            assert types == (), f"{need.action} takes resources"
        else:
            assert need.type.split(":")[1] in types, f"{need.action} does not take {need.type}"


@pytest.mark.parametrize("login", LOGINS)
def test_every_condition_of_an_allow_can_be_true_for_every_action_and_type_it_holds(login: Any) -> None:
    """A key that AWS does not list is absent: a positive test on it would refuse for ever."""
    from guestpass.loan.wall import guest_holds, instance_holds

    pass_ = a_pass(login)
    for hold in (*guest_holds(pass_).values(), *instance_holds(pass_).values()):
        for action, name in hold.pairs:
            kind = name.partition(":")[2] or None
            known = {key.split("/")[0].lower() for key in condition_keys(action, kind)}
            for operator, key, _ in hold.conditions:
                # A negated or IfExists test holds where the key is absent.
                if not operator.startswith("StringNot") and not operator.endswith("IfExists"):
                    assert key.split("/")[0].lower() in known, (action, name, key)


@given(passes())
@settings(max_examples=15)
def test_the_wall_admits_every_action_of_the_job(pass_: Pass) -> None:
    wall = (read_policy(wall_document(pass_), kind="boundary", name="wall"),)
    instance = (read_policy(instance_wall_document(pass_), kind="boundary", name="instance-wall"),)
    assert [need.action for need in guest_needs(pass_) if not admits(wall, need.action)] == []
    assert [need.action for need in instance_needs(pass_) if not admits(instance, need.action)] == []


def walls(pass_: Pass) -> Mapping[str, Policy]:
    return {
        "guest": read_policy(wall_document(pass_), kind="boundary", name="wall"),
        "instance": read_policy(instance_wall_document(pass_), kind="boundary", name="instance-wall"),
    }


NEVER = ("iam:Create*", "iam:Put*", "iam:Attach*", "iam:Update*", "iam:Delete*", "sts:AssumeRole", "sts:GetFederationToken",
         "cloudtrail:*", "budgets:*", "organizations:*", "account:*", "s3:*", "kms:*", "lambda:*", "ssm:SendCommand",
         "ec2:DeleteTags", "ec2:ModifySnapshotAttribute", "ec2:ModifyImageAttribute", "ec2:CopySnapshot", "ec2:CopyImage",
         "ec2:CreateImage", "ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation",
         "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions", "ec2:CreateVpcPeeringConnection",
         "ec2:CreateLaunchTemplate", "ec2:RequestSpotInstances", "ec2:DescribeInstanceAttribute", "rds:ModifyDBInstance",
         "rds:ModifyDBSnapshotAttribute", "rds:CopyDBSnapshot", "rds:Restore*", "rds:RemoveTagsFromResource",
         "rds:CreateDBInstanceReadReplica", "rds:StartExportTask")  # fmt: skip


@pytest.mark.parametrize("who", ["guest", "instance"])
def test_by_action_alone_it_is_proved_what_no_wall_ever_admits(who: str) -> None:
    answer = never(NEVER, granted=[[walls(a_pass())[who]]])
    assert isinstance(answer, Proved), answer
    assert len(answer.checked) == len(NEVER)


def test_a_console_guests_wall_admits_of_iam_only_the_own_login_and_the_instance_role() -> None:
    wall = walls(a_pass("console"))["guest"]
    allowed = {
        action
        for statement in wall.statements
        if statement.effect == "Allow"
        for action in statement.actions.values
        if action.startswith(("iam:", "sts:"))
    }
    assert allowed == {
        "iam:PassRole",
        "iam:ChangePassword",
        "iam:CreateVirtualMFADevice",
        "iam:EnableMFADevice",
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
    }


def test_the_instances_wall_does_not_end_because_the_site_lives_on() -> None:
    pass_ = a_pass()
    assert "CurrentTime" in str(wall_document(pass_))
    for document in (instance_wall_document(pass_), instance_job_document(pass_), instance_trust_document()):
        assert "CurrentTime" not in str(document)


def test_the_login_role_trusts_the_guests_account_with_external_id_and_mfa_until_the_end() -> None:
    (statement,) = trust_document(a_pass("role"), "guestpass:111122223333:acme-shop")["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert statement["Condition"] == {
        "StringEquals": {"sts:ExternalId": "guestpass:111122223333:acme-shop"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "DateLessThan": {"aws:CurrentTime": "2026-12-31T12:00:00Z"},
    }


def test_a_trust_needs_the_guests_account_and_a_proper_external_id() -> None:
    with pytest.raises(InputError, match="no account of the guest"):
        trust_document(a_pass("console"), "guestpass")
    for wrong in ("", "x", "a b", "${aws:username}", "x" * 1225):
        with pytest.raises(InputError, match="external id"):
            trust_document(a_pass("role"), wrong)


@given(passes())
@settings(max_examples=15)
def test_every_statement_of_the_wall_is_explained(pass_: Pass) -> None:
    lines = explain_wall(pass_)
    assert [line.sid for line in lines] == [each["Sid"] for each in wall_document(pass_)["Statement"]]
    assert all(
        line.limit and (line.how_held or line.sid in ("LookAround", "SeeRds", "UseSelf")) for line in lines
    )


def test_the_words_name_what_the_owner_agreed_to() -> None:
    words = " ".join(access_in_words(a_pass()))
    for agreed in (
        "t3.micro or t3.small",
        "db.t3.micro",
        "eu-west-1",
        "2026-12-31",
        "acme-shop-instance",
        "amazon",
    ):
        assert agreed in words


def test_what_no_policy_holds_is_said() -> None:
    words = " ".join(watched(a_pass()))
    for unheld in ("how many", "money", "ports", "user data"):
        assert unheld in words

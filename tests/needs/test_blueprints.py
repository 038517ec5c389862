"""Blueprints are read whole or refused with the place; needs become policies that fit."""

from __future__ import annotations

import dataclasses

import pytest

from guestpass.access.policy import size_of
from guestpass.errors import Bug, InputError
from guestpass.loan.job import guest_needs, setting_of
from guestpass.needs import Need, blueprints, job_policies, read_blueprint, resource_types
from guestpass.needs.policies import statements_of
from guestpass.needs.resource_types import filled
from loan.story import a_pass

SETTING = setting_of(a_pass())
GOOD = """\
blueprint: mine
title: a blueprint of one's own
guest:
  - sid: Launch
    why: start servers
    actions: [ec2:RunInstances]
    creates: [instance]
    uses: [subnet]
  - sid: Look
    why: see them
    actions: [ec2:DescribeInstances]
    login: [console]
"""


def read(text: str, login: str = "console") -> tuple[Need, ...]:
    return read_blueprint(text, file="mine.yaml", setting=SETTING, login=login)


def test_a_blueprint_becomes_needs_with_reason_kind_and_source() -> None:
    launch, subnet, look = read(GOOD)
    assert (launch.action, launch.type, launch.stance) == ("ec2:RunInstances", "ec2:instance", "creates")
    assert launch.source == "mine.yaml:6"
    assert (subnet.type, len(subnet.resources)) == ("ec2:subnet", 2)
    assert (look.type, look.stance, look.resources, look.kind) == (None, "asks", ("*",), "blueprint")


def test_an_entry_for_another_login_is_left_out() -> None:
    assert {need.purpose for need in read(GOOD, "access-key")} == {"Launch"}


@pytest.mark.parametrize(
    ("good", "bad", "says", "line"),
    [
        (
            "creates: [instance]",
            "creates: [instances]",
            "nothing is known of resources of type `ec2:instances`",
            7,
        ),
        ("ec2:RunInstances", "RunInstances", "`RunInstances` is not an action", 6),
        ("ec2:RunInstances", "ec2:*", "`ec2:*` is not an action", 6),
        ("sid: Look", "sid: Launch", "stands twice", 9),
        ("sid: Look", "sid: look-around", "is not a statement id", 9),
        ("why: see them", "because: see them", "unknown field `because`", 10),
        ("login: [console]", "login: [keys]", "unknown login `keys`", 12),
        ("login: [console]", "kind: guess", "unknown kind `guess`", 12),
    ],
)
def test_what_is_wrong_in_a_blueprint_is_named_with_its_line(
    good: str, bad: str, says: str, line: int
) -> None:
    with pytest.raises(InputError) as caught:
        read(GOOD.replace(good, bad))
    assert says in caught.value.says
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_the_known_blueprints_are_those_that_ship() -> None:
    assert "php-mysql" in blueprints()


def test_every_type_has_a_page_of_aws_behind_it() -> None:
    for name, kind in resource_types().items():
        assert kind.source.startswith("https://docs.aws.amazon.com/"), name


def test_every_statement_of_the_job_says_why_and_passing_a_role_names_role_and_service() -> None:
    needs = guest_needs(a_pass())
    written = {each["Sid"]: each for each in statements_of(needs)}
    assert set(written) == {need.purpose for need in needs}
    assert all(need.why for need in needs)
    assert written["PassInstanceRole"]["Resource"].endswith(":role/guestpass/acme-shop/acme-shop-instance")
    assert written["PassInstanceRole"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}
    }


def test_tearing_down_has_statements_of_its_own() -> None:
    """So that later it can stay while the thing exists, when building is taken away."""
    needs = guest_needs(a_pass())
    teardown = {need.purpose for need in needs if need.kind == "teardown"}
    assert teardown
    assert teardown.isdisjoint(need.purpose for need in needs if need.kind != "teardown")
    deleting = {
        need.action for need in needs if need.action.split(":")[1].startswith(("Delete", "Terminate"))
    }
    assert deleting <= {need.action for need in needs if need.kind == "teardown"}


def test_resources_are_the_passs_own_account_and_region() -> None:
    for need in guest_needs(a_pass()):
        for arn in need.resources:
            if arn != "*":
                assert ":eu-west-1:" in arn or arn.startswith("arn:aws:iam::111122223333:")
                assert ":111122223333:" in arn or ":eu-west-1::" in arn


def test_policies_hold_every_need_once_and_fit() -> None:
    needs = guest_needs(a_pass())
    policies = job_policies(needs, name="acme-shop-job")
    assert [name for name, _ in policies] == ["acme-shop-job", "acme-shop-job-2"][: len(policies)]
    assert all(size_of(document) <= 6144 for _, document in policies)
    sids = [each["Sid"] for _, document in policies for each in document["Statement"]]
    assert sorted(sids) == sorted({need.purpose for need in needs})


def test_one_statement_too_large_for_a_policy_is_refused_by_its_name() -> None:
    need = guest_needs(a_pass())[0]
    resources = (f"arn:aws:s3:::bucket-{'0' * 6144}",)
    with pytest.raises(InputError, match="`Wide` has"):
        job_policies([dataclasses.replace(need, purpose="Wide", resources=resources)], name="x")


def test_more_policies_than_a_group_takes_are_refused() -> None:
    need = guest_needs(a_pass())[0]
    many = [
        dataclasses.replace(
            need,
            purpose=f"Wide{n}",
            resources=tuple(f"arn:aws:s3:::bucket-{n}-{at:050}" for at in range(75)),
        )
        for n in range(11)
    ]
    with pytest.raises(InputError, match="11 policies, more than a group takes"):
        job_policies(many, name="x")


def test_a_placeholder_with_several_values_makes_several_texts_and_an_unknown_one_is_a_bug() -> None:
    assert filled("{a}-{b}", {"a": ("1", "2"), "b": ("x",)}) == ("1-x", "2-x")
    with pytest.raises(Bug, match="placeholder"):
        filled("{nobody}", {})

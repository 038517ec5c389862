"""Actions, types and keys are answered as AWS lists them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass.catalog import (
    Action,
    Unmapped,
    access_level,
    action,
    action_exists,
    actions_matching,
    all_actions,
    condition_keys,
    data_version,
    nearest_actions,
    resource_types,
)
from guestpass.catalog.actions import request_keys, tag_actions


def test_an_action_is_known_in_any_case_and_an_invented_one_is_not() -> None:
    assert action_exists("ec2:RunInstances")
    assert action_exists("EC2:runinstances")
    assert not action_exists("ec2:RunInstance")
    assert not action_exists("nope:Nope")
    assert not action_exists("*")


def test_all_actions_are_many_sorted_and_each_once() -> None:
    found = all_actions()
    assert len(found) > 20_000
    assert list(found) == sorted(set(found), key=lambda each: (each.partition(":")[0], each))


@pytest.mark.parametrize(
    ("pattern", "some", "none_of"),
    [
        ("ec2:Run*", {"ec2:RunInstances", "ec2:RunScheduledInstances"}, {"ec2:StopInstances"}),
        ("EC2:run*", {"ec2:RunInstances"}, {"rds:RunInstances"}),
        ("iam:Get?ser", {"iam:GetUser"}, {"iam:GetUserPolicy"}),
        ("*:PassRole", {"iam:PassRole"}, {"iam:GetRole"}),
    ],
)
def test_a_pattern_means_what_an_action_element_means(
    pattern: str, some: set[str], none_of: set[str]
) -> None:
    found = set(actions_matching(pattern))
    assert some <= found
    assert not none_of & found


def test_a_star_means_everything_and_a_word_without_service_nothing() -> None:
    assert actions_matching("*") == all_actions()
    assert actions_matching("RunInstances") == ()


IAM_ACTIONS = st.sampled_from([each for each in all_actions() if each.startswith(("iam:", "sts:"))])


@settings(max_examples=60, deadline=None)
@given(action=IAM_ACTIONS, cut=st.integers(min_value=0, max_value=12))
def test_every_beginning_with_a_star_behind_matches_its_action_and_only_such(action: str, cut: int) -> None:
    beginning = action[: len("iam:") + cut]
    found = actions_matching(f"{beginning}*")
    assert action in found
    assert all(re.match(re.escape(beginning), each, re.IGNORECASE) for each in found)


def test_access_levels_are_aws_words() -> None:
    assert access_level("ec2:DescribeInstances") == "List"
    assert access_level("iam:AttachUserPolicy") == "Permissions management"
    assert access_level("ec2:CreateTags") == "Tagging"
    assert isinstance(access_level("ec2:Nope"), Unmapped)


def test_types_of_an_action_are_listed_and_an_unlimited_one_has_none() -> None:
    types = resource_types("ec2:RunInstances")
    assert not isinstance(types, Unmapped)
    assert {"instance", "image", "subnet", "volume", "key-pair"} <= set(types)
    assert resource_types("ec2:DescribeInstances") == ()
    assert isinstance(resource_types("nope:Nope"), Unmapped)


def test_keys_are_the_union_of_the_actions_and_its_types() -> None:
    assert "rds:DatabaseClass" in condition_keys("rds:CreateDBInstance", "db")
    assert "rds:DatabaseClass" not in condition_keys("rds:CreateDBInstance", "subgrp")
    assert "rds:BackupTarget" in condition_keys("rds:CreateDBInstance", "subgrp")
    assert condition_keys("nope:Nope") == frozenset()


def test_what_a_request_can_set_is_read_narrowly() -> None:
    assert "aws:RequestTag/${TagKey}" in request_keys("ec2:RunInstances", "instance")
    assert "aws:RequestTag/${TagKey}" not in request_keys("ec2:RunInstances", "image")
    assert "aws:RequestTag/${TagKey}" in condition_keys("ec2:RunInstances", "instance")


def test_an_action_has_the_keys_of_its_types_besides_its_own() -> None:
    found = action("rds:createdbinstance")
    assert isinstance(found, Action)
    assert found.name == "rds:CreateDBInstance"
    assert found.types["db"] is True
    assert {"rds:DatabaseClass", "aws:RequestTag/${TagKey}"} <= found.keys
    assert isinstance(action("rds:CreateDBInstances"), Unmapped)


def test_the_nearest_actions_are_of_the_service_or_of_one_spelt_like_it() -> None:
    assert nearest_actions("rds:CreateDBInstances")[0] == "rds:CreateDBInstance"
    assert nearest_actions("EC2:runinstance")[0] == "ec2:RunInstances"
    assert nearest_actions("ecc2:RunInstances")[0] == "ec2:RunInstances"
    assert nearest_actions("timemachine:Start") == ()
    assert nearest_actions("") == ()


def test_tags_of_a_type_are_set_by_actions_of_that_level() -> None:
    assert tag_actions("ec2", "Instance") == ("ec2:CreateTags", "ec2:DeleteTags")
    assert tag_actions("iam", "access-report") == ()
    assert tag_actions("nope", "nope") == ()


def test_the_data_has_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d{9,}", data_version())

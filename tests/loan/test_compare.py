"""The owner's own question: is Power User good for a developer?"""

from __future__ import annotations

from functools import cache

import pytest

from guestpass.catalog import ManagedPolicy, managed_policy
from guestpass.errors import InputError
from guestpass.loan.compare import Comparison, compare
from guestpass.loan.job import job_policies
from loan.story import a_pass


@cache
def held(name: str) -> Comparison:
    template = managed_policy(name)
    assert isinstance(template, ManagedPolicy)
    return compare(a_pass(), name, template.document)


def test_power_user_lacks_pass_role_and_gives_twenty_thousand_actions_too_many() -> None:
    told = held("PowerUserAccess")
    assert [lack.action for lack in told.lacks] == ["iam:PassRole"]
    assert not told.enough
    assert told.beyond > 20_000
    assert told.given == told.beyond + len(told.needed) - len(told.lacks)
    worst = {power.action for power in told.worst}
    assert {"cloudtrail:StopLogging", "kms:CreateGrant", "lambda:UpdateFunctionCode"} <= worst
    assert "iam:CreateUser" not in worst
    assert [power.rank for power in told.worst] == sorted(power.rank for power in told.worst)


def test_administrator_lacks_nothing_and_gives_everything() -> None:
    told = held("AdministratorAccess")
    assert told.enough
    assert told.given == told.known
    assert "iam:CreateAccessKey" in {power.action for power in told.worst}


def test_a_template_for_ec2_alone_lacks_the_database() -> None:
    told = held("AmazonEC2FullAccess")
    assert {"rds:CreateDBInstance", "iam:PassRole"} <= {lack.action for lack in told.lacks}
    assert not any(lack.action.startswith("ec2:") for lack in told.lacks)


def test_the_passs_own_policies_give_what_is_needed_and_no_more() -> None:
    statements = [each for _, document in job_policies(a_pass()) for each in document["Statement"]]
    told = compare(a_pass(), "own", {"Version": "2012-10-17", "Statement": statements})
    assert (told.lacks, told.beyond, told.worst, told.unclear) == ((), 0, (), ())
    assert sum(told.by_level.values()) == 0


def test_the_levels_split_the_count() -> None:
    told = held("PowerUserAccess")
    assert sum(told.by_level.values()) == told.beyond


def test_a_statement_that_is_not_understood_neither_gives_nor_lacks() -> None:
    puzzling = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {"Moon": {"a": "b"}}}
        ],
    }
    told = compare(a_pass(), "puzzling", puzzling)
    assert "ec2:RunInstances" in told.unclear
    assert "ec2:RunInstances" not in {lack.action for lack in told.lacks}
    assert not told.enough


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(InputError):
        compare(a_pass(), "nothing", "[]")

"""IAM's limits are AWS's, and what we write keeps to them."""

from __future__ import annotations

from datetime import date

from guestpass.catalog import Unmapped, quota, quotas
from guestpass.catalog.quotas import quotas_revised


def test_each_limit_has_a_page_of_aws_and_is_not_raised_below_its_default() -> None:
    assert len(quotas()) >= 30
    for each in quotas().values():
        assert each.page.startswith("https://docs.aws.amazon.com/")
        assert each.limit > 0
        assert each.up_to is None or each.up_to > each.limit
        assert each.words[0].islower()


def test_the_limits_that_a_policy_writer_needs_are_awss() -> None:
    # AWS: IAM User Guide, "IAM and AWS STS quotas"
    expected = {
        "managed-policy-characters": (6144, None),
        "user-inline-characters": (2048, None),
        "role-inline-characters": (10240, None),
        "group-inline-characters": (5120, None),
        "versions-per-policy": (5, None),
        "managed-policies-per-user": (10, 20),
        "trust-policy-characters": (2048, 8192),
    }
    assert {code: (quotas()[code].limit, quotas()[code].up_to) for code in expected} == expected


def test_an_unknown_limit_is_a_gap_and_the_table_has_a_day() -> None:
    assert isinstance(quota("managed-policy-bytes"), Unmapped)
    assert quotas_revised() >= date(2026, 11, 24)

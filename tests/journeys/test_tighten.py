"""Access shrinks to what was used, and what stands can still be taken down by a real client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guestpass.cli import main
from guestpass.cli.gathering import looked_at
from guestpass.cli.options import Output
from guestpass.cli.talk import Talk
from guestpass.errors import InputError
from guestpass.inventory import Inventory
from guestpass.ledger import read_ledger
from guestpass.loan.agreement import Network, Pass
from guestpass.loan.plan import Evidence, restore, tighten
from guestpass.loan.step import Call, Plan
from guestpass.loan.writing import pass_text
from guestpass.local import Box
from journeys.harness import Loan, iam_only, pass_for
from journeys.test_crash import MOMENTS, crash_at
from loan.story import KEY
from local.speaking import REGION, client_of

pytestmark = pytest.mark.journey

EXAMPLES = Path(__file__).parents[2] / "examples" / "php-mysql"
Capture = pytest.CaptureFixture[str]


class Tightening(Loan):
    """A loan that can be tightened to what the delivered trail says."""

    evidence: Evidence | None = None

    def plan(self, verb: str) -> Plan:
        if verb == "restore":
            return restore(self.pass_, self.snapshot())
        if verb != "tighten":
            return super().plan(verb)
        if self.evidence is None:
            self.box.deliver()
            seen = looked_at(self.hands, self.pass_.name, None, Talk(Output(json=True)), wide=False)
            self.evidence = Evidence(reading=seen.reading, usage=seen.usage, inventory=seen.inventory)
        told = tighten(self.pass_, self.snapshot(), evidence=self.evidence, now=self.hands.now())
        assert told.gaps == ()
        assert told.plan is not None
        return told.plan

    def inventory(self) -> Inventory:
        self.box.deliver()
        return looked_at(self.hands, self.pass_.name, None, Talk(Output(json=True))).inventory

    def client(self, service: str) -> Any:
        return client_of(self.box, self.guest(), service, REGION)

    def example(self, name: str, folder: Path) -> list[dict[str, Any]]:
        """Run one of the examples as the guest; the JSON lines that it prints."""
        guest, pass_ = self.guest(), self.pass_
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        settings = kept | {
            "AWS_ENDPOINT_URL": self.box.endpoint_url,
            "AWS_ACCESS_KEY_ID": guest.access_key_id,
            "AWS_SECRET_ACCESS_KEY": guest.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GUESTPASS_NAME": pass_.name,
            "GUESTPASS_VPC": pass_.network.vpc,
            "GUESTPASS_SUBNETS": ",".join(pass_.network.subnets),
            "GUESTPASS_INSTANCE_TYPE": pass_.job.instance_types[0],
            "GUESTPASS_DATABASE_CLASS": pass_.job.database_classes[0],
        }
        ran = subprocess.run(
            [sys.executable, str(EXAMPLES / name)], env=settings, cwd=folder, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr[-2000:]
        return [json.loads(row) for row in ran.stdout.splitlines()]


def with_network(box: Box, name: str) -> Pass:
    """A pass for the network that the box has."""
    ec2 = client_of(box, box.owner, "ec2", REGION)
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    ids = tuple(subnet["SubnetId"] for subnet in subnets[:2])
    pass_ = pass_for(box, name)
    return replace(pass_, network=Network(vpc=vpc, subnets=ids), guest=replace(pass_.guest, key=KEY))


@pytest.fixture
def lent(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Tightening]:
    """A pass that was granted, with its file in the folder that the verbs run in."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", box.owner.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", box.owner.secret_access_key)
    monkeypatch.setenv("GUESTPASS_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def make(name: str) -> Tightening:
        loan = Tightening(box, with_network(box, name), tmp_path)
        (tmp_path / "pass.yaml").write_text(pass_text(loan.pass_), encoding="utf-8")
        loan.do("guard")
        loan.do("grant")
        return loan

    return make


def verb(box: Box, *words: str) -> int:
    return main(["tighten", "pass.yaml", *words, "--endpoint-url", box.endpoint_url, "--region", REGION])


def refused(call: Callable[..., Any], **parameters: Any) -> bool:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"] in ("UnauthorizedOperation", "AccessDenied")


def other_things(loan: Tightening) -> None:
    """A disk, its backup and a key pair: what the deploy script does not make."""
    name, ec2 = loan.pass_.name, loan.client("ec2")

    def tagged(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": [{"Key": "guestpass", "Value": name}]}]

    zone = f"{REGION}a"
    disk = ec2.create_volume(AvailabilityZone=zone, Size=8, TagSpecifications=tagged("volume"))["VolumeId"]
    ec2.create_snapshot(VolumeId=disk, TagSpecifications=tagged("snapshot"))
    ec2.create_key_pair(KeyName=f"{name}-key", TagSpecifications=tagged("key-pair"))


def test_a_guest_deploys_is_tightened_and_takes_everything_down_and_deploys_again(
    lent: Callable[[str], Tightening], box: Box, tmp_path: Path, capsys: Capture
) -> None:
    loan = lent("tight-a")
    made = loan.example("deploy.py", tmp_path)
    other_things(loan)
    instance = next(row["id"] for row in made if row["made"] == "ec2:instance")
    loan.client("ec2").get_console_output(InstanceId=instance)
    box.deliver()

    assert verb(box, "--plan", "--json") == 3
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    gone = {lost["action"] for lost in shown["goes"] if not lost["left"]}
    assert {"ec2:StopInstances", "rds:RebootDBInstance", "ec2:ImportKeyPair"} <= gone
    assert shown["applied"] is False
    assert verb(box, "--confirm", "tight-a") == 0
    box.deliver()
    assert verb(box, "--plan") == 0, "tightening again has nothing to do"

    ec2 = loan.client("ec2")
    assert refused(ec2.stop_instances, InstanceIds=[instance])
    assert ec2.get_console_output(InstanceId=instance)["InstanceId"] == instance

    rows = loan.example("teardown.py", tmp_path)
    kinds = {row["deleted"] for row in rows}
    assert kinds == {
        "ec2:elastic-ip", "ec2:instance", "ec2:key-pair", "ec2:security-group", "ec2:snapshot", "ec2:volume",
        "rds:db", "rds:subgrp",
    }  # fmt: skip
    assert {row["id"] for row in made} <= {row["id"] for row in rows}
    left = [item.arn for item in loan.inventory().items if item.still == "there"]
    assert left == []

    again = loan.example("deploy.py", tmp_path)
    assert {row["made"] for row in again} == {row["made"] for row in made}
    assert len(loan.example("teardown.py", tmp_path)) == len(again)


def test_what_was_taken_is_given_back_word_for_word(
    lent: Callable[[str], Tightening], box: Box, tmp_path: Path, capsys: Capture
) -> None:
    loan = lent("tight-b")
    loan.client("ec2").describe_vpcs()
    before = iam_only(loan.snapshot(), "tight-b")
    box.deliver()
    assert verb(box, "--confirm", "tight-b") == 0
    assert refused(loan.client("ec2").describe_images)
    assert main(["status", "tight-b", "--json", "--endpoint-url", box.endpoint_url]) == 0
    (standing,) = json.loads(capsys.readouterr().out.splitlines()[-1])["passes"]
    assert standing["tightened_at"]
    assert loan.plan("grant").steps == ()
    assert verb(box, "--restore", "--confirm", "tight-b") == 0
    after = iam_only(loan.snapshot(), "tight-b")
    documents = {each["name"]: each["versions"][each["default_version"]] for each in after["policies"]}
    assert documents == {
        each["name"]: each["versions"][each["default_version"]] for each in before["policies"]
    }
    assert [each["tags"] for each in after["policies"]] == [each["tags"] for each in before["policies"]]
    loan.client("ec2").describe_images(Owners=["amazon"])


def test_a_tightening_that_dies_at_every_step_ends_as_one_that_does_not(
    lent: Callable[[str], Tightening],
) -> None:
    whole, broken = lent("tight-c"), lent("tight-d")
    for loan in (whole, broken):
        loan.client("ec2").describe_vpcs()
    whole.do("tighten")
    died: set[str] = set()
    for _ in range(30):
        plan = broken.plan("tighten")
        if not plan.steps:
            break
        at = next((number for number, step in enumerate(plan.steps, 1) if step.id not in died), None)
        if at is None:
            broken.carry(plan)
            continue
        crash_at(broken, plan, at, MOMENTS[len(died) % len(MOMENTS)])
        died.add(plan.steps[at - 1].id)
        assert broken.plan("grant").steps == (), "granting again must not widen what is half tightened"
    assert len(died) >= 4
    assert iam_only(broken.snapshot(), "tight-d") == iam_only(whole.snapshot(), "tight-c")
    assert read_ledger(broken.path)


def test_a_restore_that_dies_at_every_step_ends_as_one_that_does_not(
    lent: Callable[[str], Tightening],
) -> None:
    loan = lent("tight-e")
    loan.client("ec2").describe_vpcs()
    before = iam_only(loan.snapshot(), "tight-e")
    loan.do("tighten")
    died: set[str] = set()
    for _ in range(30):
        plan = _restoring(loan)
        if plan is None or not plan.steps:
            break
        at = next((number for number, step in enumerate(plan.steps, 1) if step.id not in died), None)
        if at is None:
            loan.carry(plan)
            continue
        crash_at(loan, plan, at, MOMENTS[len(died) % len(MOMENTS)])
        died.add(plan.steps[at - 1].id)
    after = iam_only(loan.snapshot(), "tight-e")
    assert after["groups"] == before["groups"]
    assert [(p["default_version"], p["tags"]) for p in after["policies"]] == [
        (p["default_version"], p["tags"]) for p in before["policies"]
    ]


def _restoring(loan: Tightening) -> Plan | None:
    try:
        return loan.plan("restore")
    except InputError:
        return None


def test_a_record_that_does_not_carry_it_changes_nothing_and_says_what_is_missing(
    lent: Callable[[str], Tightening], box: Box, tmp_path: Path, capsys: Capture
) -> None:
    loan = lent("tight-f")
    box.deliver()
    before = iam_only(loan.snapshot(), "tight-f")
    assert verb(box, "--yes") == 4
    assert "TIG008" in capsys.readouterr().out
    loan.client("ec2").describe_vpcs()
    box.deliver()
    assert verb(box, "--yes", "--keep", "ec2:StopInstance") == 2
    assert "ec2:StopInstances" in capsys.readouterr().err
    assert verb(box) == 2, "nobody is there to ask"
    assert iam_only(loan.snapshot(), "tight-f") == before


def test_what_nobody_may_do_to_the_trail_unseen_stops_a_tightening(
    lent: Callable[[str], Tightening], box: Box, capsys: Capture
) -> None:
    loan = lent("tight-g")
    loan.client("ec2").describe_vpcs()
    for operation in ("StopLogging", "StartLogging"):
        loan.hands.call(Call(service="cloudtrail", operation=operation, parameters={"Name": "guestpass"}))
    box.deliver()
    assert verb(box, "--yes", "--json") == 4
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {gap["code"] for gap in told["gaps"]} == {"TIG006"}, told["gaps"]

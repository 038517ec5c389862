"""A developer who held PowerUserAccess, or worse, becomes the guest of a pass while they go on working."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guestpass.local import Box, Credentials
from journeys.harness import hands_of
from journeys.test_logins import Shell
from local.speaking import REGION, client_of

pytestmark = pytest.mark.journey

REFUSALS = {
    "AccessDenied",
    "UnauthorizedOperation",
    "AccessDeniedException",
    "AuthFailure",
    "InvalidClientTokenId",
}
POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"


@pytest.fixture
def shell(fresh_box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUESTPASS_HOME", str(tmp_path / "home"))
    made = Shell(box=fresh_box, folder=tmp_path, patch=monkeypatch, capture=capsys)
    made.become(fresh_box.owner)
    return made


class Developer:
    """Jo, who was given far too much: keys, PowerUserAccess, a group and an inline policy."""

    def __init__(self, box: Box) -> None:
        iam = client_of(box, box.owner, "iam")
        iam.create_user(UserName="jo")
        iam.attach_user_policy(UserName="jo", PolicyArn=POWER_USER)
        iam.put_user_policy(
            UserName="jo",
            PolicyName="helpers",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
                }
            ),
        )
        iam.create_group(GroupName="developers")
        iam.attach_group_policy(GroupName="developers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        iam.add_user_to_group(GroupName="developers", UserName="jo")
        key = iam.create_access_key(UserName="jo")["AccessKey"]
        self.box = box
        self.key = Credentials(
            access_key_id=key["AccessKeyId"],
            secret_access_key=key["SecretAccessKey"],
            account=box.owner.account,
        )

    def client(self, service: str, region: str = REGION) -> Any:
        return client_of(self.box, self.key, service, region)

    def builds(self) -> str:
        """An instance, as it was made before anybody thought of tags."""
        ec2 = self.client("ec2")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
        made = ec2.run_instances(
            ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1, SubnetId=subnets[0]
        )
        rds = self.client("rds")
        rds.create_db_subnet_group(
            DBSubnetGroupName="shop", DBSubnetGroupDescription="shop", SubnetIds=subnets
        )
        rds.create_db_instance(
            DBInstanceIdentifier="shop",
            DBInstanceClass="db.t3.micro",
            Engine="mysql",
            AllocatedStorage=20,
            MasterUsername="admin",
            MasterUserPassword="not-a-real-password",
            DBSubnetGroupName="shop",
        )
        self.client("iam").create_user(UserName="spare")
        return str(made["Instances"][0]["InstanceId"])


def refused(call: Any, **parameters: Any) -> bool:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"] in REFUSALS


def adopt_words(shell: Shell) -> tuple[str, ...]:
    until = f"{shell.box.now() + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    return ("adopt", "jo", "--until", until, "--name", "jo-shop", "--notify", "owner@example.org")


def test_a_developer_is_adopted_and_the_loan_goes_on_as_any_other(shell: Shell) -> None:
    jo = Developer(shell.box)
    instance = jo.builds()

    unguarded = shell.verb(*adopt_words(shell), "--confirm", "jo-shop")
    assert unguarded.code == 2, unguarded.err
    assert "not guarded" in unguarded.err
    written = Path("pass.yaml").read_text()
    for expected in ("was: jo", "t3.small", "db.t3.micro", REGION):
        assert expected in written
    assert shell.verb("guard", "pass.yaml", "--confirm", "jo-shop").code == 0

    adopted = shell.verb(*adopt_words(shell), "--confirm", "jo-shop")
    assert adopted.code == 0, adopted.err
    for said in (
        "actions beyond what the job needs",
        "user/spare",
        "what `PowerUserAccess` allows",
        "access lost",
    ):
        assert said in adopted.err
    iam = client_of(shell.box, shell.box.owner, "iam")
    user = iam.get_user(UserName="jo-shop-guest")["User"]
    assert user["Path"] == "/guestpass/jo-shop/"
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("jo-shop-wall")
    assert iam.list_attached_user_policies(UserName="jo-shop-guest")["AttachedPolicies"] == []
    assert iam.list_user_policies(UserName="jo-shop-guest")["PolicyNames"] == []
    groups = [each["GroupName"] for each in iam.list_groups_for_user(UserName="jo-shop-guest")["Groups"]]
    assert groups == ["guestpass-jo-shop"]

    # the old key goes on working, on what they built, and on nothing else
    ec2 = jo.client("ec2")
    ec2.stop_instances(InstanceIds=[instance])
    assert refused(jo.client("iam").create_user, UserName="another")
    assert refused(jo.client("s3").list_buckets)
    assert refused(jo.client("rds").delete_db_instance, DBInstanceIdentifier="shop", SkipFinalSnapshot=True)

    again = shell.verb(*adopt_words(shell), "--confirm", "jo-shop")
    assert (again.code, "nothing to do" in again.err) == (0, True), again.err
    granted = shell.verb("grant", "pass.yaml", "--confirm", "jo-shop")
    assert (granted.code, "nothing to do" in granted.err) == (0, True), granted.err
    ec2.describe_instances()

    assert shell.verb("freeze", "jo-shop").code == 0
    assert refused(ec2.describe_instances)
    assert shell.verb("revoke", "jo-shop").code == 3
    shell.box.move_clock(seconds=timedelta(hours=37).total_seconds())
    assert shell.verb("revoke", "jo-shop", "--resume").code == 0
    certified = shell.verb("certify", "jo-shop")
    assert "planted before it is not judged" in certified.err
    told = json.loads(next(shell.folder.glob("*certificate.json")).read_text())
    assert told["counts"].get("could not", 0) == 0, (
        "they held everything before: nothing could not have been done"
    )


def test_a_crash_after_any_step_leaves_no_more_access_and_the_next_run_finishes(shell: Shell) -> None:
    from dataclasses import replace

    from guestpass.aws import carry_out, take_snapshot
    from guestpass.inventory import Inventory
    from guestpass.ledger import Ledger
    from guestpass.loan import read_pass
    from guestpass.loan.plan.adopt import adopt, adopted_user

    jo = Developer(shell.box)
    instance = jo.builds()
    assert shell.verb(*adopt_words(shell), "--confirm", "jo-shop").code == 2
    assert shell.verb("guard", "pass.yaml", "--confirm", "jo-shop").code == 0
    pass_, hands = read_pass("pass.yaml"), hands_of(shell.box)
    walled = False
    for number in range(60):
        snapshot = take_snapshot(hands, regions=pass_.regions)
        user = adopted_user(pass_, snapshot, "jo")
        nothing = Inventory(account=pass_.account, pass_name=pass_.name, at=snapshot.taken_at, items=())
        plan = adopt(pass_, snapshot, user, inventory=nothing)
        if not plan.steps:
            break
        walled = walled or not any(step.id == "adopt/wall" for step in plan.steps)
        with Ledger.open(shell.folder / f"ledger-{number}.jsonl") as ledger:
            carry_out(replace(plan, steps=plan.steps[:1]), hands, ledger)
        outside = jo.client("ec2", "us-west-2").describe_instances
        if walled:
            assert refused(outside), f"after {plan.steps[0].id} they reach beyond the wall"
    else:
        pytest.fail("it never ended")
    assert walled
    assert refused(jo.client("ec2").terminate_instances, InstanceIds=[instance]), "nobody tagged it"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("adopt", "nobody", "--until", "2030-01-01"), "has no user `nobody`"),
        (
            ("adopt", "jo", "--until", "soon", "--name", "jo-shop", "--notify", "o@example.org"),
            "is not a time",
        ),
        (("adopt", "jo", "--until", "2030-01-01", "--notify", "o@example.org"), "cannot name a pass"),
        (("adopt", "jo", "--until", "2030-01-01", "--name", "jo-shop"), "`--notify` is missing"),
    ],
)
def test_bad_words_change_nothing_and_say_what_is_missing(
    shell: Shell, words: tuple[str, ...], says: str
) -> None:
    Developer(shell.box)
    before = client_of(shell.box, shell.box.owner, "iam").get_user(UserName="jo")["User"]
    said = shell.verb(*words)
    assert said.code == 2
    assert says in said.err
    assert client_of(shell.box, shell.box.owner, "iam").get_user(UserName="jo")["User"] == before
    assert not Path("pass.yaml").exists()

"""`guestpass inventory` on a live box: what a guest built, deleted and left in a second region is found in the log files."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from guestpass.cli import main
from guestpass.inventory import FORM
from guestpass.local import Box, Credentials, start
from local.speaking import client_of, document

REGION = "eu-west-1"
SECOND = "us-east-1"
NAME = "built-shop"
Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]
RULE = "|---|---|---|---|---|---|"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, Path, dict[str, str]]]:
    """A guarded account in which a guest with wide rights built in two regions, and the owner deleted one thing."""
    folder = tmp_path_factory.mktemp("built")
    with start() as box, pytest.MonkeyPatch.context() as patched:
        run = runner(box, folder, patched)
        until = f"{box.now() + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"
        words = ["--name", NAME, "--guest", "Jo", "--login", "access-key", "--blueprint", "php-mysql"]
        words += ["--key", str(pyrage.x25519.Identity.generate().to_public()), "--regions", REGION]
        words += ["--instance-types", "t3.micro", "--database-classes", "db.t3.micro", "--until", until]
        assert run("init", "pass.yaml", *words, "--monthly-usd", "50", "--notify", "o@example.org") == 0
        assert run("guard", "pass.yaml", "--yes") == 0
        ids = works(box, guest_of(box))
        box.deliver()
        yield box, folder, ids


def runner(box: Box, folder: Path, patched: pytest.MonkeyPatch) -> Run:
    patched.setenv("AWS_ACCESS_KEY_ID", box.owner.access_key_id)
    patched.setenv("AWS_SECRET_ACCESS_KEY", box.owner.secret_access_key)
    patched.setenv("GUESTPASS_HOME", str(folder / "state"))
    patched.chdir(folder)
    return lambda *words: main([*words, "--endpoint-url", box.endpoint_url, "--region", REGION])


def guest_of(box: Box) -> Credentials:
    """The pass's user, with more rights than a pass would ever give."""
    iam = client_of(box, box.owner, "iam")
    name = f"{NAME}-guest"
    iam.create_user(UserName=name, Path=f"/guestpass/{NAME}/", Tags=[{"Key": "guestpass", "Value": NAME}])
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document(ALL))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(
        access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"], account=box.owner.account
    )


def works(box: Box, guest: Credentials) -> dict[str, str]:
    ec2 = client_of(box, guest, "ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    launch = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnet}
    web = ec2.run_instances(**launch, SecurityGroupIds=[group])["Instances"][0]["InstanceId"]
    ended = ec2.run_instances(**launch)["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[ended])
    disk = {"AvailabilityZone": f"{REGION}a", "Size": 8}
    kept = ec2.create_volume(**disk, TagSpecifications=[
        {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "<b>\u202e`|![x](y)"}]}
    ])["VolumeId"]  # fmt: skip
    owners = ec2.create_volume(**disk)["VolumeId"]
    client_of(box, box.owner, "ec2").delete_volume(VolumeId=owners)
    ec2.authorize_security_group_ingress(
        GroupId=group, CidrIp="192.0.2.1/32", IpProtocol="tcp", FromPort=22, ToPort=22
    )
    address = client_of(box, guest, "ec2", SECOND).allocate_address(Domain="vpc")["AllocationId"]
    rds = client_of(box, guest, "rds")
    rds.create_db_instance(
        DBInstanceIdentifier="Shop-Live", DBInstanceClass="db.t3.micro", Engine="mysql", AllocatedStorage=20,
        MasterUsername="admin", MasterUserPassword="not-a-real-one-1",
    )  # fmt: skip
    s3 = client_of(box, guest, "s3")
    s3.create_bucket(Bucket="built-uploads", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.create_bucket(Bucket="built-gone", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.delete_bucket(Bucket="built-gone")
    iam = client_of(box, guest, "iam")
    iam.create_user(UserName="backdoor")
    client_of(box, box.owner, "ec2").create_volume(**disk)
    return {
        "group": group, "web": web, "ended": ended, "kept": kept, "owners": owners, "address": address,
    }  # fmt: skip


@pytest.fixture
def run(built: tuple[Box, Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(built[0], built[1], monkeypatch)


def told(capsys: Capture) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out.strip().splitlines()[-1]))


def by_id(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in answer["items"]}


def test_everything_that_was_built_is_found_with_who_made_it_and_whether_it_stands(
    run: Run, built: tuple[Box, Path, dict[str, str]], capsys: Capture
) -> None:
    ids = built[2]
    assert run("inventory", NAME, "--json") == 0
    items = by_id(told(capsys))
    still = {id_: item["still"] for id_, item in items.items() if item["parent"] is None}
    assert still == {
        ids["group"]: "there",
        ids["web"]: "there",
        ids["ended"]: "gone",
        ids["kept"]: "there",
        ids["owners"]: "gone",
        ids["address"]: "there",
        "shop-live": "there",
        "built-uploads": "there",
        "built-gone": "gone",
        "backdoor": "there",
    }
    assert items[ids["address"]]["region"] == SECOND
    assert [item["arn"] for item in items.values() if item["made"] is None] == []
    assert {item["made"]["by"].rsplit("/", 1)[-1] for item in items.values()} == {f"{NAME}-guest"}
    assert items[ids["owners"]]["ended"]["by"].endswith("user/owner")
    assert items[ids["ended"]]["ended"]["call"] == "ec2:TerminateInstances"
    assert items["shop-live"]["arn"].endswith(":db:shop-live")


def test_what_the_instance_brought_along_is_its_own(
    run: Run, built: tuple[Box, Path, dict[str, str]], capsys: Capture
) -> None:
    run("inventory", NAME, "--json")
    items = by_id(told(capsys))
    web = items[built[2]["web"]]
    brought = {item["type"] for item in items.values() if item["parent"] == web["arn"]}
    assert brought == {"ec2:volume", "ec2:network-interface"}


def test_the_page_fits_and_the_document_is_written_whole_and_inert(
    run: Run, built: tuple[Box, Path, dict[str, str]], capsys: Capture
) -> None:
    path = built[1] / "out" / "deployed.md"
    assert run("inventory", "pass.yaml", "--document", str(path)) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "\u202e" not in shown
    text = path.read_text(encoding="utf-8")
    assert "\u202e" not in text
    assert "![x](y)" not in text
    assert f'["{SECOND}"]' in text
    assert built[2]["address"] in text
    assert [each.name for each in path.parent.iterdir()] == ["deployed.md"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_the_guests_list_is_held_against_it_and_a_difference_is_a_no(
    run: Run, built: tuple[Box, Path, dict[str, str]], capsys: Capture
) -> None:
    ids = built[2]
    rows = [f"| x | {ids[each]} | {REGION} | | | |" for each in ("group", "web", "kept")]
    rows += [
        "| db | shop-live | | | | |",
        "| never | i-0123456789abcdef0 | | | | |",
        "| x | my notes, see | | | | |",
    ]
    path = built[1] / "list.md"
    path.write_text("\n".join((FORM, RULE, *rows)), encoding="utf-8")
    assert run("inventory", NAME, "--compare", str(path), "--json") == 3
    difference = told(capsys)["difference"]
    # NOTE: the box keeps the interface of a terminated instance, so that is found too
    arns = sorted(arn.split(":", 5)[-1] for arn in difference["unlisted"] if ":network-interface/" not in arn)
    assert arns == ["built-uploads", f"elastic-ip/{ids['address']}", "user/backdoor"]
    assert [each["line"] for each in difference["unfound"]] == [7]
    assert [each["line"] for each in difference["unread"]] == [8]


def test_its_own_document_handed_in_again_differs_in_nothing(
    run: Run, built: tuple[Box, Path, dict[str, str]], capsys: Capture
) -> None:
    path = built[1] / "again.md"
    assert run("inventory", NAME, "--document", str(path)) == 0
    assert run("inventory", NAME, "--compare", str(path)) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("text", "says"),
    [(b"I made everything you asked for.\n", "holds no table"), (b"\xff\xfe\x00", "is no text")],
)
def test_a_list_that_is_prose_or_no_text_stops_with_what_was_expected(
    run: Run, built: tuple[Box, Path, dict[str, str]], capsys: Capture, text: bytes, says: str
) -> None:
    path = built[1] / "prose.md"
    path.write_bytes(text)
    assert run("inventory", NAME, "--compare", str(path)) == 2
    # a long path makes the message wrap
    shown = "".join(capsys.readouterr().err.split())
    assert "".join(says.split()) in shown
    assert "prose.md" in shown


def test_a_pass_that_nobody_knows_is_an_error_of_input(run: Run, capsys: Capture) -> None:
    assert run("inventory", "no-such-pass") == 2
    assert "no pass `no-such-pass`" in capsys.readouterr().err

"""No statement of what we write is idle: a whole site is built, run and taken down, and without any one of them it is not.

The box says of every check which statements allowed it. A statement is needed if it stood alone somewhere: then taking it
away refuses that call. `make test-long` takes each away for real, and the same clients are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guestpass.loan import Pass
from guestpass.loan.agreement import Also, Taken
from guestpass.loan.job import job_policies
from guestpass.loan.wall import instance_job_document, instance_wall_document, wall_document
from guestpass.local import Box
from journeys.full_job import FullJob, Recorder, as_the_site, pass_of, site_work
from journeys.harness import Loan
from local.speaking import client_of

pytestmark = pytest.mark.journey


def options_on(box: Box, names: tuple[str, ...]) -> tuple[Taken, ...]:
    """What the owner has prepared for the options: a zone, a certificate, a sender."""
    taken: list[Taken] = []
    for name in names:
        says: tuple[tuple[str, tuple[str, ...]], ...] = ()
        if name == "dns":
            zone = client_of(box, box.owner, "route53", "us-east-1").create_hosted_zone(
                Name="example.org", CallerReference=f"{len(taken)}"
            )["HostedZone"]["Id"]
            says = (("zone", (zone.removeprefix("/hostedzone/"),)), ("names", ("shop.example.org",)))
        if name == "certificate":
            arn = client_of(box, box.owner, "acm").request_certificate(
                DomainName="shop.example.org", ValidationMethod="DNS"
            )["CertificateArn"]
            says = (("arn", (arn,)),)
        if name == "mail":
            client_of(box, box.owner, "sesv2").create_email_identity(EmailIdentity="example.org")
            says = (("domain", ("example.org",)),)
        taken.append(Taken(option=name, says=says))
    return tuple(taken)


def allows_of(pass_: Pass) -> Iterator[tuple[str, str, str]]:
    """Every Allow that is written for a pass: (layer, whose policy, Sid)."""
    written: list[tuple[str, str, Any]] = [
        *(("identity", "guest", document) for _, document in job_policies(pass_)),
        ("boundary", "guest", wall_document(pass_)),
        ("identity", "site", instance_job_document(pass_)),
        ("boundary", "site", instance_wall_document(pass_)),
    ]
    for layer, who, document in written:
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                yield layer, who, statement["Sid"]


def alone_in(checks: Iterator[dict[str, Any]]) -> set[tuple[str, str]]:
    """(layer, Sid) of the statements that stood alone in allowing some check."""
    alone: set[tuple[str, str]] = set()
    for check in checks:
        assert check["kind"] == "allowed", check
        for layer in check["layers"]:
            labels = {each["statement"] for each in layer["allowed_by"]}
            if len(labels) == 1:
                alone.add((layer["layer"], labels.pop()))
    return alone


CASES = [
    ("php-mysql", ()),
    ("php-mysql", ("uploads", "dns")),
    ("php-mysql", ("certificate", "mail")),
    ("php-mysql", ("backups",)),
    ("wordpress", ()),
]


def idle_after(box: Box, folder: Path, pass_: Pass) -> list[str]:
    """Lend, let the whole job be done, and say which statements stood alone nowhere."""
    loan = Loan(box, pass_, folder)
    loan.do("guard")
    loan.do("grant")
    guest = Recorder(box=box, who=loan.guest())
    job = FullJob(loan, guest)
    # the site's own work needs its bucket, which the guest makes and takes down
    down, site = job.down, Recorder(box=box, who=as_the_site(box, loan))

    def run_and_take_down() -> None:
        site_work(site, pass_)
        down()

    job.down = run_and_take_down  # type: ignore[method-assign]
    job.do()
    alone = {"guest": alone_in(guest.checks()), "site": alone_in(site.checks())}
    return [
        f"{sid} ({who}'s {layer})" for layer, who, sid in allows_of(pass_) if (layer, sid) not in alone[who]
    ]


@pytest.mark.parametrize(("blueprint", "names"), CASES, ids=["-".join((b, *n)) for b, n in CASES])
def test_a_whole_job_goes_through_and_leaves_no_statement_idle(
    fresh_box: Box, tmp_path: Path, blueprint: str, names: tuple[str, ...]
) -> None:
    pass_ = pass_of(fresh_box, "acme-shop", blueprint, options=options_on(fresh_box, names))
    assert idle_after(fresh_box, tmp_path, pass_) == []
    nothing_left(fresh_box, pass_)


def test_what_nobody_needs_is_named_as_idle(fresh_box: Box, tmp_path: Path) -> None:
    """The same measure on a pass to which the owner added what the job has no use for."""
    also = Also(actions=("sqs:ListQueues",), on=("*",), why="nobody knows")
    pass_ = pass_of(fresh_box, "acme-shop", "php-mysql", also=(also,))
    assert idle_after(fresh_box, tmp_path, pass_) == [
        "AlsoListQueues (guest's identity)",
        "AlsoListQueues (guest's boundary)",
    ]


def nothing_left(box: Box, pass_: Pass) -> None:
    """The guest's own teardown took everything down that was built."""
    ec2, mine = client_of(box, box.owner, "ec2"), [{"Name": "tag:guestpass", "Values": [pass_.name]}]
    assert ec2.describe_volumes(Filters=mine)["Volumes"] == []
    assert ec2.describe_addresses(Filters=mine)["Addresses"] == []
    assert ec2.describe_security_groups(Filters=mine)["SecurityGroups"] == []
    assert client_of(box, box.owner, "rds").describe_db_instances()["DBInstances"] == []
    assert not [
        each["Name"]
        for each in client_of(box, box.owner, "s3").list_buckets()["Buckets"]
        if each["Name"].startswith(f"{pass_.name}-")
    ]


@pytest.mark.long
@pytest.mark.parametrize("blueprint", ["php-mysql", "wordpress"])
def test_without_any_one_statement_the_same_clients_are_refused(
    fresh_box: Box, tmp_path: Path, blueprint: str
) -> None:
    """One box, a pass a statement: the owner takes it out of the policy, and the job stops with AWS's refusal."""
    iam = client_of(fresh_box, fresh_box.owner, "iam")
    model = pass_of(fresh_box, "acme-0", blueprint)
    for number, (layer, who, sid) in enumerate(allows_of(model)):
        pass_ = pass_of(fresh_box, f"acme-{number}", blueprint)
        loan = Loan(fresh_box, pass_, tmp_path)
        loan.do("guard")
        loan.do("grant")
        _take_out(iam, pass_, layer, who, sid)
        job = FullJob(loan, Recorder(box=fresh_box, who=loan.guest()))
        site, down = Recorder(box=fresh_box, who=as_the_site(fresh_box, loan)), job.down

        def run_and_take_down(site: Recorder = site, pass_: Pass = pass_, down: Any = down) -> None:
            site_work(site, pass_)
            down()

        job.down = run_and_take_down  # type: ignore[method-assign]
        with pytest.raises(ClientError) as caught:
            job.do()
        code = caught.value.response["Error"]["Code"]
        assert code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), (
            who,
            layer,
            sid,
            code,
        )
        _sweep(fresh_box, pass_)


def _take_out(iam: Any, pass_: Pass, layer: str, who: str, sid: str) -> None:
    """Give the policy that holds the statement a default version without it."""
    names = {
        ("identity", "guest"): [name for name, _ in job_policies(pass_)],
        ("boundary", "guest"): [f"{pass_.name}-wall"],
        ("identity", "site"): [f"{pass_.name}-instance-job"],
        ("boundary", "site"): [f"{pass_.name}-instance-wall"],
    }[layer, who]
    for name in names:
        arn = f"arn:aws:iam::{pass_.account}:policy/guestpass/{pass_.name}/{name}"
        document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
        left = [each for each in document["Statement"] if each["Sid"] != sid]
        if len(left) < len(document["Statement"]):
            iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=json.dumps({**document, "Statement": left}), SetAsDefault=True
            )
            return
    raise AssertionError(sid)


def _sweep(box: Box, pass_: Pass) -> None:
    """Take away what a job that was stopped left behind, so that the next has room."""
    ec2, rds = client_of(box, box.owner, "ec2"), client_of(box, box.owner, "rds")
    mine = [{"Name": "tag:guestpass", "Values": [pass_.name]}]
    running = [
        instance["InstanceId"]
        for each in ec2.describe_instances(Filters=mine)["Reservations"]
        for instance in each["Instances"]
    ]
    for address in ec2.describe_addresses(Filters=mine)["Addresses"]:
        ec2.release_address(AllocationId=address["AllocationId"])
    if running:
        try:
            ec2.terminate_instances(InstanceIds=running)
        except ClientError as error:
            # the box's EC2 loses the interface of an instance that was stopped between two calls; it goes with the box
            if error.response["Error"]["Code"] != "InvalidNetworkInterfaceID.NotFound":
                raise
    for each in rds.describe_db_instances()["DBInstances"]:
        rds.delete_db_instance(DBInstanceIdentifier=each["DBInstanceIdentifier"], SkipFinalSnapshot=True)

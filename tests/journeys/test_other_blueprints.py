"""Sites, APIs and containers are built by real clients as far as the box carries their services; where it does not is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from guestpass.loan.agreement import Job, Pass
from guestpass.local import Box
from guestpass.needs import blueprint
from journeys.full_job import Recorder, pass_of
from journeys.harness import Loan
from journeys.other_jobs import containers, serverless_api, static_site
from local.speaking import client_of, code_of

pytestmark = pytest.mark.journey
JOBS = {"static-site": static_site, "serverless-api": serverless_api, "containers": containers}
NOT_CARRIED: Mapping[str, Mapping[str, str]] = {
    "static-site": {
        "cloudfront:CreateDistributionWithTags": "AWS lists no action of this name, and no row says which it is",
        "cloudfront:GetDistribution": "no row says which distribution it touches",
    },
    "serverless-api": {
        "dynamodb:CreateTable": "no row says which table it touches",
        "lambda:CreateFunction": "no row says which function it touches",
        "apigateway:GET /restapis": "AWS lists no action of this name, and no row says which it is",
        "apigateway:POST /restapis": "AWS lists no action of this name, and no row says which it is",
    },
    "containers": {
        "ecr:CreateRepository": "no row says which repository it touches",
        "ecs:CreateCluster": "no row says which cluster it touches",
        "elasticloadbalancing:CreateLoadBalancer": "no row says which loadbalancer it touches",
    },
}
"""What the box does not carry yet, and why: it refuses a call of which nobody told it what AWS would ask. Their stories are
told to the policies alone (tests/needs/stories). A row that is added to the catalogue takes its line out of here."""


def pass_on(box: Box, name: str) -> Pass:
    """A pass for the box, with all that the blueprint warns of accepted."""
    told, base = blueprint(name), pass_of(box, "acme-shop", "php-mysql")
    job = Job(
        blueprint=name,
        database_classes=("db.t3.micro",) if "database-classes" in told.asks else (),
        accept=tuple(warned.sid for warned in told.warned),
    )
    return dataclasses.replace(base, job=job, network=base.network if "network" in told.asks else None)


@pytest.mark.parametrize("name", JOBS)
def test_a_lent_job_goes_as_far_as_the_box_carries_it(fresh_box: Box, tmp_path: Path, name: str) -> None:
    pass_ = pass_on(fresh_box, name)
    loan = Loan(fresh_box, pass_, tmp_path)
    loan.do("guard")
    loan.do("grant")
    guest = Recorder(box=fresh_box, who=loan.guest())
    stopped: dict[str, str] = {}
    carried = 0
    for says, call in JOBS[name](pass_, guest):
        try:
            call()
            carried += 1
        except ClientError as error:
            told = error.response["Error"]["Message"]
            assert "the box does not know what AWS would authorise" in told, (says, told)
            stopped[says] = told[:-1].rpartition(": ")[2]
    assert stopped == NOT_CARRIED[name]
    assert carried >= 10
    assert all(check["kind"] == "allowed" for check in guest.checks())


@pytest.mark.parametrize("name", JOBS)
def test_the_same_guest_gets_nowhere_else(fresh_box: Box, tmp_path: Path, name: str) -> None:
    pass_ = pass_on(fresh_box, name)
    loan = Loan(fresh_box, pass_, tmp_path)
    loan.do("guard")
    loan.do("grant")
    guest, owner = loan.guest(), fresh_box.owner
    client_of(fresh_box, owner, "s3").create_bucket(
        Bucket="owners-data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3, iam, logs = (client_of(fresh_box, guest, service) for service in ("s3", "iam", "logs"))
    ec2, sts = (client_of(fresh_box, guest, service) for service in ("ec2", "sts"))
    role = f"arn:aws:iam::{pass_.account}:role/guestpass/{pass_.name}/{pass_.name}-instance"
    refused = [
        code_of(s3.list_objects_v2, Bucket="owners-data"),
        code_of(s3.delete_bucket, Bucket="owners-data"),
        code_of(s3.put_bucket_policy, Bucket="owners-data", Policy="{}"),
        code_of(logs.create_log_group, logGroupName="/owners"),
        code_of(ec2.run_instances, ImageId="ami-1", MinCount=1, MaxCount=1),
        code_of(iam.create_user, UserName="helper"),
        code_of(iam.create_access_key, UserName=f"{pass_.name}-guest"),
        code_of(sts.assume_role, RoleArn=role, RoleSessionName="guest"),
        code_of(client_of(fresh_box, guest, "logs", "us-west-2").describe_log_groups),
    ]
    assert set(refused) <= {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}, refused

"""The site's instances keep their logs and read their own settings: whoever enters one holds no more than that."""

from __future__ import annotations

import pytest

from guestpass.access import Allowed, Context, Denied, Layers, Request, RoleSession, evaluate, read_policy
from guestpass.loan import Names
from guestpass.loan.wall import instance_job_document, instance_wall_document
from loan.story import NOW, OWNER, REGION, a_pass

NAMES = Names.of_pass(a_pass())
LOGS = f"arn:aws:logs:{REGION}:{OWNER}:log-group:/guestpass/acme-shop/web"
SETTINGS = f"arn:aws:ssm:{REGION}:{OWNER}:parameter/guestpass/acme-shop"
JOB = read_policy(instance_job_document(a_pass()), kind="identity", name="job")
WALL = read_policy(instance_wall_document(a_pass()), kind="boundary", name="wall")
EVERYTHING = read_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    kind="identity",
    name="everything",
)


def asked(action: str, resource: str, *, region: str = REGION, year: int = NOW.year) -> Request:
    return Request(
        principal=RoleSession(
            arn=f"arn:aws:sts::{OWNER}:assumed-role/{NAMES.instance_role}/i-0aaaaaaa",
            role_arn=NAMES.instance_role_arn,
            account=OWNER,
        ),
        action=action,
        resource=resource,
        context=Context.of(
            {
                "aws:RequestedRegion": region,
                "aws:CurrentTime": f"{year}-12-01T00:00:00Z",
                "aws:ViaAWSService": "false",
            }
        ),
        resource_account=OWNER,
    )


SITE = [
    ("logs:CreateLogGroup", f"{LOGS}:*"),
    ("logs:DescribeLogStreams", f"{LOGS}:*"),
    ("logs:CreateLogStream", f"{LOGS}:log-stream:i-0aaaaaaa"),
    ("logs:PutLogEvents", f"{LOGS}:log-stream:i-0aaaaaaa"),
    ("ssm:GetParameter", f"{SETTINGS}/database-password"),
    ("ssm:GetParametersByPath", f"{SETTINGS}/live"),
]


@pytest.mark.parametrize(("action", "resource"), SITE)
def test_the_site_runs_within_its_wall_long_after_the_guest_is_gone(action: str, resource: str) -> None:
    layers = Layers(identity=(JOB,), boundary=(WALL,))
    assert isinstance(evaluate(asked(action, resource, year=NOW.year + 20), layers), Allowed)


@pytest.mark.parametrize(
    ("action", "resource", "region"),
    [
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{OWNER}:parameter/production/password", REGION),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{OWNER}:parameter/guestpass/acme-shop-2/x", REGION),
        ("ssm:PutParameter", f"{SETTINGS}/database-password", REGION),
        ("ssm:SendCommand", f"arn:aws:ec2:{REGION}:{OWNER}:instance/i-0ddddddd", REGION),
        ("logs:DeleteLogGroup", f"{LOGS}:*", REGION),
        ("logs:GetLogEvents", f"arn:aws:logs:{REGION}:{OWNER}:log-group:/owner/app:log-stream:x", REGION),
        ("logs:PutLogEvents", f"{LOGS}:log-stream:x".replace(REGION, "us-east-1"), "us-east-1"),
        ("s3:GetObject", "arn:aws:s3:::anything/x", REGION),
        ("iam:CreateUser", f"arn:aws:iam::{OWNER}:user/helper", "us-east-1"),
        ("sts:AssumeRole", f"arn:aws:iam::{OWNER}:role/admin", REGION),
        ("ec2:RunInstances", f"arn:aws:ec2:{REGION}:{OWNER}:instance/*", REGION),
    ],
)
def test_even_with_a_job_of_everything_an_instance_does_nothing_else(
    action: str, resource: str, region: str
) -> None:
    answer = evaluate(
        asked(action, resource, region=region), Layers(identity=(EVERYTHING,), boundary=(WALL,))
    )
    assert isinstance(answer, Denied)
    assert next(layer.outcome for layer in answer.trace if layer.layer == "boundary") != "allows"

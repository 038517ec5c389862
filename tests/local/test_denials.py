"""How a no is said: in each protocol's shape, in AWS's words, and with the statement behind it."""

from __future__ import annotations

from typing import Any

import pytest

from guestpass.local import Box
from local.speaking import Client, allow, deny, document, error_of


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "status"),
    [
        ("iam", "create_user", {"UserName": "x"}, "AccessDenied", 403),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": "x"}, "AccessDenied", 403),
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, "UnauthorizedOperation", 403),
        ("cloudtrail", "stop_logging", {"Name": "x"}, "AccessDeniedException", 400),
        ("lambda", "list_functions", {}, "AccessDeniedException", 403),
        ("s3", "create_bucket", {"Bucket": "denied-bucket"}, "AccessDenied", 403),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_denial_has_its_protocols_shape(
    new_user: Any,
    client: Client,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    code: str,
    status: int,
) -> None:
    nobody = new_user(f"nobody-{service}")
    refused = error_of(getattr(client(nobody, service, "us-east-1"), operation), **parameters)
    assert refused["Error"]["Code"] == code
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == status
    assert refused["ResponseMetadata"]["RequestId"]


def test_a_denial_names_caller_action_resource_and_layer(new_user: Any, client: Client) -> None:
    ann = new_user("worded-ann", allow("iam:CreateUser", "arn:aws:iam::*:user/a*"), deny("iam:DeleteUser"))
    iam = client(ann, "iam")
    start = "User: arn:aws:iam::123456789012:user/worded-ann is not authorized to perform: "
    assert error_of(iam.create_user, UserName="bob")["Error"]["Message"] == (
        f"{start}iam:CreateUser on resource: arn:aws:iam::123456789012:user/bob because no identity-based "
        "policy allows the iam:CreateUser action"
    )
    assert error_of(iam.delete_user, UserName="owner")["Error"]["Message"] == (
        f"{start}iam:DeleteUser on resource: arn:aws:iam::123456789012:user/owner with an explicit deny in "
        "an identity-based policy"
    )


def test_a_decision_names_the_statement_that_refused(
    box: Box, new_user: Any, owner: Client, client: Client
) -> None:
    wall = {**deny("iam:*"), "Sid": "HandsOffIdentities"}
    arn = owner("iam").create_policy(PolicyName="hands-off", PolicyDocument=document(allow("*"), wall))
    ann = new_user("decided-ann", allow("*"), PermissionsBoundary=arn["Policy"]["Arn"])
    refused = error_of(client(ann, "iam").create_user, UserName="bob")
    told = box.decision(refused["ResponseMetadata"]["RequestId"])
    assert told["allowed"] is False
    check = told["checks"][-1]
    assert check["action"] == "iam:CreateUser"
    assert check["kind"] == "denied-explicit"
    assert check["by"] == [
        {"layer": "boundary", "policy": "hands-off", "statement": "HandsOffIdentities", "index": 1}
    ]
    assert "explicit deny in a permissions boundary" in refused["Error"]["Message"]


def test_an_allowed_call_is_explained_too(box: Box, owner: Client) -> None:
    answer = owner("iam").list_users()
    told = box.decision(answer["ResponseMetadata"]["RequestId"])
    assert told["allowed"]
    assert told["checks"][0]["by"][0]["policy"] == "AdministratorAccess"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("delete_user", {"UserName": "full-ann"}),
        ("delete_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ],
)
def test_what_still_holds_things_is_not_deleted(
    owner: Client, new_user: Any, operation: str, parameters: dict[str, Any]
) -> None:
    iam = owner("iam")
    if operation == "delete_user":
        new_user("full-ann")
    refused = error_of(getattr(iam, operation), **parameters)["Error"]
    assert refused["Code"] in {"DeleteConflict", "AccessDenied"}


def test_each_child_of_a_user_keeps_it_from_being_deleted(owner: Client) -> None:
    iam, name = owner("iam"), "childish"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName=name, Password="a long enough password")
    special = iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
    special_id = special["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    listed = iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]
    assert [one["ServiceSpecificCredentialId"] for one in listed] == [special_id]
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(allow("s3:*")))
    undo = [
        (iam.delete_access_key, {"UserName": name, "AccessKeyId": key}),
        (iam.delete_login_profile, {"UserName": name}),
        (
            iam.delete_service_specific_credential,
            {"UserName": name, "ServiceSpecificCredentialId": special_id},
        ),
        (iam.delete_user_policy, {"UserName": name, "PolicyName": "p"}),
    ]
    for call, parameters in undo:
        assert error_of(iam.delete_user, UserName=name)["Error"]["Code"] == "DeleteConflict"
        call(**parameters)
    iam.delete_user(UserName=name)
    assert error_of(iam.get_user, UserName=name)["Error"]["Code"] == "NoSuchEntity"

"""Who calls: signatures, keys and sessions are believed only when they are right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from guestpass.local import Box
from local.speaking import Client, allow, client_of, code_of, document, session_of, trust

SHAPES = [
    ("sts", "get_caller_identity", {}),
    ("ec2", "describe_vpcs", {}),
    ("cloudtrail", "describe_trails", {}),
    ("s3", "list_buckets", {}),
    ("lambda", "list_functions", {}),
]


@pytest.mark.parametrize(
    ("shape", "code"),
    list(
        zip(
            SHAPES,
            [
                "SignatureDoesNotMatch",
                "AuthFailure",
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                "InvalidSignatureException",
            ],
            strict=True,
        )
    ),
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_a_wrong_secret_is_refused_in_the_words_of_each_protocol(
    box: Box, shape: tuple[str, str, dict[str, Any]], code: str
) -> None:
    service, operation, parameters = shape
    wrong = replace(box.owner, secret_access_key="wrong" * 8)
    assert code_of(getattr(client_of(box, wrong, service), operation), **parameters) == code


@pytest.mark.parametrize(
    ("shape", "code"),
    list(
        zip(
            SHAPES,
            [
                "InvalidClientTokenId",
                "AuthFailure",
                "UnrecognizedClientException",
                "InvalidAccessKeyId",
                "UnrecognizedClientException",
            ],
            strict=True,
        )
    ),
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_an_unknown_key_is_refused_in_the_words_of_each_protocol(
    box: Box, shape: tuple[str, str, dict[str, Any]], code: str
) -> None:
    service, operation, parameters = shape
    nobody = replace(box.owner, access_key_id="AKIAXXXXXXXXXXXXXXXX")
    assert code_of(getattr(client_of(box, nobody, service), operation), **parameters) == code


@pytest.mark.parametrize("service", ["sts", "ec2", "cloudtrail", "s3"])
def test_an_unsigned_call_is_refused(box: Box, service: str) -> None:
    import boto3

    client = boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=box.endpoint_url,
        config=Config(signature_version=UNSIGNED),
    )
    operation = {"sts": "get_caller_identity", "ec2": "describe_vpcs", "cloudtrail": "describe_trails"}
    code = code_of(getattr(client, operation.get(service, "list_buckets")))
    expected = {"s3": "AccessDenied", "cloudtrail": "MissingAuthenticationTokenException"}
    assert code == expected.get(service, "MissingAuthenticationToken")


def test_an_inactive_key_is_refused_and_an_active_one_works_again(
    box: Box, owner: Client, new_user: Any, client: Client
) -> None:
    ann = new_user("inactive-ann")
    sts = client(ann, "sts")
    assert sts.get_caller_identity()["Arn"].endswith(":user/inactive-ann")
    owner("iam").update_access_key(UserName="inactive-ann", AccessKeyId=ann.access_key_id, Status="Inactive")
    assert code_of(sts.get_caller_identity) == "InvalidClientTokenId"
    owner("iam").update_access_key(UserName="inactive-ann", AccessKeyId=ann.access_key_id, Status="Active")
    assert sts.get_caller_identity()["Account"] == box.owner.account


def test_a_deleted_key_is_refused(owner: Client, new_user: Any, client: Client) -> None:
    ann = new_user("deleted-ann")
    owner("iam").delete_access_key(UserName="deleted-ann", AccessKeyId=ann.access_key_id)
    assert code_of(client(ann, "sts").get_caller_identity) == "InvalidClientTokenId"


def test_a_session_ends_when_the_clock_passes_its_end(box: Box, owner: Client, client: Client) -> None:
    session = session_of(owner("sts").get_session_token(DurationSeconds=900), box.owner.account)
    sts = client(session, "sts")
    assert sts.get_caller_identity()["Arn"].endswith(":user/owner")
    box.move_clock(seconds=901)
    assert code_of(sts.get_caller_identity) == "ExpiredToken"
    assert code_of(client(session, "ec2").describe_vpcs) == "RequestExpired"
    assert code_of(client(session, "cloudtrail").describe_trails) == "ExpiredTokenException"
    assert code_of(client(session, "s3").list_buckets) == "ExpiredToken"


def test_a_session_needs_its_own_token(box: Box, owner: Client, client: Client) -> None:
    session = session_of(owner("sts").get_session_token(), box.owner.account)
    other = session_of(owner("sts").get_session_token(), box.owner.account)
    swapped = replace(session, session_token=other.session_token)
    bare = replace(session, session_token=None)
    assert code_of(client(swapped, "sts").get_caller_identity) == "InvalidClientTokenId"
    assert code_of(client(bare, "sts").get_caller_identity) == "InvalidClientTokenId"


def test_a_long_term_key_takes_no_token(box: Box, client: Client) -> None:
    assert code_of(client(replace(box.owner, session_token="x"), "sts").get_caller_identity) == (
        "InvalidClientTokenId"
    )


def test_a_session_outlives_its_key_and_dies_with_its_user(
    box: Box, owner: Client, new_user: Any, client: Client
) -> None:
    ann = new_user("leaving-ann")
    session = session_of(client(ann, "sts").get_session_token(), box.owner.account)
    owner("iam").delete_access_key(UserName="leaving-ann", AccessKeyId=ann.access_key_id)
    assert client(session, "sts").get_caller_identity()["Arn"].endswith(":user/leaving-ann")
    owner("iam").delete_user(UserName="leaving-ann")
    assert code_of(client(session, "sts").get_caller_identity) == "InvalidClientTokenId"


def test_a_role_session_dies_with_its_role_even_if_the_name_comes_back(
    box: Box, owner: Client, client: Client
) -> None:
    iam, trusted = owner("iam"), trust({"AWS": f"arn:aws:iam::{box.owner.account}:root"})
    arn = iam.create_role(RoleName="phoenix", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    session = session_of(owner("sts").assume_role(RoleArn=arn, RoleSessionName="first"), box.owner.account)
    assert client(session, "sts").get_caller_identity()["Arn"].endswith("assumed-role/phoenix/first")
    iam.delete_role(RoleName="phoenix")
    iam.create_role(RoleName="phoenix", AssumeRolePolicyDocument=trusted)
    assert code_of(client(session, "sts").get_caller_identity) == "InvalidClientTokenId"


def test_root_is_known_by_its_arn(box: Box, client: Client) -> None:
    identity = client(box.root, "sts").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{box.root.account}:root"
    assert client(box.root, "iam").list_users()["Users"]


def test_the_guests_own_account_is_another_account(box: Box, client: Client) -> None:
    assert client(box.guest_account, "sts").get_caller_identity()["Account"] == "210987654321"
    names = {user["UserName"] for user in client(box.guest_account, "iam").list_users()["Users"]}
    # other tests add users to either account; neither account sees the other's
    assert "guest" in names
    assert "owner" not in names


def test_sessions_of_get_session_token_reach_no_iam(box: Box, owner: Client, client: Client) -> None:
    session = session_of(owner("sts").get_session_token(), box.owner.account)
    assert code_of(client(session, "iam").list_users) == "InvalidClientTokenId"
    assert code_of(client(session, "sts").get_session_token) == "AccessDenied"


def test_a_users_last_use_of_a_key_is_known(owner: Client, new_user: Any, client: Client) -> None:
    ann = new_user("used-ann")
    client(ann, "sts").get_caller_identity()
    used = owner("iam").get_access_key_last_used(AccessKeyId=ann.access_key_id)
    assert used["UserName"] == "used-ann"
    assert used["AccessKeyLastUsed"]["ServiceName"] == "sts"


def test_an_mfa_session_needs_the_devices_own_code(
    box: Box, owner: Client, new_user: Any, client: Client
) -> None:
    from guestpass.local.native.sts import totp

    ann = new_user("mfa-ann", allow("iam:ListUsers", Bool={"aws:MultiFactorAuthPresent": "true"}))
    iam = owner("iam")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="mfa-ann")["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
    iam.enable_mfa_device(
        UserName="mfa-ann", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    sts = client(ann, "sts")
    right = totp(seed, box.now())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    if wrong not in {totp(seed, box.now() + timedelta(seconds=step)) for step in (-30, 0, 30)}:
        assert code_of(sts.get_session_token, SerialNumber=serial, TokenCode=wrong) == "AccessDenied"
    session = session_of(
        sts.get_session_token(SerialNumber=serial, TokenCode=totp(seed, box.now())), box.owner.account
    )
    assert code_of(client(ann, "iam").list_users) == "AccessDenied"
    assert client(session, "iam").list_users()["Users"]


def test_no_document_reaches_sts_that_is_no_policy(box: Box, owner: Client) -> None:
    sts = owner("sts")
    assert code_of(sts.get_federation_token, Name="fred", Policy="[]") == "MalformedPolicyDocument"
    assert code_of(sts.get_federation_token, Name="fred", Policy="{") == "MalformedPolicyDocument"
    too_long = document(allow("s3:*", [f"arn:aws:s3:::{'x' * 60}{i}" for i in range(60)]))
    assert code_of(sts.get_federation_token, Name="fred", Policy=too_long) in {
        "ValidationError",
        "ParamValidationError",
    }


def test_a_region_that_is_none_is_refused(box: Box, client: Client) -> None:
    assert code_of(client(box.owner, "sts", "mars-north-1").get_caller_identity) == "SignatureDoesNotMatch"
    assert code_of(client(box.owner, "ec2", "mars-north-1").describe_vpcs) == "AuthFailure"

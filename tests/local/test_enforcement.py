"""What a caller may do: policies, boundaries, sessions, trust, buckets, time and place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from guestpass.local import Box, Credentials
from local.speaking import Client, allow, client_of, code_of, deny, document, error_of, session_of, trust

NewUser = Callable[..., Credentials]
TAGGED = {"aws:RequestTag/guestpass": "acme"}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What instances are launched on."""

    image: str
    subnet: str
    other_subnet: str
    group: str
    vpc: str


@pytest.fixture(scope="module")
def ground(shared_box: Box) -> Ground:
    ec2 = client_of(shared_box, shared_box.owner, "ec2")
    subnets = ec2.describe_subnets()["Subnets"]
    groups = ec2.describe_security_groups()["SecurityGroups"]
    return Ground(
        image="ami-0a1c0de0000000001",
        subnet=subnets[0]["SubnetId"],
        other_subnet=subnets[1]["SubnetId"],
        group=groups[0]["GroupId"],
        vpc=subnets[0]["VpcId"],
    )


def launch(ground: Ground, **more: Any) -> dict[str, Any]:
    """Parameters of a launch with a tag on the instance and its volume."""
    tags = [{"Key": "guestpass", "Value": "acme"}]
    return {
        "ImageId": ground.image,
        "InstanceType": "t3.micro",
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": ground.subnet,
        "SecurityGroupIds": [ground.group],
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": tags},
            {"ResourceType": "volume", "Tags": tags},
        ],
        **more,
    }


def launcher(ground: Ground) -> list[dict[str, Any]]:
    """Statements that let exactly `launch(ground)` through, each resource for itself."""
    own = "arn:aws:ec2:eu-west-1:123456789012"
    created = [f"{own}:instance/*", f"{own}:volume/*", f"{own}:network-interface/*"]
    used = [
        f"{own}:subnet/{ground.subnet}",
        f"{own}:security-group/{ground.group}",
        f"{own}:network-interface/*",
    ]
    return [
        allow(
            "ec2:RunInstances",
            f"{own}:instance/*",
            StringEquals=TAGGED | {"ec2:InstanceType": "t3.micro"},
        ),
        allow("ec2:RunInstances", f"{own}:volume/*", StringEquals=TAGGED),
        allow("ec2:RunInstances", used),
        allow("ec2:RunInstances", "arn:aws:ec2:*::image/*", StringEquals={"ec2:Owner": "amazon"}),
        allow("ec2:CreateTags", created, StringEquals=TAGGED | {"ec2:CreateAction": "RunInstances"}),
    ]


def without(statements: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """The statements that do not speak of `words`."""
    kept = [statement for statement in statements if words not in json.dumps(statement)]
    assert len(kept) < len(statements)
    return kept


def test_a_launch_needs_each_resource_it_touches(
    box: Box, new_user: NewUser, client: Client, ground: Ground
) -> None:
    ann = new_user("launch-ann", *launcher(ground))
    ec2 = client(ann, "ec2")
    instance = ec2.run_instances(**launch(ground))["Instances"][0]
    assert {tag["Key"] for tag in instance["Tags"]} == {"guestpass"}
    assert (
        code_of(ec2.run_instances, **launch(ground, SubnetId=ground.other_subnet)) == "UnauthorizedOperation"
    )


@pytest.mark.parametrize(
    "needed", [":subnet/", ":volume/*", ":security-group/", "::image/*", "ec2:InstanceType", "ec2:CreateTags"]
)
def test_a_launch_fails_without_any_one_of_them(
    new_user: NewUser, client: Client, ground: Ground, needed: str
) -> None:
    name = "lack-" + "".join(letter for letter in needed if letter.isalnum())
    ann = new_user(name, *without(launcher(ground), needed))
    refused = error_of(client(ann, "ec2").run_instances, **launch(ground))
    assert refused["Error"]["Code"] == "UnauthorizedOperation"
    expected = "ec2:CreateTags" if needed == "ec2:CreateTags" else "ec2:RunInstances"
    assert expected in refused["Error"]["Message"]


def test_a_launch_that_is_too_large_untagged_or_wrongly_tagged_is_refused(
    new_user: NewUser, client: Client, ground: Ground
) -> None:
    ec2 = client(new_user("large-ann", *launcher(ground)), "ec2")
    assert code_of(ec2.run_instances, **launch(ground, InstanceType="m5.24xlarge")) == "UnauthorizedOperation"
    assert code_of(ec2.run_instances, **launch(ground, TagSpecifications=[])) == "UnauthorizedOperation"
    wrong = [{"ResourceType": "instance", "Tags": [{"Key": "guestpass", "Value": "other"}]}]
    assert code_of(ec2.run_instances, **launch(ground, TagSpecifications=wrong)) == "UnauthorizedOperation"


def test_a_dry_run_tells_the_truth_and_launches_nothing(
    new_user: NewUser, client: Client, owner: Client, ground: Ground
) -> None:
    ec2 = client(new_user("dry-ann", *launcher(ground)), "ec2")
    before = len(owner("ec2").describe_instances()["Reservations"])
    assert code_of(ec2.run_instances, **launch(ground, DryRun=True)) == "DryRunOperation"
    large = launch(ground, DryRun=True, InstanceType="m5.large")
    assert code_of(ec2.run_instances, **large) == "UnauthorizedOperation"
    assert len(owner("ec2").describe_instances()["Reservations"]) == before


def test_an_instance_profile_needs_pass_role_on_the_role_inside(
    box: Box, new_user: NewUser, client: Client, owner: Client, ground: Ground
) -> None:
    iam = owner("iam")
    for name in ("passed", "privileged"):
        iam.create_role(
            RoleName=f"{name}-role",
            Path="/guestpass/acme/",
            AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}),
        )
        iam.create_instance_profile(InstanceProfileName=f"{name}-profile")
        iam.add_role_to_instance_profile(InstanceProfileName=f"{name}-profile", RoleName=f"{name}-role")
    role = f"arn:aws:iam::{box.owner.account}:role/guestpass/acme/passed-role"
    bare = client(new_user("bare-ann", *launcher(ground)), "ec2")
    refused = error_of(bare.run_instances, **launch(ground, IamInstanceProfile={"Name": "passed-profile"}))
    assert "iam:PassRole" in refused["Error"]["Message"]
    assert role in refused["Error"]["Message"]
    may_pass = allow("iam:PassRole", role, StringEquals={"iam:PassedToService": "ec2.amazonaws.com"})
    may_stop = allow("ec2:StopInstances", "*", StringEquals={"aws:ResourceTag/guestpass": "acme"})
    ec2 = client(new_user("pass-ann", *launcher(ground), may_pass, may_stop), "ec2")
    made = ec2.run_instances(**launch(ground, IamInstanceProfile={"Name": "passed-profile"}))
    # an instance with a profile is as well known as one without
    assert ec2.stop_instances(InstanceIds=[made["Instances"][0]["InstanceId"]])["StoppingInstances"]
    assert made["Instances"][0]["IamInstanceProfile"]["Arn"].endswith("/passed-profile")
    other = launch(ground, IamInstanceProfile={"Name": "privileged-profile"})
    assert code_of(ec2.run_instances, **other) == "UnauthorizedOperation"
    elsewhere = allow("iam:PassRole", role, StringEquals={"iam:PassedToService": "lambda.amazonaws.com"})
    third = client(new_user("else-ann", *launcher(ground), elsewhere), "ec2")
    wrong_service = launch(ground, IamInstanceProfile={"Name": "passed-profile"})
    assert code_of(third.run_instances, **wrong_service) == "UnauthorizedOperation"


def test_only_things_with_the_tag_are_touched_and_none_is_adopted(
    new_user: NewUser, client: Client, owner: Client, ground: Ground
) -> None:
    tagged = {"aws:ResourceTag/guestpass": "acme"}
    ann = new_user(
        "tag-ann",
        allow(["ec2:TerminateInstances", "ec2:StopInstances"], "*", StringEquals=tagged),
        allow("ec2:CreateTags", "*", StringEquals={"ec2:CreateAction": "RunInstances"}),
    )
    launched = owner("ec2").run_instances(**launch(ground))["Instances"][0]["InstanceId"]
    older = owner("ec2").run_instances(**launch(ground, TagSpecifications=[]))["Instances"][0]["InstanceId"]
    ec2 = client(ann, "ec2")
    assert code_of(ec2.stop_instances, InstanceIds=[older]) == "UnauthorizedOperation"
    assert code_of(ec2.terminate_instances, InstanceIds=[launched, older]) == "UnauthorizedOperation"
    adopt = {"Resources": [older], "Tags": [{"Key": "guestpass", "Value": "acme"}]}
    assert code_of(ec2.create_tags, **adopt) == "UnauthorizedOperation"
    assert ec2.terminate_instances(InstanceIds=[launched])["TerminatingInstances"]


def test_a_group_of_the_network_is_known_by_its_vpc(
    new_user: NewUser, client: Client, owner: Client, ground: Ground
) -> None:
    vpc = f"arn:aws:ec2:eu-west-1:123456789012:vpc/{ground.vpc}"
    ann = new_user("vpc-ann", allow("ec2:AuthorizeSecurityGroupIngress", "*", ArnEquals={"ec2:Vpc": vpc}))
    rule = {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2 = client(ann, "ec2")
    assert ec2.authorize_security_group_ingress(GroupId=ground.group, IpPermissions=[rule])["Return"]
    other = owner("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    strange = owner("ec2").create_security_group(GroupName="o", Description="o", VpcId=other)["GroupId"]
    assert (
        code_of(ec2.authorize_security_group_ingress, GroupId=strange, IpPermissions=[rule])
        == "UnauthorizedOperation"
    )


def test_regions_are_held_apart(new_user: NewUser, client: Client) -> None:
    here = {"aws:RequestedRegion": ["eu-west-1"]}
    ann = new_user("region-ann", allow("*"), deny("ec2:*", StringNotEquals=here))
    assert client(ann, "ec2").describe_vpcs()["Vpcs"]
    assert code_of(client(ann, "ec2", "us-west-2").describe_vpcs) == "UnauthorizedOperation"


def test_a_client_cannot_talk_itself_into_another_region(box: Box, new_user: NewUser, client: Client) -> None:
    ann = new_user("liar-ann", allow("*", StringEquals={"aws:RequestedRegion": "eu-west-1"}))
    ec2 = client(ann, "ec2")
    ec2.meta.events.register(
        "before-sign.ec2.*",
        lambda request, **_: request.headers.__setitem__("User-Agent", "x region/us-west-2 x"),
    )
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert {zone["RegionName"] for zone in zones} == {"eu-west-1"}


def test_a_date_that_passes_ends_what_was_allowed(box: Box, new_user: NewUser, client: Client) -> None:
    until = (box.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    past = deny("*", DateGreaterThan={"aws:CurrentTime": until})
    ann = new_user("date-ann", allow("*"), past)
    session = session_of(client(ann, "sts").get_session_token(), box.owner.account)
    assert client(ann, "ec2").describe_vpcs()["Vpcs"]
    box.move_clock(seconds=3601)
    refused = error_of(client(ann, "ec2").describe_vpcs)
    assert "explicit deny in an identity-based policy" in refused["Error"]["Message"]
    assert code_of(client(session, "ec2").describe_vpcs) == "UnauthorizedOperation"
    box.reset_clock()
    assert client(session, "ec2").describe_vpcs()["Vpcs"]


def test_the_date_of_every_answer_is_the_boxs(box: Box, owner: Client) -> None:
    from email.utils import parsedate_to_datetime

    box.move_clock(seconds=86400 * 40)
    answer = owner("sts").get_caller_identity()
    told = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    assert abs((told - box.now()).total_seconds()) < 5


def test_a_boundary_limits_and_grants_nothing(
    box: Box, new_user: NewUser, owner: Client, client: Client
) -> None:
    wall = owner("iam").create_policy(
        PolicyName="wall", PolicyDocument=document(allow(["ec2:Describe*", "iam:List*"]))
    )["Policy"]["Arn"]
    ann = new_user("wall-ann", allow(["ec2:*", "iam:ListUsers"]), PermissionsBoundary=wall)
    ec2, iam = client(ann, "ec2"), client(ann, "iam")
    assert ec2.describe_vpcs()["Vpcs"]
    assert (
        "no permissions boundary allows"
        in error_of(ec2.create_vpc, CidrBlock="10.8.0.0/16")["Error"]["Message"]
    )
    assert "no identity-based policy allows" in error_of(iam.list_roles)["Error"]["Message"]
    assert owner("iam").get_user(UserName="wall-ann")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": wall,
    }
    details = owner("iam").get_account_authorization_details(Filter=["User"])["UserDetailList"]
    bounded = {one["UserName"]: one.get("PermissionsBoundary") for one in details}
    assert bounded["wall-ann"]["PermissionsBoundaryArn"] == wall
    assert code_of(iam.delete_user_permissions_boundary, UserName="wall-ann") == "AccessDenied"
    assert code_of(owner("iam").delete_policy, PolicyArn=wall) == "DeleteConflict"
    users = owner("iam").list_entities_for_policy(PolicyArn=wall, PolicyUsageFilter="PermissionsBoundary")
    assert [one["UserName"] for one in users["PolicyUsers"]] == ["wall-ann"]
    owner("iam").delete_user_permissions_boundary(UserName="wall-ann")
    assert ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]
    owner("iam").put_user_permissions_boundary(UserName="wall-ann", PermissionsBoundary=wall)
    assert code_of(ec2.create_vpc, CidrBlock="10.8.0.0/16") == "UnauthorizedOperation"


def test_a_boundary_must_be_a_policy_that_exists(owner: Client) -> None:
    iam = owner("iam")
    nowhere = "arn:aws:iam::123456789012:policy/nowhere"
    assert code_of(iam.create_user, UserName="nowall", PermissionsBoundary=nowhere) == "NoSuchEntity"
    assert code_of(iam.get_user, UserName="nowall") == "NoSuchEntity"


def test_groups_and_managed_policies_speak_for_a_user(
    new_user: NewUser, owner: Client, client: Client
) -> None:
    ann, iam = new_user("group-ann"), owner("iam")
    iam.create_group(GroupName="readers", Path="/guestpass/")
    iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    assert code_of(client(ann, "ec2").describe_vpcs) == "UnauthorizedOperation"
    iam.add_user_to_group(GroupName="readers", UserName="group-ann")
    assert client(ann, "ec2").describe_vpcs()["Vpcs"]
    assert code_of(iam.delete_group, GroupName="readers") == "DeleteConflict"
    assert code_of(iam.delete_user, UserName="group-ann") == "DeleteConflict"


def test_source_address_transport_and_user_name_are_known(new_user: NewUser, client: Client) -> None:
    ann = new_user(
        "place-ann",
        allow("ec2:DescribeVpcs", IpAddress={"aws:SourceIp": "127.0.0.0/8"}),
        allow("ec2:DescribeSubnets", Bool={"aws:SecureTransport": "true"}),
        allow("iam:ListAccessKeys", "arn:aws:iam::*:user/${aws:username}"),
    )
    assert client(ann, "ec2").describe_vpcs()["Vpcs"]
    assert code_of(client(ann, "ec2").describe_subnets) == "UnauthorizedOperation"
    assert client(ann, "iam").list_access_keys()["AccessKeyMetadata"]
    assert code_of(client(ann, "iam").list_access_keys, UserName="owner") == "AccessDenied"


def test_a_role_in_the_same_account_is_assumed_by_whom_its_trust_names(
    box: Box, new_user: NewUser, owner: Client, client: Client
) -> None:
    account, iam = box.owner.account, owner("iam")
    named, other = new_user("trust-ann"), new_user("trust-bob", allow("sts:AssumeRole"))
    only_ann = trust({"AWS": f"arn:aws:iam::{account}:user/trust-ann"})
    role = iam.create_role(RoleName="anns", Path="/p/", AssumeRolePolicyDocument=only_ann)["Role"]["Arn"]
    iam.put_role_policy(RoleName="anns", PolicyName="job", PolicyDocument=document(allow("ec2:*")))
    session = session_of(client(named, "sts").assume_role(RoleArn=role, RoleSessionName="s1"), account)
    assert client(session, "sts").get_caller_identity()["Arn"].endswith(":assumed-role/anns/s1")
    assert client(session, "ec2").describe_vpcs()["Vpcs"]
    assert code_of(client(session, "iam").list_users) == "AccessDenied"
    assert code_of(client(other, "sts").assume_role, RoleArn=role, RoleSessionName="s1") == "AccessDenied"
    missing = role.replace("anns", "nobodys")
    assert code_of(owner("sts").assume_role, RoleArn=missing, RoleSessionName="s1") == "AccessDenied"


def test_a_role_for_another_account_needs_both_sides(box: Box, owner: Client, client: Client) -> None:
    outside = client(box.guest_account, "iam")
    outside.create_user(UserName="dev")
    key = outside.create_access_key(UserName="dev")["AccessKey"]
    dev = Credentials(
        access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"], account="210987654321"
    )
    trusted = trust(
        {"AWS": f"arn:aws:iam::{box.guest_account.account}:root"}, StringEquals={"sts:ExternalId": "acme-7"}
    )
    role = owner("iam").create_role(RoleName="lent", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    sts = client(dev, "sts")
    asked = {"RoleArn": role, "RoleSessionName": "dev", "ExternalId": "acme-7"}
    assert code_of(sts.assume_role, **asked) == "AccessDenied"
    outside.put_user_policy(
        UserName="dev", PolicyName="p", PolicyDocument=document(allow("sts:AssumeRole", role))
    )
    assert code_of(sts.assume_role, **{**asked, "ExternalId": "wrong"}) == "AccessDenied"
    session = session_of(sts.assume_role(**asked), box.owner.account)
    assert client(session, "sts").get_caller_identity()["Account"] == box.owner.account


def test_an_outsider_reaches_nothing_of_the_owners(box: Box, owner: Client, client: Client) -> None:
    owner("s3").create_bucket(
        Bucket="owners-own", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3 = client(box.guest_account, "s3")
    assert code_of(s3.list_objects_v2, Bucket="owners-own") == "AccessDenied"
    assert not client(box.guest_account, "ec2").describe_instances()["Reservations"]


def test_session_policies_narrow_and_tags_travel(box: Box, owner: Client, client: Client) -> None:
    account, iam = box.owner.account, owner("iam")
    everyone = trust({"AWS": f"arn:aws:iam::{account}:root"})
    role = iam.create_role(RoleName="narrow", AssumeRolePolicyDocument=everyone)["Role"]["Arn"]
    tagged = {"aws:PrincipalTag/team": "blue"}
    statements = [allow("ec2:*"), allow("iam:ListUsers", StringEquals=tagged)]
    iam.put_role_policy(RoleName="narrow", PolicyName="job", PolicyDocument=document(*statements))
    sts = owner("sts")
    asked = {"RoleArn": role, "RoleSessionName": "narrow"}
    narrowed = session_of(sts.assume_role(**asked, Policy=document(allow("ec2:DescribeVpcs"))), account)
    assert client(narrowed, "ec2").describe_vpcs()["Vpcs"]
    refused = error_of(client(narrowed, "ec2").describe_subnets)["Error"]["Message"]
    assert "no session policy allows" in refused
    plain = session_of(sts.assume_role(**asked), account)
    assert code_of(client(plain, "iam").list_users) == "AccessDenied"
    blue = session_of(sts.assume_role(**asked, Tags=[{"Key": "team", "Value": "blue"}]), account)
    assert client(blue, "iam").list_users()["Users"]


def test_sessions_issued_before_a_moment_can_be_revoked(box: Box, owner: Client, client: Client) -> None:
    account, iam = box.owner.account, owner("iam")
    everyone = trust({"AWS": f"arn:aws:iam::{account}:root"})
    role = iam.create_role(RoleName="revoked", AssumeRolePolicyDocument=everyone)["Role"]["Arn"]
    iam.put_role_policy(RoleName="revoked", PolicyName="job", PolicyDocument=document(allow("ec2:*")))
    asked = {"RoleArn": role, "RoleSessionName": "s1"}
    older = session_of(owner("sts").assume_role(**asked), account)
    moment = (box.now() + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    old = deny("*", DateLessThan={"aws:TokenIssueTime": moment})
    iam.put_role_policy(RoleName="revoked", PolicyName="revoke", PolicyDocument=document(old))
    assert code_of(client(older, "ec2").describe_vpcs) == "UnauthorizedOperation"
    box.move_clock(seconds=10)
    newer = session_of(owner("sts").assume_role(**asked), account)
    assert client(newer, "ec2").describe_vpcs()["Vpcs"]


def test_a_federated_session_has_what_user_and_policy_both_allow(
    box: Box, new_user: NewUser, client: Client
) -> None:
    ann = new_user("fed-ann", allow(["sts:GetFederationToken", "ec2:DescribeVpcs", "s3:ListAllMyBuckets"]))
    sts = client(ann, "sts")
    bare = session_of(sts.get_federation_token(Name="fred"), box.owner.account)
    assert client(bare, "sts").get_caller_identity()["Arn"].endswith(":federated-user/fred")
    assert code_of(client(bare, "ec2").describe_vpcs) == "UnauthorizedOperation"
    policy = document(allow("ec2:*"))
    scoped = session_of(sts.get_federation_token(Name="fred", Policy=policy), box.owner.account)
    assert client(scoped, "ec2").describe_vpcs()["Vpcs"]
    assert code_of(client(scoped, "ec2").describe_subnets) == "UnauthorizedOperation"
    assert code_of(client(scoped, "iam").list_users) == "InvalidClientTokenId"
    assert code_of(client(scoped, "sts").get_session_token) == "AccessDenied"


def test_a_bucket_policy_denies_even_the_administrator_and_admits_whom_it_names(
    box: Box, new_user: NewUser, owner: Client, client: Client
) -> None:
    ann, s3 = new_user("bucket-ann"), owner("s3")
    s3.create_bucket(Bucket="guarded", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="guarded", Key="a b/ü+c", Body=b"x" * 5000)
    assert code_of(client(ann, "s3").get_object, Bucket="guarded", Key="a b/ü+c") == "AccessDenied"
    objects = "arn:aws:s3:::guarded/*"
    arn = f"arn:aws:iam::{box.owner.account}:user/bucket-ann"
    grant = {**allow("s3:GetObject", objects), "Principal": {"AWS": arn}}
    refuse = {**deny("s3:DeleteObject", objects), "Principal": "*"}
    s3.put_bucket_policy(Bucket="guarded", Policy=document(grant, refuse))
    read = client(ann, "s3").get_object(Bucket="guarded", Key="a b/ü+c")["Body"].read()
    assert read == b"x" * 5000
    assert code_of(client(ann, "s3").put_object, Bucket="guarded", Key="k", Body=b"") == "AccessDenied"
    refused = error_of(s3.delete_object, Bucket="guarded", Key="a b/ü+c")["Error"]
    assert refused["Code"] == "AccessDenied"
    assert s3.list_objects_v2(Bucket="guarded")["KeyCount"] == 1


def test_a_key_the_box_cannot_know_refuses_with_the_reason(
    box: Box, new_user: NewUser, owner: Client, client: Client, ground: Ground
) -> None:
    bought = deny("ec2:StopInstances", StringEquals={"ec2:ProductCode": "x"})
    ann = new_user("unknown-ann", allow("ec2:*"), bought)
    instance = owner("ec2").run_instances(**launch(ground))["Instances"][0]["InstanceId"]
    ec2 = client(ann, "ec2")
    refused = error_of(ec2.stop_instances, InstanceIds=[instance])
    assert "the box cannot decide it as AWS would" in refused["Error"]["Message"]
    told = box.decision(refused["ResponseMetadata"]["RequestId"])["checks"][-1]
    assert told["kind"] == "undecided"
    assert any("ec2:ProductCode".lower() in reason.lower() for reason in told["reasons"])
    assert ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"]


def test_an_operation_nobody_can_map_is_refused_even_to_administrators(owner: Client) -> None:
    refused = error_of(owner("cloudwatch").describe_alarms)["Error"]
    assert refused["Code"] in {"AccessDenied", "AccessDeniedException"}
    assert "the box does not know what AWS would authorise" in refused["Message"]


def test_what_moto_lacks_is_said_to_be_lacking(owner: Client) -> None:
    refused = error_of(
        owner("iam").simulate_custom_policy, PolicyInputList=["{}"], ActionNames=["s3:GetObject"]
    )
    assert refused["Error"]["Code"] == "NotImplemented"
    assert "iam:SimulateCustomPolicy" in refused["Error"]["Message"]
    analyzers = error_of(owner("accessanalyzer").list_analyzers)
    assert analyzers["Error"]["Code"] == "NotImplementedException"

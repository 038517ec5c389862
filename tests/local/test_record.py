"""What is kept of a call: a CloudTrail record of every one, denied ones too, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guestpass.local import Box
from local.speaking import Client, allow, code_of, document, error_of, session_of, trust


def events(client: Any, **attribute: str) -> list[dict[str, Any]]:
    """The records LookupEvents finds by one attribute, newest first, all pages."""
    pairs = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
    found: list[dict[str, Any]] = []
    for page in client.get_paginator("lookup_events").paginate(LookupAttributes=pairs):
        found += [json.loads(event["CloudTrailEvent"]) for event in page["Events"]]
    return found


def test_a_call_is_recorded_as_cloudtrail_writes_it(box: Box, owner: Client) -> None:
    answer = owner("iam").create_user(
        UserName="recorded", Path="/guestpass/", Tags=[{"Key": "a", "Value": "b"}]
    )
    request_id = answer["ResponseMetadata"]["RequestId"]
    (record,) = [
        one
        for one in events(owner("cloudtrail", "us-east-1"), EventName="CreateUser")
        if one["requestID"] == request_id
    ]
    assert record["eventVersion"] == "1.11"
    assert record["eventSource"] == "iam.amazonaws.com"
    assert record["awsRegion"] == "us-east-1"
    assert record["readOnly"] is False
    assert record["managementEvent"] is True
    assert record["eventCategory"] == "Management"
    assert record["eventType"] == "AwsApiCall"
    assert record["sourceIPAddress"] == "127.0.0.1"
    assert record["recipientAccountId"] == box.owner.account
    assert record["requestParameters"] == {
        "userName": "recorded",
        "path": "/guestpass/",
        "tags": [{"key": "a", "value": "b"}],
    }
    assert record["responseElements"]["user"]["arn"].endswith(":user/guestpass/recorded")
    assert record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": owner("sts").get_caller_identity()["UserId"],
        "arn": f"arn:aws:iam::{box.owner.account}:user/owner",
        "accountId": box.owner.account,
        "accessKeyId": box.owner.access_key_id,
        "userName": "owner",
    }


def test_denied_calls_are_recorded_with_the_code_of_the_wire(
    new_user: Any, owner: Client, client: Client
) -> None:
    nobody = new_user("refused-nobody")
    assert code_of(client(nobody, "ec2").describe_vpcs) == "UnauthorizedOperation"
    assert code_of(client(nobody, "iam").create_user, UserName="x") == "AccessDenied"
    (vpcs,) = events(owner("cloudtrail"), Username="refused-nobody")
    assert vpcs["errorCode"] == "Client.UnauthorizedOperation"
    assert "is not authorized to perform: ec2:DescribeVpcs" in vpcs["errorMessage"]
    (user,) = events(owner("cloudtrail", "us-east-1"), Username="refused-nobody")
    assert user["errorCode"] == "AccessDenied"
    assert user["responseElements"] is None


def test_a_service_error_is_recorded_too(owner: Client) -> None:
    assert code_of(owner("iam").delete_role, RoleName="never-was") == "NoSuchEntity"
    record = events(owner("cloudtrail", "us-east-1"), ResourceName="never-was")[0]
    assert record["errorCode"] == "NoSuchEntity"


def test_sessions_are_recorded_with_whom_they_come_from(box: Box, owner: Client, client: Client) -> None:
    iam = owner("iam")
    everyone = trust({"AWS": f"arn:aws:iam::{box.owner.account}:root"})
    role = iam.create_role(RoleName="seen", Path="/p/", AssumeRolePolicyDocument=everyone)["Role"]["Arn"]
    asked = {"RoleArn": role, "RoleSessionName": "seen-session", "SourceIdentity": "ann"}
    session = session_of(owner("sts").assume_role(**asked), box.owner.account)
    assert code_of(client(session, "ec2").describe_vpcs) == "UnauthorizedOperation"
    (record,) = events(owner("cloudtrail"), Username="seen-session")
    identity = record["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"].endswith(":assumed-role/seen/seen-session")
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
    assert identity["sessionContext"]["sourceIdentity"] == "ann"


def test_no_secret_is_ever_in_a_record(box: Box, owner: Client, client: Client, new_user: Any) -> None:
    secrets = ["hunter2-hunter2", "a-user-data-secret", "another long password", box.owner.secret_access_key]
    iam, sts = owner("iam"), owner("sts")
    ann = new_user("secret-ann", allow("*"))
    secrets.append(ann.secret_access_key)
    iam.create_login_profile(UserName="secret-ann", Password=secrets[2])
    for answer in (
        sts.get_session_token(),
        sts.get_federation_token(Name="fred", Policy=document(allow("s3:*"))),
    ):
        secrets += [answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"]]
    seed = iam.create_virtual_mfa_device(VirtualMFADeviceName="seeded")["VirtualMFADevice"]
    secrets.append(seed["Base32StringSeed"].decode())
    owner("rds").create_db_instance(
        DBInstanceIdentifier="secretive",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword=secrets[0],
    )
    owner("ec2").run_instances(
        ImageId="ami-0a1c0de0000000001", InstanceType="t3.micro", MinCount=1, MaxCount=1, UserData=secrets[1]
    )
    secrets.append(owner("ec2").create_key_pair(KeyName="secretive")["KeyMaterial"].splitlines()[1])
    owner("ssm").put_parameter(Name="/secretive", Value=secrets[0], Type="SecureString")
    owner("secretsmanager").create_secret(Name="secretive", SecretString=secrets[0])
    special = iam.create_service_specific_credential(
        UserName="secret-ann", ServiceName="codecommit.amazonaws.com"
    )
    secrets.append(special["ServiceSpecificCredential"]["ServicePassword"])
    # refused calls and wrong ones must not give them away either
    nobody = client(new_user("secret-nobody"), "rds")
    assert error_of(
        nobody.create_db_instance,
        DBInstanceIdentifier="x",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        MasterUserPassword=secrets[0],
    )
    assert error_of(iam.create_login_profile, UserName="nobody-at-all", Password=secrets[2])
    kept = json.dumps(events(owner("cloudtrail")) + events(owner("cloudtrail", "us-east-1")))
    assert "CreateDBInstance" in kept
    assert "CreateLoginProfile" in kept
    import base64

    encoded = [base64.b64encode(secret.encode()).decode() for secret in secrets]
    assert not [secret for secret in (*secrets, *encoded) if secret in kept]
    assert kept.count("HIDDEN_DUE_TO_SECURITY_REASONS") >= 8


def test_events_come_newest_first_in_pages_of_fifty(owner: Client) -> None:
    trail = owner("cloudtrail", "eu-central-1")
    for _ in range(60):
        owner("ec2", "eu-central-1").describe_key_pairs()
    page = trail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DescribeKeyPairs"}]
    )
    assert len(page["Events"]) == 50
    rest = trail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DescribeKeyPairs"}],
        NextToken=page["NextToken"],
    )
    assert len(rest["Events"]) == 10
    assert "NextToken" not in rest
    ids = [event["EventId"] for event in page["Events"] + rest["Events"]]
    assert len(set(ids)) == 60
    times = [event["EventTime"] for event in page["Events"] + rest["Events"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "attribute",
    [
        "EventId",
        "EventName",
        "ReadOnly",
        "Username",
        "ResourceName",
        "ResourceType",
        "EventSource",
        "AccessKeyId",
    ],
)
def test_events_are_found_by_each_of_the_eight_attributes(
    box: Box, new_user: Any, owner: Client, client: Client, attribute: str
) -> None:
    ann = new_user(f"eight-{attribute}", allow("iam:*"))
    made = client(ann, "iam").create_group(GroupName=f"g-{attribute}")["ResponseMetadata"]["RequestId"]
    trail = owner("cloudtrail", "us-east-1")
    (record,) = [one for one in events(trail, EventName="CreateGroup") if one["requestID"] == made]
    values = {
        "EventId": record["eventID"],
        "EventName": "CreateGroup",
        "ReadOnly": "false",
        "Username": f"eight-{attribute}",
        "ResourceName": f"g-{attribute}",
        "ResourceType": "AWS::IAM::Group",
        "EventSource": "iam.amazonaws.com",
        "AccessKeyId": ann.access_key_id,
    }
    assert made in {one["requestID"] for one in events(trail, **{attribute: values[attribute]})}


def test_one_attribute_at_a_time_and_a_token_of_its_own(owner: Client) -> None:
    trail = owner("cloudtrail")
    two = [{"AttributeKey": "EventName", "AttributeValue": value} for value in ("A", "B")]
    assert code_of(trail.lookup_events, LookupAttributes=two) == "InvalidLookupAttributesException"
    assert code_of(trail.lookup_events, NextToken="nonsense") == "InvalidNextTokenException"


def test_accounts_see_their_own_events_and_regions_theirs(box: Box, owner: Client, client: Client) -> None:
    client(box.guest_account, "ec2").describe_key_pairs()
    kept = events(client(box.guest_account, "cloudtrail"))
    assert {one["recipientAccountId"] for one in kept} == {box.guest_account.account}
    owner("ec2", "ap-south-1").describe_key_pairs()
    there = events(owner("cloudtrail", "ap-south-1"), EventSource="ec2.amazonaws.com")
    assert {one["awsRegion"] for one in there} == {"ap-south-1"}


def test_reading_an_object_is_a_data_event_and_not_looked_up(owner: Client) -> None:
    s3 = owner("s3")
    s3.create_bucket(Bucket="data-events", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="data-events", Key="k", Body=b"x")
    names = {one["eventName"] for one in events(owner("cloudtrail"), ResourceName="data-events")}
    assert names == {"CreateBucket"}


def test_the_time_of_a_record_is_the_boxs(box: Box, owner: Client) -> None:
    box.move_clock(seconds=3600 * 24)
    made = owner("iam").list_roles()["ResponseMetadata"]["RequestId"]
    (record,) = [
        one
        for one in events(owner("cloudtrail", "us-east-1"), EventName="ListRoles")
        if one["requestID"] == made
    ]
    assert record["eventTime"][:10] == f"{box.now():%Y-%m-%d}"


def test_a_role_assumed_from_outside_is_recorded_on_both_sides(
    box: Box, owner: Client, client: Client
) -> None:
    outside = trust({"AWS": f"arn:aws:iam::{box.guest_account.account}:root"})
    role = owner("iam").create_role(RoleName="outsiders", AssumeRolePolicyDocument=outside)["Role"]["Arn"]
    sts = client(box.guest_account, "sts")
    made = sts.assume_role(RoleArn=role, RoleSessionName="dev")["ResponseMetadata"]["RequestId"]
    both = [
        [one for one in events(trail, ResourceName=role) if one["requestID"] == made]
        for trail in (owner("cloudtrail"), client(box.guest_account, "cloudtrail"))
    ]
    (ours,), (theirs,) = both
    assert ours["userIdentity"]["type"] == "AWSAccount"
    assert ours["userIdentity"]["accountId"] == box.guest_account.account
    assert ours["sharedEventID"] == theirs["eventID"]
    assert ours["responseElements"]["credentials"]["sessionToken"] == "HIDDEN_DUE_TO_SECURITY_REASONS"


def recorded(client: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """The record of the call that gave this answer."""
    request_id = answer["ResponseMetadata"]["RequestId"]
    (record,) = [
        json.loads(event["CloudTrailEvent"])
        for page in client.get_paginator("lookup_events").paginate()
        for event in page["Events"]
        if json.loads(event["CloudTrailEvent"])["requestID"] == request_id
    ]
    return record


def test_a_launch_is_recorded_with_what_it_made_in_ec2s_own_spelling(owner: Client) -> None:
    ec2, trail = owner("ec2"), owner("cloudtrail")
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.3.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="spelt", Description="d", VpcId=vpc)["GroupId"]
    tags = [{"Key": "guestpass", "Value": "spelt"}]
    answer = ec2.run_instances(
        ImageId="ami-0a1c0de0000000001",
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 9}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    record = recorded(trail, answer)
    asked = record["requestParameters"]
    (wanted,) = asked["instancesSet"]["items"]
    assert wanted == {"imageId": "ami-0a1c0de0000000001", "minCount": 1, "maxCount": 1}
    assert asked["groupSet"] == {"items": [{"groupId": group}]}
    assert asked["blockDeviceMapping"] == {"items": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 9}}]}
    assert asked["tagSpecificationSet"] == {
        "items": [{"resourceType": "instance", "tags": [{"key": "guestpass", "value": "spelt"}]}]
    }
    told = record["responseElements"]
    assert told["requestId"] == record["requestID"]
    (made,) = told["instancesSet"]["items"]
    (instance,) = answer["Instances"]
    assert made["instanceId"] == instance["InstanceId"]
    assert (made["subnetId"], made["vpcId"]) == (subnet, vpc)
    assert made["tagSet"] == {"items": [{"key": "guestpass", "value": "spelt"}]}
    (interface,) = made["networkInterfaceSet"]["items"]
    assert interface["networkInterfaceId"] == instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    (disk,) = made["blockDeviceMapping"]["items"]
    assert disk["ebs"]["volumeId"] == instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]


def test_ec2s_records_name_each_list_once_and_tell_of_plain_success(owner: Client) -> None:
    ec2, trail = owner("ec2"), owner("cloudtrail")
    made = ec2.create_vpc(CidrBlock="10.4.0.0/16")
    told = recorded(trail, made)["responseElements"]["vpc"]
    assert "cidrBlockAssociationSet" in told
    assert not [name for name in told if name.endswith("SetSet")]
    group = ec2.create_security_group(
        GroupName="spelt-too", Description="what for", VpcId=made["Vpc"]["VpcId"]
    )
    assert recorded(trail, group)["requestParameters"] == {
        "groupName": "spelt-too",
        "groupDescription": "what for",
        "vpcId": made["Vpc"]["VpcId"],
    }
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    opened = ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
    asked = recorded(trail, opened)["requestParameters"]["ipPermissions"]["items"][0]
    assert asked == {
        "ipProtocol": "tcp",
        "fromPort": 22,
        "toPort": 22,
        "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]},
    }
    deleted = recorded(trail, ec2.delete_security_group(GroupId=group["GroupId"]))["responseElements"]
    assert deleted["_return"] is True


def test_rds_records_leave_the_answers_wrapper_out(owner: Client) -> None:
    rds, trail = owner("rds"), owner("cloudtrail")
    asked = {"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "AllocatedStorage": 20}
    made = rds.create_db_instance(
        DBInstanceIdentifier="spelt", MasterUsername="admin", MasterUserPassword="hunter2-hunter2", **asked
    )
    told = recorded(trail, made)["responseElements"]
    assert told["dBInstanceArn"] == made["DBInstance"]["DBInstanceArn"]
    assert "dBInstance" not in told
    saved = rds.create_db_snapshot(DBInstanceIdentifier="spelt", DBSnapshotIdentifier="spelt-1")
    assert recorded(trail, saved)["responseElements"]["dBSnapshotArn"] == saved["DBSnapshot"]["DBSnapshotArn"]


def test_a_secrets_record_says_arn_as_cloudtrail_does(owner: Client) -> None:
    made = owner("secretsmanager").create_secret(Name="spelt", SecretString="hunter2-hunter2")
    assert recorded(owner("cloudtrail"), made)["responseElements"]["arn"] == made["ARN"]


def test_s3_and_log_groups_are_recorded_without_an_answer(owner: Client) -> None:
    trail = owner("cloudtrail")
    place = {"LocationConstraint": "eu-west-1"}
    made = owner("s3").create_bucket(Bucket="spelt-bucket", ACL="private", CreateBucketConfiguration=place)
    record = recorded(trail, made)
    assert record["responseElements"] is None
    assert record["requestParameters"] == {
        "bucketName": "spelt-bucket",
        "x-amz-acl": "private",
        "CreateBucketConfiguration": place,
    }
    group = owner("logs").create_log_group(logGroupName="/spelt")
    record = recorded(trail, group)
    assert record["responseElements"] is None
    assert record["requestParameters"] == {"logGroupName": "/spelt"}


def test_the_records_that_list_their_resources_do_so(box: Box, owner: Client) -> None:
    trail = owner("cloudtrail")
    key = owner("kms").create_key()
    record = recorded(trail, key)
    arn = key["KeyMetadata"]["Arn"]
    assert record["resources"] == [{"accountId": box.owner.account, "type": "AWS::KMS::Key", "ARN": arn}]
    assert record["responseElements"]["keyMetadata"]["arn"] == arn
    everyone = trust({"AWS": f"arn:aws:iam::{box.owner.account}:root"})
    role = owner("iam").create_role(RoleName="listed", AssumeRolePolicyDocument=everyone)["Role"]["Arn"]
    assumed = recorded(trail, owner("sts").assume_role(RoleArn=role, RoleSessionName="dev"))
    assert assumed["resources"] == [{"accountId": box.owner.account, "type": "AWS::IAM::Role", "ARN": role}]
    group = owner("logs").create_log_group(logGroupName="/lists-nothing")
    assert "resources" not in recorded(trail, group)

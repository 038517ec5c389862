"""The loan's own story: all that a PHP and MySQL site needs is built and taken down by boto3."""

from __future__ import annotations

import json
from typing import Any

from guestpass.local import Box
from local.speaking import Client, allow, code_of, document, trust

TAGS = [{"Key": "guestpass", "Value": "story"}]


def test_an_owner_guards_the_account(box: Box, owner: Client) -> None:
    s3, trail, budgets = owner("s3"), owner("cloudtrail"), owner("budgets")
    account, bucket = box.owner.account, "story-trail"
    # RDS's role is one an account, and journeys that share this box may have made it
    made = owner("iam").create_service_linked_role(AWSServiceName="elasticloadbalancing.amazonaws.com")
    assert made["Role"]["RoleName"] == "AWSServiceRoleForElasticLoadBalancing"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    blocked = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocked)
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == blocked
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    writes = {
        **allow("s3:PutObject", f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*"),
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=document(writes))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"] == [writes]
    made = trail.create_trail(
        Name="story",
        S3BucketName=bucket,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        TagsList=TAGS,
    )
    assert made["IsMultiRegionTrail"]
    assert made["LogFileValidationEnabled"]
    trail.start_logging(Name="story")
    assert trail.get_trail_status(Name="story")["IsLogging"]
    budgets.create_budget(
        AccountId=account,
        Budget={
            "BudgetName": "story",
            "BudgetLimit": {"Amount": "50", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
        NotificationsWithSubscribers=[
            {
                "Notification": {
                    "NotificationType": "ACTUAL",
                    "ComparisonOperator": "GREATER_THAN",
                    "Threshold": 80.0,
                },
                "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "owner@example.com"}],
            }
        ],
    )
    assert budgets.describe_budget(AccountId=account, BudgetName="story")["Budget"]["BudgetName"] == "story"
    alarms = budgets.describe_notifications_for_budget(AccountId=account, BudgetName="story")
    assert len(alarms["Notifications"]) == 1
    budgets.delete_budget(AccountId=account, BudgetName="story")
    trail.delete_trail(Name="story")


def test_a_site_is_built_and_taken_down(box: Box, owner: Client) -> None:
    ec2, rds = owner("ec2"), owner("rds")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    groups = [_group(ec2, vpc, name) for name in ("story-web", "story-db")]
    profile = _profile(owner("iam"))
    instance = ec2.run_instances(
        ImageId=_image(ec2),
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.micro",
        SubnetId=subnets[0],
        SecurityGroupIds=groups[:1],
        IamInstanceProfile={"Name": profile},
        UserData="#!/bin/sh",
        MetadataOptions={"HttpTokens": "required"},
        TagSpecifications=[{"ResourceType": kind, "Tags": TAGS} for kind in ("instance", "volume")],
    )["Instances"][0]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance["InstanceId"]])
    address = ec2.allocate_address(
        Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": TAGS}]
    )["AllocationId"]
    joined = ec2.associate_address(AllocationId=address, InstanceId=instance["InstanceId"])["AssociationId"]
    rds.create_db_subnet_group(
        DBSubnetGroupName="story", DBSubnetGroupDescription="story", SubnetIds=subnets, Tags=TAGS
    )
    database = rds.create_db_instance(
        DBInstanceIdentifier="story-db",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        ManageMasterUserPassword=True,
        StorageEncrypted=True,
        PubliclyAccessible=False,
        DBSubnetGroupName="story",
        VpcSecurityGroupIds=groups[1:],
        Tags=TAGS,
    )["DBInstance"]
    assert database["MasterUserSecret"]["SecretArn"]
    assert database["EngineVersion"].startswith("8.")
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="story-db")
    assert rds.list_tags_for_resource(ResourceName=database["DBInstanceArn"])["TagList"] == TAGS
    found = owner("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "guestpass", "Values": ["story"]}]
    )
    assert len(found["ResourceTagMappingList"]) >= 5
    ec2.disassociate_address(AssociationId=joined)
    ec2.release_address(AllocationId=address)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance["InstanceId"]])
    rds.delete_db_instance(DBInstanceIdentifier="story-db", SkipFinalSnapshot=True)
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier="story-db")
    rds.delete_db_subnet_group(DBSubnetGroupName="story")
    for group in reversed(groups):
        ec2.delete_security_group(GroupId=group)
    assert code_of(ec2.describe_security_groups, GroupIds=groups) == "InvalidGroup.NotFound"


def _group(ec2: Any, vpc: str, name: str) -> str:
    group = ec2.create_security_group(
        GroupName=name,
        Description=name,
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": TAGS}],
    )["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    return str(group)


def _profile(iam: Any) -> str:
    iam.create_role(
        RoleName="story", Path="/guestpass/", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"})
    )
    iam.create_instance_profile(InstanceProfileName="story", Path="/guestpass/")
    iam.add_role_to_instance_profile(InstanceProfileName="story", RoleName="story")
    return "story"


def _image(ec2: Any) -> str:
    images = ec2.describe_images(
        Owners=["amazon"], Filters=[{"Name": "name", "Values": ["amzn2-ami-hvm-2.0.*-x86_64-gp2"]}]
    )["Images"]
    return str(images[0]["ImageId"])

"""The jobs of the other blueprints as real clients do them, step by step: what each step is called, and the call."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from guestpass.loan.agreement import Pass
from journeys.full_job import Recorder, tagged, tags

Step = tuple[str, Callable[[], Any]]


def static_site(pass_: Pass, guest: Recorder) -> Iterator[Step]:
    """A bucket, a distribution before it, and all of it taken down again."""
    s3, front, name = guest("s3"), guest("cloudfront", "us-east-1"), pass_.name
    bucket = f"{name}-www"
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudfront.amazonaws.com"},
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{bucket}/*",
                }
            ],
        }
    )
    here = {"LocationConstraint": pass_.regions[0]}
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://shop.example.org"]}]}
    control = {
        "Name": bucket,
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    yield "s3:CreateBucket", lambda: s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    yield (
        "s3:PutBucketTagging",
        lambda: s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags(name)}),
    )
    for read in (
        "get_bucket_acl", "get_bucket_location", "get_bucket_versioning", "get_bucket_tagging", "list_objects_v2",
        "list_object_versions",
    ):  # fmt: skip
        yield f"s3 {read}", lambda read=read: getattr(s3, read)(Bucket=bucket)  # type: ignore[misc]
    yield "s3:PutBucketCORS", lambda: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=cors)
    yield (
        "s3:PutBucketVersioning",
        lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}),
    )
    yield "s3:PutObject", lambda: s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>hello")
    yield "s3:GetObject", lambda: s3.get_object(Bucket=bucket, Key="index.html")
    yield "s3:PutBucketPolicy", lambda: s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    yield "s3:GetBucketPolicy", lambda: s3.get_bucket_policy(Bucket=bucket)
    yield "cloudfront:ListDistributions", front.list_distributions
    yield (
        "cloudfront:CreateOriginAccessControl",
        lambda: front.create_origin_access_control(OriginAccessControlConfig=control),
    )
    yield (
        "cloudfront:CreateDistributionWithTags",
        lambda: front.create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": _distribution(bucket),
                "Tags": {"Items": tags(name)},
            }
        ),
    )
    yield "cloudfront:GetDistribution", lambda: front.get_distribution(Id="E1")
    yield "s3:DeleteBucketPolicy", lambda: s3.delete_bucket_policy(Bucket=bucket)
    yield "s3:DeleteObject", lambda: s3.delete_object(Bucket=bucket, Key="index.html")
    yield "s3:DeleteBucket", lambda: s3.delete_bucket(Bucket=bucket)


def _distribution(bucket: str) -> dict[str, Any]:
    origin = {
        "Id": "s3",
        "DomainName": f"{bucket}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behaviour = {"TargetOriginId": "s3", "ViewerProtocolPolicy": "redirect-to-https", "MinTTL": 0}
    return {
        "CallerReference": "1",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behaviour
        | {"ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}},
    }


def serverless_api(pass_: Pass, guest: Recorder) -> Iterator[Step]:
    """A table, a function, an API before it, and its logs."""
    name = pass_.name
    logs, ssm, tables = guest("logs"), guest("ssm"), guest("dynamodb")
    functions, apis = guest("lambda"), guest("apigateway")
    group, parameter = f"/guestpass/{name}/api", f"/guestpass/{name}/key"
    role = f"arn:aws:iam::{pass_.account}:role/guestpass/{name}/{name}-instance"
    yield "logs:CreateLogGroup", lambda: logs.create_log_group(logGroupName=group, tags={"guestpass": name})
    yield "logs:PutRetentionPolicy", lambda: logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    yield "logs:DescribeLogGroups", lambda: logs.describe_log_groups(logGroupNamePrefix=group)
    yield "logs:FilterLogEvents", lambda: logs.filter_log_events(logGroupName=group)
    yield "ssm:PutParameter", lambda: ssm.put_parameter(Name=parameter, Value="x", Type="SecureString")
    yield "ssm:GetParameter", lambda: ssm.get_parameter(Name=parameter, WithDecryption=True)
    yield "dynamodb:ListTables", tables.list_tables
    yield (
        "dynamodb:CreateTable",
        lambda: tables.create_table(
            TableName=f"{name}-orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=tags(name),
        ),
    )
    yield (
        "lambda:CreateFunction",
        lambda: functions.create_function(
            FunctionName=f"{name}-api",
            Role=role,
            Runtime="python3.13",
            Handler="api.answer",
            Code={"ZipFile": _code()},
            Tags={"guestpass": name},
        ),
    )
    yield "lambda:ListFunctions", functions.list_functions
    yield "apigateway:GET /restapis", apis.get_rest_apis
    yield (
        "apigateway:POST /restapis",
        lambda: apis.create_rest_api(name=f"{name}-api", tags={"guestpass": name}),
    )
    yield "ssm:DeleteParameter", lambda: ssm.delete_parameter(Name=parameter)
    yield "logs:DeleteLogGroup", lambda: logs.delete_log_group(logGroupName=group)


def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("api.py", "def answer(event, context):\n    return {}\n")
    return packed.getvalue()


def containers(pass_: Pass, guest: Recorder) -> Iterator[Step]:
    """Groups, a repository, a cluster, a balancer, a database, and its logs."""
    name, land = pass_.name, pass_.land
    ec2, ecr, ecs = guest("ec2"), guest("ecr"), guest("ecs")
    elb, rds, logs = guest("elbv2"), guest("rds"), guest("logs")
    group, label, made = f"/guestpass/{name}/web", f"{name}-live", {}

    def wall() -> None:
        made["group"] = ec2.create_security_group(
            GroupName=f"{name}-web",
            Description="web",
            VpcId=land.vpc,
            TagSpecifications=tagged(name, "security-group"),
        )["GroupId"]

    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    yield "ec2:CreateSecurityGroup", wall
    yield (
        "ec2:AuthorizeSecurityGroupIngress",
        lambda: ec2.authorize_security_group_ingress(GroupId=made["group"], IpPermissions=[rule]),
    )
    yield "logs:CreateLogGroup", lambda: logs.create_log_group(logGroupName=group, tags={"guestpass": name})
    yield "ecr:GetAuthorizationToken", ecr.get_authorization_token
    yield (
        "ecr:CreateRepository",
        lambda: ecr.create_repository(repositoryName=f"{name}-web", tags=tags(name)),
    )
    yield "ecs:ListClusters", ecs.list_clusters
    yield (
        "ecs:CreateCluster",
        lambda: ecs.create_cluster(clusterName=label, tags=[{"key": "guestpass", "value": name}]),
    )
    yield "elasticloadbalancing:DescribeLoadBalancers", elb.describe_load_balancers
    yield (
        "elasticloadbalancing:CreateLoadBalancer",
        lambda: elb.create_load_balancer(Name=f"{name}-web", Subnets=list(land.subnets), Tags=tags(name)),
    )
    yield (
        "rds:CreateDBSubnetGroup",
        lambda: rds.create_db_subnet_group(
            DBSubnetGroupName=label,
            DBSubnetGroupDescription="the tasks'",
            SubnetIds=list(land.subnets),
            Tags=tags(name),
        ),
    )
    yield (
        "rds:CreateDBInstance",
        lambda: rds.create_db_instance(
            DBInstanceIdentifier=label,
            DBInstanceClass="db.t3.micro",
            Engine="mysql",
            AllocatedStorage=20,
            MasterUsername="site",
            MasterUserPassword="correct-horse-battery",
            DBSubnetGroupName=label,
            VpcSecurityGroupIds=[made["group"]],
            Tags=tags(name),
        ),
    )
    yield "rds:DescribeDBInstances", lambda: rds.describe_db_instances(DBInstanceIdentifier=label)
    yield (
        "rds:DeleteDBInstance",
        lambda: rds.delete_db_instance(DBInstanceIdentifier=label, SkipFinalSnapshot=True),
    )
    yield (
        "rds wait until it is gone",
        lambda: rds.get_waiter("db_instance_deleted").wait(
            DBInstanceIdentifier=label, WaiterConfig={"Delay": 1}
        ),
    )
    yield "rds:DeleteDBSubnetGroup", lambda: rds.delete_db_subnet_group(DBSubnetGroupName=label)
    yield "logs:DeleteLogGroup", lambda: logs.delete_log_group(logGroupName=group)
    yield "ec2:DeleteSecurityGroup", lambda: ec2.delete_security_group(GroupId=made["group"])

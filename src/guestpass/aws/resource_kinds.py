"""How each type of resource is listed: the call, and where in its answer what stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One type and its list. `items`, `id` and the rest are JMESPaths, the latter within one item.

    An `id` that is no ARN goes behind `arn`, a format of partition, region, account and id. `client` is botocore's
    name where it is not the type's service. `tags` is None where the list has none; `tags_by` then may name a call
    that gives them by ARN. `mine`: the list shows other accounts' things unless it is told not to. `gone` are states
    (at `state`) of what only lingers in the list. `everywhere`: one list for all regions.
    """

    type: str
    operation: str
    items: str
    id: str = "@"
    arn: str = "arn:{partition}:{service}:{region}:{account}:{kind}/{id}"
    client: str = ""
    created: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tags: str | None = "Tags"
    tags_by: tuple[str, str, str] | None = None
    within: str | None = None
    instance: str | None = None
    mine: bool = False
    state: str = "State.Name"
    gone: tuple[str, ...] = ()
    everywhere: bool = False

    @property
    def service(self) -> str:
        """The type's service, as in ARNs."""
        return self.type.split(":")[0]

    @property
    def called(self) -> str:
        """Botocore's name of the client that lists it."""
        return self.client or self.service


_OF_RDS = ("ListTagsForResource", "ResourceName", "TagList")

OF_EVERY_JOB = (
    # AWS: a terminated instance stays in DescribeInstances for about an hour
    Kind(type="ec2:instance", operation="DescribeInstances", items="Reservations[].Instances[]", id="InstanceId",
         created="LaunchTime", within="[VpcId, SubnetId, SecurityGroups[].GroupId][]", gone=("terminated",)),
    Kind(type="ec2:volume", operation="DescribeVolumes", items="Volumes[]", id="VolumeId", created="CreateTime",
         instance="Attachments[0].InstanceId"),
    Kind(type="ec2:security-group", operation="DescribeSecurityGroups", items="SecurityGroups[]", id="GroupId",
         within="[VpcId]"),
    Kind(type="ec2:elastic-ip", operation="DescribeAddresses", items="Addresses[]", id="AllocationId"),
    Kind(type="ec2:snapshot", operation="DescribeSnapshots", items="Snapshots[]", id="SnapshotId",
         created="StartTime", mine=True, within="[VolumeId]"),
    Kind(type="ec2:key-pair", operation="DescribeKeyPairs", items="KeyPairs[]", id="KeyPairId", created="CreateTime"),
    Kind(type="rds:db", operation="DescribeDBInstances", items="DBInstances[]", id="DBInstanceArn",
         created="InstanceCreateTime", tags="TagList",
         within="[DBSubnetGroup.VpcId, DBSubnetGroup.DBSubnetGroupName, VpcSecurityGroups[].VpcSecurityGroupId][]"),
    Kind(type="rds:snapshot", operation="DescribeDBSnapshots", items="DBSnapshots[]", id="DBSnapshotArn",
         created="SnapshotCreateTime", tags="TagList", parameters={"SnapshotType": "manual"}),
    Kind(type="rds:subgrp", operation="DescribeDBSubnetGroups", items="DBSubnetGroups[]", id="DBSubnetGroupArn",
         tags=None, tags_by=_OF_RDS, within="[VpcId]"),
)  # fmt: skip
"""What the jobs of today need: every snapshot but a freeze's reads these."""

_NETWORK = (
    Kind(type="ec2:vpc", operation="DescribeVpcs", items="Vpcs[]", id="VpcId"),
    Kind(type="ec2:subnet", operation="DescribeSubnets", items="Subnets[]", id="SubnetId", within="[VpcId]"),
    Kind(type="ec2:route-table", operation="DescribeRouteTables", items="RouteTables[]", id="RouteTableId",
         within="[VpcId]"),
    Kind(type="ec2:internet-gateway", operation="DescribeInternetGateways", items="InternetGateways[]",
         id="InternetGatewayId"),
    Kind(type="ec2:network-interface", operation="DescribeNetworkInterfaces", items="NetworkInterfaces[]",
         id="NetworkInterfaceId", tags="TagSet", within="[VpcId, SubnetId]", instance="Attachment.InstanceId",
         created="Attachment.AttachTime"),
    Kind(type="ec2:natgateway", operation="DescribeNatGateways", items="NatGateways[]", id="NatGatewayId",
         created="CreateTime", within="[VpcId, SubnetId]", state="State", gone=("deleted", "deleting")),
    Kind(type="ec2:vpc-endpoint", operation="DescribeVpcEndpoints", items="VpcEndpoints[]", id="VpcEndpointId",
         created="CreationTimestamp", within="[VpcId]", state="State", gone=("deleted", "deleting")),
    Kind(type="ec2:vpc-peering-connection", operation="DescribeVpcPeeringConnections",
         items="VpcPeeringConnections[]", id="VpcPeeringConnectionId", state="Status.Code", gone=("deleted",)),
    Kind(type="ec2:image", operation="DescribeImages", items="Images[]", id="ImageId", mine=True,
         arn="arn:{partition}:ec2:{region}::image/{id}"),
    Kind(type="ec2:launch-template", operation="DescribeLaunchTemplates", items="LaunchTemplates[]",
         id="LaunchTemplateId", created="CreateTime"),
    Kind(type="elasticloadbalancing:loadbalancer", client="elbv2", operation="DescribeLoadBalancers",
         items="LoadBalancers[]", id="LoadBalancerArn", created="CreatedTime", tags=None, within="[VpcId]"),
    Kind(type="elasticloadbalancing:targetgroup", client="elbv2", operation="DescribeTargetGroups",
         items="TargetGroups[]", id="TargetGroupArn", tags=None, within="[VpcId]"),
    Kind(type="autoscaling:autoScalingGroup", operation="DescribeAutoScalingGroups", items="AutoScalingGroups[]",
         id="AutoScalingGroupARN", created="CreatedTime"),
)  # fmt: skip

_DATA = (
    Kind(type="rds:cluster", operation="DescribeDBClusters", items="DBClusters[]", id="DBClusterArn",
         created="ClusterCreateTime", tags="TagList"),
    Kind(type="rds:cluster-snapshot", operation="DescribeDBClusterSnapshots", items="DBClusterSnapshots[]",
         id="DBClusterSnapshotArn", created="SnapshotCreateTime", tags="TagList",
         parameters={"SnapshotType": "manual"}),
    Kind(type="rds:pg", operation="DescribeDBParameterGroups", items="DBParameterGroups[]", id="DBParameterGroupArn",
         tags=None),
    Kind(type="dynamodb:table", operation="ListTables", items="TableNames[]", tags=None),
    Kind(type="s3:bucket", operation="ListBuckets", items="Buckets[]", id="Name", created="CreationDate", tags=None,
         arn="arn:{partition}:s3:::{id}", everywhere=True),
    Kind(type="elasticache:cluster", operation="DescribeCacheClusters", items="CacheClusters[]", id="ARN",
         created="CacheClusterCreateTime", tags=None),
    Kind(type="elasticfilesystem:file-system", client="efs", operation="DescribeFileSystems", items="FileSystems[]",
         id="FileSystemArn", created="CreationTime"),
    Kind(type="backup:backupVault", operation="ListBackupVaults", items="BackupVaultList[]", id="BackupVaultArn",
         created="CreationDate", tags=None),
)  # fmt: skip

_REST = (
    Kind(type="logs:log-group", operation="DescribeLogGroups", items="logGroups[]", id="logGroupName", tags=None,
         arn="arn:{partition}:logs:{region}:{account}:log-group:{id}"),
    Kind(type="lambda:function", operation="ListFunctions", items="Functions[]", id="FunctionArn", tags=None),
    Kind(type="sns:topic", operation="ListTopics", items="Topics[]", id="TopicArn", tags=None),
    Kind(type="sqs:queue", operation="ListQueues", items="QueueUrls[]", id="@", tags=None,
         arn="arn:{partition}:sqs:{region}:{account}:{tail}"),
    Kind(type="secretsmanager:Secret", operation="ListSecrets", items="SecretList[]", id="ARN",
         created="CreatedDate"),
    Kind(type="ssm:parameter", operation="DescribeParameters", items="Parameters[]", id="Name", tags=None,
         arn="arn:{partition}:ssm:{region}:{account}:parameter/{bare}"),
    Kind(type="kms:key", operation="ListKeys", items="Keys[]", id="KeyArn", tags=None),
    Kind(type="cloudwatch:alarm", operation="DescribeAlarms", items="MetricAlarms[]", id="AlarmArn", tags=None),
    Kind(type="ecs:cluster", operation="ListClusters", items="clusterArns[]", tags=None),
    Kind(type="ecr:repository", operation="DescribeRepositories", items="repositories[]", id="repositoryArn",
         created="createdAt", tags=None),
    Kind(type="eks:cluster", operation="ListClusters", items="clusters[]", tags=None),
    Kind(type="events:rule-on-default-event-bus", operation="ListRules", items="Rules[]", id="Arn", tags=None),
    Kind(type="states:statemachine", client="stepfunctions", operation="ListStateMachines", items="stateMachines[]",
         id="stateMachineArn", created="creationDate", tags=None),
    Kind(type="acm:certificate", operation="ListCertificates", items="CertificateSummaryList[]",
         id="CertificateArn", created="CreatedAt", tags=None),
    Kind(type="cloudformation:stack", operation="DescribeStacks", items="Stacks[]", id="StackId",
         created="CreationTime", state="StackStatus", gone=("DELETE_COMPLETE",)),
    Kind(type="route53:hostedzone", operation="ListHostedZones", items="HostedZones[]", id="Id", tags=None,
         arn="arn:{partition}:route53:::hostedzone/{tail}", everywhere=True),
    Kind(type="cloudfront:distribution", operation="ListDistributions", items="DistributionList.Items[]", id="ARN",
         tags=None, everywhere=True),
)  # fmt: skip

FURTHER = (*_NETWORK, *_DATA, *_REST)
"""What else can be read of an account: for verbs that ask what stands in it, and have the time."""

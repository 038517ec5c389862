"""Containers behind a load balancer: made by hand or by Terraform, changed, and taken down."""

from __future__ import annotations

from collections.abc import Mapping

from loan.story import OTHER_SUBNET, OWNER, REGION, SUBNET, VPC, ec2
from needs.stories.serverless_api import LOG_STORY, PARAMETER_STORY
from needs.stories.static_site import CERTIFICATE
from needs.stories.static_site import OPTIONS as SITE_OPTIONS
from needs.stories.telling import MADE, NAME, OTHER_ROLE, OWN, ROLE, Question, asked, flat, passing

ELB = "elasticloadbalancing"


def ecs(rest: str) -> str:
    return f"arn:aws:ecs:{REGION}:{OWNER}:{rest}"


def elb(rest: str) -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{OWNER}:{rest}"


def rds(rest: str) -> str:
    return f"arn:aws:rds:{REGION}:{OWNER}:{rest}"


CLUSTER, SERVICE = ecs(f"cluster/{NAME}-live"), ecs(f"service/{NAME}-live/web")
DEFINITION, TASK = ecs(f"task-definition/{NAME}-web:1"), ecs(f"task/{NAME}-live/0a1b")
BALANCER, GROUP = elb(f"loadbalancer/app/{NAME}-web/1"), elb(f"targetgroup/{NAME}-web/1")
LISTENER, RULE = elb(f"listener/app/{NAME}-web/1/2"), elb(f"listener-rule/app/{NAME}-web/1/2/3")
REPOSITORY = f"arn:aws:ecr:{REGION}:{OWNER}:repository/{NAME}-web"
WALL, DATABASE = ec2("security-group", "sg-0aaaaaaa"), rds(f"db:{NAME}-live")
SIZE = {"ecs:task-cpu": "256", "ecs:task-memory": "512"}
IN_SUBNET = {"elasticloadbalancing:Subnet": SUBNET}
SMALL = {"rds:DatabaseClass": "db.t3.micro", "rds:DatabaseEngine": "mysql"}

CORE = flat(
    asked(
        "look around",
        "ec2:DescribeVpcs DescribeSubnets DescribeSecurityGroups DescribeSecurityGroupRules DescribeNetworkInterfaces",
        "*",
    ),
    asked(
        "look at balancers",
        "elasticloadbalancing:DescribeLoadBalancers DescribeListeners DescribeRules DescribeTags DescribeTargetGroups "
        "DescribeTargetHealth DescribeLoadBalancerAttributes DescribeTargetGroupAttributes DescribeListenerAttributes",
        "*",
    ),
    asked("make a group", "ec2:CreateSecurityGroup", WALL, MADE),
    asked("in the network", "ec2:CreateSecurityGroup", ec2("vpc", VPC)),
    asked("with its tags", "ec2:CreateTags", WALL, MADE, {"ec2:CreateAction": "CreateSecurityGroup"}),
    asked(
        "open and close ports",
        "ec2:AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress",
        WALL,
        OWN,
    ),
    asked("make a repository", "ecr:CreateRepository TagResource", REPOSITORY, MADE),
    asked("log in to it", "ecr:GetAuthorizationToken", "*"),
    asked(
        "push an image",
        "ecr:BatchCheckLayerAvailability InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage BatchGetImage "
        "GetDownloadUrlForLayer DescribeImages DescribeRepositories ListImages ListTagsForResource PutLifecyclePolicy "
        "GetLifecyclePolicy",
        REPOSITORY,
    ),
    asked(
        "look at clusters", "ecs:ListClusters ListServices ListTaskDefinitions DescribeTaskDefinition", "*"
    ),
    asked("make a cluster", "ecs:CreateCluster TagResource", CLUSTER, MADE),
    asked(
        "wait for it",
        "ecs:DescribeClusters PutClusterCapacityProviders UpdateCluster UpdateClusterSettings ListTagsForResource",
        CLUSTER,
    ),
    asked("say what runs", "ecs:RegisterTaskDefinition", DEFINITION, MADE, SIZE),
    asked("with its tags", "ecs:TagResource", DEFINITION, MADE),
    passing(ROLE, "ecs-tasks.amazonaws.com"),
    asked("make a balancer", "elasticloadbalancing:CreateLoadBalancer", BALANCER, MADE, IN_SUBNET),
    asked("with its tags", "elasticloadbalancing:AddTags", BALANCER, MADE),
    asked(
        "set it up",
        "elasticloadbalancing:ModifyLoadBalancerAttributes SetSecurityGroups",
        BALANCER,
    ),
    asked("make a target group", "elasticloadbalancing:CreateTargetGroup AddTags", GROUP, MADE),
    asked("say when it is well", "elasticloadbalancing:ModifyTargetGroup ModifyTargetGroupAttributes", GROUP),
    asked("make a listener", "elasticloadbalancing:CreateListener", BALANCER, MADE),
    asked("with its tags", "elasticloadbalancing:AddTags", LISTENER, MADE),
    asked("another certificate", "elasticloadbalancing:ModifyListener ModifyListenerAttributes", LISTENER),
    asked("make a rule", "elasticloadbalancing:CreateRule", LISTENER, MADE),
    asked("with its tags", "elasticloadbalancing:AddTags", RULE, MADE),
    asked("change it", "elasticloadbalancing:ModifyRule", RULE),
    asked("make a service", "ecs:CreateService TagResource", SERVICE, MADE),
    asked("wait until it is steady", "ecs:DescribeServices UpdateService", SERVICE),
    asked("find its tasks", "ecs:ListTasks", ecs(f"container-instance/{NAME}-live/*")),
    asked("look at one, and stop it", "ecs:DescribeTasks StopTask", TASK),
    asked(
        "make a subnet group", "rds:CreateDBSubnetGroup AddTagsToResource", rds(f"subgrp:{NAME}-live"), MADE
    ),
    asked("make the database", "rds:CreateDBInstance", DATABASE, MADE, SMALL),
    asked("in its subnets", "rds:CreateDBInstance", rds(f"subgrp:{NAME}-live"), MADE, SMALL),
    asked("as MySQL is", "rds:CreateDBInstance", rds("og:default:mysql-8-0"), MADE, SMALL),
    asked("as MySQL is", "rds:CreateDBInstance", rds("pg:default.mysql8.0"), MADE, SMALL),
    asked("wait for it", "rds:DescribeDBInstances", DATABASE),
    asked("find subnet groups", "rds:DescribeDBSubnetGroups", rds("subgrp:*")),
    asked("compare tags, restart", "rds:ListTagsForResource AddTagsToResource RebootDBInstance", DATABASE),
    LOG_STORY,
    asked("delete the service", "ecs:DeleteService", SERVICE),
    asked("retire what ran", "ecs:DeregisterTaskDefinition", "*"),
    asked("delete it", "ecs:DeleteTaskDefinitions", DEFINITION),
    asked("delete the cluster", "ecs:DeleteCluster", CLUSTER),
    asked("delete the rule", "elasticloadbalancing:DeleteRule", RULE),
    asked("delete the listener", "elasticloadbalancing:DeleteListener", LISTENER),
    asked("delete the balancer", "elasticloadbalancing:DeleteLoadBalancer", BALANCER),
    asked("delete the target group", "elasticloadbalancing:DeleteTargetGroup", GROUP),
    asked("delete the images", "ecr:DeleteLifecyclePolicy BatchDeleteImage DeleteRepository", REPOSITORY),
    asked("delete the database", "rds:DeleteDBInstance", DATABASE),
    asked("delete the subnet group", "rds:DeleteDBSubnetGroup", rds(f"subgrp:{NAME}-live")),
    asked("delete the group", "ec2:DeleteSecurityGroup", WALL, OWN),
)
_BACKUP = rds(f"snapshot:{NAME}-live-1")
OPTIONS: Mapping[str, tuple[Question, ...]] = {
    "certificate": asked(
        "look at it",
        "acm:DescribeCertificate GetCertificate ListTagsForCertificate",
        CERTIFICATE,
        region="us-east-1",
    ),
    "dns": SITE_OPTIONS["dns"],
    "parameters": PARAMETER_STORY,
    "backups": flat(
        asked("back it up", "rds:CreateDBSnapshot", _BACKUP, MADE),
        asked("back it up", "rds:CreateDBSnapshot", DATABASE, MADE),
        asked("with its tags", "rds:AddTagsToResource", _BACKUP, MADE),
        asked("find backups", "rds:DescribeDBSnapshots", _BACKUP),
        asked("delete it", "rds:DeleteDBSnapshot", _BACKUP),
    ),
    "one-off": asked("migrate", "ecs:RunTask", DEFINITION, {"ecs:cluster": CLUSTER}),
}

_PROD, _THEIRS = ecs("cluster/prod"), ecs("service/prod/web")
ATTEMPTS = flat(
    asked("change the owner's service", "ecs:UpdateService", _THEIRS),
    asked("put a service into the owner's cluster", "ecs:CreateService", ecs(f"service/prod/{NAME}-web"), MADE),
    asked("delete the owner's cluster", "ecs:DeleteCluster", _PROD),
    asked("adopt the owner's cluster by tagging it", "ecs:TagResource", _PROD, MADE),
    asked("stop the owner's task", "ecs:StopTask", ecs("task/prod/0a1b")),
    asked("look at the owner's task", "ecs:DescribeTasks", ecs("task/prod/0a1b")),
    asked("run the owner's task definition", "ecs:RunTask", ecs("task-definition/prod:1"), {"ecs:cluster": CLUSTER}),
    asked("enter the own container", "ecs:ExecuteCommand", TASK),
    asked("say larger tasks", "ecs:RegisterTaskDefinition", DEFINITION, MADE, SIZE | {"ecs:task-cpu": "16384"}),
    asked("say tasks of no size", "ecs:RegisterTaskDefinition", DEFINITION, MADE),
    asked("say the owner's tasks anew", "ecs:RegisterTaskDefinition", ecs("task-definition/prod:2"), MADE, SIZE),
    asked("delete the owner's task definition", "ecs:DeleteTaskDefinitions", ecs("task-definition/prod:1")),
    asked("change the account's settings", "ecs:PutAccountSettingDefault", "*"),
    asked("make a cluster abroad", "ecs:CreateCluster", CLUSTER.replace(REGION, "us-east-1"), MADE, region="us-east-1"),
    passing(OTHER_ROLE, "ecs-tasks.amazonaws.com"),
    passing(ROLE, "lambda.amazonaws.com"),
    asked("read the owner's image", "ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:{OWNER}:repository/prod"),
    asked("replace the owner's image", "ecr:PutImage", f"arn:aws:ecr:{REGION}:{OWNER}:repository/prod"),
    asked("let a stranger read the own images", "ecr:SetRepositoryPolicy", REPOSITORY),
    asked("copy all images abroad", "ecr:PutReplicationConfiguration", "*"),
    asked("make a balancer of another name", f"{ELB}:CreateLoadBalancer", elb("loadbalancer/app/x/1"), MADE, IN_SUBNET),
    asked("make a balancer in another subnet", f"{ELB}:CreateLoadBalancer", BALANCER, MADE, {f"{ELB}:Subnet": OTHER_SUBNET}),
    asked("make a balancer nowhere in particular", "elasticloadbalancing:CreateLoadBalancer", BALANCER, MADE),
    asked("move the balancer elsewhere", "elasticloadbalancing:SetSubnets", BALANCER),
    asked("put a listener before the owner's", f"{ELB}:CreateListener", elb("loadbalancer/app/prod/1"), MADE),
    asked("change the owner's listener", "elasticloadbalancing:ModifyListener", elb("listener/app/prod/1/2")),
    asked("turn the owner's visitors round", "elasticloadbalancing:ModifyRule", elb("listener-rule/app/prod/1/2/3")),
    asked("change the owner's target group", "elasticloadbalancing:ModifyTargetGroup", elb("targetgroup/prod/1")),
    asked("adopt the owner's balancer by tagging it", "elasticloadbalancing:AddTags", elb("loadbalancer/app/prod/1"), MADE),
    asked("a network balancer of that name", "elasticloadbalancing:DeleteLoadBalancer", elb(f"loadbalancer/net/{NAME}-web/1")),
    asked("open the owner's group", "ec2:AuthorizeSecurityGroupIngress", ec2("security-group", "sg-0ddddddd")),
    asked("adopt the owner's group by tagging it", "ec2:CreateTags", ec2("security-group", "sg-0ddddddd"), MADE),
    asked("launch an instance", "ec2:RunInstances", ec2("instance", "*"), MADE),
    asked("make a larger database", "rds:CreateDBInstance", DATABASE, MADE, SMALL | {"rds:DatabaseClass": "db.r5.24xlarge"}),
    asked("resize the own database", "rds:ModifyDBInstance", DATABASE),
    asked("delete the owner's database", "rds:DeleteDBInstance", rds("db:production")),
    asked("read the owner's parameter", "ssm:GetParameter", f"arn:aws:ssm:{REGION}:{OWNER}:parameter/prod"),
    asked("read the database's secret", "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:x"),
    asked("make a service-linked role", "iam:CreateServiceLinkedRole", f"arn:aws:iam::{OWNER}:role/aws-service-role/x"),
)  # fmt: skip
ADOPTIONS = flat(
    asked("read the owner's task definitions", "ecs:DescribeTaskDefinition", "*"),
    asked("retire the owner's task definitions", "ecs:DeregisterTaskDefinition", "*"),
)
"""What no policy can hold: refused as long as the owner does not accept it by its Sid."""

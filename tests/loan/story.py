"""The story of one job as data: every call of a PHP site's life, from the first look to the last of the
tear-down.

Each call is turned into authorisation questions by the catalogue, as the AWS in the box does it, over a small
world of things that belong to the pass (tagged), to the owner (older, untagged), or to nobody yet (`*`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from guestpass.access import Allowed, Context, Decision, Layers, Policy, Request, RoleSession, User, evaluate
from guestpass.catalog import Check, Named, PassedRole, Unmapped, Where, authorizations, condition_keys
from guestpass.loan import Names, Pass
from guestpass.loan.agreement import Guest, Job, Login, Network, Spend

OWNER, REGION = "111122223333", "eu-west-1"
KEY = "age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
VPC, SUBNET, OTHER_SUBNET = "vpc-0a1b2c3d", "subnet-0a1b2c3d", "subnet-0dd0dd0d"


def a_pass(login: Login = "access-key", **changes: Any) -> Pass:
    """The pass of the story."""
    made = Pass(
        name="acme-shop",
        account=OWNER,
        guest=Guest(
            name="Jo Example",
            login=login,
            key=None if login == "role" else KEY,
            account="444455556666" if login == "role" else None,
        ),
        job=Job(
            blueprint="php-mysql",
            instance_types=("t3.micro", "t3.small"),
            database_classes=("db.t3.micro",),
        ),
        network=Network(vpc=VPC, subnets=(SUBNET, "subnet-0a1b2c3e")),
        regions=(REGION,),
        until=NOW + timedelta(days=30),
        spend=Spend(monthly_usd=Decimal(50), notify="owner@example.org"),
    )
    return dataclasses.replace(made, **changes)


# ---- the world

MINE: Mapping[str, str] = {"guestpass": "acme-shop"}


def ec2(kind: str, name: str, account: str = OWNER, region: str = REGION) -> str:
    """An EC2 ARN."""
    return f"arn:aws:ec2:{region}:{'' if kind in ('image', 'snapshot') else account}:{kind}/{name}"


WORLD: Mapping[str, Mapping[str, str]] = {
    **{
        ec2(kind, f"{short}-0aaaaaaa"): {f"aws:ResourceTag/{key}": value for key, value in MINE.items()}
        for kind, short in (
            ("instance", "i"),
            ("volume", "vol"),
            ("security-group", "sg"),
            ("elastic-ip", "eipalloc"),
            ("network-interface", "eni"),
            ("snapshot", "snap"),
        )
    },
    ec2("key-pair", "acme-shop-key"): {"aws:ResourceTag/guestpass": "acme-shop"},
    ec2("network-interface", "eni-0ddddddd"): {"ec2:NetworkInterfaceID": "eni-0ddddddd"},
    ec2("image", "ami-0aaaaaaa"): {"ec2:Owner": "amazon"},
    ec2("image", "ami-0ddddddd"): {"ec2:Owner": "999999999999"},
    ec2("snapshot", "snap-0ddddddd"): {"ec2:Owner": OWNER},
    # another guest's instance, under another pass
    ec2("instance", "i-0ccccccc"): {"aws:ResourceTag/guestpass": "other-shop"},
}
"""What is there: a thing that is not listed is the owner's, without tags. Ids in `a` are the pass's, in `d`
the owner's."""

LOOKED_UP: Mapping[tuple[str, str], str] = {
    ("ec2:elastic-ip", "eipassoc-0aaaaaaa"): ec2("elastic-ip", "eipalloc-0aaaaaaa"),
    ("ec2:network-interface", "eipassoc-0aaaaaaa"): ec2("network-interface", "eni-0aaaaaaa"),
    ("rds:og", ""): f"arn:aws:rds:{REGION}:{OWNER}:og:default:mysql-8-0",
    ("rds:pg", ""): f"arn:aws:rds:{REGION}:{OWNER}:pg:default.mysql8.0",
    ("rds:og", "acme-shop-first"): f"arn:aws:rds:{REGION}:{OWNER}:og:default:mysql-8-0",
    ("rds:pg", "acme-shop-first"): f"arn:aws:rds:{REGION}:{OWNER}:pg:default.mysql8.0",
    ("iam:user", ""): f"arn:aws:iam::{OWNER}:user/guestpass/acme-shop/acme-shop-guest",
    ("iam:user", "acme-shop-guest"): f"arn:aws:iam::{OWNER}:user/guestpass/acme-shop/acme-shop-guest",
    ("ec2:security-group", ""): ec2("security-group", "sg-0default"),
}
_TAG_FAMILIES = {"aws:resourcetag/", "ec2:resourcetag/", "iam:resourcetag/"}


# ---- calls


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One API call of the story, and what surrounds it."""

    says: str
    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str = REGION
    at: datetime = NOW
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """A name for pytest."""
        return self.says.replace(" ", "-")


def requests_of(call: Call, names: Names) -> list[Request]:
    """The questions that AWS asks for a call, in its order."""
    where = Where(account=OWNER, region=call.region)
    found = authorizations(call.service, call.operation, call.parameters, where)
    assert not isinstance(found, Unmapped), found.why
    return [_request(_check(each, names), call, names) for each in found]


def _check(found: Check | PassedRole, names: Names) -> Check:
    if isinstance(found, PassedRole):
        name = found.profile.rsplit("/", 1)[-1]
        mine = name == names.instance_profile
        return Check(
            action="iam:PassRole",
            resource=names.instance_role_arn if mine else f"arn:aws:iam::{OWNER}:role/{name}",
            context={"iam:PassedToService": (found.service,)},
            type="role",
            settled=frozenset({"iam:PassedToService"}),
        )
    if isinstance(found.resource, Named):
        arn = LOOKED_UP[found.resource.type, found.resource.name]
        return dataclasses.replace(found, resource=arn)
    return found


def _request(check: Check, call: Call, names: Names) -> Request:
    assert isinstance(check.resource, str)
    stored = WORLD.get(check.resource, {})
    values = {
        "aws:RequestedRegion": call.region,
        "aws:CurrentTime": f"{call.at:%Y-%m-%dT%H:%M:%SZ}",
        "aws:ViaAWSService": "false",
        "aws:PrincipalArn": names.user_arn,
        **stored,
        **dict(check.context),
        **call.context,
    }
    listed = {_plain(key) for key in condition_keys(check.action, check.type)}
    settled = {_plain(key) for key in (*check.settled, *values)} | _TAG_FAMILIES
    return Request(
        principal=User(arn=names.user_arn, account=OWNER, user_id="AIDAEXAMPLEGUEST"),
        action=check.action,
        resource=check.resource,
        context=Context.of(values, frozenset(listed - settled)),
        resource_account=OWNER,
    )


def _plain(key: str) -> str:
    head, slash, _ = key.partition("/")
    return f"{head}{slash}".lower()


def decide(call: Call, layers: Layers, names: Names) -> list[tuple[Request, Decision]]:
    """Every question of a call with its answer."""
    return [(request, evaluate(request, layers)) for request in requests_of(call, names)]


def refusal(call: Call, layers: Layers, names: Names) -> tuple[Request, Decision] | None:
    """The first answer that is not yes, None if the call goes through."""
    answers = decide(call, layers, names)
    return next((each for each in answers if not isinstance(each[1], Allowed)), None)


def as_session(request: Request, names: Names) -> Request:
    """The same question, asked by the login role's session."""
    return dataclasses.replace(
        request,
        principal=RoleSession(
            arn=f"arn:aws:sts::{OWNER}:assumed-role/{names.login_role}/jo",
            role_arn=names.login_role_arn,
            account=OWNER,
        ),
    )


def tagged(*kinds: str, value: str = "acme-shop") -> list[dict[str, Any]]:
    """EC2's tags while creating."""
    return [
        {
            "ResourceType": kind,
            "Tags": [{"Key": "guestpass", "Value": value}, {"Key": "Name", "Value": "live"}],
        }
        for kind in kinds
    ]


RDS_TAGS = [{"Key": "guestpass", "Value": "acme-shop"}]
LAUNCH: Mapping[str, Any] = {
    "ImageId": "ami-0aaaaaaa",
    "InstanceType": "t3.micro",
    "MinCount": 1,
    "MaxCount": 1,
    "KeyName": "acme-shop-key",
    "SubnetId": SUBNET,
    "SecurityGroupIds": ["sg-0aaaaaaa"],
    "IamInstanceProfile": {"Name": "acme-shop-instance"},
    "MetadataOptions": {"HttpTokens": "required"},
    "UserData": "IyEvYmluL2Jhc2g=",
    "TagSpecifications": tagged("instance", "volume", "network-interface"),
}
DATABASE: Mapping[str, Any] = {
    "DBInstanceIdentifier": "acme-shop-live",
    "DBInstanceClass": "db.t3.micro",
    "Engine": "mysql",
    "AllocatedStorage": 20,
    "StorageEncrypted": True,
    "PubliclyAccessible": False,
    "MasterUsername": "site",
    "MasterUserPassword": "not-a-secret",
    "DBSubnetGroupName": "acme-shop-live",
    "VpcSecurityGroupIds": ["sg-0aaaaaaa"],
    "Tags": RDS_TAGS,
}


def _call(says: str, name: str, parameters: Mapping[str, Any] | None = None, **more: Any) -> Call:
    service, operation = name.split(":")
    return Call(says=says, service=service, operation=operation, parameters=parameters or {}, **more)


def _rule(group: str) -> dict[str, Any]:
    ip = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    return {"GroupId": group, "IpPermissions": [ip]}


DEPLOY: tuple[Call, ...] = (
    _call("look at the networks", "ec2:DescribeVpcs"),
    _call("look at the subnets", "ec2:DescribeSubnets"),
    _call("find an image", "ec2:DescribeImages", {"Owners": ["amazon"]}),
    _call("look at the groups", "ec2:DescribeSecurityGroups"),
    _call(
        "make a group",
        "ec2:CreateSecurityGroup",
        {
            "GroupName": "web",
            "Description": "web",
            "VpcId": VPC,
            "TagSpecifications": tagged("security-group"),
        },
    ),
    _call("open a port", "ec2:AuthorizeSecurityGroupIngress", _rule("sg-0aaaaaaa")),
    _call("open a way out", "ec2:AuthorizeSecurityGroupEgress", _rule("sg-0aaaaaaa")),
    _call(
        "make a key pair",
        "ec2:CreateKeyPair",
        {
            "KeyName": "acme-shop-key",
            "TagSpecifications": tagged("key-pair"),
        },
    ),
    _call(
        "import a key pair",
        "ec2:ImportKeyPair",
        {
            "KeyName": "acme-shop-jo",
            "PublicKeyMaterial": b"ssh-ed25519",
            "TagSpecifications": tagged("key-pair"),
        },
    ),
    _call("launch", "ec2:RunInstances", LAUNCH),
    _call(
        "launch in the other subnet and size",
        "ec2:RunInstances",
        {
            **LAUNCH,
            "InstanceType": "t3.small",
            "SubnetId": "subnet-0a1b2c3e",
        },
    ),
    _call(
        "launch with an interface described",
        "ec2:RunInstances",
        {
            **{key: value for key, value in LAUNCH.items() if key not in ("SubnetId", "SecurityGroupIds")},
            "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": SUBNET, "Groups": ["sg-0aaaaaaa"]}],
        },
    ),
    _call("wait until it runs", "ec2:DescribeInstances", {"InstanceIds": ["i-0aaaaaaa"]}),
    _call("wait until it is well", "ec2:DescribeInstanceStatus", {"InstanceIds": ["i-0aaaaaaa"]}),
    _call(
        "reserve an address",
        "ec2:AllocateAddress",
        {
            "Domain": "vpc",
            "TagSpecifications": tagged("elastic-ip"),
        },
    ),
    _call(
        "give the address",
        "ec2:AssociateAddress",
        {
            "AllocationId": "eipalloc-0aaaaaaa",
            "InstanceId": "i-0aaaaaaa",
        },
    ),
    _call(
        "give the address to an interface",
        "ec2:AssociateAddress",
        {
            "AllocationId": "eipalloc-0aaaaaaa",
            "NetworkInterfaceId": "eni-0aaaaaaa",
        },
    ),
    _call(
        "make a disk",
        "ec2:CreateVolume",
        {
            "AvailabilityZone": "eu-west-1a",
            "Size": 8,
            "TagSpecifications": tagged("volume"),
        },
    ),
    _call(
        "attach the disk",
        "ec2:AttachVolume",
        {
            "InstanceId": "i-0aaaaaaa",
            "VolumeId": "vol-0aaaaaaa",
            "Device": "/dev/sdf",
        },
    ),
    _call(
        "back the disk up",
        "ec2:CreateSnapshot",
        {
            "VolumeId": "vol-0aaaaaaa",
            "TagSpecifications": tagged("snapshot"),
        },
    ),
    _call(
        "make a subnet group",
        "rds:CreateDBSubnetGroup",
        {
            "DBSubnetGroupName": "acme-shop-live",
            "DBSubnetGroupDescription": "db",
            "SubnetIds": [SUBNET],
            "Tags": RDS_TAGS,
        },
    ),
    _call("make the database", "rds:CreateDBInstance", DATABASE),
    _call("wait for the database", "rds:DescribeDBInstances", {"DBInstanceIdentifier": "acme-shop-live"}),
    _call("list databases", "rds:DescribeDBInstances"),
    _call("list subnet groups", "rds:DescribeDBSubnetGroups"),
    _call(
        "compare tags",
        "rds:ListTagsForResource",
        {
            "ResourceName": f"arn:aws:rds:{REGION}:{OWNER}:db:acme-shop-live",
        },
    ),
)

LATER: tuple[Call, ...] = (
    _call("stop the server", "ec2:StopInstances", {"InstanceIds": ["i-0aaaaaaa"]}),
    _call("start the server", "ec2:StartInstances", {"InstanceIds": ["i-0aaaaaaa"]}),
    _call("read the console", "ec2:GetConsoleOutput", {"InstanceId": "i-0aaaaaaa"}),
    _call("restart the database", "rds:RebootDBInstance", {"DBInstanceIdentifier": "acme-shop-live"}),
    _call(
        "stop the database",
        "rds:StopDBInstance",
        {
            "DBInstanceIdentifier": "acme-shop-live",
            "DBSnapshotIdentifier": "acme-shop-nap",
        },
    ),
    _call(
        "back the database up",
        "rds:CreateDBSnapshot",
        {
            "DBInstanceIdentifier": "acme-shop-live",
            "DBSnapshotIdentifier": "acme-shop-first",
            "Tags": RDS_TAGS,
        },
    ),
    _call("look at the backups", "rds:DescribeDBSnapshots"),
    _call(
        "tag the database further",
        "rds:AddTagsToResource",
        {
            "ResourceName": f"arn:aws:rds:{REGION}:{OWNER}:db:acme-shop-live",
            "Tags": [{"Key": "stage", "Value": "x"}],
        },
    ),
)

TEAR_DOWN: tuple[Call, ...] = (
    _call("close a port", "ec2:RevokeSecurityGroupIngress", _rule("sg-0aaaaaaa")),
    _call("take the address back", "ec2:DisassociateAddress", {"AssociationId": "eipassoc-0aaaaaaa"}),
    _call("give the address up", "ec2:ReleaseAddress", {"AllocationId": "eipalloc-0aaaaaaa"}),
    _call("detach the disk", "ec2:DetachVolume", {"InstanceId": "i-0aaaaaaa", "VolumeId": "vol-0aaaaaaa"}),
    _call("terminate", "ec2:TerminateInstances", {"InstanceIds": ["i-0aaaaaaa"]}),
    _call("delete the disk", "ec2:DeleteVolume", {"VolumeId": "vol-0aaaaaaa"}),
    _call("delete the disk's backup", "ec2:DeleteSnapshot", {"SnapshotId": "snap-0aaaaaaa"}),
    _call("delete the key pair", "ec2:DeleteKeyPair", {"KeyName": "acme-shop-key"}),
    _call(
        "delete the database",
        "rds:DeleteDBInstance",
        {
            "DBInstanceIdentifier": "acme-shop-live",
            "SkipFinalSnapshot": True,
        },
    ),
    _call("delete the backup", "rds:DeleteDBSnapshot", {"DBSnapshotIdentifier": "acme-shop-first"}),
    _call("delete the subnet group", "rds:DeleteDBSubnetGroup", {"DBSubnetGroupName": "acme-shop-live"}),
    _call("delete the group", "ec2:DeleteSecurityGroup", {"GroupId": "sg-0aaaaaaa"}),
)

MFA_SHOWN: Mapping[str, str] = {"aws:MultiFactorAuthPresent": "true"}
NO_MFA: Mapping[str, str] = {"aws:MultiFactorAuthPresent": "false"}

FIRST_LOGIN: tuple[Call, ...] = (
    _call("see which devices there are", "iam:ListVirtualMFADevices", region="us-east-1", context=NO_MFA),
    _call(
        "see the own devices",
        "iam:ListMFADevices",
        {"UserName": "acme-shop-guest"},
        region="us-east-1",
        context=NO_MFA,
    ),
    _call(
        "make the own device",
        "iam:CreateVirtualMFADevice",
        {"VirtualMFADeviceName": "acme-shop-guest"},
        region="us-east-1",
        context=NO_MFA,
    ),
    _call(
        "switch the own device on",
        "iam:EnableMFADevice",
        {
            "UserName": "acme-shop-guest",
            "SerialNumber": f"arn:aws:iam::{OWNER}:mfa/acme-shop-guest",
            "AuthenticationCode1": "123456",
            "AuthenticationCode2": "654321",
        },
        region="us-east-1",
        context=NO_MFA,
    ),
    _call(
        "change the own password",
        "iam:ChangePassword",
        {"OldPassword": "a", "NewPassword": "b"},
        region="us-east-1",
        context=NO_MFA,
    ),
)


def story(login: Login) -> tuple[Call, ...]:
    """Every call of the job for one way of coming in."""
    calls = (*DEPLOY, *LATER, *TEAR_DOWN)
    if login != "console":
        return calls
    return (*FIRST_LOGIN, *(dataclasses.replace(call, context=MFA_SHOWN) for call in calls))


def guest_layers(job: Iterable[Policy], wall: Policy) -> Layers:
    """The guest's policies as AWS layers them: the job within the wall."""
    return Layers(identity=tuple(job), boundary=(wall,))

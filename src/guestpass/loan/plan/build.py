"""Build: the owner's plan makes what a guest who only logs in to an instance works on.

In rounds (docs/decisions): an instance's id exists only once it runs, and a plan names things by id. So a round plans
what can be named today; the account is read again, and the next round plans on. The guest's key comes last.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from guestpass.account.site import Database, Group, Machine
from guestpass.account.snapshot import Snapshot
from guestpass.errors import InputError
from guestpass.host import HostSetup, user_data
from guestpass.loan.agreement import Pass
from guestpass.loan.names import LEND_POLICY, LENT_TAG, LOGIN_TAG, TAG_KEY, Names
from guestpass.loan.plan.calls import GONE, gone, iam, shows, tag_list, written
from guestpass.loan.plan.documents import text_of
from guestpass.loan.plan.hosts import (
    SSH,
    close_port,
    groups_of,
    has_rule,
    machines_of,
    on_hosts,
    permission,
    remember,
    see_group,
)
from guestpass.loan.step import Call, Shows, Step

WEB = (80, 443)
EVERYONE = "0.0.0.0/0"
_DATABASE_PORT = 3306
# seconds: a database takes some ten minutes, an instance one or two
_DATABASE, _INSTANCE = 2400.0, 900.0


def build(pass_: Pass, names: Names, snapshot: Snapshot) -> Iterator[Step]:
    """What can be named now of network, database, instance, and the letting in. Empty when the guest can log in."""
    groups = {group.name: group for group in groups_of(names, snapshot)}
    yield from _made_first(pass_, names, snapshot, groups)
    site, inner = groups.get(names.site_group), groups.get(names.database_group)
    if site is None or inner is None:
        return
    yield from _rules(pass_, site, inner)
    database = next((d for d in snapshot.site.databases if d.tags.get(TAG_KEY) == pass_.name), None)
    machine = next(iter(machines_of(names, snapshot)), None)
    yield from _database(pass_, names, database, inner)
    yield from _machine(pass_, names, snapshot, machine, site)
    if machine is None or not machine.online or database is None or database.status != "available":
        return
    yield from _letting_in(pass_, names, snapshot, machine, database)
    yield from _ssh(pass_, site)


def built_notes(pass_: Pass, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """What the owner must know of a plan that goes on in rounds."""
    notes = []
    if steps:
        notes.append(
            "this is done in rounds: ids exist only once things do; after these calls the account is read and the next "
            "are planned, until the guest's key is let in, as the last of all"
        )
    source = pass_.guest.source
    if source is None:
        notes.append(
            "SSH is opened for nobody, because the pass has no `guest.from`: let the guest in by a way of yours"
        )
    elif source in (EVERYONE, "::/0"):
        notes.append(
            "SSH is open to the whole internet, as the pass says: `guest.from` can name the guest's address"
        )
    notes.append(
        "the guest can act as the site's own programs do, and so by the instance's role: what that may is what the guest may"
    )
    return tuple(notes)


def lent_mark(pass_: Pass) -> str:
    """What the instance's tag says once this key has been let in until this end: another key is let in anew."""
    told = f"{_key(pass_)} {written(pass_.until)}"
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _key(pass_: Pass) -> str:
    if pass_.guest.key is None or not pass_.guest.key.startswith("ssh-"):
        raise InputError(
            "login `instance-only` needs the guest's SSH public key", expected="`guest.key` in the pass"
        )
    return " ".join(pass_.guest.key.split()[:2])


def _tags(pass_: Pass) -> Mapping[str, str]:
    return {TAG_KEY: pass_.name, LOGIN_TAG: "instance-only"}


def _call(pass_: Pass, service: str, operation: str, **parameters: object) -> Call:
    return Call(service=service, operation=operation, parameters=parameters, region=pass_.regions[0])


def _made_first(pass_: Pass, names: Names, snapshot: Snapshot, groups: Mapping[str, Group]) -> Iterator[Step]:
    """What has a name of its own: two security groups and the database's subnet group."""
    for part, name, about in (
        ("site", names.site_group, "visitors, and the guest's SSH"),
        ("database", names.database_group, "the instance alone"),
    ):
        if name in groups:
            continue
        filters = [
            {"Name": "group-name", "Values": [name]},
            {"Name": "vpc-id", "Values": [pass_.land.vpc]},
            {"Name": f"tag:{TAG_KEY}", "Values": [pass_.name]},
        ]
        yield Step(
            id=f"grant/group/{part}",
            call=_call(
                pass_, "ec2", "CreateSecurityGroup",
                GroupName=name, VpcId=pass_.land.vpc, Description=f"guestpass {pass_.name}: {about}",
                TagSpecifications=[{"ResourceType": "security-group", "Tags": tag_list(_tags(pass_))}],
            ),
            why=f"lets in {about}",
            effect=shows(
                _call(pass_, "ec2", "DescribeSecurityGroups", Filters=filters), "SecurityGroups[0].GroupName", name
            ),
        )  # fmt: skip
    if f"{pass_.regions[0]} {names.database}" not in snapshot.site.subnet_groups:
        yield Step(
            id="grant/database/subnets",
            call=_call(
                pass_, "rds", "CreateDBSubnetGroup",
                DBSubnetGroupName=names.database, DBSubnetGroupDescription=f"guestpass {pass_.name}",
                SubnetIds=list(pass_.land.subnets), Tags=tag_list(_tags(pass_)),
            ),
            why="says in which subnets the database lives",
            effect=shows(
                _call(pass_, "rds", "DescribeDBSubnetGroups", DBSubnetGroupName=names.database),
                "DBSubnetGroups[0].DBSubnetGroupName", names.database,
            ),
            inverse=_call(pass_, "rds", "DeleteDBSubnetGroup", DBSubnetGroupName=names.database),
        )  # fmt: skip


def _rules(pass_: Pass, site: Group, inner: Group) -> Iterator[Step]:
    for port in WEB:
        if f"{port} {EVERYONE}" not in site.open:
            yield _open(pass_, f"grant/group/site/{port}", site, port, EVERYONE, "visitors reach the site")
    if f"{_DATABASE_PORT} {site.id}" not in inner.open:
        yield _open(
            pass_, "grant/group/database/port", inner, _DATABASE_PORT, site.id,
            "the instance reaches the database, and nothing else does",
        )  # fmt: skip


def _ssh(pass_: Pass, site: Group) -> Iterator[Step]:
    source = pass_.guest.source
    for rule in site.open:
        port, other = rule.split(" ", 1)
        if port == str(SSH) and other != source:
            yield close_port(f"grant/ssh/{other}", site, SSH, other)
    if source is not None and f"{SSH} {source}" not in site.open:
        yield _open(pass_, "grant/ssh", site, SSH, source, "how the guest comes in; the last of all")


def _open(pass_: Pass, step: str, group: Group, port: int, source: str, why: str) -> Step:
    rule = {"GroupId": group.id, "IpPermissions": [permission(port, source)]}
    return Step(
        id=step,
        call=_call(pass_, "ec2", "AuthorizeSecurityGroupIngress", **rule),
        why=why,
        effect=shows(see_group(group), has_rule(port, source)),
        inverse=_call(pass_, "ec2", "RevokeSecurityGroupIngress", **rule),
        gains=(f"SSH to the instance from {source}",) if port == SSH else (),
        accepts=("InvalidPermission.Duplicate",),
    )


def _database(pass_: Pass, names: Names, database: Database | None, inner: Group) -> Iterator[Step]:
    seen = _call(pass_, "rds", "DescribeDBInstances", DBInstanceIdentifier=names.database)
    ready = Shows(
        call=seen,
        path="DBInstances[0].DBInstanceStatus",
        value="available",
        # AWS: RDS User Guide, "Viewing Amazon RDS DB instance status": from these it does not come back by itself
        lost="DBInstances[?DBInstanceStatus=='failed' || starts_with(DBInstanceStatus, 'incompatible')]"
        ".join(' ', [DBInstanceIdentifier, DBInstanceStatus, StatusInfos[0].Message || '']) | [0]",
    )
    if database is None:
        yield Step(
            id="grant/database",
            call=_call(
                pass_, "rds", "CreateDBInstance",
                DBInstanceIdentifier=names.database, Engine="mariadb",
                DBInstanceClass=pass_.job.database_classes[0], AllocatedStorage=20, StorageType="gp3",
                StorageEncrypted=True, MasterUsername="owner",
                # AWS: RDS User Guide, "Password management with Amazon RDS and AWS Secrets Manager": AWS makes and
                # rotates it, and nobody need ever see it
                ManageMasterUserPassword=True,
                DBName=HostSetup(pass_name=pass_.name).schema, VpcSecurityGroupIds=[inner.id],
                DBSubnetGroupName=names.database, PubliclyAccessible=False, BackupRetentionPeriod=7,
                CopyTagsToSnapshot=True, Tags=tag_list(_tags(pass_)),
            ),
            why="the site's database; AWS keeps its master password where the guest cannot read it",
            effect=ready,
            patience=_DATABASE,
        )  # fmt: skip
    elif database.status == "stopped":
        yield Step(
            id="grant/database/start",
            call=_call(pass_, "rds", "StartDBInstance", DBInstanceIdentifier=names.database),
            why="the database has been stopped",
            effect=ready,
            patience=_DATABASE,
        )
    elif database.status != "available" or database.address is None:
        yield Step(
            id="grant/database/wait",
            # a call that changes nothing, for the database was made by an earlier run
            call=_call(
                pass_, "rds", "AddTagsToResource", ResourceName=database.arn, Tags=tag_list(_tags(pass_))
            ),
            why=f"the database is {database.status}: waits until it answers",
            effect=ready,
            patience=_DATABASE,
        )


def _machine(
    pass_: Pass, names: Names, snapshot: Snapshot, machine: Machine | None, site: Group
) -> Iterator[Step]:
    heard = _call(
        pass_, "ssm", "DescribeInstanceInformation",
        Filters=[{"Key": f"tag:{TAG_KEY}", "Values": [pass_.name]}],
    )  # fmt: skip
    online = Shows(
        call=heard,
        path="InstanceInformationList[0].PingStatus",
        value="Online",
        lost="InstanceInformationList[?PingStatus=='Inactive'].join(' ', [InstanceId, ComputerName || '']) | [0]",
    )
    if machine is None:
        yield Step(
            id="grant/instance",
            call=_call(pass_, "ec2", "RunInstances", **_launch(pass_, names, snapshot, site)),
            why="the site's server: no key pair, metadata by token only, the guest's account locked until the end",
            effect=online,
            patience=_INSTANCE,
        )
    elif machine.state in ("stopped", "stopping"):
        yield Step(
            id="grant/instance/start",
            call=_call(pass_, "ec2", "StartInstances", InstanceIds=[machine.id]),
            why="the instance has been stopped",
            effect=online,
            patience=_INSTANCE,
        )
    elif not machine.online:
        yield Step(
            id="grant/instance/wait",
            # a call that changes nothing, for the instance was made by an earlier run
            call=_call(pass_, "ec2", "CreateTags", Resources=[machine.id], Tags=tag_list(_tags(pass_))),
            why="waits until the instance answers Systems Manager",
            effect=online,
            patience=_INSTANCE,
        )


def _launch(pass_: Pass, names: Names, snapshot: Snapshot, site: Group) -> dict[str, object]:
    size, region = pass_.job.instance_types[0], pass_.regions[0]
    # AWS: EC2 User Guide, "Amazon EC2 instance type naming conventions": a `g` behind the generation is Graviton
    kind = "arm64" if re.match(r"[a-z-]+\d+[a-z]*g[a-z]*\.|a1\.", size) else "x86_64"
    image = snapshot.site.images.get(f"{region} {kind}")
    if image is None:
        raise InputError(
            f"no image of Amazon Linux 2023 for `{size}` ({kind}) is to be found in {region}",
            hint=f"aws ec2 describe-images --owners amazon --region {region} --filters Name=name,Values='al2023-ami-2023.*'",
        )
    tags = tag_list(_tags(pass_))
    return {
        "ImageId": image,
        "InstanceType": size,
        "MinCount": 1,
        "MaxCount": 1,
        "IamInstanceProfile": {"Name": names.instance_profile},
        # AWS: EC2 User Guide, "Use IMDSv2"; one hop, so that no container reaches it
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpEndpoint": "enabled",
            "HttpPutResponseHopLimit": 1,
        },
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                "SubnetId": pass_.land.subnets[0],
                "Groups": [site.id],
                "AssociatePublicIpAddress": True,
            }
        ],
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}}
        ],
        "UserData": user_data(HostSetup(pass_name=pass_.name)),
        "TagSpecifications": [
            {"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume", "network-interface")
        ],
        # the group's id is new with each building: a run that is repeated launches nothing twice
        "ClientToken": f"guestpass-{pass_.name}-{site.id}"[:64],
    }


def _letting_in(
    pass_: Pass, names: Names, snapshot: Snapshot, machine: Machine, database: Database
) -> Iterator[Step]:
    """The master password can be read while the database's users are made, and the guest is not in yet."""
    role = snapshot.role(names.instance_role)
    mark, at = lent_mark(pass_), snapshot.taken_at
    seen = iam("GetRolePolicy", RoleName=names.instance_role, PolicyName=LEND_POLICY)
    off = Step(
        id="grant/master/off",
        call=iam("DeleteRolePolicy", RoleName=names.instance_role, PolicyName=LEND_POLICY),
        why="the master password is out of the instance's reach again, before the guest is in",
        effect=gone(seen),
        accepts=GONE,
    )
    known = LENT_TAG in machine.tags
    if machine.tags.get(LENT_TAG) == mark:
        if role is not None and LEND_POLICY in role.inline:
            yield off
        return
    place = f"{database.address}:{database.port}"
    if not known:
        yield from _master_on(names, database)
        yield on_hosts(
            "grant/host/lend", "lend", [machine], names, at,
            why="makes the database's users on the instance itself: their passwords are made there and stay there",
            arguments=("--database", place, "--secret", str(database.secret), "--region", pass_.regions[0]),
            gains=("a database user of the guest's own, for the site's schema alone; no events, triggers or routines",),
        )  # fmt: skip
        yield off
    yield on_hosts(
        "grant/host/admit", "admit", [machine], names, at,
        why="lets the guest's key in: a shell, and a tunnel to the database",
        arguments=("--database", place, "--until", written(pass_.until), "--key", _key(pass_)),
        gains=("logging in to the instance by SSH with the guest's key",),
    )  # fmt: skip
    yield remember("grant/host/time", [machine], {LENT_TAG: mark})


def _master_on(names: Names, database: Database) -> Iterator[Step]:
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": database.secret}
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "WhileUsersAreMade", **statement}]}
    yield Step(
        id="grant/master/on",
        call=iam(
            "PutRolePolicy",
            RoleName=names.instance_role,
            PolicyName=LEND_POLICY,
            PolicyDocument=text_of(document),
        ),
        why="the instance may read the database's master password while its users are made; nobody is in it yet",
        effect=shows(
            iam("GetRolePolicy", RoleName=names.instance_role, PolicyName=LEND_POLICY),
            "PolicyName",
            LEND_POLICY,
        ),
        inverse=iam("DeleteRolePolicy", RoleName=names.instance_role, PolicyName=LEND_POLICY),
    )

"""Reading an account into a `Snapshot`."""

from __future__ import annotations

from collections.abc import Sequence

from guestpass.account.snapshot import IamRole, IamUser, Snapshot
from guestpass.aws import read_iam, read_records, read_resources, read_site
from guestpass.aws.hands import Hands
from guestpass.aws.reading import Reader, tags_of
from guestpass.loan.names import FREEZE_POLICY, TRAIL_NAME, Names


def take_snapshot(hands: Hands, *, regions: Sequence[str] = (), bucket: str | None = None) -> Snapshot:
    """Read the account. The first region is the trail's home; without any, the hands' own region.

    `bucket` is the trail's bucket when it is not called as guestpass calls it. What AWS refuses to show is in
    `gaps`. Raises AccountError when IAM itself cannot be read: nothing could be planned then.
    """
    where = tuple(dict.fromkeys(regions)) or (hands.region,)
    reader = Reader(hands=hands)
    caller = hands.caller
    home = where[0]
    names = Names.of("-", caller.account, caller.partition)
    found = read_iam.details(reader)
    users = read_iam.users(reader, found)
    roles = read_iam.roles(reader, found)
    root_keys, root_mfa = read_records.root(reader)
    trails = read_records.trails(reader, home)
    # one trail an account: its bucket stands where the first pass was guarded, which may be another region
    kept = next((t for t in trails if t.name == TRAIL_NAME and f":{caller.account}:" in t.arn), None)
    stands = (kept.bucket, kept.home_region) if kept else (names.trail_bucket(home), home)
    found_there = read_resources.resources(reader, where)
    return Snapshot(
        taken_at=hands.now(),
        caller=caller,
        regions=where,
        users=users,
        groups=read_iam.groups(found),
        roles=roles,
        policies=read_iam.policies(reader, found),
        profiles=read_iam.profiles(reader),
        providers=read_iam.providers(reader),
        trails=trails,
        buckets=read_records.buckets(reader, bucket or stands[0], stands[1]),
        budgets=read_records.budgets(reader, caller.account),
        exports=read_records.exports(reader),
        resources=found_there.resources,
        read=found_there.read,
        root_access_keys=root_keys,
        root_mfa=root_mfa,
        site=read_site.read_site(reader, roles),
        gaps=dict(sorted(reader.gaps.items())),
    )


FAST = "not read: this snapshot was taken for a freeze, where seconds count"
"""Why a fast snapshot's gaps are gaps."""


def take_fast_snapshot(hands: Hands, pass_name: str) -> Snapshot:
    """Read only what `freeze` needs of one pass: users and roles below its path, their freezes and keys.

    A handful of calls, so that the Deny stands within a second or two. `revoke` reads the whole account.
    """
    reader = Reader(hands=hands)
    path = Names.of(pass_name, hands.caller.account, hands.caller.partition).path
    users = tuple(
        _user(reader, user["UserName"]) for user in reader.every("Users", "iam", "ListUsers", PathPrefix=path)
    )
    roles = tuple(
        _role(reader, role["RoleName"]) for role in reader.every("Roles", "iam", "ListRoles", PathPrefix=path)
    )
    parts = (
        "groups",
        "policies",
        "profiles",
        "providers",
        "trails",
        "buckets",
        "budgets",
        "exports",
        "resources",
        "children",
    )
    return Snapshot(
        taken_at=hands.now(),
        caller=hands.caller,
        regions=(hands.region,),
        users=users,
        roles=roles,
        site=read_site.read_site(reader, roles, fast=True),
        gaps={**dict.fromkeys(parts, FAST), **reader.gaps},
    )


def _user(reader: Reader, name: str) -> IamUser:
    user = reader.ask("iam", "GetUser", UserName=name)["User"]
    policy = reader.or_none(
        lambda: reader.ask("iam", "GetUserPolicy", UserName=name, PolicyName=FREEZE_POLICY), "NoSuchEntity"
    )
    return IamUser(
        name=name,
        arn=user["Arn"],
        id=user["UserId"],
        path=user["Path"],
        created=user["CreateDate"],
        tags=tags_of(user.get("Tags")),
        inline={FREEZE_POLICY: policy["PolicyDocument"]} if policy else {},
        boundary=(user.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        children=read_iam.keys_alone(reader, name),
    )


def _role(reader: Reader, name: str) -> IamRole:
    role = reader.ask("iam", "GetRole", RoleName=name)["Role"]
    policy = reader.or_none(
        lambda: reader.ask("iam", "GetRolePolicy", RoleName=name, PolicyName=FREEZE_POLICY), "NoSuchEntity"
    )
    listed = [{"PolicyName": FREEZE_POLICY, "PolicyDocument": policy["PolicyDocument"]}] if policy else []
    return read_iam.role_of(
        {**role, "RolePolicyList": listed}, max_session=int(role.get("MaxSessionDuration") or 3600)
    )

"""Guard: the owner's record stands before anyone is let in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guestpass.account import snapshot_to_json
from guestpass.account.snapshot import Bucket, Snapshot, Trail
from guestpass.loan.agreement import Pass
from guestpass.loan.job import blueprint_of
from guestpass.loan.names import PATH_ROOT, TRAIL_NAME, Names
from guestpass.loan.plan.calls import iam, require_account, require_read, shows
from guestpass.loan.plan.documents import same_document, text_of
from guestpass.loan.plan.guard_bill import bill_statement, bill_steps
from guestpass.loan.step import Call, Plan, Step

ALARMS = (("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""What the budget warns of: percent of the monthly sum, spent or foreseen."""

_CALLED = {"rds": "RDS", "ecs": "ECS", "elasticloadbalancing": "Elastic Load Balancing"}


def guard(pass_: Pass, snapshot: Snapshot) -> Plan:
    """What guarding the account for this pass would do.

    The trail and its bucket are one an account; the budget and the baseline are the pass's. Raises InputError when
    the snapshot is of another account, or could not see what is to be guarded.
    """
    require_account(snapshot, pass_.account)
    names = Names.of_pass(pass_)
    home = pass_.regions[0]
    trail = guarding_trail(snapshot)
    if trail is not None:
        # one trail an account: a pass in another region uses the trail that an earlier one made
        home = trail.home_region
    name = trail.bucket if trail is not None else names.trail_bucket(home)
    require_read(
        snapshot,
        (
            "cloudtrail:DescribeTrails",
            "budgets:DescribeBudgets",
            "bcm-data-exports:ListExports",
            "s3:HeadBucket",
        ),
        "what is already guarded is not known",
    )
    bucket = next((each for each in snapshot.buckets if each.name == name), None)
    steps = (
        *_bucket(name, home, names, bucket),
        *_trail(name, home, trail),
        *_budget(pass_, names, snapshot),
        *bill_steps(name, home, names, snapshot.exports),
        *_service_linked(blueprint_of(pass_).service_linked_roles, snapshot),
        *_baseline(name, home, pass_, snapshot, bucket),
    )
    return Plan(
        verb="guard",
        pass_name=pass_.name,
        account=pass_.account,
        steps=steps,
        notes=_notes(snapshot, bucket, pass_),
    )


def guarding_trail(snapshot: Snapshot) -> Trail | None:
    """The trail that guestpass keeps, or None."""
    mine = snapshot.caller.account
    return next((t for t in snapshot.trails if t.name == TRAIL_NAME and f":{mine}:" in t.arn), None)


def is_guarded(snapshot: Snapshot) -> bool:
    """Whether the record that a grant needs is running: all regions, global events, validated files, logging."""
    trail = guarding_trail(snapshot)
    return trail is not None and trail.logging and _is_good(trail)


def _is_good(trail: Trail) -> bool:
    return trail.multi_region and trail.validated and trail.global_events


def trail_bucket_policy(name: str, trail_arn: str, names: Names) -> Mapping[str, Any]:
    """CloudTrail and Data Exports alone may write; no guest of any pass may do anything, whatever else allows it."""
    bucket, partition, account = f"arn:{names.partition}:s3:::{name}", names.partition, names.account
    trail = {"StringEquals": {"aws:SourceArn": trail_arn}}
    guests = [f"arn:{partition}:iam::{account}:{kind}{PATH_ROOT}*" for kind in ("user", "role")]
    return {
        "Version": "2012-10-17",
        "Statement": [
            # AWS: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail"
            {
                "Sid": "CloudTrailLooks",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:GetBucketAcl",
                "Resource": bucket,
                "Condition": trail,
            },
            {
                "Sid": "CloudTrailWrites",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{bucket}/AWSLogs/{account}/*",
                "Condition": {
                    "StringEquals": {"aws:SourceArn": trail_arn, "s3:x-amz-acl": "bucket-owner-full-control"}
                },
            },
            bill_statement(bucket, names),
            # AWS: aws:PrincipalArn is a role's ARN in its sessions, path included
            {
                "Sid": "GuestsStayOut",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket, f"{bucket}/*"],
                "Condition": {"ArnLike": {"aws:PrincipalArn": guests}},
            },
            {
                "Sid": "OnlyEncryptedWays",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket, f"{bucket}/*"],
                # the loopback exemption is for the AWS in the box: no request reaches AWS from 127.0.0.1
                "Condition": {
                    "Bool": {"aws:SecureTransport": "false"},
                    "NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"},
                },
            },
        ],
    }


def _s3(operation: str, region: str, **parameters: Any) -> Call:
    return Call(service="s3", operation=operation, parameters=parameters, region=region)


def _bucket(name: str, home: str, names: Names, bucket: Bucket | None) -> Iterator[Step]:
    if bucket is None:
        # AWS: S3 API Reference, CreateBucket: us-east-1 is said by saying nothing
        where = {} if home == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": home}}
        yield Step(
            id="guard/bucket",
            call=_s3("CreateBucket", home, Bucket=name, **where),
            why="the record of what the guest does is kept here",
            effect=shows(_s3("HeadBucket", home, Bucket=name), "ResponseMetadata.HTTPStatusCode", 200),
            inverse=_s3("DeleteBucket", home, Bucket=name),
            accepts=("BucketAlreadyOwnedByYou",),
        )
    if bucket is None or not bucket.public_access_blocked:
        keys = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        yield Step(
            id="guard/bucket/public-access",
            call=_s3(
                "PutPublicAccessBlock",
                home,
                Bucket=name,
                PublicAccessBlockConfiguration=dict.fromkeys(keys, True),
            ),
            why="no one can make the record public",
            effect=shows(
                _s3("GetPublicAccessBlock", home, Bucket=name),
                "PublicAccessBlockConfiguration.RestrictPublicBuckets",
            ),
        )
    if bucket is None or not bucket.versioned:
        yield Step(
            id="guard/bucket/versions",
            call=_s3("PutBucketVersioning", home, Bucket=name, VersioningConfiguration={"Status": "Enabled"}),
            why="a file that is overwritten or deleted can be had back",
            effect=shows(_s3("GetBucketVersioning", home, Bucket=name), "Status", "Enabled"),
        )
    policy = trail_bucket_policy(name, names.trail_arn(home), names)
    if bucket is None or not same_document(bucket.policy, policy):
        yield Step(
            id="guard/bucket/policy",
            call=_s3("PutBucketPolicy", home, Bucket=name, Policy=text_of(policy)),
            why="CloudTrail and the bill may be written here, guests may not even look",
            effect=shows(
                _s3("GetBucketPolicy", home, Bucket=name),
                "contains(Policy, 'GuestsStayOut') && contains(Policy, 'DataExportsWrites')",
            ),
            inverse=_s3("DeleteBucketPolicy", home, Bucket=name),
        )


def _trail(bucket: str, home: str, trail: Trail | None) -> Iterator[Step]:
    def cloudtrail(operation: str, **parameters: Any) -> Call:
        return Call(service="cloudtrail", operation=operation, parameters=parameters, region=home)

    shape: dict[str, Any] = {
        "Name": TRAIL_NAME,
        "S3BucketName": bucket,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "EnableLogFileValidation": True,
    }
    seen = shows(
        cloudtrail("DescribeTrails", trailNameList=[TRAIL_NAME]),
        "trailList[0].[IsMultiRegionTrail, IncludeGlobalServiceEvents, LogFileValidationEnabled]",
        [True, True, True],
    )
    if trail is None:
        yield Step(
            id="guard/trail",
            call=cloudtrail("CreateTrail", **shape),
            why="records the management events of all regions, in files whose hashes are signed",
            effect=seen,
            inverse=cloudtrail("DeleteTrail", Name=TRAIL_NAME),
        )
    elif not _is_good(trail):
        yield Step(
            id="guard/trail",
            call=cloudtrail("UpdateTrail", **shape),
            why="the trail must cover all regions and global services, in files whose hashes are signed",
            effect=seen,
        )
    if trail is None or not trail.logging:
        yield Step(
            id="guard/trail/logging",
            call=cloudtrail("StartLogging", Name=TRAIL_NAME),
            why="a trail records nothing until it is started",
            effect=shows(cloudtrail("GetTrailStatus", Name=TRAIL_NAME), "IsLogging"),
            inverse=cloudtrail("StopLogging", Name=TRAIL_NAME),
        )


def _budget(pass_: Pass, names: Names, snapshot: Snapshot) -> Iterator[Step]:
    def budgets(operation: str, **parameters: Any) -> Call:
        return Call(
            service="budgets", operation=operation, parameters={"AccountId": pass_.account, **parameters}
        )

    money = {"Amount": str(pass_.spend.monthly_usd), "Unit": "USD"}
    wanted = {
        "BudgetName": names.budget,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": money,
    }
    stored = next((each for each in snapshot.budgets if each.name == names.budget), None)
    described = budgets("DescribeBudget", BudgetName=names.budget)
    if stored is None:
        alarms = [{"Notification": _alarm(*alarm), "Subscribers": _to(pass_)} for alarm in ALARMS]
        yield Step(
            id="guard/budget",
            call=budgets("CreateBudget", Budget=wanted, NotificationsWithSubscribers=alarms),
            why=f"writes to {pass_.spend.notify} at 50, 80 and 100 % of the month's money, and when 100 % is foreseen",
            effect=shows(described, "Budget.BudgetName", names.budget),
            inverse=budgets("DeleteBudget", BudgetName=names.budget),
        )
        return
    if float(stored.limit or 0) != float(pass_.spend.monthly_usd):
        yield Step(
            id="guard/budget/limit",
            call=budgets("UpdateBudget", NewBudget=wanted),
            why="the pass says another sum",
            effect=shows(described, "to_number(Budget.BudgetLimit.Amount)", float(pass_.spend.monthly_usd)),
        )


def _alarm(kind: str, percent: int) -> dict[str, Any]:
    return {
        "NotificationType": kind,
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": percent,
        "ThresholdType": "PERCENTAGE",
    }


def _to(pass_: Pass) -> list[dict[str, str]]:
    return [{"SubscriptionType": "EMAIL", "Address": pass_.spend.notify}]


def _service_linked(services: Sequence[str], snapshot: Snapshot) -> Iterator[Step]:
    """The roles that services make for themselves at their first use, which asks for a right to make roles."""
    for service in services:
        # AWS: IAM User Guide, "Service-linked roles": the path is /aws-service-role/SERVICE/
        path, short = f"/aws-service-role/{service}/", service.partition(".")[0]
        if any(role.path == path for role in snapshot.roles):
            continue
        yield Step(
            id=f"guard/{short}-role",
            call=iam("CreateServiceLinkedRole", AWSServiceName=service),
            why=f"{_CALLED.get(short, short)} needs its service-linked role; made now, so that the guest needs no right "
            "to make roles",
            effect=shows(iam("ListRoles", PathPrefix=path), "length(Roles) > `0`"),
            # AWS answers InvalidInput when the role has been taken already
            accepts=("InvalidInput", "EntityAlreadyExists"),
        )


def _baseline(name: str, home: str, pass_: Pass, snapshot: Snapshot, bucket: Bucket | None) -> Iterator[Step]:
    if bucket is not None and pass_.name in bucket.baselines:
        return
    key = f"baseline/{pass_.name}.json"
    yield Step(
        id="guard/baseline",
        call=_s3(
            "PutObject",
            home,
            Bucket=name,
            Key=key,
            Body=snapshot_to_json(snapshot),
            ContentType="application/json",
            # AWS: S3 User Guide, "conditional writes": an object that is there is never overwritten
            IfNoneMatch="*",
        ),
        why="the account as it was before the guest came, to compare with at the end",
        effect=shows(_s3("HeadObject", home, Bucket=name, Key=key), "ResponseMetadata.HTTPStatusCode", 200),
        accepts=("PreconditionFailed",),
    )


def _notes(snapshot: Snapshot, bucket: Bucket | None, pass_: Pass) -> tuple[str, ...]:
    notes = ["the budget watches and warns; it stops nothing"]
    others = [
        t for t in snapshot.trails if t.name != TRAIL_NAME and t.logging and t.multi_region and t.validated
    ]
    if others and guarding_trail(snapshot) is None:
        # an owner's own trail is not enough: guestpass knows only of its own bucket that guests are kept out of it
        notes.append(
            f"trail `{others[0].name}` records the same; guestpass still keeps its own, in a bucket that guests cannot "
            "touch (AWS charges for second copies of management events)"
        )
    if bucket is not None and pass_.name in bucket.baselines:
        notes.append(f"a baseline for `{pass_.name}` is there already and stays as it is")
    if snapshot.root_access_keys:
        notes.append("the root user has access keys: delete them, no policy can hold them")
    if snapshot.root_mfa is False:
        notes.append("the root user has no MFA device: register one")
    return tuple(notes)

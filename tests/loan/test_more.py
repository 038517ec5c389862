"""A refused call gets the smallest addition: what was refused goes through with it, and what stands beside it does not."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.access import Allowed, Context, Denied, Layers, Request, User, evaluate, read_policy
from guestpass.account.snapshot import Caller, IamPolicy, IamRole, Resource, Snapshot
from guestpass.errors import InputError
from guestpass.loan import Names, Pass
from guestpass.loan.agreement import Also
from guestpass.loan.job import job_policies
from guestpass.loan.more import (
    Answer,
    Circumstances,
    More,
    Refusal,
    Told,
    Unsaid,
    exit_code,
    more,
    of_deeds,
    of_text,
)
from guestpass.loan.more.addition import joined
from guestpass.loan.reading import parse_pass
from guestpass.loan.tightened import TIGHTENED_TAG
from guestpass.loan.wall import wall_document
from guestpass.loan.writing import pass_text, with_also
from guestpass.trail import Deed, read_event
from loan.passes import passes
from loan.story import NOW, OWNER, REGION, VPC, a_pass

NAMES = Names.of_pass(a_pass())
GUEST = NAMES.user_arn
USER = f"User: {GUEST} is not authorized to perform: "
QUEUE = f"arn:aws:sqs:{REGION}:{OWNER}:acme-shop-mail"
VPC_ARN = f"arn:aws:ec2:{REGION}:{OWNER}:vpc/{VPC}"
AROUND = Circumstances(now=NOW)


def silent(action: str, on: str | None = None, by: str = "identity-based policy") -> str:
    """AWS's words where nothing allows."""
    return f"{USER}{action}{f' on resource: {on}' if on else ''} because no {by} allows the {action} action"


def read(text: str) -> tuple[Refusal | Unsaid, ...]:
    return of_text(text, file="call", account=OWNER, partition="aws")


def one(text: str) -> Refusal:
    (found,) = read(text)
    assert isinstance(found, Refusal), found
    return found


def asked(text: str, pass_: Pass | None = None, around: Circumstances = AROUND, **told: Any) -> More:
    return more(pass_ or a_pass(), read(text), around, Told(**told))


def answer(text: str, pass_: Pass | None = None, around: Circumstances = AROUND, **told: Any) -> Answer:
    (found,) = asked(text, pass_, around, **told).answers
    return found


def may(pass_: Pass, action: str, resource: str, **context: str) -> bool:
    """Whether the guest may, by the job policy and the wall of the pass alone: every key that is not told is absent."""
    layers = Layers(
        identity=tuple(read_policy(doc, kind="identity", name=name) for name, doc in job_policies(pass_)),
        boundary=(read_policy(wall_document(pass_), kind="boundary", name="wall"),),
    )
    told = {
        "aws:RequestedRegion": REGION,
        "aws:CurrentTime": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "aws:ViaAWSService": "false",
        **{key.replace("__", ":").replace("_tag", "Tag/guestpass"): value for key, value in context.items()},
    }
    request = Request(
        principal=User(arn=GUEST, account=OWNER),
        action=action,
        resource=resource,
        context=Context.of(told),
        resource_account=OWNER,
    )
    decision = evaluate(request, layers)
    assert isinstance(decision, Allowed | Denied), decision
    return isinstance(decision, Allowed)


# ---- the words of clients

CREATE = silent("sqs:createqueue", QUEUE)
CLIENTS: Mapping[str, tuple[str, str, str | None]] = {
    "boto3": (
        f"botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the CreateQueue operation: {CREATE}",
        "sqs:CreateQueue",
        QUEUE,
    ),
    "the AWS CLI on EC2": (
        "An error occurred (UnauthorizedOperation) when calling the DescribeVpcAttribute operation: You are not "
        f"authorized to perform this operation. {silent('ec2:DescribeVpcAttribute', VPC_ARN)}. Encoded authorization "
        "failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abc",
        "ec2:DescribeVpcAttribute",
        VPC_ARN,
    ),
    "Java": (
        f"com.amazonaws.services.sqs.model.AmazonSQSException: {CREATE} (Service: AmazonSQS; Status Code: 403; Error "
        "Code: AccessDenied; Request ID: 1-2-3; Proxy: null)",
        "sqs:CreateQueue",
        QUEUE,
    ),
    "Java without a reason": (
        f"{USER}lambda:InvokeFunction on resource: arn:aws:lambda:{REGION}:{OWNER}:function:mail (Service: Lambda, "
        "Status Code: 403, Request ID: 1-2-3)",
        "lambda:InvokeFunction",
        f"arn:aws:lambda:{REGION}:{OWNER}:function:mail",
    ),
    "Terraform in its frame": (
        "╷\n│ Error: creating SQS Queue (acme-shop-mail): operation error SQS: CreateQueue, https response error "
        "StatusCode: 403, RequestID: 1-2-3, api error AccessDenied: User:\n│ "
        f"{GUEST} is not authorized to perform: sqs:createqueue on resource:\n│ {QUEUE} because no identity-based policy "
        "allows the sqs:createqueue action\n│ \n│   with aws_sqs_queue.mail,\n│   on main.tf line 3\n╵",
        "sqs:CreateQueue",
        QUEUE,
    ),
    "JavaScript": (
        f"AccessDeniedException: {silent('dynamodb:PutItem', f'arn:aws:dynamodb:{REGION}:{OWNER}:table/orders')}\n    at "
        "throwDefaultError (/srv/node_modules/@smithy/smithy-client/dist-cjs/index.js:388:20)",
        "dynamodb:PutItem",
        f"arn:aws:dynamodb:{REGION}:{OWNER}:table/orders",
    ),
    "PHP with XML inside": (
        'Error executing "PutObject" on "https://files.s3.amazonaws.com/a"; AWS HTTP error: <Error><Code>AccessDenied'
        f"</Code><Message>{USER}s3:PutObject on resource: &quot;arn:aws:s3:::files/price list.pdf&quot; because no "
        "identity-based policy allows the s3:PutObject action</Message></Error>",
        "s3:PutObject",
        "arn:aws:s3:::files/price list.pdf",
    ),
    "CloudFormation": (
        f'Resource handler returned message: "{CREATE} (Service: Sqs, Status Code: 403, Request ID: 1)" (RequestToken: '
        "7, HandlerErrorCode: AccessDenied)",
        "sqs:CreateQueue",
        QUEUE,
    ),
    "the console": (
        f"You don't have permission.\nUser: {GUEST}\nAction: sqs:CreateQueue\nOn resource(s): {QUEUE}\nContext: no "
        "identity-based policy allows the sqs:CreateQueue action",
        "sqs:CreateQueue",
        QUEUE,
    ),
    "a Python dict": (
        "{'Error': {'Message': '" + silent("s3:ListAllMyBuckets") + "', 'Code': 'AccessDenied'}}",
        "s3:ListAllMyBuckets",
        "*",
    ),
    "an answer in JSON": (
        json.dumps({"__type": "AccessDeniedException", "Message": silent("kms:Decrypt", f"arn:aws:kms:{REGION}:{OWNER}:key/1")}),
        "kms:Decrypt",
        f"arn:aws:kms:{REGION}:{OWNER}:key/1",
    ),
    "in colour": (f"\x1b[31m{silent('ecs:ListClusters')}\x1b[0m", "ecs:ListClusters", "*"),
    "S3 without a word": (
        "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied",
        "s3:ListAllMyBuckets",
        "*",
    ),
    "S3 without a word on what": (
        "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
        "s3:GetObject",
        None,
    ),
    "a session of a role": (
        f"User: arn:aws:sts::{OWNER}:assumed-role/acme-shop-guest/jo is not authorized to perform: "
        f"rds:DescribeDBSnapshots on resource: arn:aws:rds:{REGION}:{OWNER}:snapshot:* with an explicit deny in a "
        "permissions boundary",
        "rds:DescribeDBSnapshots",
        f"arn:aws:rds:{REGION}:{OWNER}:snapshot:*",
    ),
}  # fmt: skip


def test_the_messages_of_many_clients_are_read() -> None:
    """The action in AWS's spelling, the resource alone, whatever the client wraps around AWS's words."""
    for client, (text, action, resource) in CLIENTS.items():
        found = one(text)
        assert (found.action, found.resource) == (action, resource), client
        if "because no identity" in text and "identity-based" in " ".join(text.split()):
            assert found.by in ("no identity-based policy allows it", "AWS does not say by what"), client


def test_several_refusals_in_one_paste_are_answered_each() -> None:
    other = silent("s3:ListAllMyBuckets")
    told = asked(f"{CREATE} (Service: Sqs, Status Code: 403)\n\nError: {other}\n{CREATE}")
    assert [each.refusal.action for each in told.answers if isinstance(each.refusal, Refusal)] == [
        "sqs:CreateQueue",
        "s3:ListAllMyBuckets",
    ]
    assert len(told.also) == 2


def test_a_message_that_tells_too_little_says_what_would_tell() -> None:
    for text, says, hint in (
        ("Access Denied", "names no action", "--from-trail"),
        (f"User: {GUEST} is not authorized to access this resource", "names no action", "--from-trail"),
        (
            "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOH",
            "encoded",
            "aws sts decode-authorization-message",
        ),
        (CLIENTS["S3 without a word on what"][0], "nothing says on what", "--on"),
        (silent("iam:PassRole", f"arn:aws:iam::{OWNER}:role/deploy"), "nothing says to which", "--to"),
    ):
        found = answer(text)
        assert found.kind == "unclear", text
        assert says in found.says
        assert hint in (found.do or "")
        assert exit_code((found,)) == 4


def test_an_action_that_nobody_lists_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError) as stopped:
        read(silent("ec2:DescribeVpcAtribute", VPC_ARN))
    assert "ec2:DescribeVpcAtribute" in stopped.value.says
    assert "ec2:DescribeVpcAttribute" in (stopped.value.hint or "")


# ---- the smallest addition

ON: tuple[tuple[str, str, str, dict[str, str], str], ...] = (
    # action, refused on, added on, what the call says, the neighbour that stays refused
    ("ec2:DescribeVpcAttribute", VPC_ARN, VPC_ARN, {}, f"arn:aws:ec2:{REGION}:{OWNER}:vpc/vpc-0dd0dd0d"),
    ("sqs:CreateQueue", QUEUE, f"{QUEUE[:-4]}*", {"aws__Request_tag": "acme-shop"}, f"arn:aws:sqs:{REGION}:{OWNER}:orders"),
    (
        "sqs:SendMessage",
        f"arn:aws:sqs:{REGION}:{OWNER}:orders",
        f"arn:aws:sqs:{REGION}:{OWNER}:orders",
        {},
        f"arn:aws:sqs:{REGION}:{OWNER}:orders-2",
    ),
    ("s3:PutObject", "arn:aws:s3:::files/a/b.txt", "arn:aws:s3:::files/a/b.txt", {}, "arn:aws:s3:::files/a/c.txt"),
    ("s3:GetObject", "arn:aws:s3:::acme-shop-media/a", "arn:aws:s3:::acme-shop-*/*", {}, "arn:aws:s3:::acme/a"),
    (
        "dynamodb:PutItem",
        f"arn:aws:dynamodb:{REGION}:{OWNER}:table/orders",
        f"arn:aws:dynamodb:{REGION}:{OWNER}:table/orders",
        {},
        f"arn:aws:dynamodb:{REGION}:{OWNER}:table/orders2",
    ),
    (
        "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:acme-shop-mail-AbCdEf",
        f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:acme-shop-*",
        {"aws__Resource_tag": "acme-shop"},
        f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:mail-AbCdEf",
    ),
    (
        "ec2:CreateVpcEndpoint",
        f"arn:aws:ec2:{REGION}:{OWNER}:vpc-endpoint/*",
        f"arn:aws:ec2:{REGION}:{OWNER}:vpc-endpoint/*",
        {"aws__Request_tag": "acme-shop"},
        VPC_ARN,
    ),
)  # fmt: skip


def test_what_was_refused_goes_through_with_the_addition_and_its_neighbour_does_not() -> None:
    for action, refused, added, context, neighbour in ON:
        told = asked(silent(action, refused))
        assert not may(told.pass_, action, refused, **context), action
        assert [each.on for each in told.also] == [(added,)], action
        assert told.also[0].actions == (action,)
        assert may(told.after, action, refused, **context), action
        assert not may(told.after, action, neighbour, **context), action
        written = parse_pass(with_also(pass_text(told.pass_), told.also, file="pass.yaml"))
        assert written == told.after


def test_what_is_made_must_carry_the_tag_where_its_id_is_aws_s() -> None:
    """The type's pattern admits every id, so the wall's condition on the tag is all that holds it."""
    arn = f"arn:aws:ec2:{REGION}:{OWNER}:vpc-endpoint/*"
    told = asked(silent("ec2:CreateVpcEndpoint", arn))
    assert not may(told.after, "ec2:CreateVpcEndpoint", arn)
    assert not may(told.after, "ec2:CreateVpcEndpoint", arn, aws__Request_tag="other")
    assert any("guestpass=acme-shop" in note for note in told.answers[0].notes)


def test_an_action_that_takes_no_resource_is_added_without_one() -> None:
    told = asked(silent("s3:ListAllMyBuckets"))
    assert told.also == (
        Also(actions=("s3:ListAllMyBuckets",), on=("*",), why="ListAllMyBuckets was refused"),
    )
    assert may(told.after, "s3:ListAllMyBuckets", "*")
    assert not may(told.after, "s3:ListBucket", "arn:aws:s3:::files")


def test_an_action_on_everything_that_could_be_limited_is_not_lent() -> None:
    found = answer(silent("sqs:SendMessage", "*"))
    assert (found.kind, found.also) == ("limit", ())


def test_a_role_is_handed_over_by_its_whole_name_to_one_service() -> None:
    role = f"arn:aws:iam::{OWNER}:role/deploy"
    text = f"An error occurred (AccessDeniedException) when calling the CreateFunction operation: {silent('iam:PassRole', role)}"
    told = asked(text)
    assert [(each.actions, each.on, each.to) for each in told.also] == [
        (("iam:PassRole",), (role,), ("lambda.amazonaws.com",))
    ]
    assert may(told.after, "iam:PassRole", role, iam__PassedToService="lambda.amazonaws.com")
    assert not may(told.after, "iam:PassRole", role, iam__PassedToService="ec2.amazonaws.com")
    assert not may(told.after, "iam:PassRole", f"{role}2", iam__PassedToService="lambda.amazonaws.com")
    assert told.effects is not None
    assert any("whatever `" in warning for warning in told.effects.warnings)
    by_owner = asked(silent("iam:PassRole", role), to=("ecs-tasks.amazonaws.com",))
    assert by_owner.also[0].to == ("ecs-tasks.amazonaws.com",)


def test_the_owner_names_what_the_message_does_not() -> None:
    told = asked(CLIENTS["S3 without a word on what"][0], on=("arn:aws:s3:::files/a",), why="the price list")
    assert told.also == (Also(actions=("s3:GetObject",), on=("arn:aws:s3:::files/a",), why="the price list"),)


def test_what_the_owner_names_must_be_a_thing_of_the_account_that_the_action_takes() -> None:
    text = CLIENTS["S3 without a word on what"][0]
    for on, kind in (
        ("files", "unclear"),
        (QUEUE, "unclear"),
        ("arn:aws:s3::444455556666:files/a", "limit"),
    ):
        found = answer(text, on=(on,))
        assert (found.kind, found.also) == (kind, ()), on


def test_additions_on_the_same_things_join_and_nothing_is_said_twice() -> None:
    queue, other = f"{QUEUE[:-4]}*", f"arn:aws:sqs:{REGION}:{OWNER}:orders"
    found = joined(
        [
            Also(actions=("sqs:CreateQueue",), on=(queue,), why="a"),
            Also(actions=("sqs:SendMessage",), on=(queue,), why="b"),
            Also(actions=("sqs:CreateQueue", "sqs:SendMessage"), on=(other,), why="c"),
            Also(actions=("sqs:CreateQueue", "sqs:SendMessage"), on=(QUEUE,), why="d"),
            Also(actions=("s3:ListAllMyBuckets",), on=("*",), why="e"),
        ]
    )
    assert found == (
        Also(actions=("sqs:CreateQueue", "sqs:SendMessage"), on=(queue, other), why="a"),
        Also(actions=("s3:ListAllMyBuckets",), on=("*",), why="e"),
    )


# ---- where nothing is to be added


def test_what_the_pass_allows_already_is_refused_by_something_else() -> None:
    """AWS's own words say by what, and each sends the owner elsewhere."""
    for by, note, do in (
        ("identity-based policy", "tightened", "guestpass tighten pass.yaml --restore"),
        ("permissions boundary", "older than the pass", "guestpass plan pass.yaml"),
        ("service control policy", "service control policy", None),
        ("resource-based policy", "own policy", None),
    ):
        found = answer(silent("ec2:DescribeInstances", by=by))
        assert (found.kind, found.also, found.do) == ("allowed", (), do)
        assert note in found.notes[0]
        assert found.statements
        assert exit_code((found,)) == 0


def account(**more: Any) -> Snapshot:
    caller = Caller(account=OWNER, arn=f"arn:aws:iam::{OWNER}:user/owner", user_id="AIDA")
    return Snapshot(**{"taken_at": NOW, "caller": caller, "regions": (REGION,), **more})


def test_the_account_tells_whether_the_job_policy_was_tightened() -> None:
    def seen(tags: Mapping[str, str]) -> Snapshot:
        arn = NAMES.policy_arn(NAMES.job_policy())
        document: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
        policy = IamPolicy(
            name=NAMES.job_policy(),
            path=NAMES.path,
            arn=arn,
            id="ANPA",
            created=NOW,
            default_version="v2",
            versions={"v2": document},
            tags=tags,
        )
        return account(policies=(policy,))

    text = silent("ec2:DescribeInstances")
    cut = answer(text, around=Circumstances(now=NOW, snapshot=seen({TIGHTENED_TAG: "2026-11-25T00:00:00Z"})))
    whole = answer(text, around=Circumstances(now=NOW, snapshot=seen({})))
    assert (cut.notes, cut.do) == (("the job policy was tightened",), "guestpass tighten pass.yaml --restore")
    assert whole.do == "guestpass plan pass.yaml"


def test_the_job_policy_of_the_pass_allows_a_launch_that_the_account_s_one_does_not() -> None:
    """The wall's conditions are unknown, but AWS's words blame the job policy, which has none."""
    found = answer(silent("ec2:RunInstances", f"arn:aws:ec2:{REGION}:{OWNER}:instance/*"))
    assert (found.kind, found.do) == ("allowed", "guestpass tighten pass.yaml --restore")


def test_a_limit_of_the_pass_is_named_with_what_the_owner_could_change() -> None:
    elsewhere = "arn:aws:sqs:us-east-1:111122223333:acme-shop-mail"
    far = answer(silent("sqs:CreateQueue", elsewhere))
    assert (far.kind, far.statements) == ("limit", ("DenyOtherRegions",))
    assert "`us-east-1` among `regions`" in (far.do or "")
    late = answer(CREATE, around=Circumstances(now=a_pass().until + timedelta(hours=1)))
    assert (late.kind, late.statements) == ("limit", ("DenyAfterTheEnd",))
    assert "until" in (late.do or "")
    other = answer(silent("sqs:SendMessage", f"arn:aws:sqs:{REGION}:444455556666:mail"))
    assert (other.kind, other.also) == ("limit", ())
    assert "444455556666" in other.says
    assert exit_code((far,)) == 3


def decoded(action: str, resource: str, **keys: str) -> str:
    """What AWS's decoder answers."""
    items = [
        {"key": key.replace("__", ":"), "values": {"items": [{"value": value}]}}
        for key, value in keys.items()
    ]
    context = {
        "principal": {"id": "AIDA", "arn": GUEST},
        "action": action,
        "resource": resource,
        "conditions": {"items": items},
    }
    return json.dumps(
        {"DecodedMessage": json.dumps({"allowed": False, "explicitDeny": False, "context": context})}
    )


LAUNCHED = f"arn:aws:ec2:{REGION}:{OWNER}:instance/*"


def test_a_decoded_message_tells_which_agreed_size_was_passed() -> None:
    text = decoded(
        "ec2:RunInstances",
        LAUNCHED,
        aws__Region=REGION,
        ec2__InstanceType="m5.24xlarge",
        ec2__MetadataHttpTokens="required",
        **{"aws:RequestTag/guestpass": "acme-shop"},
    )
    found = answer(text)
    assert (found.kind, found.also) == ("limit", ())
    assert "m5.24xlarge" in found.says
    assert "job.instance-types" in (found.do or "")


def test_a_call_that_lacks_the_tag_is_told_so_or_asked_for() -> None:
    """Where the message does not tell the request's tags, the pass's own condition is what is said."""
    untold = answer(silent("ec2:RunInstances", LAUNCHED, by="permissions boundary"))
    assert untold.kind == "conditional"
    assert "guestpass=acme-shop" in untold.says
    assert exit_code((untold,)) == 0


def test_a_thing_of_the_owner_s_can_be_lent_by_itself() -> None:
    """The pass lets the guest stop own instances; this one carries no tag, and the owner may agree to it alone."""
    mine = f"arn:aws:ec2:{REGION}:{OWNER}:instance/i-0a1b2c3d"
    told = asked(silent("ec2:StopInstances", mine, by="permissions boundary"))
    assert [each.on for each in told.also] == [(mine,)]
    assert may(told.after, "ec2:StopInstances", mine)
    assert not may(told.after, "ec2:StopInstances", f"{mine}e")
    assert not may(told.after, "ec2:TerminateInstances", mine)


def test_a_thing_made_under_a_foreign_name_is_to_be_renamed() -> None:
    """The pass makes databases under its own names: nothing is added for one that is called otherwise."""
    found = answer(
        silent("rds:CreateDBInstance", f"arn:aws:rds:{REGION}:{OWNER}:db:shop", by="permissions boundary")
    )
    assert (found.kind, found.also) == ("conditional", ())
    assert "`acme-shop-shop`" in (found.do or "")


def test_what_decides_who_may_do_what_is_never_lent() -> None:
    for action, on in (
        ("iam:CreateUser", "user/helper"),
        ("iam:PutRolePolicy", "role/acme-shop-instance"),
        ("iam:CreateServiceLinkedRole", "role/aws-service-role/x.amazonaws.com/y"),
    ):
        found = answer(silent(action, f"arn:aws:iam::{OWNER}:{on}"))
        assert (found.kind, found.also) == ("never", ())
    assert answer(silent("iam:GetRole", f"arn:aws:iam::{OWNER}:role/deploy")).kind == "add"


def test_the_call_of_somebody_else_is_not_the_guest_s() -> None:
    stranger = silent("sqs:CreateQueue", QUEUE).replace(GUEST, f"arn:aws:iam::{OWNER}:user/owner")
    assert answer(stranger).kind == "other"
    session = f"arn:aws:sts::{OWNER}:assumed-role/{NAMES.instance_role}/i-0a1b2c3d"
    site = answer(silent("sqs:CreateQueue", QUEUE).replace(GUEST, session))
    assert site.kind == "other"
    assert "role of what is built" in site.says
    own = f"arn:aws:sts::{OWNER}:assumed-role/{NAMES.login_role}/jo"
    assert answer(silent("sqs:CreateQueue", QUEUE).replace(GUEST, own), a_pass("role")).kind == "add"


def test_an_agreed_launch_is_held_to_the_agreed_sizes_and_the_tag_like_any_other() -> None:
    """What is agreed on a type's pattern is held by all that the wall says of the type."""
    also = Also(actions=("ec2:RunInstances",), on=(LAUNCHED,), why="more machines")
    pass_ = dataclasses.replace(a_pass(), job=dataclasses.replace(a_pass().job, also=(also,)))
    asks = {
        "ec2__InstanceType": "t3.micro",
        "ec2__MetadataHttpTokens": "required",
        "aws__Request_tag": "acme-shop",
    }
    assert may(pass_, "ec2:RunInstances", LAUNCHED, **asks)
    for key, value in (
        ("ec2__InstanceType", "m5.24xlarge"),
        ("ec2__MetadataHttpTokens", "optional"),
        ("aws__Request_tag", "other"),
    ):
        assert not may(pass_, "ec2:RunInstances", LAUNCHED, **{**asks, key: value}), key


# ---- what else it lets happen


def test_what_else_the_addition_allows_is_said() -> None:
    told = asked(silent("s3:ListBucket", "arn:aws:s3:::files"))
    assert told.effects is not None
    (allowed,) = told.effects.allowed
    assert allowed.level == "lists"
    assert {"s3:ListObjects", "s3:ListObjectsV2", "s3:HeadBucket"} <= set(allowed.calls)
    assert [line.sid for line in told.effects.held] == ["AlsoListBucket"]
    assert told.effects.was < told.effects.size <= told.effects.most


def test_a_door_is_named_where_the_addition_opens_it_and_not_where_it_stood_open() -> None:
    told = asked(silent("lambda:CreateFunction", f"arn:aws:lambda:{REGION}:{OWNER}:function:acme-shop-mail"))
    assert told.effects is not None
    assert "DOR130" in {door.code for door in told.effects.doors}
    again = asked(
        silent("lambda:CreateFunction", f"arn:aws:lambda:{REGION}:{OWNER}:function:mail"), told.after
    )
    assert again.effects is None or not again.effects.doors
    quiet = asked(silent("ec2:DescribeVpcAttribute", VPC_ARN))
    assert quiet.effects is not None
    assert (quiet.effects.doors, quiet.effects.ways, quiet.effects.powers) == ((), (), ())


def test_a_known_way_to_more_rights_is_named_when_its_last_part_comes() -> None:
    """A role that the guest hands to functions, and then the making and calling of functions."""
    role, function = (
        f"arn:aws:iam::{OWNER}:role/deploy",
        f"arn:aws:lambda:{REGION}:{OWNER}:function:acme-shop-mail",
    )
    pass_ = asked(silent("iam:PassRole", role), to=("lambda.amazonaws.com",)).after
    pass_ = asked(silent("lambda:InvokeFunction", function), pass_).after
    told = asked(silent("lambda:CreateFunction", function), pass_)
    assert told.effects is not None
    assert "PassExistingRoleToNewLambdaThenInvoke" in {way.name for way in told.effects.ways}


def test_tagging_a_thing_makes_it_one_s_own_and_that_is_said() -> None:
    mine = f"arn:aws:ec2:{REGION}:{OWNER}:instance/i-0a1b2c3d"
    told = asked(silent("ec2:CreateTags", mine, by="permissions boundary"))
    assert told.effects is not None
    assert any("like a thing of its own" in warning for warning in told.effects.warnings)


def test_the_account_s_own_things_that_a_pattern_reaches_are_named() -> None:
    mine, yours = f"arn:aws:sqs:{REGION}:{OWNER}:acme-shop-in", f"arn:aws:sqs:{REGION}:{OWNER}:orders"
    seen = account(
        resources=(
            Resource(arn=mine, type="sqs:queue", region=REGION, tags={"guestpass": "acme-shop"}),
            Resource(arn=yours, type="sqs:queue", region=REGION, tags={}),
        )
    )
    around = Circumstances(now=NOW, snapshot=seen)
    own = asked(CREATE, around=around).effects
    assert own is not None
    assert own.reached is not None
    assert [(each.own, each.others) for each in own.reached] == [((mine,), ())]
    wide = asked(silent("sqs:GetQueueUrl"), around=around, on=(f"arn:aws:sqs:{REGION}:{OWNER}:*",)).effects
    assert wide is not None
    assert wide.reached is not None
    assert [each.others for each in wide.reached] == [(yours,)]


def test_the_role_that_is_handed_over_is_read_in_the_account() -> None:
    arn = f"arn:aws:iam::{OWNER}:role/deploy"
    role = IamRole(
        name="deploy",
        path="/",
        arn=arn,
        id="AROA",
        created=NOW,
        trust={},
        attached=("arn:aws:iam::aws:policy/AdministratorAccess",),
    )
    around = Circumstances(now=NOW, snapshot=account(roles=(role,)))
    effects = asked(silent("iam:PassRole", arn), around=around, to=("lambda.amazonaws.com",)).effects
    assert effects is not None
    assert any("AdministratorAccess" in warning for warning in effects.warnings)


# ---- events


def record(name: str, parameters: Mapping[str, Any] | None, message: str, **more: Any) -> dict[str, Any]:
    service, operation = name.split(":")
    return {
        "eventVersion": "1.11",
        "eventID": f"{operation}-{more.get('eventTime', '')}",
        "eventTime": "2026-11-30T10:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": REGION,
        "userIdentity": {"type": "IAMUser", "arn": GUEST, "accountId": OWNER},
        "requestParameters": parameters,
        "responseElements": None,
        "errorCode": "AccessDenied",
        "errorMessage": message,
        **more,
    }


CREATED = record("sqs:CreateQueue", {"queueName": "acme-shop-mail"}, CREATE)


def test_an_event_is_read_alone_and_in_every_wrapping() -> None:
    for text in (
        json.dumps(CREATED),
        json.dumps({"Records": [CREATED, {**CREATED, "eventID": "ok", "errorCode": None}]}),
        json.dumps({"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(CREATED)}]}),
        json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": CREATED}),
    ):
        found = one(text)
        assert (found.action, found.resource, found.who) == ("sqs:CreateQueue", QUEUE, GUEST)
        assert found.operation == ("sqs", "CreateQueue")
        assert asked(text).also[0].why == "CreateQueue was refused on 2026-11-30"


def test_a_call_that_names_a_role_is_answered_with_the_role_too() -> None:
    """The event tells what the message does not: which role the function would run under."""
    role = f"arn:aws:iam::{OWNER}:role/deploy"
    function = f"arn:aws:lambda:{REGION}:{OWNER}:function:acme-shop-mail"
    told = asked(
        json.dumps(
            record(
                "lambda:CreateFunction20150331",
                {"functionName": "acme-shop-mail", "role": role, "runtime": "python3.13"},
                silent("lambda:CreateFunction", function),
            )
        )
    )
    assert [(each.actions, each.on, each.to) for each in told.also] == [
        (("lambda:CreateFunction",), (f"{function[:-4]}*",), ()),
        (("iam:PassRole",), (role,), ("lambda.amazonaws.com",)),
    ]


def test_of_an_event_without_words_only_what_the_pass_refuses_is_meant() -> None:
    """A launch asks for many things; the pass refuses one of them, a key pair that is not its own."""
    parameters = {
        "instancesSet": {"items": [{"imageId": "ami-0a1b2c3d", "keyName": "owners-key", "minCount": 1}]},
        "instanceType": "t3.micro",
        "subnetId": "subnet-0a1b2c3d",
        "metadataOptions": {"httpTokens": "required"},
        "tagSpecificationSet": {
            "items": [
                {"resourceType": kind, "tags": [{"key": "guestpass", "value": "acme-shop"}]}
                for kind in ("instance", "volume", "network-interface")
            ]
        },
    }
    text = json.dumps(
        record(
            "ec2:RunInstances",
            parameters,
            "You are not authorized.",
            errorCode="Client.UnauthorizedOperation",
        )
    )
    told = asked(text)
    kinds = {str(each.refusal.resource).split(":")[5].split("/")[0]: each.kind for each in told.answers}  # type: ignore[union-attr]
    assert kinds["key-pair"] == "add"
    assert "subnet" not in kinds, "the pass lends this subnet"
    assert "instance" not in kinds, "size, tokens and tag are as agreed"


def test_what_is_no_event_is_named_with_its_place() -> None:
    for text, place in (
        ("", "call"),
        ('{"eventName": ', "call:1:15"),
        ('{"Records": [{"eventName": "CreateQueue"}]}', "call ($.Records[0])"),
        ('{"Events": [{"CloudTrailEvent": "{"}]}', "call ($.Events[0].CloudTrailEvent)"),
        (json.dumps({**CREATED, "errorCode": None}), "call ($.errorCode)"),
        (
            json.dumps({**CREATED, "errorCode": "Throttling", "errorMessage": "slow down"}),
            "call ($.errorCode)",
        ),
        ("[" * 5000 + "]" * 5000, "call"),
        ('{"some": "thing"}', "call ($)"),
    ):
        with pytest.raises(InputError) as stopped:
            read(text)
        assert str(stopped.value.place) == place, text[:60]
        assert stopped.value.expected


# ---- the trail


def a_small_pass() -> Pass:
    """A pass whose wall leaves room for many additions."""
    text = (
        "blueprint: small\ntitle: a look\nguest:\n- {sid: Look, why: to see, actions: [ec2:DescribeVpcs]}\n"
    )
    job = dataclasses.replace(a_pass().job, blueprint="small.yaml", written=text)
    return a_pass(job=job)


def deeds(records: Iterable[Mapping[str, Any]]) -> list[Deed]:
    events = [read_event(each) for each in records]
    return [Deed(event=event, by=event.actor.arn or "") for event in events]


def test_the_refused_calls_of_a_trail_are_answered_together() -> None:
    """The same again is counted; what was not refused, and what the pass allows, adds nothing."""
    orders = f"arn:aws:sqs:{REGION}:{OWNER}:orders"
    story = deeds(
        [
            {**CREATED, "eventTime": "2026-11-30T10:00:00Z"},
            {**CREATED, "eventTime": "2026-11-30T11:00:00Z", "eventID": "again"},
            {**CREATED, "eventTime": "2026-11-30T12:00:00Z", "eventID": "fine", "errorCode": None},
            record("sqs:DeleteQueue", {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{OWNER}/acme-shop-mail"},
                   silent("sqs:deletequeue", QUEUE)),
            record("sqs:SendMessage", None, silent("sqs:sendmessage", orders)),
            record("iam:CreateUser", {"userName": "x"}, silent("iam:CreateUser", f"arn:aws:iam::{OWNER}:user/x")),
            record("ec2:DescribeVpcAttribute", {"vpcId": VPC}, silent("ec2:DescribeVpcAttribute", VPC_ARN)),
            record("madeup:Thing", {}, "Access Denied"),
        ]
    )  # fmt: skip
    told = more(a_small_pass(), of_deeds(story, account=OWNER, partition="aws"), AROUND)
    assert [each.kind for each in told.answers].count("add") == 4
    assert {each.refusal.count for each in told.answers if "CreateQueue" in each.says} == {2}
    assert {(frozenset(each.actions), each.on) for each in told.also} == {
        (frozenset({"sqs:CreateQueue", "sqs:DeleteQueue"}), (f"{QUEUE[:-4]}*",)),
        (frozenset({"sqs:SendMessage"}), (orders,)),
        (frozenset({"ec2:DescribeVpcAttribute"}), (VPC_ARN,)),
    }
    assert {each.kind for each in told.answers} == {"add", "never", "unclear"}
    assert exit_code(told.answers) == 4
    for action, arn in (
        ("sqs:DeleteQueue", QUEUE),
        ("sqs:SendMessage", orders),
        ("ec2:DescribeVpcAttribute", VPC_ARN),
    ):
        assert may(told.after, action, arn), action
    assert not may(told.after, "sqs:DeleteQueue", orders)


def test_what_does_not_fit_into_a_policy_is_said_with_what_each_costs() -> None:
    """The owner decides: nothing is left out in silence."""
    services = (
        "sqs:SendMessage",
        "sns:Publish",
        "dynamodb:GetItem",
        "lambda:InvokeFunction",
        "kinesis:PutRecord",
        "states:StartExecution",
        "secretsmanager:DescribeSecret",
        "ecr:PutImage",
        "firehose:PutRecord",
        "codecommit:GitPush",
    )
    kinds = (
        *("one", "one", "table/one", "function:one", "stream/one"),
        *("stateMachine:one", "secret:one", "repository/one", "deliverystream/one", "one"),
    )
    text = "\n".join(
        silent(action, f"arn:aws:{action.partition(':')[0]}:{REGION}:{OWNER}:{kind}")
        for action, kind in zip(services, kinds, strict=True)
    )
    told = asked(text)
    assert [each.kind for each in told.answers] == ["add"] * 10
    assert told.effects is None
    assert told.unfit is not None
    assert "`sns:Publish` costs" in told.unfit


# ---- what a hostile guest writes


def test_a_name_that_the_guest_chose_cannot_widen_the_addition() -> None:
    """A blank, a variable of policies, a letter that IAM does not take: one letter each, never a star."""
    key = "a b${aws:username}\u202ec"
    told = asked(
        f'{USER}s3:GetObject on resource: "arn:aws:s3:::files/{key}" because no identity-based policy allows it'
    )
    (pattern,) = told.also[0].on
    assert pattern == "arn:aws:s3:::files/a?b?{aws:username}?c"
    assert not may(told.after, "s3:GetObject", "arn:aws:s3:::files/other")
    star = asked(silent("s3:GetObject", "arn:aws:s3:::files/*"))
    assert any("`*` stands in what the call named" in note for note in star.answers[0].notes)
    forged = one(
        f'{USER}s3:GetObject on resource: "arn:aws:s3:::files/a because no service control policy allows the '
        's3:GetObject action" because no identity-based policy allows the s3:GetObject action'
    )
    assert forged.by == "no identity-based policy allows it"


@given(st.text(max_size=300))
def test_no_text_that_anybody_pastes_breaks_the_reader(text: str) -> None:
    """It is read, or it is named as what it is not."""
    for said in (
        text,
        f"{USER}{text}",
        silent("s3:GetObject", text),
        json.dumps({"eventName": text, "x": [text]}),
    ):
        try:
            found = of_text(said, file="call", account=OWNER, partition="aws")
        except InputError:
            continue
        told = more(a_pass(), found, AROUND)
        for also in told.also:
            parse_pass(
                pass_text(dataclasses.replace(a_pass(), job=dataclasses.replace(a_pass().job, also=(also,))))
            )


# ---- writing

COMMENTED = """\
# ours, signed by both
pass: acme-shop
account: "111122223333"
guest: {name: Jo Example, login: access-key, key: KEY}
job:
    blueprint: php-mysql   # as agreed on the phone
    instance-types:
    - t3.micro
    - t3.small   # for the sale
    database-classes: [db.t3.micro]
    # nothing more
network: {vpc: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d]}
regions: [eu-west-1]
until: 2026-12-31T12:00:00Z   # no later
spend: {monthly-usd: 50, notify: owner@example.org}
""".replace("KEY", a_pass().guest.key or "")
ALSO = Also(
    actions=("s3:GetObject", "s3:PutObject"), on=("arn:aws:s3:::files/a: b #c",), why='they say "now": # yes'
)
HAND = Also(
    actions=("iam:PassRole",),
    on=(f"arn:aws:iam::{OWNER}:role/deploy",),
    to=("lambda.amazonaws.com",),
    why="mail",
)
LOOK = Also(actions=("ec2:DescribeVpcs",), on=("*",), why="look")


def test_the_owner_s_own_lines_all_stay_when_entries_are_put_in() -> None:
    entries = (dataclasses.replace(ALSO, on=("arn:aws:s3:::files/a",)), HAND)
    for text in (COMMENTED, COMMENTED.replace("\n", "\r\n"), COMMENTED.rstrip("\n")):
        once = with_also(text, entries, file="pass.yaml")
        twice = with_also(once, (LOOK,), file="pass.yaml")
        assert parse_pass(twice).job.also == (*entries, LOOK)
        assert dataclasses.replace(
            parse_pass(twice), job=dataclasses.replace(parse_pass(twice).job, also=())
        ) == parse_pass(text)
        left = iter(twice.splitlines())
        assert all(line in left for line in text.splitlines()), "a line is gone or has moved"
        assert ("\r\n" in text) == ("\r\n" in twice)
        assert "\r" not in twice.replace("\r\n", "")


def test_a_pass_written_on_one_line_is_left_alone() -> None:
    flat = COMMENTED.split("job:\n", maxsplit=1)[0] + (
        "job: {blueprint: php-mysql, instance-types: [t3.micro], database-classes: [db.t3.micro]}\n"
        "network:" + COMMENTED.split("network:")[1]
    )
    assert parse_pass(flat)
    inner = COMMENTED.replace(
        "    # nothing more\n", "    also: [{actions: [ec2:DescribeVpcs], why: look}]\n"
    )
    assert parse_pass(inner)
    for text in (flat, inner):
        with pytest.raises(InputError) as stopped:
            with_also(text, (HAND,), file="pass.yaml")
        assert stopped.value.place is not None
        assert "nothing was written" in stopped.value.says


def test_what_no_pass_holds_is_not_written() -> None:
    for bad in (
        Also(actions=("iam:CreateUser",), on=(f"arn:aws:iam::{OWNER}:user/x",), why="no"),
        Also(actions=("s3:GetObject",), on=("*",), why="no"),
        ALSO,
    ):
        with pytest.raises(InputError):
            with_also(COMMENTED, (bad,), file="pass.yaml")


@given(
    passes(),
    st.lists(st.sampled_from((LOOK, dataclasses.replace(ALSO, on=("arn:aws:s3:::files/*",)))), unique=True),
)
def test_a_written_pass_with_more_agreed_to_reads_back_equal(pass_: Pass, also: list[Also]) -> None:
    if pass_.partition != "aws":
        also = [each for each in also if each == LOOK]
    said = dataclasses.replace(pass_, job=dataclasses.replace(pass_.job, also=tuple(also)))
    assert parse_pass(pass_text(said)) == said
    if also:
        assert parse_pass(with_also(pass_text(pass_), also, file="pass.yaml")) == said

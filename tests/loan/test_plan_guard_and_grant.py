"""Guard and grant, planned on hand-made accounts: in order, only what is missing, nothing of anybody else's."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from guestpass.account import snapshot_from_json
from guestpass.account.snapshot import IamGroup, IamPolicy, IamUser, Snapshot
from guestpass.errors import InputError
from guestpass.loan.agreement import Spend
from guestpass.loan.names import FREEZE_POLICY, Names
from guestpass.loan.plan import freeze, grant, guard, revoke
from guestpass.loan.plan.freeze import DENY_ALL
from guestpass.loan.step import Generated, Plan
from loan.model import ACCOUNT, NOW, a_pass, an_account, an_empty_account, applied, carried_out

NAMES = Names.of("acme-shop", ACCOUNT)
LOGINS = ("access-key", "console", "role")


def operations(plan: Plan) -> list[str]:
    return [step.call.operation for step in plan.steps]


def granted(login: Any = "access-key") -> Snapshot:
    return carried_out(grant(a_pass(login), an_account()), an_account())


def sealed(login: str = "access-key") -> frozenset[str]:
    return frozenset({"AKIANEW0", "console-password"})


# ---- guard


def test_guarding_an_account_starts_with_the_bucket_and_ends_with_the_baseline():
    assert operations(guard(a_pass(), an_empty_account())) == [
        "CreateBucket",
        "PutPublicAccessBlock",
        "PutBucketVersioning",
        "PutBucketPolicy",
        "CreateTrail",
        "StartLogging",
        "CreateBudget",
        "CreateExport",
        "CreateServiceLinkedRole",
        "PutObject",
    ]


def test_a_guarded_account_needs_no_guarding():
    account = carried_out(guard(a_pass(), an_empty_account()), an_empty_account())
    assert guard(a_pass(), account).steps == ()


def test_guarding_goes_on_from_wherever_it_stopped():
    account, plan = an_empty_account(), guard(a_pass(), an_empty_account())
    for step in plan.steps:
        account = applied(step.call, account)
        rest = [each.id for each in guard(a_pass(), account).steps]
        assert rest == [each.id for each in plan.steps[plan.steps.index(step) + 1 :]]


def test_a_trail_that_was_stopped_is_started_again():
    account = carried_out(guard(a_pass(), an_empty_account()), an_empty_account())
    stopped = replace(account, trails=(replace(account.trails[0], logging=False),))
    assert operations(guard(a_pass(), stopped)) == ["StartLogging"]


def test_the_baseline_is_the_account_before_anything_was_done_and_is_never_overwritten():
    step = guard(a_pass(), an_empty_account()).steps[-1]
    assert step.call.parameters["IfNoneMatch"] == "*"
    assert step.accepts == ("PreconditionFailed",)
    assert snapshot_from_json(step.call.parameters["Body"]) == an_empty_account()


def test_the_buckets_policy_keeps_every_guest_of_every_pass_out():
    plan = guard(a_pass(), an_empty_account())
    policy = json.loads(
        next(s for s in plan.steps if s.id == "guard/bucket/policy").call.parameters["Policy"]
    )
    deny = next(s for s in policy["Statement"] if s["Sid"] == "GuestsStayOut")
    assert deny["Effect"] == "Deny"
    assert deny["Action"] == "s3:*"
    assert deny["Condition"] == {
        "ArnLike": {
            "aws:PrincipalArn": [
                f"arn:aws:iam::{ACCOUNT}:user/guestpass/*",
                f"arn:aws:iam::{ACCOUNT}:role/guestpass/*",
            ]
        }
    }


def test_a_new_sum_changes_the_budget_and_nothing_else():
    account = carried_out(guard(a_pass(), an_empty_account()), an_empty_account())
    richer = a_pass(spend=Spend(monthly_usd=Decimal(80), notify="owner@example.com"))
    assert operations(guard(richer, account)) == ["UpdateBudget"]


def test_the_bill_names_the_thing_of_each_charge_and_lies_in_the_trails_bucket():
    step = next(s for s in guard(a_pass(), an_empty_account()).steps if s.id == "guard/bill")
    assert step.call.region == "us-east-1"
    told = step.call.parameters["Export"]
    assert "line_item_resource_id" in told["DataQuery"]["QueryStatement"]
    assert "*" not in told["DataQuery"]["QueryStatement"]
    assert told["DataQuery"]["TableConfigurations"]["COST_AND_USAGE_REPORT"]["INCLUDE_RESOURCES"] == "TRUE"
    where = told["DestinationConfigurations"]["S3Destination"]
    assert (where["S3Bucket"], where["S3Prefix"]) == (NAMES.trail_bucket(a_pass().regions[0]), "bill")


def test_data_exports_may_write_into_the_bucket_for_this_account_alone():
    plan = guard(a_pass(), an_empty_account())
    policy = json.loads(
        next(s for s in plan.steps if s.id == "guard/bucket/policy").call.parameters["Policy"]
    )
    statement = next(s for s in policy["Statement"] if s["Sid"] == "DataExportsWrites")
    assert "bcm-data-exports.amazonaws.com" in statement["Principal"]["Service"]
    told = statement["Condition"]["StringLike"]
    assert told["aws:SourceAccount"] == ACCOUNT
    assert all(f":us-east-1:{ACCOUNT}:" in arn for arn in told["aws:SourceArn"])


def test_an_account_that_was_guarded_before_bills_were_kept_gets_the_bill_alone():
    account = carried_out(guard(a_pass(), an_empty_account()), an_empty_account())
    policy = account.buckets[0].policy
    assert policy is not None
    without = {**policy, "Statement": [s for s in policy["Statement"] if s["Sid"] != "DataExportsWrites"]}
    older = replace(account, exports=(), buckets=(replace(account.buckets[0], policy=without),))
    assert operations(guard(a_pass(), older)) == ["PutBucketPolicy", "CreateExport"]


@pytest.mark.parametrize("spoilt", ["query", "resources", "bucket"])
def test_an_export_that_says_something_else_is_put_right(spoilt: str):
    account = carried_out(guard(a_pass(), an_empty_account()), an_empty_account())
    told = json.loads(json.dumps(account.exports[0].definition))
    match spoilt:
        case "query":
            told["DataQuery"]["QueryStatement"] = "SELECT line_item_usage_type FROM COST_AND_USAGE_REPORT"
        case "resources":
            told["DataQuery"]["TableConfigurations"]["COST_AND_USAGE_REPORT"]["INCLUDE_RESOURCES"] = "FALSE"
        case "bucket":
            told["DestinationConfigurations"]["S3Destination"]["S3Bucket"] = "elsewhere"
    changed = replace(account, exports=(replace(account.exports[0], definition=told),))
    steps = guard(a_pass(), changed).steps
    assert [step.call.operation for step in steps] == ["UpdateExport"]
    assert steps[0].call.parameters["ExportArn"] == account.exports[0].arn
    assert guard(a_pass(), carried_out(guard(a_pass(), changed), changed)).steps == ()


def test_what_aws_adds_to_an_export_changes_nothing():
    account = carried_out(guard(a_pass(), an_empty_account()), an_empty_account())
    told = json.loads(json.dumps(account.exports[0].definition))
    table = told["DataQuery"]["TableConfigurations"]["COST_AND_USAGE_REPORT"]
    table["BILLING_VIEW_ARN"] = f"arn:aws:billing::{ACCOUNT}:billingview/primary"
    widened = replace(account, exports=(replace(account.exports[0], definition=told),))
    assert guard(a_pass(), widened).steps == ()


@pytest.mark.parametrize("call", ["cloudtrail:DescribeTrails", "bcm-data-exports:ListExports"])
def test_what_could_not_be_read_is_not_guarded_by_guess(call: str):
    blind = an_account(gaps={call: "AccessDenied"})
    with pytest.raises(InputError, match="could not be read"):
        guard(a_pass(), blind)


def test_another_accounts_credentials_are_refused():
    other = a_pass(account="999999999999")
    for verb in (guard, grant):
        with pytest.raises(InputError, match="999999999999"):
            verb(other, an_account())


# ---- grant


@pytest.mark.parametrize("login", LOGINS)
def test_the_wall_stands_before_the_guest_and_the_guest_is_made_inside_it(login):
    plan = grant(a_pass(login), an_account())
    ids = [step.id for step in plan.steps]
    made = next(s for s in plan.steps if s.id in ("grant/user", "grant/role"))
    assert ids[0] == f"grant/policy/{NAMES.wall}"
    assert made.call.parameters["PermissionsBoundary"] == NAMES.wall_arn
    assert {"Key": "guestpass", "Value": "acme-shop"} in made.call.parameters["Tags"]
    assert made.call.parameters["Path"] == "/guestpass/acme-shop/"


@pytest.mark.parametrize("login", LOGINS)
def test_every_step_of_a_grant_can_be_done_in_order_and_then_nothing_is_left_to_do(login):
    assert grant(a_pass(login), granted(login), sealed=sealed()).steps == ()


@pytest.mark.parametrize("login", LOGINS)
def test_a_grant_goes_on_from_wherever_it_stopped(login):
    account, plan = an_account(), grant(a_pass(login), an_account())
    for number, step in enumerate(plan.steps, start=1):
        account = applied(step.call, account)
        rest = [each.id for each in grant(a_pass(login), account, sealed=sealed()).steps]
        assert rest == [each.id for each in plan.steps[number:]]


@pytest.mark.parametrize(
    ("login", "comes_in_by", "never"),
    [
        ("access-key", "CreateAccessKey", "CreateLoginProfile"),
        ("console", "CreateLoginProfile", "CreateAccessKey"),
        ("role", "CreateRole", "CreateUser"),
    ],
)
def test_the_guest_comes_in_as_the_pass_says(login, comes_in_by, never):
    made = operations(grant(a_pass(login), an_account()))
    assert comes_in_by in made
    assert never not in made


def test_a_console_password_is_made_late_and_must_be_changed():
    step = grant(a_pass("console"), an_account()).steps[-1]
    assert step.call.parameters["Password"] == Generated(name="console-password")
    assert step.call.parameters["PasswordResetRequired"] is True


def test_a_key_that_was_never_sealed_is_made_anew():
    plan = grant(a_pass(), granted(), sealed=frozenset())
    assert operations(plan) == ["DeleteAccessKey", "CreateAccessKey"]


def test_a_password_that_was_never_sealed_is_made_anew():
    plan = grant(a_pass("console"), granted("console"), sealed=frozenset())
    assert operations(plan) == ["UpdateLoginProfile"]


def test_without_a_ledger_credentials_stay_and_the_owner_is_told():
    plan = grant(a_pass(), granted(), sealed=None)
    assert plan.steps == ()
    assert any("no ledger here" in note for note in plan.notes)


def test_a_pass_that_says_more_gets_a_new_version_and_no_new_policy():
    longer = a_pass(until=a_pass().until + timedelta(days=7))
    plan = grant(longer, granted(), sealed=sealed())
    assert set(operations(plan)) == {"CreatePolicyVersion", "TagUser"}
    assert grant(longer, carried_out(plan, granted()), sealed=sealed()).steps == ()
    assert any("the end moves" in note for note in plan.notes)


def test_the_oldest_version_makes_room_for_the_sixth():
    account, until = granted(), a_pass().until
    for week in range(1, 8):
        longer = a_pass(until=until + timedelta(weeks=week))
        account = carried_out(grant(longer, account, sealed=sealed()), account)
    wall = account.policy(NAMES.wall)
    assert wall is not None
    assert sorted(wall.versions) == ["v4", "v5", "v6", "v7", "v8"]
    assert wall.default_version == "v8"


def test_a_guest_outside_the_wall_is_put_back_behind_it():
    account = granted()
    loose = replace(account, users=tuple(replace(user, boundary=None) for user in account.users))
    assert operations(grant(a_pass(), loose, sealed=sealed())) == ["PutUserPermissionsBoundary"]


def test_an_account_that_is_not_guarded_is_not_lent():
    with pytest.raises(InputError, match="not guarded") as caught:
        grant(a_pass(), an_empty_account())
    assert "guestpass guard" in (caught.value.hint or "")


def test_a_pass_that_is_over_is_not_granted():
    with pytest.raises(InputError, match="the pass ended"):
        grant(a_pass(until=NOW), an_account())


@pytest.mark.parametrize("login", LOGINS)
def test_a_frozen_pass_is_not_granted_again(login):
    account = granted(login)
    frozen = carried_out(freeze("acme-shop", account, NOW), account)
    with pytest.raises(InputError, match="frozen"):
        grant(a_pass(login), frozen, sealed=sealed())


def test_a_role_that_was_handed_over_is_not_taken_back():
    account = granted()
    for now in (NOW, NOW + timedelta(hours=40)):
        account = carried_out(revoke("acme-shop", account, now), account)
    with pytest.raises(InputError, match="handed over"):
        grant(a_pass(), account)


def _strangers() -> list[Snapshot]:
    def user(**more: Any) -> IamUser:
        facts: dict[str, Any] = {
            "name": NAMES.user,
            "arn": "arn:x",
            "id": "AIDAX",
            "path": "/",
            "created": NOW,
        }
        return IamUser(**(facts | more))

    group = IamGroup(name=NAMES.group, arn="arn:g", id="AGPAX", path="/", created=NOW)
    policy = IamPolicy(
        name=NAMES.wall,
        arn="arn:p",
        id="ANPAX",
        path="/",
        created=NOW,
        default_version="v1",
        versions={"v1": {}},
    )
    return [
        an_account(users=(user(),)),
        an_account(users=(user(path=NAMES.path),)),
        an_account(users=(user(path=NAMES.path, tags={"guestpass": "another"}),)),
        an_account(groups=(group,)),
        an_account(policies=(policy,)),
    ]


@pytest.mark.parametrize("account", _strangers())
def test_a_name_that_is_taken_by_something_else_stops_the_grant(account):
    with pytest.raises(InputError, match="not guestpass's"):
        grant(a_pass(), account)


def test_the_freeze_that_the_grant_looks_for_is_the_one_that_freeze_writes():
    account = granted()
    plan = freeze("acme-shop", account, NOW)
    assert json.loads(plan.steps[0].call.parameters["PolicyDocument"]) == DENY_ALL
    assert plan.steps[0].call.parameters["PolicyName"] == FREEZE_POLICY

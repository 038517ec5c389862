"""Each line of a bill is explained by one thing, the best evidence first; the rest is named."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bill.making import (
    ACCOUNT,
    AT,
    HOUR,
    PASS,
    REGION,
    arn,
    bill,
    inventory,
    item,
    line,
    made,
    usage,
    used,
)
from guestpass.account.snapshot import Caller, Resource, Snapshot
from guestpass.bill import CLASSES, Judged, Line, Reconciliation, reconcile
from guestpass.errors import Place
from guestpass.inventory import Entry, HandIn, Inventory, Item
from guestpass.trail.values import Usage

WEB = "i-0123456789abcdef0"
STRAY = "i-0fedcba9876543210"
DISK = "vol-0123456789abcdef0"
DATABASE = "acme-shop-db"


def held(
    *lines: Line,
    things: Inventory | None = None,
    use: Usage | None = None,
    owners: tuple[str, ...] = (),
    **more: Any,
) -> Reconciliation:
    """These lines held against these things."""
    given: dict[str, Any] = {"hand_in": None, "pass_name": PASS} | more
    return reconcile(bill(*lines), things or inventory(), usage=use, owners=frozenset(owners), **given)


def one(told: Reconciliation) -> Judged:
    """The only line."""
    (judged,) = told.judged
    return judged


def codes(told: Reconciliation) -> list[str]:
    """The findings' codes."""
    return [finding.code for finding in told.findings]


def listing(*resources: str, region: str = "") -> HandIn:
    """The guest's own list of these."""
    place = Place(file="list.md", line=3)
    return HandIn(
        file="list.md", entries=tuple(Entry(resource=each, place=place, region=region) for each in resources)
    )


THINGS: list[tuple[str, Item, dict[str, Any]]] = [
    (WEB, item("ec2:instance", WEB), {}),
    (arn("ec2:instance", WEB), item("ec2:instance", WEB), {}),
    (arn("rds:db", DATABASE), item("rds:db", DATABASE), {"service": "AmazonRDS"}),
    ("acme-shop-uploads", item("s3:bucket", "acme-shop-uploads"), {"service": "AmazonS3"}),
    (arn("ec2:snapshot", "snap-0123456789abcdef0"), item("ec2:snapshot", "snap-0123456789abcdef0"), {}),
]


@pytest.mark.parametrize(("resource", "thing", "more"), THINGS, ids=[each[0] for each in THINGS])
def test_a_things_own_id_explains_its_charge(resource: str, thing: Item, more: dict[str, Any]) -> None:
    judged = one(held(line(resource, **more), things=inventory(thing)))
    assert (judged.kind, judged.item) == ("exact", thing)


SPELLINGS: list[tuple[str, Item, dict[str, Any]]] = [
    (arn("logs:log-group", "/shop/web") + ":*", item("logs:log-group", "/shop/web"), {"service": "AmazonCloudWatch"}),
    (arn("lambda:function", "shop") + ":7", item("lambda:function", "shop"), {"service": "AWSLambda"}),
    (arn("s3:bucket", "acme-shop-uploads"), item("s3:bucket", "acme-shop-uploads", arn="x"), {"service": "AmazonS3"}),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "thing", "more"), SPELLINGS)
def test_another_spelling_of_it_explains_it_too(resource: str, thing: Item, more: dict[str, Any]) -> None:
    judged = one(held(line(resource, **more), things=inventory(thing)))
    assert (judged.kind, judged.item) == ("normalised", thing)


def test_a_bare_name_of_another_service_is_not_the_thing() -> None:
    things = inventory(item("rds:db", "acme-shop"))
    assert one(held(line("acme-shop", service="AmazonS3"), things=things)).kind == "undocumented"


def test_a_name_in_another_region_or_account_is_not_the_thing() -> None:
    things = inventory(item("rds:db", DATABASE))
    elsewhere = arn("rds:db", DATABASE, "us-east-1")
    assert one(held(line(elsewhere, service="AmazonRDS"), things=things)).kind == "undocumented"
    another = arn("rds:db", DATABASE).replace(ACCOUNT, "999999999999")
    assert one(held(line(another, service="AmazonRDS"), things=things)).kind == "undocumented"


def test_what_a_thing_brought_along_is_its_child() -> None:
    web = item("ec2:instance", WEB)
    disk = item("ec2:volume", DISK, made=None, parent=web.arn)
    judged = one(held(line(DISK), things=inventory(web, disk)))
    assert (judged.kind, judged.item) == ("child", disk)
    assert WEB in judged.why


CHILDREN: list[tuple[str, str, Item, dict[str, Any]]] = [
    (
        "the log of a database",
        arn("logs:log-group", f"/aws/rds/instance/{DATABASE}/error"),
        item("rds:db", DATABASE),
        {"service": "AmazonCloudWatch"},
    ),
    (
        "an automated backup of a database",
        arn("rds:snapshot", f"rds:{DATABASE}-2026-11-03-02-17"),
        item("rds:db", DATABASE),
        {"service": "AmazonRDS"},
    ),
    (
        "a task of a service",
        arn("ecs:task", "shop/0123456789abcdef0123456789abcdef"),
        item("ecs:service", "shop/web"),
        {"service": "AmazonECS"},
    ),
    (
        "a task in a cluster",
        arn("ecs:task", "shop/0123456789abcdef0123456789abcdef"),
        item("ecs:cluster", "shop"),
        {"service": "AmazonECS"},
    ),
    (
        "an index of a table",
        arn("dynamodb:table", "carts/index/by-day"),
        item("dynamodb:table", "carts"),
        {"service": "AmazonDynamoDB"},
    ),
    (
        "an instance of a group, by AWS's tag",
        STRAY,
        item("autoscaling:autoScalingGroup", "acme-shop-web"),
        {"tags": {"aws:auto_scaling_group_name": "x", "aws:autoscaling_group_name": "acme-shop-web"}},
    ),
    (
        "a backup of a volume, by AWS's tag",
        arn("ec2:snapshot", "snap-0fedcba9876543210"),
        item("ec2:volume", DISK),
        {"tags": {"aws:backup_source_resource": arn("ec2:volume", DISK)}},
    ),
]


@pytest.mark.parametrize(
    ("resource", "thing", "more"), [each[1:] for each in CHILDREN], ids=[each[0] for each in CHILDREN]
)
def test_aws_own_names_and_tags_tell_the_parent(resource: str, thing: Item, more: dict[str, Any]) -> None:
    judged = one(held(line(resource, **more), things=inventory(thing)))
    assert (judged.kind, judged.item) == ("child", thing)


def test_the_account_says_what_hangs_on_a_thing_or_is_a_snapshot_of_it() -> None:
    volume, web = item("ec2:volume", DISK), item("ec2:instance", WEB)
    found = {
        "snap-0fedcba9876543210": Resource(
            arn=arn("ec2:snapshot", "snap-0fedcba9876543210"), type="ec2:snapshot", region=REGION, within=(DISK,)
        ),
        "eni-0fedcba9876543210": Resource(
            arn=arn("ec2:network-interface", "eni-0fedcba9876543210"), type="ec2:network-interface",
            region=REGION, attached_to=web.arn, within=("subnet-0123456789abcdef0",),
        ),
        "eni-0aaaaaaaaaaaaaaaa": Resource(
            arn=arn("ec2:network-interface", "eni-0aaaaaaaaaaaaaaaa"), type="ec2:network-interface",
            region=REGION, within=("subnet-0123456789abcdef0",),
        ),
    }  # fmt: skip
    account = Snapshot(
        taken_at=AT,
        caller=Caller(account=ACCOUNT, arn="arn:aws:iam::1:user/o", user_id="AIDA"),
        regions=(REGION,),
        resources=tuple(found.values()),
    )
    subnet = item("ec2:subnet", "subnet-0123456789abcdef0")
    told = held(*(line(name) for name in found), things=inventory(volume, web, subnet), account=account)
    assert [each.item for each in told.judged] == [volume, web, None]
    assert [each.kind for each in told.judged] == ["child", "child", "undocumented"]


def test_a_name_that_only_begins_like_a_known_one_is_no_child() -> None:
    things = inventory(item("logs:log-group", "/shop"), item("rds:db", "acme"))
    for resource in (
        arn("logs:log-group", "/shop/stray"),
        arn("logs:log-group", "/aws/rds/instance/acme-other/error"),
        arn("rds:snapshot", "acme-2026-11-03-02-17"),
    ):
        assert one(held(line(resource, service="AmazonCloudWatch"), things=things)).kind == "undocumented"


def test_a_person_cannot_write_aws_own_tags() -> None:
    things = inventory(item("autoscaling:autoScalingGroup", "acme-shop-web"))
    forged = {"aws_autoscaling_group_name": "acme-shop-web", "autoscaling_group_name": "acme-shop-web"}
    assert one(held(line(STRAY, tags=forged), things=things)).kind == "undocumented"


def test_the_passes_tag_explains_a_charge_and_another_passes_does_not() -> None:
    assert one(held(line(STRAY, tags={"guestpass": PASS}))).kind == "tag"
    assert one(held(line(STRAY, tags={"guestpass": "acme-blog"}))).kind == "undocumented"


def test_aws_says_by_its_tag_who_made_a_thing() -> None:
    mine = {"aws:createdBy": f"IAMUser:AIDAEXAMPLE:{PASS}-guest"}
    others = {"aws:createdBy": "IAMUser:AIDAOTHER:olga"}
    session = {"aws:createdBy": "AssumedRole:AROAEXAMPLE:somebody"}
    use = usage(used("ec2:RunInstances"))
    assert one(held(line(STRAY, tags=mine), use=use)).kind == "tag"
    assert one(held(line(STRAY, tags=others), use=use)).kind == "owner"
    assert one(held(line(STRAY, tags=session), use=use)).kind == "undocumented"
    assert one(held(line(STRAY, tags=others))).kind == "undocumented", (
        "without the trail nobody knows the users"
    )


def test_what_stood_there_before_is_the_owners_whatever_tag_it_carries() -> None:
    told = held(line(STRAY, tags={"guestpass": PASS}), owners=(arn("ec2:instance", STRAY),))
    assert one(told).kind == "owner"


def test_what_the_guest_made_is_theirs_even_if_a_list_of_the_owners_names_it() -> None:
    web = item("ec2:instance", WEB)
    assert one(held(line(WEB), things=inventory(web), owners=(web.arn,))).kind == "exact"


def test_what_only_a_tag_makes_the_guests_is_the_owners_when_it_stood_there_before() -> None:
    web = item("ec2:instance", WEB, made=None)
    assert one(held(line(WEB), things=inventory(web), owners=(web.arn,))).kind == "owner"


def test_what_was_charged_before_the_loan_is_the_owners_then_and_later() -> None:
    before = line(STRAY, start=AT - 5 * HOUR, end=AT - 4 * HOUR)
    told = held(before, line(STRAY), line("i-0aaaaaaaaaaaaaaaa"), since=AT)
    assert [each.kind for each in told.judged] == ["owner", "owner", "undocumented"]
    assert one(held(line(STRAY, start=AT - HOUR, end=AT + HOUR), since=AT)).kind == "undocumented"


def test_a_charge_of_another_account_is_not_the_guests() -> None:
    assert one(held(line(STRAY, account="999999999999"))).kind == "owner"


def test_a_usage_without_id_is_explained_where_and_when_the_guest_was() -> None:
    use = usage(used("s3:PutObject"), used("sqs:SendMessage", refused=3))
    request: dict[str, Any] = {"service": "AmazonS3", "usage_type": "EU-Requests-Tier1"}
    assert one(held(line(None, **request), use=use)).kind == "service"
    assert one(held(line(None, **request | {"region": "us-east-1"}), use=use)).kind == "unexplained"
    late = {"start": AT + 30 * HOUR, "end": AT + 31 * HOUR}
    assert one(held(line(None, **request | late), use=use)).kind == "unexplained"
    assert one(held(line(None, service="AWSQueueService"), use=use)).kind == "unexplained", "it was refused"


def test_a_thing_explains_usage_without_id_as_long_as_it_stood() -> None:
    bucket = item("s3:bucket", "acme-shop-uploads", ended=made(AT + 4 * HOUR), still="gone")
    lines = [
        line(None, service="AmazonS3", start=AT + hours * HOUR, end=AT + (hours + 1) * HOUR)
        for hours in (-9, 2, 9)
    ]
    told = held(*lines, things=inventory(bucket))
    assert [each.kind for each in told.judged] == ["unexplained", "service", "unexplained"]


def test_usage_without_id_is_the_owners_where_only_the_owner_is() -> None:
    told = held(line(None, service="AmazonRDS"), owners=(arn("rds:db", "old"),))
    assert one(told).kind == "owner"


def test_the_day_on_which_the_loan_began_is_the_owners_too_unless_a_stray_stands_there() -> None:
    day = line(None, service="awskms", start=AT - 9 * HOUR, end=AT + 15 * HOUR)
    given: dict[str, Any] = {"use": usage(used("ec2:RunInstances")), "since": AT}
    assert one(held(day, **given)).kind == "owner"
    assert one(held(day, **given | {"use": None})).kind == "unexplained", "no record, no saying who did not"
    next_day = line(None, service="awskms", start=AT + 15 * HOUR, end=AT + 39 * HOUR)
    assert one(held(next_day, **given)).kind == "unexplained"
    stray = line(arn("kms:key", "0aaa1111-2222-4333-8444-555566667777"), service="awskms")
    assert [each.kind for each in held(day, stray, **given).judged] == ["unexplained", "undocumented"]


@pytest.mark.parametrize(
    "kind", ["Tax", "Credit", "Refund", "Fee", "RIFee", "SavingsPlanRecurringFee", "SavingsPlanNegation"]
)
def test_what_is_for_no_thing_is_the_accounts(kind: str) -> None:
    use = usage(used("ec2:RunInstances"))
    assert one(held(line(None, "-0.5", type=kind), use=use)).kind == "account-level"


def test_support_is_the_accounts_and_a_refund_of_a_thing_is_the_things() -> None:
    assert one(held(line(None, service="AWSSupportBusiness"))).kind == "account-level"
    assert (
        one(held(line(WEB, "-1", type="Refund"), things=inventory(item("ec2:instance", WEB)))).kind == "exact"
    )


def test_an_id_that_nobody_documented_is_named_with_what_to_do() -> None:
    told = held(line(STRAY, "1.25"), line(STRAY, "0.25"), line("odd\x1bthing", service="AmazonOdd"))
    assert [each.kind for each in told.judged] == ["undocumented"] * 3
    assert codes(told) == ["BIL001", "BIL001"]
    assert "1.50 USD" in told.findings[0].says
    assert STRAY in told.findings[0].fix


def test_a_usage_that_nothing_explains_is_named_once() -> None:
    told = held(line(None, service="AmazonRedshift"), line(None, service="AmazonRedshift"))
    assert (codes(told), told.counts["unexplained"]) == (["BIL002"], 2)


def test_only_the_guests_word_does_not_document_a_charge() -> None:
    told = held(line(STRAY), hand_in=listing(STRAY))
    assert (one(told).kind, one(told).listed) == ("undocumented", True)
    assert "only the guest's own list" in told.findings[0].because


def test_a_charge_before_a_thing_was_made_is_a_finding() -> None:
    early = line(WEB, start=AT - 3 * HOUR, end=AT - 2 * HOUR)
    same_hour = line(WEB, start=AT - HOUR / 2, end=AT + HOUR / 2)
    told = held(early, same_hour, things=inventory(item("ec2:instance", WEB)))
    assert (codes(told), told.counts["exact"]) == (["BIL003"], 2)
    assert "1.50 USD" in told.findings[0].says


def test_a_charge_later_than_an_hour_after_the_deletion_is_a_finding() -> None:
    web = item("ec2:instance", WEB, ended=made(AT + 2 * HOUR), still="gone")
    last = line(WEB, start=AT + 2 * HOUR, end=AT + 3 * HOUR)
    late = line(WEB, start=AT + 3 * HOUR, end=AT + 4 * HOUR)
    assert codes(held(last, things=inventory(web))) == []
    assert codes(held(last, late, things=inventory(web))) == ["BIL004"]


def test_a_database_made_twice_under_one_name_is_charged_to_each_in_its_time() -> None:
    first = item("rds:db", DATABASE, ended=made(AT + 2 * HOUR), still="gone")
    second = item("rds:db", DATABASE, made=made(AT + 20 * HOUR))
    lines = [
        line(
            arn("rds:db", DATABASE), service="AmazonRDS", start=AT + hours * HOUR, end=AT + (hours + 1) * HOUR
        )
        for hours in (0, 21)
    ]
    told = held(*lines, things=inventory(first, second))
    assert [each.item for each in told.judged] == [first, second]
    assert codes(told) == []


GONE = item("ec2:instance", WEB, ended=made(AT + 2 * HOUR), still="gone")
LINGERING = [
    (item("ec2:snapshot", "snap-0123456789abcdef0"), "EU-EBS:SnapshotUsage", "delete-snapshot"),
    (item("logs:log-group", "/shop/web"), "EU-TimedStorage-ByteHrs", "delete-log-group"),
    (item("ec2:elastic-ip", "eipalloc-0123456789abcdef0"), "EU-PublicIPv4:IdleAddress", "release-address"),
    (item("ec2:volume", DISK, parent=GONE.arn), "EU-EBS:VolumeUsage.gp3", "delete-volume"),
]


@pytest.mark.parametrize(
    ("thing", "usage_type", "command"), LINGERING, ids=[each[0].type for each in LINGERING]
)
def test_what_goes_on_costing_after_the_tear_down_is_said_with_how_to_stop_it(
    thing: Item, usage_type: str, command: str
) -> None:
    told = held(line(thing.arn, usage_type=usage_type), things=inventory(GONE, thing))
    assert codes(told) == ["BIL005"]
    assert command in told.findings[0].fix
    assert thing.id in told.findings[0].fix


def test_a_snapshot_of_a_site_that_runs_is_no_finding() -> None:
    running, snapshot = item("ec2:instance", WEB), LINGERING[0][0]
    assert codes(held(line(snapshot.arn), things=inventory(running, snapshot))) == []


def test_an_address_in_use_is_no_finding() -> None:
    address = LINGERING[2][0]
    told = held(line(address.arn, usage_type="EU-PublicIPv4:InUseAddress"), things=inventory(GONE, address))
    assert codes(told) == []


def test_a_key_that_waits_for_its_deletion_is_not_called_deleted() -> None:
    key = item("kms:key", "0aaa1111-2222-4333-8444-555566667777", ended=made(AT), still="there")
    told = held(
        line(key.arn, service="awskms", start=AT + 5 * HOUR, end=AT + 6 * HOUR), things=inventory(key)
    )
    assert codes(told) == ["BIL005"]


def test_a_name_cannot_leave_the_command_that_is_proposed() -> None:
    group = item("logs:log-group", "/shop; rm -rf ~")
    told = held(line(group.arn), things=inventory(GONE, group))
    assert "'/shop; rm -rf ~'" in told.findings[0].fix


def test_what_the_guest_made_and_did_not_list_is_a_finding() -> None:
    web, other = item("ec2:instance", WEB), item("ec2:instance", STRAY, name="web-2")
    disk = item("ec2:volume", DISK, made=None, parent=web.arn)
    lines = (line(WEB), line(STRAY), line(DISK))
    told = held(*lines, things=inventory(web, other, disk), hand_in=listing(WEB))
    assert [each.listed for each in told.judged] == [True, False, True]
    assert codes(told) == ["BIL006"]
    assert STRAY in told.findings[0].says
    for spelling in (other.arn, "web-2"):
        assert codes(held(*lines, things=inventory(web, other, disk), hand_in=listing(WEB, spelling))) == []


def test_without_a_list_nothing_is_said_of_it() -> None:
    assert one(held(line(WEB), things=inventory(item("ec2:instance", WEB)))).listed is None


def test_a_fee_asks_who_bought_it() -> None:
    told = held(line(None, "12", type="Fee", service="AmazonRegistrar", description="example.org"))
    assert codes(told) == ["BIL007"]
    assert "example.org" in told.findings[0].says


def test_what_was_never_charged_and_what_is_free_stand_beside() -> None:
    web, role, idle = item("ec2:instance", WEB), item("iam:role", "shop-web", ""), item("rds:db", DATABASE)
    told = held(line(WEB), things=inventory(web, role, idle))
    assert (told.never_charged, told.free) == ((idle,), (role,))


def test_a_free_kind_that_was_charged_is_called_neither() -> None:
    interface = item("ec2:network-interface", "eni-0123456789abcdef0")
    told = held(line(interface.arn, service="AmazonVPC"), things=inventory(interface))
    assert (told.never_charged, told.free, one(told).kind) == ((), (), "exact")


def test_a_bill_of_nothing_costs_nothing() -> None:
    told = held()
    assert (told.total, told.explained, set(told.sums)) == (Decimal(0), Decimal(0), set(CLASSES))


def test_planted_strays_are_all_found_and_nothing_of_the_guests_is_called_undocumented() -> None:
    """A loan with a server, a database and what came along; three strays that no event tells of."""
    web, database = item("ec2:instance", WEB), item("rds:db", DATABASE)
    theirs = inventory(
        web,
        database,
        item("ec2:volume", DISK, made=None, parent=web.arn),
        item("s3:bucket", "acme-shop-uploads"),
        item("logs:log-group", "/shop/web"),
        item("ec2:elastic-ip", "eipalloc-0123456789abcdef0"),
    )
    day = {"start": AT + HOUR, "end": AT + HOUR + timedelta(days=1)}
    fair = (
        line(WEB), line(DISK), line(WEB, usage_type="EU-DataTransfer-Out-Bytes"),
        line(arn("rds:db", DATABASE), service="AmazonRDS"),
        line(arn("rds:db", DATABASE), service="AmazonRDS", usage_type="EU-RDS:GP3-Storage", **day),
        line(arn("rds:snapshot", f"rds:{DATABASE}-2026-11-03-02-17"), service="AmazonRDS"),
        line("acme-shop-uploads", service="AmazonS3"), line(None, service="AmazonS3", **day),
        line(arn("logs:log-group", "/shop/web"), service="AmazonCloudWatch"),
        line(arn("logs:log-group", f"/aws/rds/instance/{DATABASE}/error"), service="AmazonCloudWatch"),
        line(arn("ec2:elastic-ip", "eipalloc-0123456789abcdef0"), service="AmazonVPC"),
        line("i-0bbbbbbbbbbbbbbbb"), line(None, "0.5", type="Tax"), line(None, "-0.25", type="Credit"),
    )  # fmt: skip
    strays = (
        line(STRAY, region="us-east-1"),
        line(arn("ec2:elastic-ip", "eipalloc-0fedcba9876543210"), service="AmazonVPC"),
        line(arn("lambda:function", "made-by-the-instance-role"), service="AWSLambda"),
    )
    told = held(*fair, *strays, things=theirs, owners=(arn("ec2:instance", "i-0bbbbbbbbbbbbbbbb"),))
    assert {each.line.resource for each in told.undocumented} == {each.resource for each in strays}
    assert [finding.code for finding in told.findings].count("BIL001") == len(strays)
    assert told.counts["owner"] == 1
    assert told.explained == told.total - Decimal("4.50")
    assert REGION not in told.findings[0].says

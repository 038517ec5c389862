"""Hand-made stories: a whole loan, a long one, one of which nothing is known, and one that is hostile everywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from guestpass.bill.values import Class, Judged, Line, Reconciliation
from guestpass.catalog.values import Door
from guestpass.errors import Place
from guestpass.findings import Finding
from guestpass.inventory.values import Difference, Entry, HandIn, Inventory, Item, Made, Strange
from guestpass.loan.agreement import Guest, Job, Network, Pass, Spend
from guestpass.loan.certificate import Certificate
from guestpass.loan.doors import KINDS, Kind, Verdict
from guestpass.loan.explain import WallLine
from guestpass.loan.status import Standing
from guestpass.report.story import (
    Access,
    Missing,
    Moment,
    Refusal,
    Story,
    moments_of_refusals,
    moments_of_things,
    timeline_of,
)
from guestpass.trail.values import NotMapped, Reading, Usage, Used

ACCOUNT, REGION = "111122223333", "eu-west-1"
START = datetime(2026, 11, 2, 9, 12, tzinfo=UTC)
UNTIL = datetime(2026, 11, 30, 18, tzinfo=UTC)
GUEST = f"arn:aws:iam::{ACCOUNT}:user/guestpass/acme-shop/acme-shop-guest"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/guestpass/acme-shop/acme-shop-instance"
VPC, SUBNET, OTHER = "vpc-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60718", "subnet-0f9e8d7c6b5a49382"

PASS = Pass(
    name="acme-shop",
    account=ACCOUNT,
    guest=Guest(
        name="Jo Example",
        login="access-key",
        key="age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v",
    ),
    job=Job(
        blueprint="php-mysql", instance_types=("t3.micro", "t3.small"), database_classes=("db.t3.micro",)
    ),
    network=Network(vpc=VPC, subnets=(SUBNET, OTHER)),
    regions=(REGION,),
    until=UNTIL,
    spend=Spend(monthly_usd=Decimal(50), notify="owner@example.org"),
)


def made(at: datetime, number: int, call: str, by: str = GUEST) -> Made:
    return Made(by=by, at=at, event=f"0b4ee5f1-94e9-4a5e-8f0e-{number:012x}", call=call)


def ec2(kind: str, short: str, number: int, at: datetime | None, call: str = "", **more: Any) -> Item:
    name = f"{short}-{number:017x}"
    return Item(
        arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{name}",
        type=f"ec2:{kind}",
        id=name,
        region=REGION,
        still=more.pop("still", "there"),
        made=made(at, number, call) if at else None,
        **more,
    )


def rds(kind: str, name: str, number: int, at: datetime, call: str, **more: Any) -> Item:
    return Item(
        arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:{kind}:{name}",
        type=f"rds:{kind}",
        id=name,
        region=REGION,
        still=more.pop("still", "there"),
        made=made(at, number, call),
        **more,
    )


def after(days: int = 0, hours: int = 0, minutes: int = 0) -> datetime:
    return START + timedelta(days=days, hours=hours, minutes=minutes)


GROUP = ec2(
    "security-group", "sg", 0x51, after(1, 1), "ec2:CreateSecurityGroup", name="acme-shop-web", within=(VPC,)
)
WEB = ec2(
    "instance", "i", 0x11, after(1, 1, 4), "ec2:RunInstances", name="acme-shop web", within=(VPC, SUBNET)
)
DISK = ec2("volume", "vol", 0x21, after(1, 1, 4), "ec2:RunInstances", parent=WEB.arn)
CARD = ec2(
    "network-interface", "eni", 0x31, after(1, 1, 4), "ec2:RunInstances", parent=WEB.arn, within=(SUBNET,)
)
ADDRESS = ec2("elastic-ip", "eipalloc", 0x41, after(1, 1, 9), "ec2:AllocateAddress")
TRIED = ec2(
    "instance", "i", 0x12, after(2, 3), "ec2:RunInstances", name="acme-shop try", within=(SUBNET,), still="gone",
    ended=made(after(3, 2), 0x99, "ec2:TerminateInstances"),
)  # fmt: skip
KEY = Item(
    arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:key-pair/key-0c0ffee0c0ffee0c0",
    type="ec2:key-pair",
    id="key-0c0ffee0c0ffee0c0",
    name="acme-shop-key",
    region=REGION,
    still="not known",
    made=made(after(1, 0, 58), 0x61, "ec2:CreateKeyPair"),
)
SUBNETS = rds(
    "subgrp", "acme-shop-live", 0x71, after(1, 1, 20), "rds:CreateDBSubnetGroup", within=(SUBNET, OTHER)
)
DATABASE = rds("db", "acme-shop-live", 0x72, after(1, 1, 22), "rds:CreateDBInstance", within=(SUBNETS.arn,))
COPY = rds("snapshot", "acme-shop-before-launch", 0x73, after(9, 4), "rds:CreateDBSnapshot")
STRAY = ec2("volume", "vol", 0x2F, None, tags={"guestpass": "acme-shop"})
ITEMS = tuple(
    sorted(
        (GROUP, WEB, DISK, CARD, ADDRESS, TRIED, KEY, SUBNETS, DATABASE, COPY, STRAY),
        key=lambda each: each.arn,
    )
)

INVENTORY = Inventory(
    account=ACCOUNT,
    pass_name="acme-shop",
    at=datetime(2026, 12, 2, 8, 30, tzinfo=UTC),
    items=ITEMS,
    strange=(
        Strange(
            event="0b4ee5f1-94e9-4a5e-8f0e-0000000000fe",
            call="rds:CopyDBParameterGroup",
            by=GUEST,
            at=after(4, 1),
            why="the answer in the record names no ARN",
        ),
    ),
    read_types=("ec2:instance", "ec2:volume", "rds:db"),
    findings=(
        Finding(
            code="INV001",
            severity="note",
            says="`ec2:key-pair` was not asked for in the account",
            because="whether it still stands is not known",
            fix="look with `aws ec2 describe-key-pairs`",
        ),
    ),
)

HAND_IN = HandIn(
    file="handed-in.md",
    entries=(
        Entry(
            resource=WEB.id,
            place=Place(file="handed-in.md", line=12),
            kind="instance",
            region=REGION,
            purpose="the site",
        ),
        Entry(
            resource="acme-shop-live",
            place=Place(file="handed-in.md", line=13),
            kind="database",
            region=REGION,
            purpose="orders",
        ),
        Entry(
            resource="cdn.acme-shop.example",
            place=Place(file="handed-in.md", line=16),
            kind="CDN",
            purpose="pictures",
        ),
    ),
)
DIFFERENCE = Difference(
    both=((WEB, HAND_IN.entries[0]), (DATABASE, HAND_IN.entries[1])),
    unlisted=(ADDRESS, COPY),
    unfound=(HAND_IN.entries[2],),
)

EXPLICIT = "an explicit deny in a permissions boundary"
SILENT = "no permissions boundary allows the action"
REFUSALS = (
    Refusal(
        call="iam:CreateUser", by=GUEST, resource=f"arn:aws:iam::{ACCOUNT}:user/backup", region="us-east-1",
        first=after(2, 0, 5), last=after(2, 0, 5), count=1, refused_by=(EXPLICIT,), events=("e-1",),
    ),
    Refusal(
        call="ec2:RunInstances", by=GUEST, resource=f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*", region=REGION,
        first=after(2, 1), last=after(6, 7), count=23, refused_by=(SILENT,), events=("e-2", "e-9"),
    ),
    Refusal(
        call="s3:ListBuckets", by=ROLE, resource="*", region=REGION,
        first=after(5, 3), last=after(5, 3), count=1, events=("e-3",),
    ),
)  # fmt: skip

USAGE = Usage(
    rows=tuple(
        Used(
            by=by, action=action, resource=resource, region=REGION, first=after(1), last=after(last), count=count,
            refused=refused, refused_by=(SILENT,) if refused else (),
        )
        for by, action, resource, last, count, refused in (
            (GUEST, "ec2:AllocateAddress", "*", 1, 1, 0),
            (GUEST, "ec2:DescribeInstances", "*", 20, 418, 0),
            (GUEST, "ec2:RunInstances", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*", 6, 25, 23),
            (GUEST, "ec2:RunInstances", f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{SUBNET}", 6, 2, 0),
            (GUEST, "iam:PassRole", ROLE, 2, 2, 0),
            (GUEST, "rds:CreateDBInstance", DATABASE.arn, 1, 1, 0),
            (ROLE, "logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/guestpass/acme-shop", 27, 9120, 0),
        )
    ),
    identities=(GUEST, ROLE),
    not_mapped=(
        NotMapped(
            by=GUEST, source="notifications.amazonaws.com", name="ListEventRules", region=REGION, count=3,
            first=after(2), last=after(3), why="the catalogue has no operation of this name", event="e-77",
        ),
    ),
    events=9612,
)  # fmt: skip

READING = Reading(
    events=(),
    files=214,
    source=f"s3://guestpass-trail-{ACCOUNT}-{REGION}/AWSLogs",
    repeats=4,
    regions=(REGION, "us-east-1"),
    since=after(0, 0, 2),
    until=datetime(2026, 12, 2, 8, 25, tzinfo=UTC),
    findings=(
        Finding(
            code="TRL002",
            severity="warning",
            says="a log file ends in the middle of a record",
            because="the calls in it are not known",
            fix="fetch it again, or look it up in the event history",
            place=Place(file="AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/05/cut.json.gz"),
        ),
    ),
)


def charge(kind: Class, amount: str, resource: str | None, usage: str, why: str, **more: Any) -> Judged:
    line = Line(
        start=datetime(2026, 11, 1, tzinfo=UTC),
        end=datetime(2026, 12, 1, tzinfo=UTC),
        type=more.pop("type", "Usage"),
        service=more.pop("service", "AmazonEC2"),
        usage_type=usage,
        operation="",
        account=ACCOUNT,
        region=more.pop("region", REGION),
        amount=Decimal(amount),
        resource=resource,
        place=Place(file="bill.csv.gz", line=more.pop("line", 2)),
    )
    return Judged(line=line, kind=kind, why=why, **more)


JUDGED = (
    charge("exact", "7.4880000000", WEB.id, "EU-BoxUsage:t3.micro", "the instance `acme-shop web`", item=WEB),
    charge(
        "exact", "0.2704000000", TRIED.id, "EU-BoxUsage:t3.micro", "the instance `acme-shop try`", item=TRIED
    ),
    charge(
        "normalised",
        "12.2400000000",
        DATABASE.arn,
        "EU-InstanceUsage:db.t3.micro",
        "the database `acme-shop-live`",
        service="AmazonRDS",
        item=DATABASE,
    ),
    charge("child", "0.8800000000", DISK.id, "EU-EBS:VolumeUsage.gp3", f"came with `{WEB.id}`", item=DISK),
    charge(
        "child",
        "3.6000000000",
        CARD.arn,
        "EU-PublicIPv4:InUseAddress",
        f"came with `{WEB.id}`",
        service="AmazonVPC",
        item=CARD,
    ),
    charge(
        "service",
        "0.0000450132",
        None,
        "EU-DataTransfer-Out-Bytes",
        "the guest used Amazon EC2 there and then",
    ),
    charge(
        "owner",
        "31.2000000000",
        "i-0ddddddddddddddd0",
        "EU-BoxUsage:t3.medium",
        "it was there before the loan",
    ),
    charge(
        "account-level",
        "4.8100000000",
        None,
        "",
        "tax of the whole account",
        type="Tax",
        service="AWSTax",
        region="",
    ),
    charge(
        "account-level", "-5.0000000000", None, "", "a credit", type="Credit", service="AmazonEC2", region=""
    ),
    charge(
        "undocumented",
        "2.4960001000",
        "i-0bad0bad0bad0bad0",
        "APS2-BoxUsage:t3.nano",
        "no record names it",
        region="ap-southeast-2",
    ),
    charge(
        "unexplained",
        "0.0100000000",
        None,
        "Requests-Tier1",
        "no thing on the line; the guest did not use the service",
        service="AmazonS3",
    ),
)


def reconciled(judged: tuple[Judged, ...], **more: Any) -> Reconciliation:
    kinds = {each.kind: None for each in judged}
    return Reconciliation(
        judged=judged,
        total=sum((each.line.amount for each in judged), Decimal(0)),
        currency="USD",
        sums={
            kind: sum((each.line.amount for each in judged if each.kind == kind), Decimal(0))
            for kind in kinds
        },
        counts={kind: sum(each.kind == kind for each in judged) for kind in kinds},
        source="bill/acme-shop/2026-11/acme-shop-00001.csv.gz",
        **more,
    )


BILL = reconciled(
    JUDGED,
    never_charged=(COPY,),
    free=(GROUP, KEY, SUBNETS),
    findings=(
        Finding(
            code="BIL004",
            severity="error",
            says="`i-0bad0bad0bad0bad0` in ap-southeast-2 is charged and stands in no record",
            because="someone pays for it, and nobody says what it does",
            fix="ask the guest, then end it",
            place=Place(file="bill.csv.gz", line=311),
        ),
    ),
)


ACCESS = Access(
    allowed=tuple(
        WallLine(limit=limit, how_held=how, not_reached=reach, sid=sid, characters=0)
        for limit, how, reach, sid in (
            ("look around: EC2 and RDS", "", "", "LookAround"),
            (
                "make instances",
                "the request carries the tag `guestpass=acme-shop`; sizes t3.micro or t3.small; metadata with tokens only",
                "how many are launched, what user data they start with, what runs on them",
                "CreateInstance",
            ),
            (
                "change and delete own security groups, instances, elastic IPs and key pairs",
                "only what carries the tag `guestpass=acme-shop`; the names of key pairs begin with `acme-shop-`",
                "",
                "ChangeOwnEc2",
            ),
            (
                "make databases",
                "the request carries the tag `guestpass=acme-shop`; classes db.t3.micro; engine mysql",
                "how many are made, how large their disks are, whether the internet reaches them",
                "CreateDatabase",
            ),
        )
    ),
    held=(
        WallLine(
            limit="nothing outside the job's services",
            how_held="an explicit Deny, which holds even where a bucket's, a key's or a role's own policy grants",
            not_reached="calls that AWS services make on the guest's behalf; grants made to others",
            sid="DenyBeyondTheJob",
            characters=0,
        ),
        WallLine(
            limit="nothing after 2026-11-30 18:00 UTC",
            how_held="an explicit Deny on the time of each request: live sessions too, with no tool running",
            not_reached="the instance role (the site lives on), hosts, shares, and grants made to others",
            sid="DenyAfterTheEnd",
            characters=0,
        ),
    ),
    watched=(
        "how many things are made: there is no key that counts",
        "money: the budget tells owner@example.org above $50 a month and stops nothing",
        "what someone who enters an instance does with the instance's role",
    ),
)

DOORS = tuple(
    Door(
        number=number,
        category="B",
        title=title,
        need="A",
        planting=(),
        finders=("iam:ListAccessKeys",),
        closers=("iam:DeleteAccessKey",),
        catch="",
        evidence=("could-not",),
    )
    for number, title in (
        (11, "The access key and password that were handed over at the start"),
        (12, "A second access key of the guest's own"),
        (13, "An access key on somebody else's user"),
        (14, "A console password on the guest's own or another user"),
        (15, "A fresh IAM user"),
        (18, "An SSH public key for CodeCommit"),
        (22, "A session that was minted before the end"),
        (31, "A role that trusts the guest's account"),
    )
)


def certificate(*, open_: int = 1) -> Certificate:
    """A certificate of a few doors, their verdicts dealt out."""
    verdicts = tuple(_verdict(number, door, open_) for number, door in enumerate(DOORS))
    counts = {kind: sum(each.kind == kind for each in verdicts) for kind in KINDS}
    return Certificate(
        pass_name="acme-shop",
        account=ACCOUNT,
        at=datetime(2026, 12, 2, 8, 0, tzinfo=UTC),
        verdicts=verdicts,
        counts=counts,
        state="revoked",
        granted_at=START,
        frozen_at=datetime(2026, 11, 30, 16, 41, tzinfo=UTC),
        ledger_head="9c" * 32,
        snapshot="5a" * 32,
        baseline="b1" * 32,
        gaps={},
        not_judged={"Q": "log-ins of single services"},
    )


def _verdict(number: int, door: Any, open_: int) -> Verdict:
    kinds: tuple[Kind, ...] = ("could_not", "could_not", "could_not", "did_not", "is_not", "closed")
    kind: Kind = "open" if number < open_ else "not_judged" if number == 7 else kinds[number % 6]
    says = {
        "could_not": "the wall denies `iam:CreateAccessKey` in every version",
        "did_not": "the log shows no `CreateAccessKey` of the guest's that succeeded",
        "is_not": "nothing of the kind is there",
        "closed": "the freeze's Deny stands on the identity",
        "open": "a key of `acme-shop-guest` is Active",
        "not_judged": "nothing that was looked at decides it",
    }[kind]
    return Verdict(
        door=door,
        kind=kind,
        says=says,
        evidence=(f"`{GUEST}`", "9612 events looked at"),
        fix="`iam:DeleteAccessKey`" if kind in ("open", "not_judged") else None,
    )


OWNER = (
    Moment(
        at=after(-1, -3),
        whose="owner",
        act="guard",
        says="set up the record and the alarms",
        details=("a bucket for the trail", "a trail in every region", "a budget of $50 a month"),
    ),
    Moment(
        at=after(),
        whose="owner",
        act="grant",
        says="lent the pass",
        details=(
            "the wall, before anybody stands behind it",
            "the guest; the wall is around it from its first moment",
            "the key, sealed to the guest's own",
        ),
    ),
    Moment(at=after(10), whose="owner", act="tighten", says="took off what was not used"),
    Moment(
        at=datetime(2026, 11, 30, 16, 41, tzinfo=UTC),
        whose="owner",
        act="freeze",
        says="refused everything to the guest",
    ),
    Moment(
        at=datetime(2026, 11, 30, 16, 45, tzinfo=UTC),
        whose="owner",
        act="revoke",
        says="took everything back",
    ),
    Moment(
        at=datetime(2026, 12, 2, 8, 0, tzinfo=UTC),
        whose="owner",
        act="certify",
        says="judged the ways back in, and wrote the certificate",
    ),
)

STORY = Story(
    pass_name="acme-shop",
    account=ACCOUNT,
    made_at=datetime(2026, 12, 2, 8, 31, tzinfo=UTC),
    version="0.1.0",
    pass_=PASS,
    standing=Standing(
        name="acme-shop",
        state="revoked",
        says="nothing is left but identities that carry the Deny",
        until=UNTIL,
        frozen_at=datetime(2026, 11, 30, 16, 41, tzinfo=UTC),
        handed_over=("acme-shop-instance",),
    ),
    access=ACCESS,
    refusals=REFUSALS,
    timeline=timeline_of(OWNER, moments_of_things(INVENTORY), moments_of_refusals(REFUSALS)),
    usage=USAGE,
    reading=READING,
    inventory=INVENTORY,
    hand_in=HAND_IN,
    difference=DIFFERENCE,
    reconciliation=BILL,
    certificate=certificate(),
    gaps={"iam:GetAccountSummary": "not authorized"},
)

BARE = Story(
    pass_name="acme-shop",
    account=ACCOUNT,
    made_at=datetime(2026, 11, 3, 8, 31, tzinfo=UTC),
    version="0.1.0",
    missing=tuple(
        Missing(part=part, why=why, run=run)  # type: ignore[arg-type]
        for part, why, run in (
            ("access", "only the pass's name was given", "guestpass report pass.yaml"),
            ("refusals", "no log file was found", "guestpass report acme-shop --trail FOLDER"),
            ("timeline", "no ledger is on this machine, and no log file was found", None),
            ("usage", "no log file was found", "guestpass report acme-shop --trail FOLDER"),
            ("inventory", "no log file was found", "guestpass report acme-shop --trail FOLDER"),
            ("bill", "no bill was given", "guestpass report acme-shop --bill FILE"),
            ("certificate", "none was written yet", "guestpass certify acme-shop"),
        )
    ),
)


def long_story(number: int = 500) -> Story:
    """A loan with as many things made as this, over ten days."""
    items = tuple(
        ec2(
            "volume",
            "vol",
            0x1000 + each,
            after(each * 10 // number, each % 9, each % 60),
            "ec2:CreateVolume",
        )
        for each in range(number)
    )
    inventory = dataclasses.replace(INVENTORY, items=items)
    return dataclasses.replace(
        STORY, inventory=inventory, timeline=timeline_of(OWNER, moments_of_things(inventory), moments_of_refusals(REFUSALS))
    )  # fmt: skip


HOSTILE = (
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style><img src=x onerror=alert(1)>",
    "</title><svg onload=alert(1)>",
    "\x1b[2J\u202egnp.exe\u2066",
    "<!--", "]]>", "&lt;b&gt;", "`", "\x00\x07\r\n", "a" * 300, "\u05e9\u05dc\u05d5\u05dd", "\ud800",
)  # fmt: skip


def replaced(value: Any, texts: Iterator[str]) -> Any:
    """The same value with each string in it (beside those that choose a word) replaced by the next hostile one."""
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, tuple):
        return tuple(replaced(each, texts) for each in value)
    if isinstance(value, dict):
        return {key: replaced(each, texts) for key, each in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value,
            **{
                field.name: replaced(getattr(value, field.name), texts)
                for field in dataclasses.fields(value)
                if field.name not in _CHOSEN
            },
        )
    return value


_CHOSEN = {"state", "kind", "whose", "still", "severity", "confidence", "need", "part", "line_type", "login"}

"""Whatever the bill: each line has one class, and the classes are the bill to the last decimal."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

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
    row,
    table,
    usage,
    used,
)
from guestpass.bill import CLASSES, Line, read_bill, reconcile, written

WEB = "i-0123456789abcdef0"
THINGS = inventory(
    item("ec2:instance", WEB),
    item("ec2:volume", "vol-0123456789abcdef0", made=None, parent=arn("ec2:instance", WEB)),
    item("rds:db", "acme-shop-db"),
    item("s3:bucket", "acme-shop-uploads"),
    item("iam:role", "shop", ""),
)
USE = usage(used("s3:PutObject"), used("ec2:RunInstances"))
OWNERS = frozenset({arn("ec2:instance", "i-0bbbbbbbbbbbbbbbb")})

RESOURCES = st.one_of(
    st.sampled_from(
        [
            None, WEB, arn("ec2:instance", WEB), "vol-0123456789abcdef0", "i-0bbbbbbbbbbbbbbbb", "i-0cccccccccccccccc",
            arn("rds:db", "acme-shop-db"), arn("rds:snapshot", "rds:acme-shop-db-2026-11-03-02-17"), "acme-shop-uploads",
            arn("s3:bucket", "acme-shop-uploads/key"), "arn:aws:", "arn:aws:ec2:::", ":", "/",
        ]
    ),
    st.text(min_size=1, max_size=12),
)  # fmt: skip
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**9), max_value=10**9)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Any line: odd products, types and times, credits too."""
    start = AT + draw(st.integers(-50, 50)) * HOUR
    return line(
        draw(RESOURCES),
        str(draw(AMOUNTS)),
        start=start,
        end=start + draw(st.sampled_from([0, 1, 24, 720])) * HOUR,
        type=draw(st.sampled_from(["Usage", "Tax", "Credit", "Refund", "Fee", "DiscountedUsage", "New", ""])),
        service=draw(
            st.sampled_from(["AmazonEC2", "AmazonRDS", "AmazonS3", "AWSSupportBusiness", "Odd!", ""])
        ),
        region=draw(st.sampled_from([REGION, "us-east-1", "global", ""])),
        account=draw(st.sampled_from([ACCOUNT, "999999999999", ""])),
        tags=draw(
            st.sampled_from([{}, {"guestpass": PASS}, {"aws:createdBy": "Root:1"}, {"aws:createdBy": ":::"}])
        ),
    )


@given(st.lists(lines(), max_size=40), st.booleans())
def test_each_line_has_one_class_and_the_classes_sum_to_the_bill(all_: list[Line], with_usage: bool) -> None:
    told = reconcile(
        bill(*all_),
        THINGS,
        usage=USE if with_usage else None,
        hand_in=None,
        owners=OWNERS,
        pass_name=PASS,
        since=AT,
    )
    assert [each.line for each in told.judged] == all_
    assert set(told.sums) == set(told.counts) == set(CLASSES)
    assert sum(map(Fraction, told.sums.values()), Fraction(0)) == Fraction(told.total)
    assert Fraction(told.total) == sum((Fraction(each.amount) for each in all_), Fraction(0))
    assert sum(told.counts.values()) == len(all_)
    unknown = sum((Fraction(each.line.amount) for each in told.undocumented), Fraction(0))
    assert Fraction(told.explained) == Fraction(told.total) - unknown
    for kind in CLASSES:
        part = sum((Fraction(each.line.amount) for each in told.judged if each.kind == kind), Fraction(0))
        assert Fraction(told.sums[kind]) == part


@given(st.lists(lines(), max_size=25))
def test_only_what_has_an_id_is_undocumented_and_only_what_has_none_unexplained(all_: list[Line]) -> None:
    told = reconcile(bill(*all_), THINGS, usage=USE, hand_in=None, owners=OWNERS, pass_name=PASS)
    for each in told.judged:
        assert each.kind != "undocumented" or each.line.resource
        assert each.kind != "unexplained" or not each.line.resource
        assert (each.item is not None) == (each.kind in ("exact", "normalised", "child"))


@given(st.lists(AMOUNTS, min_size=1, max_size=30), st.booleans())
def test_a_bill_read_from_its_file_sums_to_what_stands_there(amounts: list[Decimal], packed: bool) -> None:
    data = table([row(WEB, written(amount)) for amount in amounts], packed=packed)
    told = reconcile(
        read_bill([("a.csv", data)], source="a"),
        THINGS,
        usage=None,
        hand_in=None,
        owners=OWNERS,
        pass_name=PASS,
    )
    assert Fraction(told.sums["exact"]) == sum(map(Fraction, amounts), Fraction(0))

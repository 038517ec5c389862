"""A bill's files are read whole and exactly, or refused with the place and what to do."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bill.making import ACCOUNT, CUR_2, REGION, row, table, tags
from guestpass.bill import read_bill
from guestpass.bill.reading import LONGEST, region_of
from guestpass.errors import InputError

INSTANCE = "i-0123456789abcdef0"
OTHER = "i-0fedcba9876543210"

LEGACY_OF = {
    "bill_billing_period_start_date": "bill/BillingPeriodStartDate",
    "line_item_usage_start_date": "lineItem/UsageStartDate",
    "line_item_usage_end_date": "lineItem/UsageEndDate",
    "line_item_line_item_type": "lineItem/LineItemType",
    "line_item_product_code": "lineItem/ProductCode",
    "line_item_usage_type": "lineItem/UsageType",
    "line_item_operation": "lineItem/Operation",
    "line_item_usage_account_id": "lineItem/UsageAccountId",
    "product_region_code": "product/region",
    "line_item_unblended_cost": "lineItem/UnblendedCost",
    "line_item_currency_code": "lineItem/CurrencyCode",
    "line_item_resource_id": "lineItem/ResourceId",
    "line_item_usage_amount": "lineItem/UsageAmount",
    "line_item_line_item_description": "lineItem/LineItemDescription",
}
FOCUS_OF = {
    "bill_billing_period_start_date": "BillingPeriodStart",
    "line_item_usage_start_date": "ChargePeriodStart",
    "line_item_usage_end_date": "ChargePeriodEnd",
    "line_item_line_item_type": "ChargeCategory",
    "line_item_product_code": "x_ServiceCode",
    "line_item_usage_type": "SkuMeter",
    "line_item_operation": "x_Operation",
    "line_item_usage_account_id": "SubAccountId",
    "product_region_code": "RegionId",
    "line_item_unblended_cost": "BilledCost",
    "line_item_currency_code": "BillingCurrency",
    "line_item_resource_id": "ResourceId",
    "line_item_usage_amount": "ConsumedQuantity",
    "line_item_line_item_description": "ChargeDescription",
    "resource_tags": "Tags",
}


def renamed(names: dict[str, str], **more: str) -> bytes:
    """The usual row under other headings."""
    values = {names[key]: value for key, value in row(INSTANCE).items() if key in names}
    return table([values | more], [*names.values(), *(key for key in more if key not in names.values())])


def refusal(*files: tuple[str, bytes]) -> InputError:
    """What the reading of these files stops with."""
    with pytest.raises(InputError) as caught:
        read_bill(files, source="the test")
    return caught.value


@pytest.mark.parametrize("packed", [False, True])
def test_a_row_is_read_field_by_field(packed: bool) -> None:
    data = table(
        [row(INSTANCE, "0.04160000001", resource_tags=tags(user_guestpass="acme-shop"))], packed=packed
    )
    bill = read_bill([("november.csv", data)], source="s3://bucket/bill")
    (line,) = bill.lines
    assert (line.start, line.end) == (
        datetime(2026, 11, 3, 11, tzinfo=UTC),
        datetime(2026, 11, 3, 12, tzinfo=UTC),
    )
    assert (line.type, line.service, line.usage_type) == ("Usage", "AmazonEC2", "EU-BoxUsage:t3.small")
    assert (line.account, line.region, line.resource) == (ACCOUNT, REGION, INSTANCE)
    assert line.amount == Decimal("0.04160000001")
    assert line.tags == {"guestpass": "acme-shop"}
    assert (line.place.file, line.place.line) == ("november.csv", 2)
    assert (bill.currency, bill.source) == ("USD", "s3://bucket/bill")
    assert len(bill.sha256["november.csv"]) == 64


def test_a_legacy_report_says_the_same_as_the_new_one() -> None:
    tagged = {"resourceTags/user:guestpass": "acme-shop", "resourceTags/aws:createdBy": "Root:1"}
    (line,) = read_bill([("legacy.csv", renamed(LEGACY_OF, **tagged))], source="legacy.csv").lines
    (new,) = read_bill([("new.csv", table([row(INSTANCE)]))], source="new.csv").lines
    same = (
        "start",
        "end",
        "type",
        "service",
        "usage_type",
        "account",
        "region",
        "amount",
        "resource",
        "quantity",
    )
    assert all(getattr(line, name) == getattr(new, name) for name in same)
    assert line.tags == {"guestpass": "acme-shop", "aws:createdBy": "Root:1"}


def test_focus_is_read_and_its_words_become_those_of_the_cost_and_usage_report() -> None:
    data = renamed(FOCUS_OF, ChargeCategory="Purchase", Tags=tags(guestpass="acme-shop"))
    (line,) = read_bill([("focus.csv", data)], source="focus.csv").lines
    assert (line.type, line.service, line.resource) == ("Fee", "AmazonEC2", INSTANCE)
    assert line.tags == {"guestpass": "acme-shop"}


def test_many_decimals_are_kept_to_the_last_one() -> None:
    text = "0." + "0" * 60 + "12345678901234567890123456789"
    (line,) = read_bill([("a.csv", table([row(INSTANCE, text)]))], source="a.csv").lines
    assert format(line.amount, "f") == text


def test_an_exponent_is_a_number_and_a_credit_is_negative() -> None:
    data = table([row(INSTANCE, "-4.5E-10"), row(INSTANCE, "+12")])
    assert [line.amount for line in read_bill([("a.csv", data)], source="a").lines] == [
        Decimal("-0.00000000045"),
        Decimal(12),
    ]


def test_a_quoted_description_over_two_lines_does_not_shift_the_places() -> None:
    data = table([row(INSTANCE, line_item_line_item_description="one\ntwo"), row(OTHER)])
    assert [line.place.line for line in read_bill([("a.csv", data)], source="a").lines] == [2, 4]


def test_a_bill_of_headings_alone_is_a_bill_of_nothing() -> None:
    assert read_bill([("a.csv", table([]))], source="a").lines == ()


def test_a_bill_of_tax_alone_needs_no_resource() -> None:
    data = table([row("", "0.5", line_item_line_item_type="Tax")])
    assert len(read_bill([("a.csv", data)], source="a").lines) == 1


def test_tags_that_are_no_map_are_said_and_the_line_is_kept() -> None:
    bill = read_bill([("a.csv", table([row(INSTANCE, resource_tags="{user_guestpass=acme}")]))], source="a")
    assert (len(bill.lines), [finding.code for finding in bill.findings]) == (1, ["BIL008"])
    assert bill.findings[0].place == bill.lines[0].place


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("eu-west-1", "eu-west-1"),
        ("eu-west-1a", "eu-west-1"),
        ("us-west-2-lax-1a", "us-west-2"),
        ("us-gov-west-1b", "us-gov-west-1"),
        ("global", "global"),
        ("", ""),
    ],
)
def test_an_availability_zone_is_read_as_its_region(text: str, region: str) -> None:
    assert region_of(text) == region


BAD: list[tuple[str, Callable[[], bytes], int, str]] = [
    (
        "no column of resource ids",
        lambda: table([row()], [name for name in CUR_2 if name != "line_item_resource_id"]),
        1,
        "no column `line_item_resource_id`",
    ),
    ("no line with a resource id", lambda: table([row(), row()]), 1, "no line of the bill names a resource"),
    (
        "no column of the cost",
        lambda: table([row()], [name for name in CUR_2 if name != "line_item_unblended_cost"]),
        1,
        "the bill lacks `line_item_unblended_cost`",
    ),
    (
        "two currencies",
        lambda: table([row(INSTANCE), row(INSTANCE, line_item_currency_code="CNY")]),
        3,
        "mixes currencies: `CNY` here, `USD` at bad.csv:2",
    ),
    ("no currency", lambda: table([row(INSTANCE, line_item_currency_code="")]), 2, "has no currency"),
    (
        "a word for an amount",
        lambda: table([row(INSTANCE), row(INSTANCE, "free")]),
        3,
        "`free` in the column",
    ),
    ("an amount with a comma", lambda: table([row(INSTANCE, "1,5")]), 2, "`1,5` in the column"),
    ("an amount that is NaN", lambda: table([row(INSTANCE, "NaN")]), 2, "`NaN` in the column"),
    ("no amount", lambda: table([row(INSTANCE, "")]), 2, "is no amount"),
    ("an amount of other digits", lambda: table([row(INSTANCE, "١٢")]), 2, "is no amount"),
    ("an exponent without end", lambda: table([row(INSTANCE, "1E9999")]), 2, "is no amount"),
    ("an amount without end", lambda: table([row(INSTANCE, "1" * 500)]), 2, "is no amount"),
    ("no time", lambda: table([row(INSTANCE, line_item_usage_start_date="soon")]), 2, "`soon` in the column"),
    ("a gzip cut short", lambda: table([row(INSTANCE)] * 900, packed=True)[:-200], 0, "ends before its end"),
    (
        "a gzip damaged",
        lambda: table([row(INSTANCE)], packed=True)[:-8] + b"\xff" * 8,
        0,
        "gzip file is damaged",
    ),
    ("a manifest", lambda: b'{"assemblyId": "1", "account": "2"}', 1, "this is no bill"),
    (
        "prose",
        lambda: b"Dear owner,\nI made a server.\n",
        1,
        "this is no bill: its first heading is `Dear owner`",
    ),
    ("an empty file", lambda: b"", 1, "the file is empty"),
    ("a zip archive", lambda: b"PK\x03\x04rest", 1, "this is a zip archive"),
    ("Parquet", lambda: b"PAR1rest", 1, "this is a Parquet file"),
    ("no text", lambda: table([row(INSTANCE)]) + b"\xff\xfe\n", 3, "no text in UTF-8"),
    ("a huge field", lambda: table([row(INSTANCE, resource_tags="x" * (LONGEST + 9))]), 2, "is longer than"),
    (
        "a huge field over many lines",
        lambda: table([row(INSTANCE, resource_tags="x\n" * LONGEST)]),
        0,
        "field larger than field limit",
    ),
    ("a line cut short", lambda: table([row(INSTANCE), row(OTHER)])[:-40], 3, "fields and the heading 15"),
    ("a quote never closed", lambda: table([row(INSTANCE)]) + b'"2026', 3, "unexpected end of data"),
]


@pytest.mark.parametrize(("data", "at", "says"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_cannot_be_read_is_refused_with_its_line(data: Callable[[], bytes], at: int, says: str) -> None:
    error = refusal(("bad.csv", data()))
    assert says in error.says
    assert error.place is not None
    assert error.place.file == "bad.csv"
    assert error.place.line is not None
    assert at in (0, error.place.line)
    assert error.expected


def test_without_resource_ids_the_way_to_have_them_is_said() -> None:
    assert "INCLUDE_RESOURCES=TRUE" in (refusal(("bad.csv", table([row()]))).hint or "")


def test_two_deliveries_of_one_period_are_not_added() -> None:
    first, second = table([row(INSTANCE, "1")]), table([row(INSTANCE, "2")])
    error = refusal(("20261101/one/bill-1.csv", first), ("20261101/two/bill-1.csv", second))
    assert "two deliveries of one period" in error.says


def test_the_same_file_twice_is_not_added() -> None:
    data = table([row(INSTANCE)])
    assert "is the same file as" in refusal(("a.csv", data), ("b.csv", data)).says
    assert "given twice" in refusal(("a.csv", data), ("a.csv", data)).says


def test_files_of_one_delivery_are_added_and_two_months_too() -> None:
    december = {
        "bill_billing_period_start_date": "2026-12-01T00:00:00Z",
        "line_item_usage_start_date": "2026-12-01T00:00:00Z",
        "line_item_usage_end_date": "2026-12-01T01:00:00Z",
    }
    files = [
        ("2026-11/bill-1.csv", table([row(INSTANCE, "1")])),
        ("2026-11/bill-2.csv", table([row(INSTANCE, "2")])),
        ("2026-12/bill-1.csv", table([row(INSTANCE, "4", **december)])),
    ]
    assert [line.amount for line in read_bill(files, source="s").lines] == [1, 2, 4]


def test_no_file_is_said() -> None:
    assert "no file" in refusal().says

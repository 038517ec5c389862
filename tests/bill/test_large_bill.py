"""A bill of a month, hour by hour, with its strays: read and reconciled as a whole."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from bill.making import AT, PASS, arn, inventory, item, row, table
from guestpass.bill import read_bill, reconcile

HOURS = 24 * 14
PRICES = {
    "instance": "0.0416000000",
    "disk": "0.0002933333333333333",
    "db": "0.0340000001",
    "stray": "0.0000000000000001",
}


def hourly(resource: str, price: str, product: str, hour: int, region: str = "eu-west-1") -> dict[str, str]:
    """One hour of one thing."""
    start = AT + timedelta(hours=hour)
    return row(
        resource, price, line_item_product_code=product, product_region_code=region,
        line_item_usage_start_date=f"{start:%Y-%m-%dT%H:%M:%SZ}",
        line_item_usage_end_date=f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
    )  # fmt: skip


def test_twenty_servers_for_a_fortnight_and_three_strays_are_told_apart() -> None:
    servers = [f"i-{number:017x}" for number in range(20)]
    disks = [f"vol-{number:017x}" for number in range(20)]
    strays = ["i-0fedcba9876543210", arn("ec2:elastic-ip", "eipalloc-0fedcba9876543210"), "left-behind"]
    rows = [
        each
        for hour in range(HOURS)
        for each in (
            *(hourly(name, PRICES["instance"], "AmazonEC2", hour) for name in servers),
            *(hourly(name, PRICES["disk"], "AmazonEC2", hour) for name in disks),
            hourly(arn("rds:db", "acme-shop-db"), PRICES["db"], "AmazonRDS", hour),
            hourly(strays[0], PRICES["stray"], "AmazonEC2", hour, "us-east-1"),
            hourly(strays[1], PRICES["stray"], "AmazonVPC", hour),
            hourly(strays[2], PRICES["stray"], "AmazonS3", hour),
        )
    ]
    things = inventory(
        *(item("ec2:instance", name) for name in servers),
        *(
            item("ec2:volume", disk, parent=arn("ec2:instance", server))
            for server, disk in zip(servers, disks, strict=True)
        ),
        item("rds:db", "acme-shop-db"),
    )
    half = len(rows) // 2
    files = [
        ("bill-1.csv.gz", table(rows[:half], packed=True)),
        ("bill-2.csv.gz", table(rows[half:], packed=True)),
    ]
    told = reconcile(
        read_bill(files, source="the test"),
        things,
        usage=None,
        hand_in=None,
        owners=frozenset(),
        pass_name=PASS,
    )
    assert len(told.judged) == len(rows) == 44 * HOURS
    assert {each.line.resource for each in told.undocumented} == set(strays)
    assert told.sums["undocumented"] == Decimal(PRICES["stray"]) * 3 * HOURS
    assert told.sums["child"] == Decimal(PRICES["disk"]) * 20 * HOURS
    assert [finding.code for finding in told.findings] == ["BIL001"] * 3
    assert Fraction(told.total) == sum(Fraction(each["line_item_unblended_cost"]) for each in rows)

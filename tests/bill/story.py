"""One reconciliation with something of everything, for the pages."""

from __future__ import annotations

from datetime import timedelta

from bill.making import AT, HOUR, PASS, arn, bill, inventory, item, line, made, usage, used
from guestpass.bill import Reconciliation, reconcile
from guestpass.errors import Place
from guestpass.inventory import Entry, HandIn

WEB = item("ec2:instance", "i-0123456789abcdef0")
LATE = AT + timedelta(days=8)
LISTED = HandIn(file="list.md", entries=(Entry(resource=WEB.id, place=Place(file="list.md", line=3)),))


def reconciled() -> Reconciliation:
    """A site with strays, a credit, a tax and a name that would command a terminal."""
    things = inventory(
        WEB,
        item("ec2:volume", "vol-0123456789abcdef0", parent=WEB.arn),
        item("rds:db", "acme-shop-db", ended=made(AT + 5 * HOUR), still="gone"),
        item("ec2:elastic-ip", "eipalloc-0123456789abcdef0"),
        item("s3:bucket", "acme-shop-uploads"),
        item("iam:role", "shop-web", ""),
        item("ec2:security-group", "sg-0123456789abcdef0"),
        item("ec2:security-group", "sg-0fedcba9876543210"),
    )
    return reconcile(
        bill(
            line(WEB.id, "14.976"),
            line("vol-0123456789abcdef0", "0.2112903225806"),
            line(arn("rds:db", "acme-shop-db"), "1.088", service="AmazonRDS"),
            line(arn("rds:db", "acme-shop-db"), "0.5", service="AmazonRDS", start=LATE, end=LATE + HOUR),
            line(
                arn("ec2:elastic-ip", "eipalloc-0123456789abcdef0"), "3.6",
                service="AmazonVPC", usage_type="EU-PublicIPv4:IdleAddress",
            ),
            line(None, "0.0000071", service="AmazonS3", usage_type="EU-Requests-Tier1"),
            line("i-0bbbbbbbbbbbbbbbb", "102.4"),
            line(None, "4.35", type="Tax"),
            line(None, "-1.25", type="Credit"),
            line(None, "12", type="Fee", service="AmazonRegistrar", description="example.org"),
            line("i-0fedcba9876543210", "1.5", region="us-east-1"),
            line("evil\x1b[2J\u202e", "0.01", service="AmazonOdd", region=""),
            line(None, "0.25", service="AmazonRedshift", usage_type="Node:dc2.large", region="us-east-1"),
        ),
        things,
        usage=usage(used("s3:PutObject")),
        hand_in=LISTED,
        owners=frozenset({arn("ec2:instance", "i-0bbbbbbbbbbbbbbbb")}),
        pass_name=PASS,
    )  # fmt: skip

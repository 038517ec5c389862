"""The box's price table: dated, read as decimals, and honest about what it does not know."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guestpass.local.prices import dated, rate, usage_prefix


@pytest.mark.parametrize(
    ("kind", "name", "usd"),
    [
        ("instance", "t3.micro", "0.0104"),
        ("instance", "t3.small", "0.0208"),
        ("instance", "t4g.nano", "0.0042"),
        ("instance", "t2.small", "0.023"),
        ("instance", "m5.2xlarge", "0.384"),
        ("db-instance", "db.t3.micro", "0.017"),
        ("db-instance", "db.t4g.medium", "0.065"),
        ("volume", "gp3", "0.08"),
    ],
)
def test_public_prices_come_out_to_the_last_decimal(kind: str, name: str, usd: str) -> None:
    found = rate(kind, name, "us-east-1")
    assert found.usd == Decimal(usd)
    assert not found.stand_in


@pytest.mark.parametrize(
    ("kind", "name"), [("instance", "zz9.huge"), ("db-instance", "db.zz9.large"), ("volume", "tape")]
)
def test_what_has_no_row_is_charged_and_said_to_be_a_stand_in(kind: str, name: str) -> None:
    found = rate(kind, name, "us-east-1")
    assert found.stand_in
    assert found.usd > 0


def test_another_region_has_its_own_prefix_and_factor() -> None:
    assert usage_prefix("us-east-1") == ""
    assert usage_prefix("eu-central-1") == "EUC1-"
    assert rate("volume", "gp3", "eu-central-1").usd == Decimal("0.08") * Decimal("1.154")


def test_every_kind_of_price_names_its_page_and_its_day() -> None:
    assert {"instance", "db-instance", "volume", "snapshot", "address", "bucket", "requests"} <= set(dated())
    for source, day in dated().values():
        assert source.startswith("https://aws.amazon.com/")
        assert len(day) == 10

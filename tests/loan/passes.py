"""Passes at random: everything that `read_pass` takes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

from guestpass.loan.agreement import Guest, Job, Network, Pass, Spend
from guestpass.loan.reading import known_regions

_HEX = st.text(alphabet="0123456789abcdef", min_size=17, max_size=17)
_ACCOUNT = st.from_regex(r"[0-9]{12}", fullmatch=True)
_AGE = "age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v"
_PERSON = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=40
).filter(lambda text: text.strip() == text and text.isprintable() and bool(text))
_MAIL = st.from_regex(r"[a-z0-9.+-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,5}", fullmatch=True)
NAMES = st.from_regex(r"[a-z](-?[a-z0-9]){2,23}", fullmatch=True).filter(lambda name: len(name) <= 24)


@st.composite
def guests(draw: st.DrawFn) -> Guest:
    login = draw(st.sampled_from(["access-key", "console", "role"]))
    return Guest(
        name=draw(_PERSON),
        login=login,  # type: ignore[arg-type]
        key=draw(st.sampled_from([None, _AGE])) if login == "role" else _AGE,
        account=draw(_ACCOUNT) if login == "role" else None,
        email=draw(st.none() | _MAIL),
    )


@st.composite
def passes(draw: st.DrawFn) -> Pass:
    partition = draw(st.sampled_from(["aws", "aws", "aws", "aws-cn", "aws-us-gov"]))
    regions = sorted(region for region, of in known_regions().items() if of == partition)
    return Pass(
        name=draw(NAMES),
        account=draw(_ACCOUNT),
        guest=draw(guests()),
        job=Job(
            blueprint="php-mysql",
            instance_types=_some(draw, ["t3.micro", "t3.small", "m7g.large", "u-6tb1.112xlarge"]),
            database_classes=_some(draw, ["db.t3.micro", "db.m5.large"]),
            image_owners=_some(draw, ["amazon", "aws-marketplace", "099720109477"]),
        ),
        network=Network(
            vpc=f"vpc-{draw(_HEX)}",
            subnets=tuple(
                f"subnet-{name}" for name in draw(st.lists(_HEX, min_size=1, max_size=2, unique=True))
            ),
        ),
        regions=tuple(draw(st.lists(st.sampled_from(regions), min_size=1, max_size=2, unique=True))),
        until=datetime.fromtimestamp(draw(st.integers(1_770_000_000, 7_000_000_000)), tz=UTC),
        spend=Spend(
            monthly_usd=draw(st.decimals(Decimal("0.01"), Decimal("9999999.99"), places=2)),
            notify=draw(_MAIL),
        ),
        partition=partition,
    )


def _some(draw: st.DrawFn, values: list[str]) -> tuple[str, ...]:
    return tuple(draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)))

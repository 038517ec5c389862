"""No amount is ever rounded."""

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.bill.amounts import exact_difference, exact_sum, read_amount, written

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15)


@given(st.lists(AMOUNTS, max_size=60))
def test_a_sum_is_the_sum_of_the_fractions(amounts: list[Decimal]) -> None:
    assert Fraction(exact_sum(amounts)) == sum(map(Fraction, amounts), Fraction(0))


@given(AMOUNTS, AMOUNTS)
def test_a_difference_is_the_difference_of_the_fractions(whole: Decimal, part: Decimal) -> None:
    assert Fraction(exact_difference(whole, part)) == Fraction(whole) - Fraction(part)


@given(AMOUNTS)
def test_what_is_written_is_read_as_the_same_number(amount: Decimal) -> None:
    text = written(amount)
    assert read_amount(text) == amount
    assert len(text.partition(".")[2]) >= 2


@given(st.text(max_size=30))
def test_text_that_is_taken_for_an_amount_is_that_number(text: str) -> None:
    amount = read_amount(text)
    assert amount is None or (amount.is_finite() and Fraction(amount) == Fraction(text))


def test_the_smallest_and_the_largest_amount_add_up_exactly() -> None:
    large, small = read_amount("9" * 300 + "E100"), read_amount("1E-400")
    assert large is not None
    assert small is not None
    assert Fraction(exact_sum([large, small, large.copy_negate()])) == Fraction(1, 10**400)


def test_a_sum_that_would_be_rounded_stops_instead() -> None:
    with pytest.raises(Inexact):
        exact_sum([Decimal("1E+4000"), Decimal("1E-4000")])


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0.00"), ("-0", "0.00"), ("12.3", "12.30"), ("0.0416000000", "0.0416"), ("-1E-7", "-0.0000001"),
     ("1E+3", "1000.00"), ("-12", "-12.00")],
)  # fmt: skip
def test_an_amount_is_written_with_all_digits_and_no_exponent(amount: str, text: str) -> None:
    assert written(Decimal(amount)) == text

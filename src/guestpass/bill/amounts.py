"""Amounts of money: read from text, added and written without ever being rounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext

MAX_DIGITS = 400
"""The most characters and the largest exponent of an amount: more is no bill, and adding it would take for ever."""

_AMOUNT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")

# INVARIANT: no sum is rounded. An amount has at most 800 digits before its point and 400 after it, a bill's lines
# add fewer than twenty, and whatever would not fit into 4000 digits raises `Inexact` instead of losing one.
_EXACT = Context(prec=4000, Emax=999_999, Emin=-999_999, traps=[Inexact, InvalidOperation, Overflow])


def read_amount(text: str) -> Decimal | None:
    """Return the number exactly as it is written, or None for what is no amount: `NaN`, `1,5`, a word, too long."""
    if len(text) > MAX_DIGITS or not _AMOUNT.fullmatch(text):
        return None
    amount = Decimal(text)
    parts = amount.as_tuple()
    if not isinstance(parts.exponent, int) or abs(parts.exponent) > MAX_DIGITS:
        return None
    return amount


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum to the last digit; of nothing it is 0."""
    with localcontext(_EXACT):
        total = Decimal(0)
        for amount in amounts:
            total += amount
        return total


def exact_difference(whole: Decimal, part: Decimal) -> Decimal:
    """Return what remains, to the last digit."""
    with localcontext(_EXACT):
        return whole - part


def written(amount: Decimal) -> str:
    """Return the amount with all its digits and at least two decimals, never with an exponent: `12.30`, `-0.0000071`."""
    text = format(amount, "f")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, rest = digits.partition(".")
    rest = rest.rstrip("0").ljust(2, "0")
    return f"{sign if amount else ''}{whole}.{rest}"

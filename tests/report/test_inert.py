"""No string that comes from outside can command a terminal or begin markup."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.report.inert import code_span, inert, inert_markdown
from guestpass.report.page import Span, line, text_of, width_of

ANYTHING = st.text(max_size=200)
HARMLESS = re.compile(r"\A[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]*\Z")


@given(ANYTHING)
def test_inert_text_holds_no_control_direction_or_invisible_character(text: str) -> None:
    shown = inert(text)
    assert HARMLESS.match(shown)
    assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp", "Cs"} for sign in shown)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\r", "a\\x0ab\\x0d"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
    ],
)
def test_a_hostile_character_is_spelled_out(hostile: str, shown: str) -> None:
    assert inert(hostile) == shown


@given(st.lists(st.tuples(ANYTHING, st.sampled_from(["plain", "bold", "good", "bad", "hint"])), max_size=5))
def test_a_page_without_colour_holds_no_escape_whatever_is_put_on_it(parts: list) -> None:
    text = text_of((line(*(Span(text, style) for text, style in parts)),))
    assert "\x1b" not in text
    assert "\r" not in text


@given(st.lists(st.tuples(ANYTHING, st.sampled_from(["plain", "bold", "good", "bad", "hint"])), max_size=5))
def test_a_coloured_page_says_the_same_as_a_plain_one(parts: list) -> None:
    page = (line(*(Span(text, style) for text, style in parts)),)
    bare = re.sub(r"\x1b\[\d+m", "", text_of(page, colour=True))
    assert [row.rstrip() for row in bare.split("\n")] == [row.rstrip() for row in text_of(page).split("\n")]


@given(ANYTHING, st.integers(min_value=40, max_value=100), st.integers(min_value=0, max_value=20))
def test_a_wrapped_line_fits_its_width_and_loses_nothing_but_spaces(
    text: str, width: int, indent: int
) -> None:
    rows = text_of((line(text, indent=indent),), width=width).splitlines()
    assert all(width_of(row) <= width for row in rows)
    assert "".join("".join(rows).split(" ")) == "".join(inert(text).split(" "))


@given(ANYTHING)
def test_code_in_markdown_ends_where_it_should(text: str) -> None:
    span = code_span(text)
    fence = re.match(r"`*", span)
    assert fence is not None
    ticks = fence.group(0)
    inside = span[len(ticks) : -len(ticks)] if ticks else span
    assert span.endswith(ticks)
    assert ticks not in re.findall(r"`+", inside)


def test_markup_in_a_foreign_name_is_shown_and_not_obeyed() -> None:
    assert inert_markdown("<script>|[x](y)`") == "\\<script\\>\\|\\[x\\](y)\\`"

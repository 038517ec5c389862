"""The one page: its bytes are kept, nothing foreign in it is ever markup, and it fetches and runs nothing."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import os
import re
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass.errors import Bug
from guestpass.report.html import story_html
from guestpass.report.html.drawing import placed
from guestpass.report.html.element import element, render
from guestpass.report.html.words import amount, places_of
from guestpass.report.inert import inert
from guestpass.report.story import Story
from report import stories

GOLDEN = Path(__file__).parent / "golden"
STORIES: dict[str, Callable[[], Story]] = {
    "report": lambda: stories.STORY,
    "report-bare": lambda: stories.BARE,
    "report-hostile": lambda: stories.replaced(stories.STORY, itertools.cycle(stories.HOSTILE)),
}
VOID = {"meta", "wbr"}
ALLOWED = {
    "a", "bdi", "body", "caption", "code", "dd", "details", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "header",
    "html", "head", "li", "main", "meta", "nav", "ol", "p", "rect", "section", "small", "span", "strong", "style",
    "summary", "svg", "table", "tbody", "td", "tfoot", "th", "thead", "time", "title", "tr", "ul", "wbr",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a page as a browser's tokeniser would: tags with their attributes, and the text between."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"a declaration: {data}")


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.mark.parametrize("name", ["report", "report-bare"])
def test_the_page_is_kept_byte_for_byte(name: str) -> None:
    told = story_html(STORIES[name]())
    path = GOLDEN / f"{name}.html"
    if os.environ.get("GUESTPASS_GOLDEN") == "write":
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")
    assert told == story_html(STORIES[name]())


@pytest.mark.parametrize("name", STORIES)
def test_the_page_is_whole_and_has_nothing_that_runs_or_is_fetched(name: str) -> None:
    seen = read(story_html(STORIES[name]()))
    assert seen.wrong == []
    assert seen.open == []
    assert {tag for tag, _ in seen.tags} <= ALLOWED
    for tag, attributes in seen.tags:
        assert not {
            key for key in attributes if key.startswith("on") or key in ("style", "src", "srcset", "action")
        }
        assert tag == "a" or "href" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


def test_each_link_leads_to_a_place_in_the_page_and_each_place_is_one() -> None:
    tags = read(story_html(stories.STORY)).tags
    places = [str(attributes["id"]) for _, attributes in tags if "id" in attributes]
    assert len(places) == len(set(places))
    links = {str(attributes["href"])[1:] for _, attributes in tags if "href" in attributes}
    named = {str(attributes["aria-labelledby"]) for _, attributes in tags if "aria-labelledby" in attributes}
    assert links
    assert links | named <= set(places)


def test_the_policy_lets_in_this_style_alone() -> None:
    page = story_html(stories.STORY)
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(
        attributes["content"]
        for tag, attributes in read(page).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("name", STORIES)
def test_the_headings_go_down_one_step_at_a_time_and_there_is_one_title(name: str) -> None:
    levels = [int(tag[1]) for tag, _ in read(story_html(STORIES[name]())).tags if re.fullmatch("h[1-4]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_table_has_a_caption_and_every_cell_the_name_of_its_column() -> None:
    page = story_html(stories.STORY)
    assert page.count("<table") == page.count("<caption>") > 5
    cells = [attributes for tag, attributes in read(page).tags if tag == "td"]
    assert all(attributes["data-label"] and attributes["role"] == "cell" for attributes in cells)


# ---- strings of foreign origin


def test_no_hostile_string_of_any_field_becomes_markup() -> None:
    page = story_html(STORIES["report-hostile"]())
    plain = story_html(stories.STORY)
    assert {tag for tag, _ in read(page).tags} <= {tag for tag, _ in read(plain).tags}
    assert not re.search(r"<(script|img|b>|!--)", page)
    body = page.split("</style>")[1]
    assert all(sign == "\n" or (sign.isprintable() and sign not in "\u202e\u2066") for sign in body)


@given(st.text(), st.text())
@settings(max_examples=200)
def test_any_text_comes_out_as_that_text_and_any_value_as_that_value(text: str, value: str) -> None:
    seen = read(render(element("p", text, aria_label=value)))
    assert seen.tags == [("p", {"aria-label": inert(value)})]
    assert "".join(seen.text).rstrip("\n") == inert(text)
    assert seen.wrong == []


@given(st.data())
@settings(max_examples=25)
def test_a_story_of_any_strings_has_no_tag_that_is_not_ours(data: st.DataObject) -> None:
    pool = data.draw(
        st.lists(st.text(max_size=30) | st.sampled_from(stories.HOSTILE), min_size=5, max_size=40)
    )
    page = story_html(stories.replaced(SHORT, itertools.cycle(pool)))
    seen = read(page)
    assert seen.wrong == []
    assert {tag for tag, _ in seen.tags} <= ALLOWED
    assert not [key for _, attributes in seen.tags for key in attributes if key.startswith("on")]


SHORT = dataclasses.replace(stories.STORY, certificate=None, usage=None)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"href": "javascript:alert(1)"}, "links within itself"),
        ({"href": "https://example.org"}, "links within itself"),
        ({"href": "#x\n"}, "links within itself"),
        ({"id": "a b"}, "cannot be a place"),
        ({"onclick": "alert(1)"}, "knows no attribute"),
        ({"style": "color: red"}, "knows no attribute"),
    ],
)
def test_the_builder_refuses_what_could_run_or_lead_out(attributes: dict[str, str], says: str) -> None:
    with pytest.raises(Bug, match=says):
        element("a", "x", **attributes)


# ---- what the page says


def text_of(page: str) -> str:
    return " ".join("".join(read(page.split("</style>")[1]).text).split())


def test_the_page_tells_every_part_of_the_story() -> None:
    told = text_of(story_html(stories.STORY))
    for words in (
        "Jo Example was let in", "make instances", "DenyAfterTheEnd", "how many things are made",
        "iam:CreateUser", "an explicit deny in a permissions boundary", "AWS gave no reason",
        "took off what was not used", "rds:CreateDBInstance", "no event says; known by its tag or name",
        "eipalloc-00000000000000041", "cdn.acme-shop.example", "the answer in the record names no ARN",
        "i-0bad0bad0bad0bad0", "57.9944451132", "Free of charge", "Never charged",
        "A way back in stands open", "log-ins of single services", "9c9c9c9c",
        "not authorized", "a log file ends in the middle of a record", "ListEventRules",
    ):  # fmt: skip
        assert words in told, words


def test_what_is_not_known_is_said_with_the_command_that_brings_it() -> None:
    told = text_of(story_html(stories.BARE))
    assert "To see it: guestpass report acme-shop --bill FILE" in told
    assert "To see it: guestpass certify acme-shop" in told
    assert told.count("Not told:") == 7
    assert told.count("not known") >= 4


def test_many_regions_are_counted_and_folded_and_few_are_named() -> None:
    many = tuple(f"xx-region-{number}" for number in range(30))
    wide = dataclasses.replace(stories.STORY, reading=dataclasses.replace(stories.READING, regions=many))
    assert "The 30 regions that files came from xx-region-0 xx-region-1" in text_of(story_html(wide))
    assert f"of {stories.REGION}, us-east-1. It says nothing" in text_of(story_html(stories.STORY))


def test_a_part_that_is_empty_is_not_a_part_that_is_not_known() -> None:
    empty = dataclasses.replace(
        stories.STORY,
        refusals=(),
        timeline=(),
        inventory=dataclasses.replace(stories.INVENTORY, items=(), strange=(), findings=()),
        difference=None,
        reconciliation=stories.reconciled(()),
    )
    told = text_of(story_html(empty))
    assert "The record shows no refused call" in told
    assert "show nothing that the guest made" in told
    assert "The bill has no lines." in told
    assert "Not told:" not in told


def test_a_day_of_hundreds_of_things_shows_its_first_and_folds_the_rest() -> None:
    page = story_html(stories.long_story(500))
    days = page.split('id="used"')[0].split('<div class="day">')[1:]
    assert len(days) < 20
    for day in days:
        shown = re.sub(r"<details>.*?</details>", "", day, flags=re.DOTALL)
        assert shown.count("<time") <= 12
    assert page.count("vol-") >= 500


def test_the_drawing_puts_a_thing_where_its_group_stands() -> None:
    account = placed(stories.INVENTORY, stories.PASS.network)
    vpc = account.boxes[stories.REGION].boxes[stories.VPC]
    assert stories.DATABASE in vpc.items
    assert stories.DISK in vpc.boxes[stories.SUBNET].items
    assert stories.KEY in account.boxes[stories.REGION].items


def test_things_that_stand_in_one_another_in_a_ring_are_drawn_all_the_same() -> None:
    first, second = stories.WEB, stories.TRIED
    ring = (dataclasses.replace(first, within=(second.id,)), dataclasses.replace(second, within=(first.id,)))
    account = placed(dataclasses.replace(stories.INVENTORY, items=ring), None)
    assert len(account.boxes[stories.REGION].items) == 2


# ---- amounts


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=12))
def test_an_amount_is_shown_to_its_last_decimal(value: Decimal) -> None:
    shown = "".join(read(render(amount(value, "USD"))).text)
    said = shown.removeprefix("USD ").replace("\u2212", "-").replace(",", "")
    assert Decimal(said) == value
    assert len(said.split(".")[1]) >= 2


@given(
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-99, max_value=99, places=8), min_size=1
    )
)
def test_a_column_of_amounts_has_as_many_decimals_as_its_finest(values: list[Decimal]) -> None:
    places = places_of(values)
    shown = {"".join(read(render(amount(value, None, places=places))).text) for value in values}
    assert {len(each.split(".")[1]) for each in shown} == {places}


# ---- colours


def test_every_text_is_readable_on_its_ground_in_the_light_the_dark_and_print() -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    style = story_html(stories.STORY).split("<style>")[1].split("</style>")[0]
    themes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(themes) == 3
    for theme in themes:
        for ground in ("page", "soft"):
            for ink in ("text", "muted", "accent", "good", "bad", "warn"):
                assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground, theme)
        for tone in ("good", "bad", "warn"):
            assert contrast(theme[tone], theme[f"{tone}-soft"]) >= 4.5, (tone, theme)
        for bar in ("bar", "bar-bad"):
            assert contrast(theme[bar], theme["bar-soft"]) >= 3, (bar, theme)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[spot : spot + 2], 16) / 255 for spot in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

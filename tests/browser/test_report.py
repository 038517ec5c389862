"""The report in a real browser: nothing is fetched, nothing complains, nothing foreign runs, and it fits."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser.chromium import Browser, running
from guestpass.report.html import story_html
from guestpass.report.story import Story
from report import stories

STORIES: dict[str, Callable[[], Story]] = {
    "whole": lambda: stories.STORY,
    "bare": lambda: stories.BARE,
    "long": lambda: stories.long_story(500),
    "hostile": lambda: stories.replaced(stories.STORY, itertools.cycle(stories.HOSTILE)),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module", params=STORIES)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / f"{request.param}.html"
    path.write_text(story_html(STORIES[request.param]()), encoding="utf-8")
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "whole.html"
    path.write_text(story_html(stories.STORY), encoding="utf-8")
    return path


def test_the_page_asks_for_nothing_but_itself_and_nothing_complains(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.requested() == [page.resolve().as_uri()]
    assert browser.complaints() == []
    assert browser.value("document.styleSheets.length") == 1


def test_the_browser_would_tell_if_something_were_fetched_or_run(browser: Browser, whole: Path) -> None:
    """The test above could not fail otherwise."""
    text = whole.read_text(encoding="utf-8")
    planted = '<main><script>document.title = "ran"</script><img src="http://127.0.0.1:9/x.png"><p style="color: red">'
    whole.write_text(text.replace("<main", f"{planted}<main", 1), encoding="utf-8")
    browser.open(whole)
    said = " ".join(browser.complaints())
    assert "Content Security Policy" in said
    assert browser.value("document.title") == "acme-shop: the loan's report"


@pytest.mark.parametrize("width", [320, 400, 768, 1280])
def test_nothing_reaches_past_the_edge_of_the_window(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width=width)
    browser.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.value("document.documentElement.scrollWidth") <= width
    outside = browser.value(
        """[...document.querySelectorAll('main *')].filter(each => {
            const box = each.getBoundingClientRect();
            return box.width && box.right > innerWidth + 1 && getComputedStyle(each).position !== 'absolute'
                && !each.closest('thead');
        }).slice(0, 3).map(each => each.outerHTML.slice(0, 120))"""
    )
    assert outside == []


def test_no_words_of_one_cell_run_into_the_next(browser: Browser, page: Path) -> None:
    browser.open(page, width=1280)
    browser.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    spilt = browser.value(
        """[...document.querySelectorAll('td, th, dd, .thing, .box, .strip li')]
            .filter(each => each.scrollWidth > each.clientWidth + 1).slice(0, 3).map(each => each.outerHTML.slice(0, 160))"""
    )
    assert spilt == []


def test_hostile_words_stay_words(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(story_html(STORIES["hostile"]()), encoding="utf-8")
    browser.open(path)
    names = set(
        browser.value("[...new Set([...document.querySelectorAll('*')].map(each => each.localName))]")
    )
    assert not names & {"script", "img", "iframe", "b", "form", "object", "embed", "base", "link"}
    assert browser.value(
        "[...document.querySelectorAll('*')].every(each => [...each.attributes].every(one => !one.name.startsWith('on')))"
    )
    links = browser.value("[...document.querySelectorAll('a')].map(each => each.getAttribute('href'))")
    assert links
    assert all(link.startswith("#") for link in links)
    assert "<script>alert(1)</script>" in browser.value("document.body.innerText")
    assert browser.complaints() == []


def test_the_dark_page_is_dark_and_the_light_one_light(browser: Browser, whole: Path) -> None:
    grounds = []
    for dark in (False, True):
        browser.open(whole, dark=dark)
        colour = browser.value("getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(",")))
    light, dark_ = grounds
    assert light > 700
    assert dark_ < 100


def test_a_narrow_table_is_a_list_of_cards_and_is_still_a_table_to_a_reader(
    browser: Browser, whole: Path
) -> None:
    browser.open(whole, width=400)
    assert browser.value("getComputedStyle(document.querySelector('td')).display") == "grid"
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    roles = {str(node["role"]["value"]) for node in nodes if "role" in node and not node["ignored"]}
    assert {"table", "row", "cell", "columnheader", "main", "navigation", "heading"} <= roles


def test_print_shows_what_is_folded_and_hides_what_only_leads(browser: Browser, whole: Path) -> None:
    browser.open(whole, media="print")
    assert browser.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    shut = "document.querySelector('details:not([open]) > :not(summary)')"
    assert browser.value(f"{shut}.checkVisibility({{contentVisibilityAuto: true}})")
    assert browser.value(f"{shut}.getBoundingClientRect().height") > 0
    browser.open(whole)
    assert not browser.value(f"{shut}.checkVisibility({{contentVisibilityAuto: true}})")


def test_the_page_prints_on_a4(browser: Browser, whole: Path) -> None:
    browser.open(whole)
    told = browser.pdf()
    assert told.startswith(b"%PDF-")
    assert 3 <= _pages(told) <= 40


def _pages(told: bytes) -> int:
    """Count the pages of a PDF, whose objects may be packed."""
    count = told.count(b"/Type /Page\n") + told.count(b"/Type /Page/") + told.count(b"/Type/Page/")
    for part in told.split(b"stream\n")[1:]:
        try:
            plain = zlib.decompressobj().decompress(part.lstrip(b"\r\n"))
        except zlib.error:
            continue
        count += plain.count(b"/Type /Page\n") + plain.count(b"/Type /Page ") + plain.count(b"/Type/Page/")
    return count


def test_the_keyboard_reaches_the_report_past_the_contents(browser: Browser, whole: Path) -> None:
    browser.open(whole)
    browser.ask("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    browser.ask("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert browser.value("document.activeElement.className") == "skip"
    assert browser.value("document.activeElement.getBoundingClientRect().left") >= 0

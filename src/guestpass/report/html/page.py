"""The one page: a head, what asks for attention, the parts, and what is not known."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from guestpass.report.html.access import access_part
from guestpass.report.html.attention import attention_part
from guestpass.report.html.bill import bill_part
from guestpass.report.html.certificate import certificate_part
from guestpass.report.html.deeds import refusals_part, usage_part
from guestpass.report.html.element import Element, element, render
from guestpass.report.html.head import header
from guestpass.report.html.inventory import inventory_part
from guestpass.report.html.timeline import timeline_part
from guestpass.report.html.unknown import unknown_part
from guestpass.report.html.words import moment
from guestpass.report.story import Story


def story_html(story: Story) -> str:
    """Return the loan's story as one HTML file that needs nothing else: no script, no picture, no network.

    The same story gives the same bytes. Every string of foreign origin in it is text.
    """
    parts = (
        attention_part(story),
        access_part(story),
        refusals_part(story),
        timeline_part(story),
        usage_part(story),
        inventory_part(story),
        bill_part(story),
        certificate_part(story),
        unknown_part(story),
    )
    body = element(
        "body",
        element("a", "To the report", href="#report", class_="skip"),
        element("header", header(story), class_="sheet"),
        element(
            "div",
            _contents(parts),
            element("main", parts, id="report", tabindex="-1"),
            class_="columns sheet",
        ),
        element("footer", _foot(story), class_="sheet"),
    )
    return f'<!doctype html>\n<html lang="en">\n{_head(story)}{render(body)}</html>\n'


def _contents(parts: tuple[Element, ...]) -> Element:
    """Return the list of contents, made of the parts themselves."""
    rows = []
    for part in parts:
        title = part.children[0]
        if isinstance(title, Element):
            rows.append(element("li", element("a", title.children, href=f"#{dict(part.attributes)['id']}")))
    return element(
        "nav", element("h2", "Contents", id="contents"), element("ul", rows), aria_labelledby="contents"
    )


def _foot(story: Story) -> Element:
    return element(
        "p",
        f"Made by guestpass {story.version} at ",
        moment(story.made_at),
        ". This file is complete: it loads nothing, runs nothing and sends nothing. Times are UTC.",
    )


def _head(story: Story) -> str:
    """Return the head. The style is the only thing that the policy lets in, and only as it was written."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    metas = (
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{story.pass_name}: the loan's report"),
    )
    return f"<head>\n{''.join(map(render, metas))}\n<style>{style}</style>\n</head>\n"


@cache
def _style() -> str:
    return resources.files(__package__).joinpath("style.css").read_text("utf-8")

"""The reference says what the program says; every command and every code is in it."""

import os
import re
from pathlib import Path

import pytest

from guestpass.cli.reference import commands_markdown, findings_markdown
from guestpass.cli.verbs import VERBS
from guestpass.report.explained import codes, explained

TOP = Path(__file__).parents[2]
PAGES = {"commands.md": commands_markdown, "findings.md": findings_markdown}


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_page_is_what_the_program_says(name: str) -> None:
    path = TOP / "docs" / "reference" / name
    text = PAGES[name]()
    if os.environ.get("GUESTPASS_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_command_is_in_the_reference_with_its_options_explained(verb) -> None:
    page = (TOP / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    part = page.split(f"## guestpass {verb.name}\n")[1].split("\n## ")[0]
    assert verb.says in " ".join(part.split())
    assert "--json: " in part
    for option in re.findall(r"^  (--[a-z-]+|[A-Z-]+)(?: [A-Z]+)?: *(.*)$", part, re.MULTILINE):
        assert option[1], f"{option[0]} is not explained"


def test_every_code_that_the_program_can_say_is_explained() -> None:
    said = set()
    for path in (TOP / "src" / "guestpass").rglob("*.py"):
        said |= set(re.findall(r'"([A-Z]{3}[0-9]{3})"', path.read_text(encoding="utf-8")))
    said -= {"AES256"}  # an algorithm of S3's, not a finding
    assert said
    assert said <= set(codes())


@pytest.mark.parametrize("code", codes())
def test_each_explanation_says_what_why_and_what_instead(code: str) -> None:
    told = explained(code.lower())
    assert told.code == code
    assert len(told.what) > 10
    assert len(told.why) > 10
    assert told.instead


def test_every_command_that_a_guide_shows_exists() -> None:
    known = {verb.name for verb in VERBS}
    pages = [
        *(TOP / "docs" / "guides").glob("*.md"),
        TOP / "README.md",
        TOP / "examples" / "php-mysql" / "README.md",
    ]
    shown = {
        word
        for page in pages
        for word in re.findall(
            r"^(?:\$ |    )guestpass ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert shown
    assert shown <= known


def test_every_link_between_the_documents_leads_somewhere() -> None:
    pages = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md"), *(TOP / "examples").rglob("*.md")]
    broken = [
        f"{page.relative_to(TOP)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []

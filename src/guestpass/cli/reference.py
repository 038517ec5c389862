"""The reference pages, made of the program's own words: what `--help` says, and what `explain` says."""

from __future__ import annotations

import io

from guestpass.cli.start import build
from guestpass.cli.verbs import VERBS
from guestpass.report.explained import codes, explained, explained_markdown

WIDTH = 100


def commands_markdown() -> str:
    """Return the page of all commands: each one's help, word for word."""
    parts = [
        "# Commands\n\nMade of each command's own `--help` by a test that fails when the two differ "
        "(`GUESTPASS_GOLDEN=write` writes it anew).\n",
        _part("guestpass", []),
    ]
    parts += [_part(f"guestpass {verb.name}", [verb.name]) for verb in VERBS]
    return "\n".join(parts)


def findings_markdown() -> str:
    """Return the page of all findings: what `guestpass explain CODE` says of each."""
    head = "# Findings\n\nEach has a code that never changes; `guestpass explain CODE` says the same.\n"
    return "\n".join([head, *(explained_markdown(explained(code)) for code in codes())])


def _part(title: str, words: list[str]) -> str:
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, highlight=False, markup=False)
    build(words)([*words, "--help"], console=console, exit_on_error=False)
    told = "\n".join(row.rstrip() for row in out.getvalue().strip().splitlines())
    return f"## {title}\n\n```text\n{told}\n```\n"

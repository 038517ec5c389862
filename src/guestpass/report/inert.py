"""Strings of foreign origin made harmless: a tag, a name or an error message may be written by the guest."""

from __future__ import annotations

import unicodedata

# Cc: controls (ESC starts a terminal's commands); Cf: bidi overrides and zero-width signs, which make a
# line read as another; Zl, Zp: line ends that a terminal may honour; Cs, Co, Cn: what has no agreed look.
_HARMFUL = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_MARKDOWN = frozenset("\\`*_{}[]<>#|!~&")


def inert(text: str) -> str:
    """Return the text with control, direction and invisible characters spelled out: `\\x1b`, `\\u202e`."""
    return "".join(_spelled(sign) if unicodedata.category(sign) in _HARMFUL else sign for sign in text)


def inert_markdown(text: str) -> str:
    """Return the text so that Markdown shows it as it is: inert, and nothing in it begins markup."""
    return "".join(f"\\{sign}" if sign in _MARKDOWN else sign for sign in inert(text))


def code_span(text: str) -> str:
    """Return the text as Markdown's inline code; backticks inside cannot end it."""
    shown = inert(text)
    runs = [len(run) for run in "".join(s if s == "`" else " " for s in shown).split()]
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """Return our own words as Markdown: what stands between backticks as inline code, the rest inert."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return inert_markdown(text)
    return "".join(code_span(part) if spot % 2 else inert_markdown(part) for spot, part in enumerate(parts))


def cell(text: str) -> str:
    """Return our own words for a cell of a Markdown table: a bar ends the cell even inside code, so it is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return inert_markdown(text)
    return "".join(
        code_span(part).replace("|", "\\|") if spot % 2 else inert_markdown(part)
        for spot, part in enumerate(parts)
    )


def _spelled(sign: str) -> str:
    number = ord(sign)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"

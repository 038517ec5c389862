"""What a verb says and asks: data to stdout, talk to stderr, colour only where it is wanted."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from guestpass.cli.options import Output
from guestpass.errors import InputError
from guestpass.report.page import Line, Page, Span, line, next_line, text_of

WIDTH = 80


class Talk:
    """One verb's voice. Everything that leaves passes through `report.page`, so it is inert."""

    def __init__(self, output: Output) -> None:
        self.json = output.json
        self._color = output.color

    def show(self, page: Page, data: Mapping[str, Any]) -> None:
        """Print the answer: the page for people, or `data` as one JSON line."""
        if self.json:
            self.event(data)
        else:
            self._write(sys.stdout, page)

    def show_text(self, page: Page, document: str) -> None:
        """Print the answer: the page for people, or a JSON document that is written already, on one line."""
        self.show(page, json.loads(document))

    def event(self, data: Mapping[str, Any]) -> None:
        """Print one JSON line."""
        sys.stdout.write(json.dumps(data, ensure_ascii=True) + "\n")
        sys.stdout.flush()

    def page(self, *lines: Line) -> None:
        """Print lines of the answer itself, while it is still coming; silent when JSON is asked for."""
        if not self.json:
            self._write(sys.stdout, lines)

    def event_or(self, data: Mapping[str, Any], *lines: Line) -> None:
        """Print one event: as a JSON line, or as these lines."""
        if self.json:
            self.event(data)
        else:
            self._write(sys.stdout, lines)

    def say(self, *lines: Line | str) -> None:
        """Talk on stderr; silent when JSON is asked for."""
        if not self.json:
            self.warn(*lines)

    def warn(self, *lines: Line | str) -> None:
        """Talk on stderr in any case."""
        self._write(sys.stderr, tuple(line(each) if isinstance(each, str) else each for each in lines))

    def next(self, command: str) -> None:
        """End with the command to run next."""
        self.say(next_line(command))

    def confirm(self, word: str, question: str, *, given: str | None, yes: bool) -> bool:
        """Ask for a word to be typed; `given` is what `--confirm` brought.

        Raises InputError when `given` is another word, or when nobody is there to ask.
        """
        if yes:
            return True
        if given is not None:
            if given != word:
                raise InputError(
                    f"`--confirm {given}` does not name the pass", expected=f"`--confirm {word}`"
                )
            return True
        if not interactive():
            raise InputError(
                "this changes the account and nobody is there to ask",
                expected="a terminal, or the word on the command line",
                hint=f"--confirm {word}",
            )
        return self.ask(question) == word

    def ask(self, question: str, default: str | None = None) -> str:
        """Ask on the terminal; an empty answer is the default."""
        shown = f"{question} [{default}] " if default else f"{question} "
        sys.stderr.write(text_of((line(Span(shown)),), width=10_000).rstrip("\n") + " ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer:
            raise InputError("the answer ended before it began", hint="give the answers as options instead")
        return answer.strip() or default or ""

    def _write(self, stream: Any, page: Page) -> None:
        stream.write(text_of(page, width=width(stream), colour=self._colour(stream)))
        stream.flush()

    def _colour(self, stream: Any) -> bool:
        return colour_wanted(self._color, stream)


def colour_wanted(choice: str, stream: Any) -> bool:
    """Say whether to colour this stream; NO_COLOR and TERM=dumb win over `auto` alone."""
    if choice == "auto":
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return bool(stream.isatty() and not plain)
    return choice == "always"


def width(stream: Any) -> int:
    """Return the columns to use: the terminal's, between 40 and 100, or 80."""
    if not stream.isatty():
        return WIDTH
    try:
        return max(40, min(100, os.get_terminal_size(stream.fileno()).columns))
    except (OSError, ValueError):
        return WIDTH


def interactive() -> bool:
    """Say whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()

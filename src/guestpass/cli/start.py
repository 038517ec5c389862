"""From argv to an exit code: the one place where exceptions become messages."""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import cyclopts
from cyclopts.exceptions import CycloptsError, UnknownCommandError
from rich.console import Console

from guestpass import __version__
from guestpass.cli.options import Output
from guestpass.cli.talk import Talk
from guestpass.cli.verbs import ASK, END, LEND, LOOK, PREPARE, TRY, VERBS, Verb
from guestpass.errors import Bug, GuestpassError, InputError
from guestpass.report.page import Span, line
from guestpass.report.stopped import stopped_json, stopped_page

INTERRUPTED = 130
_ABOUT = """Lends an AWS account to an outside developer, and takes it back.

Exit codes: 0 yes, done or nothing to do; 1 could not; 2 usage or input; 3 no; 4 undecided; 130 interrupted.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    output = _output_of(words)
    try:
        result = build(words)(words or ["--help"], exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return stop(_usage(error), output)
    except GuestpassError as error:
        return stop(error, output)
    except KeyboardInterrupt as stopped:
        return interrupted(stopped, output)
    except BrokenPipeError:
        # the reader of our output has gone (`| head`): nothing more can be said, and nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    except Exception as error:  # noqa: BLE001 -- the last resort: no traceback may show a secret to the terminal
        return stop(bug(error), output)
    return result if isinstance(result, int) else 0


def build(words: Sequence[str] = ()) -> cyclopts.App:
    """Make the app: the verbs by import string, so that `--help` imports none of them.

    The verb that `words` ask for explains itself in full by its docstring; the others show their one line.
    """
    app = cyclopts.App(
        name="guestpass",
        help=_ABOUT,
        help_format="plaintext",
        version=__version__,
        version_flags=["--version"],
        help_formatter="plain",
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        console=plain_console(),
        group_commands=cyclopts.Group("Other", sort_key=9),
    )
    groups = {
        name: cyclopts.Group(name, sort_key=number)
        for number, name in enumerate((PREPARE, LEND, END, LOOK, ASK, TRY))
    }
    for order, verb in enumerate(VERBS):
        says = _in_full(verb) if verb.name in words[:1] else verb.says
        app.command(verb.path, name=verb.name, group=groups[verb.group], help=says, sort_key=order)
    return app


def _in_full(verb: Verb) -> str:
    """Return what the verb's docstring says above its parameters, a paragraph a line: the console wraps it."""
    module, _, function = verb.path.partition(":")
    text = inspect.getdoc(getattr(importlib.import_module(module), function)) or verb.says
    paragraphs = text.split("\nParameters\n---")[0].strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def plain_console() -> Console:
    """Help text as plain text of at most 100 columns, the same on a terminal and in the reference."""
    wide = os.environ.get("COLUMNS", "")
    return Console(
        width=int(wide) if wide.isdigit() and int(wide) > 0 else 100,
        color_system=None,
        highlight=False,
        markup=False,
        soft_wrap=False,
    )


def stop(error: GuestpassError, output: Output) -> int:
    """Say why guestpass stopped: on stderr, or in JSON on stdout."""
    talk = Talk(output)
    if talk.json:
        talk.event(stopped_json(error))
    else:
        talk.warn(*stopped_page(error))
    return error.exit_code


def interrupted(stopped: KeyboardInterrupt, output: Output) -> int:
    """Say what stands after Ctrl-C; a verb that was changing something tells it by the exception."""
    says = str(stopped.args[0]) if stopped.args else "nothing was changed by this run"
    talk = Talk(output)
    if talk.json:
        talk.event(
            {"schema": "guestpass.error/1", "kind": "interrupted", "says": says, "exit_code": INTERRUPTED}
        )
    else:
        talk.warn(line(Span("interrupted: ", "warn"), says))
    return INTERRUPTED


def bug(error: Exception) -> Bug:
    """Make a bug of an exception: its kind and its place, never its text, which may hold a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "guestpass" in frame.filename] or list(frames)
    spot = f" at {os.path.basename(ours[-1].filename)}:{ours[-1].lineno}" if ours else ""  # noqa: PTH119
    return Bug(
        f"guestpass met a `{type(error).__name__}`{spot} that it did not expect",
        hint="this is a bug of guestpass: please report this line and the command",
    )


def _usage(error: CycloptsError) -> InputError:
    if isinstance(error, UnknownCommandError):
        # cyclopts would import every verb to word this one message
        word = (error.unused_tokens or ["?"])[0]
        near = difflib.get_close_matches(word, [verb.name for verb in VERBS], n=1)
        return InputError(
            f"there is no command `{word}`",
            hint=f"did you mean `guestpass {near[0]}`?" if near else "guestpass --help",
        )
    says = " ".join(str(error).replace('"', "`").split()).rstrip(".")
    verb = next((word for word in _chain(error) if word), "")
    return InputError(says[:1].lower() + says[1:], hint=" ".join(f"guestpass {verb} --help".split()))


def _chain(error: Any) -> tuple[str, ...]:
    return tuple(getattr(error, "command_chain", None) or ())


def _output_of(words: Sequence[str]) -> Output:
    """Read `--json` and `--color` before anything else, so that even a usage error is told as was asked."""
    before = words[: words.index("--")] if "--" in words else words
    color = "auto"
    for number, word in enumerate(before):
        if word.startswith("--color="):
            color = word.partition("=")[2]
        elif word == "--color" and number + 1 < len(before):
            color = before[number + 1]
    return Output(json="--json" in before, color=color if color in ("always", "never") else "auto")  # type: ignore[arg-type]

"""Why guestpass stopped, as a page and as JSON."""

from __future__ import annotations

from typing import Any

from guestpass.errors import AccountError, Bug, GuestpassError, InputError, StaleError
from guestpass.report.page import EMPTY, Page, Span, line

KIND = {"InputError": "input", "RootError": "root", "AccountError": "account", "StaleError": "stale"}


def stopped_page(error: GuestpassError) -> Page:
    """Say what is wrong, where, what was expected, what stands now, and what to do."""
    out = [line(Span(f"error[{kind_of(error)}]: ", "bad"), error.says, hang=2)]
    match error:
        case InputError(place=place, expected=expected):
            if place is not None:
                out.append(line("at ", Span(str(place), "hint"), indent=2, wrap=False))
            if expected is not None:
                out.append(line("expected ", expected, indent=2))
        case AccountError():
            out += _of_account(error)
        case StaleError():
            out.append(line("nothing was changed", indent=2))
        case _:
            pass
    if error.hint is not None:
        out += [EMPTY, line(Span("hint: ", "hint"), error.hint)]
    return tuple(out)


def stopped_json(error: GuestpassError) -> dict[str, Any]:
    """Say the same as JSON (`guestpass.error/1`)."""
    told: dict[str, Any] = {
        "schema": "guestpass.error/1",
        "kind": kind_of(error),
        "says": error.says,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
    match error:
        case InputError(place=place, expected=expected):
            told["expected"] = expected
            told["place"] = place and {
                "file": place.file,
                "line": place.line,
                "column": place.column,
                "path": place.path,
            }
        case AccountError():
            told |= {
                "call": error.call,
                "code": error.code,
                "resource": error.resource,
                "request_id": error.request_id,
                "step": error.step,
                "stands": error.stands,
            }
        case _:
            pass
    return told


def kind_of(error: GuestpassError) -> str:
    """Return the word for this kind of stop: input, root, account, stale or bug."""
    return "bug" if isinstance(error, Bug) else KIND.get(type(error).__name__, "stopped")


def _of_account(error: AccountError) -> Page:
    told = (
        ("call", error.call),
        ("code", error.code),
        ("on", error.resource),
        ("step", error.step),
        ("request", error.request_id),
        ("stands", error.stands),
    )
    return tuple(line(f"{name:<8}", text, indent=2, hang=10) for name, text in told if text)

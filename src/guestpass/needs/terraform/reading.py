"""The text of a plan (`terraform show -json`) as plain values, and where each resource's change stands in it."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Mapping
from typing import Any

from guestpass.errors import InputError, Place
from guestpass.needs.tree import printable

_ADDRESS = re.compile(r'"address"\s*:\s*("(?:[^"\\]|\\.)*")')
_SHOW = "terraform show -json PLANFILE"


class Plan:
    """A plan's fields, and the places of its changes by address."""

    def __init__(self, top: Mapping[str, Any], text: str, file: str) -> None:
        self.top = top
        self._file = file
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        start = text.find('"resource_changes"')
        self._at: dict[str, int] = {}
        for found in _ADDRESS.finditer(text, max(start, 0)):
            self._at.setdefault(json.loads(found[1]), found.start())

    def place(self, address: str) -> Place:
        """Where the change of a resource is written; the file alone where it is not."""
        at = self._at.get(address)
        if at is None:
            return Place(file=self._file)
        line = bisect.bisect_right(self._lines, at)
        return Place(file=self._file, line=line, column=at - self._lines[line - 1] + 1)


def read_plan(text: str, *, file: str) -> Plan:
    """Read a plan. Raises `InputError` for what is no plan, with line and column where it is no JSON.

    Of the format every minor version of 1 is read: HashiCorp adds fields to it and takes none away.
    Terraform CLI, "JSON Output Format", "Format Summary".
    """
    try:
        top = json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, file), parse_constant=_refused)
    except json.JSONDecodeError as error:
        place = Place(file=file, line=error.lineno, column=error.colno)
        raise InputError(
            f"the plan cannot be read: {error.msg.lower()}", place=place, expected="JSON"
        ) from None
    except (RecursionError, ValueError) as error:
        raise InputError(
            "the plan cannot be read", place=Place(file=file), expected="JSON", hint=_SHOW
        ) from error
    start = Place(file=file, line=1)
    if not isinstance(top, dict):
        raise InputError("this is no plan", place=start, expected="what Terraform shows of one", hint=_SHOW)
    version = top.get("format_version")
    if not isinstance(version, str):
        raise InputError(
            "the plan says no `format_version`", place=start, expected="`1.0` or later", hint=_SHOW
        )
    if version.partition(".")[0] != "1":
        raise InputError(
            f"the plan is of format `{printable(version)}`",
            place=start,
            expected="a minor version of 1",
            hint="show the plan with the Terraform that made it",
        )
    if "resource_changes" not in top and "planned_values" not in top and "values" in top:
        raise InputError("this is a state, not a plan", place=start, expected="a plan", hint=_SHOW)
    changes = top.get("resource_changes", [])
    if not isinstance(changes, list) or not all(_is_change(each) for each in changes):
        raise InputError(
            "`resource_changes` is not a list of changes",
            place=start,
            expected="changes with `address`, `type`, `mode` and `change.actions`",
            hint=_SHOW,
        )
    return Plan(top, text, file)


def _is_change(each: Any) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("change"), dict):
        return False
    actions = each["change"].get("actions")
    told = all(isinstance(each.get(name), str) for name in ("address", "type", "mode"))
    return told and isinstance(actions, list) and all(isinstance(action, str) for action in actions)


def _once(pairs: list[tuple[str, Any]], file: str) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(
            f"`{printable(twice)}` stands twice", place=Place(file=file), expected="each name once"
        )
    return out


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no value of JSON")

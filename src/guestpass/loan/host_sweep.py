"""What an instance says of itself, as findings. It is the word of a machine on which the guest has been: never proof."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from guestpass.errors import Place
from guestpass.findings import Finding

_LONGEST = 300

# part of the script's picture -> code, what it is, what to do
_PARTS: Mapping[str, tuple[str, str, str]] = {
    "keys": ("HST001", "a key in a home opens the account whenever sshd's settings are put back", "remove the file"),
    "timed": ("HST002", "a timed job runs on with nobody logged in", "read it, then remove it"),
    "units": ("HST003", "a service or timer runs on with nobody logged in", "systemctl disable --now it, then remove it"),
    "rights": ("HST004", "it makes another account root", "restore the file of the image"),
    "sshd": ("HST005", "sshd's settings decide who comes in", "restore the file, then restart sshd"),
    "start": ("HST006", "it runs at each log-in or start, as whoever that is", "restore the file of the image"),
    "agents": ("HST007", "a management agent that was registered anew answers to another account", "reinstall the agent"),
    "sources": ("HST008", "the next update installs what this source offers", "remove it, and reinstall from the image's"),
    "accounts": ("HST009", "an account, a group or a password that was not there is a way in", "remove it"),
    "setuid": ("HST010", "a program that runs by another's rights makes anyone that other", "remove the program"),
    "listening": ("HST011", "an open port is a way in where a security group lets it through", "end what holds it"),
    "running": ("HST012", "it acts for the guest although the guest is out", "guestpass freeze it again"),
    "database": ("HST013", "the database remembers users, rights and what runs by them", "drop it in the database"),
    "secrets": ("HST014", "a credential that lies there opens something else", "make it void where it came from"),
}  # fmt: skip
_UNSEEN = (
    "HST015",
    "what was not looked at is not known to be clean",
    "rebuild the instance from a trusted image",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """One instance's answer: the script's JSON lines, or why there is none."""

    instance: str
    answered: bool
    text: str


def findings_of(swept: Iterable[Swept]) -> tuple[Finding, ...]:
    """A finding for each thing that is new, changed or the guest's, and for each that could not be looked at."""
    found: list[Finding] = []
    for each in swept:
        if not each.answered:
            found.append(_unseen(each.instance, f"the instance did not answer: {each.text[:_LONGEST]}"))
            continue
        for line in each.text.splitlines():
            told = row_of(line)
            if told is None:
                found.append(
                    _unseen(each.instance, "a line of its answer was cut off or is not the script's")
                )
            elif not told.get("ok"):
                found.append(_finding(each.instance, told))
    return tuple(found)


def row_of(line: str) -> Mapping[str, Any] | None:
    """One line of what the script says, or None for anything else."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    fits = isinstance(told, dict) and all(
        isinstance(told.get(name), str) for name in ("part", "item", "says")
    )
    return told if fits else None


def _finding(instance: str, told: Mapping[str, Any]) -> Finding:
    part, item, says = told["part"], told["item"][:_LONGEST], told["says"][:_LONGEST]
    known = _PARTS.get(part)
    if known is None or ("how" not in told and part != "running"):
        return _unseen(instance, f"{part} {item}: {says}")
    code, because, fix = known
    return Finding(
        code=code, severity="warning", confidence="likely", says=f"{item} is {says}" if part != "running" else f"{item} runs",
        because=because, fix=fix, place=Place(file=instance),
    )  # fmt: skip


def _unseen(instance: str, says: str) -> Finding:
    code, because, fix = _UNSEEN
    return Finding(
        code=code, severity="warning", says=says, because=because, fix=fix, place=Place(file=instance)
    )

"""The answers to a question about all requests."""

from __future__ import annotations

from dataclasses import dataclass

from guestpass.access.decision import Layers
from guestpass.access.request import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """One thing that was checked: the action, and in words why no request for it is ever allowed."""

    action: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Proved:
    """It holds for every request. `checked` is all that was looked at, for anyone to do again."""

    checked: tuple[Ground, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """A request that shows the contrary, and the layers under which `evaluate` allows it."""

    request: Request
    layers: Layers


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuted:
    """It does not hold: the witness is a request for which it fails.

    NOTE: by action alone nothing is refuted; the type stands here so that whoever asks is ready for the
    answer.
    """

    witness: Witness


@dataclass(frozen=True, kw_only=True, slots=True)
class Undecided:
    """Neither is shown; `why` says what stands in the way."""

    why: str


Answer = Proved | Refuted | Undecided

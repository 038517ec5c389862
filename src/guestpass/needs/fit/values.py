"""What fitting answers: policies that fit, or what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guestpass.needs.policies import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A pattern in the place of actions: `stands_for` is all that AWS lists today and the pattern matches."""

    pattern: str
    stands_for: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """What of the quota is left: how many policies more, and how many characters in each of those that are there.

    Where characters are counted together, `characters` is one number.
    """

    policies: int
    characters: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """Policies that fit, each with its size as AWS counts it, in `policies`' order.

    `origin` gives for each statement the Sids that went into it; `shortened` the lists of actions that became patterns,
    by Sid; `factored` the Sids of statements that were joined because AWS lists the pairs that came in as impossible.
    `residual` says in a sentence what was proved only of the catalogue of `data_version`; empty where nothing hangs on it.
    """

    policies: tuple[tuple[str, Document], ...]
    sizes: tuple[int, ...]
    origin: Mapping[str, tuple[str, ...]]
    shortened: Mapping[str, tuple[Pattern, ...]]
    factored: tuple[str, ...]
    data_version: str
    residual: str
    left: Left


@dataclass(frozen=True, kw_only=True, slots=True)
class Wildcard:
    """What a pattern that lets more in would save: characters, and the `extra` actions that would come in.

    `writes` and `manages` say how many of those AWS lists as writing and as managing permissions.
    """

    pattern: str
    saves: int
    extra: tuple[str, ...]
    writes: int
    manages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TooLarge:
    """Why it does not fit, after all that is exact was tried: `characters` need room where `room` are.

    `costliest` are the Sids by characters as they came in, most first; `wildcards` what widening would save and cost, by
    service and most saved first. Nothing of it is done: the owner decides.
    """

    why: str
    characters: int
    room: int
    costliest: tuple[tuple[str, int], ...]
    wildcards: Mapping[str, tuple[Wildcard, ...]]
    data_version: str

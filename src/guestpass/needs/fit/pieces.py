"""A statement on its way into a policy, with its size and where it comes from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guestpass.access.policy import size_of
from guestpass.errors import Bug
from guestpass.needs.fit.values import Pattern
from guestpass.needs.policies import Statement, document, one_or_many

_PLAIN = frozenset({"Sid", "Effect", "Action", "Resource", "Condition"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A statement, the Sids that went into it, its size, and whether it stays `apart` from all others."""

    statement: Statement
    sids: tuple[str, ...]
    size: int
    apart: bool = False
    factored: bool = False
    patterns: tuple[Pattern, ...] = ()

    @property
    def sid(self) -> str:
        """Its Sid."""
        sid: str = self.statement["Sid"]
        return sid

    @property
    def plain(self) -> bool:
        """Whether it names actions and resources, and so can be joined, and parted: a `Not` cannot."""
        return self.statement.keys() <= _PLAIN and {"Action", "Resource"} <= self.statement.keys()

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions and patterns of them that it names; none where it is not plain."""
        return _many(self.statement["Action"]) if self.plain else ()

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources that it names; none where it is not plain."""
        return _many(self.statement["Resource"]) if self.plain else ()

    @property
    def conditions(self) -> frozenset[tuple[str, str, frozenset[str]]]:
        """Its tests, so that equal ones are equal."""
        tests: Mapping[str, Mapping[str, Any]] = self.statement.get("Condition", {})
        return frozenset(
            (operator, key, frozenset(map(str, _many(values))))
            for operator, keys in tests.items()
            for key, values in keys.items()
        )

    def rewritten(
        self,
        *,
        sid: str | None = None,
        actions: Iterable[str] | None = None,
        resources: Iterable[str] | None = None,
        **changes: Any,
    ) -> Piece:
        """The same with other actions or resources, sorted and once each."""
        written = dict(self.statement)
        if sid is not None:
            written["Sid"] = sid
        if actions is not None:
            written["Action"] = one_or_many(sorted(set(actions)))
        if resources is not None:
            written["Resource"] = one_or_many(sorted(set(resources)))
        return dataclasses.replace(self, statement=written, size=counted(written), **changes)


def counted(written: Mapping[str, Any]) -> int:
    """The characters that AWS counts of a document or statement, in the text that is sent: beyond ASCII, as `\\u00e9`.

    A document may hold letters up to U+00FF as they are; guestpass sends none, and what is sent is what is counted.
    """
    # AWS: IAM and AWS STS quotas, "IAM name requirements" (U+0020 to U+00FF), and that white space is not counted
    return size_of(json.dumps(written, separators=(",", ":")))


EMPTY = counted(document([]))
"""The characters of a policy without a statement."""


def size_together(sizes: Sequence[int]) -> int:
    """The characters of a policy of statements of these sizes."""
    return EMPTY + sum(sizes) + max(0, len(sizes) - 1)


def pieces_of(statements: Sequence[Statement], apart: frozenset[str]) -> list[Piece]:
    """Take statements in; `apart` are the Sids that are never joined with others."""
    sids = [statement.get("Sid") for statement in statements]
    if None in sids or len(set(sids)) < len(sids):
        raise Bug("a statement that is to be fitted has no Sid of its own")
    return [
        Piece(
            statement=statement,
            sids=(statement["Sid"],),
            size=counted(statement),
            apart=statement["Sid"] in apart,
        )
        for statement in statements
    ]


def _many(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)

"""A policy document as frozen values: what `read` makes, and what `evaluate`, `prove`, `needs` and `local`
share.

A policy is read once and never again looked at as JSON. What the reader could not understand is kept as
`puzzles` on the statement it stands in: such a statement can turn an answer to undecided, never to allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["Allow", "Deny"]
Version = Literal["2012-10-17", "2008-10-17"]
Qualifier = Literal["ForAllValues", "ForAnyValue"]

PolicyKind = Literal["identity", "boundary", "session", "resource", "trust", "scp", "rcp", "endpoint"]
"""What a document is used as. `resource`, `trust`, `rcp` and (where it says so) `endpoint` have principals;
the others none.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One operator with one key and its values: `{"StringLikeIfExists": {"aws:PrincipalTag/team": ["a*",
    "b"]}}`.

    `operator` is the canonical spelling without qualifier and suffix (`StringLike`); `key` keeps its spelling
    (names compare case-insensitively). Several `Condition`s of a statement must all hold.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    qualifier: Qualifier | None = None
    if_exists: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Patterns:
    """The values of `Action`, `Resource` (or, when `negated`, of `NotAction`, `NotResource`), as they were
    written.
    """

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PrincipalPattern:
    """One entry of `Principal`: `{"AWS": "arn…"}`. `"Principal": "*"` reads as kind `AWS`, value `*`."""

    kind: Literal["AWS", "Service", "Federated", "CanonicalUser"]
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Principals:
    """The values of `Principal` (or, when `negated`, of `NotPrincipal`)."""

    values: tuple[PrincipalPattern, ...]
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement. `index` counts from 0 in its policy.

    `resources` is None where there is none: in trust policies, and in resource policies that leave it out
    because they stand on the resource they mean (ECR, SNS). `puzzles` start with a finding's code, as in
    `POL011 operator …`; the parts of a statement with puzzles are read at their widest, so that nobody whom
    it might concern is missed.
    """

    effect: Effect
    actions: Patterns
    resources: Patterns | None = None
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    sid: str | None = None
    index: int = 0
    puzzles: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The statement's Sid, or `statement N` (from 1) when it has none."""
        return self.sid or f"statement {self.index + 1}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One policy. `name` is what a reader calls it; `arn` is None for inline and resource policies."""

    name: str
    kind: PolicyKind
    statements: tuple[Statement, ...]
    version: Version = "2008-10-17"
    arn: str | None = None

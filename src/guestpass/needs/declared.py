"""What a template or a plan declares: resources of CloudFormation types, with properties as far as they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from guestpass.errors import Place
from guestpass.needs.need import Need

Verb = Literal["create", "read", "update", "delete", "list"]
VERBS: tuple[Verb, ...] = ("create", "read", "update", "delete", "list")
"""The handlers of a CloudFormation type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Where the job is done, as far as it is known: an ARN takes `*` for what is not.

    `prefix` begins the names of own things (`acme-shop-`), where a pass agreed to one; `stack` is the name of the
    CloudFormation stack, which begins the names that CloudFormation makes up; `role` is the ARN of the role that may be
    handed on where the source names none of its own.
    """

    account: str = "*"
    region: str = "*"
    partition: str = "aws"
    prefix: str | None = None
    stack: str | None = None
    role: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A property that is taken from another declared resource: `attribute` is None for its own identifier."""

    address: str
    attribute: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """A property whose value only shows when the thing is made; `why` in words."""

    why: str


Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | Reference | Unknown | None"
"""A property: as in JSON, or a reference, or not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """One resource of a template or plan: `type` is CloudFormation's (`AWS::RDS::DBInstance`), `address` as the source
    calls it (`Database`, `aws_db_instance.main`); `arn` where the source knows it already. `also` are actions that the
    source's own tool calls for it besides what CloudFormation's handlers do; where `type` is empty, they are all.
    """

    address: str
    type: str
    properties: Mapping[str, Value]
    place: Place
    verbs: frozenset[Verb] = frozenset(VERBS)
    arn: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """Something that a source leaves open, so that its needs are not complete."""

    says: str
    place: Place
    hint: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a source needs, what of it is not known (`missing`), and what was left out on purpose, in words (`notes`).

    An answer with something missing is not complete: whoever shows it exits 4.
    """

    needs: tuple[Need, ...]
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()

"""A need: one action on one kind of resource, with the reason, and where the reason comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["observed", "declared", "blueprint", "dependent", "teardown", "self-service", "agreed"]
"""How it is known: seen in a trail, declared in a template or called in a program's text, listed by a blueprint, asked
for by another call, needed only to delete, what everyone may do with their own login, or added to the pass by its owner."""

Stance = Literal["creates", "changes", "uses", "lists", "tags", "asks"]
"""What the action does with the resource: makes it, changes or deletes an own one, names it without changing
it, reads own and others', tags it while it is being made; or the action takes no resource at all (`asks`)."""

Test = tuple[str, str, tuple[str, ...]]
"""One condition: operator, key, values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One action on resources of one type.

    `type` is `service:type` (`ec2:instance`), None for `asks`; `resources` are ARN patterns as narrow as is
    known, `("*",)` for `asks`; `purpose` is the Sid of the statement it belongs to; `source` is `file:line`
    or an event id.
    """

    action: str
    type: str | None
    stance: Stance
    resources: tuple[str, ...]
    kind: Kind
    purpose: str
    why: str
    source: str
    conditions: tuple[Test, ...] = ()

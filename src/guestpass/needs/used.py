"""From what was used to needs: each observed action on the resources that it was used on, and no wider than before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from guestpass.access.policy import arn_matches
from guestpass.access.prove import resource_within
from guestpass.catalog.actions import required_types
from guestpass.needs.kinds import kind_of
from guestpass.needs.need import Need
from guestpass.needs.resource_types import Setting, filled
from guestpass.trail import Usage, Used

_MADE = frozenset({"creates", "changes", "tags"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """The allowed uses of one action: rows in order, and whether one of them named nothing that can be placed."""

    rows: tuple[Used, ...]
    unplaced: bool

    @property
    def why(self) -> str:
        """Since when and until when. A call counts once for each resource that it names, so no number is told."""
        first = _clock(min(row.first for row in self.rows))
        last = _clock(max(row.last for row in self.rows))
        return f"used on {first} UTC" if first == last else f"used from {first} to {last} UTC"

    @property
    def source(self) -> str:
        return next((event for row in self.rows for event in row.events), "")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def of_usage(
    usage: Usage, *, declared: Sequence[Need], by: frozenset[str], setting: Setting
) -> tuple[Need, ...]:
    """Say what was used of the declared needs, each with its event as the source and its time as the reason.

    `declared` is what was allowed before; nothing comes out that is not within it. Only rows of the identities in
    `by` (ARNs of users and roles) that AWS allowed at least once count. Of things that come and go with the job (own
    instances, own databases) the declared pattern stays, or the own names alone where it was wider (`setting`); of
    shared things (an image, a subnet) one that was used alone stays alone. Where a call named nothing that can be
    told apart, its action stays as it was declared.
    """
    seen = _seen(usage, declared, by)
    out: list[Need] = []
    for need in declared:
        found = seen.get(need.action.lower())
        if found is None:
            continue
        resources = _resources(need, found, setting)
        if resources:
            out.append(
                dataclasses.replace(
                    need, kind="observed", resources=resources, why=found.why, source=found.source
                )
            )
    return tuple(out)


def allowed_rows(usage: Usage, by: frozenset[str]) -> tuple[Used, ...]:
    """The rows of these identities of which AWS allowed at least one call."""
    return tuple(row for row in usage.rows if row.by in by and row.count > row.refused)


def _seen(usage: Usage, declared: Sequence[Need], by: frozenset[str]) -> Mapping[str, _Seen]:
    patterns: dict[str, list[str]] = {}
    for need in declared:
        patterns.setdefault(need.action.lower(), []).extend(need.resources)
    rows: dict[str, list[Used]] = {}
    for row in allowed_rows(usage, by):
        rows.setdefault(row.action.lower(), []).append(row)
    return {
        action: _Seen(
            rows=tuple(sorted(found, key=lambda row: (row.first, row.resource))),
            unplaced=any(not _placed(row, patterns[action]) for row in found),
        )
        for action, found in rows.items()
        if action in patterns
    }


def _placed(row: Used, patterns: Iterable[str]) -> bool:
    """Whether the record says on what: a `*` says so only where the action takes nothing else."""
    if row.resource == "*":
        return set(patterns) == {"*"}
    return any(_on(row.resource, pattern) for pattern in patterns)


def _on(resource: str, pattern: str) -> bool:
    return resource_within(resource, pattern) or arn_matches(pattern, resource) is True


def _resources(need: Need, seen: _Seen, setting: Setting) -> tuple[str, ...]:
    """As narrow as the evidence is; empty where nothing of the kind was used."""
    # what is tagged while it is being made has no name yet: its pattern is the type's
    if seen.unplaced or need.resources == ("*",) or need.stance == "tags":
        return need.resources
    used = sorted({row.resource for row in seen.rows if any(_on(row.resource, p) for p in need.resources)})
    if not used:
        # a call names every resource that AWS asks for; one that it always asks for was there, named or not
        return need.resources if _always(need) else ()
    if need.type is not None and _comes_and_goes(need):
        return _own(need, used, setting)
    if len(used) == 1 and _plain(used[0]):
        return tuple(used)
    return tuple(pattern for pattern in need.resources if any(_on(resource, pattern) for resource in used))


def _always(need: Need) -> bool:
    return need.type is not None and need.type.partition(":")[2] in required_types(need.action)


def _comes_and_goes(need: Need) -> bool:
    assert need.type is not None  # noqa: S101 -- asked by the caller
    return need.stance in _MADE or kind_of(need.type).own != "shared"


def _own(need: Need, used: Sequence[str], setting: Setting) -> tuple[str, ...]:
    """The own things of the type: by the names that they must have, where all that was used is among them."""
    assert need.type is not None  # noqa: S101 -- asked by the caller
    own = filled(kind_of(need.type).arn, setting)
    narrower = all(any(resource_within(arn, pattern) for pattern in need.resources) for arn in own)
    told = all(any(_on(resource, arn) for arn in own) for resource in used)
    if narrower and told:
        return own
    return tuple(pattern for pattern in need.resources if any(_on(resource, pattern) for resource in used))


def _plain(arn: str) -> bool:
    """Whether an ARN means itself as a pattern, or a pattern that can be compared."""
    return "?" not in arn and "$" not in arn and arn.startswith("arn:")

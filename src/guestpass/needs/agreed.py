"""What an owner agreed to beyond a blueprint, as needs: each entry is a statement of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from guestpass import catalog
from guestpass.access.prove import patterns_share
from guestpass.needs.need import Need, Test
from guestpass.needs.stance import stance_of

Agreed = tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]
"""Actions, ARNs or patterns of them, why, and the services that a role is passed to."""


def of_agreed(entries: Iterable[Agreed], *, source: str) -> tuple[Need, ...]:
    """Write the needs of each entry; the Sid says the first action: `AlsoDescribeVpcAttribute`."""
    out: list[Need] = []
    taken: set[str] = set()
    for actions, on, why, to in entries:
        sid = _sid(actions[0], taken)
        passed: tuple[Test, ...] = (("StringEquals", "iam:PassedToService", to),) if to else ()
        for action in actions:
            for type_, resources in _by_type(action, on).items():
                out.append(
                    Need(
                        action=action,
                        type=type_,
                        stance=stance_of(action, type_),
                        resources=resources,
                        kind="agreed",
                        purpose=sid,
                        why=why,
                        source=source,
                        conditions=passed if action == "iam:PassRole" else (),
                    )
                )
    return tuple(out)


def type_of(action: str, resource: str) -> str | None:
    """The IAM type (`rds:db`) that an ARN, or a pattern of ARNs, is of among those that the action takes; None for `*`.

    Of several the one whose format says most about the ARN; None where none of them fits.
    """
    return next(iter(types_of(action, resource)), None)


def types_of(action: str, resource: str) -> tuple[str, ...]:
    """Every type that an ARN or pattern can be of among those that the action takes, the most telling format first."""
    types = catalog.resource_types(action)
    if resource == "*" or isinstance(types, catalog.Unmapped):
        return ()
    service = action.partition(":")[0]
    fitting: list[tuple[int, str]] = []
    for kind in types:
        known = catalog.resource_type(f"{service}:{kind}")
        if isinstance(known, catalog.Unmapped) or not known.arn:
            continue
        pattern = re.sub(r"\$\{[^}]*\}", "*", known.arn)
        if _fits(pattern, resource):
            fitting.append((len(pattern.replace("*", "")), f"{service}:{kind}"))
    return tuple(name for _, name in sorted(fitting, reverse=True))


def _fits(format_: str, resource: str) -> bool:
    """Whether some ARN is of both, field by field: a `*` of one field means nothing in the next."""
    one, other = format_.split(":", 5), resource.split(":", 5)
    return len(one) == len(other) and all(map(patterns_share, one, other))


def _by_type(action: str, on: Iterable[str]) -> dict[str | None, tuple[str, ...]]:
    found: dict[str | None, tuple[str, ...]] = {}
    for resource in on:
        type_ = type_of(action, resource)
        found[type_] = (*found.get(type_, ()), resource)
    return found


def _sid(action: str, taken: set[str]) -> str:
    name = f"Also{action.partition(':')[2]}"
    sid = next(each for each in (name, *(f"{name}{n}" for n in range(2, 1000))) if each not in taken)
    taken.add(sid)
    return sid

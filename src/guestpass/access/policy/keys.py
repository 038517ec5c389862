"""Which context keys policies ask for, in conditions and in variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from guestpass.access.decision import Layers
from guestpass.access.policy.once import once
from guestpass.access.policy.values import Policy

_VARIABLE = re.compile(r"\$\{\s*([^\s,'*?$}]+:[^,'*?$}]*?)\s*(?:,[^}]*)?\}")


def keys_of(layers: Layers) -> frozenset[str]:
    """Every key that some policy of the layers asks for, in lower case."""
    return frozenset(key for policy in policies_of(layers) for key in _keys(policy))


def policies_of(layers: Layers) -> Iterator[Policy]:
    """Every policy of the layers."""
    united: Iterable[tuple[Policy, ...] | None] = (
        layers.identity,
        layers.boundary,
        layers.session,
        layers.endpoint,
        *(layers.scp or ()),
        *(layers.rcp or ()),
    )
    for level in united:
        yield from level or ()
    if layers.resource is not None:
        yield layers.resource


@once
def _keys(policy: Policy) -> frozenset[str]:
    found: set[str] = set()
    for statement in policy.statements:
        found |= {condition.key.lower() for condition in statement.conditions}
        texts = [value for condition in statement.conditions for value in condition.values]
        texts += statement.resources.values if statement.resources else ()
        found |= {key.lower() for text in texts for key in _VARIABLE.findall(text)}
    return frozenset(found)

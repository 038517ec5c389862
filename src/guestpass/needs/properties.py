"""What the properties of a declared resource say: their values one by one, and which of them are set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from guestpass.needs.declared import Reference, Unknown, Value

_ASIDE = frozenset(
    {
        *("tags", "tagset", "metadata", "environment", "environmentvariables", "description", "userdata"),
        *("policydocument", "assumerolepolicydocument", "keypolicy", "resourcepolicy", "policies"),
    }
)
"""Properties whose content the service does not act on when it makes the thing: what they name is not asked for."""

Single = str | int | float | bool | Reference | Unknown | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """One value with the names that lead to it, each `plain`."""

    path: tuple[str, ...]
    value: Single

    @property
    def name(self) -> str:
        """The name of the property that it is a value of."""
        return self.path[-1] if self.path else ""


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """A property's name as it is compared: `DBSubnetGroupName` and `db_subnet_group_name` are the same."""
    return name.replace("_", "").replace("-", "").lower()


def leaves(properties: Mapping[str, Value]) -> tuple[Leaf, ...]:
    """Every value that the service acts on, in the order of the source."""
    return tuple(_leaves((), dict(properties)))


def _leaves(path: tuple[str, ...], value: Value) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for name, inner in value.items():
            word = plain(name)
            # AWS: Tagging: `Tags` is a list of keys and values in every type, never a resource's name
            if word not in _ASIDE:
                yield from _leaves((*path, word), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(path, inner)
    else:
        yield Leaf(path=path, value=value)


def set_names(properties: Mapping[str, Value]) -> frozenset[str]:
    """The names, each `plain`, of all properties that are set, at whatever depth: not empty and not false."""
    return frozenset(_set_names(dict(properties)))


def _set_names(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if is_set(inner):
                yield plain(name)
                yield from _set_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _set_names(inner)


def is_set(value: Value) -> bool:
    """Whether a property asks for anything: a zero does, a false does not, and what is not known may."""
    if isinstance(value, str):
        return value.lower() not in ("", "false")
    return value is not None and value is not False and value not in ([], {})

"""What an expression of a plan's configuration refers to: managed resources, through modules, variables and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guestpass.needs.declared import Reference

_DEEPEST = 12
_NO_RESOURCE = frozenset({"var", "local", "each", "count", "path", "terraform", "self", "data", "module"})


class References:
    """The configuration of a plan, asked property by property."""

    def __init__(self, configuration: Mapping[str, Any], addresses: Mapping[str, list[str]]) -> None:
        self._root: Mapping[str, Any] = _mapping(configuration.get("root_module"))
        self._addresses = addresses

    def expressions(self, module: tuple[str, ...], type_: str, name: str) -> Mapping[str, Any]:
        """The expressions of a resource, by property."""
        return _mapping(self.resource(module, type_, name).get("expressions"))

    def resource(self, module: tuple[str, ...], type_: str, name: str) -> Mapping[str, Any]:
        """What the configuration says of a resource; empty where it does not."""
        told = self._module(module).get("resources")
        for each in told if isinstance(told, list) else ():
            if isinstance(each, dict) and (each.get("type"), each.get("name")) == (type_, name):
                return each
        return {}

    def of(self, expression: Any, module: tuple[str, ...]) -> tuple[Reference, ...]:
        """The managed resources that an expression takes its value from, each instance of them."""
        return tuple(dict.fromkeys(self._of(expression, module, 0)))

    def _of(self, expression: Any, module: tuple[str, ...], depth: int) -> Iterator[Reference]:
        told = _mapping(expression).get("references")
        for reference in told if isinstance(told, list) and depth < _DEEPEST else ():
            if not isinstance(reference, str):
                continue
            head, *rest = [part.partition("[")[0] for part in reference.split(".")]
            if head == "var" and rest and module:
                call = _mapping(_mapping(self._module(module[:-1]).get("module_calls")).get(module[-1]))
                yield from self._of(_mapping(call.get("expressions")).get(rest[0]), module[:-1], depth + 1)
            elif head == "module" and len(rest) > 1:
                outputs = _mapping(self._module((*module, rest[0])).get("outputs"))
                expression_ = _mapping(outputs.get(rest[1])).get("expression")
                yield from self._of(expression_, (*module, rest[0]), depth + 1)
            elif head not in _NO_RESOURCE and rest:
                # the same resource stands again without its attribute
                attribute = "Arn" if rest[-1] == "arn" else None
                base = ".".join((*(f"module.{name}" for name in module), head, rest[0]))
                if len(rest) > 1 or attribute is None:
                    yield from (
                        Reference(address=address, attribute=attribute)
                        for address in self._addresses.get(base, ())
                    )

    def _module(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        found = self._root
        for name in path:
            found = _mapping(_mapping(_mapping(found.get("module_calls")).get(name)).get("module"))
        return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

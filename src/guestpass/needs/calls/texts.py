"""Values as a program's text writes them: what stands there, with `*` for what only shows when it runs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ANY: Final = "*"
"""Stands for what the text does not say; within a text, for that part of it."""

_TEMPLATE = re.compile(r"\$\{[^}]*\}")
_GO_FIELD = re.compile(r"(\w+):\s*(?:aws\.String\()?\"([^\"\\]*)\"")
_JAVA_FIELD = re.compile(r"\.(\w+)\(\s*\"([^\"\\]*)\"\s*\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """A Python program as far as it parses: its tree, and the names that it sets once, to a text."""

    tree: ast.Module | None = None
    broken: int = 0
    constants: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Texts:
        """Read a program; `broken` is the line where it stops being Python, as this Python knows it."""
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            return cls(broken=error.lineno or 1)
        except (ValueError, RecursionError, MemoryError):
            return cls(broken=1)
        return cls(tree=tree, constants=_constants(tree))

    def value(self, written: str) -> Any:
        """What an expression stands for: a value, or `ANY`, also within lists, hashes and texts."""
        try:
            return self.of_node(ast.parse(written, mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ANY

    def of_node(self, node: ast.expr) -> Any:
        """The same of an expression that is parsed already."""
        match node:
            case ast.Constant(value=str() | int() | float() | bool() | None):
                return node.value
            case ast.Name():
                return self.constants.get(node.id, ANY)
            case ast.JoinedStr():
                return "".join(self._text(part) for part in node.values)
            case ast.BinOp(op=ast.Add()):
                return self._added(node)
            case ast.List() | ast.Tuple() | ast.Set():
                return [self.of_node(each) for each in node.elts]
            case ast.Dict():
                return {
                    str(self.of_node(key)): self.of_node(value)
                    for key, value in zip(node.keys, node.values, strict=True)
                    if key is not None
                }
            case _:
                return ANY

    def _text(self, part: ast.expr) -> str:
        if isinstance(part, ast.FormattedValue):
            part = part.value
        found = self.of_node(part)
        return found if isinstance(found, str) else ANY

    def _added(self, node: ast.BinOp) -> Any:
        left, right = self.of_node(node.left), self.of_node(node.right)
        if isinstance(left, str) and isinstance(right, str):
            return re.sub(r"\*+", ANY, left + right)
        return ANY


def _constants(tree: ast.Module) -> dict[str, str]:
    """The names that a module sets to a text, and that nothing in the file sets again."""
    bound: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                bound[node.id] += 1
            case ast.arg():
                bound[node.arg] += 1
            case ast.alias():
                bound[(node.asname or node.name).partition(".")[0]] += 1
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound[node.name] += 1
            case ast.ExceptHandler(name=str()):
                bound[str(node.name)] += 1
    found: dict[str, str] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(value))):
                found[name] = value
    return {name: value for name, value in found.items() if bound[name] == 1}


def of_script(written: str) -> Any:
    """A value of JavaScript or TypeScript."""
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] == "`":
        return _TEMPLATE.sub(ANY, text[1:-1])
    if re.fullmatch(r"true|false", text):
        return text == "true"
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return ANY


def of_go(written: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a struct of Go's; `names` are those that it sets."""
    return dict.fromkeys(names, ANY) | dict(_GO_FIELD.findall(written))


def of_java(written: str) -> dict[str, Any]:
    """What a builder of Java's is given, in both spellings that the API may have: `bucket` and `Bucket`."""
    told = _JAVA_FIELD.findall(written)
    return {spelt: value for name, value in told for spelt in (name, name[:1].upper() + name[1:])}

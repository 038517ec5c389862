"""The pinned packages, as wheels that are read and never installed."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "catalogue.txt"

_PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One package: its name and version as pinned, and where its wheel lies."""

    name: str
    version: str
    path: Path

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)

    @cached_property
    def sha256(self) -> str:
        """The digest of the wheel."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The names of everything in the wheel, sorted."""
        return tuple(sorted(self._zip.namelist()))

    @property
    def newest(self) -> str:
        """The day of the youngest file in the wheel: `2026-11-17`."""
        year, month, day, *_ = max(entry.date_time for entry in self._zip.infolist())
        return f"{year:04}-{month:02}-{day:02}"

    def under(self, prefix: str, suffix: str = "") -> Iterator[str]:
        """The names that begin and end so."""
        return (name for name in self.files if name.startswith(prefix) and name.endswith(suffix))

    def text(self, name: str) -> str:
        """A file's text; gzip is unpacked."""
        content = self._zip.read(name)
        return (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")

    def json(self, name: str) -> Any:
        """A file's content as JSON; gzip is unpacked."""
        return json.loads(self.text(name))

    def literal(self, name: str, variable: str) -> Any:
        """The value that a Python module gives to a variable by a literal; the module is parsed, not run."""
        for node in ast.parse(self.text(name)).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == variable for target in targets):
                return ast.literal_eval(node.value)  # type: ignore[attr-defined]
        raise KeyError(f"{name} gives `{variable}` no literal value")


class Wheels:
    """All pinned packages by name; raises `SystemExit` with a hint where a wheel is not there or is another."""

    def __init__(self, folder: Path) -> None:
        lock = LOCK.read_text(encoding="utf-8")
        self._wheels = {
            found["name"]: self._found(folder, found["name"], found["version"], lock)
            for found in _PINNED.finditer(lock)
        }

    @staticmethod
    def _found(folder: Path, name: str, version: str, lock: str) -> Wheel:
        paths = sorted(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
        if not paths:
            raise SystemExit(f"no wheel of {name} {version} in {folder}; hint: make catalogue-sources")
        wheel = Wheel(name=name, version=version, path=paths[0])
        if wheel.sha256 not in lock:
            raise SystemExit(f"{paths[0].name} is not the wheel that {LOCK.name} pins")
        return wheel

    def __getitem__(self, name: str) -> Wheel:
        return self._wheels[name]

    def all(self) -> Mapping[str, Wheel]:
        """Every package by name."""
        return self._wheels

"""Throw-away places for the peers: pip puts each into a folder or an environment of its own under a temporary folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.catalogue.corpus import HERE

_PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
_PATIENCE = 600


class PeerError(Exception):
    """A peer cannot be had here; the message is for the table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where each peer lies, made at the first question."""

    folder: Path
    wanted: dict[str, tuple[str, tuple[str, ...]]]

    def at(self, name: str) -> Path:
        """The folder of a peer that is read; the environment of one that is run."""
        how, requirements = self.wanted[name]
        place = self.folder / name
        if not place.exists():
            try:
                _fill(place, how, requirements)
            except (OSError, subprocess.SubprocessError) as error:
                shutil.rmtree(place, ignore_errors=True)
                raise PeerError(f"{requirements[0]}: not to be had here ({type(error).__name__})") from error
        return place


@contextmanager
def places() -> Iterator[Places]:
    """The peers of peers.txt, gone again at the end."""
    wanted = {}
    for line in (HERE / "peers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            how, *requirements = line.split()
            wanted[requirements[0].partition("==")[0]] = (how, tuple(requirements))
    with tempfile.TemporaryDirectory(prefix="guestpass-peers-") as folder:
        yield Places(folder=Path(folder), wanted=wanted)


def _fill(place: Path, how: str, requirements: tuple[str, ...]) -> None:
    if how == "read":
        _do(sys.executable, *_PIP, "install", "--no-deps", "--target", str(place), *requirements)
        return
    _do(sys.executable, "-m", "venv", str(place))
    _do(str(place / "bin" / "python"), *_PIP, "install", *requirements)


def _do(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)

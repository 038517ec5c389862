"""The stage: a folder, a box, and how the owner's and the guest's commands are run there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import guestpass
from guestpass.cli.talk import Talk
from guestpass.errors import Bug, InputError
from guestpass.local import Box, Credentials
from guestpass.report.page import EMPTY, Line, Span, line

REGION = "eu-west-1"
PATIENCE = 120
_SHARED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SYSTEMROOT",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "PYTHONDONTWRITEBYTECODE",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        """Return the JSON lines of its output."""
        return [json.loads(row) for row in self.out.splitlines() if row.startswith("{")]


@dataclass(kw_only=True, slots=True)
class Stage:
    """Where the loan is played. The owner's folder and the guest's are two; what goes between them is copied."""

    box: Box
    folder: Path
    talk: Talk
    examples: Path
    guest_settings: dict[str, str] = field(default_factory=dict)
    _number: int = 0

    @property
    def owner_folder(self) -> Path:
        """The owner's own folder."""
        return self.folder / "owner"

    @property
    def guest_folder(self) -> Path:
        """The guest's own folder."""
        return self.folder / "guest"

    def owner_settings(self, who: Credentials | None = None, *, home: str = "state") -> dict[str, str]:
        """Return the environment of the owner's shell; `home` names where this machine keeps ledgers."""
        who = who or self.box.owner
        return self._bare(self.owner_folder) | {
            "AWS_ACCESS_KEY_ID": who.access_key_id,
            "AWS_SECRET_ACCESS_KEY": who.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "GUESTPASS_HOME": str(self.folder / home),
        }

    def bare_guest_settings(self) -> dict[str, str]:
        """Return the environment of the guest's shell: the endpoint, and what they have unsealed."""
        return self._bare(self.guest_folder) | self.guest_settings

    def verb(
        self,
        *words: str,
        settings: Mapping[str, str] | None = None,
        folder: Path | None = None,
        rows: int = 12,
    ) -> Ran:
        """Run a verb as a user does, and show it: the command, and the first rows of what it said."""
        self.talk.event_or(
            {"event": "runs", "command": ["guestpass", *words]},
            EMPTY,
            line(Span(f"$ guestpass {shlex.join(words)}", "hint"), wrap=False),
        )
        ran = self.quietly(*words, settings=settings, folder=folder)
        if rows and not self.talk.json:
            self._shown(ran, rows)
        return ran

    def quietly(
        self, *words: str, settings: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> Ran:
        """Run a verb as a user does, and keep what it said in the transcript alone."""
        ran = self.run(
            [sys.executable, "-m", "guestpass", *words, "--color", "never"],
            settings=settings or self.owner_settings(),
            folder=folder or self.owner_folder,
        )
        self._keep(words[0], words, ran)
        return ran

    def script(self, name: str, *words: str) -> list[str]:
        """Return the command line of one of the examples."""
        path = self.examples / "php-mysql" / name
        return ["bash", str(path), *words] if name.endswith(".sh") else [sys.executable, str(path), *words]

    def guest(self, name: str, *words: str) -> Ran:
        """Run one of the examples as the guest."""
        settings = self.bare_guest_settings()
        ran = self.run(self.script(name, *words), settings=settings, folder=self.guest_folder)
        self._keep(name, (name, *words), ran)
        return ran

    def guest_in_background(self, name: str, *words: str) -> subprocess.Popen[str]:
        """Start one of the examples as the guest; the caller ends it."""
        settings = self.bare_guest_settings()
        return subprocess.Popen(  # noqa: S603 -- our own example, no shell
            self.script(name, *words),
            env=settings,
            cwd=self.guest_folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, command: Sequence[str], *, settings: Mapping[str, str], folder: Path) -> Ran:
        """Run a command to its end, with nothing of this process's environment but what is given."""
        try:
            done = subprocess.run(  # noqa: S603 -- no shell
                command, env=dict(settings), cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
                check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Bug(f"`{Path(command[-1]).name}` did not end within {PATIENCE} seconds") from error
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def _bare(self, home: Path) -> dict[str, str]:
        """Nothing of the user's own AWS configuration reaches the demo, so it cannot reach AWS."""
        kept = {name: os.environ[name] for name in _SHARED if name in os.environ}
        tools = str(Path(sys.executable).parent)
        return kept | {
            "PATH": os.pathsep.join([tools, kept.get("PATH", os.defpath)]),
            "HOME": str(home),
            "AWS_ENDPOINT_URL": self.box.endpoint_url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _keep(self, name: str, words: Sequence[str], ran: Ran) -> None:
        self._number += 1
        path = self.folder / "transcript" / f"{self._number:02}-{Path(name).stem}.txt"
        path.write_text(f"$ {shlex.join(words)}\n{ran.err}{ran.out}[exit {ran.code}]\n", encoding="utf-8")

    def _shown(self, ran: Ran, most: int) -> None:
        told = [
            row
            for row in (ran.out if ran.code in (0, 3, 4) else ran.err + ran.out).splitlines()
            if row.strip()
        ]
        shown: list[Line] = [line(row, indent=2, wrap=False) for row in told[:most]]
        if len(told) > most:
            shown.append(line(Span(f"... {len(told) - most} more lines", "dim"), indent=2))
        self.talk.page(*shown)


def examples_folder() -> Path:
    """Find the examples: beside the source in a checkout, inside the package when it is installed."""
    inside = Path(guestpass.__file__).parent
    for folder in (inside.parent.parent / "examples", inside / "examples"):
        if (folder / "php-mysql" / "deploy.py").is_file():
            return folder
    raise InputError("the examples are not installed", hint="pip install 'guestpass[demo]'")


@contextmanager
def folders(keep: Path | None, fresh: Path) -> Iterator[Path]:
    """Make the folders of a loan; `keep` is the user's own choice and must be empty."""
    where = keep.absolute() if keep else fresh
    if keep and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise InputError(
            f"`{keep}` is there already and is not an empty folder", hint="--keep another-folder"
        )
    for name in ("owner", "guest", "transcript", "state", "other-machine"):
        (where / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    yield where

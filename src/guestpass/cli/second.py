"""A program's text as a source of needs: iam-policy-autopilot is asked which calls it sees, if it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from guestpass.cli.files import read_bytes
from guestpass.cli.talk import Talk
from guestpass.errors import InputError, Place
from guestpass.loan import Pass
from guestpass.loan.job import blueprint_of, instance_needs
from guestpass.loan.names import Names
from guestpass.needs.calls import PROGRAM
from guestpass.needs.declared import Found, Scene
from guestpass.needs.second_opinion import beside_role, of_second_opinion

LANGUAGES: Mapping[str, str] = {
    ".py": "python",
    ".ts": "typescript",
    ".js": "javascript",
    ".go": "go",
    ".java": "java",
}
"""The languages that the program reads, by the ending of their files: it takes one at a time."""

_OTHERS = frozenset({"node_modules", "site-packages", "vendor", "venv", "__pycache__", "dist", "build"})
_MOST_FILES = 2000
_LARGEST = 4 << 20
_AT_ONCE = 50
_PATIENCE = 120
_PATIENCE_A_FILE = 10


def asked_of_code(source: str, scene: Scene, talk: Talk) -> Found:
    """Say what the calls in a program's text need: a file's, or those of all files of a folder.

    Raises `InputError` where the other program is not installed, fails, takes too long or answers something else.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise InputError(
            f"reading a program's text takes `{PROGRAM}`, which is not installed",
            place=Place(file=source),
            expected=f"`{PROGRAM}` on the PATH; guestpass runs it without network and credentials",
            hint=f"pipx install {PROGRAM}",
        )
    files = _files(Path(source))
    talk.say(f"asking {PROGRAM} about {len(files)} file{'s' if len(files) > 1 else ''}")
    texts = {file: read_bytes(Path(file), most=_LARGEST).decode("utf-8", "replace") for file in files}
    answers = [
        _ask(program, language, some, source)
        for language in dict.fromkeys(LANGUAGES.values())
        for some in _batches([file for file in files if LANGUAGES[Path(file).suffix] == language])
    ]
    return of_second_opinion(answers, files=texts, scene=scene)


def with_role(found: Found, pass_: Pass) -> Found:
    """The same, held against the role under which the pass's things run."""
    if blueprint_of(pass_).runs_as is None:
        says = f"the blueprint `{pass_.job.blueprint}` has no role under which a program would run"
        return Found(needs=found.needs, missing=found.missing, notes=(*found.notes, says))
    return beside_role(found, instance_needs(pass_), role=Names.of_pass(pass_).instance_role)


def _files(source: Path) -> tuple[str, ...]:
    """The program's own files, sorted; a name that begins with `-` would be taken for an option."""
    if not source.is_dir():
        return (_named(source),)
    found = [
        path
        for path in sorted(source.rglob("*"))
        if path.suffix in LANGUAGES and _is_own(path.relative_to(source)) and path.is_file()
    ]
    if not found:
        raise InputError(
            f"`{source}` holds no program's text",
            place=Place(file=str(source)),
            expected=f"files ending in {', '.join(LANGUAGES)}",
        )
    if len(found) > _MOST_FILES:
        raise InputError(
            f"`{source}` holds {len(found):,} files, too many to ask about",
            place=Place(file=str(source)),
            expected=f"at most {_MOST_FILES:,}: the folder of the program itself",
        )
    return tuple(map(_named, found))


def _is_own(path: Path) -> bool:
    return not any(part in _OTHERS or part.startswith(".") for part in path.parts)


def _named(path: Path) -> str:
    text = str(path)
    return f"./{text}" if text.startswith("-") else text


def _batches(files: Sequence[str]) -> Iterable[Sequence[str]]:
    return (files[start : start + _AT_ONCE] for start in range(0, len(files), _AT_ONCE))


def _ask(program: str, language: str, files: Sequence[str], source: str) -> str:
    """What it answers. It gets nothing of the reader's: no keys, no home, no way out, and tells nobody that it ran."""
    patience = _PATIENCE + _PATIENCE_A_FILE * len(files)  # it takes a second or so for a file
    command = [program, "extract-sdk-calls", "--full-output", "--language", language, *files]
    with tempfile.TemporaryDirectory(prefix="guestpass-") as home:
        try:
            done = subprocess.run(  # noqa: S603 -- found on the PATH, arguments as a list
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=patience,
                env=_bare(home),
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"`{PROGRAM}` did not answer within {patience} seconds",
                place=Place(file=source),
                hint="ask about fewer files at a time",
            ) from None
        except OSError as error:
            raise InputError(
                f"`{PROGRAM}` cannot be run: {(error.strerror or 'unknown reason').lower()}",
                place=Place(file=source),
                hint=f"pipx reinstall {PROGRAM}",
            ) from error
    if done.returncode != 0:
        raise InputError(
            f"`{PROGRAM}` failed: {_last(done.stderr)}",
            place=Place(file=source),
            hint=f"guestpass was made with version 0.3.0: pipx install --force {PROGRAM}==0.3.0",
        )
    return done.stdout.decode("utf-8", "replace")


def _bare(home: str) -> dict[str, str]:
    nowhere = "http://127.0.0.1:9"  # nothing listens there
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
    }


def _last(written: bytes) -> str:
    lines = [line.strip() for line in written.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it does not say why"

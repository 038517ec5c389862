"""Files that guestpass writes for people: whole or not at all, and private where they must be."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from guestpass.errors import InputError, Place


def write_whole(path: Path, content: bytes | str, *, mode: int = 0o600) -> None:
    """Write the file by way of a new one beside it, synced; a reader sees the old or the new, never half.

    Raises InputError when the disk refuses.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            f"`{path}` cannot be written: {(error.strerror or 'unknown reason').lower()}",
            place=Place(file=str(path)),
        ) from error


def read_bytes(path: Path, *, hint: str | None = None, most: int = 1 << 20) -> bytes:
    """Read a file of the user's, of at most `most` bytes. Raises InputError."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(
            f"`{path}` cannot be read: {(error.strerror or 'unknown reason').lower()}",
            place=Place(file=str(path)),
            hint=hint,
        ) from error
    if len(data) > most:
        raise InputError(
            f"`{path}` is too large", place=Place(file=str(path)), expected=f"at most {most:,} bytes"
        )
    return data


def read_input(path: Path, *, most: int = 64 << 20) -> bytes:
    """Read a file of the user's, or standard input for `-`, of at most `most` bytes. Raises InputError."""
    if str(path) != "-":
        return read_bytes(path, most=most)
    data = sys.stdin.buffer.read(most + 1)
    if len(data) > most:
        raise InputError("what came on standard input is too large", expected=f"at most {most:,} bytes")
    return data

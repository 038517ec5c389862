"""The ledger as a file: opened for one writer, appended and synced entry by entry."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from guestpass.errors import AccountError, InputError, Place
from guestpass.ledger.entries import START, Entry, Kind, call_as_written, entries_of, read_ledger, seal_entry
from guestpass.loan.step import Step


class Ledger:
    """A ledger open for writing; `Ledger.open` makes it and `close` (or leaving a `with`) lets go of it.

    Every entry is on the disk when the method that writes it returns.
    """

    def __init__(self, path: Path, file: int, entries: tuple[Entry, ...], torn: str | None) -> None:
        self.path = path
        self._file = file
        self._entries = list(entries)
        self._torn = torn

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the ledger at `path`, making it (mode 0600) when there is none.

        The chain is verified first; a torn last line is set aside in `PATH.torn` and noted. Raises InputError when
        the chain is broken, when the file cannot be written, or when another guestpass has it open.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InputError(
                f"the ledger `{path}` cannot be opened: {error.strerror}",
                place=Place(file=str(path)),
                hint="set GUESTPASS_HOME to a folder that you may write to",
            ) from error
        try:
            _lock(file, path)
            os.fchmod(file, 0o600)
            entries, torn = _mend(file, path)
            _sync_folder(path.parent)
        except BaseException:
            os.close(file)
            raise
        return cls(path, file, entries, torn)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and its lock; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @property
    def head(self) -> str:
        """The last entry's hash: 64 zeros for an empty ledger."""
        return self._entries[-1].hash if self._entries else START

    def entries(self) -> tuple[Entry, ...]:
        """Every entry so far."""
        return tuple(self._entries)

    def intend(self, step: Step, *, verb: str, pass_name: str, at: datetime) -> int:
        """Write down that this step is about to be carried out; returns the entry's `seq`."""
        return self._append(
            "intent",
            verb,
            pass_name,
            at,
            step=step.id,
            call=call_as_written(step.call),
            data={"why": step.why},
        )

    def outcome(self, intent: int, *, at: datetime, data: Mapping[str, Any]) -> int:
        """Write down that an intended step has taken effect."""
        meant = self._entries[intent - 1]
        return self._append("outcome", meant.verb, meant.pass_name, at, step=meant.step, of=intent, data=data)

    def refused(self, intent: int, *, at: datetime, data: Mapping[str, Any]) -> int:
        """Write down that an intended step failed, or that it is not known whether it took effect."""
        meant = self._entries[intent - 1]
        return self._append("refused", meant.verb, meant.pass_name, at, step=meant.step, of=intent, data=data)

    def note(
        self, says: str, *, verb: str, pass_name: str, at: datetime, data: Mapping[str, Any] | None = None
    ) -> int:
        """Write down a fact that is no step: a certificate was written, a pass was shown."""
        return self._append("note", verb, pass_name, at, data={"says": says, **(data or {})})

    def verify(self) -> str:
        """Read the file again and verify its chain; returns the head. Raises InputError with the broken line."""
        read = read_ledger(self.path)
        if read != tuple(self._entries):
            raise InputError(
                "the ledger was changed by someone else while it was open", place=Place(file=str(self.path))
            )
        return self.head

    def _append(self, kind: Kind, verb: str, pass_name: str, at: datetime, **rest: Any) -> int:
        if self._torn is not None:
            says, self._torn = self._torn, None
            self._append("note", verb, pass_name, at, data={"says": says})
        fields = {
            "seq": len(self._entries) + 1,
            "time": at.astimezone(UTC).isoformat(),
            "kind": kind,
            "verb": verb,
            "pass": pass_name,
            "prev": self.head,
            **{key: value for key, value in rest.items() if value is not None},
        }
        entry, line = seal_entry(fields)
        try:
            _write(self._file, line.encode())
        except OSError as error:
            raise AccountError(
                f"the ledger `{self.path}` cannot be written: {error.strerror}",
                call="ledger:Write",
                code="LedgerUnwritable",
                resource=str(self.path),
                hint="make room on the disk, then run the same command again",
            ) from error
        self._entries.append(entry)
        return entry.seq


def _write(file: int, line: bytes) -> None:
    written = 0
    while written < len(line):
        written += os.write(file, line[written:])
    os.fsync(file)


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError(
            f"another guestpass is writing to `{path}`",
            place=Place(file=str(path)),
            hint="wait until it has ended, then run the same command again",
        ) from error


def _mend(file: int, path: Path) -> tuple[tuple[Entry, ...], str | None]:
    text = _read_all(file)
    entries, rest = entries_of(text, file=str(path))
    if not rest:
        return entries, None
    try:
        whole, _ = entries_of(text + b"\n", file=str(path))
    except InputError:
        aside = path.with_name(path.name + ".torn")
        kept = os.open(aside, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _write(kept, rest + b"\n")
        finally:
            os.close(kept)
        os.ftruncate(file, len(text) - len(rest))
        os.fsync(file)
        return entries, f"a torn last line of {len(rest)} bytes was set aside in {aside.name}"
    # the entry is whole and its hash is right: only its line end was lost
    _write(file, b"\n")
    return whole, None


def _read_all(file: int) -> bytes:
    parts: list[bytes] = []
    offset = 0
    while part := os.pread(file, 1 << 20, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

"""Entries of a ledger: one JSON object a line, each holding the hash of the one before.

The chain shows that nothing was changed or taken out in the middle. Lines cut off at the end cannot be seen from the
file alone: whoever keeps the last hash (a certificate does) can.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from guestpass.errors import InputError, Place
from guestpass.loan.step import Call, Generated

Kind = Literal["intent", "outcome", "refused", "note"]
START = "0" * 64
LONG = 8192
"""Strings of more characters stand in the ledger as their sha256 and length; any IAM policy is shorter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line. `seq` counts from 1; `time` is AWS's clock, UTC; `of` is the `seq` of the intent an outcome belongs to.

    `call` is the call without secrets; `data` what else is known (request id, error code, public ids, text).
    """

    seq: int
    time: datetime
    kind: Kind
    verb: str
    pass_name: str
    prev: str
    hash: str
    step: str | None = None
    of: int | None = None
    call: Mapping[str, Any] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def call_as_written(call: Call) -> dict[str, Any]:
    """The call as the ledger keeps it: `Generated` by its name, long texts by their sha256."""
    return {
        "service": call.service,
        "operation": call.operation,
        "region": call.region,
        "parameters": _written(call.parameters),
    }


def _written(value: Any) -> Any:
    match value:
        case Generated(name=name):
            return f"<generated: {name}>"
        case str() if len(value) > LONG:
            return _by_digest(value.encode())
        case bytes():
            return _by_digest(value)
        case Mapping():
            return {str(key): _written(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_written(inner) for inner in value]
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return value


def _by_digest(value: bytes) -> str:
    return f"<sha256: {hashlib.sha256(value).hexdigest()}, {len(value)} bytes>"


def seal_entry(fields: Mapping[str, Any]) -> tuple[Entry, str]:
    """The entry of these fields (all but `hash`) with its hash, and the line that holds it (with its line end)."""
    line = _canonical(fields)
    whole = {**fields, "hash": hashlib.sha256(line.encode()).hexdigest()}
    text = _canonical(whole) + "\n"
    return _entry(json.loads(text)), text


def _canonical(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """Every whole entry of the ledger, its chain verified; none when there is no file.

    A torn last line (a crash while it was being written) is left out. Raises InputError with the line otherwise.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(
            f"the ledger `{path}` cannot be read: {error.strerror}", place=Place(file=str(path))
        ) from error
    entries, _torn = entries_of(text, file=str(path))
    return entries


def entries_of(text: bytes, *, file: str) -> tuple[tuple[Entry, ...], bytes]:
    """The entries in a ledger's bytes, verified, and what is torn off at the end (mostly nothing)."""
    *lines, rest = text.split(b"\n")
    entries: list[Entry] = []
    for number, line in enumerate(lines, start=1):
        entries.append(_verified(line, entries, Place(file=file, line=number)))
    return tuple(entries), rest


def _verified(line: bytes, before: list[Entry], place: Place) -> Entry:
    try:
        fields = json.loads(line)
        entry = _entry(fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken("is not an entry", place) from error
    told = fields.pop("hash")
    if hashlib.sha256(_canonical(fields).encode()).hexdigest() != told:
        raise _broken("was changed after it was written", place)
    if entry.prev != (before[-1].hash if before else START) or entry.seq != len(before) + 1:
        raise _broken("does not follow the line before it", place)
    return entry


def _broken(says: str, place: Place) -> InputError:
    return InputError(
        f"the ledger's chain is broken: line {place.line} {says}",
        place=place,
        hint="keep the file as evidence and move it aside; the account itself knows what is granted: `guestpass status`",
    )


def _entry(fields: Mapping[str, Any]) -> Entry:
    if fields["kind"] not in get_args(Kind):
        raise ValueError(fields["kind"])
    return Entry(
        seq=int(fields["seq"]),
        time=datetime.fromisoformat(fields["time"]),
        kind=fields["kind"],
        verb=str(fields["verb"]),
        pass_name=str(fields["pass"]),
        prev=str(fields["prev"]),
        hash=str(fields["hash"]),
        step=fields.get("step"),
        of=fields.get("of"),
        call=fields.get("call"),
        data=fields.get("data") or {},
    )

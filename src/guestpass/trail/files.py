"""A trail's files as events: each record once, in order of time, and a finding for each file that is not what it should be."""

from __future__ import annotations

import gc
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from guestpass.errors import InputError, Place
from guestpass.findings import Finding
from guestpass.trail.event import Event
from guestpass.trail.keys import LogKey, kind_of
from guestpass.trail.reading import read_event
from guestpass.trail.values import Reading

LARGEST = 512 * 1024 * 1024
"""How many bytes a file may unfold to; CloudTrail's own stay far below."""

_GZIP = b"\x1f\x8b"
_CHUNK = 1024 * 1024


class _File(msgspec.Struct):
    Records: list[msgspec.Raw]


_FILE = msgspec.json.Decoder(_File)
_RECORD = msgspec.json.Decoder(dict[str, Any])
_WRITTEN = msgspec.json.Encoder()
_BROKEN = (msgspec.MsgspecError, RecursionError, ValueError)


class _NotRead(Exception):  # noqa: N818 - the file's, not ours
    def __init__(self, code: str, says: str, because: str, fix: str) -> None:
        super().__init__(says)
        self.code, self.says, self.because, self.fix = code, says, because, fix


def read_files(
    files: Iterable[tuple[str, bytes]], *, source: str, account: str | None = None, largest: int = LARGEST
) -> Reading:
    """Read a trail's files: (key or path, content) pairs, gzip or plain JSON, one after the other.

    Events come in order of time, those of one second as they were read. A record that comes again counts once
    (AWS: CloudTrail may deliver an event more than once); an addendum with updated data stands in for its event.
    `account` is whose trail it is: files of others are left out, with a finding. `largest` is how many bytes a file
    may unfold to. Never raises for what a file holds: that is a finding (`TRL…`) with the file's name.
    """
    gathered = _Gathered(account=account, largest=largest)
    with _no_collecting():
        for name, content in files:
            gathered.take(name, content)
    return gathered.reading(source)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep the collector from going through all records again and again: none of them refers to itself."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(kw_only=True, slots=True)
class _Gathered:
    account: str | None
    largest: int
    events: dict[str, Event] = field(default_factory=dict)
    updates: dict[str, Event] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    strangers: Counter[str] = field(default_factory=Counter)
    stranger_at: dict[str, str] = field(default_factory=dict)
    times: list[datetime] = field(default_factory=list)
    regions: set[str] = field(default_factory=set)
    files: int = 0
    repeats: int = 0
    odd: int = 0
    skipped: int = 0

    def take(self, name: str, content: bytes) -> None:
        """Read one file."""
        if kind_of(name) == "apart":
            self.skipped += 1
            return
        key = LogKey.of(name)
        if key is not None and self.account is not None and key.account != self.account:
            self.strangers[key.account] += 1
            self.stranger_at.setdefault(key.account, name)
            return
        try:
            records = _records(content, self.largest)
        except _NotRead as why:
            self.findings.append(_finding(why.code, name, why.says, why.because, why.fix))
            return
        self.files += 1
        if key is not None:
            self.times.append(key.at)
            self.regions.add(key.region)
        self._take_records(name, key, records)

    def _take_records(self, name: str, key: LogKey | None, records: list[msgspec.Raw]) -> None:
        wrong: Counter[str] = Counter()
        elsewhere: Counter[str] = Counter()
        for raw in records:
            event = _event(raw)
            if isinstance(event, str):
                wrong[event] += 1
            elif self.account is not None and event.account not in (None, self.account):
                elsewhere[str(event.account)] += 1
            elif not self._keep(event):
                wrong["repeat an event's id with other content"] += 1
            elif key is None:
                self.times.append(event.time)
                if event.region:
                    self.regions.add(event.region)
        for number, count in elsewhere.items():
            self.strangers[number] += count
            self.stranger_at.setdefault(number, name)
        if wrong:
            self.odd += wrong.total()
            told = ", ".join(f"{count} {what}" for what, count in sorted(wrong.items()))
            self.findings.append(
                _finding(
                    "TRL003",
                    name,
                    f"{wrong.total()} of {len(records)} records are left out: {told}",
                    "what they tell is missing from every answer made of this trail",
                    "look at the file: CloudTrail's own never hold such records, edited ones do",
                )
            )

    def _keep(self, event: Event) -> bool:
        """Keep an event unless it is kept already; False where its id is taken by another."""
        if event.supersedes is not None:
            self.updates[event.supersedes] = event
            return True
        held = self.events.setdefault(event.id, event)
        if held is event:
            return True
        self.repeats += 1
        return held == event

    def reading(self, source: str) -> Reading:
        """What it all comes to."""
        superseded = {id_: event for id_, event in self.events.items() if id_ not in self.updates}
        superseded |= {event.id: event for event in self.updates.values()}
        # times are whole seconds: within one, events stay as they were read, and a file mostly has them as they came
        ordered = tuple(sorted(superseded.values(), key=lambda event: event.time))
        others = tuple(
            _finding(
                "TRL004",
                self.stranger_at[number],
                f"{count} {'file or record is' if count == 1 else 'files or records are'} of account {number}, "
                f"not of {self.account}: left out",
                "what was done in another account says nothing about this one",
                "name the account's own folder: `AWSLogs/ACCOUNT/CloudTrail/`",
            )
            for number, count in sorted(self.strangers.items())
        )
        return Reading(
            events=ordered,
            files=self.files,
            source=source,
            repeats=self.repeats,
            odd=self.odd,
            skipped=self.skipped,
            regions=tuple(sorted(self.regions)),
            since=min(self.times, default=None),
            until=max(self.times, default=None),
            findings=(*self.findings, *others),
        )


def _finding(code: str, name: str, says: str, because: str, fix: str) -> Finding:
    return Finding(code=code, severity="warning", says=says, because=because, fix=fix, place=Place(file=name))


# --- one file -------------------------------------------------------------------------------


def _records(content: bytes, largest: int) -> list[msgspec.Raw]:
    """The records of a file, not yet read. Raises _NotRead."""
    text = _unfolded(content, largest) if content.startswith(_GZIP) else content
    if len(text) > largest:
        raise _too_large(largest)
    try:
        records = _FILE.decode(text).Records
    except _BROKEN:
        raise _why_not(text) from None
    if text.count(b'"Records"') > 1 and _names_twice(text, deep=False):
        raise _NotRead(
            "TRL001",
            "the file names `Records` twice, so which of the two counts is not known",
            "no record of it was read",
            "fetch the file again from the trail's bucket",
        )
    return records


def _why_not(text: bytes) -> _NotRead:
    """Why a file has no records: foreign JSON, or no JSON at all."""
    try:
        told = msgspec.json.decode(text)
    except _BROKEN:
        if text.lstrip()[:1] == b"{":
            return _NotRead(
                "TRL001",
                "the file ends early or is broken: its JSON cannot be read",
                "what happened in its time and region is not known",
                "fetch the file again from the trail's bucket, or its earlier version there",
            )
        return _foreign("it is no JSON" if text.strip() else "it is empty")
    if isinstance(told, Mapping) and "Records" in told:
        return _foreign("its `Records` are not a list")
    if isinstance(told, Mapping) and {"digestStartTime", "logFiles"} <= told.keys():
        return _foreign("it is a digest file under another name")
    return _foreign("it has no `Records`")


def _foreign(why: str) -> _NotRead:
    return _NotRead(
        "TRL002",
        f"this is not a CloudTrail log file: {why}",
        "a trail's folder holds nothing else, so somebody or something put it there",
        "leave only the trail's own files: `aws s3 sync s3://BUCKET/AWSLogs/ACCOUNT/CloudTrail/ FOLDER`",
    )


def _too_large(largest: int) -> _NotRead:
    return _NotRead(
        "TRL005",
        f"the file unfolds to more than {largest // (1024 * 1024)} MiB and was not read",
        "CloudTrail's own files stay below 50 MB compressed; one that grows so is not the trail's",
        "look at who wrote it: `aws s3api head-object`, and the versions of the key",
    )


def _unfolded(content: bytes, largest: int) -> bytes:
    """The content of a gzip file of one or more members, never more than `largest` bytes. Raises _NotRead."""
    out = bytearray()
    rest = content
    try:
        while rest.startswith(_GZIP):
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                piece = member.decompress(rest, _CHUNK)
                out += piece
                if len(out) > largest:
                    raise _too_large(largest)
                rest = member.unconsumed_tail
                if not piece and not rest and not member.eof:
                    raise zlib.error("the file ends early")
            rest = member.unused_data
    except zlib.error as error:
        raise _NotRead(
            "TRL001",
            f"the file ends early or is broken: its gzip cannot be unfolded ({_plain(error)})",
            "what happened in its time and region is not known",
            "fetch the file again from the trail's bucket, or its earlier version there",
        ) from None
    if rest.strip(b"\x00"):
        raise _foreign("other data follows its gzip")
    return bytes(out)


def _plain(error: zlib.error) -> str:
    """zlib's words without its number: `incorrect data check`."""
    return str(error).rpartition(": ")[2]


# --- one record -----------------------------------------------------------------------------


def _event(raw: msgspec.Raw) -> Event | str:
    """The record as an event, or what is wrong with it in words."""
    try:
        record = _RECORD.decode(raw)
        event = read_event(record)
    except InputError:
        return "lack an id, a time, a source or a name"
    except _BROKEN:
        return "cannot be read"
    # what was read, written again, is the same text: then nothing in it was named twice (the slow look is for
    # other spellings of the same: spaces, `\u0041`)
    text = bytes(raw)
    if _WRITTEN.encode(record) != text and _names_twice(text, deep=True):
        # which of the two AWS meant is not known, and readers differ: it is not guessed
        return "name one thing twice"
    return event


class _Twice(Exception):  # noqa: N818 - an answer, not an error
    pass


def _names_twice(text: bytes, *, deep: bool) -> bool:
    """Whether an object of the text (or, not `deep`, one that names `Records`) names one thing twice."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names) and (deep or names.count("Records") > 1):
            raise _Twice

    try:
        json.loads(text, object_pairs_hook=once)
    except _Twice:
        return True
    except (ValueError, RecursionError):
        return True
    return False

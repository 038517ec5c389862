"""One request and its answer as they stand on the wire: what every part of the gateway reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A request as it arrived. `path` and `query` are raw (percent-encoded); header names are lower-case.

    `at` is real time, UTC. The body and the headers hold secrets: they are never shown.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    source_ip: str
    at: datetime

    def header(self, name: str) -> str | None:
        """The header's value (several are joined with commas), or None."""
        found = [value for key, value in self.headers if key == name]
        return ",".join(found) if found else None

    def parameter(self, name: str) -> str | None:
        """The first query parameter of this name, decoded, or None."""
        return next((value for key, value in self.parameters() if key == name), None)

    def parameters(self) -> list[tuple[str, str]]:
        """The query parameters, decoded, in order."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, decoded, without empty ones at the ends."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer: status, headers (in order), body. `error` is AWS's code and message when it is one."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    error: tuple[str, str] | None = None

    def header(self, name: str) -> str | None:
        """The first header of this (lower-case) name, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Refusal(Exception):  # noqa: N818 - it is AWS's answer, not a fault of ours
    """AWS answers with an error: its code (without the protocol's suffixes), its message, its HTTP status.

    `literal` keeps the code as it is in every protocol (a service's own error rather than a common one).
    """

    def __init__(self, code: str, says: str, *, status: int = 400, literal: bool = False) -> None:
        super().__init__(says)
        self.code = code
        self.says = says
        self.status = status
        self.literal = literal

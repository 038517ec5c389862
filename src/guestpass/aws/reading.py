"""Reads that may be refused: what cannot be read becomes a gap with its reason, never an empty answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from guestpass.aws.hands import Hands
from guestpass.aws.refusals import EXPIRED, THROTTLED, UNKNOWN_KEY, UNREACHABLE
from guestpass.errors import AccountError
from guestpass.loan.step import Call

T = TypeVar("T")

_STOPS = frozenset({UNREACHABLE, "RootUser"}) | EXPIRED | THROTTLED | UNKNOWN_KEY
"""After these nothing else could be read either: they end the whole snapshot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Reads with the owner's hands and gathers what could not be read. `gaps` maps `service:Operation` to why."""

    hands: Hands
    gaps: dict[str, str] = field(default_factory=dict)

    def ask(
        self, service: str, operation: str, region: str | None = None, **parameters: Any
    ) -> Mapping[str, Any]:
        """One answer; raises AccountError like `Hands.call`."""
        return self.hands.call(
            Call(service=service, operation=operation, parameters=parameters, region=region)
        )

    def every(
        self, items: str, service: str, operation: str, region: str | None = None, **parameters: Any
    ) -> Iterator[Any]:
        """Every item of a paged list; raises AccountError."""
        call = Call(service=service, operation=operation, parameters=parameters, region=region)
        for page in self.hands.pages(call):
            yield from page.get(items) or ()

    def pages(
        self, service: str, operation: str, region: str | None = None, **parameters: Any
    ) -> Iterator[Mapping[str, Any]]:
        """Every page of a list; raises AccountError."""
        return self.hands.pages(
            Call(service=service, operation=operation, parameters=parameters, region=region)
        )

    def try_(self, gap: str, read: Callable[[], T], otherwise: T) -> T:
        """What `read` gives; when AWS refuses it, `otherwise` and a gap named `gap` with the reason."""
        try:
            return read()
        except AccountError as error:
            if error.code in _STOPS:
                raise
            self.gaps[gap] = f"{error.call} failed with {error.code}"
            return otherwise

    def try_list(self, gap: str, read: Callable[[], list[T]]) -> list[T]:
        """Like `try_`, with an empty list for what AWS refuses."""
        empty: list[T] = []
        return self.try_(gap, read, empty)

    def or_none(self, read: Callable[[], T], *absent: str) -> T | None:
        """What `read` gives, or None when AWS answers with one of the codes that mean: there is none."""
        try:
            return read()
        except AccountError as error:
            if error.code in absent:
                return None
            raise


def tags_of(listed: Any) -> dict[str, str]:
    """AWS's list of Key and Value as a mapping."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in listed or ()}

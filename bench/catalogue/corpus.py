"""The corpus as values: read from the rows, and refused where a row is not whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent
PAGES = "https://docs.aws.amazon.com/"

_OPERATION = {"service", "operation", "parameters", "needs", "may", "why", "source", "checked", "note"}
_EVENT = {"event", "needs", "may", "resources", "why", "source", "checked", "note"}


class RowError(Exception):
    """A row of the corpus is not whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What AWS's page says of one call: the actions it needs, those that the account's state may add, the resources."""

    needs: frozenset[str]
    may: frozenset[str]
    resources: tuple[str, ...]
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request: botocore's client name, the operation, its parameters as boto3 takes them."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    truth: Truth

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrailEvent:
    """One record of CloudTrail's, as far as it matters here."""

    record: Mapping[str, Any]
    truth: Truth

    @property
    def source(self) -> str:
        return str(self.record["eventSource"])

    @property
    def operation(self) -> str:
        return str(self.record["eventName"])

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.record.get("requestParameters") or {}

    @property
    def name(self) -> str:
        return f"{self.source.removesuffix('.amazonaws.com')}:{self.operation}"


def calls() -> tuple[Call, ...]:
    """The operations, in the order of their files."""
    return tuple(
        Call(
            service=row["service"],
            operation=row["operation"],
            parameters=row.get("parameters") or {},
            truth=_truth(row, place),
        )
        for place, row in _rows("operations", _OPERATION, {"service", "operation", "parameters"})
    )


def events() -> tuple[TrailEvent, ...]:
    """The trail's events, in the order of their files."""
    return tuple(
        TrailEvent(record=row["event"], truth=_truth(row, place))
        for place, row in _rows("events", _EVENT, {"event"})
    )


def _truth(row: Mapping[str, Any], place: str) -> Truth:
    if not str(row["source"]).startswith(PAGES):
        raise RowError(f"{place}: `source` is not a page of AWS's documentation")
    return Truth(
        needs=frozenset(row["needs"]),
        may=frozenset(row.get("may") or ()),
        resources=tuple(row.get("resources") or ()),
        source=row["source"],
    )


def _rows(folder: str, known: set[str], wanted: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((HERE / folder).glob("*.yaml")):
        for number, row in enumerate(YAML(typ="safe", pure=True).load(path.read_text()), 1):
            place = f"{path.name}, row {number}"
            if strange := set(row) - known:
                raise RowError(f"{place}: {', '.join(sorted(strange))}: no field of a row")
            if missing := (wanted | {"needs", "why", "source"}) - set(row):
                raise RowError(f"{place}: {', '.join(sorted(missing))}: missing")
            yield place, row

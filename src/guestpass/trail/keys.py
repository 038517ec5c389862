"""The names of a trail's files: what a log file's key says before it is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

# AWS: CloudTrail User Guide, "CloudTrail log file name format"
_LOG = re.compile(
    r"(?P<account>[0-9]{12})_CloudTrail_(?P<region>[a-z0-9-]{3,40})_(?P<at>[0-9]{8}T[0-9]{4}Z)_(?P<unique>[A-Za-z0-9]{1,64})"
    r"\.json(\.gz)?"
)
_ORGANISATION = re.compile(r"(?:^|/)AWSLogs/(o-[a-z0-9]{10,32})/")
_APART = re.compile(r"(?:^|[/_])CloudTrail-(Digest|Insight|Insights)[/_]")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogKey:
    """A log file's name: whose, of which region, delivered when (UTC, to the minute).

    `organisation` is set where an organisation's trail wrote it.
    """

    account: str
    region: str
    at: datetime
    unique: str
    organisation: str | None = None

    @classmethod
    def of(cls, name: str) -> LogKey | None:
        """Read a key or a path; None where the file is not named like a log file."""
        found = _LOG.fullmatch(name.replace("\\", "/").rpartition("/")[2])
        if found is None:
            return None
        try:
            at = datetime.strptime(found["at"], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        except ValueError:
            return None
        organisation = _ORGANISATION.search(name.replace("\\", "/"))
        return cls(
            account=found["account"],
            region=found["region"],
            at=at,
            unique=found["unique"],
            organisation=organisation[1] if organisation else None,
        )


def kind_of(name: str) -> Literal["log", "apart", "unknown"]:
    """What a file is by its name: a log file, one that the trail writes beside them (digest, Insights), or unknown."""
    if _APART.search(name.replace("\\", "/")):
        return "apart"
    return "unknown" if LogKey.of(name) is None else "log"

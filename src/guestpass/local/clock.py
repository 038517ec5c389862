"""The box's clock: real time plus an offset that tests and the demo move. Signatures keep real time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """What the box calls now, for authorisation, sessions, records and the Date header."""

    def __init__(self) -> None:
        self._offset = timedelta()

    @property
    def offset_seconds(self) -> float:
        """How far the box is ahead of real time."""
        return self._offset.total_seconds()

    def set_offset(self, seconds: float) -> None:
        """Set the offset. Raises OverflowError or ValueError where no date can say it."""
        offset = timedelta(seconds=seconds)
        datetime.now(UTC) + offset  # the date must exist
        self._offset = offset

    def now(self) -> datetime:
        """The box's time, UTC."""
        return datetime.now(UTC) + self._offset

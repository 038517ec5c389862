"""Whose events are asked for: never fewer than could be the guest's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guestpass.cli.judging import came_as_user
from guestpass.ledger import Entry


def intents(*steps: str) -> list[Entry]:
    """A ledger in which these steps of a grant were begun."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return [
        Entry(
            seq=number, time=now, kind="intent", verb="grant", pass_name="shop", prev="", hash="", step=step
        )
        for number, step in enumerate(steps, start=1)
    ]


@pytest.mark.parametrize(
    ("steps", "alone"),
    [
        (("grant/user", "grant/key"), True),
        (("grant/role",), False),
        (("grant/user", "grant/role"), False),
        ((), False),
    ],
)
def test_the_log_is_asked_for_one_user_only_where_the_guest_was_never_a_role(
    steps: tuple[str, ...], alone: bool
) -> None:
    assert came_as_user(intents(*steps)) is alone

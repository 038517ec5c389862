"""Small words that planners share: calls, tags, and how an effect is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from guestpass.account.snapshot import Snapshot
from guestpass.errors import InputError
from guestpass.loan.names import TAG_KEY
from guestpass.loan.step import Call, Fails, Shows

GONE = ("NoSuchEntity",)
"""What IAM answers about a thing that is not there."""

HANDED_OVER_TAG = "guestpass-handed-over"
"""What the owner keeps after a loan carries this tag (its value the pass's name) in place of `guestpass`."""


def iam(operation: str, **parameters: Any) -> Call:
    """A call to IAM."""
    return Call(service="iam", operation=operation, parameters=parameters)


def shows(call: Call, path: str, value: Any = True) -> Shows:
    """The effect is there when the answer's `path` is `value`."""
    return Shows(call=call, path=path, value=value)


def gone(call: Call, *codes: str) -> Fails:
    """The effect is there when the call finds nothing."""
    return Fails(call=call, codes=codes or GONE)


def lists(call: Call, path: str, value: str) -> Shows:
    """The effect is there when the list at `path` contains `value`."""
    return Shows(call=call, path=f"contains({path}, '{value}')", value=True)


def lists_not(call: Call, path: str, value: str) -> Shows:
    """The effect is there when the list at `path` no longer contains `value`."""
    return Shows(call=call, path=f"contains({path}, '{value}')", value=False)


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as AWS wants them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tagged(call: Call, key: str, value: str, *, path: str = "Tags") -> Shows:
    """The effect is there when the answer's tags say so."""
    return Shows(call=call, path=f"{path}[?Key=='{key}'].Value | [0]", value=value)


def untagged(call: Call, key: str, *, path: str = "Tags") -> Shows:
    """The effect is there when the answer's tags have no such key."""
    return Shows(call=call, path=f"length({path}[?Key=='{key}'])", value=0)


def written(moment: datetime) -> str:
    """A moment as guestpass's tags hold it: `2026-12-01T18:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def require_account(snapshot: Snapshot, account: str) -> None:
    """Raise InputError unless the snapshot is of the pass's account."""
    if snapshot.caller.account != account:
        raise InputError(
            f"the pass is for account `{account}`, the credentials are of `{snapshot.caller.account}`",
            hint="name the owner's profile with `--profile NAME`, or mend `account` in the pass",
        )


def require_read(snapshot: Snapshot, parts: Iterable[str], why: str) -> None:
    """Raise InputError when one of these parts of the account is a gap: what is not seen cannot be planned."""
    missing = [f"{gap}: {reason}" for gap, reason in snapshot.gaps.items() if gap.split(" ")[0] in set(parts)]
    if missing:
        raise InputError(f"{why}: the account could not be read ({'; '.join(missing)})",
                         hint="use an administrator's credentials")  # fmt: skip


def of_pass(tags: Mapping[str, str], pass_name: str) -> bool:
    """Whether the tags say that a thing belongs to this pass."""
    return tags.get(TAG_KEY) == pass_name

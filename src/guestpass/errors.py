"""The few ways in which guestpass stops, each with what the reader can do about it.

    GuestpassError
    ├── InputError      yours to mend: a file or an option; nothing was changed        exit 2
    ├── AccountError    AWS refused or could not be reached; says what stands now      exit 1
    │   └── RootError   the credentials are the root user's: guestpass never takes them
    ├── StaleError      the account moved since the plan was made; nothing was changed exit 1
    └── Bug             guestpass is wrong: please report it                           exit 1

Messages are lower case, without a final full stop, the user's words in backticks; `hint` is one line, with a
command that works where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass


class GuestpassError(Exception):
    """The root of the tree; never raised itself."""

    exit_code = 1

    def __init__(self, says: str, *, hint: str | None = None) -> None:
        super().__init__(says)
        self.says = says
        self.hint = hint


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in the user's input something stands: `file:line:column`, counted from 1; `path` as in `$.guest.login`."""

    file: str
    line: int | None = None
    column: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        spot = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{spot} ({self.path})" if self.path else spot


class InputError(GuestpassError):
    """What the user gave cannot be used; nothing was changed."""

    exit_code = 2

    def __init__(
        self, says: str, *, place: Place | None = None, expected: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(says, hint=hint)
        self.place = place
        self.expected = expected


class AccountError(GuestpassError):
    """AWS refused a call, throttled it for too long or could not be reached.

    `call` is `service:Operation`; `code` AWS's error code (`Unreachable` when no answer came); `stands` says in
    words what has been changed by now, when the call was a step of a plan.
    """

    def __init__(
        self,
        says: str,
        *,
        call: str,
        code: str,
        resource: str | None = None,
        request_id: str | None = None,
        step: str | None = None,
        stands: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(says, hint=hint)
        self.call = call
        self.code = code
        self.resource = resource
        self.request_id = request_id
        self.step = step
        self.stands = stands


class RootError(AccountError):
    """The credentials belong to the account's root user, whom no policy can hold."""


class StaleError(GuestpassError):
    """The account is no longer what the plan was made against; nothing was changed."""


class Bug(GuestpassError):  # noqa: N818 -- the word that every reader knows
    """Something that cannot happen has happened."""

"""The options that several verbs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Group, Parameter

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
"""An option that is there or not."""

_OUTPUT = Group("Output", sort_key=8)
_ACCOUNT = Group("Account", sort_key=7)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Output:
    """How the answer is shown."""

    json: Annotated[bool, Parameter(negative=(), show_default=False, group=_OUTPUT)] = False
    """Answer in JSON, errors too."""

    color: Annotated[Literal["auto", "always", "never"], Parameter(group=_OUTPUT)] = "auto"
    """Colour; `auto` means: on a terminal, unless NO_COLOR is set."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Account:
    """Where the owner's account is, and with whose credentials it is asked."""

    endpoint_url: Annotated[str | None, Parameter(group=_ACCOUNT)] = None
    """Another endpoint than AWS's own, such as the AWS in the box."""

    profile: Annotated[str | None, Parameter(group=_ACCOUNT)] = None
    """The profile of the AWS configuration whose credentials are used."""

    region: Annotated[str | None, Parameter(group=_ACCOUNT)] = None
    """The region to ask in."""

"""What a table row can say about an operation, and the reader that refuses a row that says anything else.

One TOML file a service by botocore's client name (`ec2.toml`); each table is an operation, each value in it a
JMESPath expression over the call's parameters. JMESPath is AWS's own language for this; `fill` adds a few
functions to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from guestpass.errors import Bug

Expression = str
"""A JMESPath expression over the parameters."""


class Tags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tags in the request: `at` finds them (Key/Value pairs or a mapping).

    With `via` the tags need a further action, on the row's resources of the types `on` (all if empty).
    `family` is the service's own key family that repeats `aws:RequestTag/` (`rds:req-tag/`).
    """

    at: Expression
    family: str = ""
    via: str = ""
    on: tuple[str, ...] = ()


class Passes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role handed to the service `to`: its ARN (`role`), or the instance profile it is in (`profile`: name
    or ARN).
    """

    to: str
    role: Expression = ""
    profile: Expression = ""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What AWS authorises for one operation.

    `action` is the action's name if it is not the operation's (`prefix:Name` if the prefix differs too). `on`
    gives, by resource type, the variables of its ARN: a string for the last one, a hash for several, a list
    for several resources, `'*'` for a resource that the call creates. `named` gives names that the holder of
    the state turns into ARNs. `all` says that the call is authorised on `*` although AWS lists types. `when`
    limits the row to calls that have something; `also` are further things that are authorised. `free`:
    nothing is authorised at all. `refuse` are parameters whose meaning no row has yet. `skip` are resource
    types, and why this call cannot touch them. `mentions` says that role ARNs in the parameters are not being
    passed. `source` is AWS's page.
    """

    action: str = ""
    on: dict[str, Expression] = {}
    named: dict[str, Expression] = {}
    keys: dict[str, Expression] = {}
    tags: Tags | None = None
    passes: tuple[Passes, ...] = ()
    also: tuple[Row, ...] = ()
    when: Expression = ""
    all: bool = False
    free: bool = False
    optional: bool = False
    refuse: tuple[str, ...] = ()
    skip: dict[str, str] = {}
    mentions: bool = False
    source: str = ""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: AWS's page for its rows where a row names none, and the rows by operation."""

    source: str
    operations: dict[str, Row]


def table_names() -> tuple[str, ...]:
    """The services (botocore's client names) that have a table, sorted."""
    entries = resources.files(__package__).iterdir()
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))
    )


@cache
def table(client: str) -> Table | None:
    """The table of a service, None if there is none; raises `Bug` on a row that does not fit the schema."""
    if client not in table_names():
        return None
    text = resources.files(__package__).joinpath(f"{client}.toml").read_text(encoding="utf-8")
    try:
        return msgspec.convert(tomllib.loads(text), Table)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Bug(f"the catalogue's own table `{client}.toml` is wrong: {error}") from error


def row_of(client: str, operation: str) -> Row | None:
    """The row of an operation, if there is one."""
    found = table(client)
    return found.operations.get(operation) if found else None


def rows(client: str) -> Mapping[str, Row]:
    """All rows of a service by operation; empty without a table."""
    found = table(client)
    return found.operations if found else {}

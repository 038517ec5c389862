"""What a table can say of an event that makes or ends things, and the reader that refuses anything else.

One TOML file a service, called as its event source (`source`) is. A path begins with `request`, `response` or, for what
stands in one element of `each`, with nothing (`.instanceId`). Its parts are CloudTrail's names, case aside; `name[]` is a
list in any of its forms; `name?` is a wrapper that the record may lack. Paths between bars are tried in turn; `+` puts
the texts of two paths beside each other.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from guestpass.errors import Bug

Path = str


class Made(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event makes.

    `each` is the list of what was made, where it is several; `arn` and `id` stand for the new thing itself. Without
    `arn` the ARN is built by AWS's format from `id`, or from `fill` where the format has several variables. `tail`
    takes the last part of an id that is written as a path or URL, `strip` takes off what an ARN does not repeat;
    `lower` is for ids that AWS keeps in lower case; `spells` is the part of the format, several variables of it, that an id
    stands for whole.
    `bare`: AWS gives the thing no ARN. `unsaid` are variables of the format that no record says: `*` stands for them.
    `brings` are the things that come along with each; `again` see `Creation`: not where the record has `anew`.
    `where` limits the row to records that have something there, or, written `path = a b`, one of these words; `unless`
    to the others.
    """

    type: str
    each: Path = ""
    arn: Path = ""
    id: Path = ""
    name: Path = ""
    region: Path = ""
    where: Path = ""
    unless: Path = ""
    within: tuple[Path, ...] = ()
    fill: dict[str, Path] = {}
    unsaid: tuple[str, ...] = ()
    brings: tuple[Made, ...] = ()
    tail: bool = False
    strip: str = ""
    spells: str = ""
    lower: bool = False
    bare: bool = False
    again: bool = False
    anew: Path = ""
    parent: Path = ""


class Ended(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event ends: `said` is where it names the thing; the rest as in `Made`, `later` as in `Ending`."""

    type: str
    said: Path
    each: Path = ""
    where: Path = ""
    unless: Path = ""
    tail: bool = False
    strip: str = ""
    lower: bool = False
    later: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file. `created`, `ended` and `kept` (an end that is called off) by event name; `nothing` are events
    that look like a create or an end and are none, and what they do.

    `operations` gives the API's operation where the event's name is another; `clients` are botocore's names of the
    APIs that log under this source (for the test that holds the paths against them).
    """

    source: str
    clients: tuple[str, ...]
    page: str
    created: dict[str, Made | tuple[Made, ...]] = {}
    ended: dict[str, Ended | tuple[Ended, ...]] = {}
    kept: dict[str, Ended] = {}
    nothing: dict[str, str] = {}
    operations: dict[str, str] = {}


def table_of(source: str) -> Table | None:
    """The table of an event source, None for one without; raises `Bug` on one that does not fit the schema."""
    return _table(source) if source in _sources() else None


def tables() -> Mapping[str, Table]:
    """All tables by event source, sorted by it."""
    return {source: _table(source) for source in sorted(_sources())}


@cache
def _sources() -> frozenset[str]:
    names = (entry.name for entry in resources.files(__package__).iterdir())
    return frozenset(
        f"{name.removesuffix('.toml')}.amazonaws.com" for name in names if name.endswith(".toml")
    )


@cache
def _table(source: str) -> Table:
    file = resources.files(__package__).joinpath(f"{source.partition('.')[0]}.toml")
    try:
        table = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Table)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Bug(f"the catalogue's own table of creations `{file.name}` is wrong: {error}") from error
    if table.source != source:
        raise Bug(f"the table of creations `{file.name}` is of another source: {table.source}")
    return table


def made_rows(table: Table, name: str) -> tuple[Made, ...]:
    """What the table says that an event makes."""
    found = table.created.get(name, ())
    return found if isinstance(found, tuple) else (found,)


def ended_rows(table: Table, name: str) -> tuple[Ended, ...]:
    """What the table says that an event ends, or keeps from its end."""
    found = table.ended.get(name, table.kept.get(name, ()))
    return found if isinstance(found, tuple) else (found,)

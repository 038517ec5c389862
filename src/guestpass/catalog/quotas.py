"""IAM's limits, as AWS documents them: what a policy that is to be stored must keep to."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources

import msgspec

from guestpass.catalog.values import Quota, Unmapped
from guestpass.errors import Bug


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: str
    limit: int
    page: str
    up_to: int | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    revised: date
    iam: str
    organizations: str
    sts: str
    quotas: dict[str, _Row]


@cache
def _file() -> _File:
    text = resources.files("guestpass.catalog").joinpath("quotas.toml").read_text(encoding="utf-8")
    try:
        return msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Bug(f"the catalogue's own `quotas.toml` is wrong: {error}") from error


@cache
def quotas() -> Mapping[str, Quota]:
    """Every limit by its code, in the table's order."""
    file = _file()
    pages = {"iam": file.iam, "organizations": file.organizations, "sts": file.sts}
    return {
        code: Quota(code=code, words=row.words, limit=row.limit, up_to=row.up_to, page=pages[row.page])
        for code, row in file.quotas.items()
    }


def quota(code: str) -> Quota | Unmapped:
    """One limit by its code (`managed-policy-characters`)."""
    return quotas().get(code) or Unmapped(why=f"the catalogue knows no quota `{code}`")


def quotas_revised() -> date:
    """The day on which the table was last held against AWS's pages."""
    return _file().revised

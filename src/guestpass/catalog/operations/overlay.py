"""Our own sayings about operations that every package has wrong or lacks, each with AWS's page.

One TOML file a service by botocore's client name, in `overlay/`. They stand above the packages and below the rows
that the box enforces.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from guestpass.catalog.values import Kind
from guestpass.errors import Bug


class Need(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One needed action, as `NeededAction` has it; `kind` is told by the action where it is left out."""

    action: str
    kind: Kind | None = None
    when: str = ""
    perhaps: bool = False
    page: str = ""


class Saying(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of one operation.

    `is` gives its primary actions in the place of the packages' (a name alone is the service's own prefix; a list of
    names, or of `Need`s where each has its `when`). `needs` adds dependents or corrects them. `never` are actions that
    a package gives wrongly. `only` says that nothing else is needed. `free`: no permission. `open`: why nobody can say.
    `page` is AWS's page, the file's if left out.
    """

    primary: str | tuple[str | Need, ...] = msgspec.field(default=(), name="is")
    needs: tuple[Need, ...] = ()
    never: tuple[str, ...] = ()
    only: bool = False
    free: bool = False
    open: str = ""
    page: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    page: str
    operations: dict[str, Saying] = {}


@cache
def overlay_names() -> tuple[str, ...]:
    """The services (botocore's client names) of which something is said, sorted."""
    entries = resources.files("guestpass.catalog.operations").joinpath("overlay").iterdir()
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))
    )


@cache
def sayings(client: str) -> Mapping[str, Saying]:
    """What is said of a service's operations, by name, each with its page; raises `Bug` on a wrong file."""
    if client not in overlay_names():
        return {}
    folder = resources.files("guestpass.catalog.operations").joinpath("overlay")
    try:
        text = folder.joinpath(f"{client}.toml").read_text(encoding="utf-8")
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Bug(f"the catalogue's own overlay `{client}.toml` is wrong: {error}") from error
    return {
        name: said if said.page else msgspec.structs.replace(said, page=file.page)
        for name, said in file.operations.items()
    }

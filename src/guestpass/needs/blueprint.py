"""Blueprints: what known kinds of backend need, as data that ships with the package or lies beside the pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, get_args

from guestpass.needs.entry import Warned, needs_of_entry, warned_of
from guestpass.needs.need import Need
from guestpass.needs.resource_types import Setting
from guestpass.needs.tree import Branch, printable, read_tree

_SUFFIX = ".yaml"
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")
Who = Literal["guest", "instance"]
Asked = Literal["domain", "domains", "zone", "certificate"]
"""What an option can ask of the pass: a domain or several, a hosted zone's id, a certificate's ARN."""

PassField = Literal["network", "instance-types", "database-classes", "image-owners"]
"""What a blueprint can ask of the pass beyond the guest, the regions, the end and the money."""

RunsAs = Literal["ec2", "lambda", "ecs-tasks"]
"""The service that assumes the role which the owner makes for what is built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """Something a blueprint offers beyond its core. `asks` is what the pass must say for it, by field.

    Each field fills the placeholder `{OPTION-FIELD}` of the ARNs and conditions.
    """

    name: str
    title: str
    asks: Mapping[str, Asked]


@dataclass(frozen=True, kw_only=True, slots=True)
class Blueprint:
    """What is known of a blueprint before it is filled.

    `asks` is what the pass must say; `runs_as` the service whose role the owner makes, None where nothing runs under a
    role; `service_linked_roles` are the services (`rds.amazonaws.com`) whose own roles the owner makes beforehand;
    `warned` what the owner must accept or do without.
    """

    name: str
    title: str
    asks: tuple[PassField, ...]
    runs_as: RunsAs | None
    service_linked_roles: tuple[str, ...]
    options: Mapping[str, Option]
    warned: tuple[Warned, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parts:
    """A blueprint with all that it extends: its top, the entries of its core and those of its options."""

    top: dict[str, Branch]
    core: Mapping[Who, tuple[Branch, ...]]
    options: Mapping[str, dict[str, Branch]]


@cache
def blueprints() -> tuple[str, ...]:
    """The names of the blueprints that guestpass knows."""
    folder = resources.files("guestpass.needs").joinpath("blueprints")
    return tuple(
        sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))
    )


def blueprint(name: str, *, text: str | None = None) -> Blueprint:
    """Say what a blueprint asks and offers. `text` is that of one's own, `name` then its file.

    Raises `InputError` with the place of what is wrong in one's own.
    """
    return _blueprint(name, text)


@lru_cache(maxsize=16)
def _blueprint(name: str, text: str | None) -> Blueprint:
    parts = _parts(name, text)
    entries = [
        *(entry for who in get_args(Who) for entry in parts.core[who]),
        *(
            e
            for fields in parts.options.values()
            for who in get_args(Who)
            if who in fields
            for e in fields[who].items()
        ),
    ]
    return Blueprint(
        name=name,
        title=parts.top["title"].text(),
        asks=_choices(parts.top, "asks", get_args(PassField)),  # type: ignore[arg-type]
        runs_as=parts.top["runs-as"].choice(get_args(RunsAs), "service") if "runs-as" in parts.top else None,  # type: ignore[arg-type]
        service_linked_roles=_services(parts.top),
        options={option: _option(option, fields) for option, fields in parts.options.items()},
        warned=tuple(warned for entry in entries for warned in warned_of(entry)),
    )


def options_of(name: str, *, text: str | None = None) -> Mapping[str, Option]:
    """What a blueprint offers beyond its core, by name."""
    return blueprint(name, text=text).options


def of_blueprint(
    name: str,
    *,
    setting: Setting,
    login: str,
    who: Who = "guest",
    options: Iterable[str] = (),
    accepted: Iterable[str] = (),
    text: str | None = None,
) -> tuple[Need, ...]:
    """Say what a blueprint's job needs of the guest who builds it, or of the site's own instances.

    `setting` fills the ARNs; `login` chooses the entries that belong to one way of coming in; `options` are the
    names of those that the pass takes, `accepted` the Sids of the entries with a warning that the owner accepts; `text`
    is that of one's own blueprint. Raises `InputError` with the place of what is wrong in one's own.
    """
    parts = _parts(name, text)
    taken, accepts = set(options), set(accepted)
    sids: set[str] = set()
    needs: list[Need] = []
    chosen = [
        *parts.core[who],
        *(
            e
            for option, fields in parts.options.items()
            if option in taken and who in fields
            for e in fields[who].items()
        ),
    ]
    for entry in chosen:
        needs.extend(needs_of_entry(entry, sids, setting=setting, login=login, accepts=accepts))
    return tuple(needs)


def read_blueprint(
    text: str, *, file: str, setting: Setting, login: str, who: Who = "guest", options: Iterable[str] = ()
) -> tuple[Need, ...]:
    """Read a blueprint from its text. Raises `InputError` with the place of what is wrong."""
    return of_blueprint(file, setting=setting, login=login, who=who, options=options, text=text)


@lru_cache(maxsize=16)
def _parts(name: str, text: str | None) -> _Parts:
    file = name
    if text is None:
        file = f"{name}{_SUFFIX}"
        text = resources.files("guestpass.needs").joinpath("blueprints", file).read_text("utf-8")
    top = read_tree(text, file=file).fields(
        required=("blueprint", "title"),
        optional=(
            *("asks", "runs-as", "service-linked-roles"),
            *("extends", "takes", "guest", "instance", "options"),
        ),
    )
    own = {who: top[who].items() if who in top else () for who in get_args(Who)}
    options = _options(top)
    if "extends" not in top:
        if "guest" not in top:
            top["blueprint"].fail(
                "nothing is said of what the guest needs", expected="`$.guest`, or `$.extends`"
            )
        return _Parts(top=top, core=own, options=options)
    base = _parts(top["extends"].choice(blueprints(), "blueprint"), None)
    takes = _choices(top, "takes", tuple(base.options))
    core = {
        who: (
            *base.core[who],
            *(
                entry
                for taken in takes
                if who in base.options[taken]
                for entry in base.options[taken][who].items()
            ),
            *own[who],
        )
        for who in get_args(Who)
    }
    left = {option: fields for option, fields in base.options.items() if option not in takes}
    for option in takes:
        if "asks" in base.options[option]:
            top["takes"].fail(f"option `{option}` asks something of the pass", expected="leave it an option")
    return _Parts(top={**base.top, **top}, core=core, options={**left, **options})


def _options(top: dict[str, Branch]) -> dict[str, dict[str, Branch]]:
    if "options" not in top:
        return {}
    return {
        name: branch.fields(required=("title",), optional=("asks", "guest", "instance"))
        for name, branch in top["options"].mapping().items()
    }


def _option(name: str, fields: dict[str, Branch]) -> Option:
    asks = fields["asks"].mapping() if "asks" in fields else {}
    return Option(
        name=name,
        title=fields["title"].text(),
        asks={asked: kind.choice(get_args(Asked), "kind") for asked, kind in asks.items()},  # type: ignore[misc]
    )


def _choices(top: dict[str, Branch], field: str, known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item.choice(known, field) for item in top[field].items()) if field in top else ()


def _services(top: dict[str, Branch]) -> tuple[str, ...]:
    if "service-linked-roles" not in top:
        return ()
    for item in top["service-linked-roles"].items():
        if not _SERVICE.fullmatch(item.text()):
            item.fail(
                f"`{printable(item.text())}` is not a service",
                expected="its principal, as in `rds.amazonaws.com`",
            )
    return top["service-linked-roles"].texts()

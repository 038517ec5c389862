"""What taking things down will need: no trail shows a delete before it is made."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

import msgspec

from guestpass.needs.need import Need


class Teardown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How things of one type are taken down. The fields are explained at the top of `teardown.toml`."""

    deletes: tuple[str, ...]
    source: str
    first: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    carried: bool = False


@cache
def teardowns() -> Mapping[str, Teardown]:
    """All types of which it is known how they are taken down, by `service:type`."""
    text = resources.files("guestpass.needs").joinpath("teardown.toml").read_text("utf-8")
    return {name: msgspec.convert(entry, Teardown) for name, entry in tomllib.loads(text).items()}


def teardown_known(type_: str, declared: Iterable[Need]) -> bool:
    """Whether it is known how things of a type are taken down: by the table, or by the blueprint."""
    return type_ in teardowns() or any(_by_blueprint(need, type_) for need in declared)


def of_teardown(standing: Mapping[str, str], *, declared: Sequence[Need]) -> tuple[Need, ...]:
    """Say what of the declared needs deleting things of these types will ask for.

    `standing` gives for each type, in words, what there is to delete. What has to be done before, and what the clients
    of the delete ask while they wait, comes along.
    """
    out: list[Need] = []
    for type_, what in sorted(standing.items()):
        known = teardowns().get(type_)
        whys = dict.fromkeys(known.deletes, f"deletes {what}") if known else {}
        if known:
            whys |= dict.fromkeys(known.first, f"may come before deleting {what}")
            whys |= dict.fromkeys(known.looks, f"finds {what}, and waits until it is gone")
        for need in declared:
            if _by_blueprint(need, type_):
                whys.setdefault(need.action, f"deletes {what}")
        source = known.source if known else ""
        out += [
            dataclasses.replace(need, kind="teardown", why=whys[need.action], source=source or need.source)
            for need in declared
            if need.action in whys
        ]
    return tuple(out)


def deletes_of(type_: str, declared: Iterable[Need]) -> frozenset[str]:
    """The actions that delete a thing of a type."""
    known = teardowns().get(type_)
    return frozenset(known.deletes if known else ()) | {
        need.action for need in declared if _by_blueprint(need, type_)
    }


def _by_blueprint(need: Need, type_: str) -> bool:
    return need.kind == "teardown" and need.type == type_

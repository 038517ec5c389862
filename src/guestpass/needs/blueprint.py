"""Blueprints: what known kinds of backend need, as data that ships with the package, read into `Need`s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, TypedDict, get_args

from guestpass.needs.need import Kind, Need, Stance
from guestpass.needs.resource_types import ResourceType, Setting, filled, resource_types
from guestpass.needs.tree import Branch, did_you_mean, printable, read_tree

_SUFFIX = ".yaml"
_STANCES: tuple[Stance, ...] = ("creates", "changes", "uses", "lists", "tags")
_LOGINS = ("access-key", "console", "role", "instance-only")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
Who = Literal["guest", "instance"]
Asked = Literal["domain", "domains", "zone", "certificate"]
"""What an option can ask of the pass: a domain or several, a hosted zone's id, a certificate's ARN."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """Something a blueprint offers beyond its core. `asks` is what the pass must say for it, by field.

    Each field fills the placeholder `{OPTION-FIELD}` of the ARNs and conditions.
    """

    name: str
    title: str
    asks: Mapping[str, Asked]


class _Told(TypedDict):
    """What the needs of one action have in common."""

    kind: Kind
    purpose: str
    why: str
    source: str


@cache
def blueprints() -> tuple[str, ...]:
    """The names of the blueprints that guestpass knows."""
    folder = resources.files("guestpass.needs").joinpath("blueprints")
    return tuple(
        sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))
    )


@cache
def options_of(name: str) -> Mapping[str, Option]:
    """What a blueprint offers beyond its core, by name."""
    return {
        option: Option(
            name=option,
            title=fields["title"].text(),
            asks={
                asked: kind.choice(get_args(Asked), "kind")  # type: ignore[misc]
                for asked, kind in fields["asks"].mapping().items()
            }
            if "asks" in fields
            else {},
        )
        for option, fields in _options(_top(_shipped(name))).items()
    }


def of_blueprint(
    name: str, *, setting: Setting, login: str, who: Who = "guest", options: Iterable[str] = ()
) -> tuple[Need, ...]:
    """Say what a blueprint's job needs of the guest who builds it, or of the site's own instances.

    `setting` fills the ARNs; `login` chooses the entries that belong to one way of coming in; `options` are the
    names of those that the pass takes.
    """
    return _read(_shipped(name), setting=setting, login=login, who=who, options=options)


@cache
def _shipped(name: str) -> Branch:
    text = resources.files("guestpass.needs").joinpath("blueprints", f"{name}{_SUFFIX}").read_text("utf-8")
    return read_tree(text, file=f"{name}{_SUFFIX}")


def read_blueprint(
    text: str, *, file: str, setting: Setting, login: str, who: Who = "guest", options: Iterable[str] = ()
) -> tuple[Need, ...]:
    """Read a blueprint from its text. Raises `InputError` with the place of what is wrong."""
    return _read(read_tree(text, file=file), setting=setting, login=login, who=who, options=options)


def _top(tree: Branch) -> dict[str, Branch]:
    return tree.fields(required=("blueprint", "title", "guest"), optional=("instance", "services", "options"))


def _options(top: dict[str, Branch]) -> dict[str, dict[str, Branch]]:
    if "options" not in top:
        return {}
    return {
        name: branch.fields(required=("title",), optional=("asks", "guest", "instance"))
        for name, branch in top["options"].mapping().items()
    }


def _read(
    tree: Branch, *, setting: Setting, login: str, who: Who, options: Iterable[str]
) -> tuple[Need, ...]:
    top = _top(tree)
    taken = set(options)
    parts = [top, *(fields for name, fields in _options(top).items() if name in taken)]
    sids: set[str] = set()
    needs: list[Need] = []
    for entry in (entry for part in parts if who in part for entry in part[who].items()):
        fields = entry.fields(required=("sid", "why", "actions"), optional=("kind", "login", *_STANCES))
        sid = _sid(fields["sid"], sids)
        if "login" in fields:
            chosen = [item.choice(_LOGINS, "login") for item in fields["login"].items()]
            if login not in chosen:
                continue
        needs.extend(_needs(fields, sid, setting))
    return tuple(needs)


def _sid(branch: Branch, seen: set[str]) -> str:
    sid = branch.text()
    # AWS: IAM JSON policy elements: Sid. "ASCII uppercase letters (A-Z), lowercase letters (a-z), and numbers
    # (0-9)"
    if not re.fullmatch(r"[A-Za-z0-9]{1,40}", sid):
        branch.fail(f"`{printable(sid)}` is not a statement id", expected="letters and digits")
    if sid in seen:
        branch.fail(f"`{sid}` stands twice", expected="an id for each entry")
    seen.add(sid)
    return sid


def _needs(fields: dict[str, Branch], sid: str, setting: Setting) -> Iterator[Need]:
    kind: Kind = (
        fields["kind"].choice(get_args(Kind), "kind") if "kind" in fields else "blueprint"  # type: ignore[assignment]
    )
    why = fields["why"].text()
    for item in fields["actions"].items():
        action = item.text()
        if not _ACTION.fullmatch(action):
            item.fail(f"`{printable(action)}` is not an action", expected="as in `ec2:RunInstances`")
        source = f"{item.place.file}:{item.place.line}"
        told = _Told(kind=kind, purpose=sid, why=why, source=source)
        service = action.split(":", 1)[0]
        on = [(stance, fields[stance]) for stance in _STANCES if stance in fields]
        if not on:
            yield Need(action=action, type=None, stance="asks", resources=("*",), conditions=(), **told)
        for stance, branch in on:
            for of in branch.items():
                name = f"{service}:{of.text()}"
                yield Need(
                    action=action,
                    type=name,
                    stance=stance,
                    resources=_resources(of, name, stance, setting),
                    conditions=_passing(action, name, setting),
                    **told,
                )


def _resources(branch: Branch, name: str, stance: Stance, setting: Setting) -> tuple[str, ...]:
    known = resource_types()
    if name not in known:
        branch.fail(
            f"nothing is known of resources of type `{printable(name)}`",
            expected="a type of resource_types.toml",
            hint=did_you_mean(name, known),
        )
    kind: ResourceType = known[name]
    own = setting["own"] if kind.own == "name" and stance != "lists" else ("*",)
    arn = kind.tagging if kind.tagging and stance == "tags" else kind.arn
    return filled(arn, {**setting, "own": own})


def _passing(action: str, name: str, setting: Setting) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """A role is passed to one service only, in the job policy as in the wall."""
    if action != "iam:PassRole":
        return ()
    return tuple(
        (operator, key, filled(value, setting))
        for operator, tests in resource_types()[name].using.items()
        for key, value in tests.items()
    )

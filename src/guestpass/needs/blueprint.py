"""Blueprints: what known kinds of backend need, as data that ships with the package or lies beside the pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, TypedDict, get_args

from guestpass import catalog
from guestpass.access.policy.operators import OPERATORS
from guestpass.needs.kinds import kind_of
from guestpass.needs.need import Kind, Need, Stance, Test
from guestpass.needs.resource_types import Setting, filled, resource_types
from guestpass.needs.tree import Branch, did_you_mean, printable, read_tree

_SUFFIX = ".yaml"
_STANCES: tuple[Stance, ...] = ("creates", "changes", "uses", "lists", "tags")
_LOGINS = ("access-key", "console", "role", "instance-only")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")
_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")
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
class Warned:
    """An entry that no policy can hold closely: granted only where the pass accepts it by its Sid, after this warning."""

    sid: str
    why: str
    warning: str


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


class _Told(TypedDict):
    """What the needs of one action have in common."""

    kind: Kind
    purpose: str
    why: str
    source: str


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
        warned=tuple(warned for entry in entries for warned in _warned(entry)),
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
        fields = _entry(entry)
        sid = _sid(fields["sid"], sids)
        if "login" in fields and login not in [
            item.choice(_LOGINS, "login") for item in fields["login"].items()
        ]:
            continue
        if "warning" in fields and sid not in accepts:
            continue
        needs.extend(_needs(fields, sid, setting))
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


def _entry(entry: Branch) -> dict[str, Branch]:
    return entry.fields(
        required=("sid", "why", "actions"), optional=("kind", "login", "warning", "when", *_STANCES)
    )


def _warned(entry: Branch) -> Iterator[Warned]:
    fields = _entry(entry)
    if "warning" in fields:
        yield Warned(sid=fields["sid"].text(), why=fields["why"].text(), warning=fields["warning"].text())


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
        action = _action(item)
        source = f"{item.place.file}:{item.place.line}"
        told = _Told(kind=kind, purpose=sid, why=why, source=source)
        service = action.split(":", 1)[0]
        only = _when(fields["when"], action, setting) if "when" in fields else ()
        on = [(stance, fields[stance]) for stance in _STANCES if stance in fields]
        if not on:
            yield Need(action=action, type=None, stance="asks", resources=("*",), conditions=only, **told)
        for stance, branch in on:
            for of in branch.items():
                name = f"{service}:{of.text()}"
                _require_type(of, action, name, stance)
                yield Need(
                    action=action,
                    type=name,
                    stance=stance,
                    resources=_resources(of, action, name, stance, setting),
                    conditions=(*_passing(action, name, setting), *only),
                    **told,
                )


def _action(branch: Branch) -> str:
    said = branch.text()
    if not _ACTION.fullmatch(said):
        branch.fail(f"`{printable(said)}` is not an action", expected="as in `ec2:RunInstances`")
    known = catalog.action(said)
    if isinstance(known, catalog.Unmapped):
        near = catalog.nearest_actions(said)
        branch.fail(
            f"AWS lists no action `{printable(said)}`",
            expected="an action by its name, without `*`",
            hint=f"did you mean `{near[0]}`?" if near else None,
        )
    return known.name


def _require_type(branch: Branch, action: str, name: str, stance: Stance) -> None:
    """Refuse a type that AWS does not list for the action: the statement would allow nothing."""
    service = name.partition(":")[0]
    known = [
        each for each in (*resource_types(), *catalog.resource_type_names()) if each.startswith(f"{service}:")
    ]
    if name not in known:
        branch.fail(
            f"nothing is known of resources of type `{printable(name)}`",
            expected=f"a type that AWS lists for {service}, without `{service}:`",
            hint=did_you_mean(name, known),
        )
    listed = catalog.resource_types(action)
    if isinstance(listed, catalog.Unmapped) or (not listed and stance == "creates"):
        return
    kind = name.partition(":")[2]
    # Load balancers of both generations share the names of some actions, of which the catalogue lists the older's type
    # alone: `loadbalancer` is `loadbalancer/app/` too, and what carries tags can be tagged.
    if kind in listed or kind.partition("/")[0] in listed or _tags(action, name):
        return
    branch.fail(
        f"`{action}` takes no `{printable(kind)}`",
        expected=f"one of {', '.join(f'`{each}`' for each in listed)}"
        if listed
        else "no type: AWS lists none for it",
        hint=f"guestpass catalog {action}",
    )


def _tags(action: str, name: str) -> bool:
    """Whether an action tags things of a type that can carry tags."""
    listed, kind = catalog.action(action), catalog.resource_type(name)
    if isinstance(listed, catalog.Unmapped) or isinstance(kind, catalog.Unmapped):
        return False
    return "Tagging" in listed.levels and bool(listed.types) and "aws:ResourceTag/${TagKey}" in kind.keys


def _resources(branch: Branch, action: str, name: str, stance: Stance, setting: Setting) -> tuple[str, ...]:
    if not catalog.resource_types(action):
        return (
            "*",
        )  # what is made has no ARN that AWS would ask about: the request's tag holds it, or nothing
    kind = kind_of(name)
    own = setting["own"] if kind.own == "name" and stance != "lists" else ("*",)
    arn = kind.tagging if kind.tagging and stance == "tags" else kind.arn
    tests = [kind.changing, kind.using, kind.creating.get(action.partition(":")[2], {})]
    told = [value for test in tests for keys in test.values() for value in keys.values()]
    _require_filled(branch, (arn, *(each for value in told for each in _several(value))), setting)
    return filled(arn, {**setting, "own": own})


def _passing(action: str, name: str, setting: Setting) -> tuple[Test, ...]:
    """A role is passed to one service only, in the job policy as in the wall."""
    if action != "iam:PassRole":
        return ()
    return tuple(
        (operator, key, filled(value, setting))
        for operator, tests in kind_of(name).using.items()
        for key, value in tests.items()
    )


def _when(branch: Branch, action: str, setting: Setting) -> tuple[Test, ...]:
    """Read the conditions that an entry adds to what its types are held by: operator, key, a value or several."""
    tests: list[Test] = []
    for operator, keys in branch.mapping().items():
        bare = re.sub(r"^(ForAllValues:|ForAnyValue:)|IfExists$", "", operator)
        if bare not in OPERATORS:
            keys.fail(
                f"unknown operator `{printable(operator)}`",
                expected="an operator of IAM's, as in `StringEquals`",
                hint=did_you_mean(operator, OPERATORS),
            )
        for key, said in keys.mapping().items():
            _require_key(said, action, key)
            values = (said.text(),) if said.is_text else said.texts()
            _require_filled(said, values, setting)
            tests.append((operator, key, filled(values, setting)))
    return tuple(tests)


def _require_key(branch: Branch, action: str, key: str) -> None:
    """Refuse a key that AWS does not list for the action: the test would never hold, or always."""
    listed = catalog.action(action)
    if key.startswith("aws:") or isinstance(listed, catalog.Unmapped):
        return
    if not any(key.lower() == each.partition("${")[0].lower() or key == each for each in listed.keys):
        branch.fail(
            f"AWS lists no key `{printable(key)}` for `{action}`",
            expected=f"one of {', '.join(f'`{each}`' for each in sorted(listed.keys))}"
            if listed.keys
            else "a key that begins with `aws:`",
            hint=did_you_mean(key, listed.keys),
        )


def _require_filled(branch: Branch, texts: Iterable[str], setting: Setting) -> None:
    """Refuse a placeholder that the pass says nothing for."""
    for name in (name for text in texts for name in _PLACEHOLDER.findall(text)):
        if not setting.get(name):
            branch.fail(
                f"nothing in the pass fills `{{{printable(name)}}}`, which this needs",
                expected=f"a blueprint that asks for it (`asks`, or an option's `asks`), or "
                f"one of {', '.join(f'`{{{each}}}`' for each in sorted(setting) if setting[each])}",
            )


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value

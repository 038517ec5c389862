"""One entry of a blueprint: actions on types of resources, read or refused with the place of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict, get_args

from guestpass import catalog
from guestpass.access.policy.operators import OPERATORS
from guestpass.needs.kept_back import lent_by_no_pass
from guestpass.needs.kinds import kind_of
from guestpass.needs.need import Kind, Need, Stance, Test
from guestpass.needs.resource_types import Setting, filled, resource_types
from guestpass.needs.tree import Branch, did_you_mean, printable

STANCES: tuple[Stance, ...] = ("creates", "changes", "uses", "lists", "tags")
_LOGINS = ("access-key", "console", "role", "instance-only")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Warned:
    """An entry that no policy can hold closely: granted only where the pass accepts it by its Sid, after this warning."""

    sid: str
    why: str
    warning: str


class _Told(TypedDict):
    """What the needs of one action have in common."""

    kind: Kind
    purpose: str
    why: str
    source: str


def _fields(entry: Branch) -> dict[str, Branch]:
    return entry.fields(
        required=("sid", "why", "actions"), optional=("kind", "login", "warning", "when", *STANCES)
    )


def warned_of(entry: Branch) -> Iterator[Warned]:
    """Say what an entry warns of, if it does."""
    fields = _fields(entry)
    if "warning" in fields:
        yield Warned(sid=fields["sid"].text(), why=fields["why"].text(), warning=fields["warning"].text())


def needs_of_entry(
    entry: Branch, sids: set[str], *, setting: Setting, login: str, accepts: Collection[str]
) -> Iterator[Need]:
    """Say what one entry needs; nothing where it is for another login, or warns of what nobody accepts.

    `sids` are those that stand before it; its own is added. Raises `InputError` with the place of what is wrong.
    """
    fields = _fields(entry)
    sid = _sid(fields["sid"], sids)
    if "login" in fields and login not in [item.choice(_LOGINS, "login") for item in fields["login"].items()]:
        return
    if "warning" in fields and sid not in accepts:
        return
    yield from _needs(fields, sid, setting)


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
    if kind == "agreed" and "warning" not in fields:
        fields["kind"].fail("what is agreed is held by its own words alone", expected="a `warning` to accept")
    why = fields["why"].text()
    for item in fields["actions"].items():
        action = _action(item, kind)
        source = f"{item.place.file}:{item.place.line}"
        told = _Told(kind=kind, purpose=sid, why=why, source=source)
        service = action.split(":", 1)[0]
        only = _when(fields["when"], action, setting) if "when" in fields else ()
        on = [(stance, fields[stance]) for stance in STANCES if stance in fields]
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


def _action(branch: Branch, kind: Kind) -> str:
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
    if kind != "self-service" and lent_by_no_pass(known):
        branch.fail(
            f"`{known.name}` decides who may do what in the account or what is recorded, and no pass lends it",
            expected="do it yourself, beforehand",
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
        hint=f"guestpass catalog action {action}",
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

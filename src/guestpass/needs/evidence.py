"""On which resources a declared resource asks for an action: those that it is, or that its properties name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources

import msgspec

from guestpass import catalog
from guestpass.catalog.actions import type_names
from guestpass.catalog.operations.ids import type_of
from guestpass.needs.arns import Arns, formats, parts, types_of
from guestpass.needs.declared import Declared, Reference
from guestpass.needs.properties import Leaf, plain
from guestpass.needs.resource_types import resource_types
from guestpass.needs.stance import stance_of

Placed = Mapping[str, tuple[str, ...]]
"""ARN patterns by IAM type (`rds:db`)."""

_TAGS = re.compile(r"Tag|Untag")
_EC2_ID = re.compile(r"[a-z-]+-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_VAGUE = frozenset({"id", "name", "arn", "type", "version", "uuid", "resourceid", "identifier", "accountid"})
_FROM_ANOTHER = re.compile(r":(Copy|Restore)|Replica")
"""Actions that make a thing from another of its type, so that both are resources of the call."""

_MADE_ALONG: Mapping[str, tuple[str, ...]] = {"ec2:RunInstances": ("ec2:network-interface", "ec2:volume")}
"""What comes with a thing that is made, whether AWS's list says that it must or not.

AWS: EC2 User Guide, "Example policies for launching instances (RunInstances)": from an image on EBS, a volume is needed
"""

_MANAGED = frozenset({"rds", "redshift"})
"""Services that keep a password in a secret of their own, whose name begins with theirs (`rds!db-…`).

AWS: Secrets Manager User Guide, "AWS Secrets Manager secrets managed by other AWS services"
"""

stance = lru_cache(maxsize=16384)(stance_of)


class Listed(msgspec.Struct, frozen=True):
    """What AWS lists of an action, as far as it is asked for here: `types` are `service:type`, with whether AWS requires it."""

    level: str
    types: dict[str, bool]

    @property
    def reads(self) -> bool:
        """Whether the action changes nothing."""
        return self.level in ("List", "Read")


@lru_cache(maxsize=16384)
def listed(action: str) -> Listed:
    """What AWS lists of an action."""
    service = action.partition(":")[0]
    found = catalog.action(action)
    if isinstance(found, catalog.Unmapped):
        return Listed(level="Write", types={})
    return Listed(
        level=found.levels[0], types={f"{service}:{kind}": must for kind, must in found.types.items()}
    )


@cache
def speaking() -> Mapping[str, frozenset[str]]:
    """The IAM types that a property speaks of, by its `plain` name."""
    text = resources.files("guestpass.needs").joinpath("speaks_of.toml").read_text("utf-8")
    names: dict[str, set[str]] = {}
    for type_, properties in tomllib.loads(text).items():
        for name in properties:
            names.setdefault(plain(name), set()).add(type_)
    return {name: frozenset(types) for name, types in names.items()}


class Evidence:
    """What one declared resource says of the resources that its actions are on."""

    def __init__(self, each: Declared, arns: Arns) -> None:
        self.each, self.arns = each, arns
        self.leaves = arns.leaves_of(each)
        self.types = arns.own_types(each)
        self._own: dict[str, tuple[str, ...]] = {type_: arns.of_type(each, type_) for type_ in self.types}
        self._named: dict[str, tuple[str, ...]] = {}
        self._parts: Mapping[str, tuple[str, ...]] | None = None
        self.tagged = False

    def named(self, type_: str) -> tuple[str, ...]:
        """The resources of an IAM type that the properties name: by reference, by ARN, by id, or by what they are called."""
        if type_ not in self._named:
            found = dict.fromkeys(arn for leaf in self.leaves for arn in self._of_leaf(leaf, type_))
            self._named[type_] = tuple(found)
        return self._named[type_]

    def placed(self, action: str) -> Placed:
        """The resources of an action by type, as narrow as is known; empty where it takes none, or where nothing tells.

        What AWS always asks for and nothing names is the type's pattern; what it may ask for and nothing names is left
        out.
        """
        types = listed(action).types
        service, _, name = action.partition(":")
        if self.types and self.types[0].startswith(f"{service}:") and _TAGS.search(name):
            # AWS lists such an action with every type that has tags, and where not (Elastic Load Balancing) it still is one
            return {type_: arns for type_, arns in self._own.items() if type_ in types} or (
                self._own if types else {}
            )
        if service == "apigateway" and self.types and self.types[0].startswith("apigateway:"):
            return self._by_path(name)
        found = {type_: arns for type_ in types if (arns := self._direct(action, type_, types))}
        families = {_family(type_) for type_ in found}
        for type_, must in types.items():
            if type_ in found or _family(type_) in families:
                continue
            below = self._below(type_)
            if must:
                found[type_] = below or self._pattern(action, type_)
            elif below and not any(types.values()) and not families:
                found[type_] = below
        for type_ in _MADE_ALONG.get(action, ()):
            found.setdefault(type_, self.arns.pattern(type_))
        return found

    def _by_path(self, method: str) -> Placed:
        """The paths of an API that a method is called on: what is made is posted to what it stands in.

        AWS: API Gateway Developer Guide, "Control access for managing an API": actions are HTTP methods, resources paths
        """
        found: dict[str, tuple[str, ...]] = {}
        for type_, arns in self._own.items():
            # a GET of the collection finds it, a PUT imports into it; a method of a REST API has parts below it
            above = [arn.rpartition("/")[0] for arn in arns if arn.count("/") > 1]
            above = above if method in ("POST", "PUT", "GET") else []
            below = [] if any(arn.endswith("*") for arn in arns) else [f"{arn}/*" for arn in arns]
            found[type_] = tuple(dict.fromkeys((*above, *arns, *below)))
        if self.tagged and method in ("POST", "PUT", "DELETE", "GET"):
            found["apigateway:Tags"] = self.arns.pattern("apigateway:Tags")
        return found

    def names_any(self, action: str) -> bool:
        """Whether the properties name something that the action could be on, or that what it is on stands under."""
        return any(self.named(type_) or self._under_named(type_) for type_ in listed(action).types)

    def _under_named(self, type_: str) -> bool:
        service, _, kind = type_.partition(":")
        inner = set(parts(formats(type_)[0]))
        for name in type_names(service):
            outer = set(parts(formats(f"{service}:{name}")[0]))
            if (
                name != kind
                and outer
                and outer < inner
                and not outer & _VAGUE
                and self.named(f"{service}:{name}")
            ):
                return True
        return False

    def of_all(self, action: str) -> Placed:
        """The resources of an action that lists things: all of the type."""
        return {
            type_: self.arns.pattern(type_)
            for type_ in listed(action).types
            if type_ in self.types or _family(type_) in {_family(own) for own in self.types}
        }

    def _direct(self, action: str, type_: str, beside: Mapping[str, bool]) -> tuple[str, ...]:
        own = self._own.get(type_, ())
        if own and _FROM_ANOTHER.search(action):
            return tuple(dict.fromkeys((*own, *self.named(type_))))
        if not own and not any(each in beside for each in self.types):
            own = self._kin(type_)
        return own or self.named(type_)

    def _kin(self, type_: str) -> tuple[str, ...]:
        """The own ARNs where AWS lists the action under another name of the type.

        AWS: Service Authorization Reference has Elastic Load Balancing twice, with types `loadbalancer` and
        `loadbalancer/app/`; API Gateway has collections (`RestApis`) beside their members.
        """
        for own, arns in self._own.items():
            if type_ == f"{own}s":
                return self.arns.filled(self._nearest_format(type_), self._all_parts())[:1]
            if own.startswith(f"{type_}/"):
                return arns
        return ()

    def _nearest_format(self, type_: str) -> str:
        known = self._all_parts()
        return max(formats(type_), key=lambda form: sum(part in known for part in parts(form)))

    def _below(self, type_: str) -> tuple[str, ...]:
        """What stands under the own or a named resource: the objects of its bucket, the streams of its log group."""
        known = self._all_parts()
        return tuple(
            arn
            for form in formats(type_)
            if any(part in known for part in parts(form))
            for arn in self.arns.filled(form, known)
        )

    def _all_parts(self) -> Mapping[str, tuple[str, ...]]:
        """All parts of ARNs that the resource and those that it refers to have a name for."""
        if self._parts is None:
            found: dict[str, tuple[str, ...]] = {}
            meant = [target for leaf in self.leaves if (target := self.arns.target(leaf.value)) is not None]
            for each in (self.each, *meant):
                for type_ in self.arns.own_types(each):
                    for form in formats(type_):
                        for part in parts(form):
                            text = self.arns.part_of(each, part, form)
                            if part not in _VAGUE and text != ("*",):
                                found.setdefault(part, text)
            for leaf in self.leaves:
                for type_ in speaking().get(leaf.name, ()):
                    last = parts(formats(type_)[0])[-1:]
                    if last and isinstance(leaf.value, str) and last[0] not in _VAGUE:
                        found.setdefault(last[0], self.arns.texts(leaf.value, last[0]))
            self._parts = found
        return self._parts

    def _of_leaf(self, leaf: Leaf, type_: str) -> tuple[str, ...]:
        value = leaf.value
        target = self.arns.target(value)
        if target is not None:
            same = any(_family(type_) == _family(each) for each in types_of(target.type))
            if same and type_ in types_of(target.type):
                return self.arns.of_type(target, type_) if type_ in self.arns.own_types(target) else ()
            return self.arns.own(target) if same else ()
        if isinstance(value, str):
            if value.startswith("arn:"):
                return (value,) if "${" not in value and is_of(value, type_) else ()
            if type_.startswith("ec2:") and _EC2_ID.fullmatch(value):
                kind = type_of(value)
                return self._with(type_, value) if f"ec2:{kind}" == type_ else ()
        if not self._speaks(leaf, type_):
            return ()
        if isinstance(value, str):
            return self._with(type_, value) if value else ()
        return () if value is None else self.arns.pattern(type_)

    def _speaks(self, leaf: Leaf, type_: str) -> bool:
        """Whether a property is called as a part of the type's ARN is, or as properties of the type are."""
        if type_ in speaking().get(leaf.name, ()):
            return True
        if isinstance(leaf.value, Reference) or not self.types:
            return False
        last = parts(formats(type_)[0])[-1:]
        same_service = type_.partition(":")[0] == self.types[0].partition(":")[0]
        return same_service and bool(last) and last[0] not in _VAGUE and leaf.name in (last[0], f"{last[0]}s")

    def _with(self, type_: str, name: str) -> tuple[str, ...]:
        """The type's ARN with a name or an id in it."""
        form = formats(type_)[0]
        last = parts(form)[-1:]
        if not last:
            return self.arns.pattern(type_)
        if "/${" in form:
            name = name.removeprefix("/")
        return self.arns.filled(form, {**self._all_parts(), last[0]: (name,)})

    def _pattern(self, action: str, type_: str) -> tuple[str, ...]:
        """The type's pattern; that of own names where the pass told some, and names tell own things of the type."""
        service = self.types[0].partition(":")[0] if self.types else ""
        if type_ == "secretsmanager:Secret" and service in _MANAGED:
            return self.arns.filled(formats(type_)[0], {"secretid": (f"{service}!*",)})
        prefix, known = self.arns.scene.prefix, resource_types().get(type_)
        if prefix and known and known.own == "name" and stance(action, type_) in ("creates", "changes"):
            return self._with(type_, f"{prefix}*")
        return self.arns.pattern(type_)


def is_of(arn: str, type_: str) -> bool:
    """Whether an ARN is that of a resource of an IAM type."""
    return any(_shape(form).fullmatch(arn) is not None for form in formats(type_))


@lru_cache(maxsize=4096)
def _shape(form: str) -> re.Pattern[str]:
    places = {"${Partition}": "[^:]*", "${Region}": "[^:]*", "${Account}": "[^:]*"}
    pieces = re.split(r"(\$\{\w+\})", form)
    return re.compile(
        "".join(
            places.get(piece) or (".+" if piece.startswith("${") else re.escape(piece)) for piece in pieces
        )
    )


def _family(type_: str) -> str:
    """Types that AWS tells apart by a further word are alternatives: `listener/app`, `listener/net`."""
    return type_.partition("/")[0]

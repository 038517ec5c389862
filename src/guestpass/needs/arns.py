"""The ARNs of declared resources, as exact as their properties are; what nothing names is `*`.

A name that a property gives is taken; one that CloudFormation makes up begins with the stack's; an id that AWS gives is
not foretold, and its part of the ARN stays open. A reference is followed to the resource that it means.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

import msgspec

from guestpass import catalog
from guestpass.catalog.actions import arn_format
from guestpass.needs.declared import Declared, Reference, Scene, Unknown, Value
from guestpass.needs.properties import Leaf, leaves, plain

_PART = re.compile(r"\$\{(\w+)\}")
_PLACES = frozenset({"partition", "region", "account"})
_VAGUE = frozenset(
    {"id", "name", "arn", "type", "version", "uuid", "resourceid", "identifier", "resourcename"}
)
"""Parts of ARN formats that are called so in many types: a property of that name need not mean this one."""

_TEMPLATES = ("AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration")
"""What a thing starts from: the image, the groups, the role that stand there are asked for with it."""

_SUFFIX = 13
"""How many characters CloudFormation adds to the names that it makes up, at most (`-ABCDEFGHIJKL`)."""

_SURE = 5
"""How many characters of the stack's name are kept where a made-up name has to be cut."""


class Naming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How resources of a CloudFormation type are named. The fields are explained at the top of `names.toml`."""

    name: str
    variable: str = ""
    made: str = "{stack}-{address}-*"
    most: int = 0
    lower: bool = False
    end: tuple[str, ...] = ("",)
    path: str = ""


@cache
def namings() -> Mapping[str, Naming]:
    """All that is known of names, by CloudFormation type."""
    text = resources.files("guestpass.needs").joinpath("names.toml").read_text("utf-8")
    return {name: msgspec.convert(entry, Naming) for name, entry in tomllib.loads(text).items()}


def own_arns(declared: Sequence[Declared], scene: Scene) -> Mapping[str, tuple[str, ...]]:
    """The ARN patterns of each declared resource, by address; empty where IAM has no type for it."""
    arns = Arns(declared, scene)
    return {each.address: arns.own(each) for each in declared}


@cache
def formats(type_: str) -> tuple[str, ...]:
    """AWS's ARN formats of an IAM type (`rds:db`): most types have one."""
    prefix, _, kind = type_.partition(":")
    return tuple((arn_format(prefix, kind) or "").split(", "))


@cache
def parts(format_: str) -> tuple[str, ...]:
    """The parts that an ARN format leaves open, each `plain`, without partition, region and account."""
    named = dict.fromkeys(plain(part) for part in _PART.findall(format_))
    return tuple(part for part in named if part not in _PLACES)


@cache
def types_of(name: str) -> tuple[str, ...]:
    """The IAM types of a CloudFormation type that are of its own service."""
    known = catalog.cloudformation_type(name)
    if isinstance(known, catalog.Unmapped) or not known.types:
        return ()
    service = known.types[0].partition(":")[0]
    return tuple(type_ for type_ in known.types if type_.partition(":")[0] == service)


@cache
def _ids(name: str) -> tuple[str, ...]:
    known = catalog.cloudformation_type(name)
    return () if isinstance(known, catalog.Unmapped) else tuple(plain(each) for each in known.id)


class Arns:
    """The ARNs of all resources of one source, each by the others that it refers to."""

    def __init__(self, declared: Iterable[Declared], scene: Scene) -> None:
        self.scene = scene
        self.by_address = {each.address: each for each in declared}
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}
        self._following: set[str] = set()

    def own(self, each: Declared) -> tuple[str, ...]:
        """The ARNs of a declared resource."""
        if each.arn is not None:
            return (each.arn,)
        return tuple(
            dict.fromkeys(arn for type_ in self.own_types(each) for arn in self.of_type(each, type_))
        )

    def own_types(self, each: Declared) -> tuple[str, ...]:
        """The IAM types that a declared resource is of, as far as its properties tell them apart."""
        types = types_of(each.type)
        if len(types) < 2:
            return types
        if each.type == "AWS::Events::Rule":
            # AWS: Service Authorization Reference, EventBridge: rules of the default bus have no bus in their ARN
            custom = each.properties.get("EventBusName") not in (None, "default")
            return tuple(type_ for type_ in types if ("custom" in type_) is custom)
        kind = self._balancer(each) if each.type.startswith("AWS::ElasticLoadBalancingV2::") else None
        return tuple(type_ for type_ in types if kind in type_.strip("/").split("/")) or types

    def of_type(self, each: Declared, type_: str) -> tuple[str, ...]:
        """The ARNs of a declared resource as a resource of an IAM type."""
        if each.arn is not None and type_ in self.own_types(each):
            return (each.arn,)
        key = (each.address, type_)
        if key not in self._known:
            self._known[key] = tuple(
                f"{arn}{end}"
                for form in self._fitting(each, type_)
                for arn in self.filled(form, {part: self.part_of(each, part, form) for part in parts(form)})
                for end in self._ends(each, type_, arn)
            )
        return self._known[key]

    def filled(self, form: str, values: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Fill an ARN format: with several values for a part, several ARNs; what is not given is `*`."""
        scene = self.scene
        place = {"partition": scene.partition, "region": scene.region, "account": scene.account}
        pieces = _PART.split(form)
        choices = [
            (place[word],) if (word := plain(piece)) in place else tuple(values.get(word, ())) or ("*",)
            for piece in pieces[1::2]
        ]
        return tuple(
            dict.fromkeys(
                "".join(itertools.chain.from_iterable(zip(pieces[::2], (*chosen, ""), strict=True)))
                for chosen in itertools.product(*choices)
            )
        )

    def pattern(self, type_: str) -> tuple[str, ...]:
        """The pattern of all resources of an IAM type, in this account and region."""
        return tuple(arn for form in formats(type_) for arn in self.filled(form, {}))

    def part_of(self, each: Declared, part: str, form: str) -> tuple[str, ...]:
        """What a part of its ARN is for a declared resource, `("*",)` where nothing says."""
        naming = namings().get(each.type)
        given = {plain(name): value for name, value in each.properties.items()}
        last = parts(form)[-1]
        if naming and part == (plain(naming.variable) or last):
            return self._named(each, naming, given, form)
        for word in self._called(each, part, named=part == last and naming is None):
            if word in given:
                return self.texts(given[word], part)
        return ("*",)

    def target(self, value: Value) -> Declared | None:
        """The declared resource that a property refers to."""
        return self.by_address.get(value.address) if isinstance(value, Reference) else None

    def leaves_of(self, each: Declared) -> tuple[Leaf, ...]:
        """The values that its properties hold, with those of the launch template that it starts from."""
        own = leaves(each.properties)
        started = (target for leaf in own if (target := self.target(leaf.value)) is not None)
        return (*own, *(leaf for it in started if it.type in _TEMPLATES for leaf in leaves(it.properties)))

    # -- names

    def _called(self, each: Declared, part: str, *, named: bool) -> Iterable[str]:
        """The properties that may give a part of the ARN, the surest first."""
        if part not in _VAGUE:
            yield part
            for end in ("name", "id", "identifier"):
                if part.endswith(end) and len(part) > len(end):
                    yield part.removesuffix(end)
                    yield f"{part.removesuffix(end)}arn"
        ids = _ids(each.type)
        if named and len(ids) == 1:
            yield ids[0]
        if named and part.endswith("name"):
            yield "name"
            yield f"{plain(each.type.rpartition(':')[2])}name"

    def _named(
        self, each: Declared, naming: Naming, given: Mapping[str, Value], form: str
    ) -> tuple[str, ...]:
        value = given.get(plain(naming.name))
        before = given.get(plain(naming.path)) if naming.path else None
        names = self._made(each, naming) if value is None else self.texts(value, plain(naming.name))
        if naming.lower and isinstance(value, str):
            names = tuple(dict.fromkeys((*names, *(name.lower() for name in names))))
        if f"/${{{_PART.findall(form)[-1]}}}" in form:
            names = tuple(name.removeprefix("/") for name in names)
            names = tuple(name.removeprefix("alias/") for name in names)
        if before is None:
            return names
        if isinstance(before, str):
            path = before.strip("/")
            return tuple(f"{path}/{name}" if path else name for name in names)
        return tuple(variant for name in names for variant in (name, f"*/{name}"))

    def _made(self, each: Declared, naming: Naming) -> tuple[str, ...]:
        """What the name begins with that nobody has given."""
        stack, address = self.scene.stack, each.address
        if stack is None:
            return (f"{self.scene.prefix}*",) if self.scene.prefix else ("*",)
        made = naming.made.format(stack=stack, address=address.rpartition(".")[2])
        if "." in address and "{stack}" in naming.made:
            made = (
                f"{stack}-*"  # a stack within a stack has a name of its own, that begins with the outer one's
            )
        if naming.most and len(made) + _SUFFIX - 2 > naming.most:
            # NOTE: AWS's page does not say how the names are cut that are too long; what is seen keeps these
            made = f"{stack[:_SURE]}*"
        return (made.lower() if naming.lower else made,)

    def texts(self, value: Value, part: str) -> tuple[str, ...]:
        """What a property's value is as a part of an ARN: a name as it stands, the name in an ARN, one that is followed."""
        if isinstance(value, str) and "${" not in value:
            return (_last(value),) if value.startswith("arn:") else (value,)
        if isinstance(value, Reference):
            return self._followed(value, part)
        if isinstance(value, Unknown) and self.scene.prefix and part.endswith(("name", "identifier")):
            return (f"{self.scene.prefix}*",)
        return ("*",)

    def _followed(self, reference: Reference, part: str) -> tuple[str, ...]:
        """A part of the ARN of the resource that is referred to: of the same name, or the one that names it."""
        meant = self.by_address.get(reference.address)
        if meant is None or meant.address in self._following:
            return ("*",)
        self._following.add(meant.address)
        try:
            if meant.arn is not None:
                return (_last(meant.arn),)
            for type_ in self.own_types(meant):
                for form in self._fitting(meant, type_):
                    inner = parts(form)
                    if inner:
                        return self.part_of(meant, part if part in inner else inner[-1], form)
        finally:
            self._following.discard(meant.address)
        return ("*",)

    # -- formats

    def _fitting(self, each: Declared, type_: str) -> tuple[str, ...]:
        """Of several formats of a type, those that say most of what identifies the resource (REST and HTTP APIs)."""
        found = formats(type_)
        if len(found) == 1:
            return found
        ids = set(_ids(each.type))
        best = max(len(ids & set(parts(form))) for form in found)
        return tuple(form for form in found if len(ids & set(parts(form))) == best)

    def _ends(self, each: Declared, type_: str, arn: str) -> tuple[str, ...]:
        naming = namings().get(each.type)
        if naming is None or type_ not in types_of(each.type) or arn.endswith("*"):
            return ("",)
        return naming.end

    def _balancer(self, each: Declared, *, hops: int = 0) -> str | None:
        """The kind of a load balancer (`app`, `net`, `gwy`), and of what hangs on it; None where nothing tells."""
        # AWS: CloudFormation Template Reference, AWS::ElasticLoadBalancingV2::LoadBalancer: Type, by default application
        if each.type.endswith("::LoadBalancer"):
            kind = each.properties.get("Type", "application")
            return {"application": "app", "network": "net", "gateway": "gwy"}.get(str(kind))
        for name in ("LoadBalancerArn", "ListenerArn"):
            value = each.properties.get(name)
            meant = self.target(value)
            if (
                meant is not None
                and meant is not each
                and meant.type.startswith("AWS::ElasticLoadBalancingV2::")
            ):
                return self._balancer(meant, hops=hops + 1)
            if isinstance(value, str) and value.count("/") > 1:
                return value.split("/")[1]
        return None


def _last(arn: str) -> str:
    return arn.split(":", 5)[-1].rpartition("/")[2].rpartition(":")[2]

"""How each need is held: needs in, the wall's Allow statements out, one resource type and one purpose each.

The job policy says what the guest needs; this says what stays true if the job policy were `*`. Each statement
is built from the need's stance and its resource type alone, and two are merged only where not one more pair
of action and resource is admitted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from guestpass import catalog
from guestpass.catalog.actions import condition_keys
from guestpass.loan.names import TAG_KEY
from guestpass.needs import Need, ResourceType, Setting, kind_of
from guestpass.needs.kinds import made_by, reaches_all
from guestpass.needs.need import Stance, Test
from guestpass.needs.policies import Statement, statement
from guestpass.needs.resource_types import Tests, filled
from guestpass.needs.stance import makes

REQUEST_TAG = f"aws:RequestTag/{TAG_KEY}"
RESOURCE_TAG = f"aws:ResourceTag/{TAG_KEY}"
_WRITES: frozenset[Stance] = frozenset({"creates", "changes", "tags"})
_ORDER: tuple[Stance, ...] = ("creates", "changes", "tags", "uses", "lists", "asks")
"""Which stance names a statement that says several."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """One Allow of the wall: pairs of action and resource type, with the stance of each, held by the same
    conditions.

    `arns` are the resources by type; an action that takes no resource is paired with the type `""`. `agreed` is the Sid of what
    the owner agreed to beyond the blueprint: it stands by itself, word for word.
    """

    conditions: tuple[Test, ...]
    setting: Setting
    pairs: Mapping[tuple[str, str], Stance]
    arns: Mapping[str, tuple[str, ...]]
    agreed: str = ""

    @property
    def stance(self) -> Stance:
        """The stance that names the statement, where it says several."""
        return next(stance for stance in _ORDER if stance in self.pairs.values())

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that it lets through."""
        return tuple(sorted({action for action, _ in self.pairs}))

    @property
    def types(self) -> tuple[str, ...]:
        """The resource types, `service:type`; empty where the actions take none."""
        return tuple(name for name in self.arns if name)

    @property
    def subject(self) -> tuple[str, ...]:
        """The types that the stance is about: of a statement that makes things, those that are made."""
        return tuple(name for name in self.types if (self.stance, name) in self._said)

    @property
    def _said(self) -> set[tuple[Stance, str]]:
        return {(stance, name) for (_, name), stance in self.pairs.items()}

    @property
    def by_tag(self) -> bool:
        """Whether the pass's tag on the resource is what holds it, whatever the type."""
        return self.stance == "changes" and any(key == RESOURCE_TAG for _, key, _ in self.conditions)

    @property
    def by_name(self) -> bool:
        """Whether the name alone tells own things, whatever the type."""
        return self.stance in _WRITES and all(kind_of(name).own == "name" for name in self.types)

    @property
    def makes(self) -> bool:
        """Whether it makes things that have no ARN yet, so that no resource says which."""
        return self.stance == "asks" and any(makes(action) for action in self.actions)

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources as the statement names them; three types and more are said in one where the type
        limits nothing."""
        arns = {arn for arns in self.arns.values() for arn in arns}
        if self.agreed:
            return tuple(sorted(arns))
        if self.by_tag or self.stance == "lists" or self.actions == ("ec2:CreateTags",):
            whole = filled(f"arn:{{partition}}:{self.service}:{{region}}:{{account}}:*", self.setting)[0]
            within = {arn for arn in arns if arn.startswith(whole[:-1])}
            if len(within) > 2:
                arns = {*(arns - within), whole}
        if self.by_name and len(arns) > 2:
            # a type that a colon parts from the name (`db:acme-*`), and no name itself (`task-definition/acme-*:*`)
            arns = {re.sub(r"^((?:[^:]*:){5})[^:/*]+:", r"\1*:", arn) for arn in arns}
        return tuple(sorted(arns))

    @property
    def service(self) -> str:
        """The service of all its actions; empty for those that take no resource, which may be of several."""
        return "" if self.stance == "asks" else self.actions[0].split(":")[0]

    @property
    def what(self) -> str:
        """What it is about, as a part of its Sid: the type's word, or the service's name where there are
        several types."""
        words = self._words()
        return words[0] if len(words) == 1 else self.what_service

    @property
    def what_exactly(self) -> str:
        """What it is about, type by type: for the second statement that would have the same name."""
        return "And".join(self._words()) or self.what_service

    @property
    def what_service(self) -> str:
        """The service's name as a part of a Sid, which takes letters and digits alone (`cognito-idp`: `CognitoIdp`)."""
        return "".join(part.capitalize() for part in self.service.split("-"))

    def _words(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(kind_of(name).word for name in self.subject))

    def statement(self, sid: str) -> Statement:
        """Write it."""
        return statement(sid=sid, actions=self.actions, resources=self.resources, conditions=self.conditions)


def holds_of(
    needs: Iterable[Need], *, setting: Setting, pass_name: str, tagged: bool = True
) -> Mapping[str, Hold]:
    """Hold each need, join what can be joined without admitting anything more, and name each by its Sid.

    Without `tagged` nothing is asked of the request's tags where names tell own things.
    """
    needs = tuple(needs)
    creating = makers_among(needs)
    by_type: dict[object, Hold] = {}
    for need in needs:
        hold = _hold(need, conditions_of(need, setting, pass_name, creating, tagged=tagged), setting)
        key = (hold.agreed, hold.stance, hold.makes, hold.service, hold.types, hold.conditions)
        by_type[key] = _join(by_type[key], hold) if key in by_type else hold
    return _named(_joined(list(by_type.values())))


def makers_among(needs: Iterable[Need]) -> tuple[str, ...]:
    """The actions of a job that make things, those whose things have no ARN yet included."""
    return tuple(
        sorted(
            {
                need.action
                for need in needs
                if need.stance == "creates" or (need.type is None and makes(need.action))
            }
        )
    )


def _joined(holds: list[Hold]) -> list[Hold]:
    """Join every two that one statement can say, until none is left."""
    for first, second in itertools.combinations(holds, 2):
        if _same(first, second):
            at = holds.index(first)
            rest = [hold for hold in holds if hold not in (first, second)]
            return _joined([*rest[:at], _join(first, second), *rest[at:]])
    return holds


def _named(holds: list[Hold]) -> dict[str, Hold]:
    """Name each by what it lets through; a second one of the same name names its types, a third is numbered."""
    named: dict[str, Hold] = {}
    for hold in holds:
        exact = _sid(hold, hold.what_exactly)
        numbered = (f"{exact}No{number}" for number in itertools.count(2))
        names = itertools.chain((_sid(hold, hold.what), exact), numbered)
        named[next(name for name in names if name not in named)] = hold
    return named


def _sid(hold: Hold, what: str) -> str:
    if hold.agreed:
        return hold.agreed
    match hold.stance:
        case "creates" if hold.actions == ("iam:CreateServiceLinkedRole",):
            return "MakeServiceLinkedRole"
        case "creates":
            return f"Create{what}"
        case "changes":
            return f"ChangeOwn{what}"
        case "uses":
            return f"Pass{what}" if hold.actions == ("iam:PassRole",) else f"Use{what}"
        case "lists":
            return f"See{what}"
        case "tags":
            return f"Tag{hold.what_service}WhileCreating"
        case "asks" if hold.makes:
            return _made(hold)
        case "asks":
            return "LookAround"
        case _:
            assert_never(hold.stance)


def _made(hold: Hold) -> str:
    """What is made without an ARN: by the pass's tag, by a key of the type, or by nothing."""
    types = {made_by(action) for action in hold.actions} - {None}
    if types:
        return "Make" + "And".join(sorted(kind_of(name).word for name in types if name))
    return "MakeWithTag" if hold.conditions else "MakeFreely"


def _same(one: Hold, other: Hold) -> bool:
    """Whether one statement can say both: no new pair of action and type comes in that AWS knows."""
    if one.agreed != other.agreed or one.service != other.service or one.conditions != other.conditions:
        return False
    if one.stance != other.stance and not {one.stance, other.stance} <= _WRITES:
        return False
    if one.makes != other.makes:
        return False
    if any(one.arns[name] != other.arns[name] for name in one.arns.keys() & other.arns.keys()):
        return False
    if one.by_tag and other.by_tag:
        return True  # whatever pair comes in is on a thing that carries the pass's tag already
    pairs = {*one.pairs, *other.pairs}
    return all(
        (action, name) in pairs or not _takes(action, name)
        for action in {*one.actions, *other.actions}
        for name in {**one.arns, **other.arns}
    )


def _takes(action: str, name: str) -> bool:
    """Whether AWS may ask for the action on a resource of the type. Not known counts as yes."""
    types = catalog.resource_types(action)
    return not isinstance(types, tuple) or name.partition(":")[2] in types


def _join(one: Hold, other: Hold) -> Hold:
    return Hold(
        conditions=one.conditions,
        setting=one.setting,
        pairs={**one.pairs, **other.pairs},
        arns={**one.arns, **other.arns},
        agreed=one.agreed,
    )


def _hold(need: Need, conditions: tuple[Test, ...], setting: Setting) -> Hold:
    return Hold(
        conditions=conditions,
        setting=setting,
        pairs={(need.action, need.type or ""): need.stance},
        arns={need.type or "": need.resources},
        agreed=need.purpose if need.kind == "agreed" else "",
    )


def conditions_of(
    need: Need, setting: Setting, pass_name: str, creating: tuple[str, ...], *, tagged: bool = True
) -> tuple[Test, ...]:
    """Say under which conditions a need is held; `creating` are all actions of the job that make things.

    Without `tagged` nothing is asked of the request's tags where names tell own things.
    """
    if need.type is None:
        return (*need.conditions, *_of_no_resource(need, setting, pass_name))
    exact = not any(letter in arn for arn in need.resources for letter in "*?")
    if exact and (need.kind == "agreed" or kind_of(need.type).own == "tag"):
        return need.conditions  # the thing itself is named
    if need.kind == "dependent" and need.stance == "creates":
        return need.conditions  # a service makes it for the guest, and sets its own tags
    said = {key for _, key, _ in need.conditions}
    more = (
        test
        for test in _by_kind(need, setting, pass_name, creating)
        if test[1] not in said and _asked_of(need, test) and (tagged or not _names_tell(need, test))
    )
    return tuple(dict.fromkeys((*need.conditions, *more)))


def _of_no_resource(need: Need, setting: Setting, pass_name: str) -> tuple[Test, ...]:
    """What is made without an ARN that AWS would ask about carries the pass's tag, or is held by a key of its type."""
    if need.kind == "agreed" or not makes(need.action):
        return ()
    said, name = {key for _, key, _ in need.conditions}, made_by(need.action)
    if name is not None:
        tests = _tests(kind_of(name).creating[need.action.partition(":")[2]], setting)
    else:
        tests = (("StringEquals", REQUEST_TAG, (pass_name,)),) if _lists(need.action, REQUEST_TAG) else ()
    return tuple(test for test in tests if test[1] not in said)


def _lists(action: str, key: str, kind: str | None = None) -> bool:
    """Whether AWS lists one of the two tags' keys for an action, on a resource of the type if one is given."""
    return f"{key.partition('/')[0]}/${{TagKey}}" in condition_keys(action, kind)


def _asked_of(need: Need, test: Test) -> bool:
    """Whether AWS knows the key for the action: a test of another key would never hold (`iam:GetRole` passes no role)."""
    operator, key, _ = test
    listed = catalog.action(need.action)
    return (
        key.startswith("aws:")
        or operator.endswith("IfExists")
        or "Not" in operator  # holds where there is no such key
        or isinstance(listed, catalog.Unmapped)
        or any(each.partition("${")[0] == key.partition("/")[0] or each == key for each in listed.keys)
    )


def _names_tell(need: Need, test: Test) -> bool:
    """Whether a test of the request's tag stands on things whose names tell own ones already."""
    return test[1] == REQUEST_TAG and need.type is not None and kind_of(need.type).own == "name"


def _by_kind(need: Need, setting: Setting, pass_name: str, creating: tuple[str, ...]) -> tuple[Test, ...]:
    assert need.type is not None  # noqa: S101 -- asked by the caller
    kind = kind_of(need.type)
    if kind.own == "shared" and _reaches_beyond(need, kind):
        return _of_anyones(need, pass_name)
    match need.stance:
        case "creates":
            tagged: tuple[Test, ...] = (("StringEquals", REQUEST_TAG, (pass_name,)),) if kind.tagged else ()
            return tagged + _tests(kind.creating.get(need.action.split(":")[1], {}), setting)
        case "changes" if kind.own == "name":
            # RDS lists the tags of the request on the action, not on a type: a call that creates something
            # carries them for whatever it names, and no call gives the pass's tag another value.
            operator = "StringEquals" if need.action in creating else "StringEqualsIfExists"
            tagging: tuple[Test, ...] = ((operator, REQUEST_TAG, (pass_name,)),) if kind.tagged else ()
            return tagging + _tests(kind.changing, setting)
        case "changes":
            return _own(need, kind, setting, pass_name)
        case "uses" if kind.own == "shared":
            return _tests(kind.using, setting)
        case "uses":
            return _own(need, kind, setting, pass_name)
        case "tags":
            return _tagging(need, pass_name, creating)
        case "lists" | "asks":
            return ()
        case _:
            assert_never(need.stance)


def _reaches_beyond(need: Need, kind: ResourceType) -> bool:
    """Whether a need is of all things of a type that the pass names one of: others' are changed, or read, too.

    What a call merely uses (`ec2:RunInstances` a subnet) is shared on purpose.
    """
    reads = need.stance == "uses" and not kind.using and catalog.access_level(need.action) == "Read"
    return (need.stance in _WRITES or reads) and any(
        reaches_all(need.type or "", arn) for arn in need.resources
    )


def _of_anyones(need: Need, pass_name: str) -> tuple[Test, ...]:
    """Of a thing that no pass names here, the pass's tag is all there is to tell by, where AWS knows it."""
    kind = (need.type or "").partition(":")[2]
    key = REQUEST_TAG if need.stance == "creates" and makes(need.action) else RESOURCE_TAG
    return (("StringEquals", key, (pass_name,)),) if _lists(need.action, key, kind) else ()


def _own(need: Need, kind: ResourceType, setting: Setting, pass_name: str) -> tuple[Test, ...]:
    """Own things are told by the tag or by a key; where the name tells them, the ARN does already."""
    if kind.own == "key":
        told = tuple(test for test in _tests(kind.changing, setting) if _asked_of(need, test))
        return told or (("StringEquals", RESOURCE_TAG, (pass_name,)),)
    return (("StringEquals", RESOURCE_TAG, (pass_name,)),) if kind.own == "tag" else ()


def _tagging(need: Need, pass_name: str, creating: tuple[str, ...]) -> tuple[Test, ...]:
    assert need.type is not None  # noqa: S101 -- asked by the caller
    service, kind = need.action.split(":")[0], kind_of(need.type)
    asked = condition_keys(need.action, need.type.partition(":")[2])
    makers = tuple(action.split(":")[1] for action in creating if action.startswith(f"{service}:"))
    if makers and kind.own != "name" and f"{service}:CreateAction" in asked:
        # AWS: EC2 User Guide, "Grant permission to tag resources on creation": without ec2:CreateAction the
        # guest could put the pass's tag on the owner's things and so make them its own.
        return (
            ("StringEquals", f"{service}:CreateAction", makers),
            ("StringEquals", REQUEST_TAG, (pass_name,)),
        )
    # No key tells "while creating". Where names tell own things, the pass's tag keeps its value. Where the tag tells
    # them, only what carries it already is tagged further: else the owner's things could be adopted.
    keeps: Test = ("StringEqualsIfExists", REQUEST_TAG, (pass_name,))
    told = kind.own in ("tag", "key")
    return (*((("StringEquals", RESOURCE_TAG, (pass_name,)),) if told else ()), keeps)


def _tests(tests: Tests, setting: Setting) -> tuple[Test, ...]:
    """Fill the conditions of a type; one whose value may be anything (`*`) is not written."""
    written = (
        (operator, key, filled(value, setting))
        for operator, keys in tests.items()
        for key, value in keys.items()
    )
    return tuple(test for test in written if test[2] != ("*",))

"""The requests of a job, written out: one for each thing that AWS would ask about, and one step beyond it.

Policies are then asked with them, so that resources and conditions weigh. What a request would carry follows from the
pass: its tags, its regions, its sizes, the service that a role is passed to. A key that a policy asks for and that
follows from nothing is unknown, and then the answer is undecided where it matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from guestpass import catalog
from guestpass.access import Context, Layers, Policy, Principal, Request, RoleSession, User, read_policy
from guestpass.access.policy.keys import keys_of
from guestpass.catalog.actions import request_keys
from guestpass.loan.agreement import Pass
from guestpass.loan.compare.arns import concrete, in_region, meeting
from guestpass.loan.compare.patterns import patterns_on
from guestpass.loan.job import guest_needs, setting_of
from guestpass.loan.names import TAG_KEY, Names
from guestpass.needs import Need, ResourceType, Setting, kind_of
from guestpass.needs.need import Test
from guestpass.needs.resource_types import Tests, filled

Values = dict[str, tuple[str, ...]]

OWN_NAME = "live"
# AWS: AWS global condition context keys: absent from a call that the guest makes itself with an access key
_OF_OTHER_CALLS = frozenset(
    {
        *("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:sourcearn", "aws:sourceaccount"),
        *("aws:sourceorgid", "aws:sourceorgpaths", "aws:federatedprovider", "aws:ec2instancesourcevpc"),
        "aws:sourceidentity",
    }
)
_TOLD_BY_THE_CALLER = frozenset(
    {
        *("aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice"),
        *("aws:principalservicename", "aws:principalservicenameslist", "aws:username", "aws:userid"),
        "aws:resourceaccount",
    }
)
_SETTLED = _OF_OTHER_CALLS | _TOLD_BY_THE_CALLER
_SENT_TAG = "aws:RequestTag/${TagKey}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """A pass, and the policies that are asked about it."""

    pass_: Pass
    layers: Layers
    needs: tuple[Need, ...]
    setting: Setting
    keys: frozenset[str]

    @classmethod
    def about(cls, pass_: Pass, *, identity: tuple[Policy, ...], boundary: Policy | None = None) -> Asking:
        """Ask some policies about the job of a pass."""
        layers = Layers(identity=identity, boundary=None if boundary is None else (boundary,))
        return cls(
            pass_=pass_,
            layers=layers,
            needs=guest_needs(pass_),
            setting=setting_of(pass_),
            keys=keys_of(layers),
        )

    @property
    def names(self) -> Names:
        """What belongs to the pass is called."""
        return Names.of_pass(self.pass_)

    @property
    def inside(self) -> datetime:
        """A moment at which the pass holds."""
        return self.pass_.until - timedelta(days=1)

    @property
    def principal(self) -> Principal:
        """The guest, as they come in."""
        names = self.names
        if self.pass_.guest.login == "role":
            session = (
                f"arn:{self.pass_.partition}:sts::{self.pass_.account}:assumed-role/{names.login_role}/guest"
            )
            return RoleSession(arn=session, role_arn=names.login_role_arn, account=self.pass_.account)
        return User(arn=names.user_arn, account=self.pass_.account)

    def own(self, need: Need) -> tuple[Request, ...]:
        """What the job would ask for a need: in each region and each size, on things called in each way that the
        policies tell apart.
        """
        return tuple(
            self._request(need, arn, {**self._values(need, number), **self._at(region)})
            for region in self.pass_.regions
            for pattern in need.resources
            for arn in self._arns(need, in_region(pattern, region))
            for number in range(self._sizes(need))
        )

    def stepped(self, need: Need, *, region: str = "", after: bool = False) -> tuple[Request, ...]:
        """What the job would ask, in another region, or after the end."""
        where = region or self.pass_.regions[0]
        moment = self.pass_.until + timedelta(days=1) if after else self.inside
        pattern = in_region(need.resources[0], where, anyway=bool(region))
        told = {**self._values(need, 0), **self._at(where, moment)}
        return (self._request(need, concrete(pattern, need.type, OWN_NAME), told),)

    def untagged(self, need: Need) -> tuple[Request, ...]:
        """What the job would ask, without the pass's tag on what is made."""
        return tuple(
            _with(
                request, {key: told for key, told in request.context.values.items() if not _is_sent_tag(key)}
            )
            for request in self.own(need)[:1]
        )

    def sized(self, need: Need) -> tuple[Request, ...]:
        """What the job would ask, in a size that no pass agrees to."""
        return tuple(
            _with(request, {key: LARGEST.get(key, told) for key, told in request.context.values.items()})
            for request in self.own(need)[:1]
            if LARGEST.keys() & request.context.values.keys()
        )

    def on(self, need: Need, arn: str) -> Request:
        """The same action on something else of the type, which is not the guest's."""
        values = {**self._values(need, 0), **self._at(self.pass_.regions[0])}
        own = {key for key in values if _is_resource_tag(key) or key in _SAYS_WHOSE}
        told = {key: value for key, value in values.items() if key not in own}
        if need.type == "ec2:image":
            told["ec2:owner"] = (self.pass_.account,)
        family = frozenset() if need.stance == "creates" else frozenset({"aws:resourcetag/"})
        return self._request(need, arn, told, unknown=family)

    def anything(self, action: str, arn: str) -> Request:
        """An action that is not the job's, on a resource of which nothing is known but its ARN."""
        settled = {**self._at(self.pass_.regions[0])}
        return Request(
            principal=self.principal,
            action=action,
            resource=arn,
            context=Context(values=settled, unknown=self.keys - settled.keys() - _SETTLED),
            resource_account=self.pass_.account,
        )

    def layers_for(self, request: Request) -> Layers:
        """The policies, with one of the resource that leaves all to IAM where AWS asks for that one too."""
        if request.action.startswith(("kms:", "sts:")):
            return replace(self.layers, resource=_leaves_it_to_iam(self.pass_.partition, self.pass_.account))
        return self.layers

    # ---- what a request carries

    def _at(self, region: str, moment: datetime | None = None) -> Values:
        time = (moment or self.inside).astimezone(UTC)
        told: Values = {
            "aws:currenttime": (f"{time:%Y-%m-%dT%H:%M:%SZ}",),
            "aws:epochtime": (str(int(time.timestamp())),),
            "aws:requestedregion": (region,),
            "aws:viaawsservice": ("false",),
            "aws:securetransport": ("true",),
            f"aws:principaltag/{TAG_KEY}": (self.pass_.name,),
        }
        if self.pass_.guest.login == "console":
            told["aws:multifactorauthpresent"] = ("true",)
        return told

    def _values(self, need: Need, number: int) -> Values:
        told: Values = {}
        for key, values in self._asked(need).items():
            told[key] = (values[number % len(values)],)
        tag = (self.pass_.name,)
        if need.stance == "tags" or (self._tags_are_sent(need) and need.stance != "lists"):
            told |= {
                f"aws:requesttag/{TAG_KEY}": tag,
                f"rds:req-tag/{TAG_KEY}": tag,
                "aws:tagkeys": (TAG_KEY,),
            }
        if need.stance == "tags":
            told |= self._made_by(need)
        if need.stance in ("changes", "uses") and self._is_own(need):
            families = (
                "aws:resourcetag",
                "ec2:resourcetag",
                "rds:db-tag",
                "rds:snapshot-tag",
                "rds:subgrp-tag",
            )
            told |= {f"{family}/{TAG_KEY}": tag for family in families}
        return told

    def _asked(self, need: Need) -> Values:
        """The values that the job's own conditions want."""
        return {test[1].lower(): _sent(test[2]) for test in self._tests(need) if _wants(test)}

    def _tests(self, need: Need) -> tuple[Test, ...]:
        """The job's own conditions: those of the need, and those that hold its type in the wall."""
        tests = list(need.conditions)
        kind = _kind(need)
        if kind is not None:
            of: Tests = {}
            if need.stance == "creates":
                of = kind.creating.get(need.action.partition(":")[2], {})
            elif need.stance == "uses" and kind.own == "shared":
                of = kind.using
            tests += [
                (operator, key, filled(value, self.setting))
                for operator, keys in of.items()
                for key, value in keys.items()
            ]
        return tuple(tests)

    def _sizes(self, need: Need) -> int:
        return max((len(values) for values in self._asked(need).values()), default=1)

    def sends_tags(self, need: Need) -> bool:
        """Whether the job makes something here that carries the pass's tag from its first moment."""
        return need.stance == "creates" and self._tags_are_sent(need)

    def _tags_are_sent(self, need: Need) -> bool:
        """Whether the call makes something tagged, and AWS lists its tags for a resource of this type."""
        makes = any(
            each.action == need.action and each.stance == "creates" and _tagged(each) for each in self.needs
        )
        return makes and _SENT_TAG in request_keys(need.action, (need.type or "").partition(":")[2] or None)

    def _made_by(self, need: Need) -> Values:
        made = [each.action for each in self.needs if each.stance == "creates" and each.type == need.type]
        return {"ec2:createaction": (made[0].partition(":")[2],)} if made else {}

    def _is_own(self, need: Need) -> bool:
        kind = _kind(need)
        return kind is not None and kind.own in ("tag", "name")

    def _arns(self, need: Need, pattern: str) -> tuple[str, ...]:
        """One ARN of the pattern, and one in each part of it that a policy names by itself."""
        named = (
            arn
            for each in patterns_on(self.layers, need.action)
            if (arn := meeting(pattern, each, type_=need.type, name=OWN_NAME)) is not None
        )
        return tuple(dict.fromkeys((concrete(pattern, need.type, OWN_NAME), *named)))

    def _request(
        self,
        need: Need,
        arn: str,
        told: Mapping[str, tuple[str, ...]],
        *,
        unknown: frozenset[str] = frozenset(),
    ) -> Request:
        own = self._is_own(need) or need.stance in ("creates", "tags")
        # what the job's conditions refuse, its requests do not carry: a new interface has no id yet
        refused = {key.lower() for operator, key, _ in self._tests(need) if "Not" in operator}
        asked = self.keys - told.keys() - refused - {"ec2:createaction"}
        open_ = {key for key in asked if self._may_carry(need, key, own=own)}
        return Request(
            principal=self.principal,
            action=need.action,
            resource=arn,
            context=Context(values=dict(told), unknown=frozenset(open_) | (unknown & _families(self.keys))),
            resource_account=self.pass_.account,
        )

    def _may_carry(self, need: Need, key: str, *, own: bool) -> bool:
        """Whether a request for the need may carry a key of which the pass says nothing."""
        if key in _SETTLED or _is_sent_tag(key):
            return False
        if _is_resource_tag(key):
            return not own and not key.endswith(f"/{TAG_KEY}")
        if key.startswith("aws:multifactorauth"):
            return self.pass_.guest.login in ("role", "console")
        if key.startswith("aws:"):
            return True
        return key.partition("/")[0] in _listed(need.action, need.type)


LARGEST: Mapping[str, tuple[str, ...]] = {
    "ec2:instancetype": ("u-24tb1.112xlarge",),
    "rds:databaseclass": ("db.x2iedn.32xlarge",),
}
"""By condition key a size that no pass agrees to."""

_SAYS_WHOSE = frozenset({"ec2:owner", "ec2:createaction", "aws:resourceaccount"})


def _kind(need: Need) -> ResourceType | None:
    """What tells the guest's own things of the need's type; None of what was agreed to besides, which is the owner's."""
    return None if need.type is None or need.kind == "agreed" else kind_of(need.type)


def _tagged(need: Need) -> bool:
    kind = _kind(need)
    return kind is not None and kind.tagged


def _with(request: Request, values: Mapping[str, tuple[str, ...]]) -> Request:
    return replace(request, context=Context(values=dict(values), unknown=request.context.unknown))


def _wants(test: Test) -> bool:
    operator, _, values = test
    return "String" in operator and "Not" not in operator and bool(values)


def _sent(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.replace("*", OWN_NAME).replace("?", "0") for value in values)


def _is_sent_tag(key: str) -> bool:
    return key.startswith(("aws:requesttag/", "rds:req-tag/")) or key == "aws:tagkeys"


def _is_resource_tag(key: str) -> bool:
    head, slash, _ = key.partition("/")
    return (
        bool(slash)
        and head.endswith("tag")
        and head not in ("aws:requesttag", "rds:req-tag", "aws:principaltag")
    )


def _families(keys: frozenset[str]) -> frozenset[str]:
    return frozenset(key for key in keys if _is_resource_tag(key) and not key.endswith(f"/{TAG_KEY}"))


@cache
def _listed(action: str, type_: str | None) -> frozenset[str]:
    """The service's own keys that AWS lists for the action on the type, in lower case without what follows a `/`."""
    kind = (type_ or "").partition(":")[2] or None
    return frozenset(key.lower().partition("/")[0] for key in catalog.condition_keys(action, kind))


@cache
def _leaves_it_to_iam(partition: str, account: str) -> Policy:
    # AWS: KMS Developer Guide, "Default key policy": the statement that lets IAM policies allow the use of the key;
    # a role's trust policy that names the account does the same
    everyone = {"AWS": f"arn:{partition}:iam::{account}:root"}
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": everyone, "Action": "*"}],
    }
    return read_policy(document, kind="resource", name="the resource's own policy")

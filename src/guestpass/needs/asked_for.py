"""What of a handler's actions the properties of a declared resource ask for.

A CloudFormation handler lists what any template of its type may need. Left out, each with a note, are: what a rule of
`needed_only_with.toml` ties to a property that is not set; what is done to another service's things, or read out of
them, where no property names one; keys where none is named; tags where the type takes none.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from guestpass import catalog
from guestpass.needs.arns import Arns, types_of
from guestpass.needs.declared import Declared
from guestpass.needs.evidence import Evidence, listed
from guestpass.needs.need import Test
from guestpass.needs.properties import Leaf, leaves, plain, set_names
from guestpass.needs.unseen import unseen

_ALSO_OWN: Mapping[str, tuple[str, ...]] = {
    "AWS::Backup": ("backup-storage",),
    "AWS::GreengrassV2": ("iot",),
    "AWS::OpenSearch": ("es",),
    "AWS::OpenSearchService": ("es",),
    "AWS::Route53RecoveryControl": ("route53-recovery-control-config",),
    "AWS::EC2": ("vpce", "verified-access"),
}
"""Services of CloudFormation's whose actions have more than one prefix."""


_FINDS = re.compile(r":(Describe|List)")
_MANY = 25
_MANAGED_PASSWORD = frozenset({"managemasteruserpassword", "manageadminpassword", "managemasterpassword"})


@cache
def own_prefixes(name: str) -> frozenset[str]:
    """The prefixes of a CloudFormation type's own actions: that of its IAM types, or the commonest of its handlers' writes."""
    known = catalog.cloudformation_type(name)
    if isinstance(known, catalog.Unmapped):
        return frozenset()
    also = _ALSO_OWN.get(name.rpartition("::")[0], ())
    if types_of(name):
        return frozenset((types_of(name)[0].partition(":")[0], *also))
    actions = [action for verb in sorted(known.handlers) for action in known.handlers[verb]]
    counted = Counter(
        action.partition(":")[0]
        for action in actions
        if not listed(action).reads and action not in ("iam:PassRole", "iam:CreateServiceLinkedRole")
    ) or Counter(action.partition(":")[0] for action in actions)
    return frozenset((*(prefix for prefix, _ in counted.most_common(1)), *also))


@cache
def _rules() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By CloudFormation type (`any` for all) and pattern of actions, the `plain` names of which one must be set."""
    text = resources.files("guestpass.needs").joinpath("needed_only_with.toml").read_text("utf-8")
    return {
        name: {action: frozenset(map(plain, properties)) for action, properties in rules.items()}
        for name, rules in tomllib.loads(text).items()
    }


@cache
def _rule(table: str, action: str) -> frozenset[str] | None:
    """The properties of which one must be set for an action, by a table of rules; None where no rule speaks of it."""
    rules = _rules().get(table, {})
    if action in rules:
        return rules[action]
    return next((rules[pattern] for pattern in rules if fnmatch.fnmatchcase(action, pattern)), None)


@cache
def _families(name: str) -> frozenset[str]:
    """The services of which a type's handlers list so many reads that AWS wrote `Describe*` where the catalogue has names."""
    known = catalog.cloudformation_type(name)
    if isinstance(known, catalog.Unmapped):
        return frozenset()
    every = {action for listed_ in known.handlers.values() for action in listed_}
    counted = Counter(action.partition(":")[0] for action in every if listed(action).reads)
    return frozenset(service for service, count in counted.items() if count > _MANY)


@cache
def _tells(action: str) -> bool:
    """Whether an action that reads gives out content, and not only what a thing is like."""
    return any(action in listed_ for listed_ in catalog.exposures().values()) or unseen(action) is not None


class Asked:
    """What one declared resource asks for."""

    def __init__(self, each: Declared, arns: Arns, evidence: Evidence) -> None:
        self.each, self.arns, self.evidence = each, arns, evidence
        self.names = set_names(each.properties)
        self.own = own_prefixes(each.type)
        known = catalog.cloudformation_type(each.type)
        self.taggable = not isinstance(known, catalog.Unmapped) and known.taggable is True
        self.keys = tuple(dict.fromkeys(self._keys()))

    def left_out(self, action: str) -> str | None:
        """Why an action of a handler is not needed, in words; None where it is."""
        service = action.partition(":")[0]
        if self.ruled_out(action):
            return "no property asks for it"
        if service in self.own:
            tags = listed(action).level == "Tagging"
            return "the type takes no tags" if tags and not self.tagged else None
        if service == "kms":
            return None if self.keys else "no key is named"
        if listed(action).reads and not _tells(action) and service != "secretsmanager":
            named = not self.of_family(action) or _FINDS.search(action) or self.evidence.names_any(action)
            return (
                None
                if named
                else f"the handler lists all reads of `{service}`, and nothing named is of its kind"
            )
        rules = [_rule(table, action) for table in (self.each.type, "any")]
        named = any(rule & self.names for rule in rules if rule) or self.evidence.names_any(action)
        return None if named else f"nothing of `{service}` is named that it would be done to"

    def of_family(self, action: str) -> bool:
        """Whether an action of another service is one of a whole family of reads that the handler lists (`ec2:Describe*`)."""
        service = action.partition(":")[0]
        return listed(action).reads and service in _families(self.each.type) and service not in self.own

    def finds_anywhere(self, action: str) -> bool:
        """Whether an action is one of a family that finds things, on nothing that is named: then on all, as it is listed."""
        found = self.of_family(action) and _FINDS.search(action) is not None
        return found and not self.evidence.names_any(action)

    def ruled_out(self, action: str) -> bool:
        """Whether a rule ties an action to properties of which none is set."""
        rule = _rule(self.each.type, action)
        return rule is not None and not rule & self.names

    @property
    def tagged(self) -> bool:
        """Whether tags are put on it: those of the source, or those that a pass sets on all that takes them."""
        return self.taggable or bool(self.names & {"tags", "tagset", "hostedzonetags", "taglist"})

    # -- keys

    def _keys(self) -> Iterator[tuple[tuple[str, ...], tuple[Test, ...]]]:
        """The keys that the properties name, as ARNs and the conditions that hold an alias."""
        for leaf in leaves(self.each.properties):
            yield from self._key(leaf)

    def _key(self, leaf: Leaf) -> Iterator[tuple[tuple[str, ...], tuple[Test, ...]]]:
        target, value = self.arns.target(leaf.value), leaf.value
        scene = self.arns.scene
        every = self.arns.pattern("kms:key")
        if target is not None and target.type.startswith("AWS::KMS::"):
            yield (self.arns.own(target) if target.type != "AWS::KMS::Alias" else every), ()
        elif not _names_key(leaf.name) or value in (None, "", True, False):
            return
        elif not isinstance(value, str):
            yield every, ()
        elif "alias/" in value:
            alias = value[value.index("alias/") :]
            # AWS: KMS Developer Guide, "AWS managed keys": their policies let in whoever comes through the service
            if not alias.startswith("alias/aws/"):
                # AWS: KMS Developer Guide, "Use aliases to control access to KMS keys"
                yield every, (("ForAnyValue:StringEquals", "kms:ResourceAliases", (alias,)),)
        elif value.startswith("arn:"):
            yield (value,), ()
        else:
            yield (f"arn:{scene.partition}:kms:{scene.region}:{scene.account}:key/{value}",), ()

    def through_service(self, action: str) -> tuple[Test, ...]:
        """The condition that a key is used through the service alone.

        AWS: KMS Developer Guide, "kms:ViaService". What only describes a key is also asked by CloudFormation itself.
        """
        if listed(action).reads or "kms:ViaService" not in catalog.condition_keys(action):
            return ()
        names = [min(self.own, default="")]
        if self.names & _MANAGED_PASSWORD:
            names.append("secretsmanager")  # the key of the password's secret is used through that service
        endpoints = [
            known.endpoint
            for name in names
            if not isinstance(known := catalog.service_spellings(name), catalog.Unmapped)
        ]
        region = self.arns.scene.region
        operator = "StringLike" if "*" in region else "StringEquals"
        services = tuple(f"{endpoint}.{region}.amazonaws.com" for endpoint in endpoints)
        return ((operator, "kms:ViaService", services),) if services else ()


def _names_key(name: str) -> bool:
    return ("kms" in name and ("key" in name or name.endswith(("arn", "id")))) or name in (
        "encryptionkey",
        "encryptionkeyarn",
        "customermasterkeyid",
    )

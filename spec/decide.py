"""The decision (rules 1 to 33, 88, 89): layers, grants, and what is left open."""

from collections.abc import Iterable, Sequence
from typing import Literal

from guestpass.access.decision import Layers
from guestpass.access.policy.values import Policy, Statement
from guestpass.access.request import (
    Anonymous,
    FederatedSession,
    Principal,
    Request,
    RoleSession,
    Root,
    Service,
    User,
)
from guestpass.catalog import with_resource_control
from spec.conditions import condition_holds
from spec.match import (
    ACCOUNT,
    ANYONE,
    ISSUER,
    SELF,
    action_matches,
    named,
    principal_matches,
    resource_matches,
)
from spec.possible import MAYBE, NO, YES, Possible, every, some, sure

Answer = Literal["allowed", "explicit_deny", "implicit_deny", "undecided"]

# AWS: IAM: Roles terms and concepts; STS API
TRUST = {
    "assumerole",
    "assumerolewithsaml",
    "assumerolewithwebidentity",
    "tagsession",
    "setsourceidentity",
    "setcontext",
}
# AWS: Organizations: RCPs, "List of AWS services that support RCPs"
RCP_SERVICES = with_resource_control()


def decide(request: Request, layers: Layers) -> Answer:
    """Rules 1, 2, 22: no permission needed; else an explicit Deny wins; else all that must allow must."""
    # AWS: How AWS enforcement code logic evaluates requests to allow or deny access
    no_permission = {"sts:getcalleridentity", "sts:getsessiontoken"}
    if request.action.lower() in no_permission and not isinstance(request.principal, Anonymous):
        return "allowed"
    case = Case(request, layers)
    denies = some(case.denies())
    if denies == YES:
        return "explicit_deny"
    allows = case.allows()
    if allows == NO:
        return "implicit_deny"
    return "allowed" if allows == YES and denies == NO else "undecided"


class KnownKeys(dict[str, tuple[str, ...] | None]):
    """The request context: what is there, what the principal tells (rules 75, 76, 82), what is not known."""

    def __init__(self, request: Request) -> None:
        self.unknown = request.context.unknown
        super().__init__(
            {key: (value,) if value is not None else None for key, value in told(request).items()}
        )
        for key in [key for key in self if self.hidden(key)]:
            self[key] = None
        self.update(request.context.values)

    def hidden(self, key: str) -> bool:
        """Whether nobody knows the key: by its name, or by a prefix that ends in `/`."""
        return key in self.unknown or any(key.startswith(name) for name in self.unknown if name.endswith("/"))

    def __missing__(self, key: str) -> tuple[str, ...] | None:
        return None if self.hidden(key) else ()


def told(request: Request) -> dict[str, str | None]:
    """Rule 75's table, and the keys of rules 76, 82 and 86 that follow from the request's own values."""
    # AWS: IAM policy elements: Variables and tags, "Principal key values"
    who = request.principal
    keys: dict[str, str | None] = {"aws:resourceaccount": owner(request)}
    match who:
        case Service():
            return {
                **keys,
                "aws:principalisawsservice": "true",
                "aws:principalservicename": who.name,
                "aws:principalservicenameslist": None,
            }
        case Anonymous():
            keys["aws:principaltype"] = "Anonymous"
        case Root():
            keys |= {"aws:principaltype": "Account", "aws:userid": who.account}
            keys["aws:principalarn"] = f"arn:{who.partition}:iam::{who.account}:root"
        case User():
            keys |= {"aws:principaltype": "User", "aws:userid": who.user_id, "aws:principalarn": who.arn}
            keys["aws:username"] = who.arn.split("/")[-1]
        case RoleSession():
            unique = who.role_id and f"{who.role_id}:{who.arn.split('/')[-1]}"
            keys |= {
                "aws:principaltype": "AssumedRole",
                "aws:userid": unique,
                "aws:principalarn": who.role_arn,
            }
        case FederatedSession():
            keys |= {"aws:principaltype": "FederatedUser", "aws:principalarn": who.arn}
            keys["aws:userid"] = f"{who.account}:{who.arn.split('/')[-1]}"
        case _:
            pass
    if (account := account_of(who)) is not None:
        keys["aws:principalaccount"] = account
    return {**keys, "aws:principalisawsservice": "false"}


def account_of(who: Principal) -> str | None:
    """The caller's account; services, providers, canonical users and nobody have none."""
    return who.account if isinstance(who, Root | User | RoleSession | FederatedSession) else None


def owner(request: Request) -> str | None:
    """The resource's account: as told, or the ARN's own."""
    field = request.resource.split(":", 5)[4] if request.resource.count(":") >= 5 else ""
    return request.resource_account or (
        field if len(field) == 12 and field.isdecimal() and field.isascii() else None
    )


class Case:
    """One request under its layers."""

    def __init__(self, request: Request, layers: Layers) -> None:
        self.request, self.who, self.keys = request, request.principal, KnownKeys(request)
        self.action, self.service = request.action.lower(), request.action.lower().split(":")[0]
        free = isinstance(self.who, RoleSession) and ":role/aws-service-role/" in self.who.role_arn
        in_account = account_of(self.who) is not None
        entity = in_account and not isinstance(self.who, Root)
        # Rules 16, 19, 27 to 29, 33: whom each layer binds.
        self.scp = layers.scp if in_account and not free else None
        self.rcp = layers.rcp if not free else None
        self.endpoint = layers.endpoint
        self.resource = layers.resource
        self.identity = (layers.identity or ()) if entity else ()
        self.boundary = layers.boundary if entity and not free else None
        self.bounded = self.boundary is not None
        self.session = layers.session if entity else None
        if self.session is None and isinstance(self.who, FederatedSession):
            self.session = ()  # rule 14

    def applies(self, statement: Statement, policy: Policy) -> Possible:
        """Rule 3: principal, action, resource and conditions; what was not understood leaves it open."""
        if not action_matches(statement.actions, self.request.action):
            return NO
        resource = resource_matches(
            statement.resources, policy.version, self.request.resource, self.request.action, self.keys
        )
        return every(
            [
                principal_matches(statement.principals, self.who, bounded=self.bounded),
                resource,
                *(condition_holds(each, policy.version, self.keys) for each in statement.conditions),
                *(MAYBE for _ in statement.puzzles),
            ]
        )

    def said(self, policies: Iterable[Policy], effect: str) -> Possible:
        """Whether any statement of this effect applies, within policies that unite."""
        return some(self.applies(s, p) for p in policies for s in p.statements if s.effect == effect)

    def denies(self) -> list[Possible]:
        """Rules 2, 25: an explicit Deny, in any layer and at any level."""
        rcp = [self.said(level, "Deny") for level in self.rcp or ()]
        if self.service not in RCP_SERVICES:
            rcp = [MAYBE if denied == YES else denied for denied in rcp]  # rule 33
        flat = [
            self.endpoint,
            self.identity,
            self.boundary,
            self.session,
            (self.resource,) if self.resource else (),
        ]
        levels = [*(self.scp or ()), *(policies or () for policies in flat)]
        return rcp + [self.said(level, "Deny") for level in levels]

    def allows(self) -> Possible:
        """Rules 5, 6, 18: every limit, and the caller's side or the resource's, or across accounts both."""
        if isinstance(self.who, Root) and self.action == "sts:assumerole":
            return NO  # AWS: STS API: AssumeRole
        mine, theirs = account_of(self.who), owner(self.request)
        limits = [self.levels(self.scp), self.rcp_allows(), self.limit(self.endpoint)]
        if mine is None:
            granted = self.without_account()
        elif theirs not in (None, mine):
            granted = every([self.own_side(), self.grant(ACCOUNT, ISSUER, ANYONE, SELF)])
        elif self.service == "sts" and self.action.split(":")[1] in TRUST:
            granted = self.by_resource_alone(everyone=NO if self.own_side() == NO else self.own_side())
        elif self.service == "kms" and ":key/" in self.request.resource:
            granted = self.by_resource_alone(everyone=None)
        else:
            granted = some([self.own_side(), self.direct()])
        return every([*limits, granted])

    def levels(self, levels: Sequence[Sequence[Policy]] | None) -> Possible:
        """Rules 24, 26: every level must allow."""
        return every(self.said(level, "Allow") for level in levels or ())

    def rcp_allows(self) -> Possible:
        """Rule 33: RCPs concern listed services; whether AWS has added another is not known."""
        allowed = self.levels(self.rcp)
        return MAYBE if self.service not in RCP_SERVICES and allowed == NO else allowed

    def limit(self, policies: Sequence[Policy] | None) -> Possible:
        """Rules 15, 16, 21: a layer that limits and never grants."""
        return YES if policies is None else self.said(policies, "Allow")

    def ceiling(self) -> Possible:
        """Boundary and session policies."""
        return every([self.limit(self.boundary), self.limit(self.session)])

    def own_side(self) -> Possible:
        """Rules 1, 5: identity policies (root needs none) within boundary and session policies."""
        identity = YES if isinstance(self.who, Root) else self.said(self.identity, "Allow")
        return every([identity, self.ceiling()])

    def grant(self, *closeness: int) -> Possible:
        """Rules 8 to 13: what the resource's policy grants to an entry that names the caller this closely."""
        found = []
        for statement in self.resource.statements if self.resource else ():
            if statement.effect == "Deny" or not self.resource:
                continue
            close = self.close(statement)
            if close in closeness or (close is None and SELF in closeness):
                found.append(self.applies(statement, self.resource))
        return some(found)

    def close(self, statement: Statement) -> int | None:
        """The closest entry, None if not known; `*` with aws:PrincipalArn is the caller itself (rule 12)."""
        if statement.principals is None or statement.principals.negated:
            return None
        close = max(named(entry, self.who) for entry in statement.principals.values)
        by_arn = any(each.key.lower() == "aws:principalarn" for each in statement.conditions)
        return SELF if close == ANYONE and by_arn else None if close == 1 else close

    def direct(self) -> Possible:
        """Rules 8 to 12: what needs no identity policy; for plain `*` over a ceiling AWS is silent."""
        # AWS: Policy evaluation for requests within a single account
        over = YES if self.ceiling() == YES else MAYBE
        return some(
            [self.grant(SELF), every([self.grant(ISSUER), self.ceiling()]), every([self.grant(ANYONE), over])]
        )

    def by_resource_alone(self, everyone: Possible | None) -> Possible:
        """Rules 7, 13, 88, 89: trust and key policies must grant; to the account, only with identity's."""
        delegated = every([self.grant(ACCOUNT), self.own_side()])
        if everyone is None:
            return some([delegated, self.direct()])
        anyone = every([self.grant(ANYONE), YES if everyone == YES else MAYBE])
        return some([delegated, anyone, self.grant(SELF), every([self.grant(ISSUER), self.ceiling()])])

    def without_account(self) -> Possible:
        """Rules 19, 20: the resource's policy alone; unsigned requests only where a service takes them."""
        granted = self.grant(ANYONE, SELF)
        takes = sure(True) if self.service in {"s3", "sns", "sqs"} else MAYBE
        return every([granted, takes]) if isinstance(self.who, Anonymous) else granted

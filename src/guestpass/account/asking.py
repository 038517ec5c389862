"""Who could do what in a snapshot: a principal as the caller of a request, and the policies that stand around it.

Nothing that was not read is taken for absent: a policy that is not here, an organisation or a resource's own policy that
nobody asked for, and a context key that nobody told are unknown, and an answer that hangs on them is undecided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from guestpass.access import (
    Context,
    FederatedSession,
    Layers,
    Policy,
    Principal,
    Request,
    RoleSession,
    Root,
    User,
    read_policy,
)
from guestpass.access.evaluate.facts import told_by
from guestpass.access.policy.arns import account_of
from guestpass.access.policy.keys import keys_of
from guestpass.access.policy.values import (
    Effect,
    Patterns,
    PolicyKind,
    PrincipalPattern,
    Principals,
    Statement,
)
from guestpass.account.snapshot import Document, IamRole, IamUser, Snapshot
from guestpass.catalog import ManagedPolicy, managed_policy
from guestpass.catalog.resource_policies import may_have_policy
from guestpass.errors import InputError

_EITHER: tuple[Effect, ...] = ("Allow", "Deny")
_EVERYONE = Principals(values=(PrincipalPattern(kind="AWS", value="*"),))


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that is ready to be decided, and the policies that apply to it."""

    request: Request
    layers: Layers


def principals_of(snapshot: Snapshot) -> tuple[str, ...]:
    """The ARNs of everybody of the account who could ask: the root user, the users, the roles."""
    caller = snapshot.caller
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    return (root, *(user.arn for user in snapshot.users), *(role.arn for role in snapshot.roles))


def asked(
    snapshot: Snapshot,
    principal: Principal,
    action: str,
    resource: str,
    *,
    told: Mapping[str, tuple[str, ...]],
    absent: frozenset[str] = frozenset(),
) -> Asked:
    """Make the request and find its policies. Raises InputError for a principal of the account that is not there.

    `told` are context keys with their values, `absent` those that the request has not (any spelling). Every other key
    that the policies ask for, and that neither the principal nor the snapshot tells, is unknown.
    """
    layers = _layers(snapshot, principal, action, resource)
    known = _known(snapshot, principal, resource)
    values = known | {key.lower(): tuple(value) for key, value in told.items()}
    gone = {key.lower() for key in absent}
    # what is the account's by its ARN is; where an ARN names no account (a bucket), it is the snapshot's own if listed
    owner = account_of(resource) or (snapshot.caller.account if _listed(snapshot, resource) else None)
    said, unsaid = told_by(principal, owner)
    settled = values.keys() | gone | (said.keys() - unsaid) | _families(snapshot, principal, resource)
    unknown = {key for key in keys_of(layers) if key not in settled and not _of_family(key, settled)}
    context = Context(
        values={key: value for key, value in values.items() if key not in gone}, unknown=frozenset(unknown)
    )
    request = Request(
        principal=principal, action=action, resource=resource, context=context, resource_account=owner
    )
    return Asked(request=request, layers=layers)


def _layers(snapshot: Snapshot, principal: Principal, action: str, resource: str) -> Layers:
    identity: tuple[Policy, ...] | None = None
    boundary: tuple[Policy, ...] | None = None
    account = getattr(principal, "account", None)
    if account is not None and account != snapshot.caller.account:
        # somebody of another account: what they may there is not in this snapshot
        identity = (_unread("identity", "the caller's own policies", "they are in another account"),)
    elif (holder := _holder(snapshot, principal)) is not None:
        identity = tuple(_identity(snapshot, holder))
        boundary = None if holder.boundary is None else (_managed(snapshot, holder.boundary, "boundary"),)
    return Layers(
        identity=identity,
        boundary=boundary,
        resource=_of_resource(snapshot, action, resource),
        scp=_scps(snapshot, account),
        session=() if isinstance(principal, FederatedSession) else None,
    )


def _holder(snapshot: Snapshot, principal: Principal) -> IamUser | IamRole | None:
    """The user or role whose policies count. Raises InputError for one that is not there."""
    match principal:
        case User(arn=arn) | FederatedSession(user_arn=str() as arn):
            found: IamUser | IamRole | None = next((each for each in snapshot.users if each.arn == arn), None)
        case RoleSession(role_arn=arn):
            found = next((each for each in snapshot.roles if each.arn == arn), None)
        case _:
            return None
    if found is None:
        names = ", ".join(f"`{each}`" for each in _near(arn, snapshot)) or None
        raise InputError(
            f"the account has no `{arn}`", expected=names, hint="guestpass who-can sts:GetCallerIdentity '*'"
        )
    return found


def _near(arn: str, snapshot: Snapshot) -> list[str]:
    import difflib

    return difflib.get_close_matches(arn, principals_of(snapshot), n=3, cutoff=0.5)


def _identity(snapshot: Snapshot, holder: IamUser | IamRole) -> Iterator[Policy]:
    for name, document in holder.inline.items():
        yield _read(document, "identity", name)
    for arn in holder.attached:
        yield _managed(snapshot, arn, "identity")
    for name in holder.groups if isinstance(holder, IamUser) else ():
        group = snapshot.group(name)
        if group is None:
            yield _unread("identity", f"group {name}", "it was not read")
            continue
        for inline, document in group.inline.items():
            yield _read(document, "identity", f"{name}/{inline}")
        for arn in group.attached:
            yield _managed(snapshot, arn, "identity")


def _managed(snapshot: Snapshot, arn: str, kind: PolicyKind) -> Policy:
    name = arn.rpartition("/")[2]
    own = next((policy for policy in snapshot.policies if policy.arn == arn), None)
    if own is not None:
        return _read(own.document, kind, name)
    found = managed_policy(arn)
    if isinstance(found, ManagedPolicy):
        return _read(found.document, kind, f"{name} ({found.version})")
    return _unread(kind, name, "its document is not in the snapshot, nor in the catalogue")


def _scps(snapshot: Snapshot, account: str | None) -> tuple[tuple[Policy, ...], ...] | None:
    if account != snapshot.caller.account:
        return None  # AWS: Organizations: SCPs (rule 28: not those of other organisations; the other side is unread)
    stands = snapshot.organization
    if stands is None:
        return (
            (
                _unread(
                    "scp",
                    "service control policies",
                    "nobody asked whether the account is in an organisation",
                ),
            ),
        )
    if stands.id is None or stands.management:
        return None  # rule 27
    if stands.scps is None:
        return (
            (_unread("scp", "service control policies", f"those of {stands.id} cannot be read from here"),),
        )
    return tuple(tuple(_read(each.document, "scp", each.name) for each in level) for level in stands.scps)


def _of_resource(snapshot: Snapshot, action: str, resource: str) -> Policy | None:
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return None
    service, rest = parts[2], parts[5]
    if service == "iam":
        role = next((each for each in snapshot.roles if each.arn == resource), None)
        asks_trust = action.lower().startswith("sts:")
        return _read(role.trust, "trust", f"trust policy of {role.name}") if role and asks_trust else None
    if not may_have_policy(action):
        return None
    arn = f"arn:{parts[1]}:s3:::{rest.partition('/')[0]}" if service == "s3" else resource
    if arn in snapshot.resource_policies:
        document = snapshot.resource_policies[arn]
        return (
            None if document is None else _read(document, "resource", f"policy of {rest.partition('/')[0]}")
        )
    bucket = (
        next((each for each in snapshot.buckets if arn.endswith(f":::{each.name}")), None)
        if service == "s3"
        else None
    )
    if bucket is not None:
        return None if bucket.policy is None else _read(bucket.policy, "resource", f"policy of {bucket.name}")
    return _unread("resource", f"policy of {rest.partition('/')[0]}", "it was not read")


def _read(document: Document, kind: PolicyKind, name: str) -> Policy:
    try:
        return _read_once(_Held(document), kind, name)
    except InputError as error:
        return _unread(kind, name, error.says)


class _Held:
    """A document by identity, so that the same one is read once."""

    __slots__ = ("document",)

    def __init__(self, document: Document) -> None:
        self.document = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.document is self.document

    def __hash__(self) -> int:
        return id(self.document)


@lru_cache(maxsize=8192)
def _read_once(held: _Held, kind: PolicyKind, name: str) -> Policy:
    return read_policy(held.document, kind=kind, name=name)


@lru_cache(maxsize=256)
def _unread(kind: PolicyKind, name: str, why: str) -> Policy:
    """A policy of which nothing is known: it may allow anything and deny anything."""
    puzzle = f"`{name}`: {why}"
    principals = _EVERYONE if kind == "resource" else None
    return Policy(
        name=name,
        kind=kind,
        statements=tuple(
            Statement(
                effect=effect,
                actions=Patterns(values=("*",)),
                resources=Patterns(values=("*",)),
                principals=principals,
                index=index,
                puzzles=(puzzle,),
            )
            for index, effect in enumerate(_EITHER)
        ),
        version="2012-10-17",
    )


def _known(snapshot: Snapshot, principal: Principal, resource: str) -> dict[str, tuple[str, ...]]:
    """The keys that the snapshot tells of a call that the principal makes itself."""
    known: dict[str, tuple[str, ...]] = {"aws:viaawsservice": ("false",)}
    for key, value in _tags_of(snapshot, principal).items():
        known[f"aws:principaltag/{key.lower()}"] = (value,)
    thing = next((each for each in snapshot.resources if each.arn == resource), None)
    for key, value in thing.tags.items() if thing else ():
        known[f"aws:resourcetag/{key.lower()}"] = (value,)
    parts = resource.split(":", 5)
    if len(parts) == 6 and parts[3]:
        known["aws:requestedregion"] = (parts[3],)
    stands = snapshot.organization
    if (
        stands is not None
        and stands.id is not None
        and getattr(principal, "account", None) == snapshot.caller.account
    ):
        known["aws:principalorgid"] = (stands.id,)
    if isinstance(principal, User | Root):
        known["aws:currenttime"] = (snapshot.taken_at.strftime("%Y-%m-%dT%H:%M:%SZ"),)
    return known


def _tags_of(snapshot: Snapshot, principal: Principal) -> Mapping[str, str]:
    match principal:
        case User(arn=arn):
            return next((each.tags for each in snapshot.users if each.arn == arn), {})
        case RoleSession(role_arn=arn):
            return next((each.tags for each in snapshot.roles if each.arn == arn), {})
        case _:
            return {}


def _families(snapshot: Snapshot, principal: Principal, resource: str) -> set[str]:
    """The families of keys that are settled: a tag that is not known is not there."""
    found = {"aws:calledvia", "aws:calledviafirst", "aws:calledvialast"}
    if isinstance(principal, User | Root):
        found.add("aws:principaltag/")  # a role's session may bring tags of its own
    if any(each.arn == resource for each in snapshot.resources):
        found.add("aws:resourcetag/")
    return found


def _of_family(key: str, settled: set[str]) -> bool:
    return any(each.endswith("/") and key.startswith(each) for each in settled)


def _listed(snapshot: Snapshot, resource: str) -> bool:
    """Whether a resource without account in its ARN (a bucket, its objects) is surely of the account."""
    bucket = resource.split(":", 5)[-1].partition("/")[0]
    arns = {each.arn.rpartition(":")[2] for each in snapshot.resources if each.type == "s3:bucket"}
    return bucket in arns or any(each.name == bucket for each in snapshot.buckets)

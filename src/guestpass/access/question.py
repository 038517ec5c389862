"""A question from elsewhere: one JSON object with a principal, an action, a resource, a context and policies.

    {"id": "1", "principal": "arn:aws:iam::111122223333:user/jo", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k",
     "context": {"aws:SecureTransport": "true"}, "policies": {"identity": [{...}], "scp": [[{...}], [{...}]]}}

`principal` is an ARN, `{"service": "x.amazonaws.com"}`, `{"federated": "…"}`, `{"canonical_user": "…"}` or
`{"anonymous": true}`; `session_issuer` the role or user behind a session; `resource_account` the 12 digits of the
resource's owner. A layer that is absent from `policies` is not in force; an empty list is in force and allows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from guestpass.access.decision import Layers
from guestpass.access.policy import Policy, read_policy
from guestpass.access.policy.values import PolicyKind
from guestpass.access.request import (
    Anonymous,
    CanonicalUser,
    Context,
    Federated,
    FederatedSession,
    Principal,
    Request,
    RoleSession,
    Root,
    Service,
    User,
)
from guestpass.errors import InputError, Place

_ANY_SESSION = "any-session"
"""The session's name where a role is asked about and none of its sessions."""

_ARN = re.compile(
    r"arn:(?P<partition>[\w-]+):(?P<service>iam|sts)::(?P<account>\d{12}):(?P<resource>.+)", re.DOTALL
)
_ACCOUNT = re.compile(r"[0-9]{12}")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[^\s:*?]+")
_MOST_POLICIES = 2048
_FORMS = 'an ARN, {"service": …}, {"federated": …}, {"canonical_user": …} or {"anonymous": true}'


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `policies` of a question, each document as it was written."""

    identity: Sequence[msgspec.Raw] | None = None
    boundary: Sequence[msgspec.Raw] | None = None
    session: Sequence[msgspec.Raw] | None = None
    resource: msgspec.Raw = msgspec.Raw(b"null")
    scp: Sequence[Sequence[msgspec.Raw]] | None = None
    rcp: Sequence[Sequence[msgspec.Raw]] | None = None
    endpoint: Sequence[msgspec.Raw] | None = None


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    principal: Any
    action: str
    resource: str
    id: Any = None
    session_issuer: str | None = None
    resource_account: str | None = None
    context: dict[str, Any] = {}
    policies: _Written = _Written()


class _OnlyId(msgspec.Struct):
    id: Any = None


_LINE = msgspec.json.Decoder(_Line)
_ONLY_ID = msgspec.json.Decoder(_OnlyId)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question: the request, and the policies that apply to it. `id` is the asker's, any JSON value."""

    id: Any
    request: Request
    layers: Layers


class Questions:
    """Reads questions; a document that comes again is read once."""

    def __init__(self) -> None:
        self._policies: dict[tuple[PolicyKind, bytes], Policy] = {}

    def read(self, line: bytes) -> Question:
        """Read one JSON object. Raises InputError with the path of what is wrong."""
        try:
            told = _LINE.decode(line)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise _not_read(str(error)) from None
        if not _ACTION.fullmatch(told.action):
            raise _wrong("action", "the action is not one action", "`service:Action`, without wildcards")
        if told.resource != "*" and told.resource.count(":") < 5:
            raise _wrong("resource", "the resource is no ARN", "an ARN with six fields, or `*`")
        if told.resource_account is not None and not _ACCOUNT.fullmatch(told.resource_account):
            raise _wrong("resource_account", "the resource's account is none", "12 digits")
        request = Request(
            principal=principal_of(told.principal, issuer=told.session_issuer),
            action=told.action,
            resource=told.resource,
            context=context_of(told.context),
            resource_account=told.resource_account,
        )
        return Question(id=told.id, request=request, layers=self._layers(told.policies))

    def _layers(self, told: _Written) -> Layers:
        resource = None if bytes(told.resource) == b"null" else told.resource
        return Layers(
            identity=None if told.identity is None else self._level("identity", told.identity),
            boundary=None if told.boundary is None else self._level("boundary", told.boundary),
            session=None if told.session is None else self._level("session", told.session),
            resource=None
            if resource is None
            else self._policy("resource", resource, "resource", "resource policy"),
            scp=None if told.scp is None else self._tree("scp", told.scp),
            rcp=None if told.rcp is None else self._tree("rcp", told.rcp),
            endpoint=None if told.endpoint is None else self._level("endpoint", told.endpoint),
        )

    def _tree(
        self, kind: PolicyKind, levels: Sequence[Sequence[msgspec.Raw]]
    ) -> tuple[tuple[Policy, ...], ...]:
        return tuple(
            self._level(kind, level, f"policies.{kind}[{number}]", f"level {number + 1}, ")
            for number, level in enumerate(levels)
        )

    def _level(
        self, kind: PolicyKind, documents: Sequence[msgspec.Raw], path: str | None = None, where: str = ""
    ) -> tuple[Policy, ...]:
        path = path or f"policies.{kind}"
        return tuple(
            self._policy(kind, document, f"{path}[{number}]", f"{where}policy {number + 1}")
            for number, document in enumerate(documents)
        )

    def _policy(self, kind: PolicyKind, document: msgspec.Raw, path: str, name: str) -> Policy:
        key = (kind, bytes(document))
        found = self._policies.get(key)
        if found is None:
            if len(self._policies) >= _MOST_POLICIES:
                self._policies.clear()
            found = self._policies[key] = _read(kind, key[1], path, name)
        return found if found.name == name else self._renamed(kind, key[1], found, name)

    def _renamed(self, kind: PolicyKind, document: bytes, found: Policy, name: str) -> Policy:
        """The same document in another place: its statements keep their places, its name is that of the new place."""
        key = (kind, name.encode() + b"\0" + document)
        return self._policies.setdefault(key, replace(found, name=name))


def _read(kind: PolicyKind, document: bytes, path: str, name: str) -> Policy:
    try:
        text = document.decode("utf-8")
        if text.startswith('"'):
            # a document that is written as text, as AWS's own answers give it
            text = msgspec.json.decode(document, type=str)
    except (UnicodeDecodeError, msgspec.MsgspecError):
        raise _wrong(path, f"`{name}` is no text", "a policy document in JSON") from None
    try:
        return read_policy(text, kind=kind, name=name)
    except InputError as error:
        inner = error.place.path.removeprefix("$") if error.place and error.place.path else ""
        raise InputError(
            error.says, place=Place(file="question", path=f"$.{path}{inner}"), expected=error.expected
        ) from None


def id_of(line: bytes) -> Any:
    """The id of a question that could not be read, None where even that cannot be told."""
    try:
        return _ONLY_ID.decode(line).id
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def principal_of(told: Any, *, issuer: str | None = None) -> Principal:
    """Who asks, from an ARN or one of the objects of a question. Raises InputError.

    A role's ARN stands for any session of it. Of a role session whose issuer is not told the role is taken to have no
    path.
    """
    if isinstance(told, str):
        return _by_arn(told, issuer)
    if isinstance(told, Mapping) and len(told) == 1:
        ((kind, value),) = told.items()
        if kind == "anonymous" and value is True:
            return Anonymous()
        if isinstance(value, str) and value:
            match kind:
                case "service":
                    return Service(name=value)
                case "federated":
                    return Federated(provider=value)
                case "canonical_user":
                    return CanonicalUser(canonical_id=value)
                case "arn":
                    return _by_arn(value, issuer)
    raise _wrong("principal", "the principal is none that is known", _FORMS)


def _by_arn(arn: str, issuer: str | None) -> Principal:
    found = _ARN.fullmatch(arn)
    if found is None:
        raise _wrong("principal", "the principal's ARN is none of IAM's or STS's", _FORMS)
    partition, account = found["partition"], found["account"]
    kind, _, name = found["resource"].partition("/")
    match found["service"], kind:
        case "iam", "root" if not name:
            return Root(account=account, partition=partition)
        case "iam", "user" if name:
            return User(arn=arn, account=account)
        case "iam", "role" if name:
            session = f"arn:{partition}:sts::{account}:assumed-role/{name.rpartition('/')[2]}/{_ANY_SESSION}"
            return RoleSession(arn=session, role_arn=arn, account=account)
        case "sts", "assumed-role" if name.count("/") == 1:
            role = issuer or f"arn:{partition}:iam::{account}:role/{name.partition('/')[0]}"
            return RoleSession(arn=arn, role_arn=_issuer(role, "role", account), account=account)
        case "sts", "federated-user" if name:
            user = None if issuer is None else _issuer(issuer, "user", account)
            return FederatedSession(arn=arn, user_arn=user, account=account)
        case _:
            raise _wrong("principal", "the principal's ARN is that of no caller", _FORMS)


def _issuer(told: str, kind: str, account: str) -> str:
    found = _ARN.fullmatch(told)
    if found is None or found["account"] != account or not found["resource"].startswith((f"{kind}/", "root")):
        raise _wrong(
            "session_issuer",
            f"the session's issuer is not the {kind} behind it",
            f"the ARN of a {kind} of {account}",
        )
    return found[0]


def context_of(told: Mapping[str, Any]) -> Context:
    """The context from keys and values; numbers and booleans as text. Raises InputError for anything else."""
    values: dict[str, tuple[str, ...]] = {}
    for key, value in told.items():
        listed = value if isinstance(value, list) else [value]
        values[key] = tuple(_text(each, key) for each in listed)
    return Context.of(values)


def _text(value: Any, key: str) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            raise _wrong(
                f"context[{key!r}]", "a context value is a text or a list of texts", '{"key": "value"}'
            )


def _wrong(path: str, says: str, expected: str) -> InputError:
    return InputError(says, place=Place(file="question", path=f"$.{path}"), expected=expected)


def _not_read(why: str) -> InputError:
    says, _, path = why.partition(" - at `")
    return InputError(
        f"not a question: {says[:1].lower()}{says[1:200]}",
        place=Place(file="question", path=path.rstrip("`") or "$"),
        expected="one JSON object a line with `principal`, `action`, `resource` and `policies`",
    )

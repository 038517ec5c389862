"""Actions, resources, principals: whether the elements of a statement match (rules 34 to 48, 69 to 74)."""

import re
from collections.abc import Mapping

from guestpass.access.policy.values import Patterns, PrincipalPattern, Principals, Version
from guestpass.access.request import (
    CanonicalUser,
    Federated,
    FederatedSession,
    Principal,
    RoleSession,
    Root,
    Service,
    User,
)
from spec.possible import MAYBE, NO, YES, Possible, negate, some, sure

Keys = Mapping[str, tuple[str, ...] | None]
"""Every key that anything asks about: its values, empty for absent, None for not known."""

STAR, ONE = "\ue000", "\ue001"  # the wildcards, told apart from the letters `*` and `?` of substituted values


def filled_in(text: str, version: Version, keys: Keys) -> tuple[str | None, bool]:
    """Rules 34, 69 to 74: variables get their values, as plain letters; (None, …) where one has no value.

    The second says whether an unknown value was left open as `*`.
    """
    # AWS: IAM policy elements: Variables and tags; IAM JSON policy elements: Version
    if version != "2012-10-17":
        return text.replace("*", STAR).replace("?", ONE), False
    out, opened = "", False
    for part in re.split(r"(\$\{[^}]*\})", text):
        body = part[2:-1].strip()
        if not part.startswith("${"):
            out += part.replace("*", STAR).replace("?", ONE)
        elif body in ("*", "?", "$"):
            out += body
        else:
            name, comma, default = body.partition(",")
            values = keys[name.strip().lower()]
            if values is None or len(values) > 1:
                out, opened = out + STAR, True
            elif not values and not comma:
                return None, opened
            else:
                out += values[0] if values else default.strip()[1:-1]
    return out, opened


def like(pattern: str, text: str, any_letter: str = ".") -> bool:
    """Rule 55: `*` and `?`, anywhere."""
    # AWS: IAM JSON policy elements: Condition operators
    wild = {STAR: f"{any_letter}*", ONE: any_letter}
    return re.fullmatch("".join(wild.get(c, re.escape(c)) for c in pattern), text, re.DOTALL) is not None


def action_matches(actions: Patterns, action: str) -> bool:
    """Rules 36, 40: case does not count; NotAction turns the list round."""
    # AWS: IAM JSON policy elements: Action; NotAction
    patterns = [p.lower().replace("*", STAR).replace("?", ONE) for p in actions.values]
    return any(like(p, action.lower()) for p in patterns) != actions.negated


def arn_like(pattern: str, arn: str, *, loose: bool = False) -> bool:
    """Rules 38, 61: six fields apart; loosely, a `*` that ends a field may go beyond its colon."""
    # AWS: IAM JSON policy elements: Resource
    if not loose:
        fields, given = pattern.split(":", 5), arn.split(":", 5)
        return len(fields) == len(given) == 6 and all(map(like, fields, given))
    *head, tail = pattern.split(":", 5)
    regex = ""
    for field in head:
        ends = field.endswith(STAR)
        body = field.rstrip(STAR) if ends else field
        wild = {STAR: "[^:]*", ONE: "[^:]"}
        regex += "".join(wild.get(c, re.escape(c)) for c in body) + (".*" if ends else "") + ":"
    rest = "".join({STAR: ".*", ONE: "."}.get(c, re.escape(c)) for c in tail)
    return re.fullmatch(regex + rest, arn, re.DOTALL) is not None


def resource_matches(
    resources: Patterns | None, version: Version, resource: str, action: str, keys: Keys
) -> Possible:
    """Rules 37 to 40: any of the list; NotResource turns it round; no list: the policy's own resource."""
    if resources is None:
        return YES
    listed = some(one_resource(p, version, resource, action, keys) for p in resources.values)
    return negate(listed) if resources.negated else listed


def one_resource(text: str, version: Version, resource: str, action: str, keys: Keys) -> Possible:
    """Rules 37 to 39, 70: one ARN pattern, filled up with `*`; where the two readings of `*` differ, open."""
    # AWS: IAM JSON policy elements: Resource
    if set(text) == {"*"}:
        return YES
    if resource == "*":
        fields = [*text.split(":", 5), "*", "*", "*", "*", "*"]
        service = like(fields[2].lower().replace("*", STAR).replace("?", ONE), action.lower().split(":")[0])
        return MAYBE if service and set(fields[5]) == {"*"} else NO
    pattern, opened = filled_in(text, version, keys)
    if pattern is None:
        return NO
    pattern += f":{STAR}" * (5 - pattern.count(":"))
    strict, loose = arn_like(pattern, resource), arn_like(pattern, resource, loose=True)
    return NO if not loose else MAYBE if opened or not strict else YES


# How closely a principal entry names the caller, in rising order of what its Allow gives (rules 8 to 13).
NOT, OPEN, ACCOUNT, ISSUER, ANYONE, SELF = range(6)


def named(entry: PrincipalPattern, caller: Principal) -> int:
    """Rules 41 to 45: one entry of Principal."""
    # AWS: IAM JSON policy elements: Principal
    value, has_account = entry.value, isinstance(caller, Root | User | RoleSession | FederatedSession)
    match entry.kind, caller:
        case "Service", Service(name=name):
            return SELF if name == value else NOT
        case "Federated", Federated(provider=provider):
            return SELF if provider == value else NOT
        case "CanonicalUser", CanonicalUser(canonical_id=own):
            return SELF if own == value else NOT
        case "CanonicalUser", _:
            return OPEN if has_account else NOT
        case "AWS", Federated() if value == "*":
            return OPEN
        case "AWS", _ if value == "*":
            return ANYONE
        case "AWS", Root(account=account):
            return SELF if is_account(value, account) else NOT
        case "AWS", User(arn=own, account=account, user_id=unique):
            return (
                SELF
                if value == own
                else ACCOUNT
                if is_account(value, account)
                else by_id(value, unique, SELF)
            )
        case "AWS", RoleSession(arn=own, role_arn=role, account=account, role_id=unique):
            close = {own: SELF, role: ISSUER}.get(value)
            return close or (ACCOUNT if is_account(value, account) else by_id(value, unique, ISSUER))
        case "AWS", FederatedSession(arn=own, user_arn=user, account=account):
            close = {own: SELF, user: ISSUER}.get(value)
            if user is None and f"::{account}:user/" in value:
                return OPEN  # nobody says whose session it is
            return close or (ACCOUNT if is_account(value, account) else by_id(value, None, SELF))
    return NOT


def is_account(value: str, account: str) -> bool:
    """Rule 42: the 12 digits equal the account's `:root`."""
    return value == account or re.fullmatch(rf"arn:[^:]+:iam::{account}:root", value) is not None


def by_id(value: str, unique: str | None, close: int) -> int:
    """Rule 44: a stored unique id means the principal that had it, and no other."""
    if not value.startswith(("AIDA", "AROA")):
        return NOT
    return OPEN if unique is None else close if unique == value else NOT


def principal_matches(principals: Principals | None, caller: Principal, *, bounded: bool) -> Possible:
    """Rules 17, 46, 47: no list means everybody; NotPrincipal spares who is listed in all their names."""
    # AWS: IAM JSON policy elements: NotPrincipal
    if principals is None:
        return YES
    found = {named(entry, caller) for entry in principals.values}
    if not principals.negated:
        return sure(max(found) > OPEN) if max(found) != OPEN else MAYBE
    if bounded:
        return YES
    names = {RoleSession: {SELF, ISSUER, ACCOUNT}, User: {SELF, ACCOUNT}, FederatedSession: {SELF, ACCOUNT}}
    if ANYONE in found or names.get(type(caller), {SELF}) <= found:
        return NO
    return YES if found <= {NOT} else MAYBE

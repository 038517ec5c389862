"""Conditions (rules 49 to 68)."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from operator import eq, ge, gt, le, lt

from guestpass.access.policy.values import Condition, Version
from spec.match import ONE, STAR, Keys, arn_like, filled_in, like
from spec.possible import MAYBE, NO, YES, Possible, every, negate, some, sure

# AWS: IAM JSON policy elements: Condition operators
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
ORDER: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}


def condition_holds(condition: Condition, version: Version, keys: Keys) -> Possible:
    """Rules 49 to 52, 62 to 65: qualifiers, IfExists, Null, missing keys."""
    given = keys[condition.key.lower()]
    if given is None:
        return MAYBE
    if condition.operator == "Null":
        return null_holds(condition, given)
    negated = condition.operator in NEGATED
    each = [value_holds(condition, version, value, keys) for value in given]
    if condition.qualifier == "ForAllValues":
        held = every(each)
        return MAYBE if held == NO and set(given) == {""} else held
    if not given:
        return sure(condition.if_exists or (negated and condition.qualifier is None))
    if condition.qualifier == "ForAnyValue":
        return some(each)
    return each[0] if len(given) == 1 else MAYBE


def null_holds(condition: Condition, given: tuple[str, ...]) -> Possible:
    """Rule 52: `true` wants the key absent, `false` wants it there and not empty."""
    wanted = {value.lower() for value in condition.values}
    if given and set(given) == {""}:
        return YES if wanted == {"true", "false"} else MAYBE
    return sure(("false" if given else "true") in wanted)


def value_holds(condition: Condition, version: Version, value: str, keys: Keys) -> Possible:
    """Rules 49, 67: any listed value; for negated operators none of them."""
    plain = NEGATED.get(condition.operator, condition.operator)
    negated = plain != condition.operator
    found = [compare(plain, value, wanted, version, keys) for wanted in condition.values]
    if None in found:  # the request's value means nothing to the operator
        return MAYBE if negated else NO
    held = some(part for part in found if part is not None)
    return negate(held) if negated else held


def compare(operator: str, value: str, wanted: str, version: Version, keys: Keys) -> Possible | None:
    """Rules 54 to 61: one value of the request, one of the policy; None when the request's is unreadable."""
    if operator.startswith(("String", "Arn")) or operator == "Bool":
        return compare_text(operator, value, wanted, version, keys)
    if operator.startswith(("Numeric", "Date")):
        read, order = (number, operator[7:]) if operator.startswith("Numeric") else (instant, operator[4:])
        mine, theirs = read(value), read(wanted)
        return None if mine is None else MAYBE if theirs is None else sure(ORDER[order](mine, theirs))
    if operator == "IpAddress":
        return compare_ip(value, wanted)
    return sure(decoded(value) == decoded(wanted))  # BinaryEquals


def compare_text(operator: str, value: str, wanted: str, version: Version, keys: Keys) -> Possible | None:
    """Rules 54, 55, 58, 61, 70: operators whose values may hold variables."""
    if operator.startswith("Arn") and value.count(":") < 5:
        return None
    if operator == "Bool" and value.lower() not in ("true", "false"):
        return None
    pattern, opened = filled_in(wanted, version, keys)
    if pattern is None:
        return NO
    if operator == "Bool":
        plain = pattern.lower()
        return MAYBE if opened or plain not in ("true", "false") else sure(plain == value.lower())
    if operator.startswith("Arn"):
        full = pattern + f":{STAR}" * (5 - pattern.count(":"))
        return NO if not arn_like(full, value) else MAYBE if opened or full != pattern else YES
    if operator != "StringLike" and not opened:
        pattern = pattern.replace(STAR, "*").replace(ONE, "?")
    elif operator != "StringLike":
        return sure(False) if not open_text_matches(operator, value, wanted, keys) else MAYBE
    if operator == "StringEqualsIgnoreCase":
        pattern, value = pattern.lower(), value.lower()
    return NO if not like(pattern, value) else MAYBE if opened else YES


def open_text_matches(operator: str, value: str, wanted: str, keys: Keys) -> bool:
    """Whether some value of the unknown variables would make the texts equal: wildcards are letters here."""
    escaped = (
        wanted.replace("*", "\ue002")
        .replace("?", "\ue003")
        .replace("${\ue002}", "${*}")
        .replace("${\ue003}", "${?}")
    )
    pattern = (filled_in(escaped, "2012-10-17", keys)[0] or "").replace("\ue002", "*").replace("\ue003", "?")
    lower = operator.endswith("IgnoreCase")
    return like(pattern.lower(), value.lower()) if lower else like(pattern, value)


def number(text: str) -> Fraction | None:
    """Rule 56: an integer or a decimal."""
    return Fraction(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII) else None


def instant(text: str) -> Fraction | None:
    """Rule 57: a W3C form of ISO 8601, or epoch seconds (four digits alone could be either)."""
    if re.fullmatch(r"\d{5,}(\.\d+)?", text, re.ASCII):
        return Fraction(text)
    form = r"\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?"
    if not re.fullmatch(form, text, re.ASCII):
        return None
    fraction = re.search(r"\.\d+", text)
    whole = text.replace(fraction[0], "") if fraction else text
    whole += "-01" if len(whole) == 7 else ""
    whole += "T00:00Z" if len(whole) == 10 else ""
    try:
        moment = datetime.fromisoformat(whole).timestamp()
    except ValueError:
        return None
    return Fraction(int(moment)) + Fraction(Decimal(fraction[0]) if fraction else 0)


def compare_ip(value: str, wanted: str) -> Possible | None:
    """Rule 60: families never match each other; a bare address is a single host."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    try:
        return sure(address in ipaddress.ip_network(wanted, strict=False))
    except ValueError:
        return MAYBE


def decoded(text: str) -> bytes | None:
    """Rule 59: the bytes behind base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None

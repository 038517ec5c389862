"""The narrowest ARN pattern that surely holds a thing of which the request says a name, but not the whole ARN."""

from __future__ import annotations

from guestpass.catalog import actions
from guestpass.catalog.operations import fill
from guestpass.catalog.values import Named, Where


def widest(named: Named, where: Where) -> str:
    """An ARN pattern that holds the thing: `*` stands for what the request does not say of it.

    `user/*ann` for an IAM name (its path is not in the request), `secret:NAME-??????` for a secret, else every thing
    of the type in that region; `*` alone for a type that AWS lists no ARN format of.
    """
    prefix, _, kind = named.type.partition(":")
    if kind == "Secret" and named.name:
        # AWS: Secrets Manager User Guide, "Permissions policy examples": six characters of AWS's end the ARN
        name = named.name
        return name if name.startswith("arn:") else _arn(prefix, kind, f"{name}-??????", where)
    if prefix == "iam" and named.name and not named.within:
        return _arn(prefix, kind, f"*{named.name}", where)
    return _arn(prefix, kind, "*", where)


def _arn(prefix: str, kind: str, name: str, where: Where) -> str:
    pattern = actions.arn_format(prefix, kind)
    if pattern is None:
        return "*"
    open_names = [each for each in fill.VARIABLE.findall(pattern) if each not in _WHERE]
    if not open_names:
        return "*"
    return fill.arn_of(prefix, kind, dict.fromkeys(open_names, "*") | {open_names[-1]: name}, where)


_WHERE = frozenset({"Partition", "Region", "Account"})

"""What the verbs that ask about access share: the account or a snapshot of it, the context, the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, assert_never

from cyclopts import Group, Parameter

from guestpass.access import Allowed, Decision, Denied, Principal, Undecided, evaluate
from guestpass.access.question import principal_of
from guestpass.account import Snapshot, snapshot_from_json
from guestpass.account.asking import Asked, asked
from guestpass.cli.account import hands_of
from guestpass.cli.files import read_input
from guestpass.cli.options import Account
from guestpass.errors import InputError

_ASKING = Group("Asking", sort_key=6)
_MOST = 512 << 20

Expected = Literal["allowed", "denied"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asking:
    """Of what is asked: an account or a file, and under which circumstances."""

    snapshot: Annotated[Path | None, Parameter(group=_ASKING)] = None
    """A file that `guestpass snapshot` wrote; the account itself when left out."""

    context: Annotated[tuple[str, ...], Parameter(group=_ASKING, negative=(), consume_multiple=False)] = ()
    """A context key of the request: `aws:SourceIp=203.0.113.7`, several times for several; `KEY` alone: the request
    has no such key. What is not told is not known."""


def snapshot_for(asking: Asking, account: Account, *, resource: str | None) -> Snapshot:
    """Read the file, or the account with the policy of `resource` (of everything it lists when None)."""
    if asking.snapshot is not None:
        return snapshot_from_json(read_input(asking.snapshot, most=_MOST), file=str(asking.snapshot))
    from guestpass.aws import take_snapshot, with_policies

    hands = hands_of(account)
    snapshot = take_snapshot(hands)
    return with_policies(hands, snapshot, None if resource is None else (resource,))


def decided(
    snapshot: Snapshot, principal: Principal, action: str, resource: str, asking: Asking
) -> tuple[Asked, Decision]:
    """Decide one request, with its trace. Raises InputError for words that are no action, no ARN, no principal."""
    told, absent = context_of(asking.context)
    question = asked(snapshot, principal, action_of(action), resource_of(resource), told=told, absent=absent)
    return question, evaluate(question.request, question.layers)


def principal_named(word: str, snapshot: Snapshot) -> Principal:
    """Who is meant: an ARN, a user's or role's bare name, or a service (`ec2.amazonaws.com`). Raises InputError."""
    if word.startswith("arn:"):
        return principal_of(word)
    if word.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return principal_of({"service": word})
    if word == "anonymous":
        return principal_of({"anonymous": True})
    found = [user.arn for user in snapshot.users if user.name == word]
    found += [role.arn for role in snapshot.roles if role.name == word]
    if len(found) == 1:
        return principal_of(found[0])
    both = " or ".join(f"`{arn}`" for arn in found)
    raise InputError(
        f"`{word}` is {'a user and a role' if found else 'no user or role of the account'}",
        expected=both
        or "an ARN, a user's or role's name, a service such as `ec2.amazonaws.com`, or `anonymous`",
        hint="guestpass who-can sts:GetCallerIdentity '*'" if not found else None,
    )


def action_of(word: str) -> str:
    """An action that AWS lists. Raises InputError with the nearest names."""
    import difflib

    from guestpass.catalog import action_exists, all_actions

    if action_exists(word):
        return word
    near = difflib.get_close_matches(word.lower(), {each.lower() for each in all_actions()}, n=1, cutoff=0.6)
    spelt = next((each for each in all_actions() if near and each.lower() == near[0]), None)
    raise InputError(
        f"AWS lists no action `{word}`",
        expected=f"`{spelt}`" if spelt else "one action, such as `s3:GetObject`, without wildcards",
        hint="guestpass catalog action s3:GetObject",
    )


def resource_of(word: str) -> str:
    """An ARN, or `*` for a request without resource. Raises InputError."""
    if word != "*" and (not word.startswith("arn:") or word.count(":") < 5):
        raise InputError(
            f"`{word}` is no ARN", expected="an ARN with six fields such as `arn:aws:s3:::shop/key`, or `*`"
        )
    return word


def context_of(words: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """The keys that are told, and those that are told to be absent. Raises InputError."""
    told: dict[str, tuple[str, ...]] = {}
    absent: set[str] = set()
    for word in words:
        key, equals, value = word.partition("=")
        if ":" not in key:
            raise InputError(
                f"`{word}` is no context key",
                expected="`service:Key=value`, such as `aws:SourceIp=203.0.113.7`",
            )
        if equals:
            told[key] = (*told.get(key, ()), value)
        else:
            absent.add(key)
    return told, frozenset(absent)


def exit_of(decision: Decision, expect: Expected | None) -> int:
    """0 yes, 3 no, 4 not known; with `expect` 0 where the answer is the expected one."""
    match decision:
        case Undecided():
            return 4
        case Allowed():
            return 0 if expect in (None, "allowed") else 3
        case Denied():
            return 0 if expect == "denied" else 3
        case _:
            assert_never(decision)

"""The answers that make a pass: from options, from the account, from whoever sits at the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guestpass.cli.options import Account
from guestpass.cli.talk import Talk, interactive
from guestpass.errors import GuestpassError, InputError
from guestpass.loan import Pass
from guestpass.loan.reading import parse_pass
from guestpass.needs import blueprint, blueprints
from guestpass.needs.blueprint import PassField
from guestpass.needs.tree import read_text

Given = Mapping[str, str | list[str] | None]

# option, question, default; a field that stands in _LISTS takes several words.
_QUESTIONS: Mapping[str, tuple[str, str, str | None]] = {
    "pass": ("--name", "What is the pass called (acme-shop)?", None),
    "account": ("--owner-account", "Which account is lent (12 digits)?", None),
    "guest.name": ("--guest", "Who is the guest?", None),
    "guest.login": (
        "--login",
        "How do they come in: access-key, console, role or instance-only?",
        "access-key",
    ),
    "guest.key": ("--key", "Their public key, or the file that holds it?", None),
    "guest.account": ("--guest-account", "Their own AWS account (12 digits)?", None),
    "job.blueprint": ("--blueprint", "What will be built?", "php-mysql"),
    "job.instance-types": ("--instance-types", "Which instance sizes?", "t3.micro t3.small"),
    "job.database-classes": ("--database-classes", "Which database sizes?", "db.t3.micro"),
    "regions": ("--regions", "In which regions?", None),
    "network.vpc": ("--vpc", "In which VPC?", None),
    "network.subnets": ("--subnets", "In which of its subnets (two zones for a database)?", None),
    "until": ("--until", "Until when (2027-01-31T18:00:00Z)?", None),
    "spend.monthly-usd": ("--monthly-usd", "How many US dollars a month may it cost?", "50"),
    "spend.notify": ("--notify", "Who gets the alarms (mail address)?", None),
}
_LISTS = frozenset(
    {"job.instance-types", "job.database-classes", "job.image-owners", "network.subnets", "regions"}
)
_ASKED_BY_BLUEPRINT: Mapping[str, PassField] = {
    "job.instance-types": "instance-types",
    "job.database-classes": "database-classes",
    "network.vpc": "network",
    "network.subnets": "network",
}
_OPTIONAL = frozenset({"guest.email", "job.image-owners"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What the account itself could tell: proposals, never decisions."""

    account: str | None = None
    region: str | None = None
    vpc: str | None = None
    subnets: tuple[str, ...] = ()


def answered(given: Given, talk: Talk, account: Account) -> Pass:
    """Return the pass that the answers make; wrong answers are asked for again on a terminal.

    Raises InputError with the option to give, where nobody is there to ask.
    """
    answers: dict[str, str | list[str]] = {name: value for name, value in given.items() if value}
    found = look_up(account, _first(answers.get("regions")))
    proposals = {
        "account": found.account,
        "regions": found.region,
        "network.vpc": found.vpc,
        "network.subnets": " ".join(found.subnets) or None,
    }
    for name in _QUESTIONS:
        if name in answers or not _applies(name, answers):
            continue
        answers[name] = _asked(name, talk, proposals.get(name))
    while True:
        try:
            return parse_pass(json.dumps(_tree(answers)), file="answers")
        except InputError as error:
            name = _name_of(error)
            option = _QUESTIONS[name][0] if name in _QUESTIONS else None
            if not interactive() or option is None:
                where = f"`{option}`: " if option else ""
                raise InputError(f"{where}{error.says}", expected=error.expected, hint=error.hint) from None
            talk.say(f"{error.says}; expected {error.expected}" if error.expected else error.says)
            answers[name] = _asked(name, talk, None)


def look_up(account: Account, region: str | None) -> Found:
    """Ask the account for its number and its default network; silence where it does not answer."""
    from guestpass.cli.account import hands_of
    from guestpass.loan.step import Call

    try:
        hands = hands_of(account, region=region)
        where = region or hands.region
        vpcs = hands.call(
            Call(
                service="ec2",
                operation="DescribeVpcs",
                parameters={"Filters": [{"Name": "is-default", "Values": ["true"]}]},
                region=where,
            )
        )["Vpcs"]
        if not vpcs:
            return Found(account=hands.caller.account, region=where)
        vpc = vpcs[0]["VpcId"]
        parameters = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
        subnets = hands.call(
            Call(service="ec2", operation="DescribeSubnets", parameters=parameters, region=where)
        )["Subnets"]
    except GuestpassError:
        # only proposals come from here: without an account the same questions are asked, with none
        return Found()
    by_zone = {each["AvailabilityZone"]: each["SubnetId"] for each in subnets}
    chosen = tuple(by_zone[zone] for zone in sorted(by_zone)[:2])
    return Found(account=hands.caller.account, region=where, vpc=vpc, subnets=chosen)


def _applies(name: str, answers: Mapping[str, Any]) -> bool:
    role = answers.get("guest.login") == "role"
    asked = _ASKED_BY_BLUEPRINT.get(name)
    if asked is not None:
        return asked in _asks(str(answers.get("job.blueprint", "")))
    return {"guest.account": role, "guest.key": not role and "guest.was" not in answers}.get(name, True)


def _asks(said: str) -> tuple[str, ...]:
    """What the blueprint asks of the pass; everything where it is none, for the pass's reader says so better."""
    own = "/" in said or said.endswith((".yaml", ".yml"))
    if not own and said not in blueprints():
        return tuple(_ASKED_BY_BLUEPRINT.values())
    return blueprint(said, text=read_text(said) if own else None).asks


def _asked(name: str, talk: Talk, proposal: str | None) -> str | list[str]:
    option, question, default = _QUESTIONS[name]
    usual = proposal or default
    if not interactive():
        if proposal is not None:
            return _value(name, proposal)
        raise InputError(f"`{option}` is missing", expected=question, hint=f"add {option}")
    return _value(name, talk.ask(question, usual))


def _value(name: str, text: str) -> str | list[str]:
    return text.replace(",", " ").split() if name in _LISTS else text


def _tree(answers: Mapping[str, str | list[str]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in answers.items():
        branch, _, leaf = name.rpartition(".")
        told = _words(value) if name in _LISTS else value
        if name == "guest.key" and isinstance(value, str):
            told = _key(value)
        (tree.setdefault(branch, {}) if branch else tree)[leaf] = told
    return tree


def _words(value: str | list[str]) -> list[str]:
    return [
        word
        for each in ([value] if isinstance(value, str) else value)
        for word in each.replace(",", " ").split()
    ]


def _key(value: str) -> str:
    """Return the key itself: a file's content where the answer names a file."""
    path = Path(value).expanduser()
    try:
        if " " not in value and path.is_file():
            return path.read_text("utf-8")[:8192].strip()
    except (OSError, UnicodeDecodeError):
        return value
    return value


def _name_of(error: InputError) -> str:
    path = error.place.path if error.place else None
    return (path or "").removeprefix("$.").split("[")[0]


def _first(value: str | list[str] | None) -> str | None:
    words = _words(value) if value else []
    return words[0] if words else None

"""The wall in words: what each statement limits, how it is held, what it does not reach, and what no policy
holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import assert_never

from guestpass.access.policy import size_of
from guestpass.loan.agreement import Pass
from guestpass.loan.holds import REQUEST_TAG, RESOURCE_TAG, Hold
from guestpass.loan.job import blueprint_of
from guestpass.loan.names import TAG_KEY, Names
from guestpass.loan.wall import (
    fitted_with_origin,
    guest_holds,
    instance_holds,
    instance_spelt_out,
    spelt_out,
)
from guestpass.needs import Blueprint, kind_of
from guestpass.needs.policies import Document, Statement


@dataclass(frozen=True, kw_only=True, slots=True)
class WallLine:
    """One statement of a wall: the limit, how it is held, what it does not reach (may be empty), its Sid, and how many
    characters of the policy it costs.
    """

    limit: str
    how_held: str
    not_reached: str
    sid: str
    characters: int


def explain_wall(pass_: Pass) -> tuple[WallLine, ...]:
    """Explain each statement of the wall as it is spelt out; its Sid is that of the policy's statement that says it."""
    return _explained(guest_holds(pass_), spelt_out(pass_), "wall", pass_)


def explain_instance_wall(pass_: Pass) -> tuple[WallLine, ...]:
    """Explain each statement of the wall around the role of what is built; nothing where there is no such role."""
    if blueprint_of(pass_).runs_as is None:
        return ()
    return _explained(instance_holds(pass_), instance_spelt_out(pass_), "instance wall", pass_)


def _explained(holds: Mapping[str, Hold], written: Document, what: str, pass_: Pass) -> tuple[WallLine, ...]:
    lines = (*_allows(holds, pass_), *_denies(written, pass_))
    _, origin = fitted_with_origin(written, what)
    into = {each: sid for sid, members in origin.items() for each in members}
    return tuple(replace(line, sid=into.get(line.sid, line.sid)) for line in lines)


def left_out(pass_: Pass) -> tuple[WallLine, ...]:
    """What no policy holds closely: left out until the pass accepts it by name, or granted with this warning."""
    return tuple(
        WallLine(
            limit=warned.why,
            how_held="granted, and accepted in the pass" if warned.sid in pass_.job.accept else "left out",
            not_reached=warned.warning,
            sid=warned.sid,
            characters=0,
        )
        for warned in blueprint_of(pass_).warned
    )


def _allows(holds: Mapping[str, Hold], pass_: Pass) -> Iterable[WallLine]:
    names = Names.of_pass(pass_)
    for sid, hold in holds.items():
        yield WallLine(
            limit=_limit(hold),
            how_held=_how(hold, names),
            not_reached=_reach(hold),
            sid=sid,
            characters=size_of(hold.statement(sid)),
        )


def access_in_words(pass_: Pass) -> tuple[str, ...]:
    """Say what the pass lets the guest do, a line each, for the plan and the hand-over letter."""
    if pass_.guest.login == "instance-only":
        return _on_the_instance(pass_)
    names = Names.of_pass(pass_)
    lines = []
    for hold in guest_holds(pass_).values():
        how = _how(hold, names)
        lines.append(f"{_limit(hold)}: {how}" if how else _limit(hold))
    until = f"{pass_.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return (*lines, f"all of it in {_or(pass_.regions)} only, until {until}, and nothing else")


def _on_the_instance(pass_: Pass) -> tuple[str, ...]:
    until = f"{pass_.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    source = f"from {pass_.guest.source}" if pass_.guest.source else "by a way that the owner opens"
    return (
        f"log in to the site's instance by SSH with the guest's own key, {source}: a shell, no root",
        "reach the site's database from the instance or through a tunnel: its one schema, by a user of the guest's own",
        "put the site's pages and programs in place; they run by the web server's user and by the instance's role",
        f"nothing of AWS: no access key, no console, no role of the guest's own; all of it until {until}",
    )


def watched(pass_: Pass) -> tuple[str, ...]:
    """Say what no policy can hold; it is watched (trail, budget, inventory) and never called proved."""
    if pass_.guest.login == "instance-only":
        return (
            "what the guest runs on the instance, and what they leave there: swept at the end, and a sweep is no proof",
            "what the guest does by the instance's role: whoever is in the instance can act by it",
            "what the guest copies out of the database or the instance",
            f"money: the budget tells {pass_.spend.notify} above ${pass_.spend.monthly_usd:f} a month "
            "and stops nothing",
        )
    told = blueprint_of(pass_)
    return (
        "how many things are made: there is no key that counts",
        f"money: the budget tells {pass_.spend.notify} above ${pass_.spend.monthly_usd:f} a month "
        "and stops nothing",
        *(("which ports and addresses a security-group rule opens",) if "network" in told.asks else ()),
        *_of_what_is_built(pass_, told),
    )


def _of_what_is_built(pass_: Pass, told: Blueprint) -> tuple[str, ...]:
    """What no policy holds of the things that the blueprint is about."""
    parts: list[str] = []
    if "instance-types" in told.asks:
        parts.append("what user data an instance starts with, and what runs on it")
    if "database-classes" in told.asks:
        parts.append("how large disks are, and which subnets and security groups a database is given")
    if told.runs_as == "ec2":
        parts.append("what someone who enters an instance does with the instance's role")
    elif told.runs_as is not None:
        parts.append("what the code that is put in place does with the role that it runs under")
    parts += [warned.warning for warned in told.warned if warned.sid in pass_.job.accept]
    return tuple(parts)


def _limit(hold: Hold) -> str:
    things = _and(_plural(hold.subject))
    match hold.stance:
        case "creates":
            return f"make {things}"
        case "changes":
            return f"change and delete own {things}"
        case "uses" if hold.actions == ("iam:PassRole",):
            return f"hand on {things}"
        case "uses" if hold.service == "iam":
            return f"set up {things}"
        case "uses":
            return f"use {things}"
        case "lists":
            return f"see {things}"
        case "tags":
            return f"tag {things}"
        case "asks" if hold.makes:
            return "make " + _and(f"`{action}`" for action in hold.actions)
        case "asks":
            return "look around: " + _and(
                dict.fromkeys(action.split(":")[0].upper() for action in hold.actions)
            )
        case _:
            assert_never(hold.stance)


def _how(hold: Hold, names: Names) -> str:
    """How the limit is held: the conditions in words, and names or ids where the ARN says them."""
    parts = [_test(operator, key, values) for operator, key, values in hold.conditions]
    named = [name for name in hold.types if any(f"{names.prefix}*" in arn for arn in hold.arns[name])]
    if named:
        whose = "" if len(named) == len(hold.types) else f"of {_and(_plural(named))} "
        parts.append(f"the names {whose}begin with `{names.prefix}`")
    texts = {arn.split(":", 5)[5] for arns in hold.arns.values() for arn in arns if arn.count(":") >= 5}
    ids = sorted(text.split("/")[-1] for text in texts if text.startswith(("subnet/", "vpc/", "role/")))
    if ids:
        parts.append(f"only {_and(f'`{text}`' for text in ids)}")
    if any(text.startswith((f"log-group:/{names.store}/", f"parameter/{names.store}/")) for text in texts):
        parts.append(f"only below `/{names.store}/`")
    if not parts and (hold.makes or any(kind_of(name).own == "nothing" for name in hold.types)):
        parts.append("by nothing: no key or name tells own ones from others'")
    return "; ".join(part for part in parts if part)


def _plural(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind_of(name).plural for name in names))


def _test(operator: str, key: str, values: tuple[str, ...]) -> str:
    if operator == "Null":
        return ""  # it only keeps the test beside it from holding for nothing
    tag = f"`{TAG_KEY}={values[0]}`"
    said: Mapping[str, str] = {
        REQUEST_TAG: f"the request carries the tag {tag}"
        + (", or does not touch that tag" if operator.endswith("IfExists") else ""),
        RESOURCE_TAG: f"only what carries the tag {tag}",
        "ec2:InstanceType": f"sizes {_or(values)}",
        "ec2:MetadataHttpTokens": "metadata with tokens only (IMDSv2)",
        "ec2:NetworkInterfaceID": "not an interface that is there already",
        "ec2:Owner": f"owned by {_or(values)}",
        "ec2:CreateAction": "only while they are being made",
        "rds:DatabaseClass": f"classes {_or(values)}",
        "rds:DatabaseEngine": f"engine {_or(values)}",
        "iam:PassedToService": f"to {_or(values)} only",
        "aws:ResourceAccount": "only in this account",
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": f"only the names {_and(f'`{name}`' for name in values)}",
        "ses:FromAddress": f"only from {_or(f'`{address}`' for address in values)}",
    }
    return said.get(key, f"{key} {operator} {_or(values)}")


def _reach(hold: Hold) -> str:
    if hold.stance not in ("creates", "uses"):
        return ""
    return "; ".join(dict.fromkeys(filter(None, (kind_of(name).reach for name in hold.subject))))


def _denies(written: Document, pass_: Pass) -> Iterable[WallLine]:
    for each in written["Statement"]:
        if each["Effect"] == "Deny":
            limit, how, not_reached = _deny_in_words(each, pass_)
            yield WallLine(
                limit=limit, how_held=how, not_reached=not_reached, sid=each["Sid"], characters=size_of(each)
            )


def _deny_in_words(statement: Statement, pass_: Pass) -> tuple[str, str, str]:
    """The limit, how it is held, what it does not reach."""
    sid = statement["Sid"]
    match sid:
        case "DenyBeyondTheJob":
            return (
                "nothing outside the job's services",
                "an explicit Deny, which holds even where a bucket's, a key's or a role's own policy grants",
                "calls that AWS services make on the guest's behalf; grants made to others",
            )
        case "DenyOtherRegions":
            exempt = (each.partition(":")[0] for each in _several(statement["NotAction"]))
            return (
                f"only {_or(pass_.regions)}",
                "an explicit Deny on the requested region",
                f"{_and(_SERVICES.get(each, each) for each in exempt)}, which have no region and are held by the "
                "statements on them",
            )
        case "DenyAfterTheEnd":
            return (
                f"nothing after {pass_.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
                "an explicit Deny on the time of each request: live sessions too, with no tool running",
                "the instance role (the site lives on), hosts, shares, and grants made to others",
            )
        case "DenyWithoutMfa":
            return (
                "nothing without MFA",
                "an explicit Deny unless the session has shown MFA",
                "setting up the own login",
            )
        case "DenyForeignThings":
            return (
                "nothing without the pass's tag",
                f"an explicit Deny on what does not carry `{TAG_KEY}={pass_.name}`, whatever the thing's own policy grants",
                "grants made to others",
            )
        case _:
            return (
                "nothing but own things, of services whose things have policies",
                "an explicit Deny, which holds even where a thing's own policy grants",
                "grants made to others",
            )


_SERVICES = {"iam": "IAM", "sts": "STS", "route53": "Route 53", "cloudfront": "CloudFront", "ses": "SES"}


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _and(words: Iterable[str]) -> str:
    return _listed(tuple(words), "and")


def _or(words: Iterable[str]) -> str:
    return _listed(tuple(words), "or")


def _listed(words: tuple[str, ...], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""

"""The part of a pass that says what will be built: its blueprint with what that asks, and what is agreed besides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from guestpass import catalog
from guestpass.errors import InputError
from guestpass.loan.agreement import Also, Job, Taken
from guestpass.needs.agreed import type_of, types_of
from guestpass.needs.blueprint import Asked, Blueprint, blueprint, blueprints
from guestpass.needs.kept_back import lent_by_no_pass
from guestpass.needs.tree import Branch, printable, read_text

_ACCOUNT = re.compile(r"[0-9]{12}")
_INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+")
_DATABASE_CLASS = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9]+")
# A name as Route 53 compares it: small letters, no dot at its end; a wildcard would cover names nobody agreed on.
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_ASKED: Mapping[Asked, tuple[re.Pattern[str], str, str]] = {
    "domain": (_DOMAIN, "a domain", "`example.org`"),
    "domains": (_DOMAIN, "a domain", "`shop.example.org`"),
    "zone": (re.compile(r"Z[A-Z0-9]{5,31}"), "the id of a hosted zone", "`Z0123456789ABCDEFGHIJ`"),
    "certificate": (
        re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}"),
        "the ARN of a certificate",
        "`arn:aws:acm:eu-west-1:111122223333:certificate/…`",
    ),
}
_OWNER_ALIASES = ("amazon", "aws-marketplace")
_FIELDS = ("instance-types", "database-classes", "image-owners")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9*-]*:[0-9]{0,12}:\S+")


def read_job(branch: Branch, account: str, regions: Sequence[str], beside: Path) -> Job:
    """Read what will be built. `beside` is the folder in which a blueprint of one's own lies."""
    fields = branch.fields(required=("blueprint",), optional=(*_FIELDS, "with", "accept", "also"))
    name, written = _blueprint(fields["blueprint"], beside)
    told = blueprint(name, text=written)
    _require_asked(branch, fields, told)
    return Job(
        blueprint=name,
        written=written,
        instance_types=each_of(fields["instance-types"], _INSTANCE_TYPE, "an instance type", "`t3.micro`")
        if "instance-types" in fields
        else (),
        database_classes=each_of(
            fields["database-classes"], _DATABASE_CLASS, "a database class", "`db.t3.micro`"
        )
        if "database-classes" in fields
        else (),
        image_owners=_owners(fields["image-owners"]) if "image-owners" in fields else ("amazon",),
        options=_options(fields["with"], told, account, regions) if "with" in fields else (),
        accept=_accepted(fields["accept"], told) if "accept" in fields else (),
        also=tuple(_also(entry, account) for entry in fields["also"].items()) if "also" in fields else (),
    )


def _blueprint(branch: Branch, beside: Path) -> tuple[str, str | None]:
    """A name that guestpass knows, or the path of one's own file with its text."""
    said = branch.text()
    if "/" not in said and not said.endswith((".yaml", ".yml")):
        return branch.choice(blueprints(), "blueprint"), None
    try:
        return said, read_text(beside / said)
    except InputError as error:
        branch.fail(f"the blueprint `{printable(said)}`: {error.says}", expected="a file beside the pass")


def _require_asked(branch: Branch, fields: Mapping[str, Branch], told: Blueprint) -> None:
    for field in _FIELDS:
        if field in told.asks and field not in fields and field != "image-owners":
            branch.fail(f"field `{field}` is missing", expected=f"`{branch.path}.{field}`")
        if field not in told.asks and field in fields:
            fields[field].fail(
                f"blueprint `{printable(told.name)}` has no use for `{field}`", expected=f"no `{field}`"
            )


def _owners(branch: Branch) -> tuple[str, ...]:
    for item in branch.items():
        if item.text() not in _OWNER_ALIASES and not _ACCOUNT.fullmatch(item.text()):
            item.fail(
                f"`{printable(item.text())}` is not an owner of images",
                expected="`amazon`, `aws-marketplace` or an account of 12 digits",
            )
    return branch.texts()


def _accepted(branch: Branch, told: Blueprint) -> tuple[str, ...]:
    """Read the Sids of entries with a warning: nothing else needs accepting."""
    known = tuple(warned.sid for warned in told.warned)
    if not known:
        branch.fail(f"blueprint `{printable(told.name)}` has nothing to accept", expected="no `accept`")
    return tuple(item.choice(known, "entry with a warning") for item in branch.items())


def _also(branch: Branch, account: str) -> Also:
    """Read one thing that is agreed beyond the blueprint: known actions, on ARNs that they can be limited to."""
    fields = branch.fields(required=("actions", "why"), optional=("on", "to"))
    actions = tuple(_action(item) for item in fields["actions"].items())
    passes = "iam:PassRole" in actions
    if passes and (len(actions) > 1 or "to" not in fields):
        branch.fail(
            "a role is passed to a named service, by itself", expected="`iam:PassRole` alone, with `to`"
        )
    if not passes and "to" in fields:
        fields["to"].fail("only a role is passed to a service", expected="no `to`, or `iam:PassRole`")
    to = each_of(fields["to"], _SERVICE, "a service", "`lambda.amazonaws.com`") if passes else ()
    limited = [action for action in actions if catalog.resource_types(action)]
    if "on" not in fields:
        if limited:
            branch.fail(
                f"nothing is said of the resources of `{limited[0]}`", expected=f"`{branch.path}.on`, ARNs"
            )
        return Also(actions=actions, on=("*",), why=_line(fields["why"]), to=to)
    for item in fields["on"].items():
        _require_resource(item, actions, limited, account)
    return Also(actions=actions, on=fields["on"].texts(), why=_line(fields["why"]), to=to)


def _action(branch: Branch) -> str:
    said = branch.text()
    known = catalog.action(said)
    if isinstance(known, catalog.Unmapped):
        near = catalog.nearest_actions(said) if _ACTION.fullmatch(said) else ()
        branch.fail(
            f"AWS lists no action `{printable(said)}`",
            expected="an action by its name, without `*`",
            hint=f"did you mean `{near[0]}`?" if near else None,
        )
    if lent_by_no_pass(known):
        branch.fail(
            f"`{known.name}` decides who may do what in the account or what is recorded, and no pass lends it",
            expected="do it yourself, beforehand",
        )
    return known.name


def _require_resource(branch: Branch, actions: Sequence[str], limited: Sequence[str], account: str) -> None:
    said = branch.text()
    if said == "*":
        if limited:
            branch.fail(
                f"`{limited[0]}` can be limited to resources",
                expected="ARNs, with `*` for what is not known of them",
            )
        return
    if not _ARN.fullmatch(said):
        branch.fail(f"`{printable(said)}` is not an ARN", expected="as in `arn:aws:s3:::acme-shop-uploads/*`")
    if said.split(":")[4] not in ("", account):
        branch.fail(f"this is of account `{said.split(':')[4]}`", expected=f"one of account `{account}`")
    for action in actions:
        if len(types_of(action, said)) > 1 and said.split(":")[5].startswith("*"):
            branch.fail(f"`{printable(said)}` is of several kinds of things", expected=_taken_by(action))
        if type_of(action, said) is None:
            branch.fail(
                f"`{action}` takes no resource of this kind: `{printable(said)}`",
                expected=_taken_by(action),
                hint=f"guestpass catalog action {action}",
            )
    if "iam:PassRole" in actions and "*" in said:
        branch.fail("a role is passed by its whole ARN", expected="no `*`")


def _taken_by(action: str) -> str:
    types = catalog.resource_types(action)
    if isinstance(types, catalog.Unmapped) or not types:
        return "`*`: AWS knows no resource for the action"
    return f"one of its types: {', '.join(types)}"


def _line(branch: Branch) -> str:
    value = " ".join(branch.text().split())
    if len(value) > 200:
        branch.fail("this is too long", expected="at most 200 characters")
    return value


def each_of(branch: Branch, shape: re.Pattern[str], what: str, example: str) -> tuple[str, ...]:
    """Read a list whose entries have a shape, each by itself: what is agreed is what the wall lists."""
    for item in branch.items():
        value = item.text()
        if not shape.fullmatch(value):
            # NOTE: a pattern such as `t3.*` is refused too: what is agreed is what the wall lists, one by
            # one.
            item.fail(f"`{printable(value)}` is not {what}", expected=f"one by one, as in {example}")
    return branch.texts()


def _options(branch: Branch, told: Blueprint, account: str, regions: Sequence[str]) -> tuple[Taken, ...]:
    """Read what the job takes beyond the blueprint's core: `uploads: yes`, `dns: {zone: …, names: […]}`."""
    offered = told.options
    taken: list[Taken] = []
    for name, said in branch.fields(optional=offered).items():
        asks = offered[name].asks
        if not asks:
            if not said.is_text or said.text() != "yes":
                said.fail(f"option `{name}` takes no more than a word", expected="`yes`, or leave it out")
            taken.append(Taken(option=name))
            continue
        fields = said.fields(required=asks)
        says = tuple((field, _asked(fields[field], kind)) for field, kind in asks.items())
        for field, kind in asks.items():
            if kind == "certificate":
                _require_here(fields[field], account, regions)
        taken.append(Taken(option=name, says=says))
    return tuple(taken)


def _require_here(branch: Branch, account: str, regions: Sequence[str]) -> None:
    """Refuse an ARN of another account, or of a region that the pass does not lend."""
    _, _, _, region, owner, _ = branch.text().split(":", 5)
    if owner != account:
        branch.fail(f"this is of account `{owner}`", expected=f"one of account `{account}`")
    if region not in regions:
        branch.fail(f"this is in region `{region}`", expected=f"one in {', '.join(regions)}")


def _asked(branch: Branch, kind: Asked) -> tuple[str, ...]:
    values = branch.texts() if kind == "domains" else (branch.text(),)
    shape, what, example = _ASKED[kind]
    for item, value in zip(branch.items() if kind == "domains" else (branch,), values, strict=True):
        if len(value) > 255 or not shape.fullmatch(value):
            item.fail(f"`{printable(value)}` is not {what}", expected=f"as in {example}")
    return values

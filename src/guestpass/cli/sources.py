"""What the verbs `needs` and `policy` share: a source of needs, told by what it holds, read into needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, assert_never

from cyclopts import Group, Parameter

from guestpass.cli.options import Account
from guestpass.cli.talk import Talk
from guestpass.errors import InputError, Place
from guestpass.loan import Names, Pass, read_pass
from guestpass.loan.agreement import Network
from guestpass.loan.job import blueprint_of, guest_needs, setting_of
from guestpass.needs import Setting, blueprints, of_blueprint
from guestpass.needs.declared import Found, Scene

_SOURCE = Group("Source", sort_key=6)
_MOST = 256 << 20
_CODE = (".py", ".ts", ".js", ".go", ".java")
_GZIP = b"\x1f\x8b"
Kind = Literal["blueprint", "pass", "template", "plan", "record", "code"]
Said = Annotated[tuple[str, ...], Parameter(negative=(), consume_multiple=False, group=_SOURCE)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Sourcing:
    """What is known besides the source: the more, the narrower the resources."""

    pass_: Annotated[Path | None, Parameter(name="--pass", group=_SOURCE)] = None
    """The pass for whose account, region and names the needs are told."""

    account_id: Annotated[str | None, Parameter(group=_SOURCE)] = None
    """The account, 12 digits; ARNs have `*` in its place when left out."""

    where: Annotated[str | None, Parameter(group=_SOURCE)] = None
    """The region; ARNs have `*` in its place when left out."""

    name: Annotated[str | None, Parameter(group=_SOURCE)] = None
    """What own things are called and tagged by, as a pass's name: `acme-shop`."""

    stack: Annotated[str | None, Parameter(group=_SOURCE)] = None
    """The name of the CloudFormation stack: names that CloudFormation makes up begin with it."""

    param: Said = ()
    """A parameter of the template: `Environment=test`, several times for several."""

    by: Said = ()
    """Of a record only these callers: the ARN of a user or role, or its last part."""

    snapshot: Annotated[Path | None, Parameter(group=_SOURCE)] = None
    """A file that `guestpass snapshot` wrote: no pattern then reaches another thing of the account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sourced:
    """What was read of a source: its kind, what it needs, where, and the pass if one was named."""

    source: str
    kind: Kind
    found: Found
    scene: Scene
    setting: Setting
    name: str
    pass_: Pass | None


def sourced(source: str, asked: Sourcing, account: Account, talk: Talk) -> Sourced:
    """Read a source of whatever kind. Raises `InputError` for what cannot be read, with its place."""
    pass_ = read_pass(asked.pass_) if asked.pass_ else None
    data = None if _is_folder(source) or source in blueprints() else _content(source)
    kind = _kind(source, data)
    if kind == "pass":
        if pass_ is not None:
            raise InputError("the source is a pass already", expected="no `--pass`, or another source")
        pass_ = read_pass(source)
    scene = _scene(asked, pass_)
    name = pass_.name if pass_ else asked.name or _named(source)
    found = _found(kind, source, data, asked, scene, pass_, account, talk)
    return Sourced(
        source=source,
        kind=kind,
        found=found,
        scene=scene,
        setting=_setting(scene, name, pass_),
        name=name,
        pass_=pass_,
    )


def _found(
    kind: Kind,
    source: str,
    data: bytes | None,
    asked: Sourcing,
    scene: Scene,
    pass_: Pass | None,
    account: Account,
    talk: Talk,
) -> Found:
    match kind:
        case "pass":
            assert pass_ is not None  # noqa: S101 -- read by the caller
            return Found(needs=guest_needs(pass_), notes=_warned(pass_))
        case "blueprint":
            text = None if data is None else _text(source, data)
            name = pass_.name if pass_ else asked.name or "NAME"
            return Found(
                needs=of_blueprint(
                    source,
                    setting=_setting(scene, name, pass_),
                    login=pass_.guest.login if pass_ else "access-key",
                    text=text,
                ),
                notes=()
                if pass_
                else ("what only a pass says (network, sizes, options) is `*` or left out",),
            )
        case "record":
            return _of_record(source, asked, scene, pass_, account, talk)
        case "code":
            from guestpass.cli.second import asked_of_code, with_role

            asked_about = asked_of_code(source, scene, talk)
            return asked_about if pass_ is None else with_role(asked_about, pass_)
        case "template" | "plan":
            return _of_declared(kind, source, _text(source, data or b""), asked, scene)
        case _:
            assert_never(kind)


def _of_declared(
    kind: Literal["template", "plan"], source: str, text: str, asked: Sourcing, scene: Scene
) -> Found:
    from guestpass.needs.handlers import needs_of_declared

    if kind == "template":
        from guestpass.needs.template import of_template

        declared, missing = of_template(text, file=source, scene=scene, parameters=_parameters(asked.param))
    else:
        from guestpass.needs.terraform import of_plan

        declared, missing = of_plan(text, file=source, scene=scene)
    found = needs_of_declared(declared, scene=scene)
    return Found(needs=found.needs, missing=(*missing, *found.missing), notes=found.notes)


def _of_record(
    source: str, asked: Sourcing, scene: Scene, pass_: Pass | None, account: Account, talk: Talk
) -> Found:
    from guestpass.account import snapshot_from_json
    from guestpass.cli.account import hands_of
    from guestpass.cli.files import read_input
    from guestpass.cli.record import reading_of
    from guestpass.needs.observed import of_record
    from guestpass.trail import deeds_of, usage_of

    hands = hands_of(account) if source.startswith("s3://") else None
    reading = reading_of(hands, trail=source, talk=talk)
    callers = {event.actor.issuer_arn or event.actor.arn or "" for event in reading.events} - {""}
    chosen = {arn for arn in callers if arn in asked.by or arn.rsplit("/", 1)[-1] in asked.by}
    if asked.by and not chosen:
        raise InputError(
            f"nothing in the record is by `{asked.by[0]}`",
            expected=", ".join(sorted(arn.rsplit("/", 1)[-1] for arn in callers)[:8])
            or "a record with callers",
        )
    guests = Names.of_pass(pass_).seeds & callers if pass_ else frozenset()
    seeds = frozenset(chosen or guests or callers)
    owner = next((arn.split(":")[4] for arn in sorted(seeds) if arn.count(":") >= 5), scene.account)
    usage = usage_of(
        deeds_of(reading.events, seeds=seeds),
        account=owner if scene.account == "*" else scene.account,
        partition=scene.partition,
    )
    existing: tuple[str, ...] = ()
    if asked.snapshot is not None:
        seen = snapshot_from_json(read_input(asked.snapshot, most=512 << 20), file=str(asked.snapshot))
        existing = tuple(resource.arn for resource in seen.resources)
    found = of_record(usage, scene=scene, source=source, existing=existing)
    gaps = tuple(each.says for each in reading.findings if each.severity != "note")
    if not gaps:
        return found
    from guestpass.needs.declared import Missing

    return Found(
        needs=found.needs,
        missing=(*(Missing(says=gap, place=Place(file=source)) for gap in gaps), *found.missing),
        notes=found.notes,
    )


def _kind(source: str, data: bytes | None) -> Kind:
    """Tell by what a source holds, never by what it is called; only a program's text is told by its name."""
    if source in blueprints():
        return "blueprint"
    if source.startswith("s3://"):
        return "record"
    if data is None:
        return "code" if _holds_code(Path(source)) else "record"
    if data.startswith(_GZIP):
        return "record"
    if Path(source).suffix in _CODE:
        return "code"
    top = _top(data)
    if "Records" in top:
        return "record"
    if "format_version" in top or "resource_changes" in top:
        return "plan"
    if "Resources" in top or "AWSTemplateFormatVersion" in top:
        return "template"
    if "pass" in top:
        return "pass"
    if "blueprint" in top:
        return "blueprint"
    raise InputError(
        f"it is not known what `{source}` is",
        place=Place(file=source, line=1),
        expected="a blueprint, a pass, a CloudFormation template, a Terraform plan (JSON) or log files of CloudTrail's",
        hint=f"the blueprints are {', '.join(blueprints())}",
    )


def _top(data: bytes) -> frozenset[str]:
    """The names at the top of a JSON or YAML text, cheaply: what is wrong in it is said by whoever reads it."""
    text = data.decode("utf-8-sig", "replace")
    if text.lstrip().startswith("{"):
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            read = None
        if isinstance(read, dict):
            return frozenset(map(str, read))
        return frozenset(re.findall(r'^\s{0,4}"(\w+)"\s*:', text, re.MULTILINE))
    return frozenset(re.findall(r"^[\"']?([A-Za-z_-]+)[\"']?\s*:", text, re.MULTILINE))


def _is_folder(source: str) -> bool:
    return source.startswith("s3://") or Path(source).is_dir()


def _holds_code(folder: Path) -> bool:
    inside = [path for path in folder.rglob("*") if path.is_file()][:2000]
    return any(path.suffix in _CODE for path in inside) and not any(
        path.name.endswith((".json.gz", ".json")) and "CloudTrail" in str(path) for path in inside
    )


def _content(source: str) -> bytes:
    from guestpass.cli.files import read_input
    from guestpass.needs.tree import did_you_mean

    if not Path(source).exists() and re.fullmatch(r"[a-z0-9-]+", source):
        raise InputError(
            f"`{source}` is neither a blueprint nor a file",
            expected=f"{', '.join(blueprints())}, or a file",
            hint=did_you_mean(source, blueprints()),
        )
    return read_input(Path(source), most=_MOST)


def _text(source: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            "the file is not UTF-8 text", place=Place(file=source, line=line), expected="UTF-8 text"
        ) from None


def _parameters(given: tuple[str, ...]) -> Mapping[str, str]:
    out: dict[str, str] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise InputError(f"`--param {each}` has no value", expected="`--param NAME=VALUE`")
        out[name] = value
    return out


def _scene(asked: Sourcing, pass_: Pass | None) -> Scene:
    if asked.account_id is not None and not re.fullmatch(r"[0-9]{12}", asked.account_id):
        raise InputError(f"`{asked.account_id}` is not an AWS account", expected="12 digits")
    if pass_ is None:
        return Scene(
            account=asked.account_id or "*",
            region=asked.where or "*",
            prefix=f"{asked.name}-" if asked.name else None,
            stack=asked.stack,
        )
    names = Names.of_pass(pass_)
    return Scene(
        account=pass_.account,
        region=pass_.regions[0] if len(pass_.regions) == 1 else "*",
        partition=pass_.partition,
        prefix=names.prefix,
        stack=asked.stack,
        role=names.instance_role_arn if blueprint_of(pass_).runs_as else None,
    )


def _setting(scene: Scene, name: str, pass_: Pass | None) -> Setting:
    """What placeholders stand for; without a pass `*` for what only a pass says."""
    if pass_ is not None:
        return setting_of(pass_)
    names = Names.of(name, scene.account, scene.partition)
    network = Network(vpc="*", subnets=("*",))
    anything: dict[str, Any] = dict.fromkeys(
        ("image-owners", "instance-types", "database-classes", "dns-zone", "dns-names", "mail-domain"), ("*",)
    )
    return {
        **anything,
        "partition": (scene.partition,),
        "account": (scene.account,),
        "region": (scene.region,),
        "pass": (name,),
        "own": (f"{names.prefix}*",),
        "store": (names.store,),
        "vpc": (network.vpc,),
        "subnets": network.subnets,
        "instance-role": (names.instance_role_arn,),
        "role-service": ("*",),
        "certificate-arn": ("*",),
        "user": (names.user_arn,),
        "mfa": (names.guest_mfa_arn,),
    }


def _named(source: str) -> str:
    """A name for what has none: the source's own, as far as a pass could be called so."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(source).name.partition(".")[0].lower()).strip("-")
    return stem[:24].strip("-") if re.match(r"[a-z]", stem) and len(stem) > 2 else "job"


def _warned(pass_: Pass) -> tuple[str, ...]:
    return tuple(
        f"{warned.sid}: left out; {warned.warning}"
        for warned in blueprint_of(pass_).warned
        if warned.sid not in pass_.job.accept
    )

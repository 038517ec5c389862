"""`guestpass policy`: needs in, fitted policies out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.sources import Sourcing
from guestpass.cli.talk import Talk

COULD_NOT = 1
INCOMPLETE = 4
Carrier = Literal["user", "role", "group", "inline-user", "inline-role", "inline-group", "session"]


def policy(
    source: str,
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    holder: Carrier = "group",
    attached: int | None = None,
    shorten: Literal["never", "needed", "always"] = "needed",
    replace: Flag = False,
    sourcing: Sourcing | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Write the smallest policies that a job needs, and the wall around them.

    One statement a purpose, resources as narrow as is known, joined and shortened only where AWS's own lists
    prove that nothing more is let in. Exits 1 where it does not fit (and says what costs most), 4 where
    something of the source is not understood.

    Parameters
    ----------
    source
        A blueprint's name or file, a pass, a CloudFormation or SAM template, a Terraform plan (`terraform
        show -json`), log files of CloudTrail's (a folder, or `s3://BUCKET/PREFIX`) as of a rehearsal, or the
        program's own text.
    out
        The folder to write into: a file a policy, the wall, and `reasons.json`. Only shown when left out.
    holder
        Who carries the policies.
    attached
        How many policies a user or role may carry, where AWS has raised the quota.
    shorten
        When lists of actions become patterns that stand for exactly those.
    replace
        Write over files that are there.
    """
    from guestpass.cli.sources import sourced
    from guestpass.loan.synthesis import lendable, synthesise, synthesise_pass
    from guestpass.loan.wall import Limits
    from guestpass.needs.fit import Fitted
    from guestpass.needs.fit import holder as room_of
    from guestpass.report.policy import policy_json, policy_page, reasons_json

    talk = Talk(output or Output())
    told = sourced(source, sourcing or Sourcing(), account or Account(), talk)
    pass_, scene = told.pass_, told.scene
    found = told.found if told.kind in ("pass", "blueprint") else lendable(told.found)
    limits = Limits(
        name=told.name,
        regions=pass_.regions if pass_ else (scene.region,) if scene.region != "*" else (),
        until=pass_.until if pass_ else None,
        mfa=pass_ is not None and pass_.guest.login == "console",
    )
    carried_by = room_of(holder, attached=attached)
    made = (
        synthesise_pass(pass_, carried_by=carried_by, shorten=shorten)
        if told.kind == "pass" and pass_
        else synthesise(
            found.needs,
            setting=told.setting,
            limits=limits,
            name=f"{told.name}-job",
            carried_by=carried_by,
            shorten=shorten,
        )
    )
    documents: dict[str, Mapping[str, Any]] = {}
    if isinstance(made.job, Fitted):
        documents |= dict(made.job.policies)
        if made.wall is not None:
            documents[f"{told.name}-wall"] = made.wall
        documents["reasons"] = {
            "schema": "guestpass.reasons/1",
            "source": source,
            "statements": reasons_json(made.reasons),
        }
    files = _written(out, documents, over=bool(replace)) if out is not None and documents else ()
    talk.show(
        policy_page(made, found, source=source, carried_by=carried_by, files=files),
        policy_json(made, found, source=source, kind=told.kind, carried_by=carried_by, files=files),
    )
    if out is None and documents:
        talk.next(f"guestpass policy {source} --out policies")
    if not isinstance(made.job, Fitted) or made.wall is None:
        return COULD_NOT
    return INCOMPLETE if found.missing else 0


def _written(folder: Path, documents: Mapping[str, Mapping[str, Any]], *, over: bool) -> tuple[str, ...]:
    """Write them. Raises `InputError` where one is there already, before any is written, or the disk refuses."""
    from guestpass.cli.files import write_whole
    from guestpass.errors import InputError

    texts = {
        folder / f"{name}.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in documents.items()
    }
    there = [path for path in texts if path.exists()]
    if there and not over:
        raise InputError(f"`{there[0]}` is there already", expected="an empty folder, or `--replace`")
    for path, text in texts.items():
        write_whole(path, text, mode=0o644)
    return tuple(str(path) for path in texts)

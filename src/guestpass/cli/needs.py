"""`guestpass needs`: each permission of a job, with its reason."""

from __future__ import annotations

from guestpass.cli.options import Account, Output
from guestpass.cli.sources import Sourcing
from guestpass.cli.talk import Talk

INCOMPLETE = 4


def needs(
    source: str,
    /,
    *,
    sourcing: Sourcing | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Say which permissions a job needs, each with its reason and where that comes from.

    Exits 4 where something of the source is not understood, so that the list may be too short.

    Parameters
    ----------
    source
        A blueprint's name or file, a pass, a CloudFormation or SAM template, a Terraform plan (`terraform
        show -json`), log files of CloudTrail's (a folder, or `s3://BUCKET/PREFIX`) as of a rehearsal, or the
        program's own text.
    """
    from guestpass.cli.sources import sourced
    from guestpass.report.needs import needs_json, needs_page

    talk = Talk(output or Output())
    told = sourced(source, sourcing or Sourcing(), account or Account(), talk)
    talk.show(
        needs_page(told.found, source=told.source, kind=told.kind),
        needs_json(told.found, source=told.source, kind=told.kind),
    )
    talk.next(f"guestpass policy {source} --out policies")
    return INCOMPLETE if told.found.missing else 0

"""`guestpass report`: one page that tells the whole story."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def report(
    pass_name: str,
    /,
    *,
    out: Path | None = None,
    trail: str | None = None,
    bill: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = (),
    compare: Path | None = None,
    certificate: Path | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Write the loan's whole story as one page of HTML.

    Who may do what, what was refused, what happened when, what was built, what it cost, how sure it is, and what nobody
    knows. The file runs nothing and loads nothing: it can be sent, kept and printed. A part that cannot be had is said
    on the page, with the command that brings it. Only you can read the file (mode 0600). Exits 0 when it is written.

    Parameters
    ----------
    pass_name
        The pass's file, or its name; with the name alone the access is told only where `pass.yaml` is here.
    out
        The file to write: `NAME-report.html` when left out.
    trail
        The log files: a folder, or `s3://BUCKET/PREFIX`; the trail that guestpass keeps when left out.
    bill
        Files of a Cost and Usage Report; what the account's own export has delivered when left out.
    compare
        The guest's own list of what they made, to hold against the record.
    certificate
        The certificate that `certify` wrote as JSON: `NAME-certificate.json` here when left out.
    """
    from guestpass.cli.account import hands_of
    from guestpass.cli.files import write_whole
    from guestpass.cli.gathering import Asked, story_of, told_of
    from guestpass.report.html import story_html
    from guestpass.report.report import report_json, report_page

    talk = Talk(output or Output())
    asked = Asked(word=pass_name, trail=trail, bills=tuple(bill), hand_in=compare, certificate=certificate)
    story = story_of(hands_of(account or Account()), asked, talk)
    path = out or Path(f"{story.pass_name}-report.html")
    write_whole(path, story_html(story), mode=0o600)
    told = told_of(story)
    talk.show(report_page(story, told, path=str(path)), report_json(story, told, path=str(path)))
    return 0

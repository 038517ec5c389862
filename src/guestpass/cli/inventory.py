"""`guestpass inventory`: who built what, and whether it stands."""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def inventory(
    pass_name: str,
    /,
    *,
    trail: str | None = None,
    document: Path | None = None,
    compare: Path | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Say who built what, and whether it still stands.

    Everything that the guest's identities made, by the record of calls and by the account. Exits 3 where
    the guest's own list differs, 4 where the record does not say what was made.

    Parameters
    ----------
    pass_name
        The pass's name, or its file.
    trail
        The log files: a folder, or `s3://BUCKET/PREFIX`; the trail that guestpass keeps when left out.
    document
        Write the deployment document there: Markdown with a drawing.
    compare
        The guest's own list of what they made: a Markdown table as in the hand-over letter, or CSV.
    """
    from guestpass.cli.account import hands_of
    from guestpass.cli.files import write_whole
    from guestpass.cli.gathering import listed_in, looked_at
    from guestpass.inventory import compare as compared
    from guestpass.report.document import document_markdown
    from guestpass.report.inventory import inventory_json, inventory_page

    talk = Talk(output or Output())
    hand_in = listed_in(compare) if compare else None
    seen = looked_at(hands_of(account or Account()), pass_name, trail, talk)
    told = seen.inventory
    difference = compared(told, hand_in) if hand_in else None
    rows = hand_in.findings if hand_in else ()
    talk.show(inventory_page(told, difference, rows=rows), inventory_json(told, difference, rows=rows))
    if document is not None:
        write_whole(document, document_markdown(told, reading=seen.reading), mode=0o644)
        talk.say(f"wrote {document}")
    talk.next(f"guestpass bill {pass_name}")
    if difference is not None and (difference.unlisted or difference.unfound or rows):
        return 3
    return 4 if told.strange or any(each.severity == "error" for each in seen.reading.findings) else 0

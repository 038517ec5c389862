"""`guestpass usage`: what the guest used, read from the trail's files."""

from __future__ import annotations

from dataclasses import replace

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk


def usage(
    pass_name: str,
    /,
    *,
    trail: str | None = None,
    by: str | None = None,
    refused: Flag = False,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Say what the guest used, and what was refused by what.

    Reads the trail's files, never the event history: the calls of the pass's user, of its sessions, and of
    the roles they took. Exits 4 where a file could not be read or none covers the time: what was done then is
    not known.

    Parameters
    ----------
    pass_name
        The pass's name, or its file.
    trail
        The log files: a folder, or `s3://BUCKET/PREFIX`; the trail that guestpass keeps when left out.
    by
        One identity alone: the last part of its ARN.
    refused
        Only what was refused.
    """
    from guestpass.cli.account import hands_of
    from guestpass.cli.gathering import looked_at
    from guestpass.errors import InputError
    from guestpass.report.usage import usage_json, usage_page

    talk = Talk(output or Output())
    seen = looked_at(hands_of(account or Account()), pass_name, trail, talk, wide=False)
    told = seen.usage
    if by is not None:
        chosen = tuple(each for each in told.identities if by in (each, each.rsplit("/", 1)[-1]))
        if not chosen:
            names = ", ".join(f"`{each.rsplit('/', 1)[-1]}`" for each in told.identities)
            raise InputError(
                f"nothing in the record is by `{by}`",
                expected=names or "no identity of the guest's has called anything yet",
                hint=f"guestpass usage {pass_name}",
            )
        told = replace(
            told,
            identities=chosen,
            rows=tuple(row for row in told.rows if row.by in chosen),
            not_mapped=tuple(row for row in told.not_mapped if row.by in chosen),
        )
    if refused:
        told = replace(
            told,
            rows=tuple(row for row in told.rows if row.refused),
            not_mapped=tuple(row for row in told.not_mapped if row.refused),
        )
    talk.show(usage_page(told, seen.reading), usage_json(told, seen.reading, pass_name=seen.name))
    talk.next(f"guestpass inventory {pass_name}")
    reading = seen.reading
    return 4 if not reading.events or any(each.severity != "note" for each in reading.findings) else 0

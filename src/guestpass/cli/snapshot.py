"""`guestpass snapshot`: the account as a file."""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def snapshot(
    *,
    out: Path,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Write the account to a file, to ask about it without it.

    Reads identities, policies, roles' trust, the organisation, and what stands in the regions with its own policies; no
    secret and no content. What AWS does not show is named in the file. Exits 4 where something could not be read.

    Parameters
    ----------
    out
        The file to write (JSON, `guestpass.snapshot/1`); readable by you alone.
    """
    from guestpass.account import digest, snapshot_to_json
    from guestpass.aws import read_account_resources, take_snapshot, with_policies
    from guestpass.cli.account import enabled_regions, hands_of
    from guestpass.cli.files import write_whole
    from guestpass.report.snapshot import snapshot_json, snapshot_page

    talk = Talk(output or Output())
    hands = hands_of(account or Account())
    regions = enabled_regions(hands) or (hands.region,)
    talk.say(f"reading {len(regions)} regions ...")
    read = with_policies(hands, read_account_resources(hands, regions).onto(take_snapshot(hands)))
    write_whole(out, snapshot_to_json(read))
    told = snapshot_json(read, file=str(out), sha256=digest(read))
    talk.show(snapshot_page(read, file=str(out)), told)
    talk.next(f"guestpass who-can iam:CreateUser '*' --snapshot {out}")
    return 4 if read.gaps else 0

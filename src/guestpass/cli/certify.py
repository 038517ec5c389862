"""`guestpass certify`: how sure is it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def certify(
    pass_name: str,
    /,
    *,
    out: Annotated[Path, Parameter()] = Path(),
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Judge the ways back in, and write the certificate.

    Each is judged by what the guest's policies could do, by what the log shows, and by what stands in the account.
    Today these are the doors of IAM users, sessions and roles; the certificate says which kinds nobody looked at.
    Exits 0 when none is open, 3 when one is or the pass is not revoked, 4 when some could not be judged.

    Parameters
    ----------
    pass_name
        The pass's name, or its file.
    out
        The folder for `NAME-certificate.md` and `NAME-certificate.json`.
    """
    from guestpass.cli.account import hands_of, ledger_of, name_of_pass
    from guestpass.cli.files import write_whole
    from guestpass.cli.judging import judged
    from guestpass.loan.certificate import certificate_json
    from guestpass.report.certificate import certificate_markdown, certificate_page
    from guestpass.report.page import line

    talk = Talk(output or Output())
    name = name_of_pass(pass_name)
    hands = hands_of(account or Account())
    told = judged(hands, name, talk)
    text = certificate_json(told)
    kept = out / f"{name}-certificate.md"
    write_whole(kept, certificate_markdown(told), mode=0o644)
    write_whole(kept.with_suffix(".json"), text + "\n", mode=0o644)
    over = told.state == "revoked" and not told.open
    if over:
        with ledger_of(hands, name) as ledger:
            ledger.note(
                "certified", verb="certify", pass_name=name, at=hands.now(), data={"snapshot": told.snapshot}
            )
    talk.show_text((*certificate_page(told), line(f"certificate  {kept}", wrap=False)), text)
    if not over:
        talk.next(f"guestpass revoke {name} --resume")
        return 3
    return 4 if told.counts["not_judged"] else 0

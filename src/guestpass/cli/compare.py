"""`guestpass compare`: is PowerUserAccess good for a developer?"""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def compare(
    pass_file: Path,
    template: str = "PowerUserAccess",
    /,
    *,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Hold a template, PowerUserAccess for instance, against a pass.

    Says what the job needs that the template lacks, how many actions beyond the job it gives, and the
    worst of them
    in words. The template's text is read from the account where it can be reached, else from guestpass's
    dated copy.
    Exits 0 where the template gives what is needed and no more, 3 where it does not, 4 where that is not
    clear.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    template
        A policy that AWS manages, by name, or a file with a policy document.
    """
    from guestpass.cli.templates import template_text
    from guestpass.loan import read_pass
    from guestpass.loan.compare import compare as held
    from guestpass.report.compare import compare_json, compare_page

    talk = Talk(output or Output())
    pass_ = read_pass(pass_file)
    name, document, source = template_text(template, account or Account(), pass_)
    told = held(pass_, name, document)
    talk.show(compare_page(told, source=source), compare_json(told, source=source))
    talk.next(f"guestpass plan {pass_file}")
    if told.unclear and not told.lacks and not told.beyond:
        return 4
    return 0 if told.enough and not told.beyond else 3

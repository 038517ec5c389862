"""`guestpass doctor`: each check, its result, what to do."""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def doctor(pass_file: Path, /, *, account: Account | None = None, output: Output | None = None) -> int:
    """Check a pass and the account it is for.

    Nothing is changed. Exits 2 when the pass itself is wrong, 3 when a check came out wrong, 4 when one
    could not be made, 0 when all are well.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    """
    from guestpass.cli.checking import examine
    from guestpass.report.checks import checks_json, checks_page

    talk = Talk(output or Output())
    checks, pass_, wrong_input = examine(pass_file, account or Account())
    talk.show(checks_page(checks), checks_json(checks, pass_name=pass_.name if pass_ else None))
    if wrong_input:
        return 2
    results = {check.result for check in checks}
    if results == {"ok"}:
        talk.next(f"guestpass plan {pass_file}")
        return 0
    unguarded = any(check.name == "guard" and check.result == "wrong" for check in checks)
    others = any(check.name != "guard" and check.result == "wrong" for check in checks)
    if unguarded and not others:
        talk.next(f"guestpass guard {pass_file}")
    return 3 if "wrong" in results else 4

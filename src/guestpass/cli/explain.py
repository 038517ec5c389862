"""`guestpass explain CODE`."""

from __future__ import annotations

from guestpass.cli.options import Output
from guestpass.cli.talk import Talk


def explain(code: str, /, *, output: Output | None = None) -> int:
    """Explain a finding's code.

    Parameters
    ----------
    code
        The code that stands before a finding: `POL012`, `DOR041`.
    """
    from guestpass.report.explained import explained, explained_json, explained_page

    talk = Talk(output or Output())
    told = explained(code)
    talk.show(explained_page(told), explained_json(told))
    return 0

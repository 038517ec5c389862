"""`guestpass demo`: a whole loan on the AWS in the box."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from guestpass.cli.options import Output
from guestpass.cli.talk import Talk


def demo(*, keep: Path | None = None, output: Output | None = None) -> int:
    """Play a whole loan on the AWS in the box.

    An owner lends, a guest works and is held, the owner takes back: by the same commands a user types,
    against a
    server of this machine's own. Nothing reaches AWS and no account is needed. Everything shown is
    measured; whatever
    does not go as it should is said, and the demo fails. With `--json` each event is one line.

    Parameters
    ----------
    keep
        The folder to play in; a new one when left out.
    """
    from guestpass.cli.play import play
    from guestpass.cli.play.stage import Stage, examples_folder, folders
    from guestpass.local import start
    from guestpass.report.summary import summary_page

    talk = Talk(output or Output())
    began = time.monotonic()
    fresh = Path(tempfile.mkdtemp(prefix="guestpass-demo-")) if keep is None else Path()
    with folders(keep, fresh) as folder, start() as box:
        seen = play(Stage(box=box, folder=folder, talk=talk, examples=examples_folder()))
    took = time.monotonic() - began
    for problem in seen.problems:
        talk.event_or({"event": "problem", "says": problem})
    last = seen.last_line()
    talk.event_or(
        last,
        *summary_page(last, problems=seen.problems, seconds=took, folder=str(folder), report=seen.report),
    )
    return 1 if seen.problems else 0

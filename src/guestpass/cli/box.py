"""`guestpass local`: the AWS in the box by itself."""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.options import Flag, Output
from guestpass.cli.talk import Talk


def local(
    *,
    port: int = 0,
    env: Path = Path("guestpass-local.env"),
    region: str = "us-east-1",
    delivery: float = 5,
    machines: Flag = False,
    output: Output | None = None,
) -> int:
    """Run the AWS in the box by itself.

    Listens on 127.0.0.1 alone and writes a file to source, readable by you alone, with the endpoint and
    the keys of an administrator. Ctrl-C stops it; everything in it is then gone.

    Parameters
    ----------
    port
        The port; any free one when left out.
    env
        Where to write the file to source.
    region
        The region that the file names.
    delivery
        How many seconds events wait until a trail's log files carry them; AWS takes minutes.
    machines
        Make instances that guestpass sets up, and their databases, real ones on 127.0.0.1; needs sshd and MariaDB.
    """
    from guestpass.local import run

    talk = Talk(output or Output())

    def tell(words: str) -> None:
        talk.warn(words)
        if talk.json:
            talk.event({"schema": "guestpass.local/1", "says": words, "file": str(env)})

    run(port, env, tell, region=region, delivery=delivery, machines=machines)
    return 0

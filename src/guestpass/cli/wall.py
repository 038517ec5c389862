"""`guestpass wall`: what holds whatever the job policy says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Flag, Output
from guestpass.cli.talk import Talk


def wall(
    pass_file: Path,
    /,
    *,
    verbose: Annotated[Flag, Parameter(alias="-v")] = False,
    output: Output | None = None,
) -> int:
    """Show what holds around the guest: each limit, how it is held, what it does not reach.

    The wall is the permissions boundary of everyone that the guest can be, written from the pass; it holds
    even where the job policy is wrong. What no policy holds is listed too.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    verbose
        Each statement's id and its characters too.
    """
    from guestpass.loan import Names, read_pass
    from guestpass.loan.explain import explain_instance_wall, explain_wall, left_out, watched
    from guestpass.loan.wall import instance_wall_document, wall_document
    from guestpass.report.wall import WallTold, wall_json, wall_page

    talk = Talk(output or Output())
    pass_ = read_pass(pass_file)
    names = Names.of_pass(pass_)
    walls = []
    if pass_.guest.login != "instance-only":
        around = "the guest's role" if pass_.guest.login == "role" else "the guest's user"
        walls.append(
            WallTold(name=names.wall, around=around, lines=explain_wall(pass_), document=wall_document(pass_))
        )
    site = explain_instance_wall(pass_)
    if site:
        walls.append(
            WallTold(
                name=names.instance_wall,
                around="the role of what is built",
                lines=site,
                document=instance_wall_document(pass_),
            )
        )
    warned, seen = left_out(pass_), watched(pass_)
    talk.show(
        wall_page(walls, warned=warned, watched=seen, verbose=bool(verbose)),
        wall_json(walls, pass_name=pass_.name, warned=warned, watched=seen),
    )
    talk.next(f"guestpass plan {pass_file}")
    return 0

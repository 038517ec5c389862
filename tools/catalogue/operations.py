"""What each API operation is authorised as, from every package that says something of it."""

from __future__ import annotations

from tools.catalogue.wheels import Wheels


def members(wheels: Wheels) -> dict[str, object]:
    """`operations/CLIENT.json` for every client of botocore."""
    raise NotImplementedError(wheels)

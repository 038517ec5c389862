"""Which resources each API operation touches: variables of ARN formats bound to parameters."""

from __future__ import annotations

from tools.catalogue.wheels import Wheels


def members(wheels: Wheels) -> dict[str, object]:
    """`resources/CLIENT.json` for every client of botocore."""
    raise NotImplementedError(wheels)

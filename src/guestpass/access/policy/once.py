"""Work that is done once a policy: remembered by the policy's identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from guestpass.access.policy.values import Policy

T = TypeVar("T")

_MOST = 4096


def once(make: Callable[[Policy], T]) -> Callable[[Policy], T]:
    """Remember what is made of a policy.

    By identity, because hashing a large policy anew for each request would cost more than deciding it. The policy is
    kept beside what was made of it, so that its id cannot pass to another while the entry stands.
    """
    kept: dict[int, tuple[Policy, T]] = {}

    def made(policy: Policy) -> T:
        entry = kept.get(id(policy))
        if entry is None:
            if len(kept) >= _MOST:
                kept.clear()
            entry = kept[id(policy)] = policy, make(policy)
        return entry[1]

    return made

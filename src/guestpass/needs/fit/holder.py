"""Who carries the policies, and how much of them: IAM's quotas as rooms to fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guestpass.catalog.quotas import quotas
from guestpass.errors import InputError

HolderKind = Literal["user", "role", "group", "inline-user", "inline-role", "inline-group", "session"]
"""A user, role or group with managed policies attached; the same with a policy of their own (`inline-`); a session."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """How many policies one may carry, and how many characters: in `each`, and `together` (None: no limit of its own)."""

    kind: HolderKind
    policies: int
    each: int
    together: int | None = None

    def left(self, taken: int) -> Holder:
        """The same with some of it taken: attached policies, or characters where those are counted together."""
        if self.together is None:
            return Holder(kind=self.kind, policies=max(0, self.policies - taken), each=self.each)
        room = max(0, self.together - taken)
        return Holder(kind=self.kind, policies=self.policies, each=min(self.each, room), together=room)

    @property
    def words(self) -> str:
        """Who it is, in words."""
        match self.kind:
            case "session":
                return "a session"
            case "inline-user" | "inline-role" | "inline-group":
                return f"a {self.kind.removeprefix('inline-')}'s inline policies"
            case _:
                return f"a {self.kind}"


def holder(kind: HolderKind, *, attached: int | None = None) -> Holder:
    """Say what fits onto a holder. `attached` is the number of managed policies where AWS has raised it.

    Raises `InputError` where AWS does not raise it so far.
    """
    # AWS: IAM and AWS STS quotas
    known = quotas()
    if kind in ("user", "role", "group"):
        quota = known[f"managed-policies-per-{kind}"]
        most = quota.limit if attached is None else attached
        if not 0 < most <= (quota.up_to or quota.limit):
            raise InputError(
                f"`{attached}` {quota.words} is not a quota that AWS gives",
                expected=f"1 to {quota.up_to or quota.limit}",
            )
        return Holder(kind=kind, policies=most, each=known["managed-policy-characters"].limit)
    if attached is not None:
        raise InputError(f"`attached` says nothing of `{kind}`", expected="user, role or group")
    if kind == "session":
        # AWS: AssumeRole, Policy and PolicyArns: what is passed counts together
        together = known["session-policy-characters"].limit
        return Holder(kind=kind, policies=known["session-policies"].limit, each=together, together=together)
    # there may be any number of inline policies, but one alone wastes least of what they share
    together = known[f"{kind.removeprefix('inline-')}-inline-characters"].limit
    return Holder(kind=kind, policies=1, each=together, together=together)

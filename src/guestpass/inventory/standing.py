"""What a snapshot says of a thing: there, gone, or nothing, because its type or region was not read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guestpass.account.snapshot import Resource, Snapshot
from guestpass.catalog import Creation
from guestpass.inventory.values import Still

_IAM = {
    "iam:user": "users",
    "iam:role": "roles",
    "iam:group": "groups",
    "iam:policy": "policies",
    "iam:instance-profile": "profiles",
    "iam:access-key": "children",
}
"""IAM's types and the snapshot's part in which they stand; a gap of that name means: not read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """`there` are the things of the account by ARN (an access key by its id); `read` as in `Snapshot`, with IAM's types."""

    there: Mapping[str, Resource]
    read: Mapping[str, tuple[str, ...]]
    at: datetime

    @property
    def types(self) -> tuple[str, ...]:
        """The types that were asked for, sorted."""
        return tuple(sorted(self.read))

    def find(self, thing: Creation) -> Resource | None:
        """The thing itself, if the account holds it; a part of its ARN that no record says may be anything."""
        if "*" not in thing.arn:
            return self.there.get(thing.arn)
        known = re.compile(".*".join(re.escape(part) for part in thing.arn.split("*")))
        found = [each for arn, each in self.there.items() if known.fullmatch(arn)]
        return found[0] if len(found) == 1 else None

    def without(self, thing: Creation, *, ended: bool, made_at: datetime) -> Still:
        """What is known of a thing that the account was not seen to hold."""
        if made_at > self.at:
            return "gone" if ended else "not known"
        return "gone" if ended or self._was_read(thing) else "not known"

    def _was_read(self, thing: Creation) -> bool:
        regions = self.read.get(thing.type, ())
        return thing.region in regions or "" in regions


def standing_of(snapshot: Snapshot) -> Standing:
    """The snapshot as an answer to `does it still stand`."""
    there = {each.arn: each for each in snapshot.resources}
    for kind, part in (("user", snapshot.users), ("role", snapshot.roles), ("group", snapshot.groups)):
        there |= {each.arn: _iam(each.arn, kind, each.created) for each in part}
    there |= {each.arn: _iam(each.arn, "policy", each.created) for each in snapshot.policies}
    there |= {each.arn: _iam(each.arn, "instance-profile", None) for each in snapshot.profiles}
    for user in snapshot.users:
        there |= {key.id: _iam(key.id, "access-key", key.created) for key in user.children.access_keys}
    iam = {
        kind: ("",) for kind, part in _IAM.items() if part not in snapshot.gaps and not _gap(snapshot, kind)
    }
    return Standing(there=there, read={**snapshot.read, **iam}, at=snapshot.taken_at)


def _gap(snapshot: Snapshot, kind: str) -> bool:
    """Whether a list that this type stands in was refused: `iam:ListAccessKeys ada`."""
    word = {"iam:access-key": "iam:ListAccessKeys", "iam:instance-profile": "iam:ListInstanceProfiles"}.get(
        kind
    )
    return word is not None and any(gap.startswith(word) for gap in snapshot.gaps)


def _iam(arn: str, kind: str, created: datetime | None) -> Resource:
    return Resource(arn=arn, type=f"iam:{kind}", region="", created=created)

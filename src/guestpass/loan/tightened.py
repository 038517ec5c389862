"""How the account itself remembers that a pass was tightened, and what its policies were before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from guestpass.account.snapshot import IamPolicy, Snapshot
from guestpass.loan.names import Names

TIGHTENED_TAG = "guestpass-tightened"
"""On a job policy: when it was tightened. `off` after the time says that nothing of it was used and nothing carries it."""

BEFORE_TAG = "guestpass-tightened-from"
"""On a job policy: the versions that were the default before, the last one first, each with when it had been tightened
itself, if it had: `v3@2026-11-23T12:00:00Z v1`."""

OFF = "off"


def stored_job(names: Names, snapshot: Snapshot) -> tuple[IamPolicy, ...]:
    """The job policies that the account holds, by name."""
    return tuple(
        sorted(
            (
                policy
                for policy in snapshot.policies
                if policy.path == names.path
                and (policy.name == names.job_policy() or policy.name.startswith(f"{names.job_policy()}-"))
            ),
            key=lambda policy: (len(policy.name), policy.name),
        )
    )


def tightened_at(names: Names, snapshot: Snapshot) -> datetime | None:
    """When the pass was tightened last, UTC, or None."""
    return max((at for at in map(_at, stored_job(names, snapshot)) if at is not None), default=None)


def is_tightened(policy: IamPolicy) -> bool:
    """Whether a job policy holds less than the pass says because it was tightened."""
    return TIGHTENED_TAG in policy.tags


def is_off(policy: IamPolicy) -> bool:
    """Whether a job policy was taken off the guest because nothing of it was used."""
    return policy.tags.get(TIGHTENED_TAG, "").split()[1:] == [OFF]


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """A version that was the default before a tightening; `tag` is what `TIGHTENED_TAG` said then, None where nothing."""

    version: str
    tag: str | None = None

    def __str__(self) -> str:
        return self.version if self.tag is None else f"{self.version}@{self.tag}"


def before(policy: IamPolicy) -> tuple[Before, ...]:
    """What the policy was before each of its tightenings, the last one first, as far as its versions are still there."""
    told = policy.tags.get(BEFORE_TAG, "").split() if is_tightened(policy) else []
    read = (each.partition("@") for each in told)
    return tuple(
        Before(version=version, tag=tag or None) for version, _, tag in read if version in policy.versions
    )


def last_tightened(policies: Sequence[IamPolicy]) -> tuple[IamPolicy, ...]:
    """Those that the last tightening changed."""
    times = {policy.arn: _at(policy) for policy in policies if is_tightened(policy)}
    last = max((at for at in times.values() if at is not None), default=None)
    return tuple(policy for policy in policies if policy.arn in times and times[policy.arn] in (last, None))


def _at(policy: IamPolicy) -> datetime | None:
    told = policy.tags.get(TIGHTENED_TAG, "").split()
    try:
        read = datetime.fromisoformat(told[0]) if told else None
    except ValueError:
        return None
    return read if read is None or read.tzinfo else read.replace(tzinfo=UTC)

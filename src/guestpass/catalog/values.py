"""AWS's facts as values. A gap is a value too: `Unmapped` says why, and nobody guesses past it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmapped:
    """The catalogue has no fact here; `why` is one line for the reader."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Where a call is made: what ARN templates are filled with."""

    account: str
    region: str
    partition: str = "aws"


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A thing whose ARN the request does not spell out (an IAM path, a secret's suffix): the holder of the
    state looks it up.

    `type` is `service:resource type` as in the service's ARN formats (`iam:user`); `name` is what the request
    calls the thing: a name, or an id of another kind. The empty name is the default one: for `iam:user` the
    caller themselves; for `ec2:subnet` the default subnet (of the zone `within`, if given); for
    `ec2:security-group` the default group (of the VPC that holds the subnet `within`, if given); for `rds:og`
    and `rds:pg` the default group of the engine `within`. `within` is also the VPC in which a security
    group's name is meant. `NAMED` in `catalog.operations` lists every type that can come.
    """

    type: str
    name: str
    within: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that AWS authorises for a call: an action on a resource, with the context keys that the
    request itself sets.

    `resource` is an ARN, `*`, or a `Named`. `context` holds keys in AWS's spelling (`aws:RequestTag/team`,
    `ec2:InstanceType`). Keys about the stored resource (`aws:ResourceTag/…`) are not here: who holds the
    resource adds them. `type` is the resource type without the service (`instance`), None where the action
    has none.

    `settled` are the keys that the catalogue reads from the request, whether they are in `context` or not:
    one that is not in `context` is absent. A name ending in `/` stands for a family (`aws:RequestTag/`). A
    key that AWS lists (`condition_keys`) and that neither stands here nor is known to the holder of the state
    is unknown.
    """

    action: str
    resource: str | Named
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    type: str | None = None
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedRole:
    """`iam:PassRole` on the role inside an instance profile (its name or ARN), with `iam:PassedToService` =
    `service`.

    Only the holder of the state knows which role that is: it makes the `Check`.
    """

    profile: str
    service: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ManagedPolicy:
    """A policy that AWS manages, as it stood in `source`: its default version, that version's date, its
    document.
    """

    name: str
    arn: str
    version: str
    date: date
    document: Mapping[str, Any]
    source: str


Evidence = Literal["could-not", "did-not", "is-not", "closed-by"]
"""What can settle a door: no policy admitted the planting; the logs show none; the account was read and
nothing is there; or an act of the loan closes it whatever was planted.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One way back in.

    `need` is the least right to plant it: L EC2 and RDS full access, P PowerUserAccess, A more, O a log-in on
    the host or database, K in hand by doing the job, X outside AWS. `planting` are alternatives, each the
    actions that are needed together; empty where nothing needs planting. `finders` and `closers` are API
    calls (`iam:ListAccessKeys`, prefix as botocore names the client); `events` the CloudTrail events that
    show it; what no call can do stands in `by_hand`.
    """

    number: int
    category: str
    title: str
    need: Literal["L", "P", "A", "O", "K", "X"]
    planting: tuple[tuple[str, ...], ...]
    finders: tuple[str, ...]
    closers: tuple[str, ...]
    catch: str
    evidence: tuple[Evidence, ...]
    events: tuple[str, ...] = ()
    by_hand: str | None = None

    @property
    def code(self) -> str:
        """The finding code that speaks of this door: `DOR041`."""
        return f"DOR{self.number:03d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Power:
    """What an action lets a stranger do, in words: `stop the trail`. `rank` 1 is the worst; `source` an AWS
    page or a door.
    """

    action: str
    words: str
    rank: int
    source: str
    doors: tuple[int, ...] = ()

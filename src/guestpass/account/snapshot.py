"""An account at one moment, as frozen values. `aws.take_snapshot` makes them; planners and doors read them.

Documents stay as parsed JSON here (`Mapping`); whoever needs their meaning reads them with `access.read_policy`.
Everything is plain data, so that a snapshot can be written to a file, kept as the baseline and compared later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from guestpass.account.site import Site

Document = Mapping[str, Any]
Tags = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who took the snapshot (sts:GetCallerIdentity)."""

    account: str
    arn: str
    user_id: str
    partition: str = "aws"


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessKey:
    """An access key's public half. `status` is AWS's `Active` or `Inactive`."""

    id: str
    status: Literal["Active", "Inactive"]
    created: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class UserChildren:
    """What hangs on an IAM user beside policies and groups: each kind blocks DeleteUser until it is gone.

    `service_credentials`, `ssh_keys`, `signing_certificates` and `mfa_devices` are ids (serial numbers for MFA).
    """

    access_keys: tuple[AccessKey, ...] = ()
    login_profile: bool = False
    mfa_devices: tuple[str, ...] = ()
    ssh_keys: tuple[str, ...] = ()
    service_credentials: tuple[str, ...] = ()
    signing_certificates: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class IamUser:
    """An IAM user. `inline` maps a policy's name to its document; `attached` are policy ARNs; `boundary` a policy ARN."""

    name: str
    arn: str
    id: str
    path: str
    created: datetime
    tags: Tags = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    inline: Mapping[str, Document] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    boundary: str | None = None
    children: UserChildren = UserChildren()


@dataclass(frozen=True, kw_only=True, slots=True)
class IamGroup:
    """An IAM group (groups carry a path but no tags)."""

    name: str
    arn: str
    id: str
    path: str
    created: datetime
    inline: Mapping[str, Document] = field(default_factory=dict)
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class IamRole:
    """An IAM role. `max_session` is in seconds; `profiles` are the names of the instance profiles that hold it."""

    name: str
    arn: str
    id: str
    path: str
    created: datetime
    trust: Document
    max_session: int = 3600
    tags: Tags = field(default_factory=dict)
    inline: Mapping[str, Document] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    boundary: str | None = None
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class IamPolicy:
    """A customer managed policy. `versions` maps every version id to its document, the default's among them."""

    name: str
    arn: str
    id: str
    path: str
    created: datetime
    default_version: str
    versions: Mapping[str, Document]
    tags: Tags = field(default_factory=dict)
    attachments: int = 0

    @property
    def document(self) -> Document:
        """The default version's document."""
        return self.versions[self.default_version]


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceProfile:
    """An instance profile and the names of its roles (at most one today)."""

    name: str
    arn: str
    path: str
    roles: tuple[str, ...] = ()
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityProvider:
    """A SAML or OIDC provider; `digest` is the sha256 of what it is configured with, for comparing with a baseline."""

    arn: str
    kind: Literal["saml", "oidc"]
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trail:
    """A CloudTrail trail and what it covers."""

    name: str
    arn: str
    home_region: str
    bucket: str
    multi_region: bool
    validated: bool
    global_events: bool
    logging: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """A budget and how many notifications it has. `limit` is in `unit` (USD)."""

    name: str
    limit: str
    unit: str
    notifications: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DataExport:
    """A data export (AWS's CUR 2.0 and others) and its definition as AWS spells it: query, destination, cadence."""

    name: str
    arn: str
    definition: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """A bucket that guestpass cares for: the trail's. `policy` is None when there is none.

    `baselines` are the names of the passes whose baseline lies in it.
    """

    name: str
    policy: Document | None = None
    public_access_blocked: bool = False
    versioned: bool = False
    baselines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """Anything else that was found: `type` as in its ARN format (`ec2:instance`, `rds:db`).

    `within` are ids or names of what it stands in (VPC, subnet, network group); `attached_to` is the ARN of the
    instance that a volume or an interface hangs on.
    """

    arn: str
    type: str
    region: str
    tags: Tags = field(default_factory=dict)
    created: datetime | None = None
    within: tuple[str, ...] = ()
    attached_to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedDocument:
    """A policy document and what a reader calls it."""

    name: str
    document: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization:
    """How the account stands in an organisation; `id` is None where it is in none.

    No SCP binds the `management` account. `scps` are those of each level, root first, the account's own last; None
    where they could not be read.
    """

    id: str | None = None
    management: bool = False
    scps: tuple[tuple[NamedDocument, ...], ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The account at `taken_at` (AWS's own clock, from the answer's Date header).

    `gaps` says what could not be read and why, so that nobody takes silence for absence. `read` says of which types of
    `resources` all were listed, and in which regions (`""` for a type without one): of any other, nothing is known.
    `resource_policies` maps the ARN of each resource whose own policy was asked for to it, or to None where it has none;
    `organization` is None where nobody asked.
    Collections are sorted by ARN or name.
    """

    taken_at: datetime
    caller: Caller
    regions: tuple[str, ...]
    users: tuple[IamUser, ...] = ()
    groups: tuple[IamGroup, ...] = ()
    roles: tuple[IamRole, ...] = ()
    policies: tuple[IamPolicy, ...] = ()
    profiles: tuple[InstanceProfile, ...] = ()
    providers: tuple[IdentityProvider, ...] = ()
    trails: tuple[Trail, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    budgets: tuple[Budget, ...] = ()
    exports: tuple[DataExport, ...] = ()
    resources: tuple[Resource, ...] = ()
    root_access_keys: bool | None = None
    root_mfa: bool | None = None
    site: Site = field(default_factory=Site)
    gaps: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resource_policies: Mapping[str, Document | None] = field(default_factory=dict)
    organization: Organization | None = None

    def user(self, name: str) -> IamUser | None:
        """The user of this name, or None."""
        return next((user for user in self.users if user.name == name), None)

    def group(self, name: str) -> IamGroup | None:
        """The group of this name, or None."""
        return next((group for group in self.groups if group.name == name), None)

    def role(self, name: str) -> IamRole | None:
        """The role of this name, or None."""
        return next((role for role in self.roles if role.name == name), None)

    def policy(self, name: str) -> IamPolicy | None:
        """The customer managed policy of this name, or None."""
        return next((policy for policy in self.policies if policy.name == name), None)

    def profile(self, name: str) -> InstanceProfile | None:
        """The instance profile of this name, or None."""
        return next((profile for profile in self.profiles if profile.name == name), None)

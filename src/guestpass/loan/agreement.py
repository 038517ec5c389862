"""The pass: what the owner agrees to, as a frozen value. `loan.read_pass` makes it from `pass.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from guestpass.errors import Bug

Login = Literal["access-key", "console", "role", "instance-only"]
"""How the guest comes in: an IAM user's access key, an IAM user's console password with MFA required, a role that
the guest assumes from their own account (of these three the best: nothing long-lived is handed over), or an SSH key
to an instance that the owner's plan builds: then the guest holds nothing of AWS at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """Who the guest is. `key` is an SSH or age public key (credentials are sealed to it); `account` is needed for `role`.

    With `instance-only` the key is an SSH one and opens the instance; `source` is the network (CIDR) from which SSH is
    open, None where the owner opens it otherwise (a VPN). `was` is the IAM user they were before the pass adopted them:
    they have credentials already, so there is nothing to seal.
    """

    name: str
    login: Login
    key: str | None = None
    account: str | None = None
    email: str | None = None
    source: str | None = None
    was: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """The owner's network that the guest may use and not change: VPC id and subnet ids."""

    vpc: str
    subnets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """An option of the blueprint that the job takes (`dns`), and what it says for each field that the option asks for:
    `(("zone", ("Z0123456789ABC",)), ("names", ("shop.example.org",)))`.
    """

    option: str
    says: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Also:
    """Something that the owner agreed to beyond the blueprint: actions on ARNs or patterns of them, and why.

    `to` are the services (`lambda.amazonaws.com`) that a role is passed to, where the action is `iam:PassRole`.
    """

    actions: tuple[str, ...]
    on: tuple[str, ...]
    why: str
    to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What will be built: a blueprint's name, and the sizes and images that are agreed.

    `image_owners` are account ids or the aliases AWS knows (`amazon`) whose images may be launched. `options` are
    what is taken of the blueprint's offers beyond its core; `accept` the Sids of its entries with a warning that the
    owner accepts; `also` what was agreed to besides. `written` is the text of a blueprint of one's own, whose file
    `blueprint` then names; None for those that guestpass knows.
    """

    blueprint: str
    instance_types: tuple[str, ...] = ()
    database_classes: tuple[str, ...] = ()
    image_owners: tuple[str, ...] = ("amazon",)
    options: tuple[Taken, ...] = ()
    accept: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()
    written: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spend:
    """The budget that watches the loan, in US dollars a month; alarms go to `notify`. Watched, never held."""

    monthly_usd: Decimal
    notify: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """The whole agreement. `until` is UTC; `regions` are at least one, the first is where guestpass itself works.

    `network` is None where the blueprint has no use for one.
    """

    name: str
    account: str
    guest: Guest
    job: Job
    network: Network | None
    regions: tuple[str, ...]
    until: datetime
    spend: Spend
    partition: str = "aws"

    @property
    def land(self) -> Network:
        """The network, of a pass that has one by its blueprint. Raises `Bug` where it has none."""
        if self.network is None:
            raise Bug(f"the pass `{self.name}` has no network")
        return self.network

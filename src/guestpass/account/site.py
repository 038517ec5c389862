"""What stands in an account for guests who only log in to an instance: machines, databases, their security groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A security group. `open` are the networks and groups that it lets in, as `port source`: `22 203.0.113.7/32`."""

    id: str
    name: str
    region: str
    vpc: str
    tags: Mapping[str, str] = field(default_factory=dict)
    open: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """An instance. `state` is EC2's word; `online` whether Systems Manager hears its agent; `address` how it is reached."""

    id: str
    region: str
    state: str
    online: bool
    groups: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """A database instance. `status` is RDS's word; address and port are None until it has them.

    `secret` is the ARN of the master user's secret.
    """

    name: str
    arn: str
    region: str
    status: str
    address: str | None = None
    port: int | None = None
    secret: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """All of these in the regions where instance-only passes stand.

    `images` are the newest of Amazon's own images there, by region and architecture: `eu-west-1 x86_64`;
    `subnet_groups` are the names of the database subnet groups.
    """

    machines: tuple[Machine, ...] = ()
    databases: tuple[Database, ...] = ()
    groups: tuple[Group, ...] = ()
    subnet_groups: tuple[str, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)

"""What moto's memory holds that AWS would charge for, as it stands at this moment."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from guestpass.local.backend import running_ec2, running_others, running_rds
from guestpass.local.backend.charged import Standing

S3 = "s3"
"""The scope of an account's buckets, which moto keeps in one place for all regions."""

Scope = str
"""A region, or `S3`."""

_READERS: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("ec2", "ec2_backends", running_ec2.READERS),
    ("rds", "rds_backends", running_rds.READERS),
    ("kms", "kms_backends", (running_others.keys,)),
    ("secretsmanager", "secretsmanager_backends", (running_others.secrets,)),
    ("logs", "logs_backends", (running_others.log_groups,)),
    ("elbv2", "elbv2_backends", (running_others.balancers,)),
    ("elb", "elb_backends", (running_others.classic_balancers,)),
)


def standing(account: str, scope: Scope) -> Iterator[tuple[str, Standing]]:
    """All that is charged for in one region of an account, or its buckets: each with its region.

    A service that nobody has used there costs nothing to ask.
    """
    if scope == S3:
        held = _backend("s3", "s3_backends", account, "aws")
        if held is not None:
            yield from running_others.buckets(held)
        return
    for service, backends, reads in _READERS:
        held = _backend(service, backends, account, scope)
        if held is not None:
            for read in reads:
                for each in read(held):
                    yield scope, each


def _backend(service: str, backends: str, account: str, region: str) -> Any:
    module = sys.modules.get(f"moto.{service}.models")
    if module is None:
        return None
    # dict.get: moto makes a backend, default VPC and all, for every region that is asked for in brackets
    return dict.get(dict.get(getattr(module, backends), account) or {}, region)


def bucket_home(name: str) -> tuple[str, str] | None:
    """The account that pays for a bucket and the region it is in."""
    module = sys.modules.get("moto.s3.models")
    owner = None if module is None else module.s3_backends.bucket_accounts.get(name)
    if module is None or owner is None:
        return None
    account = str(owner[1])
    held = _backend("s3", "s3_backends", account, "aws").buckets.get(name)
    return None if held is None else (account, str(held.region_name))

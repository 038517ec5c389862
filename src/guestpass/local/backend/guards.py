"""The policies that guard resources themselves: buckets, keys, secrets, and roles' trust."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from moto.kms.models import kms_backends
from moto.kms.utils import RESERVED_ALIASES
from moto.secretsmanager.models import secretsmanager_backends

from guestpass.local.backend import iam
from guestpass.local.backend.stored import bucket_policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """A resource's own policy as text, and what a reader calls it."""

    name: str
    document: str
    kind: Literal["resource", "trust"] = "resource"


def guard_of(action: str, resource: str) -> Guard | None:
    """The policy of the resource that a check is about, or None when it has none."""
    parts = resource.split(":", 5)
    if len(parts) != 6:
        return None
    _, _, service, region, account, rest = parts
    read = _READERS.get((action.partition(":")[0].lower(), service))
    return None if read is None else read(region, account, rest)


def _trust(_region: str, account: str, rest: str) -> Guard | None:
    if not rest.startswith("role/"):
        return None
    name = rest.rpartition("/")[2]
    role = iam.role(account, name)
    if role is None or not role.arn.endswith(f":{rest}"):
        return None
    return Guard(name=f"trust policy of {name}", document=role.trust, kind="trust")


def _bucket(_region: str, _account: str, rest: str) -> Guard | None:
    name = rest.partition("/")[0]
    text = bucket_policy(name)
    return None if text is None else Guard(name=f"bucket policy of {name}", document=text)


def _key(region: str, account: str, rest: str) -> Guard | None:
    name = rest.removeprefix("key/")
    if not rest.startswith("key/") or region not in kms_backends[account]:
        return None
    held: Any = kms_backends[account][region].keys.get(name)
    if held is None:
        return None
    managed = next((alias for alias in held.aliases if alias in RESERVED_ALIASES), None)
    if managed is not None:
        return Guard(name=f"key policy of {managed}", document=_managed_key(managed, account, region))
    text = held.policy if isinstance(held.policy, str) else json.dumps(held.policy)
    return Guard(name=f"key policy of {name}", document=text)


def _managed_key(alias: str, account: str, region: str) -> str:
    """The policy of an AWS managed key: its service uses it for the account, which may only look."""
    # AWS: KMS: AWS managed keys; Secrets Manager: the key policy of aws/secretsmanager
    service = alias.removeprefix("alias/aws/")
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "kms:Encrypt",
                        "kms:Decrypt",
                        "kms:ReEncrypt*",
                        "kms:GenerateDataKey*",
                        "kms:CreateGrant",
                        "kms:DescribeKey",
                    ],
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": {
                            "kms:CallerAccount": account,
                            "kms:ViaService": f"{service}.{region}.amazonaws.com",
                        }
                    },
                },
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                    "Resource": "*",
                },
            ],
        }
    )


def _secret(region: str, account: str, rest: str) -> Guard | None:
    if region not in secretsmanager_backends[account]:
        return None
    arn = f"arn:aws:secretsmanager:{region}:{account}:{rest}"
    secrets: Any = dict.values(secretsmanager_backends[account][region].secrets)
    for held in secrets:
        if held.arn == arn and getattr(held, "policy", None):
            return Guard(name=f"resource policy of {held.name}", document=str(held.policy))
    return None


_READERS: Mapping[tuple[str, str], Callable[[str, str, str], Guard | None]] = {
    ("sts", "iam"): _trust,
    ("s3", "s3"): _bucket,
    ("kms", "kms"): _key,
    ("secretsmanager", "secretsmanager"): _secret,
}

"""Who may assume the pass's roles: the trust policies of the login role and of the instance role."""

from __future__ import annotations

import re
from datetime import UTC

from guestpass.errors import InputError
from guestpass.loan.agreement import Pass
from guestpass.loan.job import role_service
from guestpass.needs.blueprint import RunsAs
from guestpass.needs.policies import Document, document

# AWS: STS API Reference, AssumeRole, ExternalId: 2 to 1224 characters of this set
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]{2,1224}")


def trust_document(pass_: Pass, external_id: str) -> Document:
    """Write the trust policy of the login role: the guest's own account, with the external id and MFA, until
    the end.

    AWS: "The confused deputy problem": the external id is no secret, it says that the call is meant for this
    owner. Raises `InputError` when the pass has no account of the guest's, or the external id is not one.
    """
    if pass_.guest.account is None:
        raise InputError(
            "the pass has no account of the guest's to trust", expected="login `role` with `account`"
        )
    if not _EXTERNAL_ID.fullmatch(external_id):
        raise InputError("the external id is not one", expected="2 to 1224 letters, digits and `_+=,.@:/-`")
    return document(
        [
            {
                "Sid": "GuestWithMfaUntilTheEnd",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{pass_.partition}:iam::{pass_.guest.account}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"sts:ExternalId": external_id},
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                    "DateLessThan": {"aws:CurrentTime": f"{pass_.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"},
                },
            }
        ]
    )


def instance_trust_document(partition: str = "aws", *, runs_as: RunsAs = "ec2") -> Document:
    """Write the trust policy of the role of what is built: its service alone, with no end, because the site lives on."""
    return document(
        [
            {
                "Sid": "InstancesOnly" if runs_as == "ec2" else "ServiceOnly",
                "Effect": "Allow",
                "Principal": {"Service": role_service(runs_as, partition)},
                "Action": "sts:AssumeRole",
            }
        ]
    )

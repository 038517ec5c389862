"""The operations that the box answers itself, because moto lacks them or forgets what they say.

An authorised call comes in; the answer's content goes out, or None when moto is to answer.
They never decide whether a call may be made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guestpass.local.native import bcm, cloudtrail, ec2, iam, service_credentials, ssm, sts
from guestpass.local.native.call import Call

Answer = Mapping[str, Any]
Mend = Callable[[Call, dict[str, Any]], Answer | None]


def _one_by_one(first: Mend | None, then: Mend) -> Mend:
    """Mend twice: each sees what the one before has made of moto's answer."""
    if first is None:
        return then

    def both(call: Call, content: dict[str, Any]) -> Answer | None:
        before = first(call, content)
        return then(call, dict(content if before is None else before)) or before

    return both


ANSWERED: Mapping[tuple[str, str], Callable[[Call], Answer]] = {
    **{("iam", name): answer for name, answer in iam.ANSWERED.items()},
    **{("iam", name): answer for name, answer in service_credentials.ANSWERED.items()},
    **{("sts", name): answer for name, answer in sts.ANSWERED.items()},
    **{("cloudtrail", name): answer for name, answer in cloudtrail.ANSWERED.items()},
    **{("bcm-data-exports", name): answer for name, answer in bcm.ANSWERED.items()},
    **{("ssm", name): answer for name, answer in ssm.ANSWERED.items()},
}
"""Operations answered here alone."""

BEFORE: Mapping[tuple[str, str], Callable[[Call], None]] = {
    **{("iam", name): check for name, check in iam.BEFORE.items()},
    **{("ec2", name): check for name, check in ssm.EC2_BEFORE.items()},
}
"""What must hold before moto answers; raises Refusal in AWS's words."""

AFTER: Mapping[tuple[str, str], Mend] = {
    **{("iam", name): mend for name, mend in iam.AFTER.items()},
    **{("cloudtrail", name): mend for name, mend in cloudtrail.AFTER.items()},
    **{("ec2", name): mend for name, mend in ec2.AFTER.items()},
    **{("ec2", name): _one_by_one(ec2.AFTER.get(name), mend) for name, mend in ssm.EC2_AFTER.items()},
    **{("rds", name): mend for name, mend in ssm.RDS_AFTER.items()},
}
"""What is mended once moto has succeeded: from its answer's content, what to answer instead, or None."""

__all__ = ["AFTER", "ANSWERED", "BEFORE", "Answer", "Call"]

"""Which actions a policy of a resource could allow: of most services nobody can say that there is no such policy."""

from __future__ import annotations

# AWS: IAM User Guide, "AWS services that work with IAM", the column of resource-based policies. A role's trust policy
# allows actions of `sts`, never of `iam`.
_WITHOUT = frozenset({"account", "ec2", "iam", "organizations", "rds", "sts"})


def may_have_policy(action: str) -> bool:
    """Whether a resource's own policy could allow the action to somebody; true where that is not known.

    Trust policies of roles are not meant: whoever asks about `sts` looks at them apart.
    """
    service, _, name = action.partition(":")
    if service.lower() == "ssm":
        # AWS: Systems Manager API reference, PutResourcePolicy: parameters and OpsItemGroup, nothing else
        return "parameter" in name.lower() or "opsitem" in name.lower()
    return service.lower() not in _WITHOUT

"""What single services do differently, as AWS's pages say it."""

from __future__ import annotations

from guestpass.access.evaluate.facts import Facts
from guestpass.access.policy.truth import Truth
from guestpass.access.request import Anonymous, RoleSession, Root
from guestpass.catalog import with_resource_control

# AWS: STS API: GetCallerIdentity (rule 22: "No permissions are required", not even against an explicit deny)
# AWS: STS API: GetSessionToken ("you cannot use policies to control authentication operations")
_WITHOUT_PERMISSION = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

_TRUST = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
    }
)

# AWS: IAM policy elements: Variables and tags, the table's last row (rule 20)
_WITH_ANONYMOUS_CALLERS = frozenset({"s3", "sns", "sqs"})


def told_apart(*, rcp: bool) -> tuple[tuple[str, ...], ...]:
    """The sets of actions that the rules of this module treat unlike others, as patterns; `rcp`: such policies are in force."""
    services = ("kms", *(with_resource_control() if rcp else ()), *_WITH_ANONYMOUS_CALLERS)
    return (
        tuple(_WITHOUT_PERMISSION),
        tuple(_TRUST),
        ("sts:assumerole",),
        *((f"{service}:*",) for service in sorted(set(services))),
    )


def needs_no_permission(facts: Facts) -> bool:
    """Whether a signed request for the action is always allowed (rule 22)."""
    return facts.action in _WITHOUT_PERMISSION and not isinstance(facts.request.principal, Anonymous)


def is_trust(facts: Facts) -> bool:
    """Whether the request is for a role, which its trust policy must allow."""
    return facts.action in _TRUST


def needs_resource_side(facts: Facts) -> bool:
    """Whether the resource's policy must allow even in the same account (rules 7, 88, 89).

    Role trust policies and KMS key policies; KMS aliases and requests that name no key have no policy of
    their own.
    """
    # AWS: How AWS enforcement code logic evaluates requests; KMS: Key policies in AWS KMS
    if is_trust(facts):
        return True
    return facts.action.startswith("kms:") and ":key/" in facts.resource


def refuses_root(facts: Facts) -> bool:
    """Whether the call cannot be made with root credentials."""
    # AWS: STS API: AssumeRole, "You cannot use AWS account root user credentials to call AssumeRole"
    return facts.action == "sts:assumerole" and isinstance(facts.request.principal, Root)


def is_service_linked(facts: Facts) -> bool:
    """Whether the caller is a service-linked role: no boundary, SCP or RCP binds it (rules 16, 28, 33)."""
    # AWS: Organizations: SCPs, "Tasks and entities not restricted by SCPs"; IAM: Permissions boundaries
    principal = facts.request.principal
    return isinstance(principal, RoleSession) and ":role/aws-service-role/" in principal.role_arn


def rcp_binds(facts: Facts) -> Truth:
    """Whether resource control policies concern the action's service; not known if it is not on AWS's list (rule 33)."""
    # AWS: Organizations: Resource control policies (RCPs), "List of AWS services that support RCPs"
    # NOTE: AWS lengthens its list; what joined it since the catalogue's day cannot be seen from here
    return True if facts.action.partition(":")[0] in with_resource_control() else None


def takes_anonymous_callers(facts: Facts) -> Truth:
    """Whether the action's service accepts unsigned requests; not known but for the page's three."""
    return True if facts.action.partition(":")[0] in _WITH_ANONYMOUS_CALLERS else None

"""AWS's facts, dated: what a call is authorised as, which actions there are, which doors lead back in, what
AWS's policies say.

In go names and parameters in AWS's spelling; out come frozen values, with `Unmapped` for what the facts do
not cover. It never decides anything about an account, never looks at a clock or a network, and never fills a
gap with a guess.
"""

from __future__ import annotations

from guestpass.catalog.actions import (
    access_level,
    action,
    action_exists,
    actions_matching,
    all_actions,
    condition_keys,
    data_version,
    nearest_actions,
    resource_types,
)
from guestpass.catalog.creations import Creation, CreationPath, Ending, created, creation_paths, ended
from guestpass.catalog.doors import doors
from guestpass.catalog.escalations import escalations, exposures
from guestpass.catalog.events import event_meaning, nearest_events, operation_of_event, request_of_event
from guestpass.catalog.operations import (
    authorizations,
    is_read_only,
    needed_by_call,
    operation,
    operations_of,
    primary_action,
    touched,
)
from guestpass.catalog.parts import left_out, parts
from guestpass.catalog.policies import managed_policy, managed_policy_names
from guestpass.catalog.powers import powers
from guestpass.catalog.quotas import quota, quotas
from guestpass.catalog.services import (
    event_source,
    home_region,
    iam_prefix,
    is_global,
    nearest_services,
    service_names,
    service_spellings,
    with_resource_control,
)
from guestpass.catalog.types import (
    CloudFormationType,
    cloudformation_type,
    nearest_types,
    resource_type,
    resource_type_names,
)
from guestpass.catalog.values import (
    Action,
    Check,
    Door,
    Escalation,
    EventMeaning,
    ManagedPolicy,
    Named,
    NeededAction,
    Operation,
    Part,
    PassedRole,
    Power,
    Quota,
    ResourceType,
    ServiceSpellings,
    Touched,
    Unmapped,
    Where,
)
from guestpass.catalog.widest import widest

__all__ = [
    "Action",
    "Check",
    "CloudFormationType",
    "Creation",
    "CreationPath",
    "Door",
    "Ending",
    "Escalation",
    "EventMeaning",
    "ManagedPolicy",
    "Named",
    "NeededAction",
    "Operation",
    "Part",
    "PassedRole",
    "Power",
    "Quota",
    "ResourceType",
    "ServiceSpellings",
    "Touched",
    "Unmapped",
    "Where",
    "access_level",
    "action",
    "action_exists",
    "actions_matching",
    "all_actions",
    "authorizations",
    "cloudformation_type",
    "condition_keys",
    "created",
    "creation_paths",
    "data_version",
    "doors",
    "ended",
    "escalations",
    "event_meaning",
    "event_source",
    "exposures",
    "home_region",
    "iam_prefix",
    "is_global",
    "is_read_only",
    "left_out",
    "managed_policy",
    "managed_policy_names",
    "nearest_actions",
    "nearest_events",
    "nearest_services",
    "nearest_types",
    "needed_by_call",
    "operation",
    "operation_of_event",
    "operations_of",
    "parts",
    "powers",
    "primary_action",
    "quota",
    "quotas",
    "request_of_event",
    "resource_type",
    "resource_type_names",
    "resource_types",
    "service_names",
    "service_spellings",
    "touched",
    "widest",
    "with_resource_control",
]

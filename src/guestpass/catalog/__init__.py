"""AWS's facts, dated: what a call is authorised as, which actions there are, which doors lead back in, what
AWS's policies say.

In go names and parameters in AWS's spelling; out come frozen values, with `Unmapped` for what the facts do
not cover. It never decides anything about an account, never looks at a clock or a network, and never fills a
gap with a guess.
"""

from __future__ import annotations

from guestpass.catalog.actions import (
    access_level,
    action_exists,
    actions_matching,
    all_actions,
    condition_keys,
    data_version,
    resource_types,
)
from guestpass.catalog.creations import Creation, CreationPath, Ending, created, creation_paths, ended
from guestpass.catalog.doors import doors
from guestpass.catalog.events import operation_of_event, request_of_event
from guestpass.catalog.operations import authorizations, is_read_only, primary_action
from guestpass.catalog.policies import managed_policy, managed_policy_names
from guestpass.catalog.powers import powers
from guestpass.catalog.quotas import quota, quotas
from guestpass.catalog.services import event_source, home_region, iam_prefix, is_global
from guestpass.catalog.values import (
    Check,
    Door,
    ManagedPolicy,
    Named,
    PassedRole,
    Power,
    Quota,
    Unmapped,
    Where,
)
from guestpass.catalog.widest import widest

__all__ = [
    "Check",
    "Creation",
    "CreationPath",
    "Door",
    "Ending",
    "ManagedPolicy",
    "Named",
    "PassedRole",
    "Power",
    "Quota",
    "Unmapped",
    "Where",
    "access_level",
    "action_exists",
    "actions_matching",
    "all_actions",
    "authorizations",
    "condition_keys",
    "created",
    "creation_paths",
    "data_version",
    "doors",
    "ended",
    "event_source",
    "home_region",
    "iam_prefix",
    "is_global",
    "is_read_only",
    "managed_policy",
    "managed_policy_names",
    "operation_of_event",
    "powers",
    "primary_action",
    "quota",
    "quotas",
    "request_of_event",
    "resource_types",
    "widest",
]

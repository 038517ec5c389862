"""What a job needs, and how we know.

In comes a blueprint's name with the setting that fills it; out come `Need`s, each with its reason and its
source, and the smallest policies that fit IAM's quotas. It never decides what may be lent (that is the
wall's, in `loan`), and it never widens an action or a resource to save space.
"""

from guestpass.needs.agreed import of_agreed
from guestpass.needs.blueprint import (
    Blueprint,
    Option,
    blueprint,
    blueprints,
    of_blueprint,
    options_of,
    read_blueprint,
)
from guestpass.needs.fit import job_policies
from guestpass.needs.kinds import kind_of
from guestpass.needs.need import Need
from guestpass.needs.policies import MAX_POLICY
from guestpass.needs.resource_types import ResourceType, Setting, resource_types
from guestpass.needs.teardown import of_teardown, teardown_known
from guestpass.needs.unseen import unseen
from guestpass.needs.used import of_usage

__all__ = [
    "MAX_POLICY",
    "Blueprint",
    "Need",
    "Option",
    "ResourceType",
    "Setting",
    "blueprint",
    "blueprints",
    "job_policies",
    "kind_of",
    "of_agreed",
    "of_blueprint",
    "of_teardown",
    "of_usage",
    "options_of",
    "read_blueprint",
    "resource_types",
    "teardown_known",
    "unseen",
]

"""What AWS authorises for one API call: a table row says, or the name of the call says, or nobody knows.

`authorizations` answers for one call: in go a service, an operation and its parameters as boto3 takes them; out come
the actions, the resources and the context keys that the request itself sets, or `Unmapped`. It never guesses: a call
that hands over a role, sets tags or touches a kind of resource that no row speaks of is `Unmapped`.

`operation` answers for every operation of the SDK, from all sources, without resources: which actions, when, and who
says so.
"""

from __future__ import annotations

from guestpass.catalog.operations.authorize import NAMED, authorizations, is_read_only, primary_action
from guestpass.catalog.operations.known import clients, needed_by_call, operation, operations_of
from guestpass.catalog.operations.touched import touched

__all__ = [
    "NAMED",
    "authorizations",
    "clients",
    "is_read_only",
    "needed_by_call",
    "operation",
    "operations_of",
    "primary_action",
    "touched",
]

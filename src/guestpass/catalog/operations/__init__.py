"""What AWS authorises for one API call: a table row says, or the name of the call says, or nobody knows.

In go a service, an operation and its parameters as boto3 takes them; out come the actions, the resources and
the context keys that the request itself sets, or `Unmapped`. It never guesses: a call that hands over a role,
sets tags or touches a kind of resource that no row speaks of is `Unmapped`.
"""

from __future__ import annotations

from guestpass.catalog.operations.authorize import NAMED, authorizations, is_read_only, primary_action

__all__ = ["NAMED", "authorizations", "is_read_only", "primary_action"]

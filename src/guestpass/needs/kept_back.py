"""What no pass lends: actions that decide who may do what in the account, or what is recorded of it."""

from __future__ import annotations

from guestpass.catalog import Action

_KEPT_BACK = ("iam", "organizations", "account", "sso", "identitystore", "cloudtrail", "budgets")


def lent_by_no_pass(action: Action) -> bool:
    """Whether an action decides who may do what in the account; a role may be handed over."""
    writes = not {"List", "Read"} & set(action.levels)
    return action.name.partition(":")[0] in _KEPT_BACK and writes and action.name != "iam:PassRole"

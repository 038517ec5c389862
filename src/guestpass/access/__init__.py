"""COULD: one meaning of a policy.

In come policy documents, and one request or a set of actions; out come a `Decision` with the statements
behind it (`evaluate`), or `Proved`, `Refuted` or `Undecided` (`prove`). It never asks AWS, never guesses, and
never turns what it does not understand into an allow: that is undecided.
"""

from guestpass.access.decision import (
    Allowed,
    Decision,
    Denied,
    Layer,
    Layers,
    LayerTrace,
    Nearest,
    StatementRef,
    Undecided,
)
from guestpass.access.evaluate import evaluate
from guestpass.access.policy import Policy, read_policy
from guestpass.access.request import (
    Anonymous,
    CanonicalUser,
    Context,
    Federated,
    FederatedSession,
    Principal,
    Request,
    RoleSession,
    Root,
    Service,
    User,
)

__all__ = [
    "Allowed",
    "Anonymous",
    "CanonicalUser",
    "Context",
    "Decision",
    "Denied",
    "Federated",
    "FederatedSession",
    "Layer",
    "LayerTrace",
    "Layers",
    "Nearest",
    "Policy",
    "Principal",
    "Request",
    "RoleSession",
    "Root",
    "Service",
    "StatementRef",
    "Undecided",
    "User",
    "evaluate",
    "read_policy",
]

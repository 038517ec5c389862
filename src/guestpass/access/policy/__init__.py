"""A policy document as frozen values.

In comes a document as text or mapping; out come a `Policy`, the findings about it, and the document again
(`document_of`), with globs and ARNs matched the way AWS matches them. It never decides a request and never
drops what it could not read.
"""

from guestpass.access.policy.arns import arn_matches
from guestpass.access.policy.globs import glob_matches
from guestpass.access.policy.measure import size_of
from guestpass.access.policy.quirks import findings_of
from guestpass.access.policy.read import read_policy
from guestpass.access.policy.values import (
    Condition,
    Patterns,
    Policy,
    PolicyKind,
    PrincipalPattern,
    Principals,
    Statement,
)
from guestpass.access.policy.write import document_of

__all__ = [
    "Condition",
    "Patterns",
    "Policy",
    "PolicyKind",
    "PrincipalPattern",
    "Principals",
    "Statement",
    "arn_matches",
    "document_of",
    "findings_of",
    "glob_matches",
    "read_policy",
    "size_of",
]

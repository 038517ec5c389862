"""Fit statements into IAM's quotas, without letting one more request through.

In come the statements of a job and who is to carry them; out come policies, each counted as AWS counts it, or `TooLarge`
with what costs most and what a wildcard would let in besides. Every step is exact: statements are joined where they say
the same, and a list of actions becomes a pattern only where the catalogue proves that the pattern stands for no other
action (docs/decisions/0009). It never widens anything: where only widening would help, the owner is asked.
"""

from guestpass.needs.fit.fitting import fit
from guestpass.needs.fit.holder import Holder, HolderKind, holder
from guestpass.needs.fit.job import job_policies
from guestpass.needs.fit.values import Fitted, Left, Pattern, TooLarge, Wildcard

__all__ = [
    "Fitted",
    "Holder",
    "HolderKind",
    "Left",
    "Pattern",
    "TooLarge",
    "Wildcard",
    "fit",
    "holder",
    "job_policies",
]

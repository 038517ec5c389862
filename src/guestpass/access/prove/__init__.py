"""All requests, decided.

In come questions about a set of actions and the policies that must allow them; out comes `Proved` with what
was checked, `Refuted` with a witness, or `Undecided`. It never says proved where a request might exist: today
it looks at actions alone (`never`, `admits`), or holds statement against statement (`contained`), and leaves
open whatever else hangs on resources and conditions.
"""

from guestpass.access.prove.actions import share as patterns_share
from guestpass.access.prove.by_action import admits, never
from guestpass.access.prove.contained import contained, resource_within
from guestpass.access.prove.values import Answer, Ground, Proved, Refuted, Undecided, Witness

__all__ = [
    "Answer",
    "Ground",
    "Proved",
    "Refuted",
    "Undecided",
    "Witness",
    "admits",
    "contained",
    "never",
    "patterns_share",
    "resource_within",
]

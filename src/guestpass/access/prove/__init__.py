"""All requests, decided.

In come questions about a set of actions and the policies that must allow them; out comes `Proved` with what
was checked, `Refuted` with a witness, or `Undecided`. It never says proved where a request might exist: today
it looks at actions alone, and leaves open whatever hangs on resources and conditions.
"""

from guestpass.access.prove.by_action import admits, never
from guestpass.access.prove.values import Answer, Ground, Proved, Refuted, Undecided, Witness

__all__ = ["Answer", "Ground", "Proved", "Refuted", "Undecided", "Witness", "admits", "never"]

"""Guard, grant, tighten, freeze, revoke: what each would do to the account now.

Enters: the pass (or its name alone) and a snapshot. Leaves: a `Plan`, which is empty when all has taken effect.
It never makes a call, and never plans what is there already: resuming is planning again.
"""

from guestpass.loan.plan.freeze import freeze
from guestpass.loan.plan.grant import grant
from guestpass.loan.plan.guard import guard
from guestpass.loan.plan.papers import Papers, external_id_of, papers_of
from guestpass.loan.plan.revoke import revoke
from guestpass.loan.plan.tighten import Lost, Tightening, tighten
from guestpass.loan.plan.tighten_evidence import Evidence
from guestpass.loan.plan.tighten_steps import restore

__all__ = [
    "Evidence",
    "Lost",
    "Papers",
    "Tightening",
    "external_id_of",
    "freeze",
    "grant",
    "guard",
    "papers_of",
    "restore",
    "revoke",
    "tighten",
]

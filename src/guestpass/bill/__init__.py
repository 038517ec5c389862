"""What it cost, and why.

Enters: a Cost and Usage Report's files and an inventory. Leaves: a `Reconciliation`, each line in exactly one class,
whose sums are the bill to the last decimal. It never rounds, never mixes currencies, and never explains a charge by a
thing that nobody documented.
"""

from guestpass.bill.amounts import written
from guestpass.bill.owners import made_by_others, older_than, owners_of
from guestpass.bill.reading import read_bill
from guestpass.bill.reconcile import CLASSES, reconcile
from guestpass.bill.values import Bill, Class, Judged, Line, Reconciliation

__all__ = [
    "CLASSES",
    "Bill",
    "Class",
    "Judged",
    "Line",
    "Reconciliation",
    "made_by_others",
    "older_than",
    "owners_of",
    "read_bill",
    "reconcile",
    "written",
]

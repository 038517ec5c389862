"""What it cost, and why.

Enters: a Cost and Usage Report's files and an inventory. Leaves: a `Reconciliation`, each line in exactly one class,
whose sums are the bill to the last decimal. It never rounds, never mixes currencies, and never explains a charge by a
thing that nobody documented.
"""

from guestpass.bill.values import Bill, Class, Judged, Line, Reconciliation

__all__ = ["Bill", "Class", "Judged", "Line", "Reconciliation"]

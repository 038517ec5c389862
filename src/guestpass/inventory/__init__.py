"""Who built what.

Enters: the guest's deeds from the trail and the account at one moment. Leaves: an `Inventory`, every thing with who
made it, when, by which event, and whether it still stands; held against the guest's own list if there is one. It never
guesses what a call made: what the record does not say is listed as strange.
"""

from guestpass.inventory.hand_in import FORM, compare, read_hand_in
from guestpass.inventory.inventory import inventory_of
from guestpass.inventory.values import Difference, Entry, HandIn, Inventory, Item, Made, Strange

__all__ = [
    "FORM",
    "Difference",
    "Entry",
    "HandIn",
    "Inventory",
    "Item",
    "Made",
    "Strange",
    "compare",
    "inventory_of",
    "read_hand_in",
]

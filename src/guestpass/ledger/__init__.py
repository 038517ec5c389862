"""The append-only record on disk of what guestpass did.

Enters: a step about to be carried out, and what came of it. Leaves: a JSON Lines file whose entries are chained by
their hashes, and the entries read back and verified. It never holds a secret and never decides what exists: the
account does that.
"""

from guestpass.ledger.entries import Entry, call_as_written, read_ledger
from guestpass.ledger.facts import adopted, began, certified_at, default_path, documents_of, frozen_at, sealed
from guestpass.ledger.ledger import Ledger

__all__ = [
    "Entry",
    "Ledger",
    "adopted",
    "began",
    "call_as_written",
    "certified_at",
    "default_path",
    "documents_of",
    "frozen_at",
    "read_ledger",
    "sealed",
]

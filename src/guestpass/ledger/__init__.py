"""The append-only record on disk of what guestpass did.

Enters: a step about to be carried out, and what came of it. Leaves: a JSON Lines file whose entries are chained by
their hashes, and the entries read back and verified. It never holds a secret and never decides what exists: the
account does that.
"""

from guestpass.ledger.entries import Entry, call_as_written, read_ledger
from guestpass.ledger.facts import certified_at, default_path, sealed
from guestpass.ledger.ledger import Ledger

__all__ = ["Entry", "Ledger", "call_as_written", "certified_at", "default_path", "read_ledger", "sealed"]

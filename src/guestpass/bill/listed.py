"""Whether the guest's own list names a thing, in whatever spelling they wrote it."""

from __future__ import annotations

from guestpass.bill.identifiers import Identifier, identify
from guestpass.bill.known import Key, keys_of
from guestpass.bill.values import Line
from guestpass.inventory.values import Entry, HandIn, Inventory, Item


class Listed:
    """The guest's list by key and by what stands there. An entry that is a bare name names things of that name."""

    def __init__(self, hand_in: HandIn, inventory: Inventory) -> None:
        self.file = hand_in.file
        self._account = inventory.account
        self._keys: dict[Key, Entry] = {}
        self._texts: dict[str, list[Entry]] = {}
        for entry in hand_in.entries:
            text = entry.resource.strip()
            self._texts.setdefault(text, []).append(entry)
            known = identify(text, region=entry.region, account=inventory.account)
            if known is not None:
                self._keys.setdefault(known.key, entry)

    def has(self, item: Item) -> bool:
        """Whether the list names the thing: by ARN, by id, or by its name in its region."""
        if any(key in self._keys for key in keys_of(item, self._account)):
            return True
        names = (item.arn, item.id, *((item.name,) if item.name else ()))
        return any(entry.region in ("", item.region) for name in names for entry in self._texts.get(name, ()))

    def names(self, here: Identifier | None, line: Line) -> Entry | None:
        """Return the entry that names the resource of a line that nothing else documents."""
        found = self._keys.get(here.key) if here else None
        return found or next(iter(self._texts.get(line.resource or "", ())), None)

"""DID: CloudTrail records as events.

Enters: a record as CloudTrail writes it. Leaves: an `Event`, and answers about many of them: whose doing they are,
what was used. It never fetches
anything and never says that something did not happen: only how far the records it was given reach.
"""

from guestpass.trail.deeds import deeds_of
from guestpass.trail.event import Actor, Event
from guestpass.trail.files import read_files
from guestpass.trail.keys import LogKey, kind_of
from guestpass.trail.reading import last_success, made_by, read_event
from guestpass.trail.usage import usage_of
from guestpass.trail.values import Deed, NotMapped, Reading, Usage, Used

__all__ = [
    "Actor",
    "Deed",
    "Event",
    "LogKey",
    "NotMapped",
    "Reading",
    "Usage",
    "Used",
    "deeds_of",
    "kind_of",
    "last_success",
    "made_by",
    "read_event",
    "read_files",
    "usage_of",
]

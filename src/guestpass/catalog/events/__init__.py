"""From a CloudTrail event back to the API call that it is about: which operation, its parameters as the API spells
them, and what the call needed and touched.

In go an event's source and name, and its `requestParameters`; out come the words that `authorizations` and
`needed_by_call` take, an `EventMeaning`, or `Unmapped` with the reason. A value that CloudTrail masked is as if it had
not been given.
"""

from __future__ import annotations

from guestpass.catalog.events.meaning import event_meaning
from guestpass.catalog.events.names import event_names, event_sources, nearest_events, operation_of_event
from guestpass.catalog.events.request import request_of_event

__all__ = [
    "event_meaning",
    "event_names",
    "event_sources",
    "nearest_events",
    "operation_of_event",
    "request_of_event",
]

"""What each event made or ended: where the new thing's id stands in the record, and what it is.

In go an event's source, name, request and response, as CloudTrail writes them; out come `Creation`s and `Ending`s, or
`Unmapped` for what looks like one and is not known. It never takes "the first ARN in the answer" for the new thing:
that is as often the role it runs with, or the caller.
"""

from __future__ import annotations

from guestpass.catalog.creations.places import creation_paths
from guestpass.catalog.creations.read import created, ended, looks_like_making
from guestpass.catalog.creations.values import Creation, CreationPath, Ending

__all__ = ["Creation", "CreationPath", "Ending", "created", "creation_paths", "ended", "looks_like_making"]

"""One request, decided.

In come a `Request` and the `Layers` of policies that apply to it; out comes a `Decision` with the statements
behind it, layer by layer, and where the nearest one parted from the request. It never guesses: what it cannot
know is undecided.
"""

from guestpass.access.evaluate.decide import evaluate

__all__ = ["evaluate"]

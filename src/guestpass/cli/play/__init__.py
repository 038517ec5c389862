"""The demo: one loan, played by two people who share nothing but the box and a folder.

Enters: a folder. Leaves: what was measured while the verbs ran, each as a user runs it. It never answers
for AWS, and whatever did not happen as it should is said and makes the demo fail.
"""

from guestpass.cli.play.acts import play
from guestpass.cli.play.measured import Measured

__all__ = ["Measured", "play"]

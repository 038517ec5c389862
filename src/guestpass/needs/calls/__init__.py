"""The calls that a program's text makes: its parameters as far as the text says them, and what is easily overlooked.

In come texts of programs, and what iam-policy-autopilot saw in them; out come calls with parameters as the API spells them,
and the places of a Python program whose calls nobody named. Nothing of a program is ever run.
"""

from guestpass.needs.calls.answers import PROGRAM, Call, calls_in, holds_any, sensible
from guestpass.needs.calls.looking import Looked, Seen, Signed, look
from guestpass.needs.calls.texts import ANY, Texts

__all__ = [
    "ANY",
    "PROGRAM",
    "Call",
    "Looked",
    "Seen",
    "Signed",
    "Texts",
    "calls_in",
    "holds_any",
    "look",
    "sensible",
]

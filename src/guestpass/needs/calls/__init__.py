"""The calls that a program's text makes: its parameters as far as the text says them, and what is easily overlooked.

In come texts of programs, and of each call what another program saw of it; out come parameters as the API spells them,
and the places of a Python program whose calls no list of calls names. Nothing of a program is ever run.
"""

from guestpass.needs.calls.looking import Looked, Seen, Signed, look
from guestpass.needs.calls.texts import ANY, Texts, of_go, of_java, of_script

__all__ = ["ANY", "Looked", "Seen", "Signed", "Texts", "look", "of_go", "of_java", "of_script"]

"""One module a verb: parse, call, report, exit.

Enters: what the user typed. Leaves: data on stdout, talk on stderr, an exit code. It holds no rule of its
own about policies, accounts or passes: it asks the rooms and prints what they answer.
"""

from guestpass.cli.start import main

__all__ = ["main"]

"""The verbs: what each is called, where it stands, and its one line.

None of them is imported until it is asked for, so that `--help` is quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb:
    """One verb of the command line; the first line of its function's docstring must be `says`."""

    name: str
    group: str
    says: str

    @property
    def path(self) -> str:
        """Where its function stands, as `module:function`."""
        module = {"local": "box"}.get(self.name, self.name)
        return f"guestpass.cli.{module.replace('-', '_')}:{self.name.replace('-', '_')}"


PREPARE: Final = "Prepare"
LEND: Final = "Lend"
END: Final = "Take back"
LOOK: Final = "Look"
ASK: Final = "Ask"
TRY: Final = "Try without an account"

VERBS: Final = (
    Verb(name="init", group=PREPARE, says="Write a new pass."),
    Verb(name="doctor", group=PREPARE, says="Check a pass and the account it is for."),
    Verb(name="guard", group=PREPARE, says="Set up the record and the alarms before anything is lent."),
    Verb(
        name="compare", group=PREPARE, says="Hold a template, PowerUserAccess for instance, against a pass."
    ),
    Verb(
        name="needs",
        group=PREPARE,
        says="Say which permissions a job needs, each with its reason and where that comes from.",
    ),
    Verb(
        name="policy",
        group=PREPARE,
        says="Write the smallest policies that a job needs, and the wall around them.",
    ),
    Verb(
        name="wall",
        group=PREPARE,
        says="Show what holds around the guest: each limit, how it is held, what it does not reach.",
    ),
    Verb(name="plan", group=LEND, says="Show what `grant` would do: the access gained, and each call."),
    Verb(name="grant", group=LEND, says="Lend: grant the pass and hand over the credentials, sealed."),
    Verb(name="adopt", group=LEND, says="Put a developer who holds too much already behind a pass."),
    Verb(name="unseal", group=LEND, says="Open sealed credentials; this is the guest's command."),
    Verb(
        name="more",
        group=LEND,
        says="Answer a refused call with the smallest addition to the pass, for you to agree to.",
    ),
    Verb(
        name="tighten",
        group=LEND,
        says="Shrink access to what was used, and to what taking down will need.",
    ),
    Verb(name="freeze", group=END, says="Refuse everything to the guest, within seconds."),
    Verb(name="revoke", group=END, says="Take everything back; run again when the last session has ended."),
    Verb(name="sweep", group=END, says="Look for ways back in on the instances of a pass."),
    Verb(name="certify", group=END, says="Judge the ways back in, and write the certificate."),
    Verb(name="status", group=LOOK, says="Show the passes and their states, from the account alone."),
    Verb(name="usage", group=LOOK, says="Say what the guest used, and what was refused by what."),
    Verb(name="inventory", group=LOOK, says="Say who built what, and whether it still stands."),
    Verb(name="bill", group=LOOK, says="Hold the bill against what was built, line by line."),
    Verb(name="report", group=LOOK, says="Write the loan's whole story as one page of HTML."),
    Verb(name="can", group=ASK, says="Say whether a principal may do an action on a resource."),
    Verb(
        name="why",
        group=ASK,
        says="Say why a principal may or may not: layer by layer, statement by statement.",
    ),
    Verb(name="who-can", group=ASK, says="Say who may do an action on a resource."),
    Verb(name="what-can", group=ASK, says="Say what a principal may do."),
    Verb(name="snapshot", group=ASK, says="Write the account to a file, to ask about it without it."),
    Verb(
        name="catalog",
        group=ASK,
        says="Ask AWS's facts: what a call needs, what an action covers, how to close a door.",
    ),
    Verb(
        name="decide",
        group=ASK,
        says="Decide requests for other programs: one JSON a line in, one a line out.",
    ),
    Verb(name="explain", group=LOOK, says="Explain a finding's code."),
    Verb(name="demo", group=TRY, says="Play a whole loan on the AWS in the box."),
    Verb(name="local", group=TRY, says="Run the AWS in the box by itself."),
)

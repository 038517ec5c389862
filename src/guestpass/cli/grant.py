"""`guestpass grant`: show, ask, carry out, hand over."""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk


def grant(
    pass_file: Path,
    /,
    *,
    confirm: str | None = None,
    yes: Flag = False,
    handover: Path | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Lend: grant the pass and hand over the credentials, sealed.

    Shows the plan and asks for the pass's name. The credentials are sealed to the guest's public key as
    they are made and shown to nobody. After a crash or Ctrl-C, run it again.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    confirm
        The pass's name, instead of typing it.
    yes
        Do not ask at all.
    handover
        The folder for the letter and the sealed credentials; `NAME-handover` beside the pass when left out.
    """
    from guestpass.cli.account import carried_out, ledger_of, pass_and_hands
    from guestpass.cli.granting import grant_plan, in_rounds, unchanged
    from guestpass.cli.handing import envelope_for, server_of, write_letter
    from guestpass.errors import InputError
    from guestpass.loan.explain import access_in_words, watched
    from guestpass.report.page import EMPTY, Span, line
    from guestpass.report.plan import plan_json, plan_page

    talk = Talk(output or Output())
    given = account or Account()
    pass_, hands = pass_and_hands(pass_file, given)
    shown, _ = grant_plan(pass_, hands)
    folder = handover or pass_file.parent / f"{pass_.name}-handover"
    envelope = envelope_for(pass_, folder, given)
    gained, unheld = access_in_words(pass_), watched(pass_)
    talk.say(*plan_page(shown, gained=gained, watched=unheld))
    if shown.steps:
        asked = f"type `{pass_.name}` to grant this:"
        if not talk.confirm(pass_.name, asked, given=confirm, yes=yes):
            raise InputError("not confirmed: nothing was changed", hint=f"guestpass plan {pass_file}")
        with ledger_of(hands, pass_.name) as ledger:
            now, _ = grant_plan(pass_, hands)
            carried_out(unchanged(shown, now), hands, ledger, talk, seal=envelope)
            if pass_.guest.login == "instance-only":
                in_rounds(pass_, hands, ledger, talk)
    letter = write_letter(pass_, folder, server=server_of(pass_, hands))
    talk.show(
        (
            EMPTY,
            line(Span("✓ granted: ", "good"), f"{pass_.name} until {pass_.until:%Y-%m-%d %H:%M} UTC"),
            line("letter    ", str(letter), wrap=False),
            *(
                (line("sealed    ", str(envelope.path), wrap=False),)
                if envelope and envelope.path.exists()
                else ()
            ),
        ),
        {
            **plan_json(shown, gained=gained, watched=unheld),
            "schema": "guestpass.grant/1",
            "granted": True,
            "until": pass_.until.isoformat(),
            "letter": str(letter),
            "sealed": str(envelope.path) if envelope and envelope.path.exists() else None,
        },
    )
    talk.say(
        line(
            f"send {folder} to the guest; "
            + (
                "nothing in it is secret"
                if pass_.guest.login == "instance-only"
                else "nothing in it is readable without their private key but the letter"
            )
        )
    )
    talk.next("guestpass status")
    return 0

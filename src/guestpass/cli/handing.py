"""What is handed over: the envelope for the secrets, and the letter."""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.files import write_whole
from guestpass.cli.options import Account
from guestpass.cli.sealing import SEALED, Envelope
from guestpass.loan import Names, Pass
from guestpass.loan.explain import access_in_words, watched
from guestpass.report.letter import letter_markdown


def envelope_for(pass_: Pass, folder: Path, account: Account) -> Envelope | None:
    """Make the envelope that takes the guest's secrets; None where the login hands over none.

    Raises InputError when the guest's key cannot be sealed to: before anything is changed.
    """
    if pass_.guest.key is None or pass_.guest.login == "role":
        return None
    return Envelope(folder / SEALED, key=pass_.guest.key, facts=facts_of(pass_, account))


def facts_of(pass_: Pass, account: Account) -> dict[str, str]:
    """Return what the guest's programs need to know; no secret."""
    names = Names.of_pass(pass_)
    facts = {
        "name": pass_.name,
        "account": pass_.account,
        "user": names.user,
        "region": pass_.regions[0],
        "vpc": pass_.network.vpc,
        "subnets": ",".join(pass_.network.subnets),
        "instance_type": pass_.job.instance_types[0],
        "database_class": pass_.job.database_classes[0],
        "until": pass_.until.isoformat(),
        "sign_in": f"https://{pass_.account}.signin.aws.amazon.com/console",
    }
    if account.endpoint_url:
        facts["endpoint_url"] = account.endpoint_url
    return facts


def write_letter(pass_: Pass, folder: Path) -> Path:
    """Write the letter; it says all that the pass gives, whatever this run had still to do."""
    path = folder / "letter.md"
    write_whole(path, letter_markdown(pass_, may=access_in_words(pass_), watched=watched(pass_)), mode=0o644)
    return path

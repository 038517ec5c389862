"""What is handed over: the envelope for the secrets, and the letter."""

from __future__ import annotations

from pathlib import Path

from guestpass.aws import Hands, host_keys, take_snapshot
from guestpass.cli.files import write_whole
from guestpass.cli.options import Account
from guestpass.cli.sealing import SEALED, Envelope
from guestpass.host import HostSetup
from guestpass.loan import Names, Pass
from guestpass.loan.explain import access_in_words, watched
from guestpass.loan.names import TAG_KEY
from guestpass.loan.plan.hosts import machines_of
from guestpass.report.letter import Server, letter_markdown


def envelope_for(pass_: Pass, folder: Path, account: Account) -> Envelope | None:
    """Make the envelope that takes the guest's secrets; None where the login hands over none.

    Raises InputError when the guest's key cannot be sealed to: before anything is changed.
    """
    if pass_.guest.key is None or pass_.guest.login in ("role", "instance-only"):
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
        **({"vpc": pass_.land.vpc, "subnets": ",".join(pass_.land.subnets)} if pass_.network else {}),
        **({"instance_type": pass_.job.instance_types[0]} if pass_.job.instance_types else {}),
        **({"database_class": pass_.job.database_classes[0]} if pass_.job.database_classes else {}),
        "until": pass_.until.isoformat(),
        "sign_in": f"https://{pass_.account}.signin.aws.amazon.com/console",
    }
    if account.endpoint_url:
        facts["endpoint_url"] = account.endpoint_url
    return facts


def server_of(pass_: Pass, hands: Hands) -> Server | None:
    """Find the instance that the guest logs in to; None for any other login."""
    if pass_.guest.login != "instance-only":
        return None
    snapshot = take_snapshot(hands, regions=pass_.regions)
    machine = next(iter(machines_of(Names.of_pass(pass_), snapshot)), None)
    database = next((d for d in snapshot.site.databases if d.tags.get(TAG_KEY) == pass_.name), None)
    if machine is None or database is None or machine.address is None:
        return None
    return Server(
        # the AWS in the box has no account and no port of its own to give: tags say which it took
        user=machine.tags.get("guestpass-local-user", HostSetup(pass_name=pass_.name).user),
        address=machine.address,
        port=int(machine.tags.get("guestpass-local-port", "22")),
        database=f"{database.address}:{database.port}",
        host_keys=host_keys(hands, pass_.name, machine),
    )


def write_letter(pass_: Pass, folder: Path, *, server: Server | None = None) -> Path:
    """Write the letter; it says all that the pass gives, whatever this run had still to do."""
    path = folder / "letter.md"
    text = letter_markdown(pass_, may=access_in_words(pass_), watched=watched(pass_), server=server)
    write_whole(path, text, mode=0o644)
    if server is not None and server.host_keys:
        write_whole(folder / "known_hosts", server.known_hosts, mode=0o644)
    return path

"""`guestpass unseal`: the guest's own command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from guestpass.cli.files import write_whole
from guestpass.cli.options import Output
from guestpass.cli.sealing import opened
from guestpass.cli.talk import Talk
from guestpass.errors import InputError, Place
from guestpass.report.page import Span, line

ENV: Mapping[str, str] = {
    "access-key-id": "AWS_ACCESS_KEY_ID",
    "secret-access-key": "AWS_SECRET_ACCESS_KEY",
    "region": "AWS_DEFAULT_REGION",
    "endpoint_url": "AWS_ENDPOINT_URL",
    "name": "GUESTPASS_NAME",
    "vpc": "GUESTPASS_VPC",
    "subnets": "GUESTPASS_SUBNETS",
    "instance_type": "GUESTPASS_INSTANCE_TYPE",
    "database_class": "GUESTPASS_DATABASE_CLASS",
    "until": "GUESTPASS_UNTIL",
}


def unseal(
    file: Path,
    /,
    *,
    identity: Path,
    out: Path | None = None,
    form: Annotated[Literal["env", "credentials"], Parameter(name="--format")] = "env",
    output: Output | None = None,
) -> int:
    """Open sealed credentials; this is the guest's command.

    Nothing secret is shown: the credentials go to a file that only you can read.

    Parameters
    ----------
    file
        The sealed file: `credentials.age` of the hand-over folder.
    identity
        Your private key: an SSH key, or an age key file.
    out
        Where to write; `NAME.env` or `NAME.credentials` in this folder when left out.
    form
        `env` is a file to source in a shell; `credentials` a file for AWS_SHARED_CREDENTIALS_FILE.
    """
    talk = Talk(output or Output())
    facts, secrets = opened(file, identity)
    name = facts.get("name", "guestpass")
    target = out or Path(f"{_plain(name)}.{form}")
    if target.exists():
        raise InputError(
            f"`{target}` is there already",
            place=Place(file=str(target)),
            hint=f"--out {target.stem}-2{target.suffix}",
        )
    keyed = "access-key-id" in secrets
    if not keyed:
        write_whole(target, _console(facts, secrets))
    elif form == "env":
        write_whole(target, _environment({**facts, **secrets}))
    else:
        write_whole(target, _credentials(name, {**facts, **secrets}))
    use = _use(target, form if keyed else "console", name, facts.get("endpoint_url"))
    talk.show(
        (
            line(Span("✓ opened: ", "good"), f"the credentials of pass {name} are in {target}"),
            line("only you can read the file; delete it when the work is done"),
        ),
        {"schema": "guestpass.unseal/1", "pass": name, "file": str(target), "use": use},
    )
    talk.next(use)
    return 0


def _environment(told: Mapping[str, str]) -> str:
    rows = [f"export {ENV[key]}={shlex.quote(told[key])}\n" for key in ENV if key in told]
    if "region" in told:
        rows.append(f"export AWS_REGION={shlex.quote(told['region'])}\n")
    return "# Credentials of a guest pass. To be sourced; never to be sent or committed.\n" + (
        "unset AWS_PROFILE AWS_SESSION_TOKEN\n" + "".join(rows)
    )


def _credentials(name: str, told: Mapping[str, str]) -> str:
    return (
        f"[{_plain(name)}]\naws_access_key_id = {told['access-key-id']}\n"
        f"aws_secret_access_key = {told['secret-access-key']}\n"
    )


def _console(facts: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    told = {
        key: value for key, value in facts.items() if key in ("name", "account", "user", "sign_in", "until")
    }
    rows = [f"{key}: {value}\n" for key, value in (told | dict(secrets)).items()]
    return "# A console log-in of a guest pass. Never to be sent or committed.\n" + "".join(rows)


def _use(target: Path, form: str, name: str, endpoint: str | None) -> str:
    where = shlex.quote(str(target))
    aws = f"aws --endpoint-url {shlex.quote(endpoint)}" if endpoint else "aws"
    if form == "env":
        return f". {where if '/' in where else './' + where} && {aws} sts get-caller-identity"
    if form == "console":
        return f"less {where}"
    return f"AWS_SHARED_CREDENTIALS_FILE={where} {aws} --profile {_plain(name)} sts get-caller-identity"


def _plain(name: str) -> str:
    """Keep of a foreign name what may stand in a file's name."""
    return "".join(sign for sign in name if (sign.isalnum() and sign.isascii()) or sign == "-") or "guestpass"

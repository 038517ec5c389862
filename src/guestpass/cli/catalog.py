"""`guestpass catalog`: ask AWS's facts themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from guestpass.cli.options import Output
from guestpass.cli.talk import Talk

Ask = Literal["operation", "action", "event", "type", "door", "policy", "service", "quota", "age"]

_ACCOUNT = "111122223333"
"""AWS's own example account: facts about a call made nowhere in particular."""


def catalog(
    ask: Ask,
    name: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    parameters: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    account: str = _ACCOUNT,
    region: str = "us-east-1",
    output: Output | None = None,
) -> int:
    """Ask AWS's facts: what a call needs, what an action covers, how to close a door.

    Every fact comes with the source that said it; what nobody says is answered as a gap, never guessed. Needs no
    account. Exits 4 where the catalogue has a gap for the very thing that was asked.

    Parameters
    ----------
    ask
        `operation rds:CreateDBInstance`, `action iam:PassRole`, `event FILE`, `type AWS::RDS::DBInstance` or `type
        rds:db`, `door 025`, `policy PowerUserAccess`, `service monitoring`, `quota` or `quota CODE`, or `age`.
    name
        What is asked about; a file (or `-`) for `event`; nothing for `age`.
    parameters
        The call's parameters, a JSON file or `-`: what this very call needs, and what it touches (`operation` only).
    account
        The account that ARNs are written for.
    region
        The region that ARNs are written for.
    """
    from guestpass.catalog import Where
    from guestpass.cli.catalog_answers import answer_of
    from guestpass.errors import InputError

    talk = Talk(output or Output())
    if ask not in ("age", "quota") and not name:
        raise InputError(f"`catalog {ask}` needs a name", hint=f"guestpass catalog {ask} {_EXAMPLES[ask]}")
    if parameters is not None and ask != "operation":
        raise InputError(
            "`--parameters` are those of an operation",
            hint=f"guestpass catalog operation {_EXAMPLES['operation']}",
        )
    given = None if parameters is None else _parameters(parameters)
    answer = answer_of(ask, name or "", given, Where(account=account, region=region))
    talk.show(answer.page, answer.data)
    return 4 if answer.gap else 0


_EXAMPLES = {
    "operation": "rds:CreateDBInstance",
    "action": "iam:PassRole",
    "event": "event.json",
    "type": "AWS::RDS::DBInstance",
    "door": "025",
    "policy": "PowerUserAccess",
    "service": "monitoring",
}


def _parameters(path: Path) -> Mapping[str, Any]:
    """Read the parameters. Raises InputError for a file that holds no JSON object."""
    import json

    from guestpass.cli.files import read_input
    from guestpass.errors import InputError, Place

    text = read_input(path)
    try:
        found = json.loads(text)
    except ValueError as error:
        at = getattr(error, "lineno", None), getattr(error, "colno", None)
        raise InputError(
            "the parameters are no JSON",
            place=Place(file=str(path), line=at[0], column=at[1]),
            expected='an object as boto3 takes it: {"DBInstanceIdentifier": "shop"}',
        ) from error
    if not isinstance(found, dict):
        raise InputError(
            "the parameters are no JSON object",
            place=Place(file=str(path)),
            expected='an object as boto3 takes it: {"DBInstanceIdentifier": "shop"}',
        )
    return found

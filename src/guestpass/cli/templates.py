"""A template's text: a file, AWS's current one through the account, or guestpass's dated copy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guestpass.aws import Hands
from guestpass.catalog import ManagedPolicy, Unmapped, managed_policy
from guestpass.cli.account import hands_of
from guestpass.cli.files import read_bytes
from guestpass.cli.options import Account
from guestpass.errors import AccountError, InputError, Place
from guestpass.loan import Pass
from guestpass.loan.step import Call

Text = tuple[str, Mapping[str, Any] | str, str]
_FOLDERS = ("", "job-function/", "service-role/", "aws-service-role/")


def template_text(template: str, account: Account, pass_: Pass) -> Text:
    """Return the template's name, its document, and where the text came from, in words.

    Raises InputError for a template that neither the account nor the catalogue knows.
    """
    if "/" in template or template.endswith(".json"):
        return _of_file(Path(template))
    why = "the account was not reached"
    try:
        found = _of_account(hands_of(account, region=pass_.regions[0]), template, pass_.partition)
    except (AccountError, InputError) as error:
        # a template can be compared without an account: then by the dated copy, and it is said
        found, why = None, error.says
    if found is not None:
        return found
    copy = managed_policy(template)
    match copy:
        case ManagedPolicy():
            source = f"version {copy.version} of {copy.date}, guestpass's own copy ({why})"
            return copy.name, copy.document, source
        case Unmapped():
            raise InputError(
                f"there is no template `{template}` that guestpass knows",
                expected="a policy that AWS manages, by its name, or a file `policy.json`",
                hint="with credentials the account's current text of any AWS policy is used",
            )


def _of_file(path: Path) -> Text:
    data = read_bytes(path, hint="guestpass compare pass.yaml PowerUserAccess")
    try:
        return path.stem, data.decode("utf-8"), f"the file {path}"
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is not UTF-8 text", place=Place(file=str(path))) from error


def _of_account(hands: Hands, name: str, partition: str) -> Text | None:
    """Read the default version's text; None where AWS has no policy of this name."""
    for folder in _FOLDERS:
        arn = f"arn:{partition}:iam::aws:policy/{folder}{name}"
        try:
            policy = hands.call(Call(service="iam", operation="GetPolicy", parameters={"PolicyArn": arn}))[
                "Policy"
            ]
        except AccountError as error:
            if error.code == "NoSuchEntity":
                continue
            raise
        version = policy["DefaultVersionId"]
        asked = Call(
            service="iam", operation="GetPolicyVersion", parameters={"PolicyArn": arn, "VersionId": version}
        )
        told = hands.call(asked)["PolicyVersion"]
        source = f"version {version} of {told['CreateDate']:%Y-%m-%d}, read from the account just now"
        return name, told["Document"], source
    return None

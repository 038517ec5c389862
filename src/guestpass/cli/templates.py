"""A template's text: a file, AWS's current one through the account, or guestpass's dated copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

_FOLDERS = ("", "job-function/", "service-role/", "aws-service-role/")


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateText:
    """A template's name and document, and where the text came from, in words.

    `version` and `date` (2026-02-12) are AWS's; None for a file.
    """

    name: str
    document: Mapping[str, Any] | str
    source: str
    version: str | None = None
    date: str | None = None


def template_texts(templates: Sequence[str], account: Account, pass_: Pass) -> tuple[TemplateText, ...]:
    """Return the text of each template, once each, in the order given.

    Raises InputError for a template that neither the account nor the catalogue knows.
    """
    asked = tuple(dict.fromkeys(templates))
    hands: Hands | None = None
    why = ""
    if not all(map(_is_file, asked)):
        try:
            hands = hands_of(account, region=pass_.regions[0])
        except (AccountError, InputError) as error:
            # a template can be compared without an account: then by the dated copy, and it is said
            why = error.says
    return tuple(
        _of_file(Path(each)) if _is_file(each) else _of_aws(hands, each, pass_.partition, why)
        for each in asked
    )


def _is_file(template: str) -> bool:
    return "/" in template or template.endswith(".json")


def _of_file(path: Path) -> TemplateText:
    data = read_bytes(path, hint="guestpass compare pass.yaml PowerUserAccess")
    try:
        return TemplateText(name=path.stem, document=data.decode("utf-8"), source=f"the file {path}")
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is not UTF-8 text", place=Place(file=str(path))) from error


def _of_aws(hands: Hands | None, template: str, partition: str, why: str) -> TemplateText:
    if hands is not None:
        why = "the account has no such policy of AWS's"
        try:
            found = _of_account(hands, template, partition)
        except AccountError as error:
            found, why = None, error.says
        if found is not None:
            return found
    copy = managed_policy(template)
    match copy:
        case ManagedPolicy():
            return TemplateText(
                name=copy.name,
                document=copy.document,
                source=f"version {copy.version} of {copy.date}, guestpass's own copy ({why})",
                version=copy.version,
                date=f"{copy.date}",
            )
        case Unmapped():
            raise InputError(
                f"there is no template `{template}` that guestpass knows",
                expected="a policy that AWS manages, by its name, or a file `policy.json`",
                hint="with credentials the account's current text of any AWS policy is used",
            )


def _of_account(hands: Hands, name: str, partition: str) -> TemplateText | None:
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
        date = f"{told['CreateDate']:%Y-%m-%d}"
        return TemplateText(
            name=name,
            document=told["Document"],
            source=f"version {version} of {date}, read from the account just now",
            version=version,
            date=date,
        )
    return None

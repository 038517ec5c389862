"""`guestpass init`: a new pass, asked for on a terminal or given as options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk

Listed = Annotated[list[str] | None, Parameter(negative=(), consume_multiple=True)]


def init(
    file: Path = Path("pass.yaml"),
    /,
    *,
    name: str | None = None,
    guest: str | None = None,
    login: str | None = None,
    key: str | None = None,
    guest_account: str | None = None,
    guest_from: str | None = None,
    email: str | None = None,
    blueprint: str | None = None,
    instance_types: Listed = None,
    database_classes: Listed = None,
    image_owners: Listed = None,
    vpc: str | None = None,
    subnets: Listed = None,
    regions: Listed = None,
    until: str | None = None,
    monthly_usd: str | None = None,
    notify: str | None = None,
    owner_account: str | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Write a new pass.

    Asks on a terminal for what no option gives. Where credentials reach the account, its number and its
    default network are proposed. A file that is there is never overwritten.

    Parameters
    ----------
    file
        The file to write.
    name
        The pass's name: `acme-shop`.
    guest
        Who the guest is.
    login
        How the guest comes in: `access-key`, `console` (with MFA), `role` (from the guest's own account) or
        `instance-only` (an SSH key to an instance that is built for them, and nothing of AWS).
    key
        The guest's SSH or age public key, or a file that holds it.
    guest_account
        The guest's own AWS account, for login `role`.
    guest_from
        The network (CIDR) for which SSH is opened, for login `instance-only`.
    email
        The guest's mail address.
    blueprint
        What will be built: `php-mysql`, `wordpress`, another one that guestpass knows, or a file of one's own.
    instance_types
        The sizes of instances that are agreed.
    database_classes
        The sizes of databases that are agreed.
    image_owners
        Whose machine images may be launched.
    vpc
        The network that the guest may use and not change.
    subnets
        Its subnets; a database needs two, in different zones.
    regions
        Where the guest may work; everywhere else is refused.
    until
        When it ends: `2027-01-31T18:00:00Z`.
    monthly_usd
        The amount the budget watches, in US dollars a month.
    notify
        Who gets the budget's alarms.
    owner_account
        The account that is lent; found out from the credentials when left out.
    """
    from guestpass.cli.answers import answered
    from guestpass.cli.files import write_whole
    from guestpass.errors import InputError, Place
    from guestpass.loan.writing import pass_text
    from guestpass.report.page import Span, line

    talk = Talk(output or Output())
    if file.exists():
        raise InputError(
            f"`{file}` is there already; a pass is never overwritten",
            place=Place(file=str(file)),
            hint=f"guestpass init {file.stem}-2{file.suffix}",
        )
    given = {
        "pass": name,
        "account": owner_account,
        "guest.name": guest,
        "guest.login": login,
        "guest.key": key,
        "guest.account": guest_account,
        "guest.from": guest_from,
        "guest.email": email,
        "job.blueprint": blueprint,
        "job.instance-types": instance_types,
        "job.database-classes": database_classes,
        "job.image-owners": image_owners,
        "network.vpc": vpc,
        "network.subnets": subnets,
        "regions": regions,
        "until": until,
        "spend.monthly-usd": monthly_usd,
        "spend.notify": notify,
    }
    pass_ = answered(given, talk, account or Account())
    write_whole(file, pass_text(pass_), mode=0o644)
    talk.show(
        (line(Span("✓ written: ", "good"), str(file), wrap=False),),
        {"schema": "guestpass.init/1", "file": str(file), "pass": pass_.name},
    )
    talk.next(f"guestpass doctor {file}")
    return 0

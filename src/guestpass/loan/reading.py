"""`pass.yaml` in, `Pass` out: every complaint names the line, what was expected and, where there is one, the
way out."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from pathlib import Path
from typing import get_args

import pyrage

from guestpass.loan.agreement import Guest, Job, Login, Network, Pass, Spend
from guestpass.loan.reading_job import each_of, read_job
from guestpass.needs.blueprint import blueprint
from guestpass.needs.tree import Branch, did_you_mean, printable, read_text, read_tree

NAME = re.compile(r"[a-z][a-z0-9-]{1,22}[a-z0-9]")
MAX_TEXT = 120
_ACCOUNT = re.compile(r"[0-9]{12}")
_EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]+\.[^\s@<>\"',;]+")
_VPC = re.compile(r"vpc-[0-9a-f]{8,17}")
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")


def read_pass(
    path: str | Path,
    *,
    now: datetime | None = None,
    account: str | None = None,
    regions: Sequence[str] | None = None,
) -> Pass:
    """Read a pass from its file.

    With `now` (UTC) a date that is past is refused; with `account` and `regions` (the caller's own account
    and the regions it may use) a pass for elsewhere is refused. Raises `InputError`; nothing else is looked
    at.
    """
    beside = Path(path).parent
    return parse_pass(
        read_text(path), file=str(path), now=now, account=account, regions=regions, beside=beside
    )


def parse_pass(
    text: str,
    *,
    file: str = "pass.yaml",
    now: datetime | None = None,
    account: str | None = None,
    regions: Sequence[str] | None = None,
    beside: Path = Path(),
) -> Pass:
    """Read a pass from its text; otherwise as `read_pass`. `beside` is the folder of a blueprint of one's own."""
    top = read_tree(text, file=file).fields(
        required=("pass", "account", "guest", "job", "regions", "until", "spend"), optional=("network",)
    )
    partition, where = _regions(top["regions"], regions)
    owner = _account(top["account"])
    guest, job = _guest(top["guest"]), read_job(top["job"], owner, where, beside)
    network = _network(top, job)
    if guest.login == "instance-only":
        _buildable(top, job, network)
    if account is not None and owner != account:
        top["account"].fail(
            f"the pass is for account `{owner}`, but these credentials belong to `{account}`",
            expected=f"`{account}`",
            hint="aws sts get-caller-identity",
        )
    return Pass(
        name=_name(top["pass"]),
        account=owner,
        guest=guest,
        job=job,
        network=network,
        regions=where,
        until=_until(top["until"], now),
        spend=_spend(top["spend"]),
        partition=partition,
    )


def _buildable(top: dict[str, Branch], job: Job, network: Network | None) -> None:
    """With `instance-only` the owner's plan builds: what it builds from must be in the pass."""
    if network is None or not job.instance_types or not job.database_classes:
        top["job"].fail(
            f"login `instance-only` builds an instance and a database, and `{printable(job.blueprint)}` is not about them",
            expected="a blueprint with both, as `php-mysql`, or another login",
        )
    if len(network.subnets) < 2:
        # AWS: RDS User Guide, "Working with DB subnet groups": subnets in at least two Availability Zones
        top["network"].fail(
            "login `instance-only` builds a database, which needs subnets in two zones",
            expected="two subnets or more in `$.network.subnets`; the instance stands in the first",
        )
    if "amazon" not in job.image_owners:
        top["job"].fail(
            "login `instance-only` builds the instance from an image of Amazon's, and `image-owners` leaves it out",
            expected="`amazon` among `$.job.image-owners`",
        )


@cache
def known_regions() -> dict[str, str]:
    """The partition of every region that guestpass knows."""
    data = tomllib.loads(resources.files("guestpass.loan").joinpath("regions.toml").read_text("utf-8"))
    return {region: partition for partition, names in data["partitions"].items() for region in names}


def _name(branch: Branch) -> str:
    value = branch.text()
    if not NAME.fullmatch(value) or "--" in value:
        # Half of these limits are RDS's (no double hyphen), half leave room for `-instance-wall` in 64
        # characters.
        branch.fail(
            f"`{printable(value)}` cannot name a pass",
            expected="3 to 24 small letters, digits and single hyphens, a letter first, as in `acme-shop`",
        )
    return value


def _account(branch: Branch) -> str:
    value = branch.text()
    if not _ACCOUNT.fullmatch(value):
        branch.fail(
            f"`{printable(value)}` is not an AWS account",
            expected="12 digits, in quotes",
            hint="aws sts get-caller-identity --query Account",
        )
    return value


def _regions(branch: Branch, enabled: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    known = known_regions()
    names = branch.texts()
    for item in branch.items():
        name = item.text()
        if name not in known:
            item.fail(
                f"unknown region `{printable(name)}`",
                expected=f"one of {', '.join(sorted(known))}",
                hint=did_you_mean(name, known),
            )
        if known[name] != known[names[0]]:
            item.fail(
                f"`{name}` and `{names[0]}` are in different partitions of AWS",
                expected=f"regions of partition `{known[names[0]]}`",
            )
        if enabled is not None and name not in enabled:
            item.fail(
                f"region `{name}` is not switched on in this account",
                expected=f"one of {', '.join(sorted(enabled))}",
                hint=f"aws account enable-region --region-name {name}",
            )
    return known[names[0]], names


def _guest(branch: Branch) -> Guest:
    fields = branch.fields(required=("name", "login"), optional=("key", "account", "email", "from", "was"))
    login: Login = fields["login"].choice(get_args(Login), "login")  # type: ignore[assignment]
    if login == "role" and "account" not in fields:
        branch.fail(
            "login `role` needs the guest's own account", expected=f"`{branch.path}.account`, 12 digits"
        )
    if login != "role" and "account" in fields:
        fields["account"].fail(
            f"login `{login}` has no use for an account of the guest's",
            expected="no `account`, or login `role`",
        )
    if login != "instance-only" and "from" in fields:
        fields["from"].fail(
            f"login `{login}` has no use for an address of the guest's: nothing is opened for it",
            expected="no `from`, or login `instance-only`",
        )
    if login not in ("access-key", "console") and "was" in fields:
        fields["was"].fail(
            f"login `{login}` adopts nobody: only a user's own key or password goes on working",
            expected="no `was`, or login `access-key` or `console`",
        )
    if login != "role" and "key" not in fields and "was" not in fields:
        use = "it opens the instance" if login == "instance-only" else "the credentials are sealed to it"
        branch.fail(
            f"login `{login}` needs the guest's public key: {use}",
            expected=f"`{branch.path}.key`",
            hint="ask the guest for ~/.ssh/id_ed25519.pub",
        )
    return Guest(
        name=_short(fields["name"]),
        login=login,
        key=_key(fields["key"], ssh=login == "instance-only") if "key" in fields else None,
        account=_account(fields["account"]) if "account" in fields else None,
        email=_email(fields["email"]) if "email" in fields else None,
        source=_source(fields["from"]) if "from" in fields else None,
        was=_user(fields["was"]) if "was" in fields else None,
    )


def _user(branch: Branch) -> str:
    value = branch.text().strip()
    # AWS: IAM API Reference, CreateUser, UserName
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", value, re.ASCII):
        branch.fail(f"`{printable(value)}` cannot be an IAM user", expected="the user's name, as in `jo`")
    return value


def _source(branch: Branch) -> str:
    """Read the network that SSH is opened for. The whole internet is taken when it is said."""
    value = branch.text().strip()
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        meant = (
            ""
            if "host bits" not in str(error)
            else f"; is `{ipaddress.ip_network(value, strict=False)}` meant?"
        )
        branch.fail(
            f"`{printable(value)}` is not a network{meant}",
            expected="CIDR notation, as in `203.0.113.7/32` (one address)",
            hint="ask the guest for the address they come from",
        )


def _key(branch: Branch, *, ssh: bool = False) -> str:
    """Read a public key that credentials can be sealed to; with `ssh`, one that opens a shell.

    The key itself never stands in a message: it may be a secret.
    """
    value = " ".join(branch.text().split())
    hint = "cat ~/.ssh/id_ed25519.pub"
    expected = f"one line that begins with `ssh-ed25519`{' or' if ssh else ','} `ssh-rsa`{'' if ssh else ' or `age1`'}"
    if "PRIVATE KEY" in value or value.upper().startswith("AGE-SECRET-KEY"):
        branch.fail("this is a private key: it must never leave its owner", expected=expected, hint=hint)
    try:
        if value.startswith(("ssh-ed25519 ", "ssh-rsa ")):
            pyrage.ssh.Recipient.from_str(value)
        elif value.startswith("age1") and ssh:
            branch.fail(
                "an age key opens no instance: login `instance-only` needs an SSH key",
                expected=expected,
                hint="ask the guest for ~/.ssh/id_ed25519.pub",
            )
        elif value.startswith("age1"):
            pyrage.x25519.Recipient.from_str(value)
        else:
            kind = value.split(" ", 1)[0]
            what = (
                f"a `{kind}` key cannot be sealed to"
                if kind.startswith(("ecdsa-", "sk-", "ssh-"))
                else "this is not a key"
            )
            branch.fail(what, expected=expected, hint="ssh-keygen -t ed25519")
    except pyrage.RecipientError:
        branch.fail("the key cannot be read", expected=expected, hint=hint)
    return value


def _network(top: dict[str, Branch], job: Job) -> Network | None:
    asked = "network" in blueprint(job.blueprint, text=job.written).asks
    if "network" not in top:
        if asked:
            top["job"].fail(
                f"blueprint `{printable(job.blueprint)}` needs a network",
                expected="`$.network` with `vpc` and `subnets`",
            )
        return None
    if not asked:
        top["network"].fail(
            f"blueprint `{printable(job.blueprint)}` has no use for a network", expected="no `network`"
        )
    fields = top["network"].fields(required=("vpc", "subnets"))
    vpc = fields["vpc"].text()
    if not _VPC.fullmatch(vpc):
        fields["vpc"].fail(
            f"`{printable(vpc)}` is not a VPC",
            expected="`vpc-` and 8 or 17 hex digits",
            hint="aws ec2 describe-vpcs",
        )
    return Network(
        vpc=vpc, subnets=each_of(fields["subnets"], _SUBNET, "a subnet", "`subnet-0a1b2c3d4e5f60718`")
    )


def _until(branch: Branch, now: datetime | None) -> datetime:
    """Read the end of the loan: an ISO 8601 time with its zone, or a date, which means the end of that day in
    UTC."""
    value = branch.text().strip()
    expected = (
        "a time with its zone, `2026-12-31T18:00:00Z`, or a date, `2026-12-31` (the end of that day, UTC)"
    )
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            until = datetime.combine(date.fromisoformat(value), time(23, 59, 59), tzinfo=UTC)
        elif re.match(r"\d{4}-\d\d-\d\d[T ]", value):
            until = datetime.fromisoformat(value)
        else:
            branch.fail(f"`{printable(value)}` is not a time", expected=expected)
        if until.tzinfo is None:
            branch.fail(f"`{printable(value)}` says no zone", expected=expected, hint=f"until: {value}Z")
        until = until.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        branch.fail(f"`{printable(value)}` is not a time", expected=expected)
    if now is not None and until <= now:
        branch.fail(
            f"`{printable(value)}` is past: it is now {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            expected="a time to come",
        )
    return until


def _spend(branch: Branch) -> Spend:
    fields = branch.fields(required=("monthly-usd", "notify"))
    amount = fields["monthly-usd"].text()
    try:
        usd = Decimal(amount) if re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,2})?", amount) else Decimal(0)
    except InvalidOperation:  # pragma: no cover - the pattern above leaves nothing that Decimal refuses
        usd = Decimal(0)
    if usd <= 0:
        fields["monthly-usd"].fail(
            f"`{printable(amount)}` is not an amount",
            expected="US dollars a month, above 0, as in `50` or `49.90`",
        )
    return Spend(monthly_usd=usd, notify=_email(fields["notify"]))


def _email(branch: Branch) -> str:
    value = branch.text()
    if len(value) > MAX_TEXT or not value.isprintable() or not _EMAIL.fullmatch(value):
        branch.fail(f"`{printable(value)}` is not a mail address", expected="as in `owner@example.org`")
    return value


def _short(branch: Branch) -> str:
    value = branch.text().strip()
    if len(value) > MAX_TEXT or not value.isprintable():
        branch.fail(
            f"`{printable(value)}` is too long, or not one line of text", expected="a name on one line"
        )
    return value

"""The hand-over letter: what the guest may do, how to tag, until when, what to hand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guestpass.inventory import FORM
from guestpass.loan.agreement import Pass
from guestpass.loan.names import TAG_KEY, Names
from guestpass.loan.plan import external_id_of
from guestpass.report.inert import code_span, inert_markdown, prose

_OPEN = {
    "access-key": """\
Your access key is in `credentials.age`, sealed to your public key. With guestpass:

    guestpass unseal credentials.age --identity ~/.ssh/id_ed25519

With the program `age` alone: `age --decrypt --identity ~/.ssh/id_ed25519 credentials.age`.
""",
    "console": """\
Your password is in `credentials.age`, sealed to your public key. With guestpass:

    guestpass unseal credentials.age --identity ~/.ssh/id_ed25519

Sign in to the console, change the password, and register an MFA device named like your user: until you
have signed in with it, nothing but that is allowed.
""",
    "role": """\
There is no credential to hand over. You assume the role below from your own account, with MFA:

    aws sts assume-role --role-arn ROLE --external-id ID --role-session-name YOUR-NAME

Call it with a session of your own that was made with MFA; the role and the external id are below. The id is
no secret: it tells AWS whose loan you mean.
""",
    "instance-only": """\
You hold nothing of AWS. You log in to the site's server with your own SSH key:

    {ssh}

The server's host key is in `known_hosts` beside this letter: whoever answers with another key is not the server.
Your log-in to the database lies in `~/.my.cnf` there, so `mariadb site` is enough. From your own machine, through
a tunnel, with the password of that file:

    {ssh} -N -L 3307:{database}
    mariadb --protocol=tcp --host=127.0.0.1 --port=3307 --user={user} --password site

The site's pages are in `/var/www/html`. The site's own log-in to the database is in
`/etc/guestpass/site/database.cnf`: let its programs read it there, because its password changes when you are done.
""",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The instance that a guest logs in to: how SSH reaches it, where its database is (`address:port`), its host keys."""

    user: str
    address: str
    database: str
    port: int = 22
    host_keys: tuple[str, ...] = ()

    @property
    def ssh(self) -> str:
        """The command to log in with."""
        port = "" if self.port == 22 else f"-p {self.port} "
        return f"ssh -i ~/.ssh/id_ed25519 -o UserKnownHostsFile=known_hosts {port}{self.user}@{self.address}"

    @property
    def known_hosts(self) -> str:
        """The lines of a known_hosts file."""
        place = self.address if self.port == 22 else f"[{self.address}]:{self.port}"
        return "".join(f"{place} {key}\n" for key in self.host_keys)


def letter_markdown(
    pass_: Pass, *, may: Sequence[str], watched: Sequence[str], server: Server | None = None
) -> str:
    """Return the letter. `may` is the access in words, `watched` what no policy holds.

    `server` is where a guest with login `instance-only` logs in.
    """
    if pass_.guest.login == "instance-only":
        return _instance_letter(pass_, may=may, watched=watched, server=server)
    names = Names.of_pass(pass_)
    tag = f"{TAG_KEY}={pass_.name}"
    parts = [
        f"# Your guest pass: {inert_markdown(pass_.name)}\n",
        f"For {inert_markdown(pass_.guest.name)}. It holds until {pass_.until:%Y-%m-%d %H:%M} UTC; "
        "after that every call is refused, whatever is still running.\n",
        "## How to come in\n",
        _OPEN[pass_.guest.login],
        _facts(pass_, names),
        "## What you may do\n",
        "".join(f"- {prose(each)}\n" for each in may),
        "## How to tag\n",
        f"Everything you make must carry the tag {code_span(tag)} from its first moment: an instance with "
        "its volume and its network interface, a security group, an address. Tag in the call that creates; "
        "adding the tag later is refused. Databases, subnet groups and key pairs are named "
        f"{code_span(names.prefix + '…')}.\n\n"
        f"Instances run with the profile {code_span(names.instance_profile)} and with the metadata service's "
        f"{code_span('HttpTokens=required')}.\n",
        "## What is watched\n",
        "Every call is recorded, refused ones too. No policy can hold these, so the owner looks at them:\n",
        "".join(f"- {prose(each)}\n" for each in watched),
        "## If you need more\n",
        f"Write to {inert_markdown(pass_.spend.notify)}: the call that was refused, AWS's message with its "
        "request id, and what it is for. Please do not look for a way around; a refusal is meant.\n",
        _form(pass_),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _instance_letter(
    pass_: Pass, *, may: Sequence[str], watched: Sequence[str], server: Server | None
) -> str:
    """No tags, no calls to AWS: a shell, a database, and what is left behind."""
    where = server or Server(user="guest", address="ADDRESS", database="DATABASE:3306")
    database_user = f"{pass_.name}-guest"
    parts = [
        f"# Your guest pass: {inert_markdown(pass_.name)}\n",
        f"For {inert_markdown(pass_.guest.name)}. It holds until {pass_.until:%Y-%m-%d %H:%M} UTC; "
        "after that your key opens nothing.\n",
        "## How to come in\n",
        _OPEN["instance-only"].format(ssh=where.ssh, database=where.database, user=database_user),
        "| | |\n|---|---|\n"
        + "".join(
            f"| {name} | {code_span(value)} |\n"
            for name, value in (
                ("server", where.address if where.port == 22 else f"{where.address} port {where.port}"),
                ("your account", where.user),
                ("database", where.database),
                ("your database user", database_user),
                ("schema", "site"),
            )
        ),
        "## What you may do\n",
        "".join(f"- {prose(each)}\n" for each in may),
        "## What is watched\n",
        "When you are done, the server is held against how it was given to you: keys, timed jobs, accounts, open "
        "ports, database users. Leave none. The owner looks at these:\n",
        "".join(f"- {prose(each)}\n" for each in watched),
        "## If you need more\n",
        f"Write to {inert_markdown(pass_.spend.notify)}: what you need, and what it is for. A package, a setting of "
        "the web server, a port: the owner does it.\n",
        _form(pass_),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _facts(pass_: Pass, names: Names) -> str:
    rows = {
        "account": pass_.account,
        "regions": ", ".join(pass_.regions),
    }
    if pass_.network:
        rows["network"] = f"{pass_.network.vpc}, subnets {', '.join(pass_.network.subnets)}"
    if pass_.job.instance_types:
        rows["instances"] = ", ".join(pass_.job.instance_types)
    if pass_.job.database_classes:
        rows["databases"] = ", ".join(pass_.job.database_classes)
    if pass_.job.instance_types:
        rows["images of"] = ", ".join(pass_.job.image_owners)
    if pass_.guest.login == "role":
        rows["role"] = names.login_role_arn
        rows["external id"] = external_id_of(pass_)
    else:
        rows["user"] = names.user
    return "| | |\n|---|---|\n" + "".join(
        f"| {name} | {code_span(value)} |\n" for name, value in rows.items()
    )


def _form(pass_: Pass) -> str:
    return f"""\
## What you hand in at the end

A list of everything you made, one row each. Write each thing's id or ARN as AWS shows it: the owner
holds it against the record with `guestpass inventory --compare`.

{FORM}
|---|---|---|---|---|---|
| | | {inert_markdown(pass_.regions[0])} | | | |

- Passwords and keys you made, where each is kept, and who else has it:
- Log-ins on instances and in databases:
- What must be renewed, and when:
"""

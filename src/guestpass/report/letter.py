"""The hand-over letter: what the guest may do, how to tag, until when, what to hand in."""

from __future__ import annotations

from collections.abc import Sequence

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
}


def letter_markdown(pass_: Pass, *, may: Sequence[str], watched: Sequence[str]) -> str:
    """Return the letter. `may` is the access in words, `watched` what no policy holds."""
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


def _facts(pass_: Pass, names: Names) -> str:
    rows = {
        "account": pass_.account,
        "regions": ", ".join(pass_.regions),
        "network": f"{pass_.network.vpc}, subnets {', '.join(pass_.network.subnets)}",
        "instances": ", ".join(pass_.job.instance_types),
        "databases": ", ".join(pass_.job.database_classes),
        "images of": ", ".join(pass_.job.image_owners),
    }
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

A list of everything you made, one row each. The owner holds it against the record.

| resource | id or ARN | region | what it is for | keep or delete | how to update it |
|---|---|---|---|---|---|
| | | {inert_markdown(pass_.regions[0])} | | | |

- Passwords and keys you made, where each is kept, and who else has it:
- Log-ins on instances and in databases:
- What must be renewed, and when:
"""

"""`guestpass sweep`: look into the instances that a guest logged in to."""

from __future__ import annotations

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def sweep(pass_name: str, /, *, account: Account | None = None, output: Output | None = None) -> int:
    """Look for ways back in on the instances of a pass.

    For a pass whose guest only logs in to an instance. The instance compares itself with how it stood when it was
    lent: keys, timed jobs, accounts, rights, open ports, the database's users. Whoever was root there could make it
    lie: only a rebuild from a trusted image is proof. Exits 3 when something is found, 1 when an instance cannot be asked.

    Parameters
    ----------
    pass_name
        The pass's name, or its file.
    """
    from guestpass.aws import sweep_hosts, take_fast_snapshot
    from guestpass.cli.account import hands_of, name_of_pass
    from guestpass.errors import InputError
    from guestpass.loan.host_sweep import findings_of
    from guestpass.loan.names import Names
    from guestpass.loan.plan.hosts import machines_of
    from guestpass.report.sweep import sweep_json, sweep_page

    talk = Talk(output or Output())
    name = name_of_pass(pass_name)
    hands = hands_of(account or Account())
    snapshot = take_fast_snapshot(hands, name)
    machines = machines_of(Names.of(name, snapshot.caller.account, snapshot.caller.partition), snapshot)
    if not machines:
        raise InputError(
            f"the pass `{name}` has no instance that a guest logs in to",
            expected="a pass with login `instance-only`",
            hint="guestpass status",
        )
    swept = sweep_hosts(hands, name, machines)
    findings = findings_of(swept)
    ids = tuple(machine.id for machine in machines)
    talk.show(sweep_page(findings, name=name, machines=ids), sweep_json(findings, name=name, machines=ids))
    if any(not each.answered for each in swept):
        return 1
    return 3 if findings else 0

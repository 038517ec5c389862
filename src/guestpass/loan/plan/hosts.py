"""Steps on the instances themselves: guestpass's own script there, run through Systems Manager.

AWS's calls cannot take a key off a running disk. A command carries no secret, and its comment is its name: by it the
effect is found again, because the id of a command exists only once it was sent.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from guestpass.account.site import Group, Machine
from guestpass.account.snapshot import Snapshot
from guestpass.host import PROGRAM
from guestpass.loan.names import ENDED_TAG, FROZEN_AT_TAG, TAG_KEY, Names
from guestpass.loan.plan.calls import shows, tag_list, written
from guestpass.loan.step import Call, Shows, Step

# AWS: SSM API Reference, CommandInvocation, Status
_FAILED = '`["Failed", "TimedOut", "Cancelled", "Cancelling"]`'
SSH = 22
# seconds: how long a command may wait for the agent, and run
_DELIVERY, _RUN = 60, 300


def machines_of(names: Names, snapshot: Snapshot) -> tuple[Machine, ...]:
    """The instances that were built for this pass's guest to log in to."""
    return tuple(m for m in snapshot.site.machines if m.tags.get(TAG_KEY) == names.pass_name)


def groups_of(names: Names, snapshot: Snapshot) -> tuple[Group, ...]:
    """The security groups that were made with them."""
    return tuple(g for g in snapshot.site.groups if g.tags.get(TAG_KEY) == names.pass_name)


def on_hosts(
    step: str, verb: str, machines: Sequence[Machine], names: Names, at: datetime, *, why: str,
    arguments: Iterable[str] = (), loses: tuple[str, ...] = (), gains: tuple[str, ...] = (),
) -> Step:  # fmt: skip
    """Run a verb of the script on all of these (of one region) by one call; it has worked when each says Success."""
    comment = f"guestpass {names.pass_name} {verb} {written(at)}"
    region = machines[0].region
    seen = Call(
        service="ssm",
        operation="ListCommandInvocations",
        parameters={"MaxResults": 50},
        region=region,
    )
    mine = f"CommandInvocations[?Comment=='{comment}'"
    return Step(
        id=step,
        call=Call(
            service="ssm",
            operation="SendCommand",
            parameters={
                "DocumentName": "AWS-RunShellScript",
                "InstanceIds": [machine.id for machine in machines],
                "Comment": comment,
                "TimeoutSeconds": _DELIVERY,
                "Parameters": {
                    # an instance answers before its first start is over
                    "commands": [
                        "cloud-init status --wait >/dev/null",
                        shlex.join([PROGRAM, verb, *arguments]),
                    ],
                    "executionTimeout": [str(_RUN)],
                },
            },
            region=region,
        ),
        why=why,
        effect=Shows(
            call=seen,
            path=f"length({mine} && Status=='Success'])",
            value=len(machines),
            lost=f"{mine} && contains({_FAILED}, Status)].join(' ', [InstanceId, StatusDetails]) | [0]",
        ),
        gains=gains,
        loses=loses,
        patience=_DELIVERY + _RUN,
    )


def closing_ssh(names: Names, snapshot: Snapshot, verb: str) -> Iterator[Step]:
    """The second lock, which needs no host: SSH is open for no one. A connection that is open stays open by it alone.

    AWS: EC2 User Guide, "Security group connection tracking".
    """
    for group in groups_of(names, snapshot):
        for rule in group.open:
            port, source = rule.split(" ", 1)
            if port == str(SSH):
                yield close_port(f"{verb}/ssh/{source}", group, SSH, source)


def close_port(step: str, group: Group, port: int, source: str) -> Step:
    """The step that takes one rule off a group."""
    rule = {"GroupId": group.id, "IpPermissions": [permission(port, source)]}
    return Step(
        id=step,
        call=Call(
            service="ec2", operation="RevokeSecurityGroupIngress", parameters=rule, region=group.region
        ),
        why=f"no new connection to port {port} from {source}; one that is open is ended on the instance",
        effect=shows(see_group(group), has_rule(port, source), False),
        inverse=Call(
            service="ec2", operation="AuthorizeSecurityGroupIngress", parameters=rule, region=group.region
        ),
        loses=(f"SSH from {source}",) if port == SSH else (),
        accepts=("InvalidPermission.NotFound",),
    )


def see_group(group: Group) -> Call:
    """The read call that shows a group's rules."""
    return Call(
        service="ec2",
        operation="DescribeSecurityGroups",
        parameters={"GroupIds": [group.id]},
        region=group.region,
    )


def has_rule(port: int, source: str) -> str:
    """A JMESPath that says whether a group lets this source in to this port."""
    rules = f"SecurityGroups[0].IpPermissions[?FromPort==`{port}` && ToPort==`{port}`]"
    field = _field(source)
    key = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "GroupId"}[field]
    return f"contains({rules}.{field}[].{key}, '{source}')"


def permission(port: int, source: str) -> dict[str, object]:
    """One rule as EC2 wants it."""
    field = _field(source)
    key = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "GroupId"}[field]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, field: [{key: source}]}


def _field(source: str) -> str:
    if source.startswith("sg-"):
        return "UserIdGroupPairs"
    return "Ipv6Ranges" if ":" in source else "IpRanges"


def freezing_hosts(names: Names, snapshot: Snapshot, now: datetime, *, verb: str) -> Iterator[Step]:
    """SSH closed first, because it needs no host; then the hosts end what is open; then the account remembers."""
    yield from closing_ssh(names, snapshot, verb)
    for machines in _by_region(m for m in machines_of(names, snapshot) if _runs(m)):
        left = [m for m in machines if FROZEN_AT_TAG not in m.tags and ENDED_TAG not in m.tags]
        if left:
            yield on_hosts(
                f"{verb}/host", "freeze", left, names, now,
                why="takes the key away, ends open shells and the guest's database connections, locks both users",
                loses=("the guest's log-in to the instance, open shells too", "the guest's database user"),
            )  # fmt: skip
            yield remember(f"{verb}/host/time", left, {FROZEN_AT_TAG: written(now)})


def ending_hosts(names: Names, snapshot: Snapshot, now: datetime) -> Iterator[Step]:
    """The guest's account and database user go; the site keeps running, with a database password of its own anew."""
    for machines in _by_region(m for m in machines_of(names, snapshot) if _runs(m)):
        left = [machine for machine in machines if ENDED_TAG not in machine.tags]
        if left:
            yield on_hosts(
                "revoke/host", "revoke", left, names, now,
                why="takes the guest's account and database user away and gives the site a new database password",
                loses=("the guest's account on the instance", "the guest's database user"),
            )  # fmt: skip
            yield remember("revoke/host/time", left, {ENDED_TAG: written(now)})


def remember(step: str, machines: Sequence[Machine], tags: dict[str, str]) -> Step:
    """The step that writes on the instances what was done: a tag that the guest cannot change."""
    ids = [machine.id for machine in machines]
    ((key, value),) = tags.items()
    seen = Call(
        service="ec2",
        operation="DescribeInstances",
        parameters={"InstanceIds": ids},
        region=machines[0].region,
    )
    return Step(
        id=step,
        call=Call(
            service="ec2",
            operation="CreateTags",
            parameters={"Resources": ids, "Tags": tag_list(tags)},
            region=machines[0].region,
        ),
        why="the account itself remembers what was done on the instance",
        effect=shows(
            seen,
            f"length(Reservations[].Instances[].Tags[] | [?Key=='{key}' && Value=='{value}'])",
            len(ids),
        ),
        inverse=Call(
            service="ec2",
            operation="DeleteTags",
            parameters={"Resources": ids, "Tags": [{"Key": key}]},
            region=machines[0].region,
        ),
    )


def host_notes(names: Names, snapshot: Snapshot) -> tuple[str, ...]:
    """What the owner must know of hosts that cannot be asked."""
    notes = []
    for machine in machines_of(names, snapshot):
        if not _runs(machine):
            notes.append(
                f"the instance {machine.id} is {machine.state}: nobody is in it, and the guest's key is still on its disk; "
                "start it and run the same command again"
            )
        elif not machine.online and ENDED_TAG not in machine.tags:
            notes.append(
                f"the instance {machine.id} does not answer Systems Manager: THE GUEST MAY STILL BE INSIDE until it does; "
                f"to be sure: aws ec2 stop-instances --region {machine.region} --instance-ids {machine.id}"
            )
    return tuple(notes)


def _runs(machine: Machine) -> bool:
    return machine.state in ("running", "pending")


def _by_region(machines: Iterable[Machine]) -> Iterator[list[Machine]]:
    regions: dict[str, list[Machine]] = {}
    for machine in machines:
        regions.setdefault(machine.region, []).append(machine)
    yield from regions.values()

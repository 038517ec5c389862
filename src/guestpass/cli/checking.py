"""What the doctor looks at: the pass, the credentials, the account, the network, the guard, IAM's quotas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from guestpass.account import Snapshot
from guestpass.aws import Hands, take_snapshot
from guestpass.cli.account import enabled_regions, hands_of
from guestpass.cli.options import Account
from guestpass.errors import AccountError, GuestpassError, InputError, RootError
from guestpass.loan import Names, Pass, read_pass
from guestpass.loan.job import job_policies
from guestpass.loan.plan import guard
from guestpass.loan.step import Call
from guestpass.report.checks import Check


def examine(path: Path, account: Account) -> tuple[tuple[Check, ...], Pass | None, bool]:
    """Look at everything that can be looked at; the last answer says whether the pass itself is wrong."""
    try:
        pass_ = read_pass(path)
    except InputError as error:
        return (_failed("pass", error),), None, True
    checks = [_ok("pass", f"{path} is well-formed: {pass_.name}, for {pass_.guest.name}")]
    try:
        hands = hands_of(account, region=pass_.regions[0])
    except RootError as error:
        return (*checks, _failed("credentials", error)), pass_, False
    except GuestpassError as error:
        rest = Check(name="account", result="unknown", says="not looked at: no credentials reached it")
        return (*checks, _failed("credentials", error), rest), pass_, False
    checks.append(_ok("credentials", f"{hands.caller.arn}, not root"))
    try:
        read_pass(path, now=hands.now(), account=hands.caller.account, regions=enabled_regions(hands))
    except InputError as error:
        return (*checks, _failed("account", error)), pass_, True
    checks.append(
        _ok(
            "account",
            f"{pass_.account}, regions {', '.join(pass_.regions)}, open until {pass_.until:%Y-%m-%d}",
        )
    )
    for look in (_network, _sizes, _of_snapshot, _quotas):
        checks += _attempt(look, pass_, hands)
    return tuple(checks), pass_, False


def _attempt(look: Callable[[Pass, Hands], Iterator[Check]], pass_: Pass, hands: Hands) -> list[Check]:
    """Look; what AWS does not let us see is unknown, and the rest goes on."""
    seen: list[Check] = []
    try:
        seen.extend(look(pass_, hands))
    except AccountError as error:
        name = look.__name__.strip("_").replace("of_snapshot", "guard")
        seen.append(Check(name=name, result="unknown", says=error.says, fix=error.hint))
    return seen


def _network(pass_: Pass, hands: Hands) -> Iterator[Check]:
    if pass_.network is None:
        return
    region = pass_.regions[0]
    subnets = _items(hands, "ec2", "DescribeSubnets", "Subnets", region, SubnetIds=list(pass_.land.subnets))
    if subnets is None:
        fix = f"aws ec2 describe-subnets --region {region}"
        yield Check(name="network", result="wrong", says=f"a subnet of the pass is not in {region}", fix=fix)
        return
    strangers = [s["SubnetId"] for s in subnets if s["VpcId"] != pass_.land.vpc]
    zones = {s["AvailabilityZone"] for s in subnets}
    if strangers:
        says = f"{', '.join(strangers)} not in {pass_.land.vpc}"
        yield Check(name="network", result="wrong", says=says, fix="name subnets of the pass's VPC")
    elif len(zones) < 2:
        # AWS: RDS User Guide, "Working with a DB subnet group": at least two Availability Zones
        says = "a database's subnet group needs subnets in two availability zones; the pass has one"
        yield Check(name="network", result="wrong", says=says, fix="add a subnet in another zone to the pass")
    else:
        yield _ok("network", f"{pass_.land.vpc} with {len(subnets)} subnets in {len(zones)} zones")


def _sizes(pass_: Pass, hands: Hands) -> Iterator[Check]:
    if not pass_.job.instance_types:
        return
    region = pass_.regions[0]
    wanted = set(pass_.job.instance_types)
    filters = [{"Name": "instance-type", "Values": sorted(wanted)}]
    found = _items(
        hands, "ec2", "DescribeInstanceTypeOfferings", "InstanceTypeOfferings", region, Filters=filters
    )
    missing = sorted(wanted - {each["InstanceType"] for each in found or ()})
    if missing:
        says = f"{', '.join(missing)} not offered in {region}"
        yield Check(name="sizes", result="wrong", says=says, fix="choose another size in the pass")
    else:
        yield _ok("sizes", f"{', '.join(sorted(wanted))} offered in {region}")


def _of_snapshot(pass_: Pass, hands: Hands) -> Iterator[Check]:
    snapshot = take_snapshot(hands, regions=pass_.regions)
    left = guard(pass_, snapshot).steps
    if left:
        says = f"{len(left)} of its calls are still to be made"
        yield Check(name="guard", result="wrong", says=says, fix="guestpass guard pass.yaml")
    else:
        yield _ok("guard", "the trail is logging, the budget watches")
    yield _root(snapshot)
    yield from _names(pass_, snapshot)
    for what, why in snapshot.gaps.items():
        yield Check(name="sight", result="unknown", says=f"{what}: {why}")


def _root(snapshot: Snapshot) -> Check:
    if snapshot.root_access_keys:
        says = "the root user has an access key, which no policy can hold"
        return Check(name="root", result="wrong", says=says, fix="sign in as root and delete the key")
    if snapshot.root_access_keys is None or snapshot.root_mfa is None:
        return Check(name="root", result="unknown", says="AWS does not tell about the root user")
    if not snapshot.root_mfa:
        says = "the root user has no MFA device"
        return Check(name="root", result="wrong", says=says, fix="sign in as root and register one")
    return _ok("root", "no access key, MFA on")


def _names(pass_: Pass, snapshot: Snapshot) -> Iterator[Check]:
    """IAM's names are unique in an account whatever their path, so somebody else's can be in the way."""
    names = Names.of_pass(pass_)
    things = (
        ("user", snapshot.user(names.user)),
        ("group", snapshot.group(names.group)),
        ("role", snapshot.role(names.instance_role)),
        ("instance profile", snapshot.profile(names.instance_profile)),
        ("policy", snapshot.policy(names.wall)),
    )
    strange = [f"{kind} {thing.name}" for kind, thing in things if thing and thing.path != names.path]
    if strange:
        says = f"in the way, made by somebody else: {', '.join(strange)}"
        yield Check(name="names", result="wrong", says=says, fix="give the pass another name")
    else:
        yield _ok("names", f"everything called {pass_.name}-… is free or the pass's own")


def _quotas(pass_: Pass, hands: Hands) -> Iterator[Check]:
    told = hands.call(Call(service="iam", operation="GetAccountSummary"))["SummaryMap"]
    full = [
        f"{what.lower()} ({told[what]} of {told[f'{what}Quota']})"
        for what in ("Users", "Groups", "Roles", "Policies", "InstanceProfiles")
        if f"{what}Quota" in told and int(told[what]) + 6 > int(told[f"{what}Quota"])
    ]
    if full:
        yield Check(
            name="quotas", result="wrong", says=f"nearly full: {', '.join(full)}", fix="ask AWS for more"
        )
        return
    if pass_.guest.login == "instance-only":
        yield _ok("quotas", "IAM has room; the guest takes no policy, the instance's role two")
        return
    sizes = [len(json.dumps(document, separators=(",", ":"))) for _, document in job_policies(pass_)]
    yield _ok(
        "quotas", f"IAM has room; the job takes {len(sizes)} policies, the largest of {max(sizes)} characters"
    )


def _items(
    hands: Hands, service: str, operation: str, key: str, region: str, **parameters: Any
) -> list[Any] | None:
    """Read a whole list; None when AWS does not know what was asked for."""
    call = Call(service=service, operation=operation, parameters=parameters, region=region)
    try:
        return [item for page in hands.pages(call) for item in page[key]]
    except AccountError as error:
        if error.code.startswith("Invalid") and "NotFound" in error.code:
            return None
        raise


def _ok(name: str, says: str) -> Check:
    return Check(name=name, result="ok", says=says)


def _failed(name: str, error: GuestpassError) -> Check:
    where = f"{error.place}: " if isinstance(error, InputError) and error.place else ""
    wanted = f" (expected {error.expected})" if isinstance(error, InputError) and error.expected else ""
    return Check(name=name, result="wrong", says=f"{where}{error.says}{wanted}", fix=error.hint)

"""What journeys share: the owner's hands on a box, a pass, the acts in a row, and an account with its accidents taken off."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from guestpass.account.snapshot import Snapshot
from guestpass.aws import Hands, Outcome, Target, carry_out, connect, take_fast_snapshot, take_snapshot
from guestpass.ledger import Ledger, sealed
from guestpass.loan.agreement import Guest, Job, Login, Network, Pass, Spend
from guestpass.loan.plan import freeze, grant, guard, revoke
from guestpass.loan.step import Plan
from guestpass.local import Box, Credentials

REGION = "eu-west-1"


def hands_of(box: Box, credentials: Credentials | None = None) -> Hands:
    """The hands of the owner (or of someone else) on a box."""
    who = credentials or box.owner
    before = {
        name: os.environ.get(name)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    }
    os.environ["AWS_ACCESS_KEY_ID"] = who.access_key_id
    os.environ["AWS_SECRET_ACCESS_KEY"] = who.secret_access_key
    if who.session_token:
        os.environ["AWS_SESSION_TOKEN"] = who.session_token
    try:
        return connect(Target(endpoint_url=box.endpoint_url, region=REGION))
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def pass_for(box: Box, name: str, *, login: Login = "access-key", days: int = 30) -> Pass:
    """A pass of the box's account that ends `days` after the box's time."""
    return Pass(
        name=name,
        account=box.owner.account,
        guest=Guest(name="Ada", login=login, account=box.guest_account.account if login == "role" else None),
        job=Job(blueprint="php-mysql", instance_types=("t3.small",), database_classes=("db.t3.micro",)),
        network=Network(vpc="vpc-0a1b2c3d", subnets=("subnet-0a1b2c3d", "subnet-1a2b3c4d")),
        regions=(REGION,),
        until=(box.now() + timedelta(days=days)).replace(microsecond=0),
        spend=Spend(monthly_usd=Decimal(50), notify="owner@example.com"),
    )


class Loan:
    """A loan on a box: each verb plans on a fresh snapshot and carries the plan out."""

    def __init__(self, box: Box, pass_: Pass, folder: Path) -> None:
        self.box = box
        self.pass_ = pass_
        self.hands = hands_of(box)
        self.path = folder / f"{pass_.name}.jsonl"
        self.sealed: dict[str, str] = {}

    def snapshot(self) -> Snapshot:
        self.seen = take_snapshot(self.hands, regions=self.pass_.regions)
        return self.seen

    def plan(self, verb: str) -> Plan:
        match verb:
            case "guard":
                return guard(self.pass_, self.snapshot())
            case "grant":
                with Ledger.open(self.path) as ledger:
                    return grant(self.pass_, self.snapshot(), sealed=sealed(ledger.entries()))
            case "freeze":
                snapshot = take_fast_snapshot(self.hands, self.pass_.name)
                return freeze(self.pass_.name, snapshot, self.hands.now())
            case "revoke":
                return revoke(self.pass_.name, self.snapshot(), self.hands.now())
        raise AssertionError(verb)

    def carry(self, plan: Plan, *, hands: Any = None, ledger: Any = None) -> Outcome:
        if ledger is not None:
            return carry_out(plan, hands or self.hands, ledger, seal=self.sealed.__setitem__)
        with Ledger.open(self.path) as opened:
            return carry_out(plan, hands or self.hands, opened, seal=self.sealed.__setitem__)

    def do(self, verb: str) -> Outcome:
        return self.carry(self.plan(verb))

    def guest(self) -> Credentials:
        return Credentials(
            access_key_id=self.sealed["access-key-id"],
            secret_access_key=self.sealed["secret-access-key"],
            account=self.box.owner.account,
        )


def iam_only(snapshot: Snapshot, pass_name: str) -> Any:
    """What the account holds in IAM, with ids, times and key ids taken off, and the pass's name made the same."""
    told = msgspec.to_builtins(
        {
            "users": snapshot.users,
            "groups": snapshot.groups,
            "roles": snapshot.roles,
            "policies": snapshot.policies,
            "profiles": snapshot.profiles,
        }
    )
    return {
        kind: [_plain(thing, pass_name) for thing in things if f"/guestpass/{pass_name}/" in thing["arn"]]
        for kind, things in told.items()
    }


def _plain(value: Any, pass_name: str) -> Any:
    match value:
        case Mapping():
            return {
                key: _plain(inner, pass_name)
                for key, inner in value.items()
                if key not in ("id", "created") and key not in ("guestpass-frozen-at", "guestpass-until")
            }
        case list() | tuple():
            return [_plain(inner, pass_name) for inner in value]
        case str():
            plain = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", value)
            return plain.replace(pass_name, "PASS")
        case _:
            return value


class Crash(BaseException):
    """Stands for a process that dies: nothing in the program may catch it."""

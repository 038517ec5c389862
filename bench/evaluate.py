"""Decisions per CPU-second: five identity policies, 16 statements, requests drawn anew, decisions not cached.

With AWS's ReadOnlyAccess beside them; with the trace; and who can do what, over a thousand principals and all actions.
The peer is `spec`, the short evaluator that `evaluate` must agree with: the ratio says what compiling buys.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from guestpass.access import Context, Layers, Request, User, evaluate, read_policy
from guestpass.access.evaluate.classes import reach
from guestpass.access.policy.values import Policy
from guestpass.catalog import ManagedPolicy, managed_policy
from spec import decide

ACCOUNT = "111122223333"
CALLER = User(arn=f"arn:aws:iam::{ACCOUNT}:user/dev/jo", account=ACCOUNT, user_id="AIDAEXAMPLE")
REQUESTS = 40_000

_CONDITIONS: tuple[dict[str, object], ...] = (
    {},
    {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}},
    {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
)
_SERVICES = ("s3", "ec2", "rds", "dynamodb", "sqs")
_VERBS = ("Get", "Put", "Create", "Delete", "List", "Describe")
_NOUNS = ("Object", "Instance", "Item", "Message", "Table", "Snapshot")


def documents() -> list[dict[str, object]]:
    """Five policies, 16 statements in all, one of them a Deny outside two regions."""
    statements: list[dict[str, object]] = []
    for number in range(15):
        service = _SERVICES[number % 5]
        statements.append(
            {
                "Effect": "Allow",
                "Action": [f"{service}:{verb}*" for verb in _VERBS[: 2 + number % 4]],
                "Resource": f"arn:aws:{service}:*:*:team-{number % 3}/${{aws:username}}/*"
                if number % 4 == 0
                else f"arn:aws:{service}:*:*:team-{number % 3}*",
                "Condition": _CONDITIONS[number % len(_CONDITIONS)],
            }
        )
    statements.append(
        {
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
        }
    )
    shares = [statements[start::5] for start in range(5)]
    return [{"Version": "2012-10-17", "Statement": share} for share in shares]


def policies() -> tuple[Policy, ...]:
    """The same, read."""
    return tuple(
        read_policy(document, kind="identity", name=f"p{number}")
        for number, document in enumerate(documents())
    )


def requests(count: int) -> Iterator[Request]:
    """Requests over thousands of resources and contexts; the same ones at each run."""
    draw = random.Random(20261123)
    for _ in range(count):
        service = draw.choice(_SERVICES)
        region = draw.choice(("eu-west-1", "eu-central-1", "us-east-1"))
        context = {
            "aws:RequestedRegion": region,
            "aws:SourceIp": f"203.0.113.{draw.randrange(256)}",
            "aws:CurrentTime": f"2026-{draw.randrange(1, 13):02}-11T10:00:00Z",
            "aws:MultiFactorAuthPresent": draw.choice(("true", "false")),
            "aws:PrincipalTag/team": "blue",
            "aws:ResourceTag/team": draw.choice(("blue", "red")),
        }
        yield Request(
            principal=CALLER,
            action=f"{service}:{draw.choice(_VERBS)}{draw.choice(_NOUNS)}",
            resource=f"arn:aws:{service}:{region}:{ACCOUNT}:team-{draw.randrange(4)}/jo/{draw.randrange(5000)}",
            context=Context.of(context),
        )


def rate(decide_one: Callable[[Request], object], asked: list[Request]) -> float:
    """Decisions per CPU-second over the requests, after a warm-up."""
    for request in asked[:500]:
        decide_one(request)
    start = time.process_time()
    for request in asked:
        decide_one(request)
    return len(asked) / (time.process_time() - start)


def read_only() -> Policy:
    """AWS's ReadOnlyAccess as the catalogue has it."""
    found = managed_policy("ReadOnlyAccess")
    assert isinstance(found, ManagedPolicy)
    return read_policy(found.document, kind="identity", name=found.name)


PRINCIPALS = 1_000


def who_can_seconds() -> tuple[float, int]:
    """CPU-seconds for asking what each of a thousand users can do, of all actions; and how many answers were yes."""
    draw = random.Random(1)
    asked = next(requests(1))
    shared = policies()
    crowd = []
    for number in range(PRINCIPALS):
        own = {
            "Effect": "Allow",
            "Action": [f"{draw.choice(_SERVICES)}:{draw.choice(_VERBS)}*" for _ in range(3)],
            "Resource": f"arn:aws:*:*:*:team-{draw.randrange(4)}*",
        }
        policy = read_policy(
            {"Version": "2012-10-17", "Statement": own}, kind="identity", name=f"own-{number}"
        )
        arn = f"arn:aws:iam::{ACCOUNT}:user/dev/user-{number}"
        crowd.append(
            (User(arn=arn, account=ACCOUNT, user_id=f"AIDA{number}"), (policy, *draw.sample(shared, 2)))
        )
    start = time.process_time()
    found = 0
    for user, identity in crowd:
        found += len(reach(replace(asked, principal=user), Layers(identity=identity)).allowed)
    return time.process_time() - start, found


def main() -> int:
    asked = list(requests(REQUESTS))
    layers = Layers(identity=policies())
    with_read_only = Layers(identity=(*policies(), read_only()))
    plain = rate(lambda request: evaluate(request, layers, trace=False), asked)
    wide = rate(lambda request: evaluate(request, with_read_only, trace=False), asked)
    traced = rate(lambda request: evaluate(request, layers), asked[:8000])
    peer = rate(lambda request: decide(request, layers), asked[:2000])
    seconds, found = who_can_seconds()
    print(f"evaluate without trace      {plain:>10,.0f} decisions per CPU-second")
    print(f"  with ReadOnlyAccess       {wide:>10,.0f}    {100 * (wide / plain - 1):+.0f} %")
    print(f"evaluate with trace         {traced:>10,.0f}")
    print(f"spec (the peer)             {peer:>10,.0f}    evaluate is {plain / peer:,.1f} times as fast")
    print(
        f"who can do what             {seconds:>10.2f} s    {PRINCIPALS:,} users, all actions, {found:,} allowed"
    )
    if "--json" in sys.argv:
        print(
            json.dumps(
                {
                    "decisions_per_cpu_second": round(plain),
                    "with_trace": round(traced),
                    "with_read_only_access": round(wide),
                    "who_can_seconds": round(seconds, 3),
                    "spec_per_cpu_second": round(peer),
                }
            )
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

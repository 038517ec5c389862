"""What holds each type of resource is what AWS's lists allow: no claim of a hold that AWS does not know."""

from __future__ import annotations

import re
import runpy
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from guestpass import catalog
from guestpass.access import Context, Decision, Layers, Policy, Request, User, evaluate, read_policy
from guestpass.catalog.actions import condition_keys
from guestpass.loan.holds import holds_of
from guestpass.loan.wall import Limits, wall_of
from guestpass.needs.kinds import held_by, kind_of
from guestpass.needs.need import Need, Stance
from guestpass.needs.resource_types import filled, resource_types
from guestpass.needs.stance import stance_of

ROOT = Path(__file__).parents[2]
NAMES = sorted({*resource_types(), *held_by()})
ASKED_FOR = (
    *(
        "ec2",
        "rds",
        "s3",
        "lambda",
        "dynamodb",
        "ecs",
        "ecr",
        "elasticloadbalancing",
        "cloudfront",
        "route53",
        "acm",
    ),
    *(
        "apigateway",
        "logs",
        "cloudwatch",
        "sns",
        "sqs",
        "secretsmanager",
        "ssm",
        "kms",
        "ses",
        "backup",
        "elasticache",
    ),
    "elasticfilesystem",
)
ACCOUNT, REGION = "111122223333", "eu-west-1"
GUEST = f"arn:aws:iam::{ACCOUNT}:user/guestpass/acme-shop/acme-shop-guest"
SETTING = {
    "partition": ("aws",),
    "region": (REGION,),
    "account": (ACCOUNT,),
    "own": ("acme-shop-*",),
    "pass": ("acme-shop",),
}
EVERYTHING = read_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    kind="identity",
    name="everything",
)


def actions_on(name: str) -> tuple[str, ...]:
    service, _, kind = name.partition(":")
    return tuple(
        action
        for action in catalog.actions_matching(f"{service}:*")
        if isinstance(types := catalog.resource_types(action), tuple) and kind in types
    )


def test_the_services_of_a_web_job_are_all_told_of() -> None:
    told = {name.partition(":")[0] for name in NAMES}
    assert set(ASKED_FOR) <= told
    assert len(NAMES) > 100


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_of_a_type_is_what_aws_lists(name: str) -> None:
    listed, kind = catalog.resource_type(name), kind_of(name)
    assert not isinstance(listed, catalog.Unmapped)
    assert kind.source.startswith("https://docs.aws.amazon.com/")
    on_it = actions_on(name)
    every = catalog.actions_matching(f"{name.partition(':')[0]}:*")
    known = {*listed.keys, *(key for action in every for key in _all_keys(action, name))}
    for key, what in held_by()[name].keys.items() if name in held_by() else ():
        assert what, key
        assert key in known or key == "aws:ResourceAccount", key
    if kind.own == "tag":
        assert "aws:ResourceTag/${TagKey}" in known, "AWS lists no tag of it"
    if kind.own == "nothing":
        assert "nothing tells" in kind.reach or kind.reach, "who reads the wall must know"
    if kind.own == "name":
        assert "{own}" in kind.arn
    if kind.tagged:
        service = name.partition(":")[0]
        makers = [a for a in (*on_it, *catalog.actions_matching(f"{service}:*")) if _makes(a)]
        assert any("aws:RequestTag/${TagKey}" in _all_keys(action, name) for action in makers)


def _makes(action: str) -> bool:
    return (
        re.match(r"[a-z0-9-]+:(Create|Run|Allocate|Import|Copy|Request|Register|Put|Restore)", action)
        is not None
    )


def _all_keys(action: str, name: str) -> frozenset[str]:
    listed = catalog.action(action)
    own = frozenset() if isinstance(listed, catalog.Unmapped) else frozenset(listed.keys)
    return own | frozenset(condition_keys(action, name.partition(":")[2]))


@pytest.mark.parametrize("name", sorted(held_by()))
def test_the_arn_of_a_type_is_of_the_format_that_aws_lists(name: str) -> None:
    """Placeholders and stars stand for AWS's variables, and for nothing else."""
    listed, kind = catalog.resource_type(name), kind_of(name)
    assert not isinstance(listed, catalog.Unmapped)
    if kind.own == "shared":
        return
    one_of = [re.sub(r"\$\{[^}]*\}", "x", each.strip()) for each in listed.arn.split(", ")]
    for arn in kind.arn.split(", "):
        assert any(fnmatchcase(each, re.sub(r"\{[^}]*\}", "*", arn)) for each in one_of), (arn, one_of)
        assert arn.count(":") == one_of[0].count(":") or "/" in arn


def wall(*needs: Need) -> Policy:
    holds = holds_of(needs, setting=SETTING, pass_name="acme-shop")
    limits = Limits(name="acme-shop", regions=())
    return read_policy(wall_of(holds, limits), kind="boundary", name="wall")


def asked(action: str, arn: str, around: Policy, **context: str) -> Decision:
    return evaluate(
        Request(
            principal=User(arn=GUEST, account=ACCOUNT),
            action=action,
            resource=arn,
            context=Context.of({"aws:ResourceAccount": ACCOUNT, "aws:ViaAWSService": "false", **context}),
        ),
        Layers(identity=(EVERYTHING,), boundary=(around,)),
    )


def let_through(decision: Decision) -> bool:
    """Whether the wall lets it through; a key's own policy (KMS) may refuse it all the same."""
    return any(trace.layer == "boundary" and trace.outcome == "allows" for trace in decision.trace)


def a_thing(name: str, own: str) -> str:
    """An ARN of the type whose first chosen name is `own`."""
    arn = kind_of(name).arn.split(", ")[0]
    return filled(arn, {**SETTING, "own": (own,)})[0].replace("*", "x1")


def changing(name: str) -> list[str]:
    return [action for action in actions_on(name) if stance_of(action, name) == "changes"]


CHANGED = sorted(name for name in NAMES if kind_of(name).own in ("name", "tag") and changing(name))


@pytest.mark.parametrize("name", CHANGED)
def test_own_things_may_be_changed_and_others_not(name: str) -> None:
    """Where the name or the tag tells own things, the same call on somebody else's is refused by the wall alone."""
    kind = kind_of(name)
    action = next(iter(changing(name)))
    need = needing(action, name, "changes")
    around = wall(need)
    tags = ("acme-shop", "other-shop") if kind.own == "tag" else ("acme-shop", "acme-shop")
    mine = asked(action, a_thing(name, "acme-shop-one"), around, **{"aws:ResourceTag/guestpass": tags[0]})
    theirs = asked(action, a_thing(name, "ledger"), around, **{"aws:ResourceTag/guestpass": tags[1]})
    assert let_through(mine), mine
    assert not let_through(theirs), theirs


@pytest.mark.parametrize("name", [name for name in CHANGED if kind_of(name).own == "tag"])
def test_nobody_elses_things_are_adopted_by_tagging_them(name: str) -> None:
    taggers = [
        action for action in actions_on(name) if re.search(r":(Add|Create|Tag).*Tags?|:TagResource", action)
    ]
    makers = [action for action in actions_on(name) if stance_of(action, name) == "creates"]
    for action in taggers:
        needs = [needing(action, name, "tags"), *(needing(maker, name, "creates") for maker in makers[:1])]
        told = asked(
            action,
            a_thing(name, "x1"),
            wall(*needs),
            **{"aws:RequestTag/guestpass": "acme-shop", "aws:TagKeys": "guestpass"},
        )
        assert not let_through(told), f"{action} adopts what is there"


def needing(action: str, name: str, stance: Stance) -> Need:
    kind = kind_of(name)
    return Need(
        action=action,
        type=name,
        stance=stance,
        resources=tuple(filled(each, SETTING)[0] for each in kind.arn.split(", ")),
        conditions=(),
        kind="blueprint",
        purpose="Test",
        why="a test",
        source="here:1",
    )


def test_the_page_is_made_from_the_tables() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "what_holds_page.py"))
    assert made["TARGET"].read_text(encoding="utf-8") == made["page"](), (
        "run `python tools/what_holds_page.py`"
    )

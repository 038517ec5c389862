"""How fast and how short needs of twenty resource types fit into IAM's policies, and whether anything more comes in.

Two jobs: what a template of the twenty types needs as its needs are told (each action on its own resources), and all that
the handlers of the types may call, a long list for each type. Beside guestpass stand the two programs that shorten lists of
actions: policyuniverse and policy-sentry. They get the same statements, each in an environment and a process of its own; they
join no statements and fill no policies, so theirs are packed here, largest first. What a policy admits beyond what was
asked is reckoned over guestpass's catalogue, as pairs of an action and a resource.

Times are of the processor: of a fresh process from its beginning, imports and all, to its first answer; and of the same
answer again. Guestpass's are for the whole way from types to policies, the peers' for the lists of actions alone.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bench.catalogue.places import PeerError, Places
from guestpass import catalog
from guestpass.access.policy import size_of
from guestpass.errors import Place
from guestpass.needs import Need
from guestpass.needs.declared import Declared, Scene
from guestpass.needs.exact import explained_statements
from guestpass.needs.fit import Fitted, fit, holder
from guestpass.needs.handlers import needs_of_declared
from guestpass.needs.policies import MAX_POLICY, document, statement

Statement = dict[str, Any]

ROUNDS = 5
SLOW_SECONDS = 5.0
"""A peer that takes longer is measured once."""

WANTED_SECONDS = 1.0
SCENE = Scene(account="111122223333", region="eu-west-1", prefix="acme-shop-", stack="acme-shop")
TWENTY = (
    "AWS::ApiGateway::RestApi",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFront::Distribution",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Instance",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::ECR::Repository",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::EFS::FileSystem",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
)

PEERS = {
    "policyuniverse": "policyuniverse==1.5.1.20231109",
    "policy-sentry": "policy-sentry==0.15.2",
}

_PEER = """
import contextlib, io, json, sys, time
def shorten(lists):
    if sys.argv[1] == "policyuniverse":
        from policyuniverse.expander_minimizer import all_permissions as known, minimize_statement_actions
        def short(each):
            with contextlib.redirect_stdout(io.StringIO()):
                return minimize_statement_actions({"Effect": "Allow", "Action": each, "Resource": "*"})
    else:
        from policy_sentry.querying.all import get_all_actions
        from policy_sentry.writing.minimize import minimize_statement_actions
        known = get_all_actions(lowercase=True)
        def short(each):
            return minimize_statement_actions(each, known, minchars=0)
    out = []
    for each in lists:
        kept = [action for action in each if action.lower() not in known]
        out.append(kept + short([action for action in each if action.lower() in known]))
    return out, {action for each in lists for action in each if action.lower() not in known}
lists = json.load(sys.stdin)
short, unknown = shorten(lists)
first = time.process_time()
shorten(lists)
print(json.dumps([short, len(unknown), first, time.process_time() - first]))
"""

_OURS = """
import json, sys, time
from bench.fit import answer
answer(sys.argv[1], sys.argv[2])
first = time.process_time()
answer(sys.argv[1], sys.argv[2])
print(json.dumps([first, time.process_time() - first]))
"""


def job(name: str) -> tuple[list[Statement], frozenset[str]]:
    """The statements of a job, and which of them take things down: those stay apart."""
    return _as_declared() if name == "template" else _all_handlers()


def _as_declared() -> tuple[list[Statement], frozenset[str]]:
    declared = [
        Declared(
            address="".join(type_.split("::")[1:]),
            type=type_,
            properties={},
            place=Place(file="template.yaml", line=line),
        )
        for line, type_ in enumerate(TWENTY, start=1)
    ]
    told = explained_statements(needs_of_declared(declared, scene=SCENE).needs)
    return [written for written, _ in told], frozenset(
        str(written["Sid"]) for written, whose in told if any(map(_takes_down, whose))
    )


def _takes_down(need: Need) -> bool:
    return need.kind == "teardown"


def _all_handlers() -> tuple[list[Statement], frozenset[str]]:
    out: list[Statement] = []
    for name in TWENTY:
        told = catalog.cloudformation_type(name)
        assert isinstance(told, catalog.CloudFormationType), name
        deleting = set(told.handlers["delete"])
        others = {action for verb, listed in told.handlers.items() if verb != "delete" for action in listed}
        word = "".join(name.split("::")[1:])
        on = [f"arn:aws:{told.types[0].partition(':')[0]}:eu-west-1:111122223333:acme-shop-*"]
        out.append(statement(sid=f"Deploy{word}", actions=others, resources=on))
        if deleting - others:
            out.append(statement(sid=f"TearDown{word}", actions=deleting - others, resources=on))
    return out, frozenset(each["Sid"] for each in out if each["Sid"].startswith("TearDown"))


def answer(name: str, shorten: str) -> Fitted:
    """The whole way: from the twenty types to fitted policies."""
    statements, apart = job(name)
    found = fit(statements, name="job", holder=holder("group"), shorten=shorten, keep=apart)  # type: ignore[arg-type]
    assert isinstance(found, Fitted), found
    return found


def ours(name: str, shorten: str) -> dict[str, Any]:
    """Our figures: medians of fresh processes."""
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", _OURS, name, shorten], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(ROUNDS)
    ]
    found = answer(name, shorten)
    written = [policy for _, policy in found.policies]
    for policy, size in zip(written, found.sizes, strict=True):
        assert size == size_of(policy) == len(json.dumps(policy, separators=(",", ":")))
    return _row(runs, job(name)[0], [one for policy in written for one in policy["Statement"]], found.sizes)


def peer(name: str, package: str, place: Path) -> dict[str, Any]:
    """A peer's figures on the same statements; what it does not know is left to stand as it is."""
    statements, _ = job(name)
    lists = json.dumps([_many(each["Action"]) for each in statements])
    runs = []
    short: list[list[str]] = []
    unknown = 0
    for _ in range(ROUNDS):
        done = subprocess.run(
            [str(place / "bin" / "python"), "-c", _PEER, package],
            input=lists,
            capture_output=True,
            text=True,
            check=True,
        )
        short, unknown, first, again = json.loads(done.stdout)
        runs.append([first, again])
        if first > SLOW_SECONDS:
            break
    written = [each | {"Action": actions} for each, actions in zip(statements, short, strict=True)]
    return _row(runs, statements, written, _packed(written)) | {"unknown": unknown}


def _row(
    runs: Sequence[Sequence[float]],
    asked: Sequence[Statement],
    written: Sequence[Statement],
    sizes: Sequence[int],
) -> dict[str, Any]:
    extra, lost = _pairs(written) - _pairs(asked), _pairs(asked) - _pairs(written)
    return {
        "first_s": statistics.median(run[0] for run in runs),
        "again_s": statistics.median(run[1] for run in runs),
        "policies": len(sizes),
        "characters": sum(sizes),
        "patterns": len({one for each in written for one in _many(each["Action"]) if "*" in one}),
        "extra": sorted({action for _, _, action in extra}),
        "lost": len(lost),
        "unknown": 0,
    }


def _packed(statements: Sequence[Statement]) -> list[int]:
    """The sizes of policies that the statements fill, largest first into the first with room."""
    bins: list[list[Statement]] = []
    for each in sorted(statements, key=size_of, reverse=True):
        room = next((one for one in bins if size_of(document([*one, each])) <= MAX_POLICY), None)
        if room is None:
            bins.append(room := [])
        room.append(each)
    return [size_of(document(one)) for one in bins]


def _pairs(statements: Sequence[Statement]) -> set[tuple[str, str, str]]:
    """Every condition, resource and action of AWS's list that the statements let through together."""
    return {
        (json.dumps(each.get("Condition"), sort_keys=True), resource, action)
        for each in statements
        for resource in _many(each["Resource"])
        for pattern in _many(each["Action"])
        for action in _meant(pattern)
    }


@cache
def _meant(pattern: str) -> tuple[str, ...]:
    return catalog.actions_matching(pattern)


def _many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _show(rows: Mapping[str, Mapping[str, Any]]) -> None:
    own = rows["guestpass, always"]
    for each, row in rows.items():
        print(
            f"  {each:<18} {row['first_s']:5.2f} s ({row['first_s'] / own['first_s']:4.1f} times), again "
            f"{row['again_s']:5.2f} s; {row['policies']} policies, {row['characters']:>6,} characters, "
            f"{row['patterns']:>3} patterns; {len(row['extra']):>2} actions too many, {row['lost']} pairs too few; "
            f"{row['unknown']} actions unknown to it",
            flush=True,
        )


def main() -> int:
    figures: dict[str, dict[str, Mapping[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="guestpass-peers-") as folder:
        places = Places(
            folder=Path(folder), wanted={name: ("run", (pinned,)) for name, pinned in PEERS.items()}
        )
        for name in ("template", "handlers"):
            statements, _ = job(name)
            actions = {action for each in statements for action in _many(each["Action"])}
            whole = sum(map(size_of, statements))
            print(
                f"{name}: {len(TWENTY)} types, all verbs: {len(statements)} statements, {len(actions)} actions, "
                f"{whole:,} characters"
            )
            rows: dict[str, Mapping[str, Any]] = {}
            for shorten in ("needed", "always"):
                rows[f"guestpass, {shorten}"] = ours(name, shorten)
            for package in PEERS:
                try:
                    rows[package] = peer(name, package, places.at(package))
                except (PeerError, subprocess.SubprocessError, OSError) as error:
                    print(f"  {package:<18} left out: {type(error).__name__}: {str(error)[:80]}")
            _show(rows)
            figures[name] = rows
    worst = max(figures[name]["guestpass, always"]["first_s"] for name in figures)
    print(f"slowest of guestpass's {worst:.2f} s; wanted: under {WANTED_SECONDS:.0f} s")
    if "--json" in sys.argv:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

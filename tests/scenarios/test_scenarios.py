"""Every row of every table in this folder, asked of the engine and of the specification.

A row is `{name, given, ask, expect, because, source}`; the names begin with the number of the rule they hold.

given   what is in force, layer by layer. A policy is a list of statements, `all` (allows everything) or
        `nothing`; a statement is `{allow: ACTIONS}` or `{deny: ACTIONS}` with `on:` resources (else `*`),
        `to:` principals, `if:` conditions, and any element under AWS's own name. `scp` and `rcp` are lists of
        policies, one a level. `if:` alone stands for an identity policy that allows everything under that
        condition; `document:` is an identity policy in full, as data or as text.
ask     who (a name from WHO), action, resource, context, keys that are unknown, owner of the resource.
expect  allowed | explicit_deny | implicit_deny | undecided, or {decision, blocked_by, by, nearest}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from guestpass.access import (
    Allowed,
    Anonymous,
    CanonicalUser,
    Context,
    Decision,
    Denied,
    Federated,
    FederatedSession,
    Layers,
    Policy,
    Principal,
    Request,
    RoleSession,
    Root,
    Service,
    Undecided,
    User,
    evaluate,
    read_policy,
)
from guestpass.access.policy import PolicyKind
from spec import decide

HERE, THERE = "111122223333", "444455556666"
ANN = f"arn:aws:iam::{HERE}:user/team/ann"
SHOP = f"arn:aws:iam::{HERE}:role/apps/shop"
LINKED = f"arn:aws:iam::{HERE}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"

WHO: dict[str, Principal] = {
    "ann": User(arn=ANN, account=HERE, user_id="AIDAEXAMPLEANN"),
    "shop": RoleSession(
        arn=f"arn:aws:sts::{HERE}:assumed-role/shop/i-0abc",
        role_arn=SHOP,
        account=HERE,
        role_id="AROAEXAMPLESHOP",
    ),
    "linked": RoleSession(
        arn=f"arn:aws:sts::{HERE}:assumed-role/AWSServiceRoleForRDS/x", role_arn=LINKED, account=HERE
    ),
    "bob": FederatedSession(arn=f"arn:aws:sts::{HERE}:federated-user/bob", user_arn=ANN, account=HERE),
    "root": Root(account=HERE),
    "outsider": User(arn=f"arn:aws:iam::{THERE}:user/eve", account=THERE),
    "ec2": Service(name="ec2.amazonaws.com"),
    "web": Federated(provider="accounts.google.com"),
    "canonical": CanonicalUser(canonical_id="79a59df900b949e55d96a1e698fbaced"),
    "nobody": Anonymous(),
}
LAYERS: tuple[PolicyKind, ...] = ("identity", "boundary", "session", "endpoint")

TABLES = sorted(Path(__file__).parent.glob("*.yaml"))


def rows() -> list[Any]:
    return [
        pytest.param(row, id=f"{table.stem}: {row['name']}")
        for table in TABLES
        for row in YAML(typ="safe").load(table.read_text())
    ]


def statement_of(row: Any, kind: PolicyKind) -> dict[str, Any]:
    row = dict(row)
    made: dict[str, Any] = {}
    for effect in ("allow", "deny"):
        if effect in row:
            made |= {"Effect": effect.capitalize(), "Action": row.pop(effect)}
    for short, element in (("to", "Principal"), ("if", "Condition"), ("on", "Resource")):
        if short in row:
            made[element] = row.pop(short)
    made |= row
    if made.get("Action", "") is None:
        del made["Action"]
    if kind != "trust" and "Resource" not in made and "NotResource" not in made:
        made["Resource"] = "*"
    if kind == "rcp":
        made.setdefault("Principal", "*")
    return made


def policy_of(statements: Any, kind: PolicyKind, version: str | None) -> Policy:
    if statements == "all":
        statements = [{"allow": "*"}]
    document = {"Statement": [statement_of(each, kind) for each in statements]}
    if version is not None:
        document["Version"] = version  # type: ignore[assignment]
    return read_policy(document, kind=kind, name=f"the-{kind}")


def layers_of(given: dict[str, Any]) -> Layers:
    version = given.get("version", "2012-10-17")

    def group(kind: PolicyKind, told: Any) -> tuple[Policy, ...]:
        return () if told == "nothing" else (policy_of(told, kind, version),)

    made: dict[str, Any] = {kind: group(kind, given[kind]) for kind in LAYERS if kind in given}
    for kind in ("scp", "rcp"):
        if kind in given:
            made[kind] = tuple(group(kind, level) for level in given[kind])  # type: ignore[arg-type]
    for kind in ("resource", "trust"):
        if kind in given:
            made["resource"] = policy_of(given[kind], kind, version)  # type: ignore[arg-type]
    if "if" in given:
        made["identity"] = (policy_of([{"allow": "*", "if": given["if"]}], "identity", version),)
    if "document" in given:
        made["identity"] = (read_policy(given["document"], kind="identity", name="the-document"),)
    return Layers(**made)


def request_of(ask: dict[str, Any]) -> Request:
    return Request(
        principal=WHO[ask.get("who", "ann")],
        action=ask.get("action", "s3:GetObject"),
        resource=ask.get("resource", "arn:aws:s3:::box/a"),
        context=Context.of(ask.get("context", {}), frozenset(ask.get("unknown", ()))),
        resource_account=ask.get("owner"),
    )


def word(decision: Decision) -> str:
    match decision:
        case Allowed():
            return "allowed"
        case Denied(kind=kind):
            return f"{kind}_deny"
        case Undecided():
            return "undecided"


@pytest.mark.parametrize("row", rows())
def test_row(row: dict[str, Any]) -> None:
    """The engine and the specification both answer as the row expects."""
    expected = row["expect"] if isinstance(row["expect"], dict) else {"decision": row["expect"]}
    layers, request = layers_of(row["given"]), request_of(row.get("ask", {}))
    decision = evaluate(request, layers)
    assert word(decision) == expected["decision"], row["because"]
    assert decide(request, layers) == expected["decision"], row["because"]
    if "blocked_by" in expected:
        assert isinstance(decision, Denied)
        assert list(decision.blocked_by) == expected["blocked_by"]
    if "by" in expected:
        assert isinstance(decision, Allowed | Denied)
        assert [f"{ref.layer}: {ref.label}" for ref in decision.by] == expected["by"]
    if "nearest" in expected:
        nearest = next(each.nearest for each in decision.trace if each.nearest)
        assert nearest.says == expected["nearest"]
    if "reason" in expected:
        assert isinstance(decision, Undecided)
        assert any(expected["reason"] in reason for reason in decision.reasons), decision.reasons


def test_every_row_is_complete_and_named_once() -> None:
    """A row says what it holds and where AWS says so, and no two rows have one name."""
    names = []
    for parameter in rows():
        row = parameter.values[0]
        assert set(row) <= {"name", "given", "ask", "expect", "because", "source"}, row["name"]
        assert row["because"], row["name"]
        assert row["source"], row["name"]
        assert row["name"].split(":")[0].replace("rule ", "").replace(" and ", "").isdigit(), row["name"]
        names.append(row["name"])
    assert len(names) == len(set(names))


def test_the_tables_are_as_long_as_they_were() -> None:
    """Rows are added, not lost."""
    assert len(rows()) >= 300

"""Strategies for policies, requests and layers, from small alphabets, so that things meet often."""

from __future__ import annotations

from types import MappingProxyType

from hypothesis import strategies as st

from guestpass.access import (
    Anonymous,
    CanonicalUser,
    Context,
    Federated,
    FederatedSession,
    Layers,
    Principal,
    Request,
    RoleSession,
    Root,
    Service,
    User,
)
from guestpass.access.policy import (
    Condition,
    Patterns,
    Policy,
    PolicyKind,
    PrincipalPattern,
    Principals,
    Statement,
)

HERE, THERE = "111122223333", "444455556666"
ANN = User(arn=f"arn:aws:iam::{HERE}:user/team/ann", account=HERE, user_id="AIDAEXAMPLEANN")
SHOP = RoleSession(
    arn=f"arn:aws:sts::{HERE}:assumed-role/shop/s1",
    role_arn=f"arn:aws:iam::{HERE}:role/apps/shop",
    account=HERE,
    role_id="AROAEXAMPLESHOP",
)
LINKED = RoleSession(
    arn=f"arn:aws:sts::{HERE}:assumed-role/AWSServiceRoleForRDS/s1",
    role_arn=f"arn:aws:iam::{HERE}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
    account=HERE,
)
BOB = FederatedSession(arn=f"arn:aws:sts::{HERE}:federated-user/bob", user_arn=ANN.arn, account=HERE)
OUTSIDER = User(arn=f"arn:aws:iam::{THERE}:user/eve", account=THERE)
PRINCIPALS: tuple[Principal, ...] = (
    ANN,
    SHOP,
    LINKED,
    BOB,
    OUTSIDER,
    Root(account=HERE),
    Service(name="ec2.amazonaws.com"),
    Federated(provider="accounts.example.com"),
    CanonicalUser(canonical_id="79a59d"),
    Anonymous(),
)

ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "ec2:RunInstances",
    "rds:DeleteDBInstance",
    "kms:Decrypt",
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sqs:SendMessage",
    "sts:GetCallerIdentity",
)
ACTION_PATTERNS = (
    "*",
    "s3:*",
    "s3:get*",
    "S3:PutObject",
    "ec2:Run?nstances",
    "rds:*",
    "kms:Decrypt",
    "sts:*",
    "sqs:S*",
)
RESOURCES = (
    "*",
    "arn:aws:s3:::box/ann/a",
    "arn:aws:s3:::box/bob/b",
    f"arn:aws:rds:eu-west-1:{HERE}:db:acme-1",
    f"arn:aws:rds:eu-west-1:{HERE}:cluster:x:db:acme-1",
    f"arn:aws:kms:eu-west-1:{HERE}:key/k1",
    f"arn:aws:iam::{HERE}:role/apps/shop",
    f"arn:aws:sqs:eu-west-1:{THERE}:q",
)
RESOURCE_PATTERNS = (
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::box/${aws:username}/*",
    "arn:aws:s3:::box/${aws:PrincipalTag/team, 'ann'}/?",
    "arn:aws:s3:::box/${*}",
    f"arn:aws:rds:*:{HERE}:db:acme-*",
    "arn:aws:rds:eu-*:*:db:*",
    f"arn:aws:rds:eu-west-1:{HERE}:*:acme-1",
    "arn:aws:s3",
    f"arn:aws:kms:eu-west-1:{HERE}:key/k1",
    f"arn:aws:iam::{HERE}:role/*",
    "arn:aws:sqs:*:*:?",
)
KEYS = (
    "aws:RequestedRegion",
    "AWS:PrincipalTag/team",
    "aws:TagKeys",
    "aws:CurrentTime",
    "s3:max-keys",
    "aws:SourceIp",
    "aws:SourceArn",
    "aws:SecureTransport",
    "aws:PrincipalArn",
    "aws:username",
    "aws:userid",
    "x:blob",
)
TEXTS = (
    "",
    "ann",
    "Ann",
    "bob",
    "a*",
    "*",
    "eu-west-1",
    "${aws:username}",
    "${aws:PrincipalTag/team, 'bob'}",
    "${*}",
)
VALUES_BY_FAMILY = {
    "String": TEXTS,
    "Numeric": ("1", "10", "1.50", "-3"),
    "Date": ("2026-01-01T00:00:00Z", "2026-01", "1767225600", "2026-01-01T01:30+01:00", "2030-12-31"),
    "Bool": ("true", "FALSE", "${aws:SecureTransport}"),
    "Binary": ("QUJD", "QUJE"),
    "Ip": ("10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0"),
    "Arn": (
        "arn:aws:iam::*:user/*",
        ANN.arn,
        "arn:aws:s3:::b?x",
        "*",
        "${aws:PrincipalArn}",
        "arn:aws:sns:*:*:${aws:username}",
    ),
    "Null": ("true", "false"),
}
GIVEN = (
    *TEXTS[:6],
    "1",
    "10",
    "2026-01-01T00:00:00Z",
    "2029-06-01",
    "10.1.2.3",
    "2001:db8::1",
    "true",
    "False",
    "QUJD",
    ANN.arn,
    "arn:aws:s3:::box",
    "arn:aws:sns:eu-west-1:1:ann",
)
PRINCIPAL_PATTERNS = (
    PrincipalPattern(kind="AWS", value="*"),
    PrincipalPattern(kind="AWS", value=HERE),
    PrincipalPattern(kind="AWS", value=f"arn:aws:iam::{HERE}:root"),
    PrincipalPattern(kind="AWS", value=THERE),
    PrincipalPattern(kind="AWS", value=ANN.arn),
    PrincipalPattern(kind="AWS", value=SHOP.arn),
    PrincipalPattern(kind="AWS", value=SHOP.role_arn),
    PrincipalPattern(kind="AWS", value=BOB.arn),
    PrincipalPattern(kind="AWS", value=OUTSIDER.arn),
    PrincipalPattern(kind="AWS", value="AIDAEXAMPLEANN"),
    PrincipalPattern(kind="Service", value="ec2.amazonaws.com"),
    PrincipalPattern(kind="Federated", value="accounts.example.com"),
    PrincipalPattern(kind="CanonicalUser", value="79a59d"),
)

# Written out here, not taken from the engine: a table that both sides read would agree with itself.
OPERATORS = {
    "String": (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ),
    "Numeric": tuple(
        f"Numeric{c}"
        for c in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    "Date": tuple(
        f"Date{c}"
        for c in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    "Bool": ("Bool",),
    "Binary": ("BinaryEquals",),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Arn": ("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
    "Null": ("Null",),
}


def some_of(values: tuple[str, ...], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True).map(tuple)


def patterns(values: tuple[str, ...]) -> st.SearchStrategy[Patterns]:
    # Most statements are positive, so that most requests meet something.
    return st.builds(
        Patterns, values=some_of(values, 3), negated=st.sampled_from((False, False, False, True))
    )


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    family = draw(st.sampled_from(tuple(OPERATORS)))
    null = family == "Null"
    return Condition(
        operator=draw(st.sampled_from(OPERATORS[family])),
        key=draw(st.sampled_from(KEYS)),
        values=draw(some_of(VALUES_BY_FAMILY[family])),
        qualifier=None if null else draw(st.sampled_from((None, None, "ForAllValues", "ForAnyValue"))),
        if_exists=not null and draw(st.booleans()),
    )


def distinct_conditions() -> st.SearchStrategy[tuple[Condition, ...]]:
    """Conditions as a document can hold them: one for an operator and a key, grouped by operator."""

    def name(condition: Condition) -> tuple[str, str, bool]:
        return (condition.qualifier or "", condition.operator, condition.if_exists)

    return st.lists(conditions(), max_size=2, unique_by=name).map(tuple)


@st.composite
def statements(draw: st.DrawFn, kind: PolicyKind, *, puzzles: bool = False) -> Statement:
    principals = None
    effect = draw(st.sampled_from(("Allow", "Allow", "Deny")))
    if kind in ("resource", "trust"):
        entries = draw(st.lists(st.sampled_from(PRINCIPAL_PATTERNS), min_size=1, max_size=3, unique=True))
        entries.sort(key=lambda entry: entry.kind)
        negated = effect == "Deny" and kind == "resource" and draw(st.sampled_from((False, False, True)))
        principals = Principals(values=tuple(entries), negated=negated)
    return Statement(
        effect=effect,
        actions=draw(patterns(ACTION_PATTERNS)),
        resources=None if kind == "trust" else draw(patterns(RESOURCE_PATTERNS)),
        principals=principals,
        conditions=draw(distinct_conditions()),
        puzzles=draw(st.sampled_from(((), (), (), ("POL003 a riddle",)))) if puzzles else (),
    )


@st.composite
def policies(draw: st.DrawFn, kind: PolicyKind = "identity", *, puzzles: bool = False) -> Policy:
    drawn = draw(st.lists(statements(kind, puzzles=puzzles), max_size=3))
    return Policy(
        name=f"a-{kind}",
        kind=kind,
        version=draw(st.sampled_from(("2012-10-17", "2012-10-17", "2008-10-17"))),
        statements=numbered(drawn),
    )


def numbered(statements_: list[Statement] | tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements with the places they have in a document."""
    from dataclasses import replace

    return tuple(replace(each, index=index) for index, each in enumerate(statements_))


EVERYTHING = Policy(
    name="everything",
    kind="identity",
    version="2012-10-17",
    statements=(
        Statement(effect="Allow", actions=Patterns(values=("*",)), resources=Patterns(values=("*",))),
    ),
)


@st.composite
def layers(draw: st.DrawFn, *, puzzles: bool = True) -> Layers:
    def group(kind: PolicyKind, most: int = 2) -> st.SearchStrategy[tuple[Policy, ...]]:
        one = st.one_of(st.just(EVERYTHING), policies(kind, puzzles=puzzles))
        return st.lists(one, max_size=most).map(tuple)

    def maybe(strategy: st.SearchStrategy[tuple]) -> st.SearchStrategy[tuple | None]:  # type: ignore[type-arg]
        return st.one_of(st.none(), st.none(), strategy)

    levels = st.lists(group("scp"), min_size=1, max_size=2).map(tuple)
    resource_kind = draw(st.sampled_from(("resource", "resource", "trust")))
    return Layers(
        identity=draw(group("identity", 3)),
        boundary=draw(maybe(group("boundary"))),
        session=draw(maybe(group("session"))),
        resource=draw(st.one_of(st.none(), policies(resource_kind, puzzles=puzzles))),
        scp=draw(maybe(levels)),
        rcp=draw(maybe(levels)),
        endpoint=draw(maybe(group("endpoint"))),
    )


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    values = draw(
        st.dictionaries(
            st.sampled_from(KEYS).map(str.lower),
            st.lists(st.sampled_from(GIVEN), max_size=2, unique=True).map(tuple),
            max_size=6,
        )
    )
    unknown = draw(
        st.sets(
            st.sampled_from(("aws:principaltag/", "aws:username", "aws:sourceip", "aws:tagkeys")), max_size=2
        )
    )
    return Context(values=MappingProxyType(values), unknown=frozenset(unknown))


def requests() -> st.SearchStrategy[Request]:
    return st.builds(
        Request,
        principal=st.sampled_from(PRINCIPALS),
        action=st.sampled_from(ACTIONS),
        resource=st.sampled_from(RESOURCES),
        context=contexts(),
        resource_account=st.sampled_from((None, None, HERE, THERE)),
    )


EVERY_ACTION, EVERY_RESOURCE = Patterns(values=("*",)), Patterns(values=("*",))


def conditional_policies() -> st.SearchStrategy[Policy]:
    """Policies that allow everything under conditions: what is decided is the conditions."""
    statement = st.builds(
        Statement,
        effect=st.just("Allow"),
        actions=st.just(EVERY_ACTION),
        resources=st.just(EVERY_RESOURCE),
        conditions=st.lists(conditions(), min_size=1, max_size=2).map(tuple),
    )
    return st.builds(
        Policy,
        name=st.just("conditional"),
        kind=st.just("identity"),
        version=st.sampled_from(("2012-10-17", "2012-10-17", "2008-10-17")),
        statements=st.tuples(statement),
    )


@st.composite
def granting_layers(draw: st.DrawFn) -> Layers:
    """Layers in which a resource policy names principals and all else is plain: the grant decides."""
    entries = st.lists(st.sampled_from(PRINCIPAL_PATTERNS), min_size=1, max_size=3, unique=True).map(tuple)

    def statement(effect: str, *, negated: bool) -> Statement:
        by_arn = draw(st.sampled_from((False, False, True)))
        arn = Condition(operator="ArnLike", key="aws:PrincipalArn", values=("arn:aws:*:*:*:*",))
        return Statement(
            effect="Allow" if effect == "Allow" else "Deny",
            actions=EVERY_ACTION,
            resources=EVERY_RESOURCE,
            principals=Principals(values=draw(entries), negated=negated),
            conditions=(arn,) if by_arn else (),
        )

    granting = [statement("Allow", negated=False) for _ in range(draw(st.integers(1, 2)))]
    if draw(st.sampled_from((False, False, False, True))):
        granting.append(statement("Deny", negated=draw(st.booleans())))
    full, nothing = (EVERYTHING,), ()
    limits = st.sampled_from((None, None, full, nothing))
    return Layers(
        identity=draw(st.sampled_from((full, nothing))),
        boundary=draw(limits),
        session=draw(limits),
        resource=Policy(name="grant", kind="resource", version="2012-10-17", statements=numbered(granting)),
    )

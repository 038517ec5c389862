"""Statements fitted into IAM's quotas: the same requests go through, counted as AWS counts, and never a wider pattern."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass import catalog
from guestpass.access.policy import arn_matches
from guestpass.catalog.actions import arn_format, type_names
from guestpass.errors import Bug, InputError
from guestpass.needs.fit import Fitted, Holder, TooLarge, fit, holder
from guestpass.needs.fit.joining import may_meet, sid_of
from guestpass.needs.fit.packing import least_policies, packed
from guestpass.needs.fit.patterns import shorter
from guestpass.needs.policies import Statement, document, statement

GROUP = holder("group")
SERVICES = ("dynamodb", "rds", "s3", "secretsmanager", "sqs")
TWENTY = (
    "AWS::ApiGateway::RestApi",
    "AWS::CloudFront::Distribution",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Instance",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::ECR::Repository",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBSubnetGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
)


def fitted(statements: Sequence[Statement], room: Holder = GROUP, **more: Any) -> Fitted:
    found = fit(statements, name="job", holder=room, **more)
    assert isinstance(found, Fitted), found
    return found


def too_large(statements: Sequence[Statement], room: Holder = GROUP, **more: Any) -> TooLarge:
    found = fit(statements, name="job", holder=room, **more)
    assert isinstance(found, TooLarge), found
    return found


def all_of(found: Fitted) -> list[Statement]:
    return [each for _, written in found.policies for each in written["Statement"]]


def sids(found: Fitted) -> list[str]:
    return [each["Sid"] for each in all_of(found)]


def many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def size(written: object) -> int:
    return len(json.dumps(written, separators=(",", ":")))


def small(each: int, policies: int = 1) -> Holder:
    return Holder(kind="group", policies=policies, each=each)


def handlers() -> list[Statement]:
    """What twenty types need: a statement for all but deleting, and one for what deleting needs besides."""
    out: list[Statement] = []
    for name in TWENTY:
        told = catalog.cloudformation_type(name)
        assert isinstance(told, catalog.CloudFormationType), name
        deleting = set(told.handlers["delete"])
        others = {action for verb, listed in told.handlers.items() if verb != "delete" for action in listed}
        word = "".join(name.split("::")[1:])
        on = [f"arn:aws:{told.types[0].partition(':')[0]}:eu-west-1:111122223333:acme-*"]
        out.append(statement(sid=f"Deploy{word}", actions=others, resources=on))
        if deleting - others:
            out.append(statement(sid=f"TearDown{word}", actions=deleting - others, resources=on))
    return out


# --- the oracle: what statements let through, by brute force over the catalogue ---


@cache
def meant(pattern: str) -> frozenset[str]:
    return frozenset(catalog.actions_matching(pattern))


def named(statements: Iterable[Statement]) -> set[tuple[str, str, str, str]]:
    """Every effect, condition and resource text with every action of AWS's list that stands with it."""
    return {
        (each["Effect"], json.dumps(each.get("Condition")), resource, action)
        for each in statements
        for resource in many(each["Resource"])
        for pattern in many(each["Action"])
        for action in meant(pattern)
    }


@cache
def things(service: str, number: int) -> tuple[tuple[str, str], ...]:
    """A thing of each of the service's types: `(type, ARN)`."""
    values = {"Partition": "aws", "Region": "eu-west-1", "Account": "111122223333"}
    found = []
    for kind in type_names(service):
        written = arn_format(service, kind)
        assert written is not None
        found.append(
            (kind, re.sub(r"\$\{(\w+)\}", lambda name: values.get(name[1], f"acme-{number}"), written))
        )
    return tuple(found)


@cache
def askable(service: str) -> tuple[tuple[str, str], ...]:
    """Every action of a service with every thing that AWS lists for it, of two; `*` for what takes none."""
    out = []
    for action in catalog.actions_matching(f"{service}:*"):
        types = catalog.resource_types(action)
        arns = [arn for number in (1, 2) for kind, arn in things(service, number) if kind in types]
        out += [(action, arn) for arn in arns or ["*"]]
    return tuple(out)


def lets(statements: Sequence[Statement], service: str) -> set[tuple[str, str, str, str]]:
    """Of all that AWS can be asked of a service: what each effect and condition of the statements meets."""
    out = set()
    for each in statements:
        actions = frozenset[str]().union(*(meant(pattern) for pattern in many(each["Action"])))
        for action, arn in askable(service):
            if action in actions and any(
                pattern == "*" or (arn != "*" and arn_matches(pattern, arn) is True)
                for pattern in many(each["Resource"])
            ):
                out.add((each["Effect"], json.dumps(each.get("Condition")), action, arn))
    return out


@st.composite
def some_statements(draw: st.DrawFn) -> tuple[str, list[Statement]]:
    """A few statements of one service, on its things or on patterns of them."""
    service = draw(st.sampled_from(SERVICES))
    actions = catalog.actions_matching(f"{service}:*")
    arns = sorted({arn for number in (1, 2) for _, arn in things(service, number)})
    resources = [*arns, *(f"{arn[:-1]}*" for arn in arns), "*"]
    out = []
    for number in range(draw(st.integers(1, 7))):
        start = draw(st.integers(0, len(actions) - 1))
        listed = draw(
            st.one_of(
                st.lists(st.sampled_from(actions), min_size=1, max_size=12),
                st.just(actions[start : start + draw(st.integers(1, 30))]),  # neighbours have names alike
            )
        )
        written = statement(
            sid=f"Do{number}",
            actions=listed,
            resources=draw(st.lists(st.sampled_from(resources), min_size=1, max_size=3)),
            conditions=draw(
                st.sampled_from([(), (("StringEquals", "aws:RequestedRegion", ("eu-west-1", "eu-west-2")),)])
            ),
        )
        written["Effect"] = draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))
        out.append(written)
    return service, out


@settings(max_examples=60, deadline=None)
@given(some_statements(), st.sampled_from(["never", "needed", "always"]))
def test_where_there_is_room_each_resource_keeps_exactly_its_actions(
    told: tuple[str, list[Statement]], shorten: Any
) -> None:
    _, came = told
    found = fitted(came, shorten=shorten)
    assert not found.factored or shorten == "always"
    assert named(all_of(found)) == named(came)


@settings(max_examples=120, deadline=None)
@given(
    some_statements(),
    st.integers(300, 1500),
    st.integers(1, 4),
    st.sampled_from(["never", "needed", "always"]),
)
def test_however_little_room_there_is_exactly_the_same_requests_go_through(
    told: tuple[str, list[Statement]], each: int, policies: int, shorten: Any
) -> None:
    """All that AWS can be asked of the service, on two things of every type; sizes are those of the text that is sent."""
    service, came = told
    found = fit(came, name="job", holder=small(each, policies), shorten=shorten)
    if isinstance(found, TooLarge):
        assert found.characters > 0
        return
    written = all_of(found)
    assert lets(written, service) == lets(came, service)
    assert found.sizes == tuple(size(text) for _, text in found.policies)
    assert max(found.sizes) <= each
    assert len(found.policies) == policies - found.left.policies
    assert found.left.characters == tuple(each - count for count in found.sizes)
    assert len(set(sids(found))) == len(written)
    assert {sid for origin in found.origin.values() for sid in origin} == {one["Sid"] for one in came}
    assert bool(found.residual) == bool(found.shortened or found.factored)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(["words", "letters"]))
def test_a_list_of_actions_and_its_patterns_mean_the_same_whatever_the_list(
    data: st.DataObject, closeness: Any
) -> None:
    service = data.draw(st.sampled_from(["ec2", "iam", "kms", *SERVICES]))
    actions = catalog.actions_matching(f"{service}:*")
    start = data.draw(st.integers(0, len(actions) - 1))
    listed = data.draw(
        st.one_of(
            st.lists(st.sampled_from(actions), min_size=1, max_size=60, unique=True),
            st.just(list(actions[start : start + 60])),
            st.just([action for action in actions if start % 7 or "Tag" not in action]),
        )
    )
    kept, patterns = shorter(service, tuple(listed), closeness)
    whole = frozenset(kept).union(*(meant(pattern.pattern) for pattern in patterns))
    assert whole == frozenset(listed)
    for pattern in patterns:
        assert frozenset(pattern.stands_for) == meant(pattern.pattern)
        others = set(kept).union(*(one.stands_for for one in patterns if one is not pattern))
        replaced = [action for action in pattern.stands_for if action not in others]
        assert size(replaced) > size([pattern.pattern]), "a pattern that saves nothing"
        if closeness == "words":
            assert len(pattern.stands_for) > 1


def test_the_patterns_are_those_that_a_person_would_write() -> None:
    cases = {
        ("secretsmanager", "*"): ["secretsmanager:*"],
        ("dynamodb", "Describe*"): ["dynamodb:Describe*"],
        ("s3", "*Tagging"): ["s3:*Tagging"],
        ("iam", "Get*Policy"): ["iam:Get*Policy"],
    }
    for (service, pattern), expected in cases.items():
        listed = catalog.actions_matching(f"{service}:{pattern}")
        kept, found = shorter(service, listed, "words")
        assert ([*kept], [each.pattern for each in found]) == ([], expected)
        _, found = shorter(service, listed[1:], "words")
        assert expected[0] not in [each.pattern for each in found], (
            "one action fewer, and it lets that one in"
        )


def test_a_pattern_stands_for_what_matches_in_any_case_of_letters() -> None:
    """`ec2:DescribeVpc*` also means what AWS writes with a large `VPC`; what nobody lists stays as it is written."""
    written = [
        statement(sid="A", actions=["S3:getobjectacl", "s3:GetObject", "s3:NoSuchThing"], resources=["*"])
    ]
    found = fitted(written, small(300), shorten="always")
    assert many(all_of(found)[0]["Action"]) == sorted(["S3:getobjectacl", "s3:GetObject", "s3:NoSuchThing"])
    for service in ("ec2", "iam", "s3"):
        for action in catalog.actions_matching(f"{service}:*"):
            for pattern in shorter(service, (action,), "letters")[1]:
                assert meant(pattern.pattern) == {action}


def test_what_is_denied_and_what_is_said_by_not_is_never_shortened_or_joined() -> None:
    names = list(catalog.actions_matching("sqs:*"))
    deny = {"Sid": "Deny", "Effect": "Deny", "Action": names, "Resource": "*"}
    nots = {"Sid": "Nots", "Effect": "Allow", "NotAction": names, "Resource": "*"}
    others = {"Sid": "Others", "Effect": "Allow", "Action": names, "NotResource": "arn:aws:sqs:*:*:x"}
    found = fitted([deny, nots, others], shorten="always")
    assert all_of(found) == [deny, nots, others]
    assert not found.shortened
    cramped = too_large([nots], small(size(document([nots])) - 1))
    assert cramped.wildcards == {}


# --- joining ---


def test_statements_that_say_the_same_become_one_whose_sid_says_both() -> None:
    found = fitted(
        [
            statement(sid="DeployBucket", actions=["s3:CreateBucket"], resources=["*"]),
            statement(sid="DeployQueue", actions=["sqs:CreateQueue"], resources=["*"]),
            statement(sid="TearDownBucket", actions=["s3:DeleteBucket"], resources=["*"]),
            statement(sid="AskSqs", actions=["sqs:ListQueues"], resources=["arn:aws:sqs:*:*:a"]),
            statement(sid="AskSqs2", actions=["sqs:ListQueues"], resources=["arn:aws:sqs:*:*:b"]),
        ],
        keep=frozenset({"TearDownBucket"}),
    )
    assert found.origin == {
        "DeployBucketAndQueue": ("DeployBucket", "DeployQueue"),
        "TearDownBucket": ("TearDownBucket",),
        "AskSqs": ("AskSqs", "AskSqs2"),
    }
    assert many(all_of(found)[2]["Resource"]) == ["arn:aws:sqs:*:*:a", "arn:aws:sqs:*:*:b"]
    assert found.residual == ""


def test_another_condition_or_effect_keeps_statements_apart() -> None:
    written = statement(sid="A", actions=["s3:ListBucket"], resources=["*"])
    regional = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    came = [
        written,
        {**written, "Sid": "B", "Condition": regional},
        {**written, "Sid": "C", "Effect": "Deny"},
    ]
    assert all_of(fitted(came)) == came
    turned = (
        {"StringEquals": {"aws:RequestedRegion": ["b", "a"]}},
        {"StringEquals": {"aws:RequestedRegion": ["a", "b"]}},
    )
    same = [{**written, "Sid": sid, "Condition": test} for sid, test in zip("DE", turned, strict=True)]
    assert sids(fitted(same)) == ["DAndE"], "the order of values says nothing"


def test_a_sid_stays_short_and_is_nobody_elses() -> None:
    assert sid_of(["DeployBucket", "DeployBucket2"], ()) == "DeployBucket"
    assert sid_of(["DeployBucket", "AskKms"], ()) == "DeployBucketAndAskKms"
    assert sid_of(["Deploy", "DeployQueue"], ()) == "DeployAndDeployQueue"
    long = [f"Deploy{'Very' * 4}Long{letter}Name" for letter in "ABCDEFG"]
    assert len(sid_of(long, ())) <= 60
    assert sid_of(long, ()).endswith("And6More")
    assert sid_of(["DeployA", "DeployB"], {"DeployAAndB"}) == "DeployAAndBNo2"


def test_different_resources_join_only_where_room_is_short_and_aws_lists_no_pair_that_would_come_in() -> None:
    database, copy = (f"arn:aws:rds:eu-west-1:111122223333:{kind}:acme-*" for kind in ("db", "snapshot"))
    apart = [
        statement(
            sid="DeployDb", actions=["rds:RebootDBInstance", "rds:StartDBInstance"], resources=[database]
        ),
        statement(sid="DeployCopy", actions=["rds:DeleteDBSnapshot"], resources=[copy]),
    ]
    roomy = fitted(apart)
    assert sids(roomy) == ["DeployDb", "DeployCopy"]
    short = small(size(document(all_of(roomy))) - 1)
    found = fitted(apart, short)
    assert found.factored == ("DeployDbAndCopy",)
    assert "join" in found.residual
    assert not found.shortened
    meeting = [apart[0], statement(sid="Both", actions=["rds:CreateDBSnapshot"], resources=[copy])]
    tight = small(size(document(meeting)) - 1)
    assert not fitted(meeting, tight).factored, "a snapshot is made of a database: that pair would come in"


def test_a_resource_that_another_one_says_too_is_left_out_where_room_is_short() -> None:
    came = [
        statement(sid="A", actions=["s3:GetObject"], resources=["arn:aws:s3:::b/x/*", "arn:aws:s3:::b/*"])
    ]
    assert all_of(fitted(came)) == came
    found = fitted(came, small(size(document(came)) - 1))
    assert all_of(found)[0]["Resource"] == "arn:aws:s3:::b/*"


def test_what_no_list_of_awss_settles_may_meet() -> None:
    queue, thing = "arn:aws:sqs:eu-west-1:1:a", "arn:aws:rds:eu-west-1:1:nobodys-type:a"
    assert not may_meet("sqs:SendMessage", "arn:aws:rds:eu-west-1:1:db:a")
    for action, resource in (
        ("sqs:SendMessage", queue), ("sqs:SendMessage", "*"), ("sqs:NoSuchThing", "arn:aws:rds:eu-west-1:1:db:a"),
        ("sqs:Send*", "arn:aws:rds:eu-west-1:1:db:a"), ("rds:StartDBInstance", thing), ("sqs:SendMessage", "arn:aws"),
        ("rds:StartDBInstance", "arn:aws:*:*:*:nobodys-type:a"), ("sqs:SendMessage", "arn:aws:rds:*:*:${aws:username}"),
    ):  # fmt: skip
        assert may_meet(action, resource), (action, resource)


# --- packing and quotas ---


def test_the_last_character_of_the_quota_is_filled_and_not_one_more() -> None:
    def padded(to: int) -> list[Statement]:
        bare = [statement(sid="A", actions=["s3:GetObject"], resources=["arn:aws:s3:::b/"])]
        left = to - size(document(bare))
        return [statement(sid="A", actions=["s3:GetObject"], resources=["arn:aws:s3:::b/" + "x" * left])]

    for kind, limit in (
        ("group", 6144), ("user", 6144), ("role", 6144), ("inline-user", 2048), ("inline-role", 10240),
        ("inline-group", 5120), ("session", 2048),
    ):  # fmt: skip
        room = holder(kind)
        found = fitted(padded(limit), room)
        assert found.sizes == (limit,)
        assert found.left.characters == (0,)
        refused = too_large(padded(limit + 1), room)
        assert f"{limit + 1:,}" in refused.why
        assert refused.costliest[0][0] == "A"


def test_letters_beyond_ascii_count_as_they_are_sent_and_blanks_within_strings_count() -> None:
    tests = (("StringEquals", "aws:ResourceTag/team", ("é \u2603",)),)
    came = [statement(sid="A", actions=["s3:GetObject"], resources=["*"], conditions=tests)]
    plain = [
        statement(sid="A", actions=["s3:GetObject"], resources=["*"], conditions=((*tests[0][:2], ("",)),))
    ]
    assert fitted(came).sizes[0] - fitted(plain).sizes[0] == len("\\u00e9 \\u2603")


def test_a_raised_quota_is_used_and_one_that_aws_does_not_give_is_refused() -> None:
    came = [
        statement(sid=f"S{n}", actions=["s3:GetObject"], resources=[f"arn:aws:s3:::{n}-{'x' * 5900}"])
        for n in range(11)
    ]
    assert "11 policies, more than a role takes (10)" in too_large(came, holder("role")).why
    found = fitted(came, holder("role", attached=25))
    assert [name for name, _ in found.policies][::10] == ["job", "job-11"]
    assert found.left.policies == 14
    assert fitted(came, holder("user", attached=20), taken=9).left.policies == 0
    too_large(came, holder("user", attached=20), taken=10)
    for kind, attached in (("role", 26), ("user", 21), ("group", 11), ("role", 0), ("session", 11)):
        with pytest.raises(InputError):
            holder(kind, attached=attached)


def test_what_is_taken_counts_and_a_full_holder_says_so() -> None:
    came = [statement(sid="A", actions=["s3:GetObject"], resources=["*"])]
    exact = size(document(came))
    assert fitted(came, holder("inline-user"), taken=2048 - exact).left.characters == (0,)
    too_large(came, holder("inline-user"), taken=2049 - exact)
    assert too_large(came, taken=10).why == "a group has room for no further policy"


def test_a_statement_too_large_for_a_policy_is_parted_by_its_actions_else_by_its_resources() -> None:
    wide = statement(sid="Look", actions=catalog.actions_matching("ec2:*"), resources=["*"])
    taken = statement(sid="Look2", actions=["s3:GetObject"], resources=["arn:aws:s3:::b/*"])
    found = fitted([wide, taken], shorten="never")
    assert {sid for sid, origin in found.origin.items() if origin == ("Look",)} >= {"Look", "Look3", "Look4"}
    assert found.origin["Look2"] == ("Look2",), "its own name is kept, and no part is called so"
    assert named(all_of(found)) == named([wide, taken])
    arns = [f"arn:aws:s3:::bucket-{n:050}" for n in range(200)]
    exact = statement(sid="Read", actions=["s3:GetObject", "s3:GetObjectAcl"], resources=arns)
    found = fitted([exact])
    assert named(all_of(found)) == named([exact])
    assert not found.shortened


def test_statements_are_parted_where_only_the_gaps_keep_them_from_fitting() -> None:
    """Eleven statements of more than half a policy fit into ten policies when they may be cut."""
    came = [
        statement(
            sid=f"S{n}",
            actions=["s3:GetObject"],
            resources=[f"arn:aws:s3:::{n}-{at:040}" for at in range(70)],
        )
        for n in range(11)
    ]
    found = fitted(came)
    assert len(found.policies) <= 10
    assert named(all_of(found)) == named(came)


def test_one_policy_fewer_is_found_where_placing_the_largest_first_misses_it() -> None:
    room = small(1000, policies=2)
    base = size(document([]))
    # first fit puts 4+3 and 3+2+2 and needs a third; 4+2+2+... shares them out
    tenth = (1000 - base + 1) // 10
    sizes = [tenth * share - 1 for share in (4, 3, 3, 4, 2, 2, 2)]
    found = packed(sizes, room)
    assert found is not None
    assert len(found) == least_policies(sizes, 1000) == 2
    assert sorted(at for bin_ in found for at in bin_) == list(range(len(sizes)))


# --- what a job looks like ---


def test_twenty_types_with_all_verbs_fit_a_group_as_they_are_and_a_role_inline_by_proved_patterns() -> None:
    came = handlers()
    keep = frozenset(each["Sid"] for each in came if each["Sid"].startswith("TearDown"))
    found = fitted(came, keep=keep)
    inline = fitted(came, holder("inline-role"), keep=keep)
    assert not found.shortened
    assert len(found.policies) == least_policies([size(each) for each in all_of(found)], 6144)
    assert keep <= set(sids(found))
    assert keep <= set(sids(inline))
    assert inline.shortened
    assert f"the catalogue of {catalog.data_version()}" in inline.residual
    assert named(all_of(inline)) == named(all_of(found)) == named(came)


def test_the_same_statements_make_the_same_bytes() -> None:
    came = handlers()
    assert fitted(came, shorten="always") == fitted(handlers(), shorten="always")
    again = fit(came, name="job", holder=holder("inline-group"))
    assert again == fit(came, name="job", holder=holder("inline-group"))


def test_only_as_many_statements_are_shortened_as_it_takes() -> None:
    came = [
        statement(
            sid="Many", actions=catalog.actions_matching("dynamodb:Describe*"), resources=["arn:aws:x"]
        ),
        statement(sid="Few", actions=catalog.actions_matching("sqs:*Message"), resources=["arn:aws:y"]),
    ]
    whole = size(document(came))
    assert set(fitted(came, small(whole - 1)).shortened) == {"Many"}
    assert set(fitted(came, shorten="always").shortened) == {"Many", "Few"}


def test_what_does_not_fit_is_told_with_what_costs_most_and_what_a_wildcard_would_let_in() -> None:
    came = handlers()
    found = too_large(came, holder("inline-group"))
    assert "more than a group's inline policies can hold (5,120)" in found.why
    assert found.characters > found.room == 5120
    assert found.costliest[0][0] == "DeployS3Bucket"
    assert [count for _, count in found.costliest] == sorted((size(each) for each in came), reverse=True)
    admitted = {action for *_, action in named(came)}
    for service, wildcards in found.wildcards.items():
        for wildcard in wildcards:
            assert wildcard.pattern.startswith(f"{service}:")
            assert meant(wildcard.pattern) - admitted <= set(wildcard.extra) <= meant(wildcard.pattern)
            levels = [catalog.access_level(action) for action in wildcard.extra]
            assert wildcard.writes == levels.count("Write")
            assert wildcard.manages == levels.count("Permissions management")
    whole = {wildcard.pattern: wildcard for wildcard in found.wildcards["ec2"]}["ec2:*"]
    assert whole.writes > 400
    assert whole.saves > 500


def test_a_wildcard_saves_the_characters_that_it_says() -> None:
    came = [
        statement(
            sid="A", actions=["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:GetQueueUrl"], resources=["*"]
        )
    ]
    found = too_large(came, small(100))
    whole = next(each for each in found.wildcards["sqs"] if each.pattern == "sqs:*")
    widened = [statement(sid="A", actions=["sqs:*"], resources=["*"])]
    assert whole.saves == found.characters - size(document(widened))
    assert set(whole.extra) == meant("sqs:*") - {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:GetQueueUrl"}


def test_statements_without_sids_of_their_own_are_a_bug() -> None:
    one = statement(sid="A", actions=["s3:GetObject"], resources=["*"])
    for came in ([one, one], [{key: value for key, value in one.items() if key != "Sid"}]):
        with pytest.raises(Bug, match="Sid"):
            fit(came, name="job", holder=GROUP)


def test_nothing_fits_into_nothing() -> None:
    found = fitted([])
    assert (found.policies, found.left.policies) == ((), 10)

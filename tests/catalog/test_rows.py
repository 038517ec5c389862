"""The tables hold together: with AWS's API models, with its action list, and with themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass.catalog import Check, PassedRole, Unmapped, Where, actions, authorizations, iam_prefix
from guestpass.catalog.operations import NAMED
from guestpass.catalog.operations.ids import NAMED_TYPES
from guestpass.catalog.operations.rows import Row, rows, table_names
from guestpass.catalog.operations.tags import Keys

OURS = {"_region", "_account", "_partition"}
ROLE_MEMBER = re.compile(r"[Rr]ole(Arn|ARN)$|^IamInstanceProfile$")
ALL = [(client, operation) for client in table_names() for operation in rows(client)]
TAG_MEMBERS = {"Tags", "TagList", "TagsList", "ResourceTags", "tags", "Tagging"}
# Types that S3's guard refuses before a row is read.
ACCESS_POINTS = {"accesspoint", "accesspointobject", "objectlambdaaccesspoint"}


# Services of which only some types are mapped: a tag call on another type finds nothing and is Unmapped.
BY_ARN_ONLY = {"logs", "ssm", "kms", "account"}


@cache
def _model(client: str) -> Any:
    return botocore.session.get_session().get_service_model(client)


@cache
def _members(client: str, operation: str) -> frozenset[str]:
    shape = _model(client).operation_model(operation).input_shape
    return frozenset(shape.members) if shape else frozenset()


def _parts(row: Row) -> Iterator[Row]:
    yield row
    for further in row.also:
        yield from _parts(further)


def _types(action: str) -> set[str]:
    types = actions.resource_types(action)
    assert not isinstance(types, Unmapped), action
    return set(types)


def _action(client: str, operation: str, part: Row) -> str:
    prefix = iam_prefix(client)
    assert isinstance(prefix, str)
    name = part.action or operation
    return name if ":" in name else f"{prefix}:{name}"


def _expressions(part: Row) -> Iterator[str]:
    yield from part.on.values()
    yield from part.named.values()
    yield from part.keys.values()
    yield from part.refuse
    yield from [part.when] if part.when else []
    yield from [part.tags.at] if part.tags else []
    for passes in part.passes:
        yield from [text for text in (passes.role, passes.profile) if text]


def _roots(node: dict[str, Any], at_root: bool = True) -> Iterator[str]:
    """The fields that a JMESPath syntax tree reads from the document itself."""
    kind, children = node["type"], node.get("children", [])
    if kind == "field" and at_root:
        yield node["value"]
    leftmost = {"subexpression", "index_expression", "projection", "value_projection", "flatten", "pipe"}
    for index, child in enumerate(children):
        if not isinstance(child, dict):
            continue
        inner = index == 0 if kind in leftmost | {"filter_projection"} else True
        yield from _roots(child, at_root and inner)


PER_SERVICE = pytest.mark.parametrize("client", table_names())


@PER_SERVICE
def test_rows_read_only_what_their_operations_have(client: str) -> None:
    assert not rows(client).keys() - set(_model(client).operation_names)
    wrong = [
        (operation, expression, unknown)
        for operation, row in rows(client).items()
        for part in _parts(row)
        for expression in _expressions(part)
        if (unknown := set(_roots(jmespath.compile(expression).parsed)) - _members(client, operation) - OURS)
    ]
    assert not wrong


@PER_SERVICE
def test_rows_name_actions_types_and_keys_that_aws_lists(client: str) -> None:
    for operation, row in rows(client).items():
        for part in () if row.free else _parts(row):
            action = _action(client, operation, part)
            assert actions.action_exists(action), action
            types = _types(action)
            unknown = (part.on.keys() | part.named.keys() | part.skip.keys()) - types - {"*"}
            assert not unknown, f"{action} has no {unknown}"
            listed = Keys(key for kind in (None, *types) for key in actions.condition_keys(action, kind))
            strange = [key for key in part.keys if key not in listed]
            assert not strange, f"{action} knows no {strange}"
            if part.tags and part.tags.via:
                assert actions.action_exists(part.tags.via), part.tags.via


@PER_SERVICE
def test_rows_speak_of_every_type_that_aws_lists(client: str) -> None:
    for operation, row in rows(client).items():
        if row.free or row.all or "*" in row.on or client in BY_ARN_ONLY:
            continue
        silent = _types(_action(client, operation, row)) - row.on.keys() - row.named.keys() - row.skip.keys()
        silent -= ACCESS_POINTS if client == "s3" else set()
        assert not silent or row.refuse, f"{operation} is silent about {silent}"


@PER_SERVICE
def test_rows_say_what_tags_in_the_call_need(client: str) -> None:
    for operation, row in rows(client).items():
        members = _members(client, operation)
        reads = actions.access_level(_action(client, operation, row)) in {"Read", "List"}
        if row.free or reads or not members & TAG_MEMBERS:
            continue
        spoken = any(part.tags or "aws:TagKeys" in part.keys for part in _parts(row))
        assert spoken or members & TAG_MEMBERS & set(row.refuse), f"{operation} passes tags over"
        if "TagSpecifications" in members and client != "ec2":
            assert "TagSpecifications" in row.refuse, operation


@PER_SERVICE
def test_rows_say_what_becomes_of_a_role_in_the_call(client: str) -> None:
    for operation, row in rows(client).items():
        names = {name for name in _members(client, operation) if ROLE_MEMBER.search(name)}
        texts = [
            text for part in _parts(row) for each in part.passes for text in (each.role, each.profile) if text
        ]
        read = {root for text in texts for root in _roots(jmespath.compile(text).parsed)}
        if names and client not in {"iam", "sts"} and not row.mentions:
            assert not names - read - set(row.refuse), f"{operation} passes {names} over"


def test_the_holder_of_the_state_is_told_of_every_named_thing_and_of_no_other() -> None:
    used = {
        f"{_action(client, operation, part).partition(':')[0]}:{kind}"
        for client, operation in ALL
        for part in _parts(rows(client)[operation])
        for kind in part.named
    }
    assert used | {f"ec2:{kind}" for kind in NAMED_TYPES.values()} == NAMED.keys()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["arn:aws:iam::1:role/x", "i-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
WHERE = Where(account="111122223333", region="eu-west-1")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_parameters_make_the_catalogue_raise_or_answer_with_half_an_arn(data: st.DataObject) -> None:
    client, operation = data.draw(st.sampled_from(ALL))
    members = sorted(_members(client, operation))
    parameters = data.draw(st.dictionaries(st.sampled_from(members or ["X"]), JSON, max_size=6))
    found = authorizations(client, operation, parameters, WHERE)
    if isinstance(found, Unmapped):
        assert found.why
        return
    assert found or rows(client)[operation].free
    for each in found:
        if isinstance(each, PassedRole):
            assert each.profile
            continue
        assert actions.action_exists(each.action)
        if isinstance(each.resource, str):
            assert each.resource == "*" or each.resource.startswith("arn:")
            assert "${" not in each.resource
        assert all(
            values and all(isinstance(value, str) for value in values) for values in each.context.values()
        )


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_role_in_the_parameters_is_never_passed_over_in_silence(data: st.DataObject) -> None:
    client, operation = data.draw(st.sampled_from([each for each in ALL if each[0] not in {"iam", "sts"}]))
    row = rows(client)[operation]
    members = sorted(_members(client, operation))
    if row.mentions or row.free or not members:
        return
    role = "arn:aws:iam::111122223333:role/strong"
    parameters: dict[str, Any] = dict.fromkeys(members[:3], "x") | {data.draw(st.sampled_from(members)): role}
    found = authorizations(client, operation, parameters, WHERE)
    level = actions.access_level(_action(client, operation, row))
    if isinstance(found, Unmapped) or level in {"Read", "List"}:
        return
    assert any(role == (each.profile if isinstance(each, PassedRole) else each.resource) for each in found)


def test_operations_of_other_services_go_by_name_alone_and_only_without_resources() -> None:
    for client in ("sns", "sqs", "lambda", "dynamodb", "route53", "organizations", "guardduty"):
        prefix = iam_prefix(client)
        for operation in _model(client).operation_names:
            found = authorizations(client, operation, {}, WHERE)
            types = actions.resource_types(f"{prefix}:{operation}")
            if isinstance(types, Unmapped) or types:
                assert isinstance(found, Unmapped), operation
            else:
                assert isinstance(found, tuple), operation
                assert [(each.action, each.resource) for each in found if isinstance(each, Check)] == [
                    (actions.spelling(f"{prefix}:{operation}"), "*")
                ]

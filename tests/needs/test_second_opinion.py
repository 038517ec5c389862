"""Calls in a program's text as needs: each with its line, as narrow as the text, and what nobody saw is missing.

The answers in `second_opinion/` are what iam-policy-autopilot 0.3.0 answered to the programs beside them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from guestpass.errors import InputError
from guestpass.needs.calls import PROGRAM, Seen, Texts, look
from guestpass.needs.declared import Found, Scene
from guestpass.needs.need import Need
from guestpass.needs.second_opinion import beside_role, of_second_opinion

SAMPLES = Path(__file__).parent / "second_opinion"
ACCOUNT = "111122223333"
SCENE = Scene(account=ACCOUNT, region="eu-west-1")
HERE = f"eu-west-1:{ACCOUNT}"


def text(name: str) -> str:
    return (SAMPLES / f"{name}.txt").read_text("utf-8")


def recorded(name: str) -> str:
    return (SAMPLES / f"{name}.json").read_text("utf-8")


def of_sample(*names: str, scene: Scene = SCENE) -> Found:
    return of_second_opinion(
        [recorded(name) for name in names], files={name: text(name) for name in names}, scene=scene
    )


def call(
    name: str, service: str | list[str], line: int = 1, expr: str = "x.y()", **given: Any
) -> dict[str, Any]:
    """One call as the other program answers it."""
    return {
        "Name": name,
        "PossibleServices": [service] if isinstance(service, str) else service,
        "Metadata": {
            "Expr": expr,
            "Location": f"app.py:{line}.1-{line}.40",
            "Parameters": [
                {"Keyword": {"name": key, "value": value, "position": 0, "type_annotation": None}}
                for key, value in given.items()
            ],
        },
    }


def of_calls(*calls: dict[str, Any], program: str = "", scene: Scene = SCENE) -> Found:
    return of_second_opinion([json.dumps(calls)], files={"app.py": program}, scene=scene)


def on(found: Found, action: str) -> dict[str, tuple[str, ...]]:
    """The resources of an action by the place that asks for it."""
    return {need.source: need.resources for need in found.needs if need.action == action}


def test_each_call_is_a_need_with_its_line_on_what_the_text_names():
    found = of_sample("shop.py")
    assert on(found, "s3:PutObject") == {
        "shop.py:14": ("arn:aws:s3:::acme-shop-photos/photos/*",),
        "shop.py:19": ("arn:aws:s3:::acme-shop-photos/*",),
        "shop.py:20": ("arn:aws:s3:::acme-shop-photos/b.jpg",),
    }
    assert on(found, "s3:GetObject") == {
        "shop.py:20": ("arn:aws:s3:::acme-shop-old/a.jpg",),
        "shop.py:24": ("arn:aws:s3:::acme-shop-photos/*",),
    }
    assert on(found, "s3:ListBucket") == {
        "shop.py:28": ("arn:aws:s3:::acme-shop-photos",),
        "shop.py:46": ("arn:aws:s3:::acme-shop-photos",),
    }
    assert on(found, "sqs:SendMessage") == {"shop.py:41": (f"arn:aws:sqs:{HERE}:jobs",)}
    assert {need.action for need in found.needs} == {
        "dynamodb:PutItem",
        "iam:PassRole",
        "lambda:CreateFunction",
        "lambda:TagResource",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sqs:SendMessage",
    }
    assert all(arn.startswith("arn:aws:") for need in found.needs for arn in need.resources)


def test_what_a_call_asks_for_besides_is_dependent_and_a_role_goes_to_its_service_alone():
    found = of_sample("shop.py")
    kinds = {need.action: need.kind for need in found.needs if need.source == "shop.py:34"}
    assert kinds == {
        "lambda:CreateFunction": "declared",
        "lambda:TagResource": "dependent",
        "iam:PassRole": "dependent",
    }
    (role,) = [need for need in found.needs if need.action == "iam:PassRole"]
    assert role.resources == (f"arn:aws:iam::{ACCOUNT}:role/acme-shop-mail",)
    assert role.conditions == (("StringEquals", "iam:PassedToService", ("lambda.amazonaws.com",)),)


def test_what_nobody_saw_is_missing_with_its_line():
    missing = {each.place.line: each.says for each in of_sample("shop.py").missing}
    assert sorted(line for line in missing if line) == [40, 47, 51, 52, 53, 54]
    assert "docdb, elasticache, neptune, rds" in missing[40]
    assert "only guessed" in missing[47]
    assert "is a variable" in missing[51]
    assert "what a variable names" in missing[52]
    assert "what a variable names" in missing[53]
    assert "a call of dynamodb that was not seen" in missing[54]


def test_notes_say_whose_needs_they_are_and_what_was_left_out():
    notes = "\n".join(of_sample("shop.py").notes)
    assert "not to the guest" in notes
    assert "left out: `kms:Decrypt`" in notes
    assert "`boto3.resource`" in notes
    assert "shop.py:45" in notes


def test_other_languages_are_read_as_far_as_their_text_says():
    for name, action, resource, missing in (
        ("keep.ts", "s3:PutObject", "arn:aws:s3:::acme-shop-photos/photos/*", 1),
        ("keep.go", "s3:PutObject", "arn:aws:s3:::acme-shop-photos/*", 0),
        ("Keep.java", "s3:DeleteObject", "arn:aws:s3:::acme-shop-photos/a.jpg", 0),
    ):
        found = of_sample(name)
        assert [(need.action, need.resources) for need in found.needs] == [(action, (resource,))]
        assert len(found.missing) == missing, name
    # a command that is imported and made nowhere is used where nobody looks
    (missing_one,) = of_sample("keep.ts").missing
    assert "`GetObject` is named" in missing_one.says


def test_an_open_name_is_the_passs_own_where_its_names_are_known_and_else_the_types():
    table = {"TableName": {"Unresolved": "name"}}
    bucket = {"Bucket": {"Unresolved": "where"}, "Key": {"Resolved": "a.jpg"}}
    begun = {"Bucket": {"Unresolved": "f'{stage}-photos'"}, "Key": {"Resolved": "a.jpg"}}
    calls = (
        call("get_item", "dynamodb", 1, **table),
        call("get_object", "s3", 2, **bucket),
        call("get_object", "s3", 3, **begun),
    )
    found = of_calls(*calls, scene=Scene(account=ACCOUNT, region="eu-west-1", prefix="acme-shop-"))
    assert on(found, "dynamodb:GetItem") == {"app.py:1": (f"arn:aws:dynamodb:{HERE}:table/acme-shop-*",)}
    # a name of which the text says something is not narrowed by guessing
    assert on(found, "s3:GetObject") == {
        "app.py:2": ("arn:aws:s3:::acme-shop-*/a.jpg",),
        "app.py:3": ("arn:aws:s3:::*-photos/a.jpg",),
    }
    assert "the pass's own are meant" in "\n".join(found.notes)
    without = of_calls(*calls)
    assert on(without, "dynamodb:GetItem") == {"app.py:1": (f"arn:aws:dynamodb:{HERE}:table/*",)}
    assert on(without, "s3:GetObject")["app.py:2"] == ("arn:aws:s3:::*/a.jpg",)


def test_a_parameter_that_only_shows_at_run_time_still_asks_for_what_it_may_bring():
    for given in ({"Unresolved": "tags"}, {"Unresolved": '{"a": b}'}, {"Unresolved": "[]"}):
        found = of_calls(call("create_table", "dynamodb", TableName={"Resolved": "t"}, Tags=given))
        asked = {need.action for need in found.needs}
        assert asked == {"dynamodb:CreateTable"} | (
            set() if given == {"Unresolved": "[]"} else {"dynamodb:TagResource"}
        )


def test_a_role_that_is_not_named_is_never_granted_but_missing():
    found = of_calls(
        call("create_function", "lambda", FunctionName={"Resolved": "f"}, Role={"Unresolved": "role"})
    )
    assert "iam:PassRole" not in {need.action for need in found.needs}
    (missing,) = found.missing
    assert "hands on a role" in missing.says
    assert missing.hint is not None
    assert "`to` the service" in missing.hint


def test_services_that_would_need_the_same_are_no_question():
    given = {"DBInstanceIdentifier": {"Resolved": "acme"}}
    found = of_calls(call("describe_db_instances", ["rds", "docdb", "neptune"], **given))
    assert [need.action for need in found.needs] == ["rds:DescribeDBInstances"]
    assert not found.missing


def test_a_call_that_the_catalogue_does_not_know_is_missing():
    found = of_calls(call("make_coffee", "s3", 7))
    assert not found.needs
    (missing,) = found.missing
    assert missing.place.line == 7
    assert "`make_coffee`" in missing.says


def test_a_call_by_its_name_alone_is_said_to_be_one():
    told = call("publish", "sns", TopicArn={"Resolved": f"arn:aws:sns:{HERE}:news"})
    alone = of_calls(told, program="import boto3\n\ndef go(it): it.publish()\n")
    assert "told by its name alone" in "\n".join(alone.notes)
    made = of_calls(told, program='import boto3\nboto3.client("sns").publish()\n')
    assert "told by its name alone" not in "\n".join(made.notes)


def test_the_same_text_gives_the_same_answer_whatever_the_order_of_the_calls():
    calls = json.loads(recorded("shop.py"))
    forwards, backwards = (
        of_second_opinion([json.dumps(each)], files={"shop.py": text("shop.py")}, scene=SCENE)
        for each in (calls, calls[::-1])
    )
    assert set(forwards.needs) == set(backwards.needs)
    assert forwards.missing == backwards.missing


def test_an_answer_of_another_shape_is_refused():
    whole = recorded("keep.go")
    for answer in (
        "",
        "{}",
        "[",
        "[1]",
        '[{"Name": 1}]',
        whole.replace("Location", "Place"),
        "\x00",
        "[" * 9999,
    ):
        with pytest.raises(InputError) as refused:
            of_second_opinion([answer], files={"keep.go": ""}, scene=SCENE)
        assert "cannot be read" in refused.value.says
        assert "0.3" in str(refused.value.expected)


def test_a_text_without_any_call_is_refused_and_one_that_does_not_parse_is_not_taken_for_empty():
    with pytest.raises(InputError) as refused:
        of_calls(program="print('hello')\n")
    assert "no call of an AWS SDK" in refused.value.says
    found = of_calls(program="import boto3\n\nx = (\n")
    (missing,) = found.missing
    assert missing.place.line == 3


def test_names_that_are_set_twice_are_not_taken_for_constants():
    once = Texts.of('A = "x"\nB: str = "y"\n')
    assert [once.value(each) for each in ("A", "A + B", 'f"{A}-{c}"', "A + c", '["a", A, c]')] == [
        "x",
        "xy",
        "x-*",
        "x*",
        ["a", "x", "*"],
    ]
    for again in ("A = 1", "def f(A): pass", "for A in b: pass", "import A", "class A: pass", "del A"):
        assert Texts.of(f'A = "x"\n{again}\n').value("A") == "*", again


def test_only_what_is_like_a_call_of_the_sdk_is_said_to_be_unseen():
    program = Texts.of(
        "import boto3\n"
        "import json\n"
        "s3 = boto3.client('s3')\n"
        "s3.get_object(Bucket='b', Key='k')\n"
        "self.get_object()\n"
        "json.dumps({}).strip()\n"
        "getattr(json, name)()\n"
        "getattr(s3, 'get_object')()\n"
        "s3.get_waiter(name)\n"
        "s3.generate_presigned_url(name)\n"
        "queue.client(name)\n"
    )
    unseen = look(program, [])
    assert [line for line, _ in unseen.unknown] == [4, 9, 10]
    assert "of s3 that" in unseen.unknown[0][1]
    assert look(program, [Seen(first=4, last=4, name="getobject")]).unknown == unseen.unknown[1:]
    assert look(Texts.of("it.get_object()\n"), []).unknown == ()


def test_beside_a_role_is_said_what_it_lacks_and_what_nobody_asks_for():
    found = of_sample("shop.py")
    held = [
        _held("s3:PutObject", "arn:aws:s3:::acme-shop-photos/*"),
        _held("sqs:SendMessage", f"arn:aws:sqs:{HERE}:jobs"),
        _held("logs:PutLogEvents", "*"),
    ]
    lacks, idle = beside_role(found, held, role="acme-shop-instance").notes[-2:]
    assert "lacks" in lacks
    assert "`s3:GetObject` (shop.py:20, shop.py:24)" in lacks
    assert "sqs:SendMessage" not in lacks
    assert "s3:PutObject" not in lacks
    assert "`logs:PutLogEvents`" in idle
    everything = [_held(need.action, *need.resources) for need in found.needs]
    assert "holds all that is seen" in beside_role(found, everything, role="r").notes[-1]


def _held(action: str, *resources: str) -> Need:
    return Need(
        action=action,
        type=None,
        stance="uses",
        resources=resources,
        kind="blueprint",
        purpose="Run",
        why="",
        source="",
    )


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")
def test_the_real_program_answers_what_was_recorded(tmp_path):
    for name in ("shop.py", "keep.ts", "keep.go", "Keep.java"):
        (tmp_path / name).write_text(text(name), "utf-8")
        done = subprocess.run(
            [str(shutil.which(PROGRAM)), "extract-sdk-calls", "--full-output", name],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY": "true"},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        live = of_second_opinion([done.stdout], files={name: text(name)}, scene=SCENE)
        kept = of_sample(name)
        assert {(need.action, need.resources, need.source) for need in live.needs} == {
            (need.action, need.resources, need.source) for need in kept.needs
        }
        assert live.missing == kept.missing

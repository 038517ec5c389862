"""Plans become declared resources: what is made, what it refers to, where it stands; what is sensitive is never kept."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass import catalog
from guestpass.cli import main
from guestpass.errors import InputError
from guestpass.needs.declared import Declared, Reference, Scene, Unknown
from guestpass.needs.handlers import needs_of_declared
from guestpass.needs.terraform import of_plan
from guestpass.needs.terraform.types import managed, types

PLAN = Path(__file__).parents[2] / "examples" / "templates" / "plan.json"
TEXT = PLAN.read_text("utf-8")
SCENE = Scene(account="111122223333", region="eu-west-1", prefix="acme-shop-")
AWS = "registry.terraform.io/hashicorp/aws"


def read(plan: Any, scene: Scene = SCENE) -> tuple[dict[str, Declared], list[str]]:
    text = plan if isinstance(plan, str) else json.dumps(plan)
    declared, missing = of_plan(text, file="plan.json", scene=scene)
    return {each.address: each for each in declared}, [each.says for each in missing]


def plan_of(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": list(changes), **more}


def change(type_: str, name: str = "it", *actions: str, **told: Any) -> dict[str, Any]:
    return {
        "address": told.pop("address", f"{type_}.{name}"),
        "mode": told.pop("mode", "managed"),
        "type": type_,
        "name": name,
        "provider_name": told.pop("provider", AWS),
        "change": {
            "actions": list(actions or ("create",)),
            "before": None,
            "after": {},
            "after_unknown": {},
            **told,
        },
    }


# ---- the example


def test_the_example_is_read_whole_with_its_references_and_places() -> None:
    declared, missing = read(TEXT)
    assert missing == []
    web = declared["aws_instance.web"]
    assert web.type == "AWS::EC2::Instance"
    assert web.properties["ImageId"] == "ami-0a1b2c3d4e5f60718"
    assert web.properties["SecurityGroupIds"] == Reference(address="aws_security_group.web")
    line = TEXT.splitlines()[(web.place.line or 0) - 1]
    assert '"address": "aws_instance.web"' in line
    assert "random_password.db" not in declared
    assert declared["data.aws_vpc.main"].also == types().data["aws_vpc"]
    assert "data.aws_caller_identity.me" not in declared, "that asks for no permission"


def test_its_needs_name_exactly_what_is_built() -> None:
    declared, _ = of_plan(TEXT, file="plan.json", scene=SCENE)
    (open_,) = needs_of_declared(declared, scene=SCENE).missing
    assert "which role `aws_instance.web` hands on is not known" in open_.says, (
        "the plan names a profile, not its role"
    )
    role = "arn:aws:iam::111122223333:role/guestpass/acme-shop/acme-shop-instance"
    found = needs_of_declared(declared, scene=dataclasses.replace(SCENE, role=role))
    assert found.missing == ()
    on = {need.action: need.resources for need in found.needs}
    assert on["s3:CreateBucket"] == ("arn:aws:s3:::acme-shop-uploads",)
    assert on["s3:PutBucketVersioning"] == ("arn:aws:s3:::acme-shop-uploads",)
    assert on["s3:PutBucketPublicAccessBlock"] == ("arn:aws:s3:::acme-shop-uploads",)
    assert on["rds:CreateDBSubnetGroup"] == ("arn:aws:rds:eu-west-1:111122223333:subgrp:acme-shop-live",)
    assert on["route53:ChangeResourceRecordSets"] == ("arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ",)
    assert {"ec2:RunInstances", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"} <= set(
        on
    )
    passed = [need for need in found.needs if need.action == "iam:PassRole"]
    assert {need.resources for need in passed} == {(role,)}
    assert all(
        ("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com",)) in need.conditions for need in passed
    )
    assert all(need.source.startswith("plan.json:") for need in found.needs)


def test_what_is_sensitive_reaches_neither_values_nor_needs_nor_what_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = "not-a-secret-but-marked-as-one"
    assert secret in TEXT
    declared, missing = of_plan(TEXT, file="plan.json", scene=SCENE)
    assert secret not in repr((declared, missing, needs_of_declared(declared, scene=SCENE)))
    assert isinstance(
        {each.address: each for each in declared}["aws_db_instance.live"].properties["MasterUserPassword"],
        Unknown,
    )
    assert main(["needs", str(PLAN), "--json"]) in (0, 4)
    told = capsys.readouterr()
    assert secret not in told.out + told.err
    assert json.loads(told.out)["needs"]


def test_a_policy_is_written_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", str(PLAN), "--name", "acme-shop", "--out", str(tmp_path / "out")]) in (0, 4)
    assert list((tmp_path / "out").glob("*.json"))


# ---- the table


@pytest.mark.parametrize("name", types().managed)
def test_each_type_is_known_to_the_catalogue_with_what_it_calls(name: str) -> None:
    told = managed(name)
    assert told is not None
    known = catalog.cloudformation_type(told.is_)
    assert not isinstance(known, catalog.Unmapped)
    assert any(known.handlers.values())
    for action in told.also:
        assert not isinstance(catalog.action(action), catalog.Unmapped), action
    assert bool(told.part) or not told.sets


def test_a_hundred_and_twenty_types_and_more_are_known_and_every_look_up() -> None:
    assert len(types().managed) >= 120
    for name, actions in types().data.items():
        for action in actions:
            assert not isinstance(catalog.action(action), catalog.Unmapped), (name, action)


def test_the_cloud_control_providers_types_are_cloudformations_own() -> None:
    declared, missing = read(
        plan_of(change("awscc_s3_bucket", after={"bucket_name": "b"}, provider=f"{AWS}cc"))
    )
    assert missing == []
    assert declared["awscc_s3_bucket.it"].type == "AWS::S3::Bucket"


# ---- what is done


@pytest.mark.parametrize(
    ("actions", "verbs"),
    [
        (("create",), {"create", "read", "update", "delete"}),
        (("update",), {"read", "update", "delete"}),
        (("delete",), {"read", "delete"}),
        (("delete", "create"), {"create", "read", "update", "delete"}),
        (("create", "delete"), {"create", "read", "update", "delete"}),
        (("no-op",), {"read"}),
    ],
)
def test_the_actions_of_a_change_say_which_verbs_are_needed(
    actions: tuple[str, ...], verbs: set[str]
) -> None:
    declared, _ = read(
        plan_of(change("aws_sqs_queue", "it", *actions, after={"name": "q"}, before={"name": "q"}))
    )
    assert declared["aws_sqs_queue.it"].verbs == verbs


def test_what_is_forgotten_needs_nothing_and_what_nobody_knows_is_said() -> None:
    declared, missing = read(
        plan_of(change("aws_sqs_queue", "it", "forget"), change("aws_sqs_queue", "b", "shrink"))
    )
    assert declared == {}
    assert any("shrink" in says for says in missing)


def test_what_stands_already_is_named_by_its_arn() -> None:
    arn = "arn:aws:sqs:eu-west-1:111122223333:jobs"
    told = change(
        "aws_sqs_queue",
        "it",
        "update",
        before={"arn": arn, "name": "jobs"},
        after={"arn": arn, "name": "jobs"},
    )
    assert read(plan_of(told))[0]["aws_sqs_queue.it"].arn == arn


def test_references_lead_through_modules_variables_outputs_and_every_instance() -> None:
    group = [
        change("aws_security_group", "web", address=f"module.net.aws_security_group.web[{n}]") for n in (0, 1)
    ]
    server = change(
        "aws_instance",
        "it",
        address='module.app["a"].aws_instance.it',
        after_unknown={"vpc_security_group_ids": True},
    )
    expressions = {"vpc_security_group_ids": {"references": ["var.groups"]}}
    configuration = {
        "root_module": {
            "module_calls": {
                "net": {
                    "module": {
                        "outputs": {"groups": {"expression": {"references": ["aws_security_group.web"]}}}
                    }
                },
                "app": {
                    "expressions": {"groups": {"references": ["module.net.groups", "module.net"]}},
                    "module": {
                        "resources": [{"type": "aws_instance", "name": "it", "expressions": expressions}]
                    },
                },
            }
        }
    }
    declared, _ = read(plan_of(*group, server, configuration=configuration))
    assert declared['module.app["a"].aws_instance.it'].properties["SecurityGroupIds"] == [
        Reference(address="module.net.aws_security_group.web[0]"),
        Reference(address="module.net.aws_security_group.web[1]"),
    ]


def test_a_configuration_that_refers_to_itself_ends() -> None:
    calls = {"a": {"expressions": {"x": {"references": ["module.a.y"]}},
                   "module": {"outputs": {"y": {"expression": {"references": ["var.x"]}}}}}}  # fmt: skip
    root = {
        "module_calls": calls,
        "resources": [
            {"type": "aws_sqs_queue", "name": "it", "expressions": {"name": {"references": ["module.a.y"]}}}
        ],
    }
    declared, _ = read(
        plan_of(change("aws_sqs_queue", after_unknown={"name": True}), configuration={"root_module": root})
    )
    assert isinstance(declared["aws_sqs_queue.it"].properties["QueueName"], Unknown)


# ---- what is missing, and what is refused


def test_what_nobody_knows_is_missing_by_name_with_what_it_is_like() -> None:
    _, missing = of_plan(
        json.dumps(
            plan_of(
                change("aws_sqs_queu"),
                change("github_repository", provider="registry.terraform.io/integrations/github"),
                change("aws_quantum", mode="data"),
                errored=True,
                complete=False,
            )
        ),
        file="plan.json",
        scene=SCENE,
    )
    says = [each.says for each in missing]
    assert any("aws_sqs_queu" in one for one in says)
    assert any(each.hint == "did you mean `aws_sqs_queue`?" for each in missing)
    assert any("integrations/github" in one for one in says)
    assert any("aws_quantum" in one for one in says)
    assert any("stopped at an error" in one for one in says)
    assert any("not complete" in one for one in says)


def test_a_provider_of_another_region_is_said() -> None:
    configuration = {
        "provider_config": {"aws.us": {"expressions": {"region": {"constant_value": "us-east-1"}}}},
        "root_module": {
            "resources": [{"type": "aws_sqs_queue", "name": "it", "provider_config_key": "aws.us"}]
        },
    }
    _, missing = read(plan_of(change("aws_sqs_queue"), configuration=configuration))
    assert any("us-east-1" in says for says in missing)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read"),
        ("[]", "no plan"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": NaN}', "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ('{"resource_changes": []}', "no `format_version`"),
        ('{"format_version": "2.0", "resource_changes": []}', "format `2.0`"),
        ('{"format_version": "1.0", "values": {}}', "a state"),
        ('{"format_version": "1.0", "resource_changes": [{"address": "a"}]}', "not a list of changes"),
    ],
)
def test_what_is_no_plan_is_refused_with_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        of_plan(text, file="plan.json", scene=SCENE)
    assert says in caught.value.says
    assert caught.value.expected


def _spots(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(spot for name, each in inner for spot in _spots(each, (*at, name)))]


WHOLE = json.loads(TEXT)
SPOTS = _spots(WHOLE)[1:]


@given(
    st.sampled_from(SPOTS),
    st.sampled_from([None, True, [], {}, "x", 7, [[]], {"x": {}}, [{"references": [1]}]]),
)
def test_whatever_is_damaged_it_is_read_or_refused_and_never_breaks(
    spot: tuple[Any, ...], other: Any
) -> None:
    damaged = copy.deepcopy(WHOLE)
    at = damaged
    for name in spot[:-1]:
        at = at[name]
    at[spot[-1]] = other
    try:
        declared, _ = of_plan(json.dumps(damaged), file="plan.json", scene=SCENE)
    except InputError:
        return
    needs_of_declared(declared, scene=SCENE)

"""The tables of creations hold against records written from AWS's API references, not from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from ruamel.yaml import YAML

from guestpass.catalog import Creation, CreationPath, Ending, Unmapped, Where, creation_paths, event_source
from guestpass.catalog.creations import created, ended
from guestpass.catalog.creations.read import plain_name

HERE = Where(account="111122223333", region="eu-west-1")
FOLDER = Path(__file__).with_name("created")
FILES: dict[str, dict[str, Any]] = {
    path.stem: YAML(typ="safe").load(path) for path in sorted(FOLDER.glob("*.yaml"))
}


def records(file: str) -> list[dict[str, Any]]:
    return [{"client": FILES[file]["client"], **record} for record in FILES[file]["records"]]


def of(file: str, record: Mapping[str, Any]) -> tuple[Creation, ...] | Unmapped:
    return created(
        FILES[file]["source"],
        record["name"],
        parameters=record["request"] or {},
        response=record["response"] or {},
        where=HERE,
    )


def over_by(file: str, end: Mapping[str, Any]) -> tuple[Ending, ...] | Unmapped:
    return ended(
        FILES[file]["source"],
        end["name"],
        parameters=end["request"] or {},
        response=end["response"] or {},
        where=HERE,
    )


def expected(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a record says that it makes; a thing stands in the record's region where nothing else is said."""
    return [
        {"region": HERE.region, "name": None, "parent": None, "within": (), **made}
        for made in record["makes"]
    ]


def told(made: Creation, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the tables say, in the words of the fixture; what it stands in has no order."""
    said = {name: getattr(made, name) for name in asked}
    return said | {"within": sorted(made.within)}


@pytest.mark.parametrize("file", FILES)
def test_each_create_event_of_awss_reference_makes_the_thing_that_it_makes(file: str) -> None:
    wrong = []
    for record in records(file):
        found = of(file, record)
        if isinstance(found, Unmapped):
            wrong.append(f"{record['name']}: {found.why}")
            continue
        wanted = [each | {"within": sorted(each["within"])} for each in expected(record)]
        said = [told(made, each) for made, each in zip(found, wanted, strict=False)]
        if said != wanted or len(found) != len(wanted):
            wrong.append(f"{record['name']}: {found} and not {wanted}")
    assert wrong == []


@pytest.mark.parametrize("file", FILES)
def test_each_delete_event_ends_the_very_thing_that_its_create_event_made(file: str) -> None:
    wrong = []
    for record in records(file):
        end, made = record.get("end"), of(file, record)
        if end is None:
            continue
        over = over_by(file, end)
        assert not isinstance(made, Unmapped)
        thing = next(each for each in made if each.type == end.get("ends", made[0].type))
        names = (thing.arn, thing.id, thing.name)
        hits = [
            each
            for each in (() if isinstance(over, Unmapped) else over)
            if each.ends(type=thing.type, region=thing.region, names=names)
        ]
        if not hits or any(each.later != end.get("later", False) for each in hits):
            wrong.append(f"{end['name']}: {over} does not end {thing}")
    assert wrong == []


def test_no_delete_event_ends_a_thing_of_another_name() -> None:
    """The other direction: an end that said nothing in particular would end everything."""
    for file in FILES:
        for record in records(file):
            end = record.get("end")
            if end is None:
                continue
            over = over_by(file, end)
            assert not isinstance(over, Unmapped)
            for each in over:
                names = ("arn:aws:x:::other", "other", None)
                assert not each.ends(type=each.type, region=HERE.region, names=names), end["name"]


def values_at(value: Any, parts: list[str]) -> list[Any]:
    """What stands at a place that `creation_paths` names; names without regard to case, lists in any of their forms."""
    if not parts:
        return [value]
    if not isinstance(value, dict):
        return []
    wrapped = [
        held for name, held in value.items() if name.endswith(("Response", "Request")) and held is not None
    ]
    name, rest = parts[0].removesuffix("[]"), parts[1:]
    found = [held for key, held in value.items() if key.lower() == name.lower()]
    for held in found if parts[0].endswith("[]") else ():
        items = held.get("items", held.get("item")) if isinstance(held, dict) else held
        found = list(items) if isinstance(items, list) else [items]
    inner = [each for held in found for each in values_at(held, rest)]
    return inner or [each for held in wrapped for each in values_at(held, parts)]


@pytest.mark.parametrize("file", FILES)
def test_the_places_that_are_told_hold_what_the_event_made(file: str) -> None:
    """`responseElements.dBInstanceArn` and its like: where a reader of the record finds the very ARN or id."""
    wrong = []
    for record in records(file):
        paths, made = creation_paths(FILES[file]["source"], record["name"]), of(file, record)
        assert not isinstance(paths, Unmapped)
        assert not isinstance(made, Unmapped)
        event = {"requestParameters": record["request"], "responseElements": record["response"]}
        for thing in made:
            places = [place for path in paths if path.type == thing.type for place in (*path.arn, *path.id)]
            texts = [
                str(text).lower()
                for place in places
                for text in values_at(event, place.split(" + ")[-1].split("."))
            ]
            if not any(text in thing.arn.lower() or thing.id.lower() in text for text in texts):
                wrong.append(f"{record['name']}: {thing.arn} at none of {places}")
        assert bool(paths) or not made
    assert wrong == []


def test_a_place_is_told_in_the_words_of_the_record() -> None:
    (base,) = paths_of("rds", "CreateDBInstance")
    assert base.arn == ("responseElements.dBInstanceArn", "responseElements.dBInstance.dBInstanceArn")
    assert base.id[0] == "requestParameters.dBInstanceIdentifier"
    assert base.format is None
    instance, volume, interface = paths_of("ec2", "RunInstances")
    assert instance.id == ("responseElements.instancesSet[].instanceId",)
    assert instance.format == "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}"
    assert (volume.along_with, interface.along_with) == ("ec2:instance", "ec2:instance")
    assert interface.id == ("responseElements.instancesSet[].networkInterfaceSet[].networkInterfaceId",)
    (mapping,) = paths_of("lambda", "CreateEventSourceMapping20150331")
    assert mapping.arn == ("responseElements.eventSourceMappingArn",)
    *_, custom = paths_of("events", "PutRule")
    assert (custom.when, custom.unless) == (
        "requestParameters.eventBusName",
        "requestParameters.eventBusName = default",
    )


def test_an_event_that_makes_nothing_has_no_place_and_one_that_nobody_knows_is_unmapped() -> None:
    assert paths_of("ec2", "CreateTags") == ()
    assert paths_of("ec2", "DescribeInstances") == ()
    assert isinstance(creation_paths("nobody.amazonaws.com", "CreateThing"), Unmapped)


def paths_of(source: str, name: str) -> tuple[CreationPath, ...]:
    found = creation_paths(f"{source}.amazonaws.com", name)
    assert not isinstance(found, Unmapped)
    return found


def test_the_records_are_of_as_many_types_and_services_as_the_catalogue_promises() -> None:
    types = {made["type"] for file in FILES for record in records(file) for made in record["makes"]}
    ends = [record for file in FILES for record in records(file) if "end" in record]
    services = {name.partition(":")[0] for name in types}
    assert len(types) >= 200
    assert len(FILES) >= 50
    assert len(services) >= 50
    assert len(ends) >= 180


def test_every_record_names_its_page() -> None:
    for file, content in FILES.items():
        for record in records(file):
            page = record.get("page") or content["pages"].format(name=plain_name(record["name"]))
            assert page.startswith("https://docs.aws.amazon.com/")


# ---- the spelling: every name that a record uses is one of the API's

# What CloudTrail and the wire add to an API's members.
ADDED = {"requestid", "_return", "return", "xmlns", "tag", "content", "host"}
# AWS: their lists and headers have names of their own in a record's request.
OWN_REQUESTS = {"ec2", "s3"}


@cache
def model(client: str) -> Any:
    return botocore.session.get_session().get_service_model(client)


def strange(value: Any, shape: Any, path: str) -> Iterator[str]:
    """The names that the API does not have, however deep."""
    if shape is None or value is None:
        return
    match shape.type_name, value:
        case "structure", dict():
            members = {
                spelt.lower(): member
                for name, member in shape.members.items()
                for spelt in (name, member.serialization.get("name", name))
            }
            for name, held in value.items():
                if name.lower() in members:
                    yield from strange(held, members[name.lower()], f"{path}.{name}")
                elif name.lower() not in ADDED:
                    yield f"{path}.{name}"
        case "list", dict():
            items = value.get("items", value.get("item", []))
            for item in items if isinstance(items, list) else [items]:
                yield from strange(item, shape.member, f"{path}[]")
        case "list", list():
            for item in value:
                yield from strange(item, shape.member, f"{path}[]")
        case _:
            return


def unwrapped(value: Any, name: str, shape: Any) -> tuple[Any, Any]:
    """A record's part and the shape that it spells: RDS and others leave the answer's only element out."""
    for wrapper in (f"{name}Request", f"{name}Response", f"{name[:1].lower()}{name[1:]}Input"):
        if isinstance(value, dict) and wrapper in value:
            inner = value[wrapper]
            return {**{key: held for key, held in value.items() if key != wrapper}, **inner}, shape
    members = shape.members if shape is not None else {}
    if isinstance(value, dict) and value and len(members) == 1:
        (only, inner) = next(iter(members.items()))
        if only.lower() not in {key.lower() for key in value}:
            return value, inner
    return value, shape


@pytest.mark.parametrize("file", FILES)
def test_every_name_in_a_record_is_one_that_the_api_has(file: str) -> None:
    """An invented member would prove nothing."""
    wrong: list[str] = []
    for record in records(file):
        end = [{"client": record["client"], **record["end"]}] if "end" in record else []
        for event in (record, *end):
            operation = model(event["client"]).operation_model(plain_name(event["name"]))
            asked, of_request = unwrapped(event["request"], operation.name, operation.input_shape)
            if event["client"] not in OWN_REQUESTS:
                wrong += strange(asked, of_request, f"{operation.name} request")
            answer, of_response = unwrapped(event["response"], operation.name, operation.output_shape)
            wrong += strange(answer, of_response, f"{operation.name} response")
    assert wrong == []


@pytest.mark.parametrize("file", FILES)
def test_every_records_source_is_the_one_of_its_service(file: str) -> None:
    logged_elsewhere = {"application-autoscaling"}
    for record in records(file):
        if record["client"] not in logged_elsewhere:
            assert event_source(record["client"]) == FILES[file]["source"]

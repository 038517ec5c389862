"""Sites, APIs and containers: what is written for them is enough, none of it idle, and nothing leads over the wall."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType

import pytest

from guestpass.access import Allowed, Denied, Layers, Policy, evaluate, read_policy
from guestpass.access.policy import size_of
from guestpass.loan import Names, Pass
from guestpass.loan.job import guest_needs, job_policies
from guestpass.loan.wall import gives_up, instance_job_document, instance_wall_document, wall_document
from guestpass.needs import blueprint
from needs.stories import containers, serverless_api, static_site
from needs.stories.telling import Question, pass_for, request_of

STORIES: Mapping[str, ModuleType] = {
    "static-site": static_site,
    "serverless-api": serverless_api,
    "containers": containers,
}
CASES = [
    (name, options)
    for name, story in STORIES.items()
    for options in ((), *((option,) for option in story.OPTIONS))
]
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=["-".join((n, *o)) for n, o in CASES])
each_blueprint = pytest.mark.parametrize("name", STORIES)
ANYTHING = read_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    kind="identity",
    name="anything",
)


@cache
def job_of(pass_: Pass) -> tuple[Policy, ...]:
    return tuple(read_policy(document, kind="identity", name=name) for name, document in job_policies(pass_))


@cache
def wall_of(pass_: Pass) -> Policy:
    return read_policy(wall_document(pass_), kind="boundary", name="wall")


def story_of(name: str, options: tuple[str, ...]) -> Iterator[Question]:
    yield from STORIES[name].CORE
    for option in options:
        yield from STORIES[name].OPTIONS[option]


@each_blueprint
def test_a_story_tells_every_option(name: str) -> None:
    assert set(STORIES[name].OPTIONS) == set(blueprint(name).options)


@each_case
def test_the_job_within_the_wall_is_enough_from_the_first_call_to_the_last(
    name: str, options: tuple[str, ...]
) -> None:
    pass_ = pass_for(name, *options)
    layers, names = Layers(identity=job_of(pass_), boundary=(wall_of(pass_),)), Names.of_pass(pass_)
    refused = [
        (question.says, question.action, question.resource)
        for question in story_of(name, options)
        if not isinstance(evaluate(request_of(question, names), layers), Allowed)
    ]
    assert refused == []


@each_case
def test_every_statement_of_job_and_wall_stands_alone_for_some_call(
    name: str, options: tuple[str, ...]
) -> None:
    pass_ = pass_for(name, *options)
    names, alone = Names.of_pass(pass_), set()
    for question in story_of(name, options):
        for policies in (job_of(pass_), (wall_of(pass_),)):
            found = evaluate(request_of(question, names), Layers(identity=policies))
            assert isinstance(found, Allowed), question
            if len(found.by) == 1:
                alone.add((found.by[0].policy, found.by[0].label))
    written = {
        (policy.name, statement.label)
        for policy in (*job_of(pass_), wall_of(pass_))
        for statement in policy.statements
        if statement.effect == "Allow"
    }
    assert sorted(written - alone) == []


@each_case
def test_every_action_that_is_written_is_asked_for_by_some_call(name: str, options: tuple[str, ...]) -> None:
    needed = {need.action for need in guest_needs(pass_for(name, *options))}
    assert sorted(needed - {question.action for question in story_of(name, options)}) == []


@each_blueprint
def test_whatever_the_job_would_allow_the_wall_refuses_what_is_not_the_guests(name: str) -> None:
    """Not one of the refusals is the job's: it allows everything here."""
    pass_, attempts = pass_for(name), STORIES[name].ATTEMPTS
    names, layers = Names.of_pass(pass_), Layers(identity=(ANYTHING,), boundary=(wall_of(pass_),))
    through = [
        (question.says, question.action)
        for question in attempts
        if not isinstance(evaluate(request_of(question, names), layers), Denied)
    ]
    assert through == []
    assert len({question.says for question in attempts}) == len(attempts) >= 15


@each_blueprint
def test_what_no_policy_can_hold_is_refused_until_the_owner_accepts_it_by_its_name(name: str) -> None:
    accepted = pass_for(name)
    bare = dataclasses.replace(accepted, job=dataclasses.replace(accepted.job, accept=()))
    names = Names.of_pass(bare)
    for pass_, expected in ((bare, Denied), (accepted, Allowed)):
        layers = Layers(identity=job_of(pass_), boundary=(wall_of(pass_),))
        for question in STORIES[name].ADOPTIONS:
            assert isinstance(evaluate(request_of(question, names), layers), expected), question.says
    assert bool(STORIES[name].ADOPTIONS) == bool(blueprint(name).warned)


@each_case
def test_job_and_wall_fit_into_iams_quotas(name: str, options: tuple[str, ...]) -> None:
    pass_ = pass_for(name, *options)
    sizes = [size_of(document) for _, document in job_policies(pass_)]
    assert max(*sizes, size_of(wall_document(pass_))) <= 6144
    assert len(sizes) <= 2
    if blueprint(name).runs_as:
        assert size_of(instance_job_document(pass_)) <= 6144
        assert size_of(instance_wall_document(pass_)) <= 6144


def test_there_is_room_left_for_what_an_owner_agrees_to_besides() -> None:
    """In characters as AWS counts them. Containers take all that a wall has: what names tell is held without its tag."""
    room = {name: 6144 - size_of(wall_document(pass_for(name))) for name in STORIES}
    assert room["static-site"] > 2200
    assert room["serverless-api"] > 500
    assert [name for name in STORIES if gives_up(pass_for(name))] == ["containers"]


@each_blueprint
def test_a_role_is_passed_to_one_service_alone_and_nothing_else_of_iam_is_lent(name: str) -> None:
    told, service = blueprint(name), {"serverless-api": "lambda", "containers": "ecs-tasks"}
    assert told.runs_as == service.get(name)
    of_iam = [need for need in guest_needs(pass_for(name)) if need.action.startswith("iam:")]
    assert [(need.action, need.conditions) for need in of_iam] == (
        [("iam:PassRole", (("StringEquals", "iam:PassedToService", (f"{told.runs_as}.amazonaws.com",)),))]
        if told.runs_as
        else []
    )


def test_tearing_down_has_statements_of_its_own() -> None:
    """So that it can stay while the thing exists, when building is taken away."""
    for name, story in STORIES.items():
        needs = guest_needs(pass_for(name, *story.OPTIONS))
        teardown = {need.purpose for need in needs if need.kind == "teardown"}
        assert teardown
        assert teardown.isdisjoint(need.purpose for need in needs if need.kind != "teardown"), name

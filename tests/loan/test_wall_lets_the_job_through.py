"""The job policy within the wall is enough for the whole story, and none of their statements is idle."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import get_args

import pytest

from guestpass.access import Allowed, Policy, Request, StatementRef, evaluate, read_policy
from guestpass.loan import Names, Pass
from guestpass.loan.agreement import Login
from guestpass.loan.job import job_policies
from guestpass.loan.wall import wall_document
from loan.story import Call, a_pass, as_session, decide, guest_layers, refusal, requests_of, story

LOGINS: tuple[Login, ...] = get_args(Login)


@cache
def the_job(pass_: Pass) -> tuple[Policy, ...]:
    return tuple(read_policy(document, kind="identity", name=name) for name, document in job_policies(pass_))


@cache
def the_wall(pass_: Pass) -> Policy:
    return read_policy(wall_document(pass_), kind="boundary", name=Names.of_pass(pass_).wall)


@pytest.mark.parametrize(
    ("login", "call"),
    [pytest.param(login, call, id=f"{login}-{call.id}") for login in LOGINS for call in story(login)],
)
def test_every_call_of_the_story_is_allowed(login: Login, call: Call) -> None:
    pass_ = a_pass(login)
    layers, names = guest_layers(the_job(pass_), the_wall(pass_)), Names.of_pass(pass_)
    for request in requests_of(call, names):
        asked = as_session(request, names) if login == "role" else request
        answer = evaluate(asked, layers)
        assert isinstance(answer, Allowed), (request.action, request.resource, answer)


def test_every_call_of_the_story_is_allowed_in_the_second_region_too() -> None:
    pass_ = a_pass(regions=("us-east-1", "eu-west-1"))
    layers, names = guest_layers(the_job(pass_), the_wall(pass_)), Names.of_pass(pass_)
    assert [call.says for call in story("access-key") if refusal(call, layers, names)] == []


def without(policies: tuple[Policy, ...], policy: str, index: int) -> tuple[Policy, ...]:
    """The policies, one statement short."""
    return tuple(
        dataclasses.replace(each, statements=each.statements[:index] + each.statements[index + 1 :])
        if each.name == policy
        else each
        for each in policies
    )


@pytest.mark.parametrize("login", LOGINS)
def test_no_allow_of_the_job_policies_or_of_the_wall_is_idle(login: Login) -> None:
    """Take away any one, and some call of the story that went through is refused."""
    pass_ = a_pass(login)
    names, job, wall = Names.of_pass(pass_), the_job(pass_), the_wall(pass_)
    needed_by: dict[StatementRef, list[Request]] = {}
    for call in story(login):
        for request, answer in decide(call, guest_layers(job, wall), names):
            assert isinstance(answer, Allowed)
            for statement in answer.by:
                needed_by.setdefault(statement, []).append(request)
    allows = [
        (policy, statement.index, statement.label)
        for policy in (*job, wall)
        for statement in policy.statements
        if statement.effect == "Allow"
    ]
    idle = []
    for policy, index, label in allows:
        less = guest_layers(without(job, policy.name, index), without((wall,), policy.name, index)[0])
        asked = [
            request
            for ref, requests in needed_by.items()
            if (ref.policy, ref.index) == (policy.name, index)
            for request in requests
        ]
        if all(isinstance(evaluate(request, less), Allowed) for request in asked):
            idle.append(f"{policy.name}: {label}")
    assert idle == []

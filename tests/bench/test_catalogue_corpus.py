"""The corpus of hard calls and events is whole, and is what its page promises."""

from __future__ import annotations

from collections import Counter

import botocore.session

from bench.catalogue.corpus import PAGES, Call, TrailEvent, Truth, calls, events
from bench.catalogue.figures import Answer, invented, missing, score
from guestpass.catalog import action_exists

CALLS, EVENTS = calls(), events()
ROWS: tuple[Call | TrailEvent, ...] = (*CALLS, *EVENTS)


def test_it_is_as_large_as_promised() -> None:
    assert len(CALLS) >= 120
    assert len({call.service for call in CALLS}) >= 30
    assert len(EVENTS) >= 70
    assert sum(not event.truth.needs for event in EVENTS) >= 10, "events that need no permission"
    assert sum(bool(event.truth.resources) for event in EVENTS) >= 40, "events with their resources"


def test_every_row_has_a_page_of_awss_documentation() -> None:
    assert [row.name for row in ROWS if not row.truth.source.startswith(PAGES)] == []


def test_every_action_that_a_row_names_exists() -> None:
    named = {action for row in ROWS for action in row.truth.needs | row.truth.may}
    assert sorted(action for action in named if not action_exists(action)) == []


def test_no_action_is_needed_and_optional_at_once() -> None:
    assert [row.name for row in ROWS if row.truth.needs & row.truth.may] == []


def test_no_row_stands_there_twice() -> None:
    asked = Counter((type(row), row.name, repr(row.parameters)) for row in ROWS)
    assert [name for (_, name, _), times in asked.items() if times > 1] == []


def test_every_operation_and_parameter_is_botocores() -> None:
    session = botocore.session.get_session()
    strange = []
    for call in CALLS:
        model = session.get_service_model(call.service)
        shape = model.operation_model(call.operation).input_shape
        known = set(shape.members) if shape else set()
        strange += [f"{call.name} {name}" for name in call.parameters if name not in known]
    assert strange == []


def test_the_same_operation_stands_there_with_and_without_what_decides() -> None:
    needed: dict[str, set[frozenset[str]]] = {}
    for call in CALLS:
        needed.setdefault(call.name, set()).add(call.truth.needs)
    assert sum(len(ways) > 1 for ways in needed.values()) >= 15


def test_a_source_that_says_too_little_and_one_that_says_too_much_fail_different_figures() -> None:
    truth = Truth(
        needs=frozenset({"s3:PutObject"}), may=frozenset({"kms:Decrypt"}), resources=(), source=PAGES
    )
    little = Answer()
    much = Answer(actions=frozenset({"s3:putobject", "kms:Decrypt", "iam:PassRole"}))
    assert (missing(truth, little), invented(truth, little)) == (truth.needs, frozenset())
    assert (missing(truth, much), invented(truth, much)) == (frozenset(), frozenset({"iam:PassRole"}))
    found = score([truth, truth], [little, much])
    assert (found.present, found.clean, found.right) == (1, 1, 0)

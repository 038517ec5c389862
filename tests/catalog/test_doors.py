"""The doors name calls that exist, actions that exist, and evidence that can be had."""

from __future__ import annotations

import runpy
from dataclasses import FrozenInstanceError
from functools import cache
from pathlib import Path

import botocore.session
import pytest

from guestpass.catalog import Door, action_exists, doors, powers
from guestpass.catalog.doors import categories, unlisted_actions

ROOT = Path(__file__).parents[2]


@cache
def _operations(client: str) -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_service_model(client).operation_names)


EVERY = pytest.mark.parametrize("door", doors(), ids=[door.code for door in doors()])


COUNTS = {
    "A": 10,
    "B": 14,
    "C": 20,
    "D": 16,
    "E": 8,
    "F": 9,
    "G": 40,
    "H": 12,
    "I": 37,
    "J": 23,
    "K": 22,
    "L": 18,
    "M": 9,
    "N": 14,
    "O": 14,
    "P": 14,
    "Q": 12,
}


def test_all_doors_are_here() -> None:
    assert {letter: sum(door.category == letter for door in doors()) for letter in categories()} == COUNTS
    assert [door.number for door in doors()] == list(range(1, 293))


def test_the_doors_are_numbered_without_a_gap_within_each_file() -> None:
    for letter in categories():
        numbers = [door.number for door in doors() if door.category == letter]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), letter


@EVERY
def test_what_finds_and_closes_a_door_is_a_call_that_exists(door: Door) -> None:
    for call in (*door.finders, *door.closers):
        client, _, operation = call.partition(":")
        assert operation in _operations(client), call


@EVERY
def test_what_plants_a_door_is_an_action_that_exists(door: Door) -> None:
    for together in door.planting:
        assert together, "an alternative without actions"
        for action in together:
            assert action_exists(action) or action in unlisted_actions(), action


@EVERY
def test_a_door_that_needs_planting_can_be_ruled_out_by_policy(door: Door) -> None:
    assert bool(door.planting) == ("could-not" in door.evidence)
    assert bool(door.planting) or door.need in {"K", "O", "X"}


@EVERY
def test_a_door_says_what_the_logs_would_show_when_the_logs_can_settle_it(door: Door) -> None:
    if "did-not" in door.evidence:
        assert door.events or "cloudtrail:LookupEvents" in door.finders


def test_an_action_is_called_unlisted_only_while_it_is() -> None:
    assert not [action for action in unlisted_actions() if action_exists(action)]


def test_a_door_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        doors()[0].title = "x"  # type: ignore[misc]


def test_the_page_is_what_the_data_says() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "doors_page.py"))
    assert page["TARGET"].read_text(encoding="utf-8") == page["page"](), "run `python tools/doors_page.py`"


def test_powers_are_actions_in_words_with_a_page_each_and_the_worst_first() -> None:
    numbers = {door.number for door in doors()}
    found = powers()
    assert len(found) >= 40
    assert [power.rank for power in found] == sorted(power.rank for power in found)
    assert len({power.action for power in found}) == len(found)
    for power in found:
        assert action_exists(power.action), power.action
        assert power.source.startswith("https://docs.aws.amazon.com/")
        assert set(power.doors) <= numbers
        assert power.words[0].islower()
        assert not power.words.endswith(".")


def test_a_power_that_plants_a_door_names_it() -> None:
    planting = {action: door.number for door in doors() for together in door.planting for action in together}
    for power in powers():
        if power.action in planting and power.doors:
            assert all(
                any(power.action in together for together in door.planting)
                for door in doors()
                if door.number in power.doors
            ), power.action

"""A guest who tries to step over the wall in a hundred ways, with real clients and a real grant, and then as administrator.

Each is tried twice: as the guest that was let in, and again when somebody has attached AdministratorAccess to the same user,
so that the wall stands alone. Each is refused by a statement that is named, or it is one of the few that no policy can hold;
those succeed here, and the wall's own page says so to the owner. `docs/reference/attacks.md` is written from this file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guestpass.loan.agreement import Taken
from guestpass.loan.explain import explain_wall
from guestpass.local import start
from journeys.attacks import ADMIN, ATTACKS, NOT_HELD, NOT_JUDGED, Attack, make_world
from journeys.full_job import FullJob, Recorder, pass_of
from journeys.harness import Loan
from local.speaking import client_of

pytestmark = pytest.mark.journey

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "attacks.md"
ACCESS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What came of one attempt: AWS's error code if there was one, and what the box decided."""

    code: str | None
    decision: Mapping[str, Any]

    @property
    def refused_by(self) -> str:
        """The Deny's Sid, `near X`, or `silent`, of the first check that the wall does not let through."""
        for check in self.decision["checks"]:
            for layer in check["layers"]:
                if layer["layer"] != "boundary" or layer["outcome"] == "allows":
                    continue
                if layer["denied_by"]:
                    return " and ".join(sorted({each["statement"] for each in layer["denied_by"]}))
                nearest = layer["nearest"]
                # the wall does not speak of an action that no statement of it names
                spoken = nearest is not None and nearest["parted_at"] != "action"
                return f"near {nearest['statement']}" if spoken else "silent"
        return "nothing of the wall"


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """Every attempt of one guest, by what it says."""

    granted: Mapping[str, Tried]
    walled: Mapping[str, Tried]
    through: Mapping[str, Tried]
    unknown: Mapping[str, Tried]
    reaches: str


def tried(guest: Recorder, attack: Attack, world: Any) -> Tried:
    service, operation = attack.call.split(".")
    code = None
    try:
        getattr(guest(service, attack.region), operation)(**attack.words(world))
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
    return Tried(code=code, decision=guest.box.decision(guest.asked[-1]))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """One box and one loan; everything is tried in order, first as granted, then with AdministratorAccess beside."""
    with start() as box:
        pass_ = pass_of(box, "acme-shop", "php-mysql", options=(Taken(option="uploads", says=()),))
        loan = Loan(box, pass_, tmp_path_factory.mktemp("loan"))
        loan.do("guard")
        loan.do("grant")
        guest = Recorder(box=box, who=loan.guest())
        job = FullJob(loan, guest)
        for part in (job.look, job.network, job.server, job.disks, job.database, job.uploads):
            part()
        world = make_world(box, job)
        granted = {attack.says: tried(guest, attack, world) for attack in ATTACKS}
        client_of(box, box.owner, "iam").attach_user_policy(UserName=f"{pass_.name}-guest", PolicyArn=ADMIN)
        walled = {attack.says: tried(guest, attack, world) for attack in ATTACKS}
        unknown = {attack.says: tried(guest, attack, world) for attack in NOT_JUDGED}
        client_of(box, box.owner, "iam").detach_user_policy(UserName=f"{pass_.name}-guest", PolicyArn=ADMIN)
        through = {attack.says: tried(guest, attack, world) for attack in NOT_HELD}
        reaches = " ".join(line.not_reached for line in explain_wall(pass_))
        yield Played(granted=granted, walled=walled, through=through, unknown=unknown, reaches=reaches)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.says.replace(" ", "-"))
def test_it_is_refused_as_granted_and_by_the_wall_alone(attack: Attack, played: Played) -> None:
    for made in (played.granted[attack.says], played.walled[attack.says]):
        assert made.code in ACCESS, made
        assert made.decision["checks"], "the box refused what it does not know: that proves nothing"
        assert not made.decision["unmapped"]
    assert played.walled[attack.says].refused_by == attack.refused_by


@pytest.mark.parametrize("attack", NOT_HELD, ids=lambda attack: attack.says.replace(" ", "-"))
def test_what_no_policy_holds_goes_through_and_the_wall_says_so(attack: Attack, played: Played) -> None:
    assert played.through[attack.says].code is None, played.through[attack.says]
    assert attack.reach in played.reaches


@pytest.mark.parametrize("attack", NOT_JUDGED, ids=lambda attack: attack.says.replace(" ", "-"))
def test_what_the_box_does_not_know_is_refused_and_said_to_be_unknown(attack: Attack, played: Played) -> None:
    made = played.unknown[attack.says]
    assert made.code in ACCESS
    assert made.decision["unmapped"], "the box knows it now: it belongs among the attacks"


def test_the_page_of_attacks_is_what_was_tried(played: Played) -> None:
    if os.environ.get("GUESTPASS_GOLDEN") == "write":
        PAGE.write_text(page(played), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(played), "look at the page, then GUESTPASS_GOLDEN=write"


def page(played: Played) -> str:
    """`docs/reference/attacks.md`."""
    rows = [
        f"| {attack.says} | `{_api(played.granted[attack.says], attack)}` | {_words(attack.refused_by)} |"
        for attack in ATTACKS
    ]
    through = [f"| {each.says} | {each.reach} |" for each in NOT_HELD]
    unknown = [f"- {each.says}" for each in NOT_JUDGED]
    return "\n".join(
        (
            "# Ways over the wall, tried",
            "",
            f"{len(ATTACKS)} calls that a guest of `php-mysql` with uploads made on the AWS in the box with real clients: once",
            "with what the pass grants, and once with AdministratorAccess attached to the same user, so that the wall stood",
            "alone. Each was refused both times. `tests/journeys/test_wall_attacks.py` writes this page, and fails when",
            "any of it changes.",
            "",
            "| attempt | what AWS asks for | what refuses it in the wall |",
            "|---|---|---|",
            *rows,
            "",
            "*not allowed by any*: the wall is a list of what is allowed, and no statement of it names the action.",
            "",
            "## What no policy can hold",
            "",
            "These went through. `guestpass wall` says so of each before anything is granted; the trail, the inventory and the",
            "budget watch them.",
            "",
            "| attempt | in the words of `guestpass wall` |",
            "|---|---|",
            *through,
            "",
            "## Not judged",
            "",
            "The AWS in the box does not know what AWS would ask for these, and refuses them without judging the wall.",
            "",
            *unknown,
            "",
        )
    )


def _api(made: Tried, attack: Attack) -> str:
    """The action that was refused."""
    refused = (check["action"] for check in made.decision["checks"] if check["kind"] != "allowed")
    return str(next(refused, attack.call))


def _words(refused_by: str) -> str:
    if refused_by == "silent":
        return "*not allowed by any*"
    if refused_by.startswith("near "):
        return f"not allowed; closest is `{refused_by.removeprefix('near ')}`"
    return "denied by " + " and ".join(f"`{sid}`" for sid in refused_by.split(" and "))


def test_there_are_sixty_ways_and_more_and_no_two_say_the_same() -> None:
    said = [attack.says for attack in (*ATTACKS, *NOT_HELD)]
    assert len(set(said)) == len(said)
    assert len(ATTACKS) >= 60

"""What an instance says of itself becomes findings; it is read as hostile text and never believed to be whole."""

import json

import pytest

from guestpass.loan.host_sweep import Swept, findings_of
from guestpass.report.explained import codes
from guestpass.report.page import text_of
from guestpass.report.sweep import sweep_json, sweep_page


def said(*rows: object) -> Swept:
    return Swept(instance="i-1", answered=True, text="".join(f"{json.dumps(row)}\n" for row in rows))


def test_each_part_of_the_picture_has_a_finding_of_its_own_that_can_be_explained():
    parts = ("keys", "timed", "units", "rights", "sshd", "start", "agents", "sources", "accounts", "setuid",
             "listening", "database", "secrets")  # fmt: skip
    rows = [{"part": part, "item": "x", "says": "new", "ok": False, "how": "y"} for part in parts]
    found = findings_of([said(*rows, {"part": "running", "item": "7 sh", "says": "runs", "ok": False})])
    told = {each.code for each in found}
    assert len(told) == len(parts) + 1
    assert told <= set(codes())


def test_what_is_fine_is_no_finding():
    assert findings_of([said({"part": "keys", "item": "x", "says": "fine", "ok": True})]) == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"part": "keys", "item"',
        "[]",
        '"x"',
        '{"part": 1, "item": "x", "says": "new", "ok": false}',
        "root:x:0:0",
        "\x00",
    ],
)
def test_a_line_that_is_cut_off_or_not_the_scripts_is_said_and_never_dropped(text: str):
    (found,) = findings_of([Swept(instance="i-1", answered=True, text=text)])
    assert found.code == "HST015"


def test_an_instance_that_does_not_answer_is_a_finding():
    (found,) = findings_of(
        [Swept(instance="i-1", answered=False, text="ssm:SendCommand failed with InvalidInstanceId")]
    )
    assert (found.code, "did not answer" in found.says) == ("HST015", True)


def test_a_part_that_nobody_knows_is_said_as_not_looked_at():
    (found,) = findings_of([said({"part": "new-thing", "item": "x", "says": "new", "ok": False, "how": "y"})])
    assert found.code == "HST015"


def test_names_from_the_instance_cannot_drive_the_terminal():
    row = {"part": "keys", "item": "/home/\x1b[2J\u202eevil", "says": "new", "ok": False, "how": "y"}
    found = findings_of([said(row)])
    page = text_of(sweep_page(found, name="acme-shop", machines=("i-1",)), width=80)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert json.loads(json.dumps(sweep_json(found, name="acme-shop", machines=("i-1",))))["findings"]

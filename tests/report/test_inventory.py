"""Who built what, as a page and as a document: as it was kept, inert, and a drawing that Mermaid can read."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.errors import Place
from guestpass.findings import Finding
from guestpass.inventory import Difference, Entry, Inventory, Item, Made, Strange, compare, read_hand_in
from guestpass.report.document import document_markdown
from guestpass.report.flowchart import flowchart, label
from guestpass.report.inventory import inventory_json, inventory_page
from guestpass.report.page import text_of
from guestpass.trail import Reading

HERE = Path(__file__).parent / "golden"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
EC2 = "arn:aws:ec2:eu-west-1:123456789012"
GUEST = "arn:aws:iam::123456789012:user/guestpass/acme-shop/acme-shop-guest"
HOSTILE = '"]\n  end\n click x "javascript:1" \x1b[2J\u202e`|<b>#35;%%{init}%%'


def made(call: str, minutes: int, by: str = GUEST) -> Made:
    return Made(by=by, at=AT - timedelta(minutes=minutes), event=f"1f0a-{minutes}", call=call)


def item(id_: str, type_: str = "ec2:instance", **more: Any) -> Item:
    given_: dict[str, Any] = {
        "arn": f"{EC2}:{type_.split(':')[1]}/{id_}",
        "type": type_,
        "id": id_,
        "region": "eu-west-1",
        "still": "there",
        "made": made("ec2:RunInstances", 50),
    }
    return Item(**(given_ | more))


WEB = item("i-0abc12345678", name="web", within=("vpc-0a1b2c3d", "subnet-0a1b2c3d", "sg-1"))
TOLD = Inventory(
    account="123456789012",
    pass_name="acme-shop",
    at=AT,
    items=(
        WEB,
        item("vol-0abc12345678", "ec2:volume", parent=WEB.arn),
        item("eni-0abc12345678", "ec2:network-interface", parent=WEB.arn, within=("subnet-0a1b2c3d",)),
        item(
            "acme-shop-live",
            "rds:db",
            arn="arn:aws:rds:eu-west-1:123456789012:db:acme-shop-live",
            made=made("rds:CreateDBInstance", 45),
            within=("vpc-0a1b2c3d", "acme-shop-live"),
        ),
        item("vol-0fff", "ec2:volume", made=None, name=HOSTILE),
        item(
            "i-0east", region="us-east-1", made=made("ec2:RunInstances", 40, by=GUEST.replace("user", "role"))
        ),
        item(
            "vol-0dead",
            "ec2:volume",
            still="gone",
            made=made("ec2:CreateVolume", 30),
            ended=made("ec2:DeleteVolume", 20, by="arn:aws:iam::123456789012:user/owner"),
        ),
        item(
            "backdoor",
            "iam:user",
            arn="arn:aws:iam::123456789012:user/backdoor",
            region="",
            still="not known",
        ),
    ),
    strange=(
        Strange(event="1f0a-9", call="quux:CreateThing", by=GUEST, at=AT, why="no table says what it makes"),
    ),
    findings=(
        Finding(
            code="INV002",
            severity="warning",
            says="`sqs:ListQueues` could not be read in eu-west-1: refused",
            because="not known",
            fix="run it again",
        ),
    ),
)
READING = Reading(
    events=(), files=3, source="s3://guestpass-trail-123456789012-eu-west-1", regions=("eu-west-1",)
)
LIST = Difference(
    both=((WEB, Entry(resource=WEB.id, place=Place(file="list.md", line=5))),),
    unlisted=(TOLD.items[5],),
    unfound=(Entry(resource="i-0never", place=Place(file="list.md", line=6)),),
)
ROW = Finding(
    code="INV004", severity="warning", says="`the big one` is no id", because="-", fix="-",
    place=Place(file="list.md", line=7),
)  # fmt: skip


def held(name: str, text: str) -> None:
    path = HERE / name
    if os.environ.get("GUESTPASS_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"there is no {name} yet: GUESTPASS_GOLDEN=write"
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("colour", [False, True], ids=["txt", "ansi"])
def test_the_page_reads_as_it_was_kept(colour: bool) -> None:
    page = inventory_page(TOLD, LIST, rows=(ROW,))
    held(f"inventory.{'ansi' if colour else 'txt'}", text_of(page, colour=colour))


def test_the_page_fits_80_columns_and_nothing_in_it_commands_a_terminal() -> None:
    text = text_of(inventory_page(TOLD, LIST, rows=(ROW,)))
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_json_names_every_thing_and_every_row_of_the_list_that_could_not_be_read() -> None:
    told = inventory_json(TOLD, LIST, rows=(ROW,))
    assert [each["id"] for each in told["items"]] == [each.id for each in TOLD.items]
    assert told["difference"]["unread"] == [{"code": "INV004", "says": ROW.says, "line": 7}]


def test_the_document_reads_as_it_was_kept() -> None:
    held("inventory.md", document_markdown(TOLD, reading=READING))


def test_the_documents_table_can_be_handed_in_again() -> None:
    again = read_hand_in(document_markdown(TOLD), file="document.md")
    assert again.findings == ()
    told = compare(TOLD, again)
    assert (told.unlisted, told.unfound) == ((), ())
    assert len(told.both) == sum(each.still != "gone" for each in TOLD.items)


def test_the_document_of_nothing_says_so() -> None:
    text = document_markdown(replace(TOLD, items=(), strange=(), findings=()))
    assert "Nothing stands." in text
    assert "No event says that the guest made anything." in text


def well_formed(chart: str) -> list[str]:
    """The chart's lines, each of a known shape, with every subgraph ended and every id made once."""
    lines = chart.splitlines()
    assert lines[0] == "flowchart TB"
    ids: list[str] = []
    depth = 0
    for each in lines[1:]:
        found = re.fullmatch(r'\s*(subgraph )?(n\d+)\["([^"\x00-\x1f`]*)"\]|\s*end', each)
        assert found, each
        if found[2] is None:
            depth -= 1
            assert depth >= 0
            continue
        ids.append(found[2])
        depth += bool(found[1])
        assert not re.search(r"[<>{}\\%|;]", re.sub(r"<br/>|#\d+;", "", found[3])), each
    assert depth == 0
    assert len(set(ids)) == len(ids)
    return lines


def test_the_drawing_is_boxes_in_boxes_with_each_thing_in_its_place() -> None:
    lines = well_formed(flowchart("1", [each for each in TOLD.items if each.still != "gone"]))
    text = "\n".join(lines)
    inner = text.split('["vpc-0a1b2c3d"]')[1].split("\n      end")[0]
    assert '["subnet-0a1b2c3d"]' in inner
    assert "i-0abc12345678<br/>web<br/>with 1 network-interface<br/>with 1 volume" in inner
    assert "acme-shop-live" in inner
    assert "i-0east" not in inner
    assert "backdoor ?" in text
    assert '["in no region"]' in text


def test_a_hundred_things_are_drawn_as_a_few_boxes_and_none_is_lost() -> None:
    things = [item(f"i-{n:08x}", within=("vpc-1", f"subnet-{n % 3}")) for n in range(90)]
    things += [item(f"vol-{n}", "ec2:volume") for n in range(10)]
    lines = well_formed(flowchart("1", things))
    assert len(lines) < 25
    assert sum(int(found) for found in re.findall(r'"(\d+) × ', "\n".join(lines))) == 100
    assert "one box" in document_markdown(replace(TOLD, items=tuple(things)))


_TEXT = st.text(max_size=80) | st.just(HOSTILE)


@given(st.lists(st.builds(item, _TEXT, name=_TEXT, region=_TEXT, within=st.tuples(_TEXT)), max_size=8))
def test_no_name_can_end_a_label_a_box_or_the_fence(things: list[Item]) -> None:
    well_formed(flowchart("1", things))
    text = document_markdown(replace(TOLD, items=tuple(things)))
    fences = [each for each in text.splitlines() if each.startswith("```")]
    assert fences in ([], ["```mermaid", "```"])
    assert "\x1b" not in text


@given(_TEXT)
def test_a_label_holds_no_sign_that_mermaid_reads(text: str) -> None:
    assert not re.search(r'["<>\[\]{}|`\n]', label(text))


def test_a_name_cannot_make_a_column_or_an_image_in_the_document() -> None:
    text = document_markdown(replace(TOLD, items=(item("x|y", "ec2:volume", name="![i](http://x) | a | b"),)))
    row = next(each for each in text.splitlines() if each.startswith("| ec2:volume"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 9
    assert "![" not in text

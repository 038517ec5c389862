"""The guest's own list: forms filled in well and badly, and held against the record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestpass.errors import InputError
from guestpass.inventory import FORM, Entry, Inventory, Item, compare, read_hand_in
from inventory.telling import ACCOUNT, EC2, NOW, REGION

RULE = "|---|---|---|---|---|---|"


def listed(*rows: str) -> list[Entry]:
    return list(read_hand_in("\n".join(["# My list", "", FORM, RULE, *rows]), file="list.md").entries)


def names(*rows: str) -> list[str]:
    return [entry.resource for entry in listed(*rows)]


def thing(arn: str, type_: str, id_: str, **more: object) -> Item:
    return Item(**{"arn": arn, "type": type_, "id": id_, "region": REGION, "still": "there", **more})  # type: ignore[arg-type]


def held(*items: Item) -> Inventory:
    return Inventory(account=ACCOUNT, pass_name="acme-shop", at=NOW, items=items)


def test_the_form_of_the_letter_is_read_with_lines_regions_and_purposes() -> None:
    (entry,) = listed("| instance | `i-0abc1234` | eu-west-1 | the shop | keep | ssh |")
    assert (entry.resource, entry.kind, entry.region, entry.purpose) == (
        "i-0abc1234",
        "instance",
        "eu-west-1",
        "the shop",
    )
    assert (entry.place.file, entry.place.line) == ("list.md", 5)


def test_rows_that_were_left_empty_are_passed_over() -> None:
    assert names("| | | eu-west-1 | | | |", "|  | - | eu-west-1 |  |", "| db | shop-db | | | | |") == [
        "shop-db"
    ]


def test_markup_around_an_id_is_taken_off() -> None:
    assert names("| | **i-0abc1234** |", r"| | my\_bucket\|x |", "| | [vol-0abc1234](http://x) |") == [
        "i-0abc1234",
        "vol-0abc1234",
    ]
    assert names("| key | ``acme-shop-key`` |") == ["acme-shop-key"]


def test_several_ids_in_a_cell_are_several_things() -> None:
    assert names("| volumes | vol-0abc1234, vol-0abc1235<br>vol-0abc1236 |") == [
        "vol-0abc1234",
        "vol-0abc1235",
        "vol-0abc1236",
    ]


def test_a_row_of_prose_is_a_finding_with_its_line_and_the_rest_is_read() -> None:
    text = "\n".join(
        [FORM, RULE, "| db | the database, you know | |", "| x | i-0abc1234 | |", "| disk | | |"]
    )
    found = read_hand_in(text, file="list.md")
    assert [entry.resource for entry in found.entries] == ["i-0abc1234"]
    assert [(each.code, each.place.line if each.place else 0) for each in found.findings] == [
        ("INV004", 3),
        ("INV004", 5),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I made an instance, i-0abc1234, and a database.\n",
        "| name | size |\n|---|---|\n| a | b |\n",
        "id or ARN | without a rule\nx | y\n",
        "name,size\na,b\n",
        '"unclosed',
    ],
)
def test_prose_without_a_table_is_refused_with_the_form_as_hint(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_hand_in(text, file="list.md")
    assert caught.value.place is not None
    assert caught.value.place.file == "list.md"
    assert FORM in (caught.value.expected or "")
    assert "form" in (caught.value.hint or "")


@pytest.mark.parametrize("cut", [",", ";", "\t"])
def test_csv_is_read_too(cut: str) -> None:
    rows = [
        ["Type", "ID or ARN", "Region"],
        ["db", "shop-db", "eu-west-1"],
        ["", "", ""],
        ["bucket", "shop", ""],
    ]
    text = "\ufeff" + "\r\n".join(cut.join(row) for row in rows)
    found = read_hand_in(text, file="list.csv")
    assert [(entry.resource, entry.region, entry.place.line) for entry in found.entries] == [
        ("shop-db", "eu-west-1", 2),
        ("shop", "", 4),
    ]


def test_the_list_is_matched_by_arn_id_and_name_and_by_region_where_one_is_given() -> None:
    instance = thing(f"{EC2}:instance/i-0abc1234", "ec2:instance", "i-0abc1234", name="web")
    base = thing(f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop", "rds:db", "shop")
    role = thing(f"arn:aws:iam::{ACCOUNT}:role/app/web-role", "iam:role", "app/web-role", region="")
    rows = [
        f"| | {instance.arn} | |",
        "| | shop | eu-west-1 |",
        "| | web-role | us-east-1 |",
        "| | shop | us-east-1 |",
    ]
    found = compare(held(instance, base, role), read_hand_in("\n".join([FORM, RULE, *rows]), file="l"))
    assert [item.id for item, _ in found.both] == ["i-0abc1234", "shop", "app/web-role"]
    assert [entry.place.line for entry in found.unfound] == [6]
    assert found.unlisted == ()


def test_a_form_that_was_not_filled_in_is_refused_with_its_line() -> None:
    with pytest.raises(InputError) as caught:
        read_hand_in(f"# form\n\n{FORM}\n{RULE}\n| | | eu-west-1 | | | |\n", file="list.md")
    assert caught.value.place is not None
    assert caught.value.place.line == 3


def test_a_name_stands_for_an_id_where_a_column_beside_it_says_of_what() -> None:
    found = read_hand_in("name,type\nshop-db,database\n", file="list.csv")
    assert [(entry.resource, entry.kind) for entry in found.entries] == [("shop-db", "database")]


def test_what_is_gone_or_came_with_a_listed_thing_need_not_be_listed() -> None:
    instance = thing(f"{EC2}:instance/i-0abc1234", "ec2:instance", "i-0abc1234")
    disk = thing(f"{EC2}:volume/vol-1", "ec2:volume", "vol-1", parent=instance.arn)
    server = thing(f"{EC2}:instance/i-2", "ec2:instance", "i-2")
    its = thing(f"{EC2}:volume/vol-9", "ec2:volume", "vol-9", parent=server.arn)
    orphan = thing(f"{EC2}:volume/vol-8", "ec2:volume", "vol-8", parent=f"{EC2}:instance/i-gone")
    old = thing(f"{EC2}:volume/vol-2", "ec2:volume", "vol-2", still="gone")
    stray = thing(f"{EC2}:volume/vol-3", "ec2:volume", "vol-3", still="not known")
    hand_in = read_hand_in(f"{FORM}\n{RULE}\n| | i-0abc1234 |\n", file="l")
    assert [
        item.id for item in compare(held(instance, disk, old, stray, server, its, orphan), hand_in).unlisted
    ] == [
        "vol-3",
        "i-2",
        "vol-8",
    ]


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    for given_ in (text, f"{FORM}\n{RULE}\n{text}", f"id or ARN,region\n{text}"):
        try:
            found = read_hand_in(given_, file="l")
        except InputError:
            continue
        assert all(entry.resource for entry in found.entries)

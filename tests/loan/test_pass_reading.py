"""`pass.yaml` is read whole or refused with the place, what was expected, and a way out."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from guestpass.errors import InputError
from guestpass.loan import read_pass
from guestpass.loan.reading import known_regions, parse_pass

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 12, 1, tzinfo=UTC)
GOOD = """\
pass: acme-shop
account: "111122223333"
guest: {name: Jo Example, login: access-key, key: age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v}
job: {blueprint: php-mysql, instance-types: [t3.micro], database-classes: [db.t3.micro]}
network: {vpc: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d]}
regions: [eu-west-1]
until: 2026-12-31T18:00:00Z
spend: {monthly-usd: 50, notify: owner@example.org}
"""


def refused(text: str, **more: object) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_pass(text, now=NOW, **more)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    return caught.value


def spot(error: InputError) -> tuple[int | None, int | None, str | None]:
    assert error.place is not None
    return error.place.line, error.place.column, error.place.path


def test_a_good_pass_is_read_as_it_is_written() -> None:
    pass_ = parse_pass(GOOD, now=NOW, account="111122223333", regions=["eu-west-1", "us-east-1"])
    assert (pass_.name, pass_.account, pass_.regions) == ("acme-shop", "111122223333", ("eu-west-1",))
    assert pass_.until == datetime(2026, 12, 31, 18, tzinfo=UTC)
    assert pass_.spend.monthly_usd == Decimal(50)
    assert pass_.job.image_owners == ("amazon",)
    assert pass_.partition == "aws"


def test_the_example_is_a_good_pass() -> None:
    assert read_pass(ROOT / "examples" / "php-mysql" / "pass.yaml", now=NOW).name == "acme-shop"


def test_an_account_that_begins_with_zero_keeps_it_even_without_quotes() -> None:
    assert parse_pass(GOOD.replace('"111122223333"', "012345678901")).account == "012345678901"


def test_a_bare_date_is_the_end_of_that_day_in_utc() -> None:
    pass_ = parse_pass(GOOD.replace("2026-12-31T18:00:00Z", "2026-12-31"))
    assert pass_.until == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_time_in_another_zone_is_the_same_time_in_utc() -> None:
    pass_ = parse_pass(GOOD.replace("18:00:00Z", "18:00:00+02:00"))
    assert pass_.until == datetime(2026, 12, 31, 16, tzinfo=UTC)


def test_regions_of_china_make_a_pass_of_that_partition() -> None:
    assert parse_pass(GOOD.replace("eu-west-1", "cn-north-1")).partition == "aws-cn"


def test_an_old_pass_can_still_be_read_where_no_time_is_given() -> None:
    assert parse_pass(GOOD.replace("2026-12-31", "2020-12-31")).until.year == 2020


WRONG = {
    "a mistyped field": (
        "network:",
        "netwrok:",
        "unknown field `netwrok`",
        "did you mean `network`?",
        (5, 1),
    ),
    "a mistyped inner field": ("login:", "logn:", "unknown field `logn`", "did you mean `login`?", (3, 27)),
    "a missing field": (
        "spend: {monthly-usd: 50, notify: owner@example.org}",
        "",
        "field `spend` is missing",
        "",
        (1, 1),
    ),
    "an unknown blueprint": (
        "php-mysql",
        "php-mysq",
        "unknown blueprint `php-mysq`",
        "did you mean `php-mysql`?",
        (4, 18),
    ),
    "an unknown login": ("access-key", "keys", "unknown login `keys`", "", (3, 34)),
    "a past date": ("2026-12-31T", "2026-11-30T", "is past", "", (7, 8)),
    "no zone": ("18:00:00Z", "18:00:00", "says no zone", "until:", (7, 8)),
    "no date": ("2026-12-31T18:00:00Z", "next week", "`next week` is not a time", "", (7, 8)),
    "an impossible date": ("2026-12-31T", "2026-02-31T", "is not a time", "", (7, 8)),
    "a week date": ("2026-12-31T18:00:00Z", "2026-W50-1", "is not a time", "", (7, 8)),
    "a number for a date": ("2026-12-31T18:00:00Z", "20261231", "is not a time", "", (7, 8)),
    "an unknown region": (
        "eu-west-1",
        "eu-west-9",
        "unknown region `eu-west-9`",
        "did you mean `eu-west-",
        (6, 11),
    ),
    "a region twice": ("[eu-west-1]", "[eu-west-1, eu-west-1]", "stands twice", "", (6, 22)),
    "two partitions": ("[eu-west-1]", "[eu-west-1, cn-north-1]", "different partitions", "", (6, 22)),
    "no region": ("[eu-west-1]", "[]", "is empty", "", (6, 10)),
    "a region without a list": ("[eu-west-1]", "eu-west-1", "is not a list", "", (6, 10)),
    "a short account": ("111122223333", "1111", "is not an AWS account", "aws sts", (2, 10)),
    "a bad name": ("acme-shop", "Acme_Shop", "cannot name a pass", "", (1, 7)),
    "a double hyphen": ("acme-shop", "acme--shop", "cannot name a pass", "", (1, 7)),
    "a name that is too long": ("acme-shop", "a" * 25, "cannot name a pass", "", (1, 7)),
    "a pattern for sizes": ("t3.micro]", "t3.*]", "is not an instance type", "", (4, 46)),
    "a database class without db": ("[db.t3.micro]", "[t3.micro]", "is not a database class", "", (4, 76)),
    "an ARN for a VPC": ("vpc-0a1b2c3d", "arn-vpc", "is not a VPC", "aws ec2", (5, 16)),
    "a subnet that is none": ("subnet-0a1b2c3d", "subnet-*", "is not a subnet", "", (5, 40)),
    "no money": ("50", "0", "is not an amount", "", (8, 22)),
    "negative money": ("50", "-50", "is not an amount", "", (8, 22)),
    "money that is no number": ("50", "NaN", "is not an amount", "", (8, 22)),
    "a bad address": ("owner@example.org", "owner", "is not a mail address", "", (8, 34)),
    "an empty value": ("pass: acme-shop", "pass:", "is empty", "", (1, 1)),
    "a list for a name": ("pass: acme-shop", "pass: [a, b]", "is not a single value", "", (1, 7)),
    "a text for a mapping": (
        "spend: {monthly-usd: 50, notify: owner@example.org}",
        "spend: much",
        "is not a mapping",
        "",
        (8, 8),
    ),
    "a tag": ("php-mysql", "!!python/name:os.system x", "are not read", "", (4, 18)),
    "an anchor": ("pass: acme-shop", "pass: &name acme-shop", "are not read", "", (1, 7)),
    "broken YAML": ("[eu-west-1]", "[eu-west-1", "not YAML", "", None),
}


@pytest.mark.parametrize(("good", "bad", "says", "hint", "at"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_place(
    good: str, bad: str, says: str, hint: str, at: tuple[int, int] | None
) -> None:
    assert good in GOOD
    error = refused(GOOD.replace(good, bad))
    assert says in error.says
    assert hint in (error.hint or "")
    assert error.place is not None
    assert error.place.file == "pass.yaml"
    if at is not None:
        assert spot(error)[:2] == at
    assert error.says[0].islower() or error.says[0] == "`" or error.says.startswith("not YAML")
    assert not error.says.endswith(".")


def test_an_unknown_blueprint_lists_the_known_ones() -> None:
    assert "`php-mysql`" in (refused(GOOD.replace("php-mysql", "rails")).expected or "")


def test_the_path_leads_to_the_entry() -> None:
    assert spot(refused(GOOD.replace("[t3.micro]", "[t3.micro, huge]")))[2] == "$.job.instance-types[1]"


def test_a_field_twice_is_refused_at_the_second() -> None:
    error = refused(GOOD + "pass: other-shop\n")
    assert "twice" in error.says
    assert spot(error)[:2] == (9, 1)


def test_a_second_document_is_refused() -> None:
    assert "second document" in refused(GOOD + "---\npass: other\n").says


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert "empty" in refused(text).says or "is not a mapping" in refused(text).says


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "42"])
def test_what_is_not_a_mapping_is_refused(text: str) -> None:
    assert "is not a mapping" in refused(text).says


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x1b", "\x85", "\ud800"])
def test_a_control_character_is_refused_with_its_place_and_never_printed(letter: str) -> None:
    error = refused(GOOD.replace("Jo Example", f"Jo{letter} Example"))
    assert "control character" in error.says
    assert letter not in error.says
    assert spot(error)[:2] == (3, 17)


def test_an_alias_bomb_is_refused_before_it_is_built() -> None:
    bomb = "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a,*a]\n" for n in range(20))
    assert "are not read" in refused(bomb).says


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    assert "nested too deep" in refused("pass: " + "[" * 20_000).says


def test_a_guest_with_a_role_needs_an_account_and_no_key() -> None:
    role = GOOD.replace("login: access-key, key: age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v",
                        'login: role, account: "444455556666"')  # fmt: skip
    assert parse_pass(role).guest.account == "444455556666"
    assert "needs the guest's own account" in refused(role.replace(', account: "444455556666"', "")).says


def test_an_access_key_needs_a_key_to_be_sealed_to() -> None:
    error = refused(GOOD.replace(", key: age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v", ""))
    assert "public key" in error.says
    assert error.hint


AGE = "age1d3ctellzjmqhftk4wfqrm4t3ya9zk7farxh8q8aar7r5q4efwd6qauz29v"
KEYS = {
    "a private key": ("-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk", "private key"),
    "an age identity": ("AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQ", "private key"),
    "a truncated ssh key": ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ", "cannot be read"),
    "a mistyped age key": (AGE[:-1] + "q", "cannot be read"),
    "an ECDSA key": ("ecdsa-sha2-nistp256 AAAAE2VjZHNh", "`ecdsa-sha2-nistp256` key cannot be sealed to"),
    "no key": ("hunter2", "not a key"),
    "a post-quantum age key": ("age1pq1qqqq", "cannot be read"),
}


@pytest.mark.parametrize(("key", "says"), KEYS.values(), ids=KEYS)
def test_a_key_that_nothing_can_be_sealed_to_is_refused_and_never_repeated(key: str, says: str) -> None:
    error = refused(GOOD.replace(AGE, f'"{key}"'))
    assert says in error.says
    assert key not in f"{error.says} {error.expected} {error.hint}"


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_ssh_key_with_its_comment_is_taken(kind: str) -> None:
    made = Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    line = made.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert parse_pass(GOOD.replace(AGE, f"{line} jo@laptop")).guest.key == f"{line} jo@laptop"


def test_a_pass_for_another_account_than_the_callers_is_refused() -> None:
    error = refused(GOOD, account="999999999999")
    assert "`111122223333`" in error.says
    assert "`999999999999`" in error.says
    assert spot(error) == (2, 10, "$.account")


def test_a_region_that_is_not_switched_on_is_refused() -> None:
    assert "not switched on" in refused(GOOD, regions=["us-east-1"]).says


def test_a_file_that_is_not_there_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not there") as caught:
        read_pass(tmp_path / "none.yaml")
    assert caught.value.hint == "guestpass init"


def test_a_folder_a_large_file_and_a_binary_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_pass(tmp_path)
    large = tmp_path / "large.yaml"
    large.write_text("# " + "x" * 70_000)
    with pytest.raises(InputError, match="too large"):
        read_pass(large)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"pass: a\nname: \xff\xfe")
    with pytest.raises(InputError, match="not UTF-8") as caught:
        read_pass(binary)
    assert caught.value.place is not None
    assert caught.value.place.line == 2


def test_the_table_of_regions_is_boto3s() -> None:
    """The table ships with guestpass because this room may not import boto3; it must not fall behind."""
    import boto3

    session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x")
    known = {
        region: partition
        for partition in ("aws", "aws-cn", "aws-us-gov")
        for region in session.get_available_regions("ec2", partition_name=partition)
    }
    assert known.items() <= known_regions().items()

"""What every test stands on: nobody's credentials, no way past 127.0.0.1, and an AWS in the box for each file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Machines are shared and noisy: no test asserts on time (docs/testing.md).
settings.register_profile("guestpass", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("guestpass")

for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ |= {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    # Whatever would still leave goes to a port where nothing listens.
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}

from guestpass.local import Box, Credentials, start  # noqa: E402 - the environment comes first
from local.speaking import REGION, Client, client_of, document  # noqa: E402


@pytest.fixture(scope="module")
def shared_box() -> Iterator[Box]:
    """One box a test file, so that no file meets what another has made; use `box`, which puts its clock back."""
    with start() as box:
        yield box


@pytest.fixture
def box(shared_box: Box) -> Iterator[Box]:
    """The shared box on real time. Tests give what they make names of their own."""
    yield shared_box
    shared_box.reset_clock()


@pytest.fixture
def fresh_box() -> Iterator[Box]:
    """A box of one's own."""
    with start() as box:
        yield box


@pytest.fixture
def owner(box: Box) -> Client:
    """`owner("iam")` is a client of the account's administrator."""
    return lambda service, region=REGION: client_of(box, box.owner, service, region)


@pytest.fixture
def client(box: Box) -> Client:
    """`client(credentials, "ec2")` is a client of anyone."""
    return lambda credentials, service, region=REGION: client_of(box, credentials, service, region)


@pytest.fixture
def new_user(box: Box, owner: Client) -> Callable[..., Credentials]:
    """`new_user("ann", statements...)` makes a user with one inline policy and gives its key."""

    def make(name: str, *statements: dict[str, Any], **more: Any) -> Credentials:
        iam = owner("iam")
        iam.create_user(UserName=name, **more)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="job", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(
            access_key_id=key["AccessKeyId"],
            secret_access_key=key["SecretAccessKey"],
            account=box.owner.account,
        )

    return make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many scenarios the engine and the specification were held to."""
    tables = (Path(__file__).parent / "scenarios").glob("*.yaml")
    rows = sum(table.read_text(encoding="utf-8").count("\n- ") for table in tables)
    terminalreporter.write_line(f"{rows} scenarios of AWS's evaluation rules")

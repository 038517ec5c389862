"""The box as it stands at the start: two accounts with an administrator each, and a root key."""

from __future__ import annotations

import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guestpass.local.gateway import Gateway

OWNER_ACCOUNT = "123456789012"
GUEST_ACCOUNT = "210987654321"
REGION = "us-east-1"
_LOOKS_EVERY = 0.5


def settle_environment() -> None:
    """Make the process blind to the user's own AWS settings. Must run before moto is imported."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MOTO_")):
            del os.environ[name]
    os.environ |= {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # moto makes clients of its own in a few places; they must have no one's keys.
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": REGION,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "false",
        "MOTO_DISABLE_GLOBAL_CORS": "true",
        "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true",
        "MOTO_ALLOW_NONEXISTENT_REGION": "false",
        # a handful of public images of our own naming: moto's hundreds, with a snapshot each, make every
        # listing take seconds
        "MOTO_AMIS_PATH": str(Path(__file__).parent / "backend" / "images.json"),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A box that is ready to be served."""

    answer: Any
    hello: dict[str, Any] = field(repr=False)


def boot(delivery: float | None = None, *, machines: bool = False, port: int = 0) -> Started:
    """Build the box. The environment must have been settled.

    `delivery` is how many seconds an event waits for its trail's file; with `machines` instances and databases are real
    ones on 127.0.0.1, whose programs call AWS at `port`. Raises ValueError where that is no time.
    """
    from guestpass.local.backend import iam
    from guestpass.local.callers import Callers, RootKey
    from guestpass.local.clock import Clock
    from guestpass.local.control import Control
    from guestpass.local.delivery import Deliverer
    from guestpass.local.gateway import Gateway
    from guestpass.local.machines import Machines
    from guestpass.local.record import Record
    from guestpass.local.sessions import Sessions, fresh_key_id, fresh_secret

    clock, sessions, token = Clock(), Sessions(), secrets.token_urlsafe(32)
    root = RootKey(account=OWNER_ACCOUNT, access_key_id=fresh_key_id("AKIA"), secret=fresh_secret())
    owner = iam.make_administrator(OWNER_ACCOUNT, "owner")
    guest = iam.make_administrator(GUEST_ACCOUNT, "guest")
    callers = Callers(accounts=(OWNER_ACCOUNT, GUEST_ACCOUNT), roots=(root,), sessions=sessions, clock=clock)
    deliverer = Deliverer(clock=clock)
    if delivery is not None:
        deliverer.set_delay(delivery)
    gateway = Gateway(
        callers=callers,
        sessions=sessions,
        clock=clock,
        record=Record(),
        deliverer=deliverer,
        machines=Machines(on=machines, endpoint=f"http://127.0.0.1:{port}"),
    )
    threading.Thread(target=_deliver, args=(gateway,), name="delivery", daemon=True).start()
    control = Control(gateway=gateway, clock=clock, token=token)
    return Started(
        answer=control.answer,
        hello={
            "control_token": token,
            "owner": {"access_key_id": owner[0], "secret_access_key": owner[1], "account": OWNER_ACCOUNT},
            "root": {
                "access_key_id": root.access_key_id,
                "secret_access_key": root.secret,
                "account": OWNER_ACCOUNT,
            },
            "guest_account": {
                "access_key_id": guest[0],
                "secret_access_key": guest[1],
                "account": GUEST_ACCOUNT,
            },
        },
    )


def _deliver(gateway: Gateway) -> None:
    """Deliver what is due, for as long as the process lives."""
    rest = threading.Event()
    while not rest.wait(_LOOKS_EVERY):
        gateway.deliver(all_=False)


def warm() -> None:
    """Load what the first calls would otherwise wait for."""
    from guestpass.local.backend import wire
    from guestpass.local.backend.stored import stored

    stored(f"arn:aws:ec2:{REGION}:{OWNER_ACCOUNT}:vpc/none", OWNER_ACCOUNT, REGION)
    for service in ("ec2", "iam", "sts"):
        wire.service_model(service)

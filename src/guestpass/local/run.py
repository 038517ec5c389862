"""`guestpass local`: a box in the foreground, and a file to source that leads clients to it."""

from __future__ import annotations

import os
import shlex
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from guestpass.errors import AccountError, InputError
from guestpass.local.box import Box, start
from guestpass.local.machines import missing_programs

REGION = "us-east-1"


class _Stop(Exception):  # noqa: N818 - not an error: the user said stop
    pass


def run(
    port: int,
    write_env_to: Path,
    tell: Callable[[str], None],
    *,
    region: str = REGION,
    delivery: float | None = None,
    machines: bool = False,
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    `write_env_to` (mode 0600) is written when the box answers and removed when it stops; `tell` gets lines
    for the reader. Raises InputError where the port is taken or the file cannot be written, AccountError
    where the box dies.
    """
    with _until_told(), start(port, delivery=delivery, machines=machines) as box:
        _write(write_env_to, _to_source(box, region))
        try:
            tell(f"the AWS in the box listens on {box.endpoint_url} (account {box.owner.account})")
            tell(f"source {shlex.quote(str(write_env_to))}")
            tell(f"aws --endpoint-url {box.endpoint_url} sts get-caller-identity")
            for lacking in missing_programs() if machines else ():
                tell(lacking)
            tell("stop it with Ctrl-C; everything in it is then gone")
            _wait(box)
        finally:
            write_env_to.unlink(missing_ok=True)


def _wait(box: Box) -> None:
    try:
        while box.alive:
            signal.sigtimedwait((), 1)
    except (_Stop, KeyboardInterrupt):
        return
    raise AccountError("the AWS in the box has stopped by itself", call="local:Run", code="Unreachable")


@contextmanager
def _until_told() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that everything is put away as after Ctrl-C.

    Ctrl-C is listened to even where a shell has started this in the background, which leaves SIGINT ignored.
    """

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise _Stop

    before = signal.signal(signal.SIGTERM, stop)
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except (_Stop, KeyboardInterrupt):
        return  # told to stop while it was still starting
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)


def _to_source(box: Box, region: str) -> str:
    settings = {
        "AWS_ENDPOINT_URL": box.endpoint_url,
        "AWS_ACCESS_KEY_ID": box.owner.access_key_id,
        "AWS_SECRET_ACCESS_KEY": box.owner.secret_access_key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "GUESTPASS_CONTROL_TOKEN": box.control_token,
    }
    lines = [
        "# Leads AWS clients to the AWS in the box. The aws CLI needs --endpoint-url as well.",
        "unset AWS_PROFILE AWS_SESSION_TOKEN",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
    ]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            f"`{path}` cannot be written: {error.strerror}", hint="guestpass local --env FILE"
        ) from error

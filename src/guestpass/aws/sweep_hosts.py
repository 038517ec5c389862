"""Asking the instances of a pass what stands on them now; the script there only reads for this."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from guestpass.account.site import Machine
from guestpass.aws.hands import Hands
from guestpass.errors import AccountError
from guestpass.host import PROGRAM
from guestpass.loan.host_sweep import Swept, row_of
from guestpass.loan.step import Call

_KEY = re.compile(r"[a-z0-9@.-]{1,60} [A-Za-z0-9+/]+={0,3}")
_PATIENCE = 300.0
_OVER = ("Success", "Failed", "TimedOut", "Cancelled")


def sweep_hosts(
    hands: Hands, name: str, machines: Sequence[Machine], *, sleep: Callable[[float], None] = time.sleep
) -> tuple[Swept, ...]:
    """What each instance says of itself. One that cannot be asked, or does not answer, says so in its place."""
    return tuple(_one(hands, name, machine, sleep) for machine in machines)


def host_keys(hands: Hands, name: str, machine: Machine) -> tuple[str, ...]:
    """The instance's SSH host keys, as it told them when the guest was let in; empty when nobody remembers.

    AWS: SSM keeps a command's outcome for thirty days.
    """
    seen = Call(
        service="ssm",
        operation="ListCommandInvocations",
        parameters={"InstanceId": machine.id, "Details": True, "MaxResults": 50},
        region=machine.region,
    )
    for told in hands.call(seen).get("CommandInvocations") or ():
        if (
            str(told.get("Comment", "")).startswith(f"guestpass {name} admit ")
            and told["Status"] == "Success"
        ):
            text = "".join(str(plugin.get("Output", "")) for plugin in told.get("CommandPlugins") or ())
            rows = (row_of(line) for line in text.splitlines())
            keys = [str(row["says"]) for row in rows if row is not None and row["part"] == "host-key"]
            return tuple(key for key in keys if _KEY.fullmatch(key))
    return ()


def _one(hands: Hands, name: str, machine: Machine, sleep: Callable[[float], None]) -> Swept:
    try:
        sent = hands.call(
            Call(
                service="ssm",
                operation="SendCommand",
                parameters={
                    "DocumentName": "AWS-RunShellScript",
                    "InstanceIds": [machine.id],
                    "Comment": f"guestpass {name} sweep",
                    "TimeoutSeconds": 60,
                    "Parameters": {"commands": [f"{PROGRAM} sweep"]},
                },
                region=machine.region,
            )
        )["Command"]["CommandId"]
        return _answer(hands, machine, str(sent), sleep)
    except AccountError as error:
        return Swept(instance=machine.id, answered=False, text=f"{error.call} failed with {error.code}")


def _answer(hands: Hands, machine: Machine, command: str, sleep: Callable[[float], None]) -> Swept:
    seen = Call(
        service="ssm",
        operation="GetCommandInvocation",
        parameters={"CommandId": command, "InstanceId": machine.id},
        region=machine.region,
    )
    waited, pause = 0.0, 0.2
    while waited < _PATIENCE:
        try:
            told = hands.call(seen)
        except AccountError as error:
            # AWS: SSM API Reference, GetCommandInvocation: known a moment after it was sent
            if error.code != "InvocationDoesNotExist":
                raise
            told = {"Status": "Pending"}
        if told["Status"] in _OVER:
            text = str(told.get("StandardOutputContent") or "")
            done = told["Status"] == "Success"
            return Swept(
                instance=machine.id, answered=done, text=text if done else f"the sweep {told['Status']}"
            )
        sleep(pause)
        waited += pause
        pause = min(pause * 1.7, 5.0)
    return Swept(instance=machine.id, answered=False, text="no answer in time")

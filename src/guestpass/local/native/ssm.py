"""Systems Manager's commands, and the machines of instances and databases: what moto only pretends is done here."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from guestpass.host import read_user_data
from guestpass.local.backend import iam
from guestpass.local.exchange import Refusal
from guestpass.local.machines import Host, Invocation, Store, fresh_command
from guestpass.local.native.call import Call

_DOCUMENT = "AWS-RunShellScript"
PORT_TAG, USER_TAG = "guestpass-local-port", "guestpass-local-user"
"""On an instance whose machine is real: its sshd's port and the account's name. The address is 127.0.0.1."""


# ---- commands


def send_command(call: Call) -> Mapping[str, Any]:
    """SendCommand: AWS-RunShellScript on instances by id."""
    if call.need("DocumentName") != _DOCUMENT:
        raise Refusal("InvalidDocument", f"The AWS in the box knows {_DOCUMENT} alone.", literal=True)
    named = [str(each) for each in call.get("InstanceIds") or ()]
    lines = tuple(str(line) for line in (call.get("Parameters") or {}).get("commands") or ())
    if not lines:
        raise Refusal("InvalidParameters", "The parameter commands is required.", literal=True)
    hosts = [_host(call, each) for each in named]
    unreachable = [
        each for each, host in zip(named, hosts, strict=True) if host is None or host.ping != "Online"
    ]
    if unreachable or not named:
        says = (
            f"Instances [[{', '.join(unreachable)}]] not in a valid state for account {call.caller.account}"
        )
        raise Refusal("InvalidInstanceId", says, literal=True)
    command, now = fresh_command(), call.clock.now()
    for each in named:
        call.machines.run(
            Invocation(
                command=command,
                instance=each,
                account=call.caller.account,
                region=call.region,
                document=_DOCUMENT,
                comment=str(call.get("Comment") or ""),
                at=now,
                lines=lines,
            )
        )
    return {
        "Command": {
            "CommandId": command,
            "DocumentName": _DOCUMENT,
            "Comment": str(call.get("Comment") or ""),
            "InstanceIds": named,
            "Parameters": call.get("Parameters") or {},
            "RequestedDateTime": now,
            "Status": "Pending",
            "StatusDetails": "Pending",
            "TargetCount": len(named),
            "CompletedCount": 0,
            "ErrorCount": 0,
        }
    }


def get_command_invocation(call: Call) -> Mapping[str, Any]:
    """GetCommandInvocation: one command's outcome on one instance."""
    command, instance = call.need("CommandId"), call.need("InstanceId")
    for told in _invocations(call):
        if told.command == command and told.instance == instance:
            return {
                "CommandId": command,
                "InstanceId": instance,
                "Comment": told.comment,
                "DocumentName": told.document,
                "PluginName": "aws:runShellScript",
                "ResponseCode": told.code,
                "ExecutionStartDateTime": told.at.isoformat(),
                "Status": told.status,
                "StatusDetails": told.status,
                "StandardOutputContent": told.output,
                "StandardErrorContent": "",
            }
    raise Refusal("InvocationDoesNotExist", "", literal=True)


def list_command_invocations(call: Call) -> Mapping[str, Any]:
    """ListCommandInvocations: the newest first, one page. `Details` brings the beginning of what they said."""
    command, instance = call.get("CommandId"), call.get("InstanceId")
    if call.get("Filters"):
        raise Refusal("InvalidFilterKey", "The AWS in the box has no filters of commands.", literal=True)
    found = [
        told
        for told in reversed(_invocations(call))
        if command in (None, told.command) and instance in (None, told.instance)
    ]
    size = int(call.get("MaxResults") or 50)
    return {"CommandInvocations": [_listed(told, bool(call.get("Details"))) for told in found[:size]]}


def _listed(told: Invocation, details: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "CommandId": told.command,
        "InstanceId": told.instance,
        "Comment": told.comment,
        "DocumentName": told.document,
        "RequestedDateTime": told.at,
        "Status": told.status,
        "StatusDetails": told.status,
    }
    if details:
        # AWS: SSM API Reference, CommandPlugin, Output: the first 2,500 characters
        row["CommandPlugins"] = [
            {
                "Name": "aws:runShellScript",
                "Status": told.status,
                "ResponseCode": told.code,
                "Output": told.output[:2500],
            }
        ]
    return row


def describe_instance_information(call: Call) -> Mapping[str, Any]:
    """DescribeInstanceInformation: the instances whose agent has ever been heard."""
    rows = []
    for host in call.machines.hosts.values():
        if (host.account, host.region) != (call.caller.account, call.region) or not (
            host.told or host.trouble
        ):
            continue
        if not all(_matches(call, host, each) for each in call.get("Filters") or ()):
            continue
        rows.append(
            {
                "InstanceId": host.instance,
                "PingStatus": host.ping,
                "LastPingDateTime": call.clock.now(),
                "PlatformType": "Linux",
                "ResourceType": "EC2Instance",
                "ComputerName": f"{host.trouble}: {host.hint}" if host.trouble else host.instance,
            }
        )
    return {"InstanceInformationList": rows}


def _matches(call: Call, host: Host, told: Mapping[str, Any]) -> bool:
    key, values = str(told.get("Key", "")), [str(value) for value in told.get("Values") or ()]
    if key == "InstanceIds":
        return host.instance in values
    if key == "PingStatus":
        return host.ping in values
    if key.startswith("tag:"):
        return any(
            tag["key"] == key.removeprefix("tag:") and tag["value"] in values
            for tag in _instance(call.caller.account, call.region, host.instance).get_tags()
        )
    raise Refusal("InvalidFilterKey", f"The filter {key} is not known.", literal=True)


def _host(call: Call, instance: str) -> Host | None:
    host = call.machines.hosts.get(instance)
    mine = host is not None and (host.account, host.region) == (call.caller.account, call.region)
    return host if mine else None


def _invocations(call: Call) -> list[Invocation]:
    here = (call.caller.account, call.region)
    return [told for told in call.machines.invocations if (told.account, told.region) == here]


def _instance(account: str, region: str, instance: str) -> Any:
    return ec2_backends[account][region].get_instance(instance)


# ---- what happens to instances


def _launched(call: Call, content: dict[str, Any]) -> None:
    """RunInstances: what guestpass's own user data sets up gets a real machine."""
    setup = read_user_data(_plain(call.get("UserData")))
    if setup is None:
        return
    for told in content.get("Instances") or ():
        named = call.get("IamInstanceProfile") or {}
        profile = str(named.get("Name") or str(named.get("Arn", "")).rpartition("/")[2])
        host = Host(
            instance=told["InstanceId"],
            account=call.caller.account,
            region=call.region,
            role=iam.role_of_profile(call.caller.account, profile) if profile else None,
        )
        call.machines.launch(host, setup)


def _plain(data: Any) -> str:
    try:
        return base64.b64decode(str(data or ""), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _turned(verb: str) -> Callable[[Call, dict[str, Any]], None]:
    def turn(call: Call, content: dict[str, Any]) -> None:
        del content
        for instance in call.get("InstanceIds") or ():
            if _host(call, str(instance)) is not None:
                call.machines.turn(str(instance), verb)

    return turn


def _found(call: Call) -> None:
    """DescribeInstances: a machine is reached at 127.0.0.1, at the port that its tag says."""
    for host in call.machines.hosts.values():
        if (host.account, host.region) == (call.caller.account, call.region) and host.told:
            held = _instance(host.account, host.region, host.instance)
            for nic in held.nics.values():
                nic.public_ip = "127.0.0.1"
            held.add_tags({PORT_TAG: str(host.told["port"]), USER_TAG: str(host.told["user"])})


# ---- what happens to databases


def _made(call: Call, content: dict[str, Any]) -> dict[str, Any]:
    """CreateDBInstance: the managed password is one, and in a box with machines so is the server."""
    told = content["DBInstance"]
    secret = (told.get("MasterUserSecret") or {}).get("SecretArn")
    if secret is None:
        return content
    password = secrets.token_hex(16)
    held = rds_backends[call.caller.account][call.region].secretsmanager.secrets[secret]
    name = str(told["MasterUsername"])
    text = json.dumps({"username": name, "password": password})
    for version in held.versions.values():
        version["secret_string"] = text
    if call.machines.on and told.get("Engine") == "mariadb":
        call.machines.store(
            Store(name=told["DBInstanceIdentifier"], account=call.caller.account, region=call.region),
            user=name,
            password=password,
            schema=str(told.get("DBName") or "mysql"),
        )
        _mend(call, told)
    return content


def _seen(call: Call, content: dict[str, Any]) -> dict[str, Any]:
    for told in content.get("DBInstances") or ():
        _mend(call, told)
    return content


def _mend(call: Call, told: dict[str, Any]) -> None:
    """Where a real server stands behind a database, its address and its state are the server's."""
    store = call.machines.stores.get((call.caller.account, call.region, told["DBInstanceIdentifier"]))
    if store is None:
        return
    if store.trouble is not None:
        told["DBInstanceStatus"] = "failed"
        told["StatusInfos"] = [
            {"StatusType": "local", "Normal": False, "Status": "failed", "Message": store.trouble}
        ]
    elif store.port is None:
        told["DBInstanceStatus"] = "creating"
        told.pop("Endpoint", None)
    else:
        told["Endpoint"] = {"Address": "127.0.0.1", "Port": store.port}


def _dropped(call: Call, content: dict[str, Any]) -> None:
    del content
    call.machines.drop(call.caller.account, call.region, str(call.get("DBInstanceIdentifier")).lower())


ANSWERED: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {
    "SendCommand": send_command,
    "GetCommandInvocation": get_command_invocation,
    "ListCommandInvocations": list_command_invocations,
    "DescribeInstanceInformation": describe_instance_information,
}

Mend = Callable[[Call, dict[str, Any]], Mapping[str, Any] | None]

EC2_BEFORE: Mapping[str, Callable[[Call], None]] = {"DescribeInstances": _found}
EC2_AFTER: Mapping[str, Mend] = {
    "RunInstances": _launched,
    "StopInstances": _turned("stop"),
    "StartInstances": _turned("start"),
    "TerminateInstances": _turned("end"),
}
RDS_AFTER: Mapping[str, Mend] = {
    "CreateDBInstance": _made,
    "DescribeDBInstances": _seen,
    "DeleteDBInstance": _dropped,
}

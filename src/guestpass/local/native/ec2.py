"""EC2 where moto forgets: the tags that a launch gives to the interfaces it makes, and that they go with the instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.ec2.models import ec2_backends

from guestpass.local.native.call import Call


def tag_interfaces(call: Call, content: dict[str, Any]) -> None:
    """RunInstances: moto tags instances and volumes, and leaves the interfaces bare."""
    # AWS: EC2 API Reference, RunInstances, TagSpecification: instance, volume, network-interface, …
    tags = {
        str(tag["Key"]): str(tag.get("Value", ""))
        for told in call.get("TagSpecifications") or ()
        if told.get("ResourceType") == "network-interface"
        for tag in told.get("Tags") or ()
    }
    if not tags:
        return
    backend = ec2_backends[call.caller.account][call.region]
    for told in content.get("Instances") or ():
        for interface in backend.get_instance(told["InstanceId"]).nics.values():
            interface.add_tags(tags)


def let_interfaces_go(call: Call, content: dict[str, Any]) -> None:
    """RunInstances: an interface that the launch makes is deleted with its instance; moto would leave it standing."""
    # AWS: EC2 User Guide, "Network interfaces for your instances": made at launch, it is deleted on termination
    # unless the launch says otherwise; one that was there before stays
    told = call.get("NetworkInterfaces") or ()
    older = {each["NetworkInterfaceId"] for each in told if "NetworkInterfaceId" in each}
    kept = {each.get("DeviceIndex", 0) for each in told if each.get("DeleteOnTermination") is False}
    backend = ec2_backends[call.caller.account][call.region]
    for launched in content.get("Instances") or ():
        for interface in backend.get_instance(launched["InstanceId"]).nics.values():
            if interface.id not in older and interface.device_index not in kept:
                interface.delete_on_termination = True


def after_launch(call: Call, content: dict[str, Any]) -> None:
    """RunInstances: both."""
    tag_interfaces(call, content)
    let_interfaces_go(call, content)


AFTER: Mapping[str, Callable[[Call, dict[str, Any]], Mapping[str, Any] | None]] = {
    "RunInstances": after_launch,
}

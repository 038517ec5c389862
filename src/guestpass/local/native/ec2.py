"""EC2 where moto forgets: the tags that a launch gives to the interfaces it makes."""

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


AFTER: Mapping[str, Callable[[Call, dict[str, Any]], Mapping[str, Any] | None]] = {
    "RunInstances": tag_interfaces,
}

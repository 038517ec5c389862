"""What an EC2 id says of its type: the letters before the last hyphen."""

from __future__ import annotations

# AWS: EC2 API reference, the examples of each Create… call
TYPES: dict[str, str] = {
    "ami": "image",
    "acl": "network-acl",
    "cr": "capacity-reservation",
    "cgw": "customer-gateway",
    "cagw": "carrier-gateway",
    "dopt": "dhcp-options",
    "eice": "instance-connect-endpoint",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "h": "dedicated-host",
    "i": "instance",
    "igw": "internet-gateway",
    "ipam": "ipam",
    "ipam-pool": "ipam-pool",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "replacevol": "replace-root-volume-task",
    "rtb": "route-table",
    "sfr": "spot-fleet-request",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-rtb": "transit-gateway-route-table",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpce-svc": "vpc-endpoint-service",
    "vpn": "vpn-connection",
}

# Ids whose ARN is made of a name that the id does not tell.
NAMED_TYPES: dict[str, str] = {"key": "key-pair", "pg": "placement-group"}


def type_of(resource_id: str) -> str | None:
    """The resource type of an EC2 id (`i-0abc` -> `instance`); None if the letters are not known."""
    letters = resource_id.rpartition("-")[0]
    return TYPES.get(letters) or NAMED_TYPES.get(letters)


def is_named(resource_id: str) -> bool:
    """Whether the ARN of this id's resource is made of a name, so that only the holder of the state knows
    it.
    """
    return resource_id.rpartition("-")[0] in NAMED_TYPES

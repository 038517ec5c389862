"""Parameters and answers as CloudTrail shows them: camelCase, EC2's item sets, and never a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guestpass.local.backend.wire import Asked

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

# A member is a secret when botocore's model calls it sensitive, or by its name (lower case, no separators).
_NAMES = re.compile(
    r"passw(or)?d|passphrase|secret(?!(s)?(id|arn|name|list|manager))|sessiontoken|securitytoken|authorizationtoken"
    r"|webidentitytoken|samlassertion|samltoken|tokencode|authenticationcode|userdata|privatekey|keymaterial"
    r"|authtoken|accesstoken|refreshtoken|idtoken|base32stringseed|qrcodepng"
)
_ALWAYS_SHOWN = {"passwordresetrequired", "passwordlength", "passwordlastused", "secretid"}
_LONGEST = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What may be shown, and (never shown) the secrets that were taken out."""

    values: dict[str, Any]
    secrets: tuple[str, ...] = field(default=(), repr=False)


def shown_parameters(asked: Asked) -> Shown:
    """A call's parameters for `requestParameters`."""
    painter = _Painter(ec2=asked.service == "ec2")
    values = painter.structure(asked.parameters, asked.model.input_shape)
    if asked.service == "s3":
        values = {("bucketName" if name == "bucket" else name): value for name, value in values.items()}
    return Shown(values=values, secrets=tuple(painter.secrets))


def shown_response(asked: Asked, content: Mapping[str, Any]) -> dict[str, Any]:
    """An answer's content for `responseElements`."""
    kept = {name: value for name, value in content.items() if name not in {"ResponseMetadata", "Error"}}
    return _Painter(ec2=asked.service == "ec2").structure(kept, asked.model.output_shape)


class _Painter:
    def __init__(self, *, ec2: bool) -> None:
        self.ec2 = ec2
        self.secrets: list[str] = []

    def structure(self, value: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        members = getattr(shape, "members", {}) if shape is not None else {}
        out: dict[str, Any] = {}
        for name, held in value.items():
            member = members.get(name)
            if held is None:
                continue
            if _is_secret(name, member):
                self._hide(held)
                out[_camel(name)] = HIDDEN
                continue
            if getattr(member, "type_name", None) == "blob" or isinstance(held, bytes | bytearray):
                continue
            if self.ec2 and isinstance(held, Sequence) and not isinstance(held, str):
                out[_set_name(name)] = {"items": self._items(name, held, member)}
            else:
                out[_camel(name)] = self.value(held, member)
        return out

    def value(self, held: Any, shape: Any) -> Any:
        if isinstance(held, Mapping):
            if getattr(shape, "type_name", "structure") == "map":
                inner = getattr(shape, "value", None)
                return {
                    str(k): HIDDEN if _is_secret(str(k), inner) else self.value(v, inner)
                    for k, v in held.items()
                }
            return self.structure(held, shape)
        if isinstance(held, str):
            return held[:_LONGEST]
        if isinstance(held, bool | int | float):
            return held
        if isinstance(held, datetime):
            return f"{held:%b %-d, %Y, %-I:%M:%S %p}"
        if isinstance(held, Sequence) and not isinstance(held, bytes | bytearray):
            inner = getattr(shape, "member", None)
            return [HIDDEN if _sensitive(inner) else self.value(item, inner) for item in held]
        return None

    def _items(self, name: str, held: Sequence[Any], shape: Any) -> list[Any]:
        inner = getattr(shape, "member", None)
        key = _ITEM_KEYS.get(name) or _camel(name.removesuffix("s"))
        return [
            self.value(item, inner) if isinstance(item, Mapping) else {key: self.value(item, inner)}
            for item in held
        ]

    def _hide(self, held: Any) -> None:
        if isinstance(held, str):
            self.secrets.append(held)
        elif isinstance(held, bytes | bytearray):
            self.secrets.append(held.decode("latin-1"))
        elif isinstance(held, Mapping):
            for item in held.values():
                self._hide(item)
        elif isinstance(held, Sequence):
            for item in held:
                self._hide(item)


# NOTE: EC2's records name their lists `instancesSet`, `groupSet`, `tagSet`; no page lists all the oddities.
_SET_NAMES = {
    "InstanceIds": "instancesSet",
    "Instances": "instancesSet",
    "PrivateIpAddresses": "privateIpAddressesSet",
    "Ipv6Addresses": "ipv6AddressesSet",
    "SecurityGroupIds": "groupSet",
    "GroupIds": "groupSet",
    "SecurityGroups": "groupSet",
    "Tags": "tagSet",
    "Resources": "resourcesSet",
    "TagSpecifications": "tagSpecificationSet",
    "BlockDeviceMappings": "blockDeviceMapping",
    "IpPermissions": "ipPermissions",
    "NetworkInterfaces": "networkInterfaceSet",
    "Filters": "filterSet",
    "ImageIds": "imagesSet",
    "VolumeIds": "volumeSet",
    "SubnetIds": "subnetSet",
    "VpcIds": "vpcSet",
}
_ITEM_KEYS = {
    "InstanceIds": "instanceId",
    "SecurityGroupIds": "groupId",
    "GroupIds": "groupId",
    "SecurityGroups": "groupName",
    "Resources": "resourceId",
    "Owners": "owner",
}


def _set_name(name: str) -> str:
    return _SET_NAMES.get(name) or f"{_camel(name.removesuffix('s'))}Set"


def _camel(name: str) -> str:
    return f"{name[:1].lower()}{name[1:]}"


def _is_secret(name: str, shape: Any) -> bool:
    plain = name.replace("_", "").replace("-", "").lower()
    if plain in _ALWAYS_SHOWN:
        return False
    return _sensitive(shape) or _NAMES.search(plain) is not None


def _sensitive(shape: Any) -> bool:
    return bool(getattr(shape, "metadata", {}).get("sensitive"))

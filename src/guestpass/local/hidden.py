"""Parameters and answers as CloudTrail shows them: camelCase, EC2's item sets, and never a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from guestpass.local.backend.wire import Asked

Style = Literal["plain", "ec2", "ec2-answer", "s3", "arn"]
"""Whose spelling: EC2 has its own for requests and answers, S3 writes headers and XML, Secrets Manager `arn`."""

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
    painter = _Painter(style=_style(asked.service, answer=False))
    values = painter.structure(asked.parameters, asked.model.input_shape)
    if asked.service == "ec2" and asked.operation == "RunInstances":
        values = _with_instances(values)
    return Shown(values=values, secrets=tuple(painter.secrets))


def shown_response(asked: Asked, content: Mapping[str, Any], request_id: str = "") -> dict[str, Any] | None:
    """An answer's content for `responseElements`; None where CloudTrail tells nothing of it."""
    kept = {name: value for name, value in content.items() if name not in {"ResponseMetadata", "Error"}}
    values = _Painter(style=_style(asked.service, answer=True)).structure(kept, asked.model.output_shape)
    match asked.service:
        case "ec2":
            # NOTE: EC2's records tell its request id, and `_return` where the API answers with nothing else
            told = values or {"return": True}
            told = {("_return" if name == "return" else name): value for name, value in told.items()}
            return {"requestId": request_id, **told} if request_id else told
        case "rds":
            return _unwrapped(values) or None
        case "s3":
            return None
    return values or None


def _style(service: str, *, answer: bool) -> Style:
    match service:
        case "ec2":
            return "ec2-answer" if answer else "ec2"
        case "s3" | "secretsmanager":
            return "s3" if service == "s3" else "arn"
    return "plain"


def _with_instances(values: dict[str, Any]) -> dict[str, Any]:
    """RunInstances' records keep image, counts and key inside `instancesSet`."""
    inside = {name: values[name] for name in ("imageId", "minCount", "maxCount", "keyName") if name in values}
    rest = {name: value for name, value in values.items() if name not in inside}
    return {"instancesSet": {"items": [inside]}, **rest} if inside else rest


def _unwrapped(values: dict[str, Any]) -> dict[str, Any]:
    """RDS's records leave the answer's one wrapper out: `dBInstanceArn` stands at the top."""
    if len(values) == 1:
        (held,) = values.values()
        if isinstance(held, dict):
            return held
    return values


class _Painter:
    def __init__(self, *, style: Style) -> None:
        self.style = style
        self.secrets: list[str] = []

    def structure(self, value: Mapping[str, Any], shape: Any, *, inner: bool = False) -> dict[str, Any]:
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
            listed = isinstance(held, Sequence) and not isinstance(held, str)
            spelled = self._spelled(name, member, listed=listed, inner=inner)
            if listed and self.style.startswith("ec2") and spelled != "tags":
                out[spelled] = {"items": self._items(name, held, member)}
            else:
                out[spelled] = self.value(held, member)
        return out

    def _spelled(self, name: str, member: Any, *, listed: bool, inner: bool) -> str:
        told = getattr(member, "serialization", None) or {}
        wire = str(told.get("name", ""))
        match self.style:
            case "ec2-answer":
                return _camel(wire or name)
            case "ec2" if inner and name == "Tags":
                return "tags"
            case "ec2" if inner and wire[:1].islower():
                return wire
            case "ec2":
                return _set_name(name) if listed else _camel(name if inner else wire or name)
            case "s3":
                return _s3_name(name, str(told.get("location", "")), wire, inner=inner)
            case "arn" if name == "ARN":
                return "arn"
        return _camel(name)

    def value(self, held: Any, shape: Any) -> Any:
        if isinstance(held, Mapping):
            if getattr(shape, "type_name", "structure") == "map":
                inner = getattr(shape, "value", None)
                return {
                    str(k): HIDDEN if _is_secret(str(k), inner) else self.value(v, inner)
                    for k, v in held.items()
                }
            return self.structure(held, shape, inner=True)
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
            self.value(item, inner)
            if isinstance(item, Mapping) or self.style == "ec2-answer"
            else {key: self.value(item, inner)}
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


def _s3_name(name: str, location: str, wire: str, *, inner: bool) -> str:
    """S3's records keep the request's own words: headers, query parameters, and the body's XML in capitals."""
    # AWS: S3 User Guide, "Example log file entries"
    if name == "Bucket" and not inner:
        return "bucketName"
    if inner or location == "":
        return "bucketPolicy" if name == "Policy" and not inner else (wire or name)
    if location == "querystring" or wire.startswith("x-amz-"):
        return wire
    return _camel(name)


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
    "Groups": "groupId",
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

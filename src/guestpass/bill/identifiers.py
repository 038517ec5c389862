"""One thing, many spellings: an ARN, a bare id, a name. `identify` makes one `Identifier` of each.

AWS: "Identify AWS resources with Amazon Resource Names"; which service's bill prints which form was looked up in
real bills: EC2 prints bare ids and ARNs, S3 the bucket's name, the rest ARNs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from guestpass.bill.facts import services_of


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """One thing's parts; `account` and `region` are `""` where the spelling and its line say neither.

    `type` is as in ARN formats (`instance`, `db`, `log-group`), `""` for a spelling that has none.
    """

    partition: str
    service: str
    type: str
    region: str
    account: str
    id: str

    @cached_property
    def key(self) -> tuple[str, ...]:
        """What two spellings of one thing have in common.

        EC2's ids, and names of which AWS has only one, need neither account nor region to agree.
        """
        if self.service == "ec2" or (self.service, self.type) in _WORLDWIDE:
            return (self.service, self.type, self.id)
        return (self.service, self.type, self.region, self.account, self.id)


# AWS: Amazon S3 User Guide, General purpose bucket naming rules: unique across all accounts of a partition
_WORLDWIDE = frozenset({("s3", "bucket"), ("cloudfront", "distribution"), ("route53", "hostedzone")})

# AWS: Service Authorization Reference, Amazon EC2, Resource types; the ids' prefixes as the API returns them
_EC2_PREFIXES = {
    "ami": "image",
    "cgw": "customer-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "h": "dedicated-host",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "rtb": "route-table",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpn": "vpn-connection",
}
_EC2_ID = re.compile(r"([a-z]+(?:-[a-z]+)?)-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_ARN = re.compile(r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}|aws)?:(.+)", re.DOTALL)

# services whose ARNs have a bare name where others have `type/name`
_ONE_TYPE = {"s3": "bucket", "sns": "topic", "sqs": "queue"}

# AWS: the name is followed by what is no part of the thing: `:*` of a log group, a function's version
_TAILS = {("logs", "log-group"): re.compile(r":.*$"), ("lambda", "function"): re.compile(r":[^:]*$")}


@lru_cache(maxsize=1 << 16)
def parse_arn(text: str) -> Identifier | None:
    """Return an ARN's parts, or None for what is no ARN."""
    found = _ARN.fullmatch(text)
    if found is None:
        return None
    partition, service, region, account, rest = found.groups(default="")
    kind, sign, name = _split(service, rest)
    if service == "s3" and sign == "/" and not account:
        kind, name = "object", rest
    if tail := _TAILS.get((service, kind)):
        name = tail.sub("", name)
    return Identifier(
        partition=partition, service=service, type=kind, region=region, account=account, id=name
    )


def identify(text: str, *, product: str = "", region: str = "", account: str = "") -> Identifier | None:
    """Return what a bill's text stands for, or None where only the text itself can be compared.

    `product` is the bill's product code; `region` and `account` are the line's, and fill what a bare name leaves open.
    """
    if known := parse_arn(text):
        return known
    services = services_of(product)
    partition = _partition(region)
    if (found := _EC2_ID.fullmatch(text)) and (not services or "ec2" in services):
        kind = _EC2_PREFIXES.get(found[1], found[1])
        return Identifier(
            partition=partition, service="ec2", type=kind, region=region, account=account, id=text
        )
    if not services:
        return None
    kind, _, name = _split(services[0], text)
    return Identifier(
        partition=partition, service=services[0], type=kind, region=region, account=account, id=name
    )


def _partition(region: str) -> str:
    """AWS: "Regions and Zones": the partitions and how their regions' names begin."""
    return next(
        (name for start, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")) if region.startswith(start)),
        "aws",
    )


def _split(service: str, rest: str) -> tuple[str, str, str]:
    """Split `type/name` or `type:name` at the first sign; a service with one type may name none."""
    found = re.match(r"([A-Za-z0-9_.-]*)([/:])(.+)", rest, re.DOTALL)
    if service in _ONE_TYPE and (found is None or found[1] != _ONE_TYPE[service]):
        return _ONE_TYPE[service], found[2] if found else "", rest
    if found is None:
        return _BARE.get(service, ""), "", rest
    return found[1], found[2], found[3]


# what a bare name is, in the bill of a service that has several types
_BARE = {
    "cloudfront": "distribution",
    "route53": "hostedzone",
    "dynamodb": "table",
    "kms": "key",
    "lambda": "function",
}

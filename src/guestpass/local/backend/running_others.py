"""What keys, secrets, log groups, load balancers and buckets would be charged for, from moto's memory."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from guestpass.local.backend.charged import Standing

_GIGABYTE = Decimal(2**30)


def keys(kms: Any) -> Iterator[Standing]:
    """Customer managed KMS keys."""
    for held in kms.keys.values():
        # AWS: KMS pricing: keys that AWS manages, and keys that are scheduled for deletion, cost nothing
        if held.key_manager != "CUSTOMER" or held.key_state == "PendingDeletion":
            continue
        tags = {tag["TagKey"]: str(tag["TagValue"]) for tag in kms.list_resource_tags(held.id)["Tags"]}
        yield Standing(
            thing=held.arn,
            resource=held.arn,
            product="awskms",
            usage="{region}-KMS-Keys",
            operation="Unknown",
            measure="months",
            amount=Decimal(1),
            rate=("key", "customer"),
            about="per customer managed KMS key version",
            tags=tags,
        )


def secrets(secretsmanager: Any) -> Iterator[Standing]:
    """Secrets that are not scheduled for deletion."""
    for held in secretsmanager.secrets.values():
        if held.is_deleted():
            continue
        yield Standing(
            thing=held.arn,
            resource=held.arn,
            product="AWSSecretsManager",
            usage="{prefix}AWSSecretsManager-Secrets",
            operation="Secret-Storage",
            measure="months",
            amount=Decimal(1),
            rate=("secret", "standard"),
            about="per Secret",
            tags={tag["Key"]: str(tag.get("Value", "")) for tag in held.tags or ()},
        )


def log_groups(logs: Any) -> Iterator[Standing]:
    """Log groups, by what their streams hold."""
    for held in logs.groups.values():
        size = sum(stream.stored_bytes for stream in held.streams.values())
        if size:
            yield Standing(
                thing=held.arn,
                resource=held.arn,
                product="AmazonCloudWatch",
                usage="{prefix}TimedStorage-ByteHrs",
                operation="HourlyStorageMetering",
                measure="GB-months",
                amount=Decimal(size) / _GIGABYTE,
                rate=("log-storage", "standard"),
                about="per GB-mo of log storage",
            )


def balancers(elbv2: Any) -> Iterator[Standing]:
    """Application and network load balancers."""
    for held in elbv2.load_balancers.values():
        kind = str(held.loadbalancer_type or "application")
        yield _balancer(held.arn, f"LoadBalancing:{kind.capitalize()}", kind)


def classic_balancers(elb: Any) -> Iterator[Standing]:
    """Classic load balancers."""
    for name in elb.load_balancers:
        arn = f"arn:aws:elasticloadbalancing:{elb.region_name}:{elb.account_id}:loadbalancer/{name}"
        yield _balancer(arn, "LoadBalancing", "classic")


def _balancer(arn: str, operation: str, kind: str) -> Standing:
    return Standing(
        thing=arn,
        resource=arn,
        product="AWSELB",
        usage="{prefix}LoadBalancerUsage",
        operation=operation,
        measure="hours",
        amount=Decimal(1),
        rate=("balancer", kind),
        about=f"per {kind} LoadBalancer-hour (or partial hour)",
    )


def buckets(s3: Any) -> Iterator[tuple[str, Standing]]:
    """Each bucket's region and what its objects, in all versions, take."""
    for held in s3.buckets.values():
        size = sum(
            getattr(one, "contentsize", 0) for name in held.keys for one in held.keys.getlist(name, [])
        )
        if size:
            yield (
                str(held.region_name),
                Standing(
                    thing=held.name,
                    resource=held.name,
                    product="AmazonS3",
                    usage="{prefix}TimedStorage-ByteHrs",
                    operation="StandardStorage",
                    measure="GB-months",
                    amount=Decimal(size) / _GIGABYTE,
                    rate=("bucket", "storage"),
                    about="per GB-month of storage used",
                    tags=s3.tagger.get_tag_dict_for_resource(held.arn),
                ),
            )

"""What stands around a request beside IAM: the policies of single resources, and the organisation's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from guestpass.account.snapshot import Document, NamedDocument, Organization, Snapshot
from guestpass.aws.hands import Hands
from guestpass.aws.reading import Reader
from guestpass.errors import AccountError

_AT_ONCE = 8
_ORGANIZATIONS_IN = "us-east-1"
"""AWS: Organizations endpoints and quotas: one endpoint, in us-east-1."""


def with_policies(hands: Hands, snapshot: Snapshot, arns: Iterable[str] | None = None) -> Snapshot:
    """The snapshot with the organisation and the policies of resources: of these ARNs, or of all that it lists.

    What AWS refuses to show is in `gaps`, and its ARN not in `resource_policies`. Raises AccountError when AWS cannot be
    reached.
    """
    reader = Reader(hands=hands)
    wanted = (each.arn for each in snapshot.resources) if arns is None else arns
    policies = dict(_policies(reader, sorted({arn for arn in map(_guarded, wanted) if arn})))
    return replace(
        snapshot,
        organization=read_organization(reader),
        resource_policies={**snapshot.resource_policies, **policies},
        gaps=dict(sorted({**snapshot.gaps, **reader.gaps}.items())),
    )


def _guarded(arn: str) -> str | None:
    """The ARN that a resource's policy is kept by (an object's is its bucket's); None where no reader is here."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _READERS:
        return None
    return ":".join(parts[:5]) + f":{parts[5].partition('/')[0]}" if parts[2] == "s3" else arn


def _policies(reader: Reader, arns: list[str]) -> Iterator[tuple[str, Document | None]]:
    def read(arn: str) -> tuple[str, Document | None] | None:
        return reader.try_(f"policy of {arn}", lambda: (arn, _policy(reader, arn)), None)

    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="guestpass-policy") as pool:
        yield from (found for found in pool.map(read, arns) if found is not None)


def _policy(reader: Reader, arn: str) -> Document | None:
    _, _, service, region, _, rest = arn.split(":", 5)
    text = _READERS[service](reader, arn, region or None, rest)
    return None if not text else json.loads(text)


def _bucket(reader: Reader, _arn: str, _region: str | None, name: str) -> str | None:
    told = reader.or_none(lambda: reader.ask("s3", "GetBucketPolicy", Bucket=name), "NoSuchBucketPolicy")
    return None if told is None else str(told["Policy"])


def _key(reader: Reader, arn: str, region: str | None, rest: str) -> str | None:
    if not rest.startswith("key/"):
        return None  # AWS: KMS: Controlling access to aliases: an alias has no policy of its own
    told = reader.ask("kms", "GetKeyPolicy", region, KeyId=arn, PolicyName="default")
    return str(told["Policy"])


def _queue(reader: Reader, _arn: str, region: str | None, name: str) -> str | None:
    url = reader.ask("sqs", "GetQueueUrl", region, QueueName=name)["QueueUrl"]
    told = reader.ask("sqs", "GetQueueAttributes", region, QueueUrl=url, AttributeNames=["Policy"])
    policy: str | None = (told.get("Attributes") or {}).get("Policy")
    return policy


def _topic(reader: Reader, arn: str, region: str | None, _name: str) -> str | None:
    policy: str | None = reader.ask("sns", "GetTopicAttributes", region, TopicArn=arn)["Attributes"].get(
        "Policy"
    )
    return policy


def _function(reader: Reader, arn: str, region: str | None, _rest: str) -> str | None:
    told = reader.or_none(
        lambda: reader.ask("lambda", "GetPolicy", region, FunctionName=arn), "ResourceNotFoundException"
    )
    return None if told is None else str(told["Policy"])


def _secret(reader: Reader, arn: str, region: str | None, _rest: str) -> str | None:
    policy: str | None = reader.ask("secretsmanager", "GetResourcePolicy", region, SecretId=arn).get(
        "ResourcePolicy"
    )
    return policy


def _repository(reader: Reader, _arn: str, region: str | None, rest: str) -> str | None:
    name = rest.removeprefix("repository/")
    told = reader.or_none(
        lambda: reader.ask("ecr", "GetRepositoryPolicy", region, repositoryName=name),
        "RepositoryPolicyNotFoundException",
    )
    return None if told is None else str(told["policyText"])


_READERS: Mapping[str, Callable[[Reader, str, str | None, str], str | None]] = {
    "ecr": _repository,
    "kms": _key,
    "lambda": _function,
    "s3": _bucket,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
}


def read_organization(reader: Reader) -> Organization | None:
    """How the account stands in an organisation; None, with a gap, where AWS does not say."""

    def read() -> Organization:
        try:
            told = reader.ask("organizations", "DescribeOrganization", _ORGANIZATIONS_IN)["Organization"]
        except AccountError as error:
            if error.code == "AWSOrganizationsNotInUseException":
                return Organization()
            raise
        account = reader.hands.caller.account
        if told.get("MasterAccountId") == account:
            return Organization(id=str(told["Id"]), management=True)
        scps = reader.try_("organizations:ListPoliciesForTarget", lambda: _scps(reader, account), None)
        return Organization(id=str(told["Id"]), scps=scps)

    return reader.try_("organizations:DescribeOrganization", read, None)


def _scps(reader: Reader, account: str) -> tuple[tuple[NamedDocument, ...], ...]:
    """The SCPs of each level, root first. AWS shows them to the management account and to delegated ones alone."""
    return tuple(
        tuple(_scp(reader, each["Id"], each["Name"]) for each in _attached(reader, target))
        for target in reversed([account, *_parents(reader, account)])
    )


def _parents(reader: Reader, child: str) -> Iterator[str]:
    while True:
        listed = reader.ask("organizations", "ListParents", _ORGANIZATIONS_IN, ChildId=child)["Parents"]
        if not listed:
            return
        child = str(listed[0]["Id"])
        yield child
        if listed[0]["Type"] == "ROOT":
            return


def _attached(reader: Reader, target: str) -> Iterator[Mapping[str, Any]]:
    return reader.every(
        "Policies",
        "organizations",
        "ListPoliciesForTarget",
        _ORGANIZATIONS_IN,
        TargetId=target,
        Filter="SERVICE_CONTROL_POLICY",
    )


def _scp(reader: Reader, policy: str, name: str) -> NamedDocument:
    told = reader.ask("organizations", "DescribePolicy", _ORGANIZATIONS_IN, PolicyId=policy)["Policy"]
    return NamedDocument(name=name, document=json.loads(told["Content"]))

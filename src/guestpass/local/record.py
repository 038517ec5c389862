"""Every call as a CloudTrail record, denied ones too, without a secret in it; the newest are kept."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from guestpass.catalog import Unmapped, event_source, is_read_only
from guestpass.local.backend.wire import Asked, Dialect
from guestpass.local.callers import Caller
from guestpass.local.hidden import Shown, shown_parameters, shown_response
from guestpass.local.touched import resources_of, touched

KEPT = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A record and what LookupEvents finds it by. `resources` are (`AWS::IAM::User`, name) pairs."""

    account: str
    region: str
    at: datetime
    username: str
    resources: tuple[tuple[str, str], ...]
    event: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a call ended: AWS's error code and message, or the answer's content."""

    error: tuple[str, str] | None = None
    content: Mapping[str, Any] | None = None


class Record:
    """The record of one box; the oldest entries give way."""

    def __init__(self, limit: int = KEPT) -> None:
        self._kept: deque[Kept] = deque(maxlen=limit)
        self._lock = threading.Lock()

    def add(self, kept: Kept) -> None:
        """Keep one more."""
        with self._lock:
            self._kept.append(kept)

    def newest_first(self) -> Iterator[Kept]:
        """Everything kept, the newest first."""
        with self._lock:
            held = tuple(self._kept)
        return reversed(held)


def kept_of(
    *,
    asked: Asked,
    caller: Caller,
    outcome: Outcome,
    region: str,
    at: datetime,
    request_id: str,
    source_ip: str,
    user_agent: str | None,
) -> Kept:
    """The CloudTrail record of a call that was authenticated."""
    read_only = is_read_only(asked.service, asked.operation)
    reads = (
        read_only
        if isinstance(read_only, bool)
        else asked.operation.startswith(("Get", "List", "Describe", "Head"))
    )
    asked_for = shown_parameters(asked)
    # NOTE: CloudTrail logs STS's session calls as read-only and yet with their response
    writes = not reads or asked.service == "sts"
    response = (
        shown_response(asked, outcome.content, request_id) if outcome.content is not None and writes else None
    )
    data = is_data_event(asked)
    event: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller),
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": _source(asked.service),
        "eventName": _event_name(asked),
        "awsRegion": region,
        "sourceIPAddress": source_ip,
        "userAgent": (user_agent or "")[:1024],
    }
    if outcome.error is not None:
        code, says = outcome.error
        event["errorCode"] = f"Client.{code}" if asked.dialect is Dialect.EC2 else code
        event["errorMessage"] = _without(says, asked_for)[:1024]
    event |= {
        "requestParameters": asked_for.values or None,
        "responseElements": response,
        "requestID": request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": reads,
        "eventType": "AwsApiCall",
        "managementEvent": not data,
        "recipientAccountId": caller.account,
        "eventCategory": "Data" if data else "Management",
    }
    about = resources_of(asked, response, caller.account)
    if about:
        event["resources"] = about
    return Kept(
        account=caller.account,
        region=region,
        at=at,
        username=_username(caller),
        resources=touched(asked, response),
        event=event,
    )


def seen_from(account: str, kept: Kept, caller: Caller) -> Kept:
    """The same call as the other account's trail has it, which knows the caller's account alone."""
    # AWS: CloudTrail: userIdentity element, AWSAccount; sharedEventID joins the two records
    identity = {"type": "AWSAccount", "principalId": caller.user_id, "accountId": caller.account}
    event = {
        **kept.event,
        "userIdentity": identity,
        "eventID": str(uuid.uuid4()),
        "recipientAccountId": account,
        "sharedEventID": kept.event["eventID"],
    }
    return replace(kept, account=account, username=caller.user_id, event=event)


def _identity(caller: Caller) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": caller.kind,
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    if caller.username is not None:
        said["userName"] = caller.username
    session = caller.session
    if session is None:
        return said
    context: dict[str, Any] = {
        "attributes": {
            "creationDate": f"{session.issued_at:%Y-%m-%dT%H:%M:%SZ}",
            "mfaAuthenticated": "true" if session.mfa_at else "false",
        }
    }
    if session.kind in {"role", "federated"}:
        context["sessionIssuer"] = {
            "type": "Role" if session.kind == "role" else "IAMUser",
            "principalId": session.issuer_id,
            "arn": session.issuer_arn,
            "accountId": session.account,
            "userName": session.issuer_name,
        }
    if session.source_identity is not None:
        context["sourceIdentity"] = session.source_identity
    said["sessionContext"] = context
    return said


def _username(caller: Caller) -> str:
    if caller.kind == "Root":
        return "root"
    return caller.username or caller.arn.rpartition("/")[2]


def _source(service: str) -> str:
    source = event_source(service)
    return f"{service}.amazonaws.com" if isinstance(source, Unmapped) else source


# AWS: S3: Amazon S3 CloudTrail events: some events have another name than the operation
_S3_EVENTS: Mapping[str, str] = {
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
}
# AWS: Lambda: Logging AWS Lambda API calls: events carry the API version
_LAMBDA_EVENTS: Mapping[str, str] = {
    "CreateFunction": "CreateFunction20150331",
    "DeleteFunction": "DeleteFunction20150331",
    "UpdateFunctionCode": "UpdateFunctionCode20150331v2",
    "UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
    "AddPermission": "AddPermission20150331v2",
    "RemovePermission": "RemovePermission20150331v2",
}
_S3_OBJECT = ("Object", "MultipartUpload", "UploadPart", "ListParts")


def _event_name(asked: Asked) -> str:
    if asked.service == "s3":
        return _S3_EVENTS.get(asked.operation, asked.operation)
    if asked.service == "lambda":
        return _LAMBDA_EVENTS.get(asked.operation, asked.operation)
    return asked.operation


def is_data_event(asked: Asked) -> bool:
    """Whether CloudTrail counts the call as a data event, which LookupEvents never shows."""
    # AWS: CloudTrail: Logging data events
    match asked.service:
        case "s3":
            return (
                any(word in asked.operation for word in _S3_OBJECT)
                and "LockConfiguration" not in asked.operation
            )
        case "lambda":
            return asked.operation in {"Invoke", "InvokeAsync", "InvokeWithResponseStream"}
        case "dynamodb":
            return (
                asked.operation.endswith(("Item", "Items", "Query", "Scan")) or "Statement" in asked.operation
            )
        case "sqs":
            return "Message" in asked.operation
        case "sns":
            return asked.operation in {"Publish", "PublishBatch"}
    return False


def _without(text: str, shown: Shown) -> str:
    """The text without any secret the request held."""
    for secret in shown.secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "HIDDEN_DUE_TO_SECURITY_REASONS")
    return text

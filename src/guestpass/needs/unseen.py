"""What a trail of management events does not show: silence about these says nothing."""

from __future__ import annotations

from collections.abc import Mapping

# AWS: CloudTrail User Guide, "Logging data events": "By default, trails and event data stores do not log data
# events"; the page lists them service by service. A name too many here keeps an action that was never used.
_DATA_EVENTS: Mapping[str, str] = {
    "cloudwatch": "GetMetricData GetMetricStatistics GetMetricWidgetImage ListMetrics PutMetricData",
    "dynamodb": (
        "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem GetRecords GetShardIterator PartiQLDelete "
        "PartiQLInsert PartiQLSelect PartiQLUpdate PutItem Query Scan UpdateItem"
    ),
    "lambda": "InvokeAsync InvokeFunction InvokeFunctionUrl",
    "logs": "FilterLogEvents GetLogEvents GetLogRecord PutLogEvents StartLiveTail",
    "s3": (
        "AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion "
        "DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention "
        "GetObjectTagging GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionTagging "
        "ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts PutObject PutObjectAcl "
        "PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging "
        "RestoreObject"
    ),
    "ses": (
        "SendBulkEmail SendBulkTemplatedEmail SendCustomVerificationEmail SendEmail SendRawEmail SendTemplatedEmail"
    ),
    "sns": "Publish PublishBatch",
    "sqs": "ChangeMessageVisibility DeleteMessage ReceiveMessage SendMessage",
}

_DARK = frozenset({"ec2messages", "rds-data", "rds-db", "ssmmessages"})
"""Whole services whose calls are data events, or no calls of CloudTrail's at all (a log-in to a database)."""


def unseen(action: str) -> str | None:
    """Why a trail of management events cannot show the use of this action, or None where it does."""
    service, _, name = action.partition(":")
    if action == "iam:PassRole":
        # AWS: IAM User Guide, "Grant a user permissions to pass a role to an AWS service": a permission and no call
        return "handing on a role is no call of its own, and in no trail"
    if service in _DARK:
        return f"what is done through `{service}` is no management event"
    if name in _DATA_EVENTS.get(service, "").split():
        return "a data event, which the trail does not hold"
    return None

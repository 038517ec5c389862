"""From the signing name in a credential scope to botocore's service name."""

from __future__ import annotations

from functools import cache

import botocore.session

from guestpass.local.exchange import Arrival

# Signing names that are not botocore's service name, where one service alone has them.
SIGNED_AS = {
    "IoTSecuredTunneling": "iotsecuretunneling",
    "access-analyzer": "accessanalyzer",
    "aidevops": "devops-agent",
    "airflow": "mwaa",
    "airflow-serverless": "mwaa-serverless",
    "aoss": "opensearchserverless",
    "app-integrations": "appintegrations",
    "aps": "amp",
    "awsssoportal": "sso",
    "cassandra": "keyspaces",
    "cloudcontrolapi": "cloudcontrol",
    "elasticfilesystem": "efs",
    "elasticmapreduce": "emr",
    "geo": "location",
    "iotdata": "iot-data",
    "mobiletargeting": "pinpoint",
    "monitoring": "cloudwatch",
    "mturk-requester": "mturk",
    "profile": "customer-profiles",
    "refactor-spaces": "migration-hub-refactor-spaces",
    "servicequotas": "service-quotas",
    "sso": "sso-admin",
    "sso-oauth": "sso-oidc",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}

# AWS query APIs that share a signing name are told apart by the API version that every query request carries.
_BY_VERSION = {
    ("elasticloadbalancing", "2012-06-01"): "elb",
    ("elasticloadbalancing", "2015-12-01"): "elbv2",
}


@cache
def available() -> frozenset[str]:
    """The services botocore has models of."""
    return frozenset(botocore.session.get_session().get_available_services())


@cache
def regions() -> frozenset[str]:
    """The regions of the `aws` partition."""
    return frozenset(botocore.session.get_session().get_available_regions("ec2", "aws"))


def service_of(signing_name: str, arrival: Arrival, version: str | None) -> str | None:
    """botocore's name of the service a request is signed for, or None. `version` is a query request's."""
    match signing_name:
        case "elasticloadbalancing":
            return _BY_VERSION.get((signing_name, version or ""), "elbv2")
        case "s3" if arrival.path.startswith("/v20180820/"):
            return "s3control"
        case "dynamodb" if (arrival.header("x-amz-target") or "").startswith("DynamoDBStreams"):
            return "dynamodbstreams"
        case "apigateway" if arrival.path.startswith("/v2/"):
            return "apigatewayv2"
        case "es" if arrival.path.startswith("/2021-01-01/"):
            return "opensearch"
        case "ses":
            return "sesv2" if arrival.path.startswith("/v2/") else "ses"
        case "timestream":
            target = arrival.header("x-amz-target") or ""
            return (
                "timestream-query" if target.endswith(("Query", "DescribeEndpoints")) else "timestream-write"
            )
    name = SIGNED_AS.get(signing_name, signing_name)
    return name if name in available() else None

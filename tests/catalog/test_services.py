"""One service, many spellings."""

from __future__ import annotations

import pytest

from guestpass.catalog import (
    Unmapped,
    event_source,
    home_region,
    iam_prefix,
    is_global,
    is_read_only,
    primary_action,
)
from guestpass.catalog.actions import service_prefixes
from guestpass.catalog.services import nearest_services, service_names, service_spellings


@pytest.mark.parametrize(
    ("service", "prefix", "source"),
    [
        ("ec2", "ec2", "ec2.amazonaws.com"),
        ("cloudwatch", "cloudwatch", "monitoring.amazonaws.com"),
        ("monitoring", "cloudwatch", "monitoring.amazonaws.com"),
        ("resourcegroupstaggingapi", "tag", "tagging.amazonaws.com"),
        ("tagging", "tag", "tagging.amazonaws.com"),
        ("elbv2", "elasticloadbalancing", "elasticloadbalancing.amazonaws.com"),
        ("efs", "elasticfilesystem", "elasticfilesystem.amazonaws.com"),
        ("sesv2", "ses", "ses.amazonaws.com"),
        ("stepfunctions", "states", "states.amazonaws.com"),
        ("s3control", "s3", "s3.amazonaws.com"),
        ("cloudcontrol", "cloudformation", "cloudcontrolapi.amazonaws.com"),
        ("rds-data", "rds-data", "rdsdata.amazonaws.com"),
        ("sso-admin", "sso", "sso.amazonaws.com"),
    ],
)
def test_a_service_has_its_prefix_and_its_event_source(service: str, prefix: str, source: str) -> None:
    assert iam_prefix(service) == prefix
    assert event_source(service) == source


def test_an_unknown_service_is_unmapped() -> None:
    assert isinstance(iam_prefix("timemachine"), Unmapped)
    assert isinstance(event_source("timemachine"), Unmapped)


def test_global_services_have_a_home_and_regional_ones_none() -> None:
    assert {
        name for name in ("iam", "organizations", "budgets", "route53", "cloudfront") if is_global(name)
    } == {
        "iam",
        "organizations",
        "budgets",
        "route53",
        "cloudfront",
    }
    assert home_region("iam") == "us-east-1"
    assert not any(is_global(name) for name in ("ec2", "rds", "s3", "sts", "cloudtrail", "logs"))


@pytest.mark.parametrize(
    ("service", "operation", "reads"),
    [
        ("ec2", "DescribeInstances", True),
        ("ec2", "RunInstances", False),
        ("iam", "GetUser", True),
        ("iam", "CreateUser", False),
        ("s3", "HeadObject", True),
        ("s3", "DeleteObjects", False),
        ("s3", "ListBuckets", True),
        ("sts", "GetCallerIdentity", True),
        ("sts", "AssumeRole", True),
        ("cloudtrail", "StopLogging", False),
        ("budgets", "DescribeBudgets", True),
        ("budgets", "CreateBudget", False),
        ("rds", "AddTagsToResource", False),
    ],
)
def test_an_operation_reads_or_writes(service: str, operation: str, reads: bool) -> None:
    assert is_read_only(service, operation) is reads


def test_what_an_operation_does_is_not_guessed() -> None:
    assert isinstance(is_read_only("ec2", "CreateTimeMachine"), Unmapped)
    assert isinstance(primary_action("ec2", "CreateTimeMachine"), Unmapped)
    assert primary_action("s3", "ListObjectsV2") == "s3:ListBucket"


def test_every_prefix_is_one_of_iams_and_every_spelling_answers() -> None:
    for name in service_names():
        found = service_spellings(name)
        assert not isinstance(found, Unmapped)
        assert found.prefix in service_prefixes(), name
        assert found.source.endswith(".amazonaws.com")


def test_a_service_is_found_by_what_the_trail_calls_it() -> None:
    # AWS: CloudWatch User Guide, "Logging CloudWatch API calls": monitoring.amazonaws.com
    found = service_spellings("monitoring.amazonaws.com")
    assert not isinstance(found, Unmapped)
    assert (found.client, found.prefix, found.signing) == ("cloudwatch", "cloudwatch", "monitoring")
    assert isinstance(service_spellings("cloudwatching"), Unmapped)
    assert nearest_services("cloudwatching")[0] == "cloudwatch"


def test_a_further_source_of_a_service_leads_to_it_too() -> None:
    # AWS: Amazon EventBridge Events Reference, the page of each source
    further = {
        "marketplacecatalog": "marketplace-catalog",
        "opensearchservice": "opensearch",
        "taxconsole": "taxsettings",
        "transcribestreaming": "transcribe",
    }
    for source, client in further.items():
        found = service_spellings(f"{source}.amazonaws.com")
        assert not isinstance(found, Unmapped), source
        assert found.client == client


def test_of_services_that_share_an_event_source_the_one_that_is_called_so_answers() -> None:
    for source in ("rds", "ses", "events", "sso-admin", "autoscaling", "kinesisvideo"):
        found = service_spellings(f"{source.removesuffix('-admin')}.amazonaws.com")
        assert not isinstance(found, Unmapped)
        assert found.client == source

"""What a known thing brought along, told by AWS's own names, tags and lists; never by what a person may choose.

A thing whose parent the inventory names is not for here. Each rule holds what AWS's page says of the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guestpass.bill.identifiers import Identifier, parse_arn
from guestpass.bill.known import Known, tag
from guestpass.bill.values import Line
from guestpass.inventory.values import Item

# AWS: the names of the log groups that services make: RDS "Publishing database logs to CloudWatch Logs", Lambda
# "Working with CloudWatch Logs", EKS "Control plane logging", ECS "Container Insights", CodeBuild "View build details"
_LOG_GROUPS = (
    (re.compile(r"/aws/rds/instance/([^/]+)/.+"), "rds:db"),
    (re.compile(r"/aws/rds/cluster/([^/]+)/.+"), "rds:cluster"),
    (re.compile(r"/aws/lambda/([^/]+)"), "lambda:function"),
    (re.compile(r"/aws/eks/([^/]+)/.+"), "eks:cluster"),
    (re.compile(r"/aws/ecs/containerinsights/([^/]+)/.+"), "ecs:cluster"),
    (re.compile(r"/aws/codebuild/([^/]+)"), "codebuild:project"),
)

# AWS: Amazon RDS User Guide, Managing automated backups: `rds:` and the name, and when it was taken
_AUTOMATED = re.compile(r"rds:(.+)-[0-9]{4}(?:-[0-9]{2}){4}")

# AWS: tags that begin with `aws:` are put by AWS alone (Tagging AWS Resources, "Tag naming limits")
_TAGS = (
    ("aws:ecs:serviceName", "ecs:service"),
    ("aws:autoscaling:groupName", "autoscaling:autoScalingGroup"),
    ("aws:cloudformation:stack-name", "cloudformation:stack"),
    ("aws:eks:cluster-name", "eks:cluster"),
    ("aws:elasticbeanstalk:environment-name", "elasticbeanstalk:environment"),
)

# services whose ARNs go on behind the ARN of what they stand in (a table's index); others' names may hold `/` too
_NESTED = frozenset({"dynamodb", "s3", "kinesis", "sns", "states", "apigateway"})


def parent_of(line: Line, known: Known, here: Identifier | None) -> tuple[Item, str] | None:
    """Return the known thing that brought the line's resource along, and why we know; None where nothing tells."""
    for item, why in _candidates(line, known, here):
        if item is not None:
            return item, why
    return None


def _candidates(line: Line, known: Known, here: Identifier | None) -> Iterator[tuple[Item | None, str]]:
    for key, kind in _TAGS:
        if name := tag(line, key):
            region = here.region if here else line.region
            yield known.named(kind, name, region), f"AWS's tag `{key}` names {kind} `{name}`"
    if source := tag(line, "aws:backup:source-resource"):
        above = parse_arn(source)
        yield known.item(above.key, line) if above else None, f"AWS Backup made it of `{source}`"
    if here is None:
        return
    for item in known.holders(here.key):
        yield item, f"the account says that it hangs on `{item.id}`, or is a snapshot of it"
    region = here.region or line.region
    match here.service, here.type:
        case "logs", "log-group":
            for pattern, kind in _LOG_GROUPS:
                if found := pattern.fullmatch(here.id):
                    yield known.named(kind, found[1], region), f"the log of {kind} `{found[1]}`"
        case "rds", "snapshot" | "cluster-snapshot":
            if found := _AUTOMATED.fullmatch(here.id):
                kind = "rds:db" if here.type == "snapshot" else "rds:cluster"
                yield known.named(kind, found[1], region), f"the automated backup of {kind} `{found[1]}`"
        case "ecs", "task" if "/" in here.id:
            yield from _of_task(here.id.partition("/")[0], known, region)
        case _ if here.service in _NESTED and line.resource:
            yield from _above(line, known)


def _of_task(cluster: str, known: Known, region: str) -> Iterator[tuple[Item | None, str]]:
    services = [item for item in known.within("ecs:service", cluster) if item.region == region]
    if len(services) == 1:
        yield services[0], f"a task in cluster `{cluster}`, whose only service this is"
    yield known.named("ecs:cluster", cluster, region), f"a task in cluster `{cluster}`"


def _above(line: Line, known: Known) -> Iterator[tuple[Item | None, str]]:
    arn = line.resource or ""
    for spot in range(len(arn) - 1, 0, -1):
        if arn[spot] in "/:" and (above := parse_arn(arn[:spot])):
            yield known.item(above.key, line), f"a part of `{arn[:spot]}`"

"""How a story of a blueprint is told: what AWS asks of the guest's policies, question by question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from guestpass.access import Context, Request, User
from guestpass.loan import Names, Pass
from guestpass.loan.agreement import Job, Taken
from guestpass.loan.wall import GLOBAL_SERVICES
from guestpass.needs import blueprint
from loan.story import NOW, OWNER, REGION, a_pass

NAME = "acme-shop"
ROLE = f"arn:aws:iam::{OWNER}:role/guestpass/{NAME}/{NAME}-instance"
OTHER_ROLE = f"arn:aws:iam::{OWNER}:role/owners-admin"
MADE: Mapping[str, str] = {"aws:RequestTag/guestpass": NAME, "aws:TagKeys": "guestpass"}
OWN: Mapping[str, str] = {"aws:ResourceTag/guestpass": NAME}
"""What carries the pass's tag in the request, and what carries it already."""

_EVERYWHERE = ("cloudfront", "route53", *(service.partition(":")[0] for service in GLOBAL_SERVICES))


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question of AWS's: may the guest do this on that?"""

    says: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    region: str = REGION
    account: str = OWNER


def asked(
    says: str, actions: str, resource: str, /, *contexts: Mapping[str, str], **more: str
) -> tuple[Question, ...]:
    """Questions about one thing: `s3:GetBucketAcl GetBucketCORS` are two of one service."""
    service, _, names = actions.partition(":")
    where = more.pop("region", "us-east-1" if service in _EVERYWHERE else REGION)
    account = more.pop("account", OWNER)
    context = {key: value for each in contexts for key, value in each.items()}
    return tuple(
        Question(
            says=says,
            action=f"{service}:{name}",
            resource=resource,
            context=context,
            region=where,
            account=account,
        )
        for name in names.split()
    )


def passing(role: str, service: str) -> tuple[Question, ...]:
    """A role is handed over to a service."""
    return asked(f"pass {role} to {service}", "iam:PassRole", role, {"iam:PassedToService": service})


def request_of(question: Question, names: Names) -> Request:
    """The question as AWS's decision sees it; every key that is not told is not there."""
    values = {
        "aws:RequestedRegion": question.region,
        "aws:CurrentTime": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "aws:ViaAWSService": "false",
        "aws:PrincipalArn": names.user_arn,
        "aws:ResourceAccount": question.account,
        **question.context,
    }
    return Request(
        principal=User(arn=names.user_arn, account=OWNER, user_id="AIDAEXAMPLEGUEST"),
        action=question.action,
        resource=question.resource,
        context=Context.of(values, frozenset()),
        resource_account=question.account,
    )


SAYS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "dns": (("zone", ("Z0123456789ABC",)), ("names", ("shop.example.org",))),
    "certificate": (("arn", (f"arn:aws:acm:us-east-1:{OWNER}:certificate/1",)),),
}


def pass_for(name: str, *options: str) -> Pass:
    """A pass with all that the blueprint warns of accepted, and these options taken."""
    told = blueprint(name)
    network = a_pass().network if "network" in told.asks else None
    regions = (REGION, "us-east-1") if "certificate" in options else (REGION,)
    return a_pass(
        network=network,
        regions=regions,
        job=Job(
            blueprint=name,
            database_classes=("db.t3.micro",) if "database-classes" in told.asks else (),
            options=tuple(Taken(option=option, says=SAYS.get(option, ())) for option in options),
            accept=tuple(warned.sid for warned in told.warned),
        ),
    )


def flat(*parts: tuple[Question, ...]) -> tuple[Question, ...]:
    """Parts of a story, one after the other."""
    return tuple(each for part in parts for each in part)


def every(story: Mapping[str, tuple[Question, ...]]) -> Iterator[Question]:
    """The questions of all parts."""
    for part in story.values():
        yield from part

"""What a pass takes beyond the blueprint's core: each option brings its own statements, or leaves none at all."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from guestpass.access import Allowed, Context, evaluate, read_policy
from guestpass.access.policy import size_of
from guestpass.access.prove import admits
from guestpass.catalog import all_actions
from guestpass.errors import InputError
from guestpass.loan import Names, Pass
from guestpass.loan.agreement import Taken
from guestpass.loan.explain import explain_wall
from guestpass.loan.job import guest_needs, instance_needs, job_policies
from guestpass.loan.reading import parse_pass
from guestpass.loan.wall import instance_job_document, instance_wall_document, spelt_out, wall_document
from guestpass.loan.writing import pass_text
from guestpass.needs import options_of
from loan.story import OWNER, REGION, Call, a_pass, guest_layers, requests_of

CERTIFICATE = f"arn:aws:acm:{REGION}:{OWNER}:certificate/0a1b2c3d-0000-4000-8000-000000000000"
ZONE, NAME = "Z0123456789ABC", "shop.example.org"
TAKEN = {
    "uploads": Taken(option="uploads"),
    "certificate": Taken(option="certificate", says=(("arn", (CERTIFICATE,)),)),
    "dns": Taken(option="dns", says=(("zone", (ZONE,)), ("names", (NAME,)))),
    "mail": Taken(option="mail", says=(("domain", ("example.org",)),)),
    "backups": Taken(option="backups"),
}


def taking(*names: str, **changes: Any) -> Pass:
    """The pass of the story with these options."""
    pass_ = a_pass(**changes)
    return dataclasses.replace(
        pass_, job=dataclasses.replace(pass_.job, options=tuple(TAKEN[name] for name in names))
    )


def record(name: str, kind: str = "A", zone: str = ZONE) -> dict[str, Any]:
    change = {"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": kind}}
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": [change]}}


def call(name: str, region: str = REGION, **parameters: Any) -> Call:
    service, operation = name.split(":")
    return Call(says=name, service=service, operation=operation, parameters=parameters, region=region)


DNS = "us-east-1"  # AWS: global services report us-east-1 as the requested region
RESTORED = {
    "DBInstanceIdentifier": "acme-shop-second",
    "DBSnapshotIdentifier": "acme-shop-first",
    "DBInstanceClass": "db.t3.micro",
    "Engine": "mysql",
    "DBSubnetGroupName": "acme-shop-db",
    "Tags": [{"Key": "guestpass", "Value": "acme-shop"}],
}
# told, so that nobody must look up those of a snapshot that is the owner's
GROUPS = {"OptionGroupName": "default:mysql-8-0", "DBParameterGroupName": "default.mysql8.0"}
DISK = {
    "AvailabilityZone": f"{REGION}a",
    "SnapshotId": "snap-0aaaaaaa",
    "TagSpecifications": [
        {"ResourceType": "volume", "Tags": [{"Key": "guestpass", "Value": "acme-shop"}]},
    ],
}
ALLOWED = {
    "uploads": [
        call("s3:CreateBucket", Bucket="acme-shop-uploads"),
        call("s3:ListObjectsV2", Bucket="acme-shop-uploads"),
        call("s3:PutObject", Bucket="acme-shop-uploads", Key="a.jpg"),
        call("s3:GetObject", Bucket="acme-shop-uploads", Key="a.jpg"),
        call("s3:DeleteObject", Bucket="acme-shop-uploads", Key="a.jpg"),
        call("s3:DeleteBucket", Bucket="acme-shop-uploads"),
    ],
    "certificate": [
        call("acm:DescribeCertificate", CertificateArn=CERTIFICATE),
        call("acm:ExportCertificate", CertificateArn=CERTIFICATE, Passphrase="x"),
    ],
    "dns": [
        call("route53:ListResourceRecordSets", region=DNS, HostedZoneId=ZONE),
        call("route53:ChangeResourceRecordSets", region=DNS, **record(f"{NAME}.")),
        call("route53:ChangeResourceRecordSets", region=DNS, **record(f"_acme-challenge.{NAME}", "TXT")),
        call("route53:GetChange", region=DNS, Id="/change/C1"),
    ],
    "mail": [call("sesv2:GetEmailIdentity", EmailIdentity="example.org")],
    "backups": [
        call("ec2:CreateVolume", **DISK),
        call("rds:RestoreDBInstanceFromDBSnapshot", **RESTORED),
    ],
}
REFUSED = {
    "uploads": [
        call("s3:CreateBucket", Bucket="somebody-elses"),
        call("s3:GetObject", Bucket=f"guestpass-trail-{OWNER}-{REGION}", Key="AWSLogs/x"),
        call("s3:PutBucketPolicy", Bucket="acme-shop-uploads", Policy="{}"),
        call("s3:PutBucketAcl", Bucket="acme-shop-uploads", ACL="public-read"),
        call("s3:CreateBucket", Bucket="acme-shop-uploads", region="us-west-2"),
    ],
    "certificate": [
        call("acm:ExportCertificate", CertificateArn=CERTIFICATE.replace("0a1b", "9999"), Passphrase="x"),
        call("acm:DeleteCertificate", CertificateArn=CERTIFICATE),
        call("acm:RequestCertificate", DomainName=NAME),
    ],
    "dns": [
        call("route53:ChangeResourceRecordSets", region=DNS, **record("example.org")),
        call("route53:ChangeResourceRecordSets", region=DNS, **record(f"www.{NAME}")),
        call("route53:ChangeResourceRecordSets", region=DNS, **record(NAME, zone="Z9999999999")),
        call("route53:DeleteHostedZone", region=DNS, Id=ZONE),
        call("route53:CreateHostedZone", region=DNS, Name="x.example.org", CallerReference="x"),
    ],
    "mail": [
        call("sesv2:GetEmailIdentity", EmailIdentity="other.example"),
        call("sesv2:SendEmail", FromEmailAddressIdentityArn=f"arn:aws:ses:{REGION}:{OWNER}:identity/example.org",
             FromEmailAddress="a@example.org", Content={}),
        call("sesv2:DeleteEmailIdentity", EmailIdentity="example.org"),
    ],
    "backups": [
        call("ec2:CreateVolume", **{**DISK, "SnapshotId": "snap-0ddddddd"}),
        call("rds:RestoreDBInstanceFromDBSnapshot", **{**RESTORED, "DBInstanceClass": "db.r5.24xlarge"}),
        call("rds:RestoreDBInstanceFromDBSnapshot", **{**RESTORED, "DBSnapshotIdentifier": "production", **GROUPS}),
    ],
}  # fmt: skip


def layers_of(pass_: Pass) -> Any:
    job = tuple(read_policy(doc, kind="identity", name=name) for name, doc in job_policies(pass_))
    return guest_layers(job, read_policy(wall_document(pass_), kind="boundary", name="wall"))


def owned(request: Any) -> Any:
    """What AWS says of a resource of this account."""
    values = {**request.context.values, "aws:resourceaccount": (OWNER,)}
    return dataclasses.replace(
        request, context=Context(values=values, unknown=request.context.unknown - {"aws:resourceaccount"})
    )


def allowed(call: Call, pass_: Pass) -> bool:
    names = Names.of_pass(pass_)
    return all(
        isinstance(evaluate(owned(each), layers_of(pass_)), Allowed) for each in requests_of(call, names)
    )


def test_every_option_of_the_blueprint_is_tested_here() -> None:
    assert set(options_of("php-mysql")) == set(TAKEN) == set(ALLOWED) == set(REFUSED)


@pytest.mark.parametrize("option", TAKEN)
def test_an_option_allows_what_it_is_for_and_without_it_all_of_that_is_refused(option: str) -> None:
    with_it, without = taking(option), a_pass()
    for each in ALLOWED[option]:
        assert allowed(each, with_it), each.says
        assert not allowed(each, without), each.says


@pytest.mark.parametrize("option", TAKEN)
def test_an_option_allows_nothing_beside_it(option: str) -> None:
    for each in REFUSED[option]:
        assert not allowed(each, taking(option)), (each.says, each.parameters)


@pytest.mark.parametrize("option", TAKEN)
def test_the_wall_holds_an_option_even_if_the_job_policy_allows_everything(option: str) -> None:
    pass_ = taking(option)
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    layers = guest_layers(
        (read_policy(everything, kind="identity", name="*"),),
        read_policy(wall_document(pass_), kind="boundary", name="wall"),
    )
    for each in REFUSED[option]:
        answers = [evaluate(owned(one), layers) for one in requests_of(each, Names.of_pass(pass_))]
        assert not all(isinstance(answer, Allowed) for answer in answers), (each.says, each.parameters)


def test_mail_is_sent_by_the_site_and_from_the_agreed_domain_alone() -> None:
    pass_ = taking("mail")
    documents = (instance_job_document(pass_), instance_wall_document(pass_))
    for document in documents:
        sending = next(each for each in document["Statement"] if "ses:SendEmail" in each.get("Action", ()))
        assert sending["Resource"].endswith(":identity/example.org")
    assert any("ses:FromAddress" in str(each.get("Condition")) for each in documents[1]["Statement"])
    assert "ses:SendEmail" not in {need.action for need in guest_needs(pass_)}


def test_the_sites_own_role_reaches_its_uploads_and_no_other_bucket() -> None:
    pass_ = taking("uploads")
    assert {need.action for need in instance_needs(pass_) if need.action.startswith("s3:")} >= {
        "s3:PutObject"
    }
    denied = next(
        each for each in instance_wall_document(pass_)["Statement"] if each["Sid"] == "DenyOtherThings"
    )
    assert "arn:aws:s3:::acme-shop-*" in denied["NotResource"]
    assert not [arn for arn in denied["NotResource"] if "s3" in arn and "acme-shop-" not in arn]


@pytest.mark.parametrize("login", ["access-key", "console", "role"])
def test_every_option_fits_the_wall_by_itself_and_so_do_any_two(login: Any) -> None:
    """With MFA to be shown, which costs room too, by itself."""
    for count in (1,) if login == "console" else (1, 2):
        for options in itertools.combinations(TAKEN, count):
            assert size_of(wall_document(taking(*options, login=login))) <= 6144, options


def test_all_options_together_are_too_much_and_the_refusal_names_what_costs() -> None:
    with pytest.raises(InputError, match=r"`[A-Za-z0-9]+` costs most") as caught:
        wall_document(taking(*TAKEN))
    assert "`with`" in str(caught.value.hint)


@pytest.mark.parametrize("option", TAKEN)
def test_every_statement_of_the_wall_is_explained(option: str) -> None:
    pass_ = taking(option)
    said = {line.sid for line in explain_wall(pass_)}
    assert said == {each["Sid"] for each in wall_document(pass_)["Statement"]}


def test_a_wall_that_was_joined_so_as_to_fit_allows_what_it_says_spelt_out() -> None:
    """Action by action of the catalogue, on the things that either of them names."""
    pass_ = taking("uploads", "backups")
    wide, joined = (
        read_policy(each, kind="boundary", name="wall") for each in (spelt_out(pass_), wall_document(pass_))
    )
    assert wide != joined
    assert [admits((wide,), each) for each in all_actions()] == [
        admits((joined,), each) for each in all_actions()
    ]


def test_a_pass_with_options_reads_back_as_it_was_written() -> None:
    for count in range(len(TAKEN) + 1):
        pass_ = taking(*list(TAKEN)[:count])
        assert parse_pass(pass_text(pass_)) == pass_


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("uploads: yes", "uploads: everything", "takes no more than a word"),
        ("uploads: yes", "uploads: [a]", "takes no more than a word"),
        ("uploads: yes", "upload: yes", "unknown field `upload`"),
        (f"zone: {ZONE}", "zone: example.org", "is not the id of a hosted zone"),
        (f"names: [{NAME}]", "names: ['*.example.org']", "is not a domain"),
        (f"names: [{NAME}]", "names: [Shop.Example.org]", "is not a domain"),
        (f"names: [{NAME}]", "name: shop.example.org", "unknown field `name`"),
        ("domain: example.org", "domain: '*'", "is not a domain"),
        (CERTIFICATE, CERTIFICATE.replace("certificate/", "key/"), "is not the ARN of a certificate"),
        (CERTIFICATE, CERTIFICATE.replace(OWNER, "999999999999"), "this is of account `999999999999`"),
        (CERTIFICATE, CERTIFICATE.replace(REGION, "eu-north-1"), "this is in region `eu-north-1`"),
    ],
)
def test_what_is_wrong_in_an_option_is_named_with_its_line(good: str, bad: str, says: str) -> None:
    text = pass_text(taking(*TAKEN))
    assert good in text
    with pytest.raises(InputError) as caught:
        parse_pass(text.replace(good, bad, 1))
    assert says in caught.value.says
    assert caught.value.place is not None
    assert caught.value.place.line is not None

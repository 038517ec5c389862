"""What a pass takes beyond the blueprint's core works for real clients on the AWS in the box, and nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guestpass.access.policy import size_of
from guestpass.loan import Pass
from guestpass.loan.agreement import Job, Taken
from guestpass.loan.job import job_policies
from guestpass.loan.wall import instance_job_document, instance_wall_document, wall_document
from guestpass.local.box import Box, Credentials
from loan.story import a_pass

Client = Callable[..., Any]
REGION = "eu-west-1"


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    """The code by which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


DENIED = {"AccessDenied", "AccessDeniedException"}


@pytest.fixture
def lend(box: Box, owner: Client, client: Client) -> Callable[..., Client]:
    """Make a guest by hand, with the pass's own documents."""
    iam = owner("iam")
    made: list[str] = []

    def lent(pass_: Pass, *, site: bool = False) -> Client:
        name = f"guest-{len(made)}-{pass_.job.options[0].option}"
        made.append(name)
        wall = instance_wall_document(pass_) if site else wall_document(pass_)
        boundary = iam.create_policy(PolicyName=f"{name}-wall", PolicyDocument=json.dumps(wall))["Policy"]
        iam.create_user(UserName=name, PermissionsBoundary=boundary["Arn"])
        documents = [("job", instance_job_document(pass_))] if site else job_policies(pass_)
        for number, (_, document) in enumerate(documents):
            assert size_of(document) <= 6144
            job = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=json.dumps(document))
            iam.attach_user_policy(UserName=name, PolicyArn=job["Policy"]["Arn"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        credentials = Credentials(
            access_key_id=key["AccessKeyId"],
            secret_access_key=key["SecretAccessKey"],
            account=box.owner.account,
        )
        return lambda service, region=REGION: client(credentials, service, region)

    return lent


def taking(box: Box, taken: Taken) -> Pass:
    """The pass of the story, for the box's account, with one option."""
    job = Job(
        blueprint="php-mysql",
        instance_types=("t3.micro",),
        database_classes=("db.t3.micro",),
        options=(taken,),
    )
    return a_pass(account=box.owner.account, job=job)


def test_uploads(box: Box, owner: Client, lend: Callable[..., Client]) -> None:
    """The guest makes, fills, empties and deletes a bucket of its own; the owner's bucket stays closed."""
    where = {"LocationConstraint": REGION}
    owner("s3", region=REGION).create_bucket(Bucket="owners-own", CreateBucketConfiguration=where)
    s3 = lend(taking(box, Taken(option="uploads")))("s3")
    s3.create_bucket(Bucket="acme-shop-uploads", CreateBucketConfiguration=where)
    s3.put_object(Bucket="acme-shop-uploads", Key="a.txt", Body=b"a")
    assert s3.get_object(Bucket="acme-shop-uploads", Key="a.txt")["Body"].read() == b"a"
    assert refused(s3.list_objects_v2, Bucket="owners-own") in DENIED
    assert refused(s3.create_bucket, Bucket="other", CreateBucketConfiguration=where) in DENIED
    assert refused(s3.put_bucket_acl, Bucket="acme-shop-uploads", ACL="public-read") in DENIED
    s3.delete_object(Bucket="acme-shop-uploads", Key="a.txt")
    s3.delete_bucket(Bucket="acme-shop-uploads")


def test_dns(box: Box, owner: Client, lend: Callable[..., Client]) -> None:
    """The guest points the agreed name somewhere, and no other name of the zone."""
    made = owner("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]
    zone = made["Id"].removeprefix("/hostedzone/")
    says = (("zone", (zone,)), ("names", ("shop.example.org",)))
    dns = lend(taking(box, Taken(option="dns", says=says)))("route53")

    def batch(name: str) -> dict[str, Any]:
        record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        return {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}

    answer = dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch("Shop.example.org."))
    dns.get_change(Id=answer["ChangeInfo"]["Id"])
    names = [each["Name"] for each in dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]
    assert any(name.lower() == "shop.example.org." for name in names)
    assert (
        refused(dns.change_resource_record_sets, HostedZoneId=zone, ChangeBatch=batch("example.org"))
        in DENIED
    )
    both = {"Changes": [*batch("shop.example.org")["Changes"], *batch("www.example.org")["Changes"]]}
    assert refused(dns.change_resource_record_sets, HostedZoneId=zone, ChangeBatch=both) in DENIED
    assert refused(dns.delete_hosted_zone, Id=zone) in DENIED


def test_certificate(box: Box, owner: Client, lend: Callable[..., Client]) -> None:
    """The guest sees the certificate that was agreed on, and no other."""
    acm = owner("acm", region=REGION)
    arns = [
        acm.request_certificate(DomainName=f"{name}.example.org", ValidationMethod="DNS")["CertificateArn"]
        for name in ("shop", "mail")
    ]
    mine = lend(taking(box, Taken(option="certificate", says=(("arn", (arns[0],)),))))("acm")
    assert (
        mine.describe_certificate(CertificateArn=arns[0])["Certificate"]["DomainName"] == "shop.example.org"
    )
    assert refused(mine.describe_certificate, CertificateArn=arns[1]) in DENIED
    assert refused(mine.delete_certificate, CertificateArn=arns[0]) in DENIED


def test_mail(box: Box, owner: Client, lend: Callable[..., Client]) -> None:
    """The site sends as the agreed domain and as no other; the guest does not send at all."""
    ses = owner("sesv2", region=REGION)
    for domain in ("example.org", "private.example"):
        ses.create_email_identity(EmailIdentity=domain)
    pass_ = taking(box, Taken(option="mail", says=(("domain", ("example.org",)),)))
    text = {"Data": "hello"}
    mail = {
        "Destination": {"ToAddresses": ["jo@example.com"]},
        "Content": {"Simple": {"Subject": text, "Body": {"Text": text}}},
    }
    site, guest = lend(pass_, site=True)("sesv2"), lend(pass_)("sesv2")
    assert site.send_email(FromEmailAddress="Shop <shop@example.org>", **mail)["MessageId"]
    assert refused(site.send_email, FromEmailAddress="ceo@private.example", **mail) in DENIED
    assert refused(guest.send_email, FromEmailAddress="shop@example.org", **mail) in DENIED
    assert guest.get_email_identity(EmailIdentity="example.org")
    assert refused(guest.get_email_identity, EmailIdentity="private.example") in DENIED

"""A static site: made by hand or by Terraform, published again, and taken down."""

from __future__ import annotations

from collections.abc import Mapping

from loan.story import OWNER
from needs.stories.telling import MADE, NAME, OWN, Question, asked, flat

BUCKET, OBJECT = f"arn:aws:s3:::{NAME}-www", f"arn:aws:s3:::{NAME}-www/index.html"
FRONT = f"arn:aws:cloudfront::{OWNER}"
SITE, CONTROL, REWRITE = (
    f"{FRONT}:distribution/EOWN",
    f"{FRONT}:origin-access-control/E1",
    f"{FRONT}:function/{NAME}-index",
)
ZONE = "arn:aws:route53:::hostedzone/Z0123456789ABC"
RECORD = {
    "route53:ChangeResourceRecordSetsNormalizedRecordNames": "shop.example.org",
    "route53:ChangeResourceRecordSetsRecordTypes": "A",
    "route53:ChangeResourceRecordSetsActions": "UPSERT",
}
CERTIFICATE = f"arn:aws:acm:us-east-1:{OWNER}:certificate/1"

CORE = flat(
    asked("look around", "cloudfront:ListDistributions ListOriginAccessControls", "*"),
    asked(
        "look the ready-made up",
        "cloudfront:ListCachePolicies ListOriginRequestPolicies ListResponseHeadersPolicies",
        "*",
    ),
    asked("make the bucket", "s3:CreateBucket", BUCKET, MADE),
    asked("with its tags", "s3:TagResource", BUCKET, MADE),
    asked("tag it as Terraform does", "s3:PutBucketTagging", BUCKET),
    asked(
        "read all of it as Terraform does",
        "s3:GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging "
        "GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock "
        "GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration "
        "GetLifecycleConfiguration GetReplicationConfiguration ListBucket ListBucketVersions",
        BUCKET,
    ),
    asked("shape it", "s3:PutBucketCORS PutBucketVersioning PutLifecycleConfiguration", BUCKET),
    asked(
        "fill it",
        "s3:PutObject GetObject PutObjectTagging GetObjectTagging AbortMultipartUpload DeleteObject",
        OBJECT,
    ),
    asked("make an access control", "cloudfront:CreateOriginAccessControl", "*"),
    asked("read it back", "cloudfront:GetOriginAccessControl GetOriginAccessControlConfig", CONTROL),
    asked("read a cache policy", "cloudfront:GetCachePolicy", f"{FRONT}:cache-policy/658327ea"),
    asked(
        "read a request policy",
        "cloudfront:GetOriginRequestPolicy",
        f"{FRONT}:origin-request-policy/88a5eaf4",
    ),
    asked(
        "read a headers policy",
        "cloudfront:GetResponseHeadersPolicy",
        f"{FRONT}:response-headers-policy/67f7725c",
    ),
    asked("make the distribution", "cloudfront:CreateDistribution", "*", MADE),
    asked("with its tags", "cloudfront:TagResource", f"{FRONT}:distribution/*", MADE),
    asked("wait for it", "cloudfront:GetDistribution GetDistributionConfig ListTagsForResource", SITE, OWN),
    asked("let it read the bucket", "s3:PutBucketPolicy", BUCKET),
    asked("publish again", "cloudfront:CreateInvalidation GetInvalidation ListInvalidations", SITE, OWN),
    asked("switch it off", "cloudfront:UpdateDistribution", SITE, OWN),
    asked("delete it", "cloudfront:DeleteDistribution", SITE, OWN),
    asked("delete the access control", "cloudfront:DeleteOriginAccessControl", CONTROL),
    asked("empty the bucket", "s3:DeleteObject DeleteObjectVersion", OBJECT),
    asked("take its policy away", "s3:DeleteBucketPolicy", BUCKET),
    asked("delete it", "s3:DeleteBucket", BUCKET),
)
OPTIONS: Mapping[str, tuple[Question, ...]] = {
    "functions": flat(
        asked("find functions", "cloudfront:ListFunctions", "*"),
        asked("make one", "cloudfront:CreateFunction", "*"),
        asked(
            "try and publish it",
            "cloudfront:DescribeFunction GetFunction TestFunction PublishFunction UpdateFunction DeleteFunction",
            REWRITE,
        ),
    ),
    "certificate": asked(
        "look at it",
        "acm:DescribeCertificate GetCertificate ListTagsForCertificate",
        CERTIFICATE,
        region="us-east-1",
    ),
    "dns": flat(
        asked("compare", "route53:GetHostedZone ListResourceRecordSets", ZONE),
        asked("point the name", "route53:ChangeResourceRecordSets", ZONE, RECORD),
        asked("wait for it", "route53:GetChange", "arn:aws:route53:::change/C1"),
    ),
}

_OWNERS, _THEIRS = "arn:aws:s3:::owners-data", f"{FRONT}:distribution/EOWNERS"
ATTEMPTS = flat(
    asked("read the owner's bucket", "s3:ListBucket", _OWNERS),
    asked("read a page out of it", "s3:GetObject", f"{_OWNERS}/secret"),
    asked("write the owner's bucket's policy", "s3:PutBucketPolicy", _OWNERS),
    asked("delete the owner's bucket", "s3:DeleteBucket", _OWNERS),
    asked("make a bucket under another name", "s3:CreateBucket", "arn:aws:s3:::somebody-elses", MADE),
    asked("make a bucket in another region", "s3:CreateBucket", f"{BUCKET}-2", MADE, region="us-east-1"),
    asked("write into a stranger's bucket of that name", "s3:PutObject", OBJECT, account="999999999999"),
    asked("open the bucket to the public", "s3:PutBucketPublicAccessBlock", BUCKET),
    asked("open it by its ACL", "s3:PutBucketAcl", BUCKET),
    asked("make a website of it", "s3:PutBucketWebsite", BUCKET),
    asked("copy it on elsewhere", "s3:PutReplicationConfiguration", BUCKET),
    asked("read the trail's bucket", "s3:GetObject", f"arn:aws:s3:::guestpass-trail-{OWNER}-eu-west-1/x"),
    asked("change the owner's distribution", "cloudfront:UpdateDistribution", _THEIRS),
    asked("delete the owner's distribution", "cloudfront:DeleteDistribution", _THEIRS),
    asked(
        "delete another guest's distribution",
        "cloudfront:DeleteDistribution",
        _THEIRS,
        {"aws:ResourceTag/guestpass": "other-shop"},
    ),
    asked("make a distribution untagged", "cloudfront:CreateDistribution", "*"),
    asked(
        "make one under another pass's tag",
        "cloudfront:CreateDistribution",
        "*",
        {"aws:RequestTag/guestpass": "other-shop"},
    ),
    asked("copy the owner's distribution", "cloudfront:CopyDistribution", _THEIRS),
    asked("take a name over", "cloudfront:AssociateAlias", SITE, OWN),
    asked("take the tag off", "cloudfront:UntagResource", SITE, OWN),
    asked("change the owner's access control", "cloudfront:UpdateOriginAccessControl", CONTROL),
    asked("run code at the edge", "lambda:EnableReplication", f"arn:aws:lambda:us-east-1:{OWNER}:function:x"),
    asked("point a name", "route53:ChangeResourceRecordSets", ZONE, RECORD),
    asked("make a user", "iam:CreateUser", f"arn:aws:iam::{OWNER}:user/helper"),
)
ADOPTIONS = flat(
    asked("adopt the owner's distribution by tagging it", "cloudfront:TagResource", _THEIRS, MADE),
    asked("delete the owner's unused access control", "cloudfront:DeleteOriginAccessControl", CONTROL),
    asked("let a stranger read the own bucket", "s3:PutBucketPolicy", BUCKET),
)
"""What no policy can hold: refused as long as the owner does not accept it by its Sid."""

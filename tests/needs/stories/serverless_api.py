"""An API of functions and tables: made by hand or by Terraform, changed, and taken down."""

from __future__ import annotations

from collections.abc import Mapping

from loan.story import OWNER, REGION
from needs.stories.telling import MADE, NAME, OTHER_ROLE, OWN, ROLE, Question, asked, flat, passing

FUNCTION = f"arn:aws:lambda:{REGION}:{OWNER}:function:{NAME}-api"
TABLE = f"arn:aws:dynamodb:{REGION}:{OWNER}:table/{NAME}-orders"
GATEWAY = f"arn:aws:apigateway:{REGION}::"
APIS, API = f"{GATEWAY}/restapis", f"{GATEWAY}/restapis/a1b2c3"
NEW_TAGS = f"{GATEWAY}/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Frestapis%2F*"
LOGS = f"arn:aws:logs:{REGION}:{OWNER}:log-group:/guestpass/{NAME}/api"
PARAMETER = f"arn:aws:ssm:{REGION}:{OWNER}:parameter/guestpass/{NAME}/key"
BUCKET = f"arn:aws:s3:::{NAME}-code"
CALLER = {"lambda:Principal": "apigateway.amazonaws.com"}

LOG_STORY = flat(
    asked("find logs", "logs:DescribeLogGroups", "*"),
    # AWS: CloudWatch Logs User Guide, "Overview of managing access": the group's ARN ends in its streams
    asked("make a log group", "logs:CreateLogGroup", f"{LOGS}:log-stream:", MADE),
    asked("with its tags", "logs:TagResource", LOGS, MADE),
    asked("read logs", "logs:DescribeLogStreams FilterLogEvents PutRetentionPolicy", f"{LOGS}:log-stream:"),
    asked("compare tags", "logs:ListTagsForResource", LOGS),
    asked("read one log", "logs:GetLogEvents", f"{LOGS}:log-stream:1"),
    asked("delete logs", "logs:DeleteRetentionPolicy DeleteLogGroup", f"{LOGS}:log-stream:"),
)
PARAMETER_STORY = flat(
    asked("find parameters", "ssm:DescribeParameters", "*"),
    asked("keep one", "ssm:PutParameter GetParameter GetParameters", PARAMETER),
    asked("tag it", "ssm:AddTagsToResource", PARAMETER, MADE),
    asked("compare tags", "ssm:ListTagsForResource", PARAMETER),
    asked("delete it", "ssm:DeleteParameter DeleteParameters", PARAMETER),
)
CORE = flat(
    asked("look around", "lambda:ListFunctions GetAccountSettings", "*"),
    asked("look at tables", "dynamodb:ListTables", "*"),
    asked("make a table", "dynamodb:CreateTable TagResource", TABLE, MADE),
    asked(
        "wait for it",
        "dynamodb:DescribeTable DescribeContinuousBackups DescribeTimeToLive ListTagsOfResource",
        TABLE,
    ),
    asked("shape it", "dynamodb:UpdateTable UpdateTimeToLive UpdateContinuousBackups", TABLE),
    asked(
        "fill it",
        "dynamodb:PutItem GetItem UpdateItem DeleteItem BatchGetItem BatchWriteItem Query Scan",
        TABLE,
    ),
    asked("look by an index", "dynamodb:Query", f"{TABLE}/index/by-day"),
    LOG_STORY,
    PARAMETER_STORY,
    asked("make the function", "lambda:CreateFunction TagResource", FUNCTION, MADE),
    passing(ROLE, "lambda.amazonaws.com"),
    asked(
        "wait for it",
        "lambda:GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig ListVersionsByFunction GetPolicy "
        "ListAliases ListTags",
        FUNCTION,
    ),
    asked(
        "bring new code",
        "lambda:UpdateFunctionCode UpdateFunctionConfiguration PublishVersion CreateAlias UpdateAlias GetAlias",
        FUNCTION,
    ),
    asked("try it", "lambda:InvokeFunction", f"{FUNCTION}:live"),
    asked("let the gateway call it", "lambda:AddPermission", FUNCTION, CALLER),
    asked("find APIs", "apigateway:GET", APIS),
    asked("make an API", "apigateway:POST", APIS, MADE),
    asked("with its tags", "apigateway:PUT", NEW_TAGS, MADE),
    asked("read its root", "apigateway:GET", f"{API}/resources", OWN),
    asked("make a path", "apigateway:POST", f"{API}/resources/r00t", OWN),
    asked("make a method", "apigateway:PUT", f"{API}/resources/p4th/methods/GET", OWN),
    asked("say what answers", "apigateway:PUT", f"{API}/resources/p4th/methods/GET/integration", OWN),
    asked("bring it out", "apigateway:POST", f"{API}/deployments", OWN),
    asked("make a stage", "apigateway:POST", f"{API}/stages", OWN),
    asked("change the stage", "apigateway:PATCH GET", f"{API}/stages/live", OWN),
    asked("delete the stage", "apigateway:DELETE", f"{API}/stages/live", OWN),
    asked("delete the API", "apigateway:DELETE", API, OWN),
    asked("delete the function", "lambda:RemovePermission DeleteAlias DeleteFunction", FUNCTION),
    asked("delete the table", "dynamodb:DeleteTable", TABLE),
)
OPTIONS: Mapping[str, tuple[Question, ...]] = {
    "packages": flat(
        asked("make the bucket", "s3:CreateBucket", BUCKET),
        asked("find the code", "s3:GetBucketLocation ListBucket", BUCKET),
        asked("bring the code", "s3:PutObject GetObject AbortMultipartUpload", f"{BUCKET}/api.zip"),
        asked("empty the bucket", "s3:DeleteObject", f"{BUCKET}/api.zip"),
        asked("delete it", "s3:DeleteBucket", BUCKET),
    )
}

_OWNERS = f"arn:aws:lambda:{REGION}:{OWNER}:function:owners"
_THEIRS = f"arn:aws:dynamodb:{REGION}:{OWNER}:table/owners"
ATTEMPTS = flat(
    asked("change the owner's function", "lambda:UpdateFunctionCode", _OWNERS),
    asked("read the owner's function", "lambda:GetFunction", _OWNERS),
    asked("call the owner's function", "lambda:InvokeFunction", _OWNERS),
    asked("delete the owner's function", "lambda:DeleteFunction", _OWNERS),
    asked("adopt the owner's function by tagging it", "lambda:TagResource", _OWNERS, MADE),
    asked("make a function under another name", "lambda:CreateFunction", _OWNERS, MADE),
    asked("make a function untagged", "lambda:CreateFunction", FUNCTION),
    asked(
        "make a function in another region",
        "lambda:CreateFunction",
        FUNCTION.replace(REGION, "us-east-1"),
        MADE,
        region="us-east-1",
    ),
    asked(
        "let a stranger call the own function",
        "lambda:AddPermission",
        FUNCTION,
        {"lambda:Principal": "999999999999"},
    ),
    asked("let everybody call it", "lambda:AddPermission", FUNCTION, {"lambda:Principal": "*"}),
    asked(
        "open it by a URL",
        "lambda:CreateFunctionUrlConfig",
        FUNCTION,
        {"lambda:FunctionUrlAuthType": "NONE"},
    ),
    asked("take capacity from the owner", "lambda:PutFunctionConcurrency", FUNCTION),
    asked("listen to the owner's queue", "lambda:CreateEventSourceMapping", "*"),
    passing(OTHER_ROLE, "lambda.amazonaws.com"),
    passing(ROLE, "ec2.amazonaws.com"),
    asked("read the owner's table", "dynamodb:Scan", _THEIRS),
    asked("delete the owner's table", "dynamodb:DeleteTable", _THEIRS),
    asked("carry the owner's table off", "dynamodb:ExportTableToPointInTime", _THEIRS),
    asked("restore the owner's table under the own name", "dynamodb:RestoreTableToPointInTime", _THEIRS),
    asked("let a stranger into the own table", "dynamodb:PutResourcePolicy", TABLE),
    asked("copy the own table abroad", "dynamodb:CreateTableReplica", TABLE),
    asked("change the owner's API", "apigateway:PATCH", f"{GATEWAY}/restapis/theirs"),
    asked("delete the owner's API", "apigateway:DELETE", f"{GATEWAY}/restapis/theirs"),
    asked("read the owner's keys", "apigateway:GET", f"{GATEWAY}/apikeys"),
    asked("make an API untagged", "apigateway:POST", APIS),
    asked(
        "adopt the owner's API by tagging it", "apigateway:PUT", NEW_TAGS.removesuffix("*") + "theirs", MADE
    ),
    asked("change the account's role of the gateway", "apigateway:PATCH", f"{GATEWAY}/account"),
    asked("change the own API's policy", "apigateway:UpdateRestApiPolicy", API, OWN),
    asked(
        "read the owner's logs", "logs:FilterLogEvents", f"arn:aws:logs:{REGION}:{OWNER}:log-group:/prod:*"
    ),
    asked(
        "delete the owner's logs", "logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{OWNER}:log-group:/prod:*"
    ),
    asked("read the owner's parameter", "ssm:GetParameter", f"arn:aws:ssm:{REGION}:{OWNER}:parameter/prod"),
    asked("make a role", "iam:CreateRole", f"arn:aws:iam::{OWNER}:role/x"),
    asked("assume the function's role", "sts:AssumeRole", ROLE),
)
ADOPTIONS: tuple[Question, ...] = ()

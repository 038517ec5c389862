"""botocore's exceptions as ours: which call, which code, what to do."""

from __future__ import annotations

import botocore.exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError

from guestpass.errors import AccountError, GuestpassError, InputError
from guestpass.loan.step import Call

THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN_KEY = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"}
)
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled", "403"}
)
UNREACHABLE = "Unreachable"

_HINTS = (
    (THROTTLED, "AWS asks for fewer calls: wait a minute, then run the same command again"),
    (EXPIRED, "renew your credentials (`aws sso login`, or a new session), then run the same command again"),
    (UNKNOWN_KEY, "check the profile: `aws sts get-caller-identity --profile NAME`"),
    (DENIED, "the owner's credentials need this action; an administrator's have it"),
)


def of_client_error(error: ClientError, call: Call) -> AccountError:
    """AWS answered with an error: its code, message and request id, and what to do about it."""
    answer = error.response
    told = answer.get("Error", {})
    code = str(told.get("Code", "Unknown"))
    message = str(told.get("Message", "") or "no message").rstrip(".")
    return AccountError(
        f"AWS refused `{name_of(call)}` with `{code}`: {message}",
        call=name_of(call),
        code=code,
        resource=resource_of(call),
        request_id=str(answer.get("ResponseMetadata", {}).get("RequestId", "")) or None,
        hint=next((hint for codes, hint in _HINTS if code in codes), None),
    )


def of_botocore_error(error: BotoCoreError, call: Call) -> GuestpassError:
    """No answer came from AWS, or the call was never sent."""
    match error:
        case aws.NoCredentialsError() | aws.PartialCredentialsError() | aws.CredentialRetrievalError():
            return no_credentials(str(error))
        case aws.TokenRetrievalError() | aws.SSOTokenLoadError() | aws.UnauthorizedSSOTokenError():
            return InputError("the single sign-on session has expired", hint="`aws sso login`")
        case aws.NoRegionError():
            return InputError("no region is set", hint="add `--region us-east-1`, or set AWS_REGION")
        case aws.ParamValidationError():
            return InputError(f"`{name_of(call)}` cannot be called so: {_one_line(error)}")
        case _:
            return AccountError(
                f"no answer from AWS to `{name_of(call)}`: {_one_line(error)}",
                call=name_of(call),
                code=UNREACHABLE,
                resource=resource_of(call),
                hint="check the network and `--endpoint-url`, then run the same command again",
            )


def no_credentials(why: str) -> InputError:
    """There is nothing to sign a call with."""
    return InputError(
        f"no AWS credentials were found: {why.rstrip('.')}",
        hint="name a profile with `--profile NAME`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    )


def name_of(call: Call) -> str:
    """How a call is named to the reader: `iam:CreateUser`."""
    return f"{call.service}:{call.operation}"


_NAMING = (
    "UserName", "GroupName", "RoleName", "PolicyArn", "PolicyName", "InstanceProfileName", "Bucket", "Name",
    "BudgetName", "SAMLProviderArn", "OpenIDConnectProviderArn", "AWSServiceName",
)  # fmt: skip


def resource_of(call: Call) -> str | None:
    """What the call is about, as far as its parameters name it."""
    return next((str(call.parameters[key]) for key in _NAMING if key in call.parameters), None)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")

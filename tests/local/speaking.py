"""How tests speak to the box: clients of anyone, policies in one line, and what a refusal says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from guestpass.local import Box, Credentials

REGION = "eu-west-1"
Client = Callable[..., Any]


# One session for all: it keeps botocore's models, which take a while to read.
_SESSION = boto3.Session()
_ONCE = Config(retries={"max_attempts": 1, "mode": "standard"})


def client_of(box: Box, credentials: Credentials, service: str, region: str = REGION, **config: Any) -> Any:
    """A boto3 client for the box that never retries."""
    return _SESSION.client(
        service,  # type: ignore[call-overload, unused-ignore]
        region_name=region,
        endpoint_url=box.endpoint_url,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=_ONCE.merge(Config(**config)),
    )


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    """The error code with which a call is refused; fails when it is not."""
    return str(error_of(call, *args, **kwargs)["Error"]["Code"])


def error_of(call: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """The whole answer with which a call is refused; fails when it is not."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return dict(caught.value.response)


def session_of(answer: dict[str, Any], account: str) -> Credentials:
    """The credentials in an answer of STS."""
    held = answer["Credentials"]
    return Credentials(
        access_key_id=held["AccessKeyId"],
        secret_access_key=held["SecretAccessKey"],
        session_token=held["SessionToken"],
        account=account,
    )


def trust(principal: dict[str, Any], **condition: Any) -> str:
    """A trust policy that lets a principal assume the role, tag the session and set its source identity."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def document(*statements: dict[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: str | list[str], resources: str | list[str] = "*", **conditions: Any) -> dict[str, Any]:
    """An Allow statement; keyword arguments are condition operators."""
    return _statement("Allow", actions, resources, conditions)


def deny(actions: str | list[str], resources: str | list[str] = "*", **conditions: Any) -> dict[str, Any]:
    """A Deny statement; keyword arguments are condition operators."""
    return _statement("Deny", actions, resources, conditions)


def _statement(effect: str, actions: Any, resources: Any, conditions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": effect, "Action": actions, "Resource": resources}
    if conditions:
        made["Condition"] = conditions
    return made

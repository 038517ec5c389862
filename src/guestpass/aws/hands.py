"""The owner's hands: one place through which every call to AWS goes, and AWS's own clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import botocore.exceptions
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from guestpass import __version__
from guestpass.account.snapshot import Caller
from guestpass.aws import refusals
from guestpass.errors import AccountError, Bug, InputError, RootError
from guestpass.loan.step import Call, Generated


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where the owner's calls go: an endpoint (None: AWS itself), a profile and a region (None: as configured)."""

    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None


class Hands:
    """Makes calls with the owner's credentials; `connect` makes it. `caller` is who they belong to.

    Clients are kept by service and region. Retries are botocore's standard ones; what is left after them is raised
    as `AccountError` (or `InputError` where nothing was sent).
    """

    def __init__(self, session: boto3.Session, *, region: str, endpoint_url: str | None) -> None:
        self.region = region
        self.endpoint_url = endpoint_url
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self._heard: datetime | None = None
        self._caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who the credentials belong to."""
        if self._caller is None:
            raise Bug("the hands were used before they knew whose they are")
        return self._caller

    def now(self) -> datetime:
        """AWS's clock, from the latest answer's Date header: UTC, whole seconds. Never this machine's clock."""
        if self._heard is None:
            raise AccountError(
                "the endpoint's answers carry no Date header, so its time is not known",
                call="sts:GetCallerIdentity",
                code="NoDate",
                hint="a proxy may strip it: ask AWS directly",
            )
        return self._heard

    def call(self, call: Call) -> Mapping[str, Any]:
        """Make one call and return AWS's answer.

        Raises AccountError when AWS refuses or does not answer, InputError when the call could not be sent.
        """
        client = self._client(call)
        _no_generated(call)
        try:
            answer: Mapping[str, Any] = getattr(client, xform_name(call.operation))(**call.parameters)
        except ClientError as error:
            self._listen(error.response)
            raise refusals.of_client_error(error, call) from error
        except BotoCoreError as error:
            raise refusals.of_botocore_error(error, call) from error
        self._listen(answer)
        return answer

    def pages(self, call: Call) -> Iterator[Mapping[str, Any]]:
        """Make a read call and return its answers page by page; a call that AWS does not page gives one."""
        client = self._client(call)
        name = xform_name(call.operation)
        if not client.can_paginate(name):
            yield self.call(call)
            return
        try:
            for page in client.get_paginator(name).paginate(**call.parameters):
                self._listen(page)
                yield page
        except ClientError as error:
            self._listen(error.response)
            raise refusals.of_client_error(error, call) from error
        except BotoCoreError as error:
            raise refusals.of_botocore_error(error, call) from error

    def _client(self, call: Call) -> Any:
        region = call.region or self.region
        with self._making:
            key = (call.service, region)
            if key not in self._clients:
                try:
                    self._clients[key] = self._session.client(  # type: ignore[call-overload]
                        call.service, region_name=region, endpoint_url=self.endpoint_url, config=_config()
                    )
                except (BotoCoreError, ValueError) as error:
                    if isinstance(error, BotoCoreError):
                        raise refusals.of_botocore_error(error, call) from error
                    raise InputError(
                        f"the endpoint `{self.endpoint_url}` cannot be used: {error}",
                        expected="an address such as http://127.0.0.1:4700",
                    ) from error
            return self._clients[key]

    def _listen(self, answer: Any) -> None:
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if date:
            try:
                self._heard = parsedate_to_datetime(date).astimezone(UTC)
            except ValueError:
                return


def connect(target: Target) -> Hands:
    """Find out whose credentials these are, and refuse root's.

    Raises RootError for the root user, InputError without credentials, profile or region, AccountError when AWS
    refuses them or cannot be reached.
    """
    session = _session(target)
    region = target.region or session.region_name
    if not region:
        raise InputError("no region is set", hint="add `--region us-east-1`, or set AWS_REGION")
    who = Call(service="sts", operation="GetCallerIdentity")
    try:
        if session.get_credentials() is None:
            raise refusals.no_credentials("neither the environment nor a profile has any")
    except BotoCoreError as error:
        raise refusals.of_botocore_error(error, who) from error
    hands = Hands(session, region=region, endpoint_url=target.endpoint_url)
    answer = hands.call(who)
    arn = str(answer["Arn"])
    # AWS: IAM User Guide, "AWS account root user": the root user's ARN ends with `:root`
    if arn.endswith(":root"):
        raise RootError(
            "these are the root user's credentials: no policy can hold them, so guestpass does not take them",
            call="sts:GetCallerIdentity",
            code="RootUser",
            resource=arn,
            hint="use an administrator's: `aws sso login --profile NAME`, then `--profile NAME`; "
            "and delete the root access key",
        )
    hands._caller = Caller(
        account=str(answer["Account"]), arn=arn, user_id=str(answer["UserId"]), partition=arn.split(":")[1]
    )
    return hands


def _session(target: Target) -> boto3.Session:
    try:
        return boto3.Session(profile_name=target.profile, region_name=target.region)
    except botocore.exceptions.ProfileNotFound as error:
        raise InputError(
            f"there is no profile `{target.profile}`", hint="`aws configure list-profiles` shows them"
        ) from error
    except BotoCoreError as error:
        raise InputError(f"the AWS configuration cannot be read: {error}") from error


def _config() -> Config:
    return Config(
        user_agent_extra=f"guestpass/{__version__}",
        retries={"mode": "standard", "total_max_attempts": 4},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=16,
    )


def _no_generated(call: Call) -> None:
    if any(isinstance(value, Generated) for value in call.parameters.values()):
        raise Bug(f"`{refusals.name_of(call)}` was sent before its secret was made")

"""Read who a request says it is: the SigV4 credential, not yet believed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from guestpass.local.exchange import Arrival, Refusal

ALGORITHM = "AWS4-HMAC-SHA256"
_PART = re.compile(r"^\s*([A-Za-z]+)=(.*?)\s*$")
_KEY_ID = re.compile(r"^[A-Za-z0-9]{16,128}$")
_REGION = re.compile(r"^[a-z0-9-]{2,32}$")
_SERVICE = re.compile(r"^[A-Za-z0-9_.-]{1,64}$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The credential scope: `AKID/20261123/eu-west-1/ec2/aws4_request`. `service` is the signing name."""

    access_key_id: str
    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a signed request claims. `expires` (seconds) is set on presigned ones."""

    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str = field(repr=False)
    signed_at: datetime
    amz_date: str
    token: str | None = field(repr=False, default=None)
    expires: int | None = None


def identify(arrival: Arrival) -> Claim | None:
    """The request's claim, or None when it is not signed. Raises Refusal where it cannot be read."""
    header = arrival.header("authorization")
    if header is not None:
        return _from_header(arrival, header)
    if arrival.parameter("X-Amz-Algorithm") is not None:
        return _from_query(arrival)
    if arrival.parameter("AWSAccessKeyId") is not None:
        raise _older()
    return None


def _from_header(arrival: Arrival, header: str) -> Claim:
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm == "AWS":
        raise _older()
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported algorithm: the box verifies {ALGORITHM} only.")
    parts: dict[str, str] = {}
    for piece in rest.split(","):
        match = _PART.match(piece)
        if match is None:
            raise _incomplete("Authorization header is malformed.")
        parts[match[1]] = match[2]
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not parts.get(name):
            raise _incomplete(f"Authorization header requires '{name}' parameter.")
    date = arrival.header("x-amz-date")
    if date is None:
        raise _incomplete("Authorization header requires existence of an 'X-Amz-Date' header.")
    return _claim(
        arrival,
        credential=parts["Credential"],
        signed=parts["SignedHeaders"],
        signature=parts["Signature"],
        date=date,
        token=arrival.header("x-amz-security-token"),
    )


def _from_query(arrival: Arrival) -> Claim:
    given = dict(arrival.parameters())
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise _incomplete(f"Unsupported algorithm: the box verifies {ALGORITHM} only.")
    for name in ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires"):
        if not given.get(name):
            raise _incomplete(f"The query string lacks '{name}'.")
    seconds = given["X-Amz-Expires"]
    # AWS: Authenticating Requests: Using Query Parameters (AWS Signature Version 4): at most seven days
    if not seconds.isascii() or not seconds.isdigit() or not 1 <= int(seconds[:9]) <= 604800:
        raise _incomplete("X-Amz-Expires must be between 1 and 604800 seconds.")
    return _claim(
        arrival,
        credential=given["X-Amz-Credential"],
        signed=given["X-Amz-SignedHeaders"],
        signature=given["X-Amz-Signature"],
        date=given["X-Amz-Date"],
        token=given.get("X-Amz-Security-Token"),
        expires=int(seconds),
    )


def _claim(
    arrival: Arrival,
    *,
    credential: str,
    signed: str,
    signature: str,
    date: str,
    token: str | None,
    expires: int | None = None,
) -> Claim:
    try:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete("Date must be in ISO-8601 'basic format'.") from None
    scope = _scope(credential)
    if scope.date != date[:8]:
        raise Refusal(
            "SignatureDoesNotMatch", "Date in Credential scope does not match the request's date.", status=403
        )
    names = tuple(name.strip().lower() for name in signed.split(";"))
    if "host" not in names:
        raise Refusal("SignatureDoesNotMatch", "'Host' must be a signed header.", status=403)
    # AWS: Signature Version 4 signing process: every x-amz-* header must be signed.
    for name, _ in arrival.headers if expires is None else ():
        if name.startswith("x-amz-") and name not in names:
            raise Refusal("SignatureDoesNotMatch", f"'{name}' must be a signed header.", status=403)
    return Claim(
        scope=scope,
        signed_headers=names,
        signature=signature,
        signed_at=signed_at,
        amz_date=date,
        token=token,
        expires=expires,
    )


def _scope(credential: str) -> Scope:
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise _incomplete("Credential must be keyid/date/region-code/service-code/aws4_request.")
    key, date, region, service, _ = parts
    if not (_KEY_ID.match(key) and _REGION.match(region) and _SERVICE.match(service)):
        raise _incomplete("Credential is malformed.")
    return Scope(access_key_id=key, date=date, region=region, service=service)


def _older() -> Refusal:
    # AWS: Amazon S3 error responses: Signature Version 2 is not accepted in newer regions; nowhere in the box
    says = f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}."
    return Refusal("InvalidRequest", says, literal=True)


def _incomplete(says: str) -> Refusal:
    return Refusal("IncompleteSignature", says, status=400)

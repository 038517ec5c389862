"""Believe a claim or refuse it: SigV4 over the raw request, the payload's hash, clock skew on real time."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from guestpass.local import chunked
from guestpass.local.exchange import Arrival, Refusal
from guestpass.local.identify import ALGORITHM, Claim, Scope

# AWS: Signature Version 4 signing process: five minutes; Amazon S3 error responses: RequestTimeTooSkewed, 15.
SKEW = timedelta(minutes=5)
S3_SKEW = timedelta(minutes=15)


def verify(arrival: Arrival, claim: Claim, secret: str) -> bytes:
    """The request's payload, de-chunked where it came in chunks. Raises Refusal for a wrong signature."""
    _fresh(arrival.at, claim)
    declared = _payload_hash(arrival, claim)
    canonical = _canonical_request(arrival, claim, declared)
    to_sign = "\n".join(
        (ALGORITHM, claim.amz_date, str(claim.scope), hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = signing_key(secret, claim.scope)
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise _mismatch()
    return _payload(arrival, claim, declared, key)


def signing_key(secret: str, scope: Scope) -> bytes:
    """The day's signing key for a secret."""
    key = b"AWS4" + secret.encode()
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _fresh(now: datetime, claim: Claim) -> None:
    s3 = claim.scope.service == "s3"
    skew = S3_SKEW if s3 else SKEW
    if claim.expires is not None:
        if now > claim.signed_at + timedelta(seconds=claim.expires):
            raise Refusal(
                "AccessDenied" if s3 else "SignatureDoesNotMatch", "Request has expired", status=403
            )
        if claim.signed_at > now + skew:
            raise Refusal(
                "AccessDenied" if s3 else "SignatureDoesNotMatch", "Request is not yet valid", status=403
            )
        return
    if abs(now - claim.signed_at) <= skew:
        return
    if s3:
        raise Refusal(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            status=403,
            literal=True,
        )
    early = claim.signed_at > now
    raise Refusal(
        "SignatureDoesNotMatch",
        f"Signature {'not yet current' if early else 'expired'}: {claim.amz_date} is now "
        f"{'later' if early else 'earlier'} than {now:%Y%m%dT%H%M%SZ} ({'+' if early else '-'} 5 min.)",
        status=403,
    )


def _payload_hash(arrival: Arrival, claim: Claim) -> str:
    """What the signer put in the canonical request's last line."""
    declared = arrival.header("x-amz-content-sha256")
    if claim.scope.service == "s3":
        if declared is None and claim.expires is None:
            raise Refusal(
                "InvalidRequest",
                "Missing required header for this request: x-amz-content-sha256",
                literal=True,
            )
        return declared or "UNSIGNED-PAYLOAD"
    # botocore signs UNSIGNED-PAYLOAD for the few operations whose model says so; outside of S3 only that word
    # and the body's own hash are ever right.
    return "UNSIGNED-PAYLOAD" if declared == "UNSIGNED-PAYLOAD" else hashlib.sha256(arrival.body).hexdigest()


def _payload(arrival: Arrival, claim: Claim, declared: str, key: bytes) -> bytes:
    if declared == "UNSIGNED-PAYLOAD":
        return arrival.body
    if declared.startswith("STREAMING-"):
        return chunked.decode(
            arrival.body,
            mode=declared,
            key=key,
            scope=str(claim.scope),
            amz_date=claim.amz_date,
            seed=claim.signature,
            length=arrival.header("x-amz-decoded-content-length"),
        )
    if not hmac.compare_digest(hashlib.sha256(arrival.body).hexdigest().encode(), declared.lower().encode()):
        raise Refusal(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            literal=True,
        )
    return arrival.body


def _canonical_request(arrival: Arrival, claim: Claim, payload_hash: str) -> str:
    pairs = []
    for piece in arrival.query.split("&") if arrival.query else ():
        name, _, value = piece.partition("=")
        if claim.expires is not None and unquote(name) == "X-Amz-Signature":
            continue
        pairs.append(
            (_encoded(unquote(name.replace("+", "%20"))), _encoded(unquote(value.replace("+", "%20"))))
        )
    headers = []
    for name in claim.signed_headers:
        held = arrival.header(name)
        if held is None:
            raise _mismatch()
        headers.append(f"{name}:{' '.join(held.split())}\n")
    return "\n".join(
        (
            arrival.method,
            _canonical_path(arrival.path, s3=claim.scope.service == "s3"),
            "&".join(f"{name}={value}" for name, value in sorted(pairs)),
            "".join(headers),
            ";".join(claim.signed_headers),
            payload_hash,
        )
    )


def _canonical_path(path: str, *, s3: bool) -> str:
    if s3:  # AWS: S3 does not normalise paths and encodes them once: what was sent is what was signed
        return path or "/"
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in {"", "."}:
            kept.append(part)
    tail = "/" if path.endswith("/") and kept else ""
    return quote("/" + "/".join(kept) + tail, safe="/~")


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _mismatch() -> Refusal:
    return Refusal(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method. Consult the service documentation for details.",
        status=403,
    )

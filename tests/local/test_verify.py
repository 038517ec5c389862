"""SigV4 as botocore writes it: what it signs is believed, what is changed afterwards is not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from hypothesis import given, settings
from hypothesis import strategies as st

from guestpass.local.exchange import Arrival, Refusal
from guestpass.local.identify import identify
from guestpass.local.verify import verify

KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "a-secret-that-is-nobodys")
URL = "http://127.0.0.1:4700"


def signed(
    auth: Any = SigV4Auth,
    *,
    service: str = "sts",
    method: str = "POST",
    url: str = f"{URL}/",
    body: bytes = b"Action=GetCallerIdentity",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Arrival:
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    request.context["payload_signing_enabled"] = True
    auth(KEYS, service, "eu-west-1", **more).add_auth(request)
    prepared = request.prepare()
    path, _, query = prepared.url.removeprefix(URL).partition("?")
    kept = [
        (name.lower(), value.decode() if isinstance(value, bytes) else str(value))
        for name, value in prepared.headers.items()
    ]
    return Arrival(
        method=method,
        path=path,
        query=query,
        headers=(("host", "127.0.0.1:4700"), *[pair for pair in kept if pair[0] != "host"]),
        body=body,
        source_ip="127.0.0.1",
        at=datetime.now(UTC),
    )


def judged(arrival: Arrival, secret: str = "a-secret-that-is-nobodys") -> bytes:
    claim = identify(arrival)
    assert claim is not None
    return verify(arrival, claim, secret)


def refusal(arrival: Arrival, **more: Any) -> str:
    with pytest.raises(Refusal) as caught:
        judged(arrival, **more)
    return caught.value.code


def with_header(arrival: Arrival, name: str, value: str) -> Arrival:
    return replace(arrival, headers=tuple((k, value if k == name else v) for k, v in arrival.headers))


def test_what_botocore_signs_is_believed() -> None:
    assert judged(signed()) == b"Action=GetCallerIdentity"


def test_a_changed_body_path_query_method_or_header_is_not() -> None:
    arrival = signed(headers={"x-amz-target": "A.B"})
    assert refusal(replace(arrival, body=b"Action=CreateUser")) == "SignatureDoesNotMatch"
    assert refusal(replace(arrival, path="/other")) == "SignatureDoesNotMatch"
    assert refusal(replace(arrival, query="a=b")) == "SignatureDoesNotMatch"
    assert refusal(replace(arrival, method="PUT")) == "SignatureDoesNotMatch"
    assert refusal(with_header(arrival, "x-amz-target", "A.C")) == "SignatureDoesNotMatch"
    assert refusal(arrival, secret="another") == "SignatureDoesNotMatch"


def test_an_amazon_header_that_was_not_signed_is_not() -> None:
    arrival = signed()
    smuggled = replace(arrival, headers=(*arrival.headers, ("x-amz-target", "A.B")))
    with pytest.raises(Refusal) as caught:
        identify(smuggled)
    assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(("service", "minutes"), [("sts", 6), ("s3", 16)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_that_is_off_is_refused_on_real_time(service: str, minutes: int, sign: int) -> None:
    arrival = signed(S3SigV4Auth if service == "s3" else SigV4Auth, service=service)
    late = replace(arrival, at=arrival.at + sign * timedelta(minutes=minutes))
    expected = "RequestTimeTooSkewed" if service == "s3" else "SignatureDoesNotMatch"
    assert refusal(late) == expected
    assert judged(replace(arrival, at=arrival.at + sign * timedelta(minutes=minutes - 2)))


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12),
        min_size=1,
        max_size=3,
    ),
    st.dictionaries(
        st.text("abc-~ +&=/ü", min_size=1, max_size=5), st.text("xyz-~ +&=/ü", max_size=5), max_size=3
    ),
)
@settings(max_examples=150, deadline=None)
def test_any_object_key_and_query_that_botocore_signs_is_believed(
    parts: list[str], query: dict[str, str]
) -> None:
    from urllib.parse import quote

    path = "/".join(quote(part, safe="-._~") for part in parts)
    tail = "&".join(f"{quote(k, safe='-._~')}={quote(v, safe='-._~')}" for k, v in query.items())
    url = f"{URL}/bucket/{path}" + (f"?{tail}" if tail else "")
    assert judged(signed(S3SigV4Auth, service="s3", method="PUT", url=url, body=b"data")) == b"data"


def test_an_s3_body_must_have_the_hash_that_was_signed() -> None:
    arrival = signed(S3SigV4Auth, service="s3", method="PUT", url=f"{URL}/b/k", body=b"data")
    assert refusal(replace(arrival, body=b"atad")) == "XAmzContentSHA256Mismatch"


def test_presigned_urls_are_believed_until_they_end() -> None:
    arrival = signed(
        S3SigV4QueryAuth, service="s3", method="GET", url=f"{URL}/b/k?versionId=1", body=b"", expires=60
    )
    assert judged(arrival) == b""
    assert refusal(replace(arrival, at=arrival.at + timedelta(seconds=61))) == "AccessDenied"
    assert refusal(replace(arrival, path="/b/other")) == "SignatureDoesNotMatch"


def test_unsigned_chunks_with_a_trailer_come_back_as_the_payload() -> None:
    crc = "x-amz-checksum-crc32"
    body = b"4\r\nWiki\r\n5\r\npedia\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    arrival = streamed(body, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", {"x-amz-trailer": crc})
    assert judged(arrival) == b"Wikipedia"
    assert refusal(replace(arrival, body=body.replace(b"5\r\n", b"9\r\n"))) == "IncompleteBody"
    assert refusal(replace(arrival, body=body[:6])) == "IncompleteBody"


def streamed(body: bytes, mode: str, more: dict[str, str]) -> Arrival:
    class Streaming(S3SigV4Auth):  # type: ignore[misc, unused-ignore]
        def payload(self, request: Any) -> str:
            return mode

    return signed(
        Streaming,
        service="s3",
        method="PUT",
        url=f"{URL}/b/k",
        body=body,
        headers={"x-amz-decoded-content-length": "9", "content-encoding": "aws-chunked", **more},
    )


def test_signed_chunks_are_checked_one_by_one() -> None:
    import hmac

    from guestpass.local.verify import signing_key

    arrival = streamed(b"", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", {})
    claim = identify(arrival)
    assert claim is not None
    key, previous, body = signing_key(KEYS.secret_key, claim.scope), claim.signature, b""
    for piece in (b"Wiki", b"pedia", b""):
        text = "\n".join(
            (
                "AWS4-HMAC-SHA256-PAYLOAD",
                claim.amz_date,
                str(claim.scope),
                previous,
                hashlib.sha256(b"").hexdigest(),
                hashlib.sha256(piece).hexdigest(),
            )
        )
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        body += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece + b"\r\n"
    assert judged(replace(arrival, body=body)) == b"Wikipedia"
    assert refusal(replace(arrival, body=body.replace(b"Wiki", b"wiki"))) == "SignatureDoesNotMatch"


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_authorization_header_is_too_strange_to_refuse(text: str) -> None:
    arrival = Arrival(
        method="GET",
        path="/",
        query="",
        headers=(("host", "x"), ("authorization", f"AWS4-HMAC-SHA256 {text}"), ("x-amz-date", text)),
        body=b"",
        source_ip="127.0.0.1",
        at=datetime.now(UTC),
    )
    with pytest.raises(Refusal):
        identify(arrival)

"""S3's chunked uploads: `aws-chunked` bodies, with chunk signatures and trailers, back to the payload."""

from __future__ import annotations

import hashlib
import hmac

from guestpass.local.exchange import Refusal

# AWS: Signature calculations for the Authorization header: transferring payload in multiple chunks
SIGNED = {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"}
UNSIGNED = {"STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
_EMPTY = hashlib.sha256(b"").hexdigest()


def decode(
    body: bytes, *, mode: str, key: bytes, scope: str, amz_date: str, seed: str, length: str | None
) -> bytes:
    """The payload of a chunked body. Raises Refusal where a chunk, a signature or the length is wrong."""
    if mode not in SIGNED | UNSIGNED:
        raise Refusal("NotImplemented", f"The box does not verify {mode}.", status=501, literal=True)
    signed = mode in SIGNED
    out = bytearray()
    previous, rest = seed, body
    while True:
        line, found, rest = rest.partition(b"\r\n")
        size_text, _, extension = line.partition(b";")
        try:
            size = int(size_text, 16)
        except ValueError:
            raise _malformed() from None
        if not found or size < 0 or size > len(rest):
            raise _malformed()
        data, rest = rest[:size], rest[size:]
        if signed:
            previous = _checked(data, extension, key=key, scope=scope, amz_date=amz_date, previous=previous)
        if size == 0:
            break
        if rest[:2] != b"\r\n":
            raise _malformed()
        out += data
        rest = rest[2:]
    if mode.endswith("-TRAILER") and signed:
        _checked_trailer(rest, key=key, scope=scope, amz_date=amz_date, previous=previous)
    if length is not None and length != str(len(out)):
        raise _malformed()
    return bytes(out)


def _checked(data: bytes, extension: bytes, *, key: bytes, scope: str, amz_date: str, previous: str) -> str:
    given = extension.removeprefix(b"chunk-signature=").decode("latin-1")
    text = "\n".join(
        ("AWS4-HMAC-SHA256-PAYLOAD", amz_date, scope, previous, _EMPTY, hashlib.sha256(data).hexdigest())
    )
    return _same(text, given, key)


def _checked_trailer(rest: bytes, *, key: bytes, scope: str, amz_date: str, previous: str) -> None:
    given, kept = "", b""
    for line in rest.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"x-amz-trailer-signature":
            given = value.strip().decode("latin-1")
        elif line.strip():
            kept += name.strip().lower() + b":" + value.strip() + b"\n"
    text = "\n".join(
        ("AWS4-HMAC-SHA256-TRAILER", amz_date, scope, previous, hashlib.sha256(kept).hexdigest())
    )
    _same(text, given, key)


def _same(text: str, given: str, key: bytes) -> str:
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.encode("latin-1")):
        raise Refusal(
            "SignatureDoesNotMatch",
            "The chunk signature we calculated does not match the signature you provided.",
            status=403,
        )
    return expected


def _malformed() -> Refusal:
    return Refusal(
        "IncompleteBody",
        "The request body terminated unexpectedly or its chunks are malformed.",
        literal=True,
    )

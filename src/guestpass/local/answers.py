"""Errors in the shape of each protocol: query, EC2, JSON, REST-JSON, REST-XML and S3's own."""

from __future__ import annotations

import json
from typing import assert_never
from xml.sax.saxutils import escape

from guestpass.local.backend.wire import Dialect
from guestpass.local.exchange import Refusal, Reply

# AWS: common error types of each service; the same trouble has other names in other protocols.
_QUERY = {
    "SignatureDoesNotMatch": 403,
    "InvalidClientTokenId": 403,
    "MissingAuthenticationToken": 403,
    "ExpiredToken": 403,
}
_EC2 = {
    "SignatureDoesNotMatch": (
        "AuthFailure",
        401,
        "AWS was not able to validate the provided access credentials",
    ),
    "InvalidClientTokenId": (
        "AuthFailure",
        401,
        "AWS was not able to validate the provided access credentials",
    ),
    "ExpiredToken": ("RequestExpired", 400, "Request has expired."),
    "AccessDenied": ("UnauthorizedOperation", 403, None),
    "NotImplemented": ("UnsupportedOperation", 501, None),
}
_JSON = {
    "SignatureDoesNotMatch": ("InvalidSignatureException", 400),
    "InvalidClientTokenId": ("UnrecognizedClientException", 400),
    "IncompleteSignature": ("IncompleteSignatureException", 400),
    "MissingAuthenticationToken": ("MissingAuthenticationTokenException", 400),
    "ExpiredToken": ("ExpiredTokenException", 400),
    "AccessDenied": ("AccessDeniedException", 400),
    "InvalidAction": ("UnknownOperationException", 400),
    "MalformedInput": ("SerializationException", 400),
    "InternalFailure": ("InternalFailure", 500),
    "NotImplemented": ("NotImplementedException", 501),
}
_S3 = {
    "InvalidClientTokenId": (
        "InvalidAccessKeyId",
        403,
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    "ExpiredToken": ("ExpiredToken", 400, "The provided token has expired."),
    "InvalidToken": ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    "MissingAuthenticationToken": ("AccessDenied", 403, "Access Denied"),
    "IncompleteSignature": ("AuthorizationHeaderMalformed", 400, None),
    "MalformedInput": ("MalformedXML", 400, None),
    "InvalidAction": ("MethodNotAllowed", 405, None),
    "InternalFailure": ("InternalError", 500, None),
}
_REST_DENIED = 403


def refuse(refusal: Refusal, dialect: Dialect, request_id: str) -> Reply:
    """The refusal as this protocol says it. `error` of the reply is the code that was put on the wire."""
    code, says, status = _worded(refusal, dialect)
    match dialect:
        case Dialect.QUERY | Dialect.REST_XML:
            return _xml(_query_body(code, says, status, request_id), code, says, status)
        case Dialect.EC2:
            return _xml(_ec2_body(code, says, request_id), code, says, status)
        case Dialect.S3:
            return _xml(_s3_body(code, says, request_id), code, says, status)
        case Dialect.JSON | Dialect.REST_JSON:
            return _json(code, says, status, rest=dialect is Dialect.REST_JSON)
        case Dialect.CBOR:
            return _json(code, says, status, rest=True)
        case _ as never:
            assert_never(never)


def _worded(refusal: Refusal, dialect: Dialect) -> tuple[str, str, int]:
    code, says, status = refusal.code, refusal.says, refusal.status
    if refusal.literal:
        return code, says, status
    match dialect:
        case Dialect.EC2 if code in _EC2:
            name, http, text = _EC2[code]
            return name, text or says, http
        case Dialect.S3 if code in _S3:
            name, http, text = _S3[code]
            return name, text or says, http
        case Dialect.JSON | Dialect.REST_JSON | Dialect.CBOR if code in _JSON:
            name, http = _JSON[code]
            denied_over_rest = code == "AccessDenied" and dialect is not Dialect.JSON
            return name, says, _REST_DENIED if denied_over_rest else http
    if code == "InvalidToken":
        return _worded(Refusal("InvalidClientTokenId", says, status=403), dialect)
    return code, says, _QUERY.get(code, status)


def _query_body(code: str, says: str, status: int, request_id: str) -> str:
    kind = "Sender" if status < 500 else "Receiver"
    return (
        f"<ErrorResponse><Error><Type>{kind}</Type><Code>{escape(code)}</Code><Message>{escape(says)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _ec2_body(code: str, says: str, request_id: str) -> str:
    return (
        f"<Response><Errors><Error><Code>{escape(code)}</Code><Message>{escape(says)}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    )


def _s3_body(code: str, says: str, request_id: str) -> str:
    return (
        f"<Error><Code>{escape(code)}</Code><Message>{escape(says)}</Message><RequestId>{request_id}</RequestId>"
        "<HostId>guestpass</HostId></Error>"
    )


def _xml(body: str, code: str, says: str, status: int) -> Reply:
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + body
    return Reply(
        status=status, headers=(("Content-Type", "text/xml"),), body=text.encode(), error=(code, says)
    )


def _json(code: str, says: str, status: int, *, rest: bool) -> Reply:
    media = "application/json" if rest else "application/x-amz-json-1.1"
    # AWS: the key is `Message` in some services and `message` in others; clients read either.
    body = json.dumps({"__type": code, "message": says, "Message": says})
    headers = (("Content-Type", media), ("x-amzn-ErrorType", code))
    return Reply(status=status, headers=headers, body=body.encode(), error=(code, says))

"""What a request asks for and how an answer is written: moto's server-side parsers and serializers.

`WireError` is a request that no operation matches or that does not read as its operation's input.
"""

from __future__ import annotations

import io
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from botocore.parsers import create_parser
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from moto.settings import MAX_FORM_MEMORY_SIZE

from guestpass.local.backend.names import service_of
from guestpass.local.exchange import Arrival, Refusal, Reply

_PLAIN_AGENT = "guestpass-box"


class Dialect(Enum):
    """How errors are written. S3 is REST-XML with a shape of its own."""

    QUERY = "query"
    EC2 = "ec2"
    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    S3 = "s3"
    CBOR = "smithy-rpc-v2-cbor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """An operation that a request asks for. `parameters` are in the API's spelling and may hold secrets."""

    service: str
    operation: str
    dialect: Dialect
    parameters: Mapping[str, Any] = field(repr=False)
    model: OperationModel = field(repr=False)


def environ(arrival: Arrival, *, body: bytes, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The WSGI environ moto sees. Its own `x-moto-*` headers never come from the client."""
    made: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": arrival.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote_to_bytes(arrival.path).decode("latin-1"),
        "QUERY_STRING": arrival.query,
        "RAW_URI": arrival.path + ("?" + arrival.query if arrival.query else ""),
        "REQUEST_URI": arrival.path + ("?" + arrival.query if arrival.query else ""),
        "REMOTE_ADDR": arrival.source_ip,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    kept_names: dict[str, str] = {}
    for name, value in arrival.headers:
        if name.startswith("x-moto-") or name in _HOP_BY_HOP:
            continue
        key = name.upper().replace("-", "_")
        if "_" in name:
            if not name.startswith("x-amz-meta-"):
                continue
            kept_names[f"HTTP_{key}"] = name
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        made[key] = f"{made[key]},{value}" if key in made else value
    made["CONTENT_LENGTH"] = str(len(body))
    # INVARIANT: moto would read the region from the user agent or the host first; the scope alone decides.
    made["HTTP_USER_AGENT"] = _PLAIN_AGENT
    made["HTTP_HOST"] = "127.0.0.1"
    made["moto.preserved_header_names"] = kept_names
    made |= more or {}
    return made


_HOP_BY_HOP = {"connection", "expect", "transfer-encoding", "content-length", "authorization"}


def read(arrival: Arrival, signing_name: str, body: bytes) -> Asked:
    """The operation and its parameters. Raises Refusal in the words AWS has for it."""
    request = Request(environ(arrival, body=body), populate_request=False)
    request.max_form_memory_size = MAX_FORM_MEMORY_SIZE
    service = service_of(signing_name, arrival, request.values.get("Version"))
    if service is None:
        raise Refusal(
            "InvalidAction", f"The box knows no service that is signed as {signing_name}.", status=404
        )
    model = get_service_model(service)
    try:
        operation, uri_params = get_service_router(service).match(request)
        protocol = determine_request_protocol(model, request.content_type)
        parameters = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.get_data(),
                "url_path": request.path,
                "url_params": uri_params,
            }
        )
    except Exception as error:  # noqa: BLE001 - anything a parser trips over is the request's fault
        raise _unreadable(error, request, service) from None
    return Asked(
        service=service,
        operation=str(operation.name),
        dialect=_dialect(service, protocol),
        parameters=parameters,
        model=operation,
    )


def _unreadable(error: Exception, request: Request, service: str) -> Refusal:
    action = request.values.get("Action") or request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if type(error).__name__ in {"NotFound", "MethodNotAllowed", "NotImplementedError", "KeyError"}:
        named = f"The action {action}" if action else f"{request.method} on this path"
        return Refusal("InvalidAction", f"{named} is not valid for the service {service}.", status=400)
    return Refusal("MalformedInput", "The request could not be read as its operation's input.", status=400)


def dialect_of(arrival: Arrival, signing_name: str | None) -> Dialect:
    """The dialect in which to refuse a request that may not even be readable."""
    media = (arrival.header("content-type") or "").split(";")[0].strip()
    if signing_name == "s3":
        return Dialect.S3
    if signing_name == "ec2":
        return Dialect.EC2
    if media.startswith("application/x-amz-json"):
        return Dialect.JSON
    if media == "application/x-www-form-urlencoded" or arrival.parameter("Action") is not None:
        return Dialect.QUERY
    if media == "application/cbor":
        return Dialect.CBOR
    if signing_name is None:
        return Dialect.S3
    service = service_of(signing_name, arrival, None)
    if service is None:
        return Dialect.REST_JSON
    return _dialect(service, str(get_service_model(service).protocol))


def _dialect(service: str, protocol: str) -> Dialect:
    return Dialect.S3 if service == "s3" else Dialect(protocol)


def write(asked: Asked, result: Mapping[str, Any], request_id: str) -> Reply:
    """A successful answer of the box's own, as moto's serializer writes it."""
    protocol = "rest-xml" if asked.dialect is Dialect.S3 else asked.dialect.value
    serializer = get_serializer_class(asked.service, protocol)(
        operation_model=asked.model, context=SerializationContext(request_id)
    )
    made = serializer.serialize(dict(result))
    body = made["body"]
    return Reply(
        status=int(made["status_code"]),
        headers=tuple((str(name), str(value)) for name, value in made["headers"].items()),
        body=body.encode() if isinstance(body, str) else body,
    )


def understood(asked: Asked, reply: Reply) -> dict[str, Any]:
    """A reply's content as a client would read it (`Error` and `ResponseMetadata` among it)."""
    protocol = "rest-xml" if asked.dialect is Dialect.S3 else asked.dialect.value
    parsed = create_parser(protocol).parse(
        {
            "headers": _Headers(reply.headers),
            "status_code": reply.status,
            "body": reply.body,
            "context": {"operation_name": asked.operation},
        },
        cast("Any", asked.model.output_shape),
    )
    return parsed if isinstance(parsed, dict) else {}


class _Headers(dict[str, str]):
    """Headers that are found in any spelling, as botocore's parsers expect."""

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        super().__init__({name.lower(): value for name, value in pairs})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


def service_model(service: str) -> ServiceModel:
    """The service's model."""
    return get_service_model(service)

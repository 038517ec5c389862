"""Hand an authorised request to moto and bring its answer back in AWS's shape."""

from __future__ import annotations

import io
import re
import traceback
from collections.abc import Iterable
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeBucket

from guestpass.local.backend import wire
from guestpass.local.exchange import Arrival, Refusal, Reply

_ID_HEADERS = {
    "x-amzn-requestid",
    "x-amz-request-id",
    "date",
    "content-length",
    "server",
    "connection",
    "status",
    "transfer-encoding",
}
# moto must not tell callers apart by itself: it is always given a key that belongs to nobody.
_NOBODY = "AKIAGUESTPASSNOBODY0"
_CORS = "access-control-"
# moto leaves many answers with the media type that its web framework assumes.
_MEDIA = {
    wire.Dialect.QUERY: "text/xml",
    wire.Dialect.EC2: "text/xml",
    wire.Dialect.REST_XML: "text/xml",
    wire.Dialect.JSON: "application/x-amz-json-1.1",
    wire.Dialect.REST_JSON: "application/json",
}
_REQUEST_ID = re.compile(rb"<(request_?id)>[^<]*</", re.IGNORECASE)


def _permitted(_bucket: Any, _action: str, _resource: str) -> PermissionResult:
    return PermissionResult.PERMITTED


class Dispatcher:
    """moto's server application, without its side doors (`/moto-api`, instance metadata) and its guesses."""

    def __init__(self) -> None:
        # moto judges bucket policies once more, without their conditions; the gateway has decided already
        FakeBucket.get_permission = _permitted  # type: ignore[method-assign, assignment]
        self._router = DomainDispatcherApplication(create_backend_app)
        self._apps: dict[str, Any] = {}

    def send(
        self,
        arrival: Arrival,
        asked: wire.Asked,
        *,
        account: str,
        region: str,
        signing_name: str,
        body: bytes,
        request_id: str,
    ) -> Reply:
        """moto's answer. Raises Refusal (NotImplemented) that names the operation where moto has none."""
        scope = f"{_NOBODY}/20000101/{region}/{signing_name}/aws4_request"
        environ = wire.environ(
            arrival,
            body=body,
            more={
                "HTTP_X_MOTO_ACCOUNT_ID": account,
                "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            },
        )
        not_here = Refusal(
            "NotImplemented",
            f"{asked.service}:{asked.operation} is authorised but not implemented by the AWS in the box.",
            status=501,
        )
        app = self._app(environ)
        if app is None:
            raise not_here
        try:
            status, headers, content = _run(app, environ)
        except NotImplementedError:
            raise not_here from None
        except Exception as error:  # noqa: BLE001 - moto raises anything
            raise Refusal(
                "InternalFailure",
                f"The AWS in the box failed at {asked.service}:{asked.operation}: {_where(error)}.",
                status=500,
            ) from None
        if asked.service != "s3" and content.lstrip()[:9].lower() == b"<!doctype":
            raise not_here  # a web framework's page: no operation of moto's answered
        return _tidy(status, headers, content, request_id, asked.dialect)

    def _app(self, environ: dict[str, Any]) -> Any:
        host = self._router.infer_service_region_host(environ, environ["PATH_INFO"])
        backend = self._router.get_backend_for_host(host)
        if backend is None or backend in {"moto_api", "instance_metadata"}:
            return None
        if backend not in self._apps:
            self._apps[backend] = create_backend_app(backend)
        return self._apps[backend]


def _run(app: Any, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:  # noqa: ARG001
        started[:] = [int(status.split(" ", 1)[0]), headers]
        return io.BytesIO().write

    chunks: Iterable[bytes] = app(environ, start_response)
    content = b"".join(chunks)
    return started[0], started[1], content


def _tidy(
    status: int, headers: list[tuple[str, str]], content: bytes, request_id: str, dialect: wire.Dialect
) -> Reply:
    kept = tuple(
        (name, _MEDIA.get(dialect, value) if value.startswith("text/html") else value)
        for name, value in headers
        if name.lower() not in _ID_HEADERS and not name.lower().startswith(_CORS)
    )
    content = _REQUEST_ID.sub(lambda found: b"<" + found[1] + b">" + request_id.encode() + b"</", content)
    return Reply(status=status, headers=kept, body=content)


def _where(error: Exception) -> str:
    """The kind of error and moto's own line: never its text, which may quote the request."""
    frames = traceback.extract_tb(error.__traceback__)
    spot = frames[-1] if frames else None
    return f"{type(error).__name__}" + (f" in {spot.name}" if spot else "")

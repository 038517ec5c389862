"""The HTTP server: threads, keep-alive, loopback only; raw paths and headers to the gateway, bytes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from guestpass.local.exchange import Arrival, Reply

Answer = Callable[[Arrival], Reply]
_LONGEST_BODY = 256 * 1024 * 1024
_IDLE_SECONDS = 60
_BAD_REQUEST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>'
    "<Message>{says}</Message></Error></ErrorResponse>"
)


class _BadBody(Exception):  # noqa: N818 - the client's, not ours
    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status, self.says = status, says


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "guestpass-local"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # status, headers and body leave in one piece
    server: Server

    def _any(self) -> None:
        try:
            body = self._body()
        except _BadBody as bad:
            self.close_connection = True
            self.send_error(bad.status, bad.says)
            return
        path, _, query = self.path.partition("?")
        arrival = Arrival(
            method=self.command,
            path=path if path.startswith("/") else "/" + path,
            query=query,
            headers=tuple((name.lower(), str(value)) for name, value in self.headers.items()),
            body=body,
            source_ip=self.client_address[0],
            at=datetime.now(UTC),
        )
        self._send(self.server.answer(arrival))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _any  # noqa: N815 - http.server's names

    def handle_expect_100(self) -> bool:
        """Tell the client to go on at once: what is written here would otherwise wait in the buffer."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        named = {name.lower() for name, _ in reply.headers}
        for name, value in reply.headers:
            clean = value.replace("\r", " ").replace("\n", " ")
            self.send_header(name, clean.encode("utf-8").decode("latin-1"))
        empty = reply.status == 204 or reply.status == 304
        if not empty and not (self.command == "HEAD" and "content-length" in named):
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and not empty:
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _body(self) -> bytes:
        coding = self.headers.get("Transfer-Encoding", "").lower()
        if coding:
            if coding != "chunked":
                raise _BadBody(501, "only the chunked transfer coding is understood")
            return self._chunks()
        given = self.headers.get_all("Content-Length") or []
        if not given:
            return b""
        if len(set(given)) != 1 or not given[0].isascii() or not given[0].isdigit():
            raise _BadBody(400, "the content length is not a number")
        length = int(given[0][:20])
        if length > _LONGEST_BODY:
            raise _BadBody(413, "the body is longer than the box takes")
        body = self.rfile.read(length)
        if len(body) != length:
            raise _BadBody(400, "the body ended early")
        return body

    def _chunks(self) -> bytes:
        out = bytearray()
        while True:
            line = self.rfile.readline(1024).split(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError:
                raise _BadBody(400, "a chunk's size is not a number") from None
            if size < 0 or len(out) + size > _LONGEST_BODY:
                raise _BadBody(413, "the body is longer than the box takes")
            if size == 0:
                while self.rfile.readline(65536).strip():
                    pass
                return bytes(out)
            piece = self.rfile.read(size)
            if len(piece) != size:
                raise _BadBody(400, "the body ended early")
            out += piece
            self.rfile.readline(8)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """http.server's own refusals, in AWS's shape and without what the client sent."""
        del explain
        name = "MalformedHttpRequestException" if code < 500 else "InternalFailure"
        says = (
            message
            if isinstance(message, str) and code in {400, 413, 501} and "(" not in message
            else "bad request"
        )
        body = _BAD_REQUEST.format(code=name, says=says).encode()
        self.close_connection = True
        if self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.1"
        self._send(Reply(status=code, headers=(("Content-Type", "text/xml"),), body=body))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """The record is the log; nothing goes to the terminal."""

    def handle(self) -> None:
        """A client that goes away takes nothing with it."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def finish(self) -> None:
        """Close quietly, whatever the client did."""
        try:
            super().finish()
        except (ConnectionError, TimeoutError, ValueError):
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """Serves one gateway on 127.0.0.1. Raises OSError where the port is taken."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, answer: Answer | None = None) -> None:
        self._answer = answer
        super().__init__(("127.0.0.1", port), _Handler)

    def answer(self, arrival: Arrival) -> Reply:
        """The reply of whatever stands behind; nobody is served before there is something."""
        return Reply(status=503) if self._answer is None else self._answer(arrival)

    def serve(self, answer: Answer) -> None:
        """Serve for ever."""
        self._answer = answer
        self.serve_forever(poll_interval=0.2)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """No traceback, neither to the client nor to the terminal: the connection is closed."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

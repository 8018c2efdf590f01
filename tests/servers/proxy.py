"""A proxy before an HTTP server that fails as it is told: it answers busy, cuts connections, takes a part of a bulk only."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from msgspec import Struct

Fault = Literal["429", "503", "cut", "half", "none"]
_JSON = "application/vnd.elasticsearch+json;compatible-with=9"

_UNKNOWN = {"error": {"type": "security_exception", "reason": "unable to authenticate user"}, "status": 401}


class Seen(Struct, frozen=True):
    """A request as it came; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]


class FaultyProxy:
    """``faults`` are used up one by one, by requests whose path holds ``only``: an answer of that status, a connection cut without
    one, or a bulk of which the node takes the first half and is too busy for the rest. ``answers``: path -> status and body to answer
    always. ``product``: whether answers say that they are Elasticsearch's. ``storm``, while there is one, says what becomes of each of
    those requests; ``stormed`` counts its faults. ``wants``: the authorization without which a request is answered 401. A server that is away cuts the connection."""

    def __init__(self, target: str, only: str = "/_bulk", tls: ssl.SSLContext | None = None) -> None:
        self.target, self.only = urlsplit(target), only
        self.faults: deque[Fault] = deque()
        self.storm: Callable[[], Fault] | None = None
        self.stormed = 0
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.product = True
        self.wants: str | None = None
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._scheme = "http"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.seen.append(
                    Seen(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
                )
                fault: Fault = proxy.fault() if proxy.only in self.path else "none"
                if fault == "half" and "/_bulk" not in self.path:
                    fault = "429"
                if proxy.wants not in (None, self.headers.get("Authorization")):
                    self.answer(401, json.dumps(_UNKNOWN).encode())
                elif fault == "cut":
                    self.close_connection = True
                elif fault in ("429", "503"):
                    self.answer(int(fault), json.dumps(_busy(int(fault))).encode())
                elif (path := self.path.partition("?")[0]) in proxy.answers:
                    status, told = proxy.answers[path]
                    self.answer(status, json.dumps(told).encode())
                else:
                    self.pass_on(proxy.half if fault == "half" else proxy.forward, body)

            def pass_on(
                self, way: Callable[[BaseHTTPRequestHandler, bytes], tuple[int, bytes, str]], body: bytes
            ) -> None:
                try:
                    answer = way(self, body)
                except (OSError, http.client.HTTPException):
                    self.close_connection = True
                else:
                    self.answer(*answer)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 the names that the server looks for

            def answer(self, status: int, body: bytes, kind: str = _JSON) -> None:
                self.send_response(status)
                if proxy.product:
                    self.send_header("X-Elastic-Product", "Elasticsearch")
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: ``seen`` tells."""

        return Handler

    def fault(self) -> Fault:
        """What becomes of the request that has just come."""
        if self.faults:
            return self.faults.popleft()
        storm = self.storm
        fault: Fault = storm() if storm is not None else "none"
        self.stormed += fault != "none"
        return fault

    def forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes, str]:
        """The target's answer: status, body, content type."""
        connection = http.client.HTTPConnection(self.target.hostname or "", self.target.port, timeout=60)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
        headers["Content-Length"] = str(len(body))
        try:
            connection.request(request.command, request.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("Content-Type", _JSON)
        finally:
            connection.close()

    def half(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes, str]:
        """The first half of a bulk is done; the items of the rest are told to come again."""
        lines = body.splitlines(keepends=True)
        kept = len(lines) // 4 * 2
        done: list[Any] = []
        if kept:
            done = json.loads(self.forward(request, b"".join(lines[:kept]))[1])["items"]
        busy = [{"index": {"status": 429, **_busy(429)}} for _ in lines[kept::2]]
        return 200, json.dumps({"errors": True, "items": done + busy}).encode(), _JSON


def _busy(status: int) -> dict[str, Any]:
    kinds = {429: "es_rejected_execution_exception", 503: "unavailable_shards_exception"}
    return {"error": {"type": kinds[status], "reason": "the queue is full"}, "status": status}

"""What asking the web gives: a response, or one of two errors named by what happens next."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from contracts.records import Validators


class Redirect(Struct, frozen=True):
    """A hop: the status that sent us on (301, 302, 303, 307, 308) and where to."""

    status: int
    url: str


class Response(Struct, frozen=True, kw_only=True):
    """A whole answer. ``url`` is the final one, ``headers`` have lower-case names, ``body`` is decompressed."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes = b""
    content_type: str | None = None
    """Media type in lower case, without parameters."""
    charset: str | None = None
    """As the Content-Type header declares it."""
    redirects: tuple[Redirect, ...] = ()


class Limits(Struct, frozen=True, kw_only=True):
    """Caps on one request, redirects included: bytes on the wire and after decompression, seconds in all, hops."""

    max_bytes: int = 10 * 1024 * 1024
    seconds: float = 30.0
    max_redirects: int = 5


class WebError(Exception):
    """About one URL; ``reason`` is a short constant that is counted, the message is for people."""

    def __init__(self, url: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{url}: {reason}" + (f": {detail}" if detail else ""))
        self.url, self.reason, self.detail = url, reason, detail


class Refused(WebError):
    """Final: the address is not allowed, the answer is too large, the redirects do not end, the coding is broken."""


class Unreachable(WebError):
    """Passing: name resolution, connection, TLS, time-out. Try again later."""


class Web(Protocol):
    """Asks for one URL. Any status is an answer, 304 and 5xx too; only Refused and Unreachable are raised."""

    async def get(
        self, url: str, *, validators: Validators | None = None, limits: Limits = Limits(), accept: str = "*/*"
    ) -> Response: ...

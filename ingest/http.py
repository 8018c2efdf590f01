"""Asking the web, with a cap on everything that a server decides: bytes, time, hops, headers, and where they lead."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import quote_from_bytes

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from contracts.records import Validators
from ingest import urls
from ingest.inflate import BadCoding, Bomb, Inflater, TooLarge
from ingest.netguard import NetGuard, PrivateAddress
from ingest.web import Limits, Redirect, Refused, Response, Unreachable, WebError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOREIGN_CODINGS = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})
_HEADER_BYTES = 16 * 1024


class ClientSettings(Struct, frozen=True, kw_only=True):
    """``user_agent`` says who asks and how to reach them. ``allow``: private networks that may be asked. ``trust_env``: use the
    proxies of the environment; names are then resolved by the proxy, and ``allow`` must hold the proxy's own network."""

    user_agent: str
    allow: tuple[str, ...] = ()
    trust_env: bool = False
    connections: int = 100
    connections_per_host: int = 4
    connect_seconds: float = 15.0
    keep_alive_seconds: float = 15.0


class Client:
    """The ``Web`` over aiohttp. One connection pool; cookies are neither kept nor sent; TLS is verified.

    Reasons of Refused: bad_url, private_address, too_large, bomb, too_many_redirects, bad_encoding.
    Reasons of Unreachable: dns, connect, tls, timeout, protocol.
    """

    def __init__(self, settings: ClientSettings, resolver: AbstractResolver | None = None) -> None:
        self._settings = settings
        self._guard = NetGuard(settings.allow)
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(settings.connections)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends every connection; the client may be used again afterwards."""
        session, self._session = self._session, None
        self._turns = asyncio.Semaphore(self._settings.connections)
        if session is not None:
            await session.close()

    async def get(
        self, url: str, *, validators: Validators | None = None, limits: Limits = Limits(), accept: str = "*/*"
    ) -> Response:
        """The answer, whatever its status; the body of a status of 400 or above is left behind. Raises Refused, Unreachable."""
        headers = _conditional(validators)
        headers["Accept"] = accept
        try:
            # The wait for a free connection is ours, not the server's: the deadline starts after it.
            async with self._turns, asyncio.timeout(limits.seconds):
                return await self._follow(url, headers, limits)
        except WebError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeError) as error:
            raise _named(url, error) from error

    async def _follow(self, url: str, headers: dict[str, str], limits: Limits) -> Response:
        hops: list[Redirect] = []
        here = self._checked(url, url, None)
        seen = {here}
        while True:
            answer = await self._ask(here, headers, limits, tuple(hops))
            if isinstance(answer, Response):
                return answer
            here = self._checked(url, answer.url, here)
            hops.append(Redirect(answer.status, here))
            if here in seen or len(hops) > limits.max_redirects:
                raise Refused(url, "too_many_redirects", f"{len(hops)} hops, the last to {here[:200]}")
            seen.add(here)

    def _checked(self, url: str, target: str, base: str | None) -> str:
        try:
            address = urls.absolute(target, base)
        except urls.BadUrl as error:
            raise Refused(url, "bad_url", f"{error}" if base is None else f"redirected: {error}") from error
        if not self._guard.permits_host(urls.host(address)):
            raise Refused(url, "private_address", urls.host(address))
        return address

    async def _ask(
        self, url: str, headers: dict[str, str], limits: Limits, hops: tuple[Redirect, ...]
    ) -> Response | Redirect:
        session = self._session or self._open()
        async with session.get(URL(url, encoded=True), headers=headers, allow_redirects=False) as response:
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                return Redirect(response.status, _text(location, quote=True))
            body = b"" if response.status >= 400 or response.status == 304 else await _body(url, response, limits)
            media_type, charset = content_type(response.headers.get("Content-Type", ""))
            return Response(
                url=url,
                status=response.status,
                headers=_headers(response),
                body=body,
                content_type=media_type,
                charset=charset,
                redirects=hops,
            )

    def _open(self) -> aiohttp.ClientSession:
        settings = self._settings
        connector = aiohttp.TCPConnector(
            limit=settings.connections,
            limit_per_host=settings.connections_per_host,
            keepalive_timeout=settings.keep_alive_seconds,
            ttl_dns_cache=300,
            resolver=self._resolver,
            socket_factory=self._guard.socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": settings.user_agent, "Accept-Encoding": "gzip, deflate"},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_seconds),
            auto_decompress=False,
            trust_env=settings.trust_env,
            max_field_size=_HEADER_BYTES,
            max_line_size=_HEADER_BYTES,
        )
        return self._session


def content_type(header: str) -> tuple[str | None, str | None]:
    """Media type (lower case) and charset of a Content-Type header; None where it does not say."""
    media_type, _, parameters = header.partition(";")
    charset = None
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip(" \t\"'") or None
            break
    return media_type.strip().lower() or None, charset


async def _body(url: str, response: aiohttp.ClientResponse, limits: Limits) -> bytes:
    if (response.content_length or 0) > limits.max_bytes:
        raise Refused(url, "too_large", f"{response.content_length} bytes announced")
    try:
        inflater = _inflater(response.headers.get("Content-Encoding", ""), limits.max_bytes)
        taken, pieces = 0, []
        async for piece in response.content.iter_any():
            taken += len(piece)
            if taken > limits.max_bytes:
                raise TooLarge(f"more than {limits.max_bytes} bytes")
            pieces.append(inflater.feed(piece) if inflater else piece)
        if inflater:
            inflater.finish()
    except Bomb as error:
        raise Refused(url, "bomb", str(error)) from error
    except TooLarge as error:
        raise Refused(url, "too_large", str(error)) from error
    except BadCoding as error:
        raise Refused(url, "bad_encoding", str(error)) from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _inflater(header: str, max_bytes: int) -> Inflater | None:
    """None for a body as it is; also where the header holds what is no coding at all (``UTF-8``, ``none``)."""
    codings = [name for part in header.split(",") if (name := part.strip().lower())]
    known = [name for name in codings if name in _FOREIGN_CODINGS or name in ("gzip", "x-gzip", "deflate")]
    if len(known) > 1:
        raise BadCoding(f"{len(known)} codings on top of each other")
    return Inflater(known[0], max_bytes) if known else None


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        if key == "set-cookie":
            continue
        text = _text(value)
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _text(value: str, *, quote: bool = False) -> str:
    """A header's text; bytes that are no UTF-8 arrive as surrogates, which no JSON may hold."""
    if value.isascii():
        return value
    data = value.encode("utf-8", "surrogateescape")
    return quote_from_bytes(data, safe="%/:=&?~#+!$,;'@()*[]") if quote else data.decode("utf-8", "replace")


def _conditional(validators: Validators | None) -> dict[str, str]:
    if validators is None:
        return {}
    found = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in found.items() if value and value.isascii() and value.isprintable()}


def _named(url: str, error: Exception) -> WebError:
    """The error in our own words: what happens next depends on which of the two it is."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, PrivateAddress):
        return Refused(url, "private_address", cause.address)
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):
        return Refused(url, "bad_url", str(error))
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unreachable(url, "dns", str(cause))
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch):
        return Unreachable(url, "tls", str(error))
    if isinstance(error, TimeoutError):
        return Unreachable(url, "timeout")
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return Unreachable(url, "connect", str(error) or type(error).__name__)
    return Unreachable(url, "protocol", str(error)[:300] or type(error).__name__)

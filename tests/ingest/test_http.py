"""The client against a server that misbehaves on purpose, on loopback."""

import asyncio
import gzip
import socket
import zlib

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.records import Validators
from ingest.http import Client, ClientSettings, content_type
from ingest.web import Limits, Redirect, Refused, Unreachable
from tests.ingest.rude_server import LOOPBACK, MB, TEXT, answer, asking, serving


def test_a_page_comes_with_its_type_charset_and_headers():
    page = answer(TEXT, Content_Type="Text/HTML; charset=utf-8", ETag='"a1"', Link="<x>; rel=a\r\nLink: <y>; rel=b")
    response, server = asking({"/": page}, accept="text/html")
    assert (response.status, response.body, response.content_type, response.charset) == (
        200,
        TEXT,
        "text/html",
        "utf-8",
    )
    assert response.headers["etag"] == '"a1"'
    assert response.headers["link"] == "<x>; rel=a, <y>; rel=b"
    assert "User-Agent: Rasid (test)" in server.seen[0]
    assert "Accept: text/html" in server.seen[0]


def test_a_conditional_request_sends_the_validators_and_304_is_an_answer():
    validators = Validators(etag='W/"5"', last_modified="Fri, 14 Oct 2022 10:00:00 GMT")
    response, server = asking({"/": b"HTTP/1.1 304 Not Modified\r\n\r\n"}, validators=validators)
    assert (response.status, response.body) == (304, b"")
    assert 'If-None-Match: W/"5"' in server.seen[0]
    assert "If-Modified-Since: Fri, 14 Oct 2022 10:00:00 GMT" in server.seen[0]


def test_validators_that_would_break_the_request_are_left_out():
    validators = Validators(etag='"a"\r\nX-Evil: 1', last_modified="تاريخ")
    response, server = asking({"/": answer(TEXT)}, validators=validators)
    assert response.status == 200
    assert "X-Evil" not in server.seen[0]
    assert "If-" not in server.seen[0]


@pytest.mark.parametrize(
    "status", ["403 Forbidden", "404 Not Found", "410 Gone", "429 Too Many Requests", "500 Error", "503 Busy"]
)
def test_any_status_is_an_answer_and_retry_after_is_left_to_the_caller(status):
    response, _ = asking({"/": answer(b"x", status=status, Retry_After="120")})
    assert response.status == int(status[:3])
    assert response.headers["retry-after"] == "120"


def deflated(data, wbits):
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT[:7]) + gzip.compress(TEXT[7:])),
        ("GZIP", gzip.compress(TEXT) + b"\0\0\0padding"),
        ("deflate", deflated(TEXT, 15)),
        ("deflate", deflated(TEXT, -15)),
        ("identity", TEXT),
        ("UTF-8", TEXT),
    ],
)
def test_codings_are_undone(coding, body):
    response, _ = asking({"/": answer(body, Content_Encoding=coding)})
    assert response.body == TEXT


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"this is no gzip"),
        ("gzip", gzip.compress(TEXT)[:-9]),
        ("deflate", b"\xff" * 40),
        ("br", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT))),
    ],
)
def test_a_broken_or_foreign_coding_is_refused(coding, body):
    error, _ = asking({"/": answer(body, Content_Encoding=coding)})
    assert isinstance(error, Refused)
    assert error.reason == "bad_encoding"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_refused_before_it_unfolds(coding):
    bomb = gzip.compress(bytes(60 * MB)) if coding == "gzip" else zlib.compress(bytes(60 * MB))
    error, _ = asking({"/": answer(bomb, Content_Encoding=coding)}, limits=Limits(max_bytes=50 * MB, seconds=5))
    assert isinstance(error, Refused)
    assert error.reason == "bomb"


def test_a_bomb_of_many_members_is_refused():
    error, _ = asking({"/": answer(gzip.compress(bytes(MB)) * 40, Content_Encoding="gzip")})
    assert (type(error), error.reason) == (Refused, "bomb")


def test_text_that_unfolds_past_the_cap_is_too_large():
    body = gzip.compress(bytes(range(256)) * 200)
    error, _ = asking({"/": answer(body, Content_Encoding="gzip")}, limits=Limits(max_bytes=10_000, seconds=5))
    assert (type(error), error.reason) == (Refused, "too_large")


def test_an_announced_size_past_the_cap_is_refused_unread():
    async def announce(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    error, _ = asking({"/": announce})
    assert (type(error), error.reason) == (Refused, "too_large")


def test_an_endless_body_of_unknown_size_is_cut_off_at_the_cap():
    sent = []

    async def pour(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while len(sent) < 800:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent.append(1)

    error, _ = asking({"/": pour}, limits=Limits(max_bytes=MB, seconds=5))
    assert (type(error), error.reason) == (Refused, "too_large")
    assert len(sent) < 800


def test_a_body_shorter_than_announced_is_a_passing_fault():
    async def lie(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
        await writer.drain()

    error, _ = asking({"/": lie})
    assert (type(error), error.reason) == (Unreachable, "protocol")


def test_a_slow_drip_ends_at_the_deadline():
    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    error, _ = asking({"/": drip}, limits=Limits(seconds=0.3))
    assert (type(error), error.reason) == (Unreachable, "timeout")


def test_redirects_are_followed_and_told():
    routes = {
        "/": answer(status="301 Moved", Location="/two?utm_source=x"),
        "/two": answer(status="302 Found", Location="خبر"),
        "/%D8%AE%D8%A8%D8%B1": answer(TEXT),
    }
    response, server = asking(routes)
    assert response.body == TEXT
    assert response.url == f"{server.base}/%D8%AE%D8%A8%D8%B1"
    assert response.redirects == (
        Redirect(301, f"{server.base}/two?utm_source=x"),
        Redirect(302, f"{server.base}/%D8%AE%D8%A8%D8%B1"),
    )


@pytest.mark.parametrize(
    "routes", [{"/": "/"}, {"/": "/a", "/a": "/"}, {f"/{'a' * n}": f"/{'a' * (n + 1)}" for n in range(40)}]
)
def test_redirects_without_an_end_are_refused(routes):
    error, server = asking({path: answer(status="302 Found", Location=to) for path, to in routes.items()})
    assert (type(error), error.reason) == (Refused, "too_many_redirects")
    assert len(server.seen) <= 6


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://[::1]/", "private_address"),
        ("http://[::ffff:10.0.0.1]/", "private_address"),
        ("//10.0.0.1/x", "private_address"),
        ("http://2130706433/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://site.com/", "bad_url"),
        ("http://user:word@site.com/", "bad_url"),
        ("http://site.com:99999/", "bad_url"),
    ],
)
def test_a_redirect_to_where_it_must_not_lead_is_refused(target, reason):
    error, _ = asking({"/": answer(status="302 Found", Location=target)}, allow=("127.0.0.1",))
    assert (type(error), error.reason) == (Refused, reason)


def test_loopback_is_refused_unless_allowed():
    error, server = asking({"/": answer(TEXT)}, allow=())
    assert (type(error), error.reason) == (Refused, "private_address")
    assert server.seen == []


class Rebinding(AbstractResolver):
    """A name that turns to a private address, as a rebinding attack does."""

    def __init__(self, *addresses):
        self.addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {
                "hostname": host,
                "host": a,
                "port": port,
                "family": socket.AF_INET6 if ":" in a else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for a in self.addresses
        ]

    async def close(self):
        pass


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("10.0.0.1", "127.0.0.1", "169.254.169.254"), ("::1", "127.0.0.1")]
)
def test_a_name_that_resolves_to_private_addresses_is_refused_at_the_socket(addresses):
    error, server = asking(
        {"/": answer(TEXT)}, allow=(), resolver=Rebinding(*addresses), base="http://outlet.example:PORT"
    )
    assert (type(error), error.reason) == (Refused, "private_address")
    assert server.seen == []


def test_a_name_that_does_not_resolve_is_a_passing_fault():
    class Nowhere(Rebinding):
        async def resolve(self, host, port=0, family=socket.AF_INET):
            raise OSError(-2, "Name or service not known")

    error, _ = asking({}, resolver=Nowhere(), base="http://outlet.example:PORT")
    assert (type(error), error.reason) == (Unreachable, "dns")


def test_a_closed_port_is_a_passing_fault():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error, _ = asking({}, base=f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert (type(error), error.reason) == (Unreachable, "connect")


def test_plain_text_on_a_tls_port_is_a_passing_fault():
    error, _ = asking({"greeting": answer(TEXT)}, base="https://127.0.0.1:PORT")
    assert (type(error), error.reason) == (Unreachable, "tls")


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"\x00\xff not http\r\n\r\n"]
)
def test_headers_past_the_cap_and_answers_that_are_not_http_are_passing_faults(raw):
    error, _ = asking({"/": raw})
    assert (type(error), error.reason) == (Unreachable, "protocol")


@given(
    st.dictionaries(
        st.sampled_from(["Content-Type", "Content-Encoding", "ETag", "Location", "Link", "Retry-After", "X-A"]),
        st.binary(max_size=40).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")),
    )
)
@settings(max_examples=60, deadline=None)
def test_header_bytes_of_any_kind_end_in_an_answer_or_a_named_error(headers):
    lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers.items())
    result, _ = asking({"/": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + lines + b"\r\nok"})
    if not isinstance(result, Refused | Unreachable):
        for text in result.headers.values():
            text.encode("utf-8")


@given(st.sampled_from([301, 302, 307]), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_locations_of_any_kind_end_in_an_answer_or_a_named_error(status, location):
    raw = f"HTTP/1.1 {status} Moved\r\nContent-Length: 0\r\nLocation: ".encode() + location.encode("utf-8", "ignore")
    result, _ = asking({"/": raw.replace(b"\0", b"") + b"\r\n\r\n"}, allow=("127.0.0.1",))
    assert isinstance(result, Refused | Unreachable) or result.status in (status, 404)


def test_the_client_closes_cleanly_and_cookies_are_not_kept():
    async def run():
        routes = {"/": answer(TEXT, Set_Cookie="session=1; Path=/")}
        async with serving(routes) as server:
            client = Client(ClientSettings(user_agent="Rasid", allow=LOOPBACK))
            response = await client.get(server.base)
            assert "set-cookie" not in response.headers
            await client.get(server.base)
            await client.close()
            await client.close()
            assert "Cookie" not in "".join(server.seen)
            return [
                task for task in asyncio.all_tasks() if task is not asyncio.current_task() and "aiohttp" in repr(task)
            ]

    assert asyncio.run(run()) == []


def test_waiting_for_a_free_connection_does_not_use_up_the_deadline():
    async def slow(writer):
        await asyncio.sleep(0.1)
        writer.write(answer(TEXT))
        await writer.drain()

    async def run():
        options = ClientSettings(user_agent="Rasid", allow=LOOPBACK, connections=1)
        async with serving({"/": slow}) as server, Client(options) as client:
            return await asyncio.gather(*(client.get(server.base, limits=Limits(seconds=0.3)) for _ in range(5)))

    assert [response.body for response in asyncio.run(run())] == [TEXT] * 5


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", (None, None)),
        ("text/html", ("text/html", None)),
        ("TEXT/HTML ; a=b; Charset='windows-1256'", ("text/html", "windows-1256")),
        ("; charset=", (None, None)),
    ],
)
def test_content_type_is_read_loosely(header, expected):
    assert content_type(header) == expected


def test_the_library_has_the_hook_that_the_guard_needs():
    assert "socket_factory" in aiohttp.TCPConnector.__init__.__kwdefaults__

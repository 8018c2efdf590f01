"""A server on loopback that answers with whatever bytes it is given, and one request of the client to it."""

import asyncio
from contextlib import asynccontextmanager

from ingest.http import Client, ClientSettings
from ingest.web import Limits, Refused, Unreachable

LOOPBACK = ("127.0.0.0/8", "::1/128")
TEXT = "أعلنت وزارة الصحة".encode()
MB = 1024 * 1024


def answer(body=b"", status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Server:
    """Answers each path with fixed bytes, or with a coroutine that writes; keeps the requests it saw."""

    def __init__(self, routes):
        self.routes, self.seen = routes, []

    async def handle(self, reader, writer):
        try:
            if greeting := self.routes.get("greeting"):
                writer.write(greeting)
                return
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.seen.append(head.decode("latin-1"))
                path = head.split(b" ", 2)[1].decode().split("?")[0]
                route = self.routes.get(path, answer(status="404 Not Found"))
                if callable(route):
                    await route(writer)
                    break
                writer.write(route)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(routes):
    server = Server(routes)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.base = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()


def asking(routes, path="/", *, allow=LOOPBACK, limits=Limits(seconds=5), resolver=None, base=None, **options):
    """The response (or the error raised) and the server."""

    async def run():
        async with (
            serving(routes) as server,
            Client(ClientSettings(user_agent="Rasid (test)", allow=allow), resolver) as client,
        ):
            url = (base.replace("PORT", server.base.rsplit(":", 1)[1]) if base else server.base) + path
            try:
                return await client.get(url, limits=limits, **options), server
            except (Refused, Unreachable) as error:
                return error, server

    return asyncio.run(run())

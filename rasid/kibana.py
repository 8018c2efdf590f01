"""Brings the dashboards into Kibana: the built saved objects, through its own import."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
from msgspec import Struct

from rasid.errors import CommandError, UsageError

OBJECTS = Path(__file__).resolve().parent.parent / "kibana" / "saved_objects.ndjson"
MAJOR = 9
"""Kibana's major version: that of Elasticsearch beside it."""
SECONDS = 60.0
"""For one request: an import makes Kibana look at every object that is there."""
_SHOWN = 3


class Credentials(Struct, frozen=True, kw_only=True):
    """Those of Elasticsearch, which Kibana takes too: a key, or a user with a password."""

    api_key: str = ""
    user: str = ""
    password: str = ""

    def headers(self) -> dict[str, str]:
        if self.api_key:
            return {"Authorization": f"ApiKey {self.api_key}"}
        if self.user:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode())
            return {"Authorization": f"Basic {pair.decode('ascii')}"}
        return {}


class KibanaAway(CommandError):
    """Kibana does not answer, or is not ready yet: the import may be tried again."""

    status = 1


async def kibana_import(
    url: str, credentials: Credentials, *, prefix: str = "rasid", ca: Path | None = None, objects: Path = OBJECTS
) -> int:
    """Imports the objects over those of the same ids; how many there are. ``url`` may name a space (``…/s/name``). Raises KibanaAway,
    and UsageError where Kibana refuses, with its reason."""
    body = "".join(lines(objects, prefix)).encode()
    headers = {"kbn-xsrf": "rasid", **credentials.headers()}
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=timeout, connector=_connector(ca)) as client:
            await _check_version(client, url)
            return await _send(client, url, body)
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
        raise UsageError(f"Kibana's certificate at {url} is not trusted: {error}") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise KibanaAway(f"Kibana does not answer at {url}: {error!r}") from error


def lines(objects: Path, prefix: str) -> Iterator[str]:
    """The objects, each on a line, with the data views over the indices of this prefix."""
    for line in objects.read_text(encoding="utf-8").splitlines():
        made = json.loads(line)
        if made["type"] == "index-pattern":
            made["attributes"]["title"] = prefix + made["attributes"]["title"].removeprefix("rasid")
        yield json.dumps(made, ensure_ascii=False) + "\n"


def _connector(ca: Path | None) -> aiohttp.TCPConnector:
    if ca is None:
        return aiohttp.TCPConnector()
    try:
        return aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(ca)))
    except OSError as error:
        raise UsageError(f"certificates for Kibana at {ca}: {error.strerror or error}") from error


async def _check_version(client: aiohttp.ClientSession, url: str) -> None:
    async with client.get(f"{url.rstrip('/')}/api/status") as answer:
        told = await _told(answer, url)
    number = str(told.get("version", {}).get("number", "")) if isinstance(told.get("version"), dict) else ""
    if not number.startswith(f"{MAJOR}."):
        raise UsageError(f"Kibana at {url} has version {number or 'unknown'}: the dashboards need version {MAJOR}")


async def _send(client: aiohttp.ClientSession, url: str, body: bytes) -> int:
    form = aiohttp.FormData()
    form.add_field("file", body, filename="rasid.ndjson", content_type="application/ndjson")
    async with client.post(f"{url.rstrip('/')}/api/saved_objects/_import?overwrite=true", data=form) as answer:
        told = await _told(answer, url)
    if not told.get("success"):
        faults = [f"{fault.get('type')} {fault.get('id')}: {fault.get('error')}" for fault in told.get("errors", ())]
        raise UsageError(f"Kibana at {url} refused {len(faults)} objects: {'; '.join(faults[:_SHOWN])}")
    return int(told["successCount"])


async def _told(answer: aiohttp.ClientResponse, url: str) -> dict[str, Any]:
    """The answer's JSON. 429 and 5xx pass by themselves, what else is no success does not."""
    text = await answer.text(errors="replace")
    if answer.status == 429 or answer.status >= 500:
        raise KibanaAway(f"Kibana at {url} is not ready: {answer.status} {' '.join(text.split())[:200]}")
    if answer.status != 200:
        raise UsageError(f"Kibana at {url} refuses: {answer.status} {' '.join(text.split())[:200]}")
    try:
        told = json.loads(text)
    except ValueError:
        raise UsageError(f"this address is not Kibana's: {url}") from None
    if not isinstance(told, dict):
        raise UsageError(f"this address is not Kibana's: {url}")
    return told

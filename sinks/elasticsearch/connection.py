"""Where the node is and how one speaks to it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from elasticsearch import ApiError, BadRequestError, Elasticsearch
from msgspec import Struct

from contracts.outcomes import IndexRefused
from sinks.elasticsearch.faults import told

MAJOR = 9
"""The server's major version: a client speaks to its own only."""


class ElasticsearchSettings(Struct, frozen=True, kw_only=True):
    """``ca_certs``: file of the authority that signed the nodes' certificates. ``series``: which generation of indices is written;
    None: the published one (see ``Names``). Times in seconds, sizes in bytes."""

    urls: tuple[str, ...] = ("http://127.0.0.1:9200",)
    api_key: str | None = None
    username: str | None = None
    password: str | None = None
    ca_certs: str | None = None
    verify: bool = True
    prefix: str = "rasid"
    series: int | None = None
    request_seconds: float = 30.0
    bulk_bytes: int = 5 * 1024 * 1024
    bulk_actions: int = 500
    busy_seconds: float = 15.0
    """How long a busy node (429, 503) is asked again inside one ``write`` before that raises Unavailable."""


def connect(settings: ElasticsearchSettings) -> Elasticsearch:
    """A client that is not connected yet. What is tried again, and when, is decided here and not in the client, but for other nodes
    when one does not answer. Raises IndexRefused for settings that contradict themselves."""
    try:
        return Elasticsearch(
            list(settings.urls),
            **_credentials(settings),
            **_tls(settings),
            request_timeout=settings.request_seconds,
            max_retries=len(settings.urls) - 1,
            retry_on_timeout=False,
            retry_on_status=(),
        )
    except (ValueError, OSError) as error:
        raise IndexRefused(f"the settings of Elasticsearch do not fit: {error}") from error


def _credentials(settings: ElasticsearchSettings) -> dict[str, Any]:
    if settings.api_key and settings.username:
        raise IndexRefused("the settings of Elasticsearch name an API key and a user: one of them is enough")
    if settings.api_key:
        return {"api_key": settings.api_key}
    if settings.username:  # the client's own basic_auth takes ASCII only
        pair = f"{settings.username}:{settings.password or ''}".encode()
        return {"headers": {"authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}}
    return {}


def _tls(settings: ElasticsearchSettings) -> dict[str, Any]:
    if not any(url.startswith("https:") for url in settings.urls):
        return {}
    if settings.ca_certs is None:
        return {"verify_certs": settings.verify}
    if not Path(settings.ca_certs).exists():
        raise IndexRefused(
            f"the settings of Elasticsearch name a file of certificates that is not there: {settings.ca_certs}"
        )
    return {"verify_certs": settings.verify, "ca_certs": settings.ca_certs}


def check_version(client: Elasticsearch) -> None:
    """Raises IndexRefused where the server is not of our major version, Unavailable where it does not answer."""
    with told():
        try:
            number = str(client.info()["version"]["number"])
        except BadRequestError as error:  # an older server does not know the media type by which we ask
            raise IndexRefused(_wrong("refuses the requests of version 9", error)) from error
    if not number.startswith(f"{MAJOR}."):
        raise IndexRefused(_wrong(f"has version {number}"))


def _wrong(what: str, error: ApiError | None = None) -> str:
    detail = f" ({error.message})" if error else ""
    return f"the Elasticsearch server {what}{detail}: Rasid needs a server of version {MAJOR}"

"""The sample's ``file:`` source: a folder that answers like a site, without a network.

``site.toml`` names the feed as it stands at successive polls, and the pages with the moments from which each version holds::

    feed = ["feed-1.xml", "feed-2.xml"]
    feed_content_type = "application/rss+xml; charset=utf-8"

    [[page]]
    url = "https://outlet.example/1"
    file = "pages/1.html"
    content_type = "text/html; charset=utf-8"
    status = 200
    since = 2022-10-15T07:00:00Z      # optional: an earlier version may stand before it
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from ingest.urls import BadUrl, canonical
from ingest.web import Response

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_ALWAYS = datetime.min.replace(tzinfo=UTC)


class SiteError(ValueError):
    """A folder that is no site: names the file, the key and what to do."""


class LocalPage(Struct, frozen=True):
    """One version of a page: what it answers from ``since`` on."""

    url: str
    file: Path | None
    content_type: str
    status: int = 200
    since: datetime = _ALWAYS


class LocalSite(Struct, frozen=True):
    """A site in a folder; ``pages`` hold the versions of each canonical URL, oldest first."""

    folder: Path
    feeds: tuple[Path, ...]
    feed_content_type: str
    pages: dict[str, tuple[LocalPage, ...]]

    @staticmethod
    def load(folder: Path) -> LocalSite:
        """Reads ``site.toml``. Raises SiteError for what is missing or leaves the folder, OSError where nothing is there."""
        path = folder / "site.toml"
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SiteError(f"{path}: not TOML: {error}; mend the line that it names") from error
        names = data.get("feed")
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not names:
            raise SiteError(f'{path}: key feed: missing; write feed = ["feed-1.xml"]')
        versions: dict[str, list[LocalPage]] = {}
        for table in data.get("page", []):
            page = _page(path, table)
            versions.setdefault(page.url, []).append(page)
        pages = {url: tuple(sorted(found, key=lambda page: page.since)) for url, found in versions.items()}
        feeds = tuple(_inside(path, str(name)) for name in names)
        return LocalSite(folder, feeds, str(data.get("feed_content_type", "application/xml")), pages)

    def moments(self) -> int:
        """How many polls bring something else than the one before."""
        return len(self.feeds)

    def feed(self, poll_number: int) -> Response:
        """What the n-th poll reads, counted from 0: the n-th file, and the last one from then on."""
        file = self.feeds[min(max(poll_number, 0), len(self.feeds) - 1)]
        return _response(file.as_uri(), 200, self.feed_content_type, file)

    def page(self, url: str, at: datetime | None = None) -> Response | None:
        """The newest version whose ``since`` is not after ``at`` (None: the newest of all); None where there is no page."""
        try:
            versions = self.pages.get(canonical(url), ())
        except BadUrl:
            return None
        standing = [page for page in versions if at is None or page.since <= at]
        if not standing:
            return None
        page = standing[-1]
        return _response(page.url, page.status, page.content_type, page.file)


def _page(path: Path, table: dict[str, Any]) -> LocalPage:
    try:
        url = canonical(str(table["url"]))
    except (KeyError, BadUrl) as error:
        raise SiteError(f"{path}: [[page]]: key url: {error}; write the address of the page") from error
    status, since = table.get("status", 200), table.get("since", _ALWAYS)
    if not isinstance(status, int) or not isinstance(since, datetime):
        raise SiteError(f"{path}: page {url}: write status as a number and since as a time with Z")
    file = _inside(path, str(table["file"])) if table.get("file") else None
    if file is None and status < 400:
        raise SiteError(f"{path}: page {url}: key file: missing; a page that stands has one")
    since = since.astimezone(UTC) if since.tzinfo else since.replace(tzinfo=UTC)
    return LocalPage(url, file, str(table.get("content_type", "text/html")), status, since)


def _inside(path: Path, name: str) -> Path:
    root = path.parent.resolve()
    file = (root / name).resolve()
    if not file.is_relative_to(root):
        raise SiteError(f"{path}: {name!r} leaves the folder; keep the site's files inside it")
    if not file.is_file():
        raise SiteError(f"{path}: {name!r} does not exist; add the file or take the row out")
    return file


def _response(url: str, status: int, content_type: str, file: Path | None) -> Response:
    charset = _CHARSET.search(content_type)
    return Response(
        url=url,
        status=status,
        headers={"content-type": content_type},
        body=file.read_bytes() if file else b"",
        content_type=content_type.partition(";")[0].strip().lower(),
        charset=charset[1] if charset else None,
    )

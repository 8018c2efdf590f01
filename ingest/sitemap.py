"""News sitemaps, plain sitemaps and sitemap indexes, streamed by lxml without entities, network or huge trees."""

from __future__ import annotations

import heapq
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from ingest.dates import EARLIEST, read_date
from ingest.raw import MAX_ITEMS, RawFeed, RawItem

MAX_CHILDREN = 1_000


def read_sitemap(text: str) -> RawFeed:
    """The sitemap in ``text`` (healed XML). Of its URLs the newest MAX_ITEMS are kept; of an index, the children named news
    first, then the most recently changed."""
    source = io.BytesIO(text.encode("utf-8", "replace"))
    fields: list[dict[str, str]] = []
    problems = []
    try:
        for one in _elements(source):
            fields.append(one)  # noqa: PERF402 - what was read before the fault stays
    except etree.XMLSyntaxError:
        problems.append("broken_xml")
    if any("sitemap" in one for one in fields):
        return RawFeed(kind="sitemap_index", children=_children(fields), problems=tuple(problems))
    kept = heapq.nlargest(MAX_ITEMS, fields, key=_moment)
    is_news = any("title" in one or "publication_date" in one for one in kept)
    return RawFeed(
        kind="news_sitemap" if is_news else "sitemap",
        title=next((one["name"] for one in kept if one.get("name")), ""),
        items=[_item(one) for one in kept],
        left=max(len(fields) - MAX_ITEMS, 0),
        problems=tuple(problems),
    )


def _elements(source: io.BytesIO) -> Iterator[dict[str, str]]:
    """The fields of each ``url`` or ``sitemap`` element by local name; the latter carry the key ``sitemap``."""
    walk = etree.iterparse(
        source, events=("end",), tag=("{*}url", "{*}sitemap"), resolve_entities=False, no_network=True, huge_tree=False
    )
    for _, element in walk:
        fields = {"sitemap": ""} if _name(element) == "sitemap" else {}
        for part in element.iter("*"):
            name = _name(part)
            if part.text and len(part) == 0 and name not in fields and not _is_image(part):
                fields[name] = part.text.strip()
        yield fields
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _is_image(part: etree._Element) -> bool:
    namespace = str(part.tag).rpartition("}")[0]
    return "sitemap-image" in namespace or "sitemap-video" in namespace


def _name(element: etree._Element) -> str:
    """The local name; lxml's QName refuses names that its parser let pass, such as ``:``."""
    return str(element.tag).rpartition("}")[2]


def _moment(fields: dict[str, str]) -> datetime:
    date = read_date(fields.get("publication_date") or fields.get("lastmod") or "", UTC)
    return date.at if date else EARLIEST


def _children(fields: list[dict[str, str]]) -> tuple[str, ...]:
    named = [one for one in fields if one.get("loc")]
    named.sort(key=_moment, reverse=True)
    named.sort(key=lambda one: "news" not in one["loc"].lower())
    return tuple(one["loc"] for one in named[:MAX_CHILDREN])


def _item(fields: dict[str, str]) -> RawItem:
    return RawItem(
        link=fields.get("loc", ""),
        title=fields.get("title", ""),
        published=fields.get("publication_date", ""),
        updated=fields.get("lastmod", ""),
    )

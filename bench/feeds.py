"""Feeds of the made-up outlets, as their content systems write them, and the operator's list that names them.

Three feeds in a row tell the same stories; a later edition of a feed shows newer stories at its head.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path

from bench.news import TELLINGS, summarize

ITEMS = 20
STRIDE = 40
"""Numbers of stories that a group of feeds has for itself: its items, and those of later editions."""
NEWER = 2
"""Items that an edition has at its head and the one before had not."""

Key = tuple[int, int]
"""An article: story and telling."""


def shown(feed: int, edition: int = 0) -> list[Key]:
    """The articles that a feed shows, the newest first."""
    group, telling = divmod(feed, TELLINGS)
    last = group * STRIDE + ITEMS + NEWER * edition
    return [(story, telling) for story in range(last - 1, last - 1 - ITEMS, -1)]


def rss(feed: int, edition: int, base: str, today: datetime) -> bytes:
    """RSS 2.0 of the feed with title, summary, author, date and picture of each item; ``base``: where its articles are."""
    items = "".join(_item(key, base, today) for key in shown(feed, edition))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:media="http://search.yahoo.com/mrss/">\n<channel>\n'
        f'<title>موقع {feed}</title>\n<atom:link href="{base}/feed/{feed}" rel="self" type="application/rss+xml" />\n'  # site
        f"<link>{base}/</link>\n<language>ar</language>\n<sy:updatePeriod>hourly</sy:updatePeriod>\n"
        f"<sy:updateFrequency>1</sy:updateFrequency>\n{items}</channel>\n</rss>\n"
    ).encode()


def _item(key: Key, base: str, today: datetime) -> str:
    article = summarize(*key, today)
    url, summary = address(base, key), escape(article.paragraphs[0])
    return (
        f"<item>\n<title>{escape(article.title)}</title>\n<link>{url}</link>\n<dc:creator><![CDATA[{article.outlet}]]></dc:creator>\n"
        f"<pubDate>{format_datetime(article.published_at)}</pubDate>\n<category><![CDATA[{article.section}]]></category>\n"
        f'<guid isPermaLink="false">{base}/?p={key[0]}-{key[1]}</guid>\n<media:content url="{base}/uploads/{key[0]}.jpg" medium="image" />\n'
        f'<description><![CDATA[<img width="300" src="/uploads/{key[0]}-300x200.jpg" alt=""/><p>{summary}</p>]]></description>\n</item>\n'
    )


def address(base: str, key: Key) -> str:
    """Of an article's page."""
    return f"{base}/news/{key[0]}/{key[1]}"


def write_list(path: Path, bases: list[str], max_minutes: float = 60.0) -> None:
    """A feed list with one outlet a feed; ``bases[n]`` is where the n-th feed's outlet is, ``max_minutes`` the longest time
    between two polls, whatever the feed itself asks for."""
    tables = ['[viewpoints]\nindependent = "Made up."\n', *outlets(bases, max_minutes)]
    path.write_text("\n".join(tables), encoding="utf-8")


def outlets(bases: list[str], max_minutes: float, numbers: Sequence[int] | None = None) -> list[str]:
    """The tables of the outlets alone; ``numbers`` of their feeds, 0, 1, 2 … where none are given."""
    return [
        f'[[outlet]]\nid = "o{n}"\nname = "موقع {n}"\nname_en = "Site {n}"\ncountry = "SY"\ntimezone = "Asia/Damascus"\n'  # site
        f'viewpoint = "independent"\nkind = "site"\ndomains = []\nfeeds = [{{ id = "f{n}", url = "{base}/feed/{n}", max_minutes = {max_minutes} }}]\n'
        for n, base in zip(numbers or range(len(bases)), bases, strict=True)
    ]

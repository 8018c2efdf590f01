"""Reads a page, or the feed's own text: what it says, before anything is compared with what was seen earlier."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from msgspec import Struct

from contracts.records import Page, TextFrom
from ingest.body import text_of
from ingest.byline import author_name, author_of
from ingest.dates import FeedDate, zone
from ingest.decode import decode
from ingest.feeds import Outlet
from ingest.furniture import furniture
from ingest.lines import lines_of
from ingest.markup import parse_html
from ingest.pagedates import PageDates, dates_of, feed_date, later
from ingest.pagemeta import PageMeta, read_meta
from ingest.polish import polish
from ingest.prose import joined, prose
from ingest.prune import drop, prune
from ingest.siterules import NO_RULE, SiteRule, elements
from ingest.title import MAX_TITLE, one_line, title_of, without_site

__all__ = ["NO_RULE", "Reading", "Source", "from_feed", "from_page"]

_SHORT = 500
_FAR_LONGER = 2.0
"""A page of less than _SHORT characters gives way to a feed that carries this many times its text: a wall, or a teaser."""

_TEXT_LIKE = re.compile(r"\s*[{\[]")
_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.\.\.|&hellip;)\s*\]|…|\.\.\.)\s*$")


class Source(Struct, frozen=True):
    """A page with the outlet that it belongs to and the rule of that outlet."""

    page: Page
    outlet: Outlet | None
    rule: SiteRule = NO_RULE

    @property
    def names(self) -> tuple[str, ...]:
        """How the outlet calls itself."""
        if self.outlet is None:
            return ()
        plain_name = re.sub(r"\s*\([^()]*\)$", "", self.outlet.name)
        return (self.outlet.name, plain_name, self.outlet.name_en, *self.outlet.domains)


class Reading(Struct, frozen=True):
    """What a page or feed says of an article. ``text``: one paragraph a line."""

    title: str
    text: str
    text_from: TextFrom
    author: str | None
    published: FeedDate | None
    updated: datetime | None


def from_page(body: bytes, source: Source) -> Reading | None:
    """The article on the page; None where there is none, or the feed has far more of it."""
    text = decode(body, source.page.charset).text
    if "<" not in text or _TEXT_LIKE.match(text):
        return None
    tree = parse_html(text)
    content = tree.find("body") if tree is not None else None
    if tree is None or content is None:
        return None
    meta = read_meta(tree)
    for path in source.rule.drop:
        for element in elements(path, tree):
            drop(element)
    spots = prune(content)
    entry = source.page.entry
    title = title_of(tree, meta, spots, source.rule, entry.title, source.names)
    words = text_of(content, spots, source.rule, title) or _in_json(meta, title)
    if not words or (len(words) < _SHORT and len(_feed_text(source, title)) > _FAR_LONGER * len(words)):
        return None
    dates = _dates(tree, meta, spots, source)
    author = author_of(tree, meta, spots, source.rule, entry.author)
    return Reading(title, words, "page", author, dates.published, dates.updated)


def from_feed(source: Source) -> Reading | None:
    """The article as the feed carries it; None where it carries no words."""
    entry, now = source.page.entry, source.page.fetched_at
    title = without_site(one_line(entry.title or ""), set())[:MAX_TITLE]
    text = _feed_text(source, title)
    if not text:
        return None
    published = feed_date(entry, now)
    return Reading(title, text, "feed", author_name(entry.author), published, later(published, None, entry, now))


def _in_json(meta: PageMeta, title: str) -> str:
    """The text that the page carries for machines, where people are shown a script."""
    text = meta.said("articleBody")
    return _from_markup(text, title) if len(text) > 80 else ""


def _feed_text(source: Source, title: str) -> str:
    entry = source.page.entry
    whole = _from_markup(entry.content_html or "", title)
    return whole or _CUT.sub("", _from_markup(entry.summary or "", title))


def _from_markup(markup: str, title: str) -> str:
    if "<" not in markup:
        text = "\n".join(line for piece in markup.splitlines() if (line := polish(piece)))
    else:
        tree = parse_html(f"<div>{markup}</div>")
        content = tree.find("body") if tree is not None else None
        text = joined(prose(lines_of(content), title)) if content is not None else ""
    return "" if furniture().is_wall(text) else text


def _dates(tree: Any, meta: PageMeta, spots: Any, source: Source) -> PageDates:
    try:
        where = zone(source.outlet.timezone if source.outlet else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        where = zone("UTC")
    return dates_of(tree, meta, spots, source.rule, source.page.entry, where, source.page.fetched_at)

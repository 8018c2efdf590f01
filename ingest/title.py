"""The headline of a page: without the site's name, and the one that the feed knows where the page offers several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from arabic.fold import fold
from ingest.pagemeta import PageMeta
from ingest.polish import polish
from ingest.prune import Spots
from ingest.siterules import SiteRule, found
from ingest.text import plain

MAX_TITLE = 500
_SEPARATOR = re.compile(r"\s+[-–—|»«:•/]+\s+|\s*\|\s*")
_WORD = re.compile(r"\w+")
_ALIKE = 0.5


def title_of(tree: Any, meta: PageMeta, spots: Spots, rule: SiteRule, fed: str | None, names: Iterable[str]) -> str:
    """The headline, at most MAX_TITLE code points; ``fed``: the feed's title; ``names``: how the site calls itself."""
    sites = {
        fold(name).strip()
        for name in (*names, meta.first("og:site_name", "application-name"), *meta.names("publisher"))
    } - {""}
    feed_title = without_site(one_line(fed or ""), sites)
    offers = [title for text in _offers(tree, meta, spots, rule) if (title := without_site(one_line(text), sites))]
    offers = [title for title in offers if fold(title).strip() not in sites]
    alike = (title for title in offers if not feed_title or likeness(title, feed_title) >= _ALIKE)
    chosen = next(alike, None) or _agreed(offers) or feed_title or next(iter(offers), "")
    return chosen[:MAX_TITLE].rstrip()


def one_line(text: str) -> str:
    """A title as it is kept: tags and entities read, polished."""
    return polish(plain(text, 4 * MAX_TITLE))


def without_site(title: str, sites: set[str]) -> str:
    """The title without the site's name before or behind it; ``sites``: names, folded."""
    for separator in reversed(list(_SEPARATOR.finditer(title))):
        head, tail = title[: separator.start()], title[separator.end() :]
        if fold(tail).strip() in sites and head:
            return without_site(head, sites)
        if fold(head).strip() in sites and tail:
            return without_site(tail, sites)
    return title


def likeness(a: str, b: str) -> float:
    """The share of the words of the shorter title that the other has too."""
    first, second = set(_WORD.findall(fold(a))), set(_WORD.findall(fold(b)))
    return len(first & second) / min(len(first), len(second)) if first and second else 0.0


def _offers(tree: Any, meta: PageMeta, spots: Spots, rule: SiteRule) -> Iterator[str]:
    ruled = found(rule.title, tree)
    if ruled is not None:
        yield "".join(ruled.itertext())
    yield meta.first("og:title")
    yield meta.said("headline")
    yield from ("".join(element.itertext()) for element in spots.headlines[:3])
    yield meta.first("twitter:title")
    yield meta.title


def _agreed(offers: list[str]) -> str | None:
    """A headline that was changed after the feed told it: two places of the page say the same."""
    seen: set[str] = set()
    for title in offers:
        key = fold(title)
        if key in seen:
            return title
        seen.add(key)
    return None

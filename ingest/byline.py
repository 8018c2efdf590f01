"""Who signs an article: the page's own word, then the feed's. Addresses, dates and «وكالات» sign nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arabic.fold import fold
from ingest.agency import is_nobody
from ingest.pagemeta import PageMeta
from ingest.polish import polish
from ingest.prune import Spots
from ingest.siterules import SiteRule, found
from ingest.text import plain

MAX_AUTHOR = 120
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\((.+)\)")
_MAIL = re.compile(r"\S+@\S+")
# Written by (كتب، كتبت، بقلم) may stand before a name as it is; edited, prepared, report of (تحرير، إعداد، تقرير) need a sign.
_PREFIX = re.compile(
    r"^(?:(?:كتبت?|بقلم|by)(?:\s*[:/\-]\s*|\s+)|(?:إعداد|تحرير|تقرير|الكاتب|author)\s*[:/\-]\s*)", re.IGNORECASE
)
_NOT_A_NAME = re.compile(r"https?:|www\.|\d{3}|^(?:admin|administrator|editor|root|webmaster|user\d*)$", re.IGNORECASE)


def author_of(tree: Any, meta: PageMeta, spots: Spots, rule: SiteRule, fed: str | None) -> str | None:
    """The author as the byline has it, or None."""
    return next((name for text in _offers(tree, meta, spots, rule, fed) if (name := author_name(text))), None)


def author_name(text: str | None) -> str | None:
    """A name in a byline; None for what is none."""
    line = polish(plain(text or "", 4 * MAX_AUTHOR))
    named = _MAIL_AND_NAME.search(line)
    line = named[1] if named else _MAIL.sub("", line)
    line = _PREFIX.sub("", line.strip(" |،,-–:")).strip(" |،,-–:")
    if not 2 < len(line) <= MAX_AUTHOR or _NOT_A_NAME.search(line) or is_nobody(fold(line)):
        return None
    return line


def _offers(tree: Any, meta: PageMeta, spots: Spots, rule: SiteRule, fed: str | None) -> Iterator[str | None]:
    ruled = found(rule.author, tree)
    if ruled is not None:
        yield "".join(ruled.itertext())
    yield "، ".join(meta.names("author"))
    yield meta.first("author", "dc.creator", "article:author", "parsely-author", "sailthru.author")
    for element in spots.signed:
        text = "".join(element.itertext())
        yield text if len(text) < 2 * MAX_AUTHOR else None
    yield fed

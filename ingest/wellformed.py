"""RSS 2.0 and Atom 1.0 that are well-formed and plain, in one pass of lxml: what most feeds are at most polls.

Costs a tenth of feedparser. Anything else (RDF, older versions, broken XML, ``xml:base``, markup inside fields that is not
escaped) is left to feedparser: ``read_wellformed`` returns None. A test holds both to the same items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lxml import etree

from ingest.raw import MAX_ITEMS, Hints, RawFeed, RawItem

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_SY = "{http://purl.org/rss/1.0/modules/syndication/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_ORIGINAL_LINKS = (
    "{http://rssnamespace.org/feedburner/ext/1.0}origLink",
    "{http://www.pheedo.com/namespace/pheedo}origLink",
)
_LINK_TYPES = ("text/html", "application/xhtml+xml", "")
_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_Fields = dict[str, str]


class _Uncommon(Exception):
    """Something that feedparser knows better."""


def read_wellformed(text: str, root: str) -> RawFeed | None:
    """The feed in ``text`` (healed XML with the root element ``root``, in lower case), or None: ask feedparser."""
    if root not in ("rss", "feed") or "xml:base" in text or "xhtml" in text:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.fromstring(text.encode("utf-8", "replace"), parser)
        return _rss(tree) if tree.tag == "rss" else _atom(tree) if tree.tag == f"{_ATOM}feed" else None
    except (etree.XMLSyntaxError, _Uncommon):
        return None


def _rss(tree: etree._Element) -> RawFeed:
    channels = tree.findall("channel")
    if len(channels) != 1 or tree.find("item") is not None:
        raise _Uncommon
    channel = channels[0]
    about = _fields(part for part in channel if part.tag != "item")
    minutes = number(about.get("ttl", ""))
    return RawFeed(
        kind="rss",
        title=about.get("title", ""),
        items=_items(channel.findall("item"), _rss_item),
        hints=hints(minutes, about.get(f"{_SY}updatePeriod", ""), about.get(f"{_SY}updateFrequency", "")),
    )


def _atom(tree: etree._Element) -> RawFeed:
    about = _fields(part for part in tree if part.tag == f"{_ATOM}title")
    return RawFeed(
        kind="atom", title=about.get(f"{_ATOM}title", ""), items=_items(tree.findall(f"{_ATOM}entry"), _atom_item)
    )


def _items(elements: list[etree._Element], read: Callable[[etree._Element], RawItem]) -> list[RawItem]:
    return [read(element) for element in elements[:MAX_ITEMS]]


def _rss_item(element: etree._Element) -> RawItem:
    found = _fields(element, whole=("title", "link", "guid", "description", _CONTENT))
    original = next((found[tag] for tag in _ORIGINAL_LINKS if tag in found), "")
    return RawItem(
        link=original or found.get("link", ""),
        guid=found.get("guid", ""),
        title=found.get("title", ""),
        summary=found.get("description", ""),
        content=found.get(_CONTENT, ""),
        author=found.get(f"{_DC}creator") or found.get("author", ""),
        published=found.get("pubDate") or found.get(f"{_TERMS}issued") or found.get(f"{_TERMS}created", ""),
        updated=found.get(f"{_TERMS}modified") or found.get(f"{_ATOM}updated") or found.get(f"{_DC}date", ""),
    )


def _atom_item(element: etree._Element) -> RawItem:
    found = _fields(element, whole=tuple(_ATOM + name for name in ("title", "id", "summary", "content")))
    original = next((found[tag] for tag in _ORIGINAL_LINKS if tag in found), "")
    return RawItem(
        link=original or _alternate(element),
        guid=found.get(f"{_ATOM}id", ""),
        title=found.get(f"{_ATOM}title", ""),
        summary=found.get(f"{_ATOM}summary", ""),
        content=found.get(f"{_ATOM}content", ""),
        author=element.findtext(f"{_ATOM}author/{_ATOM}name") or "",
        published=found.get(f"{_ATOM}published", ""),
        updated=found.get(f"{_ATOM}updated", ""),
    )


def _alternate(element: etree._Element) -> str:
    for link in element.iterfind(f"{_ATOM}link"):
        if link.get("rel", "alternate") == "alternate" and link.get("type", "") in _LINK_TYPES:
            return link.get("href", "")
    return ""


def _fields(parts: Iterable[etree._Element], whole: tuple[str, ...] = ()) -> _Fields:
    """Text by tag, the first of each that has some. Raises _Uncommon where one of ``whole`` holds elements."""
    found: _Fields = {}
    for part in parts:
        tag = part.tag
        if tag in whole and len(part):
            raise _Uncommon
        if tag not in found and part.text:
            found[str(tag)] = part.text.strip()
    return found


def hints(minutes: int | None, period: str, frequency: str) -> Hints:
    """Of RSS's ``ttl`` in minutes, and the Syndication module's period and frequency."""
    seconds = _PERIODS.get(period.strip().lower())
    times = number(frequency) or 1
    return Hints(ttl=minutes * 60 if minutes else None, update_every=max(seconds // times, 1) if seconds else None)


def number(text: str) -> int | None:
    """A whole number of at most six digits."""
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= 6 else None

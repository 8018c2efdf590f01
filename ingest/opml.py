"""OPML, in which readers exchange their feeds: out, and in from whatever program wrote it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from lxml import etree
from msgspec import Struct

from ingest.decode import decode
from ingest.feeds import FeedList
from ingest.heal import heal
from ingest.text import plain
from ingest.urls import BadUrl, canonical

MAX_BYTES = 10 * 1024 * 1024
MAX_OUTLINES = 5_000


class Outline(Struct, frozen=True, kw_only=True):
    """A feed of an OPML file: canonical address, title, home page, and the titles of the folders around it."""

    url: str
    title: str
    site: str | None = None
    folders: tuple[str, ...] = ()
    country: str | None = None
    outlet: str | None = None


class Imported(Struct, frozen=True):
    """The feeds found, one an address, and what could not be read, in words."""

    outlines: tuple[Outline, ...]
    problems: tuple[str, ...] = ()


def read_opml(body: bytes) -> Imported:
    """The feeds in an OPML file. Never raises for its content; addresses other than http and https are left out and told."""
    text = heal(decode(body[:MAX_BYTES]).text).text
    outlines: dict[str, Outline] = {}
    problems = []
    try:
        for folders, attributes in _outlines(text):
            address = attributes.get("xmlurl", "")
            try:
                outline = _outline(address, attributes, folders)
            except BadUrl as error:
                problems.append(f"{plain(address, 200)}: {error}")
                continue
            outlines.setdefault(outline.url, outline)
            if len(outlines) >= MAX_OUTLINES:
                problems.append(f"more than {MAX_OUTLINES} feeds: the rest was left out")
                break
    except etree.XMLSyntaxError as error:
        problems.append(f"broken XML: {error.msg}; what stands before it was read")
    if not outlines and not problems:
        problems.append("no feeds in it: an OPML file has <outline xmlUrl=…> elements")
    return Imported(tuple(outlines.values()), tuple(problems))


def _outlines(text: str) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """The folders around each outline that carries an address, and its attributes by lower-case name."""
    source = io.BytesIO(text.encode("utf-8", "replace"))
    walk = etree.iterparse(source, events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=False)
    folders: list[str] = []
    for event, element in walk:
        if str(element.tag).rpartition("}")[2].lower() != "outline":
            continue
        if event == "end":
            folders.pop()
            element.clear()
            continue
        attributes = {str(name).lower(): str(value) for name, value in element.attrib.items()}
        if attributes.get("xmlurl"):
            yield tuple(name for name in folders if name), attributes
        folders.append(plain(attributes.get("title") or attributes.get("text") or "", 200))


def _outline(address: str, attributes: dict[str, str], folders: tuple[str, ...]) -> Outline:
    url = canonical(address.strip())
    try:
        site = canonical(attributes["htmlurl"]) if attributes.get("htmlurl") else None
    except BadUrl:
        site = None
    return Outline(
        url=url,
        title=plain(attributes.get("title") or attributes.get("text") or "", 200) or url,
        site=site,
        folders=folders,
        country=attributes.get("rasidcountry"),
        outlet=attributes.get("rasidoutlet"),
    )


def write_opml(feeds: FeedList, found: dict[str, str] | None = None) -> str:
    """OPML 2.0 of the feeds that have an address on the web, grouped by country. ``found``: addresses that were discovered,
    by feed id. Samples on disk stay out."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head><title>Rasid</title></head>",
        "<body>",
    ]
    countries: dict[str, list[str]] = {}
    for feed in feeds.feeds.values():
        address = (found or {}).get(feed.id) or feed.url
        if address and not address.startswith("file:"):
            outlet = feeds.outlets[feed.outlet]
            site = feed.site or (f"https://{outlet.domains[0]}/" if outlet.domains else "")
            row = _row(outlet.name, address, site, outlet.id, outlet.country)
            countries.setdefault(outlet.country, []).append(row)
    for country, rows in sorted(countries.items()):
        lines += [f"<outline text={quoteattr(country)}>", *rows, "</outline>"]
    return "\n".join([*lines, "</body>", "</opml>", ""])


def _row(name: str, address: str, site: str, outlet: str, country: str) -> str:
    values = {"text": name, "xmlUrl": address, "htmlUrl": site, "rasidOutlet": outlet, "rasidCountry": country}
    attributes = " ".join(f"{key}={quoteattr(value)}" for key, value in values.items() if value)
    return f'  <outline type="rss" {attributes}/>'

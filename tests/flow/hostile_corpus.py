"""The worst that feeds and pages can send, made by functions: nothing of it is stored, and nothing of it is anyone's."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).parent))
from newssite import article

MB = 1024 * 1024
RSS = "application/rss+xml"
NOW = datetime.now(UTC).replace(microsecond=0)
"""When feeds say that their items came: a first poll takes what is young."""

TITLE = "خبر من مدينة جاسم"


def item(link: str, title: str = TITLE, guid: str | None = None, date: str | None = None, extra: str = "") -> str:
    """One item of an RSS feed; nothing is escaped but the link."""
    when = date if date is not None else format_datetime(NOW)
    own = f"<guid>{escape(guid)}</guid>" if guid is not None else ""
    return f"<item><title>{title}</title><link>{escape(link)}</link>{own}<pubDate>{when}</pubDate>{extra}</item>"


def rss(*items: str, head: str = "", title: str = "شبكة") -> bytes:
    """A feed; ``head`` stands between the XML declaration and the root."""
    channel = f"<channel><title>{title}</title>{''.join(items)}</channel>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<rss version="2.0">{channel}</rss>'.encode()


def page(story: int, outlet: int) -> bytes:
    """An honest page: the story as the outlet tells it."""
    title, paragraphs, at = article(story, outlet)
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return html(body, title, f'<meta property="article:published_time" content="{at.isoformat()}">')


def html(body: str, title: str = TITLE, head: str = "") -> bytes:
    return (
        f'<!doctype html><html lang="ar"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f'<body><main><article><h1>{title}</h1><div class="entry-content">{body}</div></article></main></body></html>'
    ).encode()


# --- feeds ---


def billion_laughs(link: str) -> bytes:
    rows = ['<!ENTITY a0 "هاها">']
    rows += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return rss(item(link, "&a11;"), item(link), head=f"<!DOCTYPE rss [{''.join(rows)}]>")


def quadratic_blowup(link: str) -> bytes:
    return rss(item(link, "&big;" * 50_000), head=f'<!DOCTYPE rss [<!ENTITY big "{"ب" * 50_000}">]>')


def outer_entities(link: str, spy: str) -> bytes:
    """Entities, a DTD, a stylesheet and an inclusion that lead to a file and to an address inside."""
    head = (
        f'<?xml-stylesheet href="{spy}/style.xsl" type="text/xsl"?><!DOCTYPE rss SYSTEM "{spy}/feed.dtd" ['
        f'<!ENTITY % outer SYSTEM "{spy}/outer.dtd"> %outer; <!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    )
    included = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    return rss(item(link, "&secret;", extra=f"<description>&secret;{included}</description>"), head=head)


def nested_elements(link: str, depth: int = 100_000) -> bytes:
    return rss(item(link), item(link + "?deep", extra="<x>" * depth + "</x>" * depth))


def nested_json(depth: int = 500_000) -> bytes:
    return b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * depth


def unclosed(tag: str, count: int = 200_000) -> bytes:
    return rss(tag * count)


def huge_attribute(link: str) -> bytes:
    return rss(item(link, extra=f'<enclosure url="{"x" * 8 * MB}"/>'))


def many_attributes(link: str) -> bytes:
    return rss(item(link, extra=f"<enclosure {_attributes(100_000)}/>"))


def _attributes(count: int) -> str:
    return " ".join(f"a{number}='1'" for number in range(count))


def long_sitemap(base: str, count: int = 50_000, fresh: int = 5) -> bytes:
    """``fresh`` addresses of today, the rest of 2020."""
    rows = []
    for number in range(count):
        day = NOW if number < fresh else datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        news = f"<news:news><news:publication_date>{day.isoformat()}</news:publication_date><news:title>خبر</news:title></news:news>"
        rows.append(f"<url><loc>{base}/story/{number}/90</loc>{news}</url>")
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0"?><urlset {space}>{"".join(rows)}</urlset>'.encode()


def sitemap_of_itself(address: str) -> bytes:
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    child = f"<sitemap><loc>{address}</loc></sitemap>"
    return f'<?xml version="1.0"?><sitemapindex {space}>{child * 3}</sitemapindex>'.encode()


def bad_links(port: int) -> list[str]:
    """Addresses that no feed may make anyone ask for; ``port`` is the one that the spies listen on."""
    hosts = (
        "127.0.0.1", "127.0.0.2", "localhost", "[::1]", "2130706434", "0x7f000002", "0177.0.0.2", "127.2", "127.0.0.2.",
        "[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "[64:ff9b::7f00:2]", "[2002:7f00:2::]", "user:word@127.0.0.2",
        "127.0.1.1@127.0.0.2", "0.0.0.0", "[::]", "١٢٧.٠.٠.٢", "127。0。0。2", "⑫7.0.0.2", "%31%32%37.0.0.2",
    )  # fmt: skip
    elsewhere = (
        "file:///etc/passwd", "FILE:/etc/passwd", "javascript:alert(1)", "data:text/html,<p>x", "ftp://127.0.0.2/x", "gopher://127.0.0.2/x",
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://192.168.1.1/router", "http://[fe80::1]/", "http:///x",
        "http://", "//", "https://127.0.0.2:99999/", "http://127.0.0.2:0/", "\x00http://127.0.0.2/", "x" * 5000,
    )  # fmt: skip
    return [*(f"http://{host}:{port}/inside" for host in hosts), *elsewhere]


def odd_titles(base: str) -> bytes:
    """Direction overrides, control characters, nulls and surrogates written as references."""
    titles = (
        "\u202eمقلوب\u202c خبر", "\u2066عزل\u2069\u200f\u200e\u061c", "سطر\x1b[31m أحمر\x07", "صفر\x00 هنا", "&#0; &#x1F; &#xD800; رموز",
        "<b>وسم</b><script>alert(1)</script>", "x" * 100_000, "\ufeff\u200b", "[red]لون[/red]",
    )  # fmt: skip
    items = [
        item(f"{base}/story/{60 + n}/91", title if "&" in title else escape(title)) for n, title in enumerate(titles)
    ]
    return rss(*items)


def one_guid(base: str) -> bytes:
    return rss(*(item(f"{base}/story/{n}/92", guid="same") for n in (40, 41, 42)))


def odd_dates(base: str) -> bytes:
    dates = (
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 01 Jan 2099 00:00:00 GMT",
        "0",
        "9" * 400,
        "31 Feb 2024",
        "-1",
        "٣٠ شباط",
    )
    return rss(*(item(f"{base}/story/{50 + n}/93", date=date) for n, date in enumerate(dates)))


def misdeclared(base: str) -> bytes:
    return rss(item(f"{base}/story/43/94"), title="شبكة الأخبار").decode().encode("cp1256")


def bomb(size: int = 50 * MB) -> bytes:
    return gzip.compress(b"\0" * size, 6)


# --- pages ---


def _repeated(head: str, tail: str = "", count: int = 100_000) -> Callable[[], bytes]:
    return lambda: html(head * count + "<p>نص</p>" + tail * count)


PAGES: dict[str, Callable[[], bytes]] = {
    "deep": _repeated("<div>", "</div>"),
    "formatting": _repeated("<b><i><u>", count=60_000),
    "tables": _repeated("<table><tr><td>", count=30_000),
    "links": _repeated('<a href="/x">رابط</a> ', count=100_000),
    "attribute": lambda: html(f'<p title="{"x" * 4 * MB}">نص</p>'),
    "attributes": lambda: html(f"<p {_attributes(200_000)}>نص</p>"),
    "line": lambda: html("<p>" + "قصفت قوات النظام مدينة جاسم وقتلت ثلاثة مدنيين " * 45_000),
    "brackets": lambda: html("<" * 2 * MB),
    "comment": lambda: html("<!--" * 500_000),
    "entities": lambda: html("&amp;#" * 500_000),
    "zeros": lambda: html("\0" * 2 * MB),
    "scripts": lambda: html("<script>" * 200_000),
    "json": lambda: html("", head=f'<script type="application/ld+json">{"[" * 500_000}</script>'),
    "digits": lambda: html(f"<p>قُتل {'9' * 200_000} شخصًا في مدينة جاسم، و{'١' * 200_000} جريحًا.</p>"),
    "numbers": lambda: html("<p>" + "قُتل خمسة وعشرون ومئة وألف و" * 30_000 + "</p>"),
    "marks": lambda: html("<p>قُتل" + "\u064b\u0651" * 500_000 + " شخصان في جاسم</p>"),
    "quotes": lambda: html("<p>" + "«“" * 200_000 + " قال مصدر إن الجيش قصف جاسم</p>"),
    "meta": lambda: html("<p>نص قصير</p>", head='<meta property="og:title" content="x">' * 50_000),
    "outside": lambda: html("<p>نص</p>" * 20, head='<link rel="canonical" href="http://169.254.169.254/latest">'),
    "nothing": lambda: b" ",
    "pdf": lambda: b"%PDF-1.7\n" + b"\0" * 1000,
    "noise": lambda: bytes(range(256)) * 2000,
}
"""Pages, each 100 KB to 5 MB: what makes parsers deep, slow or large."""


def in_pieces(body: bytes, size: int = 64 * 1024) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]

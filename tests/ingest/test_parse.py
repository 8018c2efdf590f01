"""Feeds of every kind, every broken encoding, and hostile ones, as bytes to items."""

from __future__ import annotations

import pickle
import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.codec import encode
from ingest.parse import MAX_CONTENT_BYTES, MAX_SUMMARY, MAX_TITLE, ParsedFeed, parse_feed
from ingest.raw import MAX_ITEMS
from tests.ingest.feed_fakes import FEED_URL, NOW, TITLE, atom, item, json_feed, news_sitemap, rdf, rss, sitemap_index


def parse(body: bytes | str, charset: str | None = None, content_type: str | None = "application/xml") -> ParsedFeed:
    data = body.encode("utf-8") if isinstance(body, str) else body
    return parse_feed(data, charset, content_type, FEED_URL, "Asia/Damascus", NOW)


def problems(parsed: ParsedFeed) -> set[str]:
    return {problem.partition(":")[0] for problem in parsed.problems}


@pytest.mark.parametrize(
    ("build", "kind"), [(rss, "rss"), (atom, "atom"), (rdf, "rdf"), (json_feed, "json"), (news_sitemap, "news_sitemap")]
)
def test_every_format_gives_the_same_items(build, kind):
    parsed = parse(build(item(1), item(2)))
    assert parsed.kind == kind
    assert parsed.title == "نبأ"
    assert [one.title for one in parsed.entries] == [f"{TITLE} 1", f"{TITLE} 2"]
    assert [one.url for one in parsed.entries] == ["https://nabaa.example/news/1", "https://nabaa.example/news/2"]
    assert all(one.published_at is not None and one.published_at.tzinfo == UTC for one in parsed.entries)


FULL = rss(item(1), head='<?xml version="1.0"?>')
ENCODINGS = {
    "windows-1256 declared as UTF-8": (rss(item(1)).encode("cp1256"), None),
    "windows-1256 declared nowhere": (FULL.encode("cp1256"), None),
    "windows-1256 declared as ISO-8859-1": (
        rss(item(1), head='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("cp1256"),
        None,
    ),
    "windows-1256 declared in the XML": (
        rss(item(1), head='<?xml version="1.0" encoding="windows-1256"?>').encode("cp1256"),
        None,
    ),
    "windows-1256 declared in the header alone": (FULL.encode("cp1256"), "windows-1256"),
    "UTF-8 declared as windows-1256": (
        rss(item(1), head='<?xml version="1.0" encoding="windows-1256"?>').encode(),
        None,
    ),
    "UTF-8 whose header says windows-1256": (rss(item(1)).encode(), "windows-1256"),
    "bad bytes inside UTF-8": (rss(item(1)).encode().replace("أفاد".encode(), b"\xff\xfe\x80"), None),
    "control characters": (rss(item(1)).encode().replace("أفاد".encode(), b"\x00\x0b\x1f"), None),
    "a byte order mark": (b"\xef\xbb\xbf" + rss(item(1)).encode(), None),
    "leading white space": (b"\r\n \t" + rss(item(1)).encode(), None),
    "a mark behind white space": (b"\n\xef\xbb\xbf" + rss(item(1)).encode(), None),
    "UTF-16": (rss(item(1)).encode("utf-16"), None),
    "UTF-16 declared as UTF-8": (FULL.encode("utf-16-le"), "utf-8"),
    "words before the declaration": (b"<br />warning: x\n" + rss(item(1)).encode(), None),
    "a charset that does not exist": (rss(item(1)).encode(), "x-none"),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_titles_survive_every_broken_encoding(case):
    body, charset = ENCODINGS[case]
    assert [one.title for one in parse(body, charset).entries] == [f"{TITLE} 1"]


def test_json_feed_in_windows_1256_is_read():
    assert parse(json_feed(item(1)).encode("cp1256")).entries[0].title == f"{TITLE} 1"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("قصف &amp; اشتباك", "قصف & اشتباك"),
        ("قصف & اشتباك", "قصف & اشتباك"),
        ("قصف&nbsp;ليلي", "قصف ليلي"),
        ("قصف &laquo;عنيف&raquo;", "قصف «عنيف»"),
        ("قصف &amp;laquo;عنيف&amp;raquo;", "قصف «عنيف»"),
        ("&lt;b&gt;عاجل&lt;/b&gt; قصف", "عاجل قصف"),
        ("<![CDATA[<b>عاجل</b> قصف]]>", "عاجل قصف"),
        ("<![CDATA[قصف &quot;عنيف&quot; & اشتباك]]>", 'قصف "عنيف" & اشتباك'),
        ("عاجل\u202e تهديد \u2066سري\u2069\u200f", "عاجل تهديد سري"),
        ("عاجل&#x202E; تهديد", "عاجل تهديد"),
        ("  قصف \n  ليلي\t", "قصف ليلي"),
        ("عاجل&#0;&#x1F; قصف", "عاجل قصف"),
        ("عاجل &nosuchname; قصف", "عاجل &nosuchname; قصف"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;قصف", "قصف"),
    ],
)
def test_titles_are_plain_words(written, read):
    assert parse(rss(item(1, title=written))).entries[0].title == read


LINKS = {
    "/news/7": "https://nabaa.example/news/7",
    "//nabaa.example/news/7": "https://nabaa.example/news/7",
    " https://nabaa.example/news/7 ": "https://nabaa.example/news/7",
    "<![CDATA[https://nabaa.example/news/7?id=1&utm_source=rss&page=2]]>": "https://nabaa.example/news/7?id=1&page=2",
    "https://nabaa.example/?id=1&page=2": "https://nabaa.example/?id=1&page=2",
    "http://169.254.169.254/latest": "http://169.254.169.254/latest",
}


@pytest.mark.parametrize("link", LINKS)
def test_links_come_through_absolute(link):
    assert [one.url for one in parse(rss(item(1, link=link))).entries] == [LINKS[link]]


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://nabaa.example/x",
        "gopher://x/",
        "http://",
    ],
)
def test_links_of_other_schemes_are_left_out_and_counted(link):
    parsed = parse(rss(item(1, link=link), item(2)))
    assert [one.title for one in parsed.entries] == [f"{TITLE} 2"]
    assert "bad_link:1" in parsed.problems


def test_a_guid_that_is_a_link_stands_in_for_a_missing_one():
    body = rss(item(1, link="", guid="")).replace("</item>", "<guid>https://nabaa.example/p/1</guid></item>")
    assert parse(body).entries[0].url == "https://nabaa.example/p/1"


@pytest.mark.parametrize("guid", ["urn:1", "12345", "/news/1"])
def test_a_guid_that_is_no_link_does_not(guid):
    assert parse(rss(item(1, link="", guid=guid))).entries == ()


def test_the_original_link_wins_over_the_proxy():
    body = rss(item(1, link="https://feeds.example/~r/1")).replace(
        "</item>",
        "<f:origLink xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'>https://nabaa.example/news/9</f:origLink></item>",
    )
    assert parse(body).entries[0].url == "https://nabaa.example/news/9"


def test_relative_links_are_joined_to_an_xml_base():
    body = atom(item(1, link="news/1")).replace("<feed ", "<feed xml:base='https://nabaa.example/ar/' ")
    assert parse(body).entries[0].url == "https://nabaa.example/ar/news/1"


def test_a_guid_that_several_items_share_identifies_none():
    parsed = parse(rss(item(1, guid="0"), item(2, guid="0"), item(3, guid="c")))
    assert [one.guid for one in parsed.entries] == [None, None, "c"]
    assert "duplicate_guid:2" in parsed.problems


def test_an_address_is_given_once():
    parsed = parse(rss(item(1), item(1, title="مكرر")))
    assert [one.title for one in parsed.entries] == [f"{TITLE} 1"]
    assert "duplicate_url:1" in parsed.problems


@pytest.mark.parametrize(
    ("date", "fault"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", "unbelieved_date:1"),
        ("Fri, 01 May 2099 10:00:00 GMT", "unbelieved_date:1"),
        ("Thu, 12 Mar 2026 12:00:00 GMT", "unbelieved_date:1"),
        ("قبل ساعتين", "unread_date:1"),
    ],
)
def test_dates_that_cannot_be_true_are_set_aside_and_counted(date, fault):
    parsed = parse(rss(item(1, date=date)))
    assert parsed.entries[0].published_at is None
    assert fault in parsed.problems


def test_a_date_without_zone_is_read_in_the_outlets():
    assert parse(rss(item(1, date="2026-03-10 10:00:00"))).entries[0].published_at == datetime(
        2026, 3, 10, 7, tzinfo=UTC
    )


def test_a_bare_date_is_the_outlets_calendar_day():
    entry = parse(news_sitemap(item(1), date="2026-03-10")).entries[0]
    assert (entry.published_at, entry.published_precision) == (datetime(2026, 3, 9, 21, tzinfo=UTC), "day")


def test_hints_are_read():
    channel = (
        "<ttl>30</ttl><sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>hourly</sy:updatePeriod>"
        "<sy:updateFrequency xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>2</sy:updateFrequency>"
    )
    hints = parse(rss(item(1), channel=channel)).hints
    assert (hints.ttl, hints.update_every) == (1800, 1800)


def test_a_long_description_is_kept_as_the_text():
    long = parse(rss(item(1, summary="نص الخبر كاملا. " * 60))).entries[0]
    short = parse(rss(item(1))).entries[0]
    assert long.content_html is not None
    assert long.content_html.startswith("نص الخبر")
    assert short.content_html is None


def test_fields_are_cut_at_their_caps():
    entry = parse(rss(item(1, title="ق" * 5_000, summary="<![CDATA[<p>" + "نص " * 200_000 + "</p>]]>"))).entries[0]
    assert len(entry.title) == MAX_TITLE
    assert len(entry.summary) <= MAX_SUMMARY
    assert MAX_CONTENT_BYTES - 4 < len(entry.content_html.encode()) <= MAX_CONTENT_BYTES


def test_the_mark_changes_with_the_words_and_not_with_attributes():
    base = item(1, summary="<![CDATA[نص <img src='/a?1'>]]>")
    same = item(1, summary="<![CDATA[نص <img src='/a?2'>]]>")
    other = item(1, summary="<![CDATA[نص مصحح <img src='/a?1'>]]>")
    marks = [parse(rss(one)).entries[0].mark for one in (base, same, other)]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<!DOCTYPE html><html><head><title>نبأ</title></head><body><p>404</p></body></html>", "html"),
        ("<html><body>no</body></html>", "html"),
        ("", "empty"),
        ("  \n", "empty"),
        ("ليست خلاصة", "unknown"),
        ("<opml><body/></opml>", "unknown"),
        ('{"a": 1}', "unknown"),
        ("[1, 2]", "unknown"),
        ("{" * 200_000, "unknown"),
        ('{"items": [' + "[" * 100_000, "unknown"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body, kind):
    parsed = parse(body)
    assert (parsed.kind, parsed.is_feed, parsed.entries) == (kind, False, ())
    assert parsed.problems


def test_wrong_types_in_a_json_feed_cost_their_field_alone():
    body = (
        '{"title": 3, "items": [7, {"id": 5, "url": "https://nabaa.example/1", "title": ["x"], "authors": "y"}, null]}'
    )
    parsed = parse(body)
    assert [(one.url, one.guid, one.title) for one in parsed.entries] == [("https://nabaa.example/1", "5", None)]


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10)).replace("&lol0;", "&lol;")
    + ']><rss version="2.0"><channel><item><title>قصف &lol9;</title><link>https://nabaa.example/1</link></item></channel></rss>'
)
EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname"><!ENTITY % p SYSTEM "http://169.254.169.254/x"> %p;]>'
    "<rss version='2.0'><channel><item><title>قصف &e;</title><link>https://nabaa.example/1</link></item></channel></rss>"
)


@pytest.mark.parametrize(
    "body", [LAUGHS, EXTERNAL, LAUGHS.replace("DOCTYPE", "doctype"), LAUGHS.replace("<rss", "\n<!-- x -->\n<rss")]
)
def test_declared_entities_are_never_expanded(body):
    parsed = parse(body)
    assert parsed.entries[0].title in ("قصف &lol9;", "قصف &e;")
    assert "mended_entities" in parsed.problems


def test_declared_entities_in_a_sitemap_are_never_expanded():
    body = EXTERNAL.split("<rss", maxsplit=1)[0] + news_sitemap(item(1, title="قصف &e;")).partition("?>")[2]
    assert parse(body).entries[0].title == "قصف &e;"


def test_a_doctype_without_end_ends_the_feed():
    assert parse("<!DOCTYPE x [<!ENTITY a 'b'>" + rss(item(1))).entries == ()


@pytest.mark.parametrize("body", ["<rss><channel>" + "<a>" * 30_000, "<urlset>" + "<a>" * 30_000, "<opml>" * 30_000])
def test_deep_nesting_ends_without_items(body):
    assert parse(body).entries == ()


@pytest.mark.parametrize("flood", ["<a>", "<category>x</category>", "<"])
def test_a_flood_of_tags_is_not_read(flood):
    parsed = parse(f"<rss><channel><item>{flood * 300_000}</item></channel></rss>")
    assert (parsed.is_feed, parsed.problems) == (False, ("too_many_tags",))


def test_a_flood_of_attributes_is_not_read():
    attributes = " ".join(f'a{n}="1"' for n in range(20_000))
    assert parse(f"<rss {attributes}><channel></channel></rss>").problems == ("too_many_tags",)


def test_tags_inside_character_data_are_no_flood():
    parsed = parse(rss(item(1, summary=f"<![CDATA[{'<p>' * 300_000}]]>")))
    assert parsed.entries[0].title == f"{TITLE} 1"


def test_a_cut_feed_gives_what_was_whole():
    body = rss(item(1), item(2), item(3))
    parsed = parse(body[: body.rindex("<item>") + 30])
    assert [one.title for one in parsed.entries[:2]] == [f"{TITLE} 1", f"{TITLE} 2"]
    assert "broken_xml" in problems(parsed)


def test_a_body_above_the_cap_is_cut_and_said():
    body = rss(item(1)).replace("</channel>", "").replace("</rss>", "").encode() + b" " * (11 * 1024 * 1024)
    parsed = parse(body)
    assert "cut" in parsed.problems
    assert len(parsed.entries) == 1


def _numbered(count: int, newest_first: bool) -> list[dict[str, str]]:
    days = range(count, 0, -1) if newest_first else range(1, count + 1)
    return [item(n, date=f"2026-01-{1 + n * 28 // (count + 1):02d}T{n % 24:02d}:00:00Z") for n in days]


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_a_long_feed_the_newest_are_kept(newest_first):
    parsed = parse(rss(*_numbered(MAX_ITEMS + 50, newest_first)))
    kept = {one.guid for one in parsed.entries}
    assert len(kept) == MAX_ITEMS
    assert "guid-1" not in kept
    assert f"guid-{MAX_ITEMS + 50}" in kept
    assert parsed.left == 50
    assert "left:50" in parsed.problems
    assert "broken_xml" not in parsed.problems


def test_a_sitemap_of_fifty_thousand_is_streamed_to_the_newest():
    rows = "".join(
        f"<url><loc>https://nabaa.example/{n}</loc><lastmod>2026-01-{1 + n % 28:02d}</lastmod></url>"
        for n in range(50_000)
    )
    start = time.process_time()
    parsed = parse(f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>")
    assert time.process_time() - start < 15
    assert len(parsed.entries) == MAX_ITEMS
    assert parsed.left == 48_000
    assert {one.published_at for one in parsed.entries} <= {
        datetime(2026, 1, 26 + n, 21, tzinfo=UTC) for n in (-1, 0, 1)
    }


def test_an_index_names_news_sitemaps_first():
    parsed = parse(sitemap_index("https://nabaa.example/posts.xml", "/news-1.xml", "file:///x"))
    assert parsed.kind == "sitemap_index"
    assert parsed.children == ("https://nabaa.example/news-1.xml", "https://nabaa.example/posts.xml")


def test_what_is_read_can_be_sent_between_processes_and_as_json():
    parsed = parse(rss(item(1, title="ق&#xD800; \ud800".encode("utf-8", "replace").decode(), summary="a\x00b")))
    assert pickle.loads(pickle.dumps(parsed)) == parsed
    assert encode(parsed)


BASES = [build(item(1), item(2)) for build in (rss, atom, rdf, json_feed, news_sitemap)] + [LAUGHS, EXTERNAL]


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """A feed in some charset, with stretches replaced by noise, cut or doubled."""
    body = draw(st.sampled_from(BASES)).encode(
        draw(st.sampled_from(["utf-8", "cp1256", "utf-16", "iso8859_6"])), "replace"
    )
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 60)))
        body = body[:start] + draw(st.binary(max_size=12) | st.just(body[start:end] * 3)) + body[end:]
    return body


def bounded(parsed: ParsedFeed) -> bool:
    return len(parsed.entries) <= MAX_ITEMS and all(
        one.url.startswith(("http://", "https://")) and len(one.title or "") <= MAX_TITLE for one in parsed.entries
    )


@settings(max_examples=150, deadline=None)
@given(mutilated(), st.sampled_from([None, "utf-8", "windows-1256", "x", "utf-16", "\x00"]))
def test_a_mutilated_feed_never_raises_and_stays_bounded(body, charset):
    parsed = parse(body, charset)
    assert bounded(parsed)
    assert encode(parsed)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"<rss><item>&#xD800;</item>")
@example(b"<feed><entry><link href='http://[::1'/><title>&#55296;</title>")
@example(b"<!DOCTYPE[<!ENTITY")
@example(b"<?xml" + b"x" * 400)
def test_any_bytes_never_raise(body):
    parsed = parse(body, None, "application/json")
    assert bounded(parsed)
    assert encode(parsed)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.text(max_size=80), st.text(max_size=60))
def test_any_words_in_the_fields_never_raise(title, link, date):
    cdata = [f"<![CDATA[{text.replace(']]>', '')}]]>" for text in (title, link, date)]
    parsed = parse(rss(item(1, title=cdata[0], link=cdata[1], date=cdata[2])).encode("utf-8", "replace"))
    assert bounded(parsed)
    assert encode(parsed)

"""The quick reader says what feedparser says, or leaves the feed to it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.heal import heal
from ingest.parse import _items
from ingest.raw import RawFeed
from ingest.rss import _by_feedparser
from ingest.wellformed import read_wellformed
from tests.ingest.feed_fakes import FEED_URL, NOW, atom, item, rdf, rss

SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
)


def in_rss(inside: str, channel: str = "") -> str:
    return rss(item(1), channel=channel).replace("<rss ", f"<rss {SPACES} ").replace("</item>", f"{inside}</item>")


def in_atom(inside: str) -> str:
    return atom(item(1)).replace("</entry>", f"{inside}</entry>")


SAME = {
    "plain RSS": rss(item(1), item(2)),
    "plain Atom": atom(item(1), item(2)),
    "CDATA": rss(item(1, title="<![CDATA[قصف <b>عنيف</b> & x]]>", link="<![CDATA[https://nabaa.example/?a=1&b=2]]>")),
    "escaped markup": rss(item(1, title="قصف &lt;b&gt;عنيف&lt;/b&gt; &amp;amp; x", summary="&lt;p&gt;نص&lt;/p&gt;")),
    "a comment inside a field": rss(item(1, title="قصف <!-- x --> عنيف")),
    "the text in content:encoded": in_rss("<content:encoded><![CDATA[<p>نص كامل</p>]]></content:encoded>"),
    "an author by Dublin Core": in_rss("<dc:creator>مراسل نبأ</dc:creator>"),
    "an author of RSS": in_rss("<author>مراسل نبأ</author>"),
    "a date by Dublin Core": in_rss("<dc:date>2026-03-10T07:00:00Z</dc:date>"),
    "a date of change": in_rss("<dcterms:modified>2026-03-10T11:00:00Z</dcterms:modified>"),
    "an Atom link beside": in_rss('<atom:link rel="replies" href="https://nabaa.example/c"/>'),
    "comments and categories": in_rss(
        "<comments>https://nabaa.example/c</comments><slash:comments>3</slash:comments><category>x</category>"
    ),
    "an original link": in_rss("<feedburner:origLink>https://nabaa.example/o</feedburner:origLink>"),
    "an image of the channel": in_rss(
        "", "<image><title>شعار</title><url>x</url><link>https://x.example/</link></image>"
    ),
    "hints": in_rss(
        "", "<ttl>15</ttl><sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
    ),
    "wrong hints": in_rss("", "<ttl>x</ttl><sy:updatePeriod>always</sy:updatePeriod>"),
    "no items": rss(),
    "an empty item": rss({"title": ""}),
    "Atom content as HTML": in_atom('<content type="html">&lt;p&gt;نص كامل للخبر كما نشر&lt;/p&gt;</content>'),
    "Atom with an author": in_atom("<author><name>مراسل نبأ</name></author>"),
    "Atom with other links": in_atom(
        '<link rel="edit" href="https://x.example/e"/><link rel="enclosure" type="audio/mp3" href="x"/>'
    ),
    "Atom whose link has no rel": atom(item(1)).replace("rel='alternate' ", ""),
}


def told(raw: RawFeed) -> object:
    """All that matters further on."""
    return raw.kind, raw.title, raw.hints, _items(raw.items, FEED_URL, ZoneInfo("Asia/Damascus"), NOW)


@pytest.mark.parametrize("case", SAME)
def test_both_readers_say_the_same(case):
    root = "rss" if "<rss" in SAME[case] else "feed"
    text = heal(SAME[case]).text
    quick = read_wellformed(text, root)
    assert quick is not None
    assert told(quick) == told(_by_feedparser(text, root, 0))


def test_the_caption_of_a_picture_is_not_the_text():
    text = in_rss("<media:title>أخرى</media:title><media:description>تعليق على صورة</media:description>")
    entry = read_wellformed(heal(text).text, "rss").items[0]
    assert (entry.title, entry.summary, entry.content) == (item(1)["title"], item(1)["summary"], "")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        (rdf(item(1)), "rdf"),
        (rss(item(1))[:-9], "rss"),
        (rss(item(1, summary="<p>نص</p>")), "rss"),
        (rss(item(1)) + "<x/>", "rss"),
        (in_atom('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">نص</div></content>'), "feed"),
        (atom(item(1)).replace("<feed ", '<feed xml:base="https://x.example/" '), "feed"),
        (atom(item(1)).replace("2005/Atom", "x"), "feed"),
        ("<rss><item><title>x</title></item></rss>", "rss"),
        ("<rss><channel/><channel/></rss>", "rss"),
        ("<rss><channel><item><media:title>x</media:title></item></channel></rss>", "rss"),
        ("<rss><channel>" + "<a>" * 300 + "</a>" * 300 + "</channel></rss>", "rss"),
    ],
)
def test_what_is_uncommon_is_left_to_feedparser(text, root):
    assert read_wellformed(heal(text).text, root) is None


# Not all of Unicode: feedparser reads "\u00c2\u00a1" as UTF-8 that was decoded as Latin-1, which is decoding's work here.
WORDS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="<>&")
    | st.sampled_from("قصف على، «درعا» ٣؟"),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, st.booleans()), max_size=4))
def test_both_readers_say_the_same_of_any_words(rows):
    items = [
        item(n, title=f"<![CDATA[{title}]]>" if cdata else title, summary=summary)
        for n, (title, summary, cdata) in enumerate(rows)
    ]
    text = heal(rss(*items)).text
    quick = read_wellformed(text, "rss")
    assert quick is not None
    assert told(quick) == told(_by_feedparser(text, "rss", 0))

"""OPML in and out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.feeds import Feed
from ingest.opml import read_opml, write_opml
from tests.ingest.feed_fakes import feed_list, outlet


def test_what_is_written_is_read_back():
    feeds = feed_list(
        Feed(id="a", outlet="nabaa", url="https://nabaa.example/feed?a=1&b=2"),
        Feed(id="b", outlet="other", site="https://other.example/"),
        Feed(id="c", outlet="other", site="https://unfound.example/"),
        Feed(id="s", outlet="nabaa", url="file:sample/"),
        outlets=(outlet("other", name='أخرى <&">', country="LB"),),
    )
    imported = read_opml(write_opml(feeds, {"b": "https://other.example/rss"}).encode())
    assert imported.problems == ()
    assert [(one.url, one.title, one.outlet, one.country, one.folders) for one in imported.outlines] == [
        ("https://other.example/rss", 'أخرى <&">', "other", "LB", ("LB",)),
        ("https://nabaa.example/feed?a=1&b=2", "نبأ", "nabaa", "SY", ("SY",)),
    ]


def test_other_programs_files_are_read():
    body = (
        '<?xml version="1.0"?><opml version="1.0"><body><outline text="سوريا"><outline title="نبأ" xmlurl=" https://nabaa.example/feed & "/>'
        '<outline text="b" XMLURL="http://b.example" htmlUrl="javascript:1"/></outline><outline xmlUrl="https://nabaa.example/feed%20&amp;"/>'
    )
    imported = read_opml(body.encode())
    assert [(one.title, one.site, one.folders) for one in imported.outlines[:2]] == [
        ("نبأ", None, ("سوريا",)),
        ("b", None, ("سوريا",)),
    ]
    assert "broken XML" in imported.problems[-1]


def test_addresses_that_are_not_fetched_are_told():
    imported = read_opml(b'<opml><outline text="x" xmlUrl="file:///etc/passwd"/></opml>')
    assert imported.outlines == ()
    assert "file:///etc/passwd" in imported.problems[0]


def test_declared_entities_are_never_expanded():
    body = '<!DOCTYPE opml [<!ENTITY a "https://x.example/">]><opml><outline text="&a;" xmlUrl="https://nabaa.example/"/></opml>'
    assert read_opml(body.encode()).outlines[0].title == "&a;"


def test_a_file_without_feeds_says_so():
    assert "no feeds" in read_opml(b"<opml><body/></opml>").problems[0]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"<opml><outline xmlUrl='{text}'".encode()))
def test_any_bytes_never_raise(body):
    assert all(one.url.startswith("http") for one in read_opml(body).outlines)

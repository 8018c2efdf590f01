"""From a home page to its feed."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover import MAX_TRIES, USUAL_PATHS, Discovery, discover, feed_links, is_arabic, sitemap_lines
from ingest.web import Refused
from tests.ingest.feed_fakes import NOW, FakeWeb, InlinePool, answer, item, news_sitemap, rss

SITE = "https://nabaa.example/"
HOME = """<!doctype html><html><head>
<link rel="stylesheet" type="text/css" href="/x.css">
<link rel="alternate" type="application/rss+xml" title="تعليقات" href="/comments/feed/">
<LINK href='/ar/rss?x=1&amp;y=2' TYPE="application/rss+xml" REL="Alternate">
<link rel=alternate type=application/atom+xml href=//nabaa.example/atom>
<link rel="alternate" hreflang="en" href="/en/"></head>
<body><a href="/pages/rss.xml">RSS</a><a href="file:///feed">x</a><a href="/news/1">خبر</a></body></html>"""
ENGLISH = rss(*(item(n, title="Shelling kills four", summary="Words") for n in range(5)))


def found(answers: dict[str, object], site: str = SITE) -> tuple[Discovery, FakeWeb]:
    web = FakeWeb(answers)
    return asyncio.run(discover(web, InlinePool(), site, NOW)), web


def said(result: Discovery) -> dict[str, str]:
    return {one.url: one.said for one in result.tries}


def test_links_of_a_page_declared_ones_first_without_comments():
    assert feed_links(HOME.encode(), None, SITE) == (
        "https://nabaa.example/ar/rss?x=1&y=2",
        "https://nabaa.example/atom",
        "https://nabaa.example/pages/rss.xml",
    )


def test_the_arabic_feed_wins_over_a_longer_english_one():
    result, _ = found(
        {
            SITE: answer(HOME, url=SITE),
            "https://nabaa.example/ar/rss?x=1&y=2": answer(ENGLISH),
            "https://nabaa.example/atom": answer(rss(item(1))),
            "https://nabaa.example/pages/rss.xml": answer("", status=404),
        }
    )
    assert result.url == "https://nabaa.example/atom"
    assert result.parsed.entries[0].url == "https://nabaa.example/news/1"
    assert said(result) == {
        SITE: "a web page, not a feed",
        "https://nabaa.example/ar/rss?x=1&y=2": "rss with 5 entries, the newest of 2026-03-10, not Arabic",
        "https://nabaa.example/atom": "rss with 1 entries, the newest of 2026-03-10",
        "https://nabaa.example/pages/rss.xml": "answered 404",
    }


def test_the_newer_feed_wins():
    result, _ = found(
        {
            SITE: answer(HOME, url=SITE),
            "https://nabaa.example/ar/rss?x=1&y=2": answer(rss(*(item(n, date="2019-01-01") for n in range(9)))),
            "https://nabaa.example/atom": answer(rss(item(1))),
            "https://nabaa.example/pages/rss.xml": answer("nothing"),
        }
    )
    assert result.url == "https://nabaa.example/atom"


def test_an_address_that_is_a_feed_is_taken_with_one_request():
    result, web = found({SITE: answer(rss(item(1)), url=SITE)})
    assert result.url == SITE
    assert len(web.asked) == 1


def test_without_links_the_usual_places_are_tried_until_one_is_arabic():
    missing = {f"https://nabaa.example{path}": answer("", status=404) for path in USUAL_PATHS}
    result, web = found(
        missing | {SITE: answer("<html></html>", url=SITE), "https://nabaa.example/rss.xml": answer(rss(item(1)))}
    )
    assert result.url == "https://nabaa.example/rss.xml"
    assert "https://nabaa.example/feed.xml" not in [url for url, _ in web.asked]


def test_robots_txt_is_the_last_resort():
    missing = {f"https://nabaa.example{path}": answer("", status=404) for path in USUAL_PATHS}
    robots = "User-agent: *\nSitemap: https://nabaa.example/posts.xml\nsitemap: /map-news-ar.xml\n"
    result, _ = found(
        missing
        | {
            SITE: answer("<html></html>", url=SITE),
            "https://nabaa.example/robots.txt": answer(robots),
            "https://nabaa.example/map-news-ar.xml": answer(news_sitemap(item(1))),
        }
    )
    assert result.url == "https://nabaa.example/map-news-ar.xml"
    assert sitemap_lines(robots, SITE) == ("https://nabaa.example/map-news-ar.xml",)


def test_the_final_address_of_a_redirect_is_kept():
    result, _ = found({SITE: answer(rss(item(1)), url="https://www.nabaa.example/feed/", moved_by=302)})
    assert result.url == "https://www.nabaa.example/feed/"


def test_a_site_that_is_away_is_given_up_at_once():
    result, web = found({})
    assert (result.url, result.away, len(web.asked)) == (None, True, 1)
    assert "name_not_found" in result.told()


def test_a_site_that_goes_away_meanwhile_is_given_up():
    result, web = found({SITE: answer("<html></html>", url=SITE)})
    assert (result.url, result.away, len(web.asked)) == (None, True, 3)


def test_a_site_without_feed_is_told_with_every_try():
    missing = {f"https://nabaa.example{path}": answer("", status=404) for path in (*USUAL_PATHS, "/robots.txt")}
    result, web = found(missing | {SITE: answer("<html></html>", url=SITE)})
    assert (result.url, result.away) == (None, False)
    assert len(web.asked) <= MAX_TRIES
    assert len(result.tries) >= len(USUAL_PATHS)


def test_refusals_are_told_and_do_not_end_the_search():
    result, _ = found(
        {
            SITE: answer(HOME, url=SITE),
            "https://nabaa.example/ar/rss?x=1&y=2": Refused("x", "private_address", "127.0.0.1"),
            "https://nabaa.example/atom": answer(rss(item(1))),
            "https://nabaa.example/pages/rss.xml": answer("", status=404),
        }
    )
    assert result.url == "https://nabaa.example/atom"
    assert said(result)["https://nabaa.example/ar/rss?x=1&y=2"] == "refused: private_address 127.0.0.1"


@pytest.mark.parametrize("kind", ["timeout", "died", "memory"])
def test_a_worker_that_fails_is_told(kind):
    web = FakeWeb({SITE: answer(HOME, url=SITE)})
    result = asyncio.run(discover(web, InlinePool(fails=kind), SITE, NOW))
    assert result.url is None
    assert kind in result.tries[0].said


def test_arabic_is_judged_by_letters():
    assert is_arabic(["قصف على Idlib"])
    assert not is_arabic(["Shelling of إدلب"])
    assert not is_arabic(["2026 - 03"])


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: f"<link rel=alternate type=text/xml href='{text}'>".encode())
)
def test_any_page_gives_only_web_addresses(body):
    assert all(link.startswith(("http://", "https://")) for link in feed_links(body, None, SITE))

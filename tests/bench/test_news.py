"""The made-up news of the benchmarks: the same in every run, like news in shape, and readable by what it measures."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from bench import feeds
from bench.news import LEAST_WORDS, MOST_WORDS, counted, headline, newsroom, summarize, tell
from bench.pages import LEAST_BYTES, MOST_BYTES, SKINS, page
from bench.stages import page_record
from ingest.clean import Cleaned, clean_page
from ingest.feeds import FeedList, load
from ingest.parse import parse_feed

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
BASE = "http://127.0.0.1:1"


@pytest.fixture
def listed(tmp_path: Path) -> FeedList:
    path = tmp_path / "feeds.toml"
    feeds.write_list(path, [BASE] * 6)
    return load(path)


def test_pages_and_feeds_are_the_same_in_every_run() -> None:
    def made() -> str:
        pages = [page(tell(story, story % 3, TODAY), f"{BASE}/news/{story}/0") for story in range(5)]
        return sha256("".join(pages).encode() + feeds.rss(1, 0, BASE, TODAY)).hexdigest()

    first = made()
    newsroom.cache_clear()
    assert made() == first


def test_the_tellings_of_a_story_share_its_facts_and_not_its_words() -> None:
    story = next(n for n in range(50) if tell(n, 0, TODAY).kind == "violence")
    tellings = [tell(story, telling, TODAY) for telling in range(3)]
    assert len({article.kind for article in tellings}) == 1
    assert len({article.outlet for article in tellings}) == 3
    assert len({article.text for article in tellings}) == 3


def test_about_one_article_in_five_reports_violence_and_every_kind_occurs() -> None:
    kinds = Counter(tell(story, 0, TODAY).kind for story in range(1_000))
    assert set(kinds) == {kind["name"] for kind in newsroom()["kinds"]}
    assert 150 <= kinds["violence"] <= 250


def test_articles_have_the_length_of_news_and_are_no_older_than_a_feed_takes() -> None:
    for story in range(100):
        article = tell(story, 1, TODAY)
        assert LEAST_WORDS <= len(article.text.split()) < MOST_WORDS + 100
        assert TODAY - timedelta(days=25) < article.published_at <= TODAY


def test_no_slot_of_a_sentence_is_left_open() -> None:
    for story in range(300):
        assert not re.search(r"[{}]", tell(story, story % 3, TODAY).text)


def test_summary_and_headline_are_those_of_the_whole_article() -> None:
    whole, short = tell(7, 2, TODAY), summarize(7, 2, TODAY)
    assert short.paragraphs == whole.paragraphs[:1]
    assert short.title == whole.title == headline(7, 2, TODAY)


@pytest.mark.parametrize(
    ("number", "phrase"), [(1, "منزل واحد"), (2, "منزلين"), (3, "3 منازل"), (10, "10 منازل"), (11, "11 منزلًا")]
)  # one house, two houses, 3 houses …
def test_nouns_agree_with_their_numbers(number: int, phrase: str) -> None:
    assert counted("houses", number) == phrase


def test_pages_have_the_size_of_news_pages() -> None:
    for story in range(12):
        size = len(page(tell(story, 0, TODAY), BASE).encode())
        assert LEAST_BYTES <= size <= MOST_BYTES


@pytest.mark.parametrize("skin", sorted(SKINS))
def test_a_page_of_every_skin_cleans_to_its_article(skin: str, listed: FeedList) -> None:
    key = next((story, 0) for story in range(100) if tell(story, 0, TODAY).skin == skin)
    article = tell(*key, TODAY)
    cleaned = clean_page(page_record(0, key, TODAY), listed)
    assert isinstance(cleaned, Cleaned)
    assert cleaned.article.title == article.title
    assert cleaned.article.text.split("\n") == list(article.paragraphs)
    assert cleaned.article.language == "ar"


def test_feeds_parse_to_their_items_newest_first() -> None:
    parsed = parse_feed(feeds.rss(4, 0, BASE, TODAY), "utf-8", "application/rss+xml", BASE, "UTC", TODAY)
    assert parsed.kind == "rss"
    assert parsed.problems == ()
    assert [item.url for item in parsed.entries] == [feeds.address(BASE, key) for key in feeds.shown(4)]
    assert {item.published_at for item in parsed.entries} == {
        summarize(*key, TODAY).published_at for key in feeds.shown(4)
    }


def test_a_later_edition_shows_newer_items_first_and_drops_the_oldest() -> None:
    before, after = feeds.shown(3, 0), feeds.shown(3, 1)
    assert after[feeds.NEWER :] == before[: -feeds.NEWER]
    assert not set(after[: feeds.NEWER]) & set(before)


def test_three_feeds_in_a_row_tell_the_same_stories() -> None:
    stories = [{story for story, _ in feeds.shown(feed)} for feed in range(4)]
    assert stories[0] == stories[1] == stories[2]
    assert not stories[3] & stories[0]

"""Polling: from what a server answers to entries, state, outcome and a plain sentence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.records import Validators
from contracts.source import Polled
from ingest.feeds import Feed
from ingest.local import LocalSite
from ingest.poll import FeedPoller, Look
from ingest.schedule import FeedState, decode_state, encode_state
from ingest.web import Refused, Response, Unreachable
from tests.ingest.feed_fakes import (
    FEED_URL,
    NOW,
    TITLE,
    FakeWeb,
    InlinePool,
    answer,
    feed_list,
    item,
    json_feed,
    news_sitemap,
    outlet,
    rss,
    sitemap_index,
)


class Polling:
    """One feed polled again and again, a quarter of an hour apart, its state handed on."""

    def __init__(self, *feeds: Feed, pool: InlinePool | None = None, **options: object) -> None:
        self.web = FakeWeb()
        self.pool = pool or InlinePool()
        self.feeds = feed_list(*feeds, outlets=(outlet("other"), outlet("sample", sample=True)))
        self.poller = FeedPoller(self.feeds, self.web, self.pool, **options)
        self.feed = next(iter(self.feeds.feeds))
        self.state: bytes | None = None
        self.now = NOW

    def look(self, given: object = None, **after: float) -> Look:
        """Polls once; ``given`` becomes what the feed's address answers."""
        if given is not None:
            self.web.answers[FEED_URL] = answer(given) if isinstance(given, str | bytes) else given
        result = asyncio.run(self.poller.look(self.feed, self.state, self.now))
        self.state = result.polled.state
        self.now += timedelta(**(after or {"minutes": 15}))
        return result

    def poll(self, given: object = None, **after: float) -> Polled:
        return self.look(given, **after).polled

    @property
    def remembered(self) -> FeedState:
        return decode_state(self.state)


def titles(polled: Polled) -> list[str | None]:
    return [entry.title for entry in polled.entries]


def test_the_first_poll_gives_every_entry_oldest_first():
    polled = Polling().poll(
        rss(item(3, date="2026-03-10"), item(2, date="2026-03-09T10:00:00Z"), item(1, date="2026-03-08T10:00:00Z"))
    )
    assert (polled.outcome, polled.ok, polled.detail) == ("new", True, "3 new of 3 entries")
    assert titles(polled) == [f"{TITLE} 1", f"{TITLE} 2", f"{TITLE} 3"]
    first, _, last = polled.entries
    assert (first.feed_id, first.outlet, first.url, first.guid) == (
        "f",
        "nabaa",
        "https://nabaa.example/news/1",
        "guid-1",
    )
    assert (first.look, first.seen_at, first.published_precision) == (0, NOW, "instant")
    assert (last.published_at, last.published_precision) == (datetime(2026, 3, 9, 21, tzinfo=UTC), "day")


def test_later_polls_give_only_what_is_new():
    polling = Polling()
    polling.poll(rss(item(1), item(2)))
    assert titles(polling.poll(rss(item(3), item(2), item(1)))) == [f"{TITLE} 3"]
    again = polling.poll(rss(item(3), item(2)))
    assert (again.outcome, again.entries, again.ok) == ("nothing_new", (), True)
    assert polling.poll(rss(item(1), item(2), item(3))).entries == ()


def test_an_entry_has_the_same_id_whenever_it_is_seen():
    ids = [Polling().poll(rss(item(1), *others)).entries[-1].id for others in ((), ())]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("field", [{"title": "خبر عاجل"}, {"summary": "ارتفاع الحصيلة إلى سبعة"}])
def test_an_item_that_changed_comes_again_as_a_change(field):
    polling = Polling()
    first = polling.poll(rss(item(1), item(2))).entries[0]
    changed = polling.poll(rss(item(1, **field), item(2)))
    assert (changed.outcome, changed.detail) == ("new", "0 new, 1 changed of 2 entries")
    assert [(entry.url, entry.look) for entry in changed.entries] == [(first.url, -1)]
    assert changed.entries[0].id != first.id
    assert polling.poll(rss(item(1, **field), item(2), item(3))).entries[0].url.endswith("/3")


def test_an_item_whose_own_date_of_change_moved_comes_again_with_it():
    polling = Polling()
    feed = json_feed(item(1))
    polling.poll(feed)
    polled = polling.poll(feed.replace('"title": "قتلى', '"date_modified": "2026-03-10T11:30:00Z", "title": "قتلى'))
    assert [(entry.look, entry.updated_at) for entry in polled.entries] == [
        (-1, datetime(2026, 3, 10, 11, 30, tzinfo=UTC))
    ]


def test_a_template_that_changed_everywhere_is_no_change_of_articles():
    polling = Polling()
    polling.poll(rss(*(item(n) for n in range(20))))
    polled = polling.poll(rss(*(item(n, summary=f"المصدر: نبأ {n}") for n in range(21))))
    assert titles(polled) == [f"{TITLE} 20"]
    assert "20 changed at once" in polled.detail
    assert polling.poll(rss(*(item(n, summary=f"المصدر: نبأ {n}") for n in range(22)))).detail == "1 new of 22 entries"


def test_guids_made_anew_with_every_poll_do_not_bring_the_same_articles():
    polling = Polling()
    polling.poll(rss(item(1, guid="session-1")))
    assert polling.poll(rss(item(1, guid="session-2"))).outcome == "nothing_new"


def test_addresses_made_anew_with_every_poll_do_not_bring_the_same_articles():
    polling = Polling()
    polling.poll(rss(item(1, link="https://nabaa.example/news/1?r=17")))
    assert polling.poll(rss(item(1, link="https://nabaa.example/news/1?r=42"))).outcome == "nothing_new"


def test_one_guid_for_all_items_hides_none():
    polling = Polling()
    assert len(polling.poll(rss(item(1, guid="0"), item(2, guid="0"))).entries) == 2
    assert titles(polling.poll(rss(item(3, guid="0"), item(2, guid="0"), item(1, guid="0")))) == [f"{TITLE} 3"]


def test_an_article_belongs_to_the_outlet_of_its_domain():
    polled = Polling().poll(rss(item(1, link="https://other.example/1"), item(2, link="https://elsewhere.example/2")))
    assert {entry.url: entry.outlet for entry in polled.entries} == {
        "https://other.example/1": "other",
        "https://elsewhere.example/2": "nabaa",
    }


def test_the_first_poll_takes_only_what_is_recent_and_forgets_the_rest():
    polling = Polling(first_days=30)
    old, recent, undated = item(1, date="2026-01-01"), item(2, date="2026-03-01"), item(3, date="")
    polled = polling.poll(rss(old, recent, undated))
    assert titles(polled) == [f"{TITLE} 2", f"{TITLE} 3"]
    assert "1 too old for a first poll" in polled.detail
    assert polling.poll(rss(old, recent, undated, item(4))).detail == "1 new of 4 entries"


def test_samples_are_taken_whatever_their_age(tmp_path: Path):
    (tmp_path / "site.toml").write_text('feed = ["1.xml", "2.xml"]\nfeed_content_type = "text/xml"')
    (tmp_path / "1.xml").write_text(rss(item(1, date="2022-10-14"), item(2, date="2022-10-14")))
    (tmp_path / "2.xml").write_text(rss(item(1, date="2022-10-14", title="تصحيح"), item(3, date="2022-10-15")))
    feed = Feed(id="s", outlet="sample", url="file:sample/")
    polling = Polling(feed, sites={"s": LocalSite.load(tmp_path)})
    assert len(polling.poll().entries) == 2
    assert polling.poller.next_at("s", polling.state, polling.now) == polling.now
    assert [(entry.look, entry.title) for entry in polling.poll().entries] == [(-1, "تصحيح"), (0, f"{TITLE} 3")]
    assert polling.poller.next_at("s", polling.state, polling.now) > polling.now
    assert polling.poll().outcome == "not_modified"
    assert polling.web.asked == []


def test_a_file_address_without_its_folder_is_refused():
    polled = Polling(Feed(id="s", outlet="nabaa", url="file:/etc/passwd")).poll()
    assert (polled.outcome, polled.ok) == ("refused", False)


def test_validators_are_sent_back_and_304_is_not_modified():
    polling = Polling()
    polling.poll(answer(rss(item(1)), etag='"a"', last_modified="Tue, 10 Mar 2026 08:00:00 GMT"))
    polled = polling.poll(answer("", status=304))
    assert (polled.outcome, polled.ok, polled.entries) == ("not_modified", True, ())
    sent = polling.web.asked[1][1]
    assert (sent.etag, sent.last_modified) == ('"a"', "Tue, 10 Mar 2026 08:00:00 GMT")


def test_the_same_bytes_are_not_read_again():
    polling = Polling()
    polling.poll(rss(item(1)))
    assert polling.poll(rss(item(1))).outcome == "not_modified"
    assert polling.pool.runs == 1


FAILURES = {
    "a name that is not found": (Unreachable(FEED_URL, "name_not_found"), "unreachable", "name_not_found"),
    "a time-out": (Unreachable(FEED_URL, "timeout", "30 s"), "unreachable", "timeout: 30 s"),
    "a private address": (Refused(FEED_URL, "private_address", "10.0.0.1"), "refused", "private_address: 10.0.0.1"),
    "too many bytes": (Refused(FEED_URL, "too_large", "more than 10 MB"), "refused", "too_large: more than 10 MB"),
    "401": (answer("", status=401), "refused", "answered 401 (a password is asked for)"),
    "403": (answer("", status=403), "refused", "answered 403 (the site refuses us)"),
    "404": (answer("", status=404), "refused", "answered 404 (there is nothing at this address)"),
    "410": (answer("", status=410), "gone", "answered 410 (the feed is gone)"),
    "429": (answer("", status=429), "busy", "answered 429 (we ask too often)"),
    "500": (answer("", status=500), "busy", "answered 500"),
    "300": (answer("", status=300), "bad_feed", "answered 300"),
    "204": (answer("", status=204), "bad_feed", "answered 204"),
    "a web page": (answer("<!doctype html><html></html>"), "bad_feed", "a web page stands at the feed's address"),
    "nothing": (answer(""), "bad_feed", "the answer is empty"),
    "an image": (answer(b"\x89PNG\r\n\x1a\n"), "bad_feed", "neither RSS, Atom, JSON Feed nor a sitemap"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_is_a_value_with_a_plain_sentence(case):
    given, outcome, detail = FAILURES[case]
    polling = Polling()
    polled = polling.poll(given)
    assert (polled.outcome, polled.detail, polled.ok, polled.entries) == (outcome, detail, False, ())
    assert polling.remembered.failures == 1
    assert polled.next_at > NOW


def test_a_host_without_a_free_turn_makes_no_feed_wait_longer_each_time():
    polling = Polling()
    waits = [polling.poll(Unreachable(FEED_URL, "busy")).next_at - polling.now for _ in range(8)]
    assert polling.remembered.outcome == "busy"
    assert max(waits) < timedelta(0)
    assert polling.remembered.failures == 1


@pytest.mark.parametrize(
    ("kind", "words"), [("timeout", "took more than 20 seconds"), ("memory", "too much memory"), ("died", "died")]
)
def test_a_worker_that_fails_is_a_bad_feed(kind, words):
    polled = Polling(pool=InlinePool(fails=kind)).poll(rss(item(1)))
    assert (polled.outcome, polled.ok) == ("bad_feed", False)
    assert words in polled.detail


def test_a_bug_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        Polling().poll(ZeroDivisionError("a bug"))


def test_what_failed_is_asked_for_again_without_losing_its_entries():
    polling = Polling()
    polling.poll(rss(item(1)))
    for failure in (Unreachable(FEED_URL, "timeout"), answer("", status=503), answer("<html></html>")):
        polling.poll(failure)
    assert polling.remembered.failures == 3
    polled = polling.poll(rss(item(1), item(2)))
    assert (titles(polled), polling.remembered.failures) == ([f"{TITLE} 2"], 0)


@pytest.mark.parametrize("value", ["7200", "Tue, 10 Mar 2026 14:00:00 GMT"])
def test_retry_after_is_kept_to(value):
    polled = Polling().poll(answer("", status=503, retry_after=value))
    assert polled.next_at >= NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache_control": "public, max-age=1800"}, 1800),
        ({"cache_control": "max-age=1800, no-cache"}, 0),
        ({"cache_control": "s-maxage=1800"}, 0),
        ({"expires": "Tue, 10 Mar 2026 12:30:00 GMT"}, 1800),
        ({"expires": "0"}, 0),
        ({"cache_control": "max-age=60", "expires": "Tue, 10 Mar 2026 12:30:00 GMT"}, 60),
    ],
)
def test_cache_times_bound_the_rhythm(headers, seconds):
    polling = Polling()
    polling.poll(answer(rss(item(1)), **headers))
    assert polling.remembered.ask_every == seconds


def test_the_longest_wish_of_the_publisher_counts():
    polling = Polling()
    polling.poll(answer(rss(item(1), channel="<ttl>20</ttl>"), cache_control="max-age=60"))
    assert polling.remembered.ask_every == 1200


def test_a_permanent_redirect_is_followed_until_it_is_adopted():
    polling, new = Polling(), "https://nabaa.example/new-feed"
    outcomes = [polling.poll(answer(rss(item(1)), url=new, moved_by=301), hours=3).outcome for _ in range(3)]
    assert outcomes == ["new", "not_modified", "moved"]
    assert polling.remembered.found == new
    polling.web.answers[new] = answer(rss(item(2)), url=new)
    assert titles(polling.poll()) == [f"{TITLE} 2"]
    assert polling.web.asked[-1][0] == new


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_is_never_adopted(status):
    polling = Polling()
    for _ in range(5):
        polling.poll(answer(rss(item(1)), url="https://nabaa.example/x", moved_by=status), hours=5)
    assert polling.remembered.found is None


def test_a_permanent_redirect_to_a_web_page_is_never_adopted():
    polling = Polling()
    for _ in range(5):
        polling.poll(answer("<html></html>", url="https://nabaa.example/", moved_by=301), hours=5)
    assert polling.remembered.found is None


def test_gone_is_acted_on_when_it_repeats():
    polling = Polling()
    waits = [polling.poll(answer("", status=410)).next_at - (polling.now - timedelta(minutes=15)) for _ in range(3)]
    assert waits[0] < waits[1] < timedelta(hours=1)
    assert waits[2] == timedelta(days=1)
    assert polling.poll(rss(item(1))).outcome == "new"


SITE = Feed(id="f", outlet="nabaa", site="https://nabaa.example/")
HOME = '<html><link rel="alternate" type="application/rss+xml" href="/feed"></html>'


def test_a_site_is_discovered_once_and_its_feed_polled_from_then_on():
    polling = Polling(SITE)
    polling.web.answers["https://nabaa.example/"] = answer(HOME, url="https://nabaa.example/")
    look = polling.look(answer(rss(item(1)), etag='"a"'))
    assert titles(look.polled) == [f"{TITLE} 1"]
    assert (look.discovery.url, polling.remembered.found) == (FEED_URL, FEED_URL)
    asked = len(polling.web.asked)
    assert titles(polling.poll(rss(item(1), item(2)))) == [f"{TITLE} 2"]
    assert polling.web.asked[asked:] == [
        (FEED_URL, Validators(etag='"a"', content_hash=polling.web.asked[-1][1].content_hash))
    ]


def test_a_site_is_searched_again_when_its_feed_is_lost():
    polling = Polling(SITE)
    polling.web.answers["https://nabaa.example/"] = answer(HOME, url="https://nabaa.example/")
    polling.poll(rss(item(1)))
    for _ in range(5):
        polling.poll(answer("", status=404))
    polling.web.answers["https://nabaa.example/"] = answer(
        HOME.replace("/feed", "/rss-2"), url="https://nabaa.example/"
    )
    polling.web.answers["https://nabaa.example/rss-2"] = answer(rss(item(1), item(2)))
    assert titles(polling.poll()) == [f"{TITLE} 2"]
    assert polling.remembered.found == "https://nabaa.example/rss-2"


def test_a_site_that_is_away_and_one_without_feed_are_told_apart():
    away = Polling(SITE).poll()
    assert (away.outcome, away.detail) == ("unreachable", "unreachable: name_not_found")
    polling = Polling(SITE)
    polling.web.get = _always(answer("<html></html>", url="https://nabaa.example/"))
    none = polling.poll()
    assert none.outcome == "bad_feed"
    assert none.detail.startswith("no feed found on the site in")


def _always(response: Response):
    async def get(url: str, **_: object) -> Response:
        return response

    return get


CHILD = "https://nabaa.example/sitemap-news-1.xml"


def test_an_index_is_followed_to_the_news_sitemaps_of_the_publisher():
    polling = Polling()
    index = sitemap_index("https://nabaa.example/posts.xml", "https://evil.example/news.xml", CHILD)
    polling.web.answers[CHILD] = answer(news_sitemap(item(1)))
    assert titles(polling.poll(answer(index, etag='"i"'))) == [f"{TITLE} 1"]
    assert [url for url, _ in polling.web.asked] == [FEED_URL, CHILD]
    polling.web.answers[CHILD] = answer(news_sitemap(item(1), item(2)))
    assert titles(polling.poll()) == [f"{TITLE} 2"]
    assert polling.web.asked[2][1].etag is None


def test_an_index_without_readable_news_is_a_bad_feed():
    for index in (sitemap_index("https://nabaa.example/posts.xml"), sitemap_index(CHILD)):
        polled = Polling().poll(index)
        assert (polled.outcome, polled.detail) == ("bad_feed", "a sitemap index in which no news sitemap could be read")


def test_a_hostile_link_passes_as_an_entry_and_other_schemes_do_not():
    polled = Polling().poll(
        rss(item(1, link="http://169.254.169.254/latest/meta-data"), item(2, link="file:///etc/passwd"))
    )
    assert [entry.url for entry in polled.entries] == ["http://169.254.169.254/latest/meta-data"]


def test_next_at_is_what_poll_said():
    polling = Polling()
    assert polling.poller.next_at("f", None, NOW) == NOW
    polled = polling.poll(rss(item(1)))
    assert polling.poller.next_at("f", polled.state, NOW + timedelta(hours=5)) == polled.next_at


def test_an_unreadable_state_brings_the_entries_again():
    polling = Polling()
    polling.poll(rss(item(1)))
    polling.state = b"\x00 not a state"
    assert titles(polling.poll(rss(item(1)))) == [f"{TITLE} 1"]


def test_a_feed_that_is_not_in_the_list_is_a_bug():
    with pytest.raises(KeyError):
        asyncio.run(Polling().poller.poll("nobody", None, NOW))


def test_a_full_feed_keeps_the_state_under_200_kb():
    polling = Polling()
    for step in range(3):
        polling.poll(rss(*(item(n, title=f"خبر {n}") for n in range(step * 2_000, step * 2_000 + 2_000))))
    assert len(polling.state) < 200_000
    assert len(polling.remembered.seen) == 7_000


@settings(max_examples=80, deadline=None)
@given(
    st.integers(100, 599),
    st.binary(max_size=200) | st.just(rss(item(1)).encode()),
    st.dictionaries(
        st.sampled_from(["retry_after", "expires", "cache_control", "etag", "last_modified"]), st.text(max_size=40)
    ),
    st.binary(max_size=60) | st.just(encode_state(FeedState())),
)
def test_no_answer_and_no_state_raises(status, body, headers, state):
    polling = Polling()
    polling.state = state
    polled = polling.poll(answer(body, status=status, **headers))
    assert NOW <= polled.next_at <= NOW + timedelta(days=1)
    assert decode_state(polled.state).attempted_at == NOW

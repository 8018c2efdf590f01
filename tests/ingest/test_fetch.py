"""The fetch stage with a store in memory and a web that answers from a table."""

import asyncio
from datetime import timedelta

import cramjam
import msgspec
import pytest

from contracts.codec import decode, encode
from contracts.outcomes import Drop, Emit, Quarantine, Retry
from contracts.records import Page, Validators
from contracts.stage import Context
from ingest.fetch import REASON_HEADER
from ingest.http import Client, ClientSettings
from ingest.web import Redirect, Refused, Unreachable
from tests.ingest.fetch_world import HTML, NOW, OWN_TEXT, URL, FakeWeb, World, entry, page


def test_a_new_entry_becomes_a_page_with_its_bytes_compressed():
    world = World(FakeWeb(page(etag='"1"', x_powered_by="php", content_language="ar")))
    (record,) = world.send(entry()).records
    assert isinstance(record, Page)
    assert bytes(cramjam.zstd.decompress(record.body)) == HTML
    assert (record.status, record.url, record.content_type, record.fetched_at) == (200, URL, "text/html", NOW)
    assert record.headers == {"etag": '"1"', "content-language": "ar", "content-type": "text/html"}
    assert len(record.content_hash) == 64
    assert decode(Page, encode(record)) == record


def test_what_was_fetched_is_not_fetched_again_under_another_feed_or_address():
    world = World()
    world.send(entry())
    for again in (entry(), entry(feed_id="other"), entry("https://m.outlet.example/news/1/amp?utm_source=rss")):
        assert world.send(again) == Drop("fetched already")
    assert len(world.web.asked) == 1


def test_twins_share_a_key():
    stage = World().stage
    assert stage.key(entry()) == stage.key(entry("http://amp.outlet.example/news/1")) == "outlet.example"
    assert stage.key(msgspec.structs.replace(entry(), url="not an address")) == ""


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "javascript:alert(1)", "http://user@outlet.example/", "outlet.example/x"]
)
def test_an_address_that_is_none_is_quarantined_unasked(url):
    world = World()
    assert isinstance(world.send(msgspec.structs.replace(entry(), url=url)), Quarantine)
    assert world.web.asked == []


def test_a_private_address_never_becomes_a_page():
    world = World(FakeWeb(Refused(URL, "private_address", "10.0.0.1")))
    outcome = world.send(entry(content_html=OWN_TEXT))
    assert outcome == Quarantine("private_address: 10.0.0.1")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/", "http://[::ffff:127.0.0.1]:8080/x", "http://10.0.0.1/1"]
)
def test_a_private_address_in_a_feed_is_quarantined_by_the_client_itself(url):
    world = World(Client(ClientSettings(user_agent="Rasid (test)")))
    outcome = world.send(entry(url, content_html=OWN_TEXT))
    assert isinstance(outcome, Quarantine)
    assert outcome.reason.startswith("private_address")


def test_a_forgotten_article_is_kept_out():
    world = World()
    world.store.put(f"forgotten:{world.article()}", b"1")
    assert world.send(entry()) == Drop("forgotten")
    assert world.web.asked == []


def test_an_article_forgotten_while_it_was_fetched_is_kept_out():
    world = World()
    context = Context(NOW, 1, 0, 0)
    worked = asyncio.run(world.work(world.stage.plan(entry(), world.store, context), context))
    world.store.put(f"forgotten:{world.article()}", b"1")
    assert world.stage.fold(worked, world.store, context) == Drop("forgotten")


def test_a_look_is_conditional_and_an_unchanged_page_ends_there():
    world = World(FakeWeb(page(etag='"1"')))
    world.send(entry())
    assert world.send(entry(look=1)) == Drop("unchanged")
    assert world.web.asked[1][1].etag == '"1"'


def test_the_same_bytes_without_validators_are_unchanged_too():
    world = World()
    world.send(entry())
    assert world.send(entry(look=1)) == Drop("unchanged")
    assert world.send(entry(look=-1, change="a")) == Drop("unchanged")


def test_a_changed_page_is_given_on_and_its_look_is_not_done_twice():
    world = World(FakeWeb(page(etag='"1"')))
    world.send(entry())
    world.web.default = page(HTML + b"<!-- edited -->", etag='"2"')
    (record,) = world.send(entry(look=1)).records
    assert record.entry.look == 1
    assert world.send(entry(look=1)) == Drop("looked already")
    assert world.send(entry(look=2)) == Drop("unchanged")


# --- gone


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_is_withdrawn_only_when_it_is_gone_repeatedly(status):
    world = World()
    world.send(entry())
    world.web.default = page(b"gone", status)
    first = world.send(entry(look=1))
    assert first.records == ()
    (later,) = first.later
    assert later.after == 6 * 3600
    assert later.record.id != entry(look=1).id
    (record,) = world.send(later.record).records
    assert (record.status, record.body, record.content_hash) == (status, b"", "")


def test_a_page_that_comes_back_before_the_second_look_is_not_withdrawn():
    world = World()
    world.send(entry())
    world.web.default = page(b"", 404)
    (later,) = world.send(entry(look=1)).later
    world.web.default = page()
    assert world.send(later.record) == Drop("unchanged")
    world.web.default = page(b"", 404)
    assert world.send(entry(look=2)).later


def test_a_withdrawn_page_that_comes_back_is_news_with_its_old_text():
    world = World()
    world.send(entry())
    world.web.default = page(b"", 404)
    (later,) = world.send(entry(look=1)).later
    world.send(later.record)
    world.web.default = page()
    (record,) = world.send(entry(look=3)).records
    assert record.status == 200


def test_a_page_that_was_never_there_is_tried_again():
    world = World(FakeWeb(page(b"", 404)))
    assert world.send(entry()) == Retry("not there yet")
    world.web.default = page()
    assert isinstance(world.send(entry()), Emit)


def test_an_article_that_leads_to_the_home_page_is_gone():
    world = World()
    world.send(entry())
    home = "https://www.outlet.example/"
    world.web.default = page(url=home, redirects=(Redirect(302, home),))
    assert world.send(entry(look=1)).later


# --- refused


@pytest.mark.parametrize("status", [401, 402, 403, 451, 405])
def test_a_refused_page_is_replaced_by_the_entrys_own_text(status):
    world = World(FakeWeb(page(b"no", status)))
    (record,) = world.send(entry(content_html=f"<p>{OWN_TEXT}</p>")).records
    assert (record.status, record.body) == (status, b"")
    assert record.headers[REASON_HEADER] == f"status {status}"
    assert world.send(entry(feed_id="other")) == Drop("fetched already")


def test_without_text_of_its_own_a_refused_entry_ends_and_another_feeds_may_stand_in():
    world = World(FakeWeb(page(b"no", 403)))
    assert world.send(entry(summary="موجز قصير", content_html="<div>" * 100)) == Drop("refused: status 403")
    assert isinstance(world.send(entry(feed_id="other", change="x", summary=OWN_TEXT)), Emit)


def test_robots_are_obeyed_with_status_0():
    world = World(FakeWeb(robots=page(b"User-agent: *\nDisallow: /news", content_type="text/plain")))
    (record,) = world.send(entry(summary=OWN_TEXT)).records
    assert (record.status, record.headers) == (0, {REASON_HEADER: "robots"})
    assert world.send(entry("https://www.outlet.example/news/2")) == Drop("refused: robots")
    assert world.web.asked == []


@pytest.mark.parametrize("reason", ["too_large", "bomb", "too_many_redirects", "bad_encoding"])
def test_an_answer_that_is_refused_is_counted_by_its_reason(reason):
    world = World(FakeWeb(Refused(URL, reason, "detail")))
    assert world.send(entry()) == Drop(f"refused: {reason}", "detail")


def test_a_page_that_is_refused_later_keeps_the_text_that_was_read():
    world = World()
    world.send(entry(summary=OWN_TEXT))
    world.web.default = page(b"", 403)
    assert world.send(entry(look=1, summary=OWN_TEXT)) == Drop("refused: status 403")


@pytest.mark.parametrize(
    "answer",
    [
        page(b"%PDF-1.7 ...", content_type="application/pdf"),
        page(b"%PDF-1.7 ...", content_type="text/html"),
        page(b"\x89PNG", content_type="image/png"),
        page(b"{}", content_type="application/json"),
        page(b"....", content_type=None),
    ],
)
def test_what_is_no_page_ends_there(answer):
    world = World(FakeWeb(answer))
    outcome = world.send(entry())
    assert isinstance(outcome, Drop)
    assert outcome.reason == "not a page"
    assert world.send(entry(feed_id="other")) == Drop("fetched already")


def test_files_that_are_no_pages_are_not_asked_for():
    world = World()
    for name in ("a.pdf", "b.JPG", "c.mp4?x=1"):
        assert world.send(entry(f"https://outlet.example/{name}")) == Drop("not a page")
    assert world.web.asked == []


@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "binary/html"])
def test_markup_is_a_page_whatever_its_type(content_type):
    assert isinstance(World(FakeWeb(page(content_type=content_type))).send(entry()), Emit)


# --- passing faults, and hosts that must wait


@pytest.mark.parametrize("reason", ["dns", "connect", "tls", "timeout", "protocol"])
def test_an_unreachable_page_is_tried_again(reason):
    assert World(FakeWeb(Unreachable(URL, reason))).send(entry()) == Retry(reason)


@pytest.mark.parametrize("answer", [page(b"", 500), page(b"", 502), page(b"", 408), page(b"", 200), page(b"", 304)])
def test_a_passing_status_or_an_empty_answer_is_tried_again(answer):
    assert World(FakeWeb(answer)).send(entry()) == Retry(f"status {answer.status}")


def test_a_site_whose_rules_cannot_be_read_now_is_tried_again():
    assert World(FakeWeb(robots=page(b"", 503))).send(entry()) == Retry("robots")


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_parks_the_record_and_its_host(status):
    world = World(FakeWeb(page(b"", status, retry_after="120")))
    assert world.send(entry()) == Retry(f"status {status}", after=120.0)
    other = entry("https://outlet.example/news/2")
    assert world.send(other) == Retry("spacing", after=120.0, counts=False)
    assert world.gate.wait("outlet.example") > 100
    assert isinstance(world.send(entry("https://elsewhere.example/1")), Retry)
    assert len(world.web.asked) == 2


def test_a_host_is_left_alone_for_its_spacing_and_crawl_delay():
    world = World(FakeWeb(robots=page(b"User-agent: *\nCrawl-delay: 7", content_type="text/plain")))
    world.send(entry())
    other = entry("https://outlet.example/news/2")
    world.now = NOW + timedelta(seconds=3)
    assert world.send(other) == Retry("spacing", after=4.0, counts=False)
    world.now = NOW + timedelta(seconds=7)
    outcome = world.send(other)  # the gate's own clock has not moved, and it is asked last
    assert isinstance(outcome, Retry)
    assert 0 < outcome.after <= 7
    assert outcome.counts is False
    assert len(world.web.asked) == 1


def test_entries_that_wait_for_one_host_are_lined_up():
    world = World(FakeWeb(robots=page(b"User-agent: *\nCrawl-delay: 7", content_type="text/plain")))
    world.send(entry())
    waits = [world.send(entry(f"https://outlet.example/news/{number}")).after for number in range(2, 6)]
    assert waits == [7.0, 14.0, 21.0, 28.0]


def test_a_clock_that_jumped_back_does_not_park_a_host_for_ever():
    world = World()
    world.store.put("host:outlet.example", b'{"next_at":"2036-01-01T00:00:00Z"}')
    assert isinstance(world.send(entry()), Emit)


# --- sites on disk


class Folder:
    """A site on disk with one page, which changes at noon."""

    def page(self, url, at):
        if not url.endswith("/news/1"):
            return None
        return page(HTML if at < NOW + timedelta(hours=1) else HTML + b"later", url=url)


def test_entries_of_a_site_on_disk_never_reach_the_net():
    world = World(FakeWeb(Unreachable(URL, "dns")), sites={"sample": Folder()})
    assert isinstance(world.send(entry(feed_id="sample")), Emit)
    assert world.send(entry("https://www.outlet.example/news/2", feed_id="sample")) == Retry("not there yet")
    assert world.send(entry(feed_id="sample", look=1)) == Drop("unchanged")
    world.now = NOW + timedelta(hours=2)
    (record,) = world.send(entry(feed_id="sample", look=2)).records
    assert bytes(cramjam.zstd.decompress(record.body)).endswith(b"later")
    assert world.web.asked == []
    assert not any(key.startswith("host:") for key in world.store.values)


def test_validators_that_stand_in_the_entry_come_from_the_store_alone():
    world = World()
    forged = msgspec.structs.replace(entry(), validators=Validators(etag='"forged"'))
    world.send(forged)
    assert world.web.asked[0][1] is None

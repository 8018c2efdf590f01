"""A poll in plain words."""

from __future__ import annotations

import asyncio
import re

from ingest.explain import PROBLEMS, explain, problem_in_words
from ingest.feeds import Feed
from ingest.parse import parse_feed
from ingest.poll import FeedPoller
from tests.ingest.feed_fakes import FEED_URL, NOW, TITLE, FakeWeb, InlinePool, answer, feed_list, item, rss


def told(web: FakeWeb, *feeds: Feed) -> str:
    poller = FeedPoller(feed_list(*feeds), web, InlinePool())
    look = asyncio.run(poller.look("f", None, NOW))
    return explain(look.polled, look.parsed, look.discovery)


def test_a_feed_is_explained_with_its_faults_and_first_entries():
    text = told(
        FakeWeb(
            {FEED_URL: answer(rss(item(1), item(2, link="file:///x"), item(3, date="2099-01-01")).encode("cp1256"))}
        )
    )
    first, second = text.splitlines()[:2]
    assert first.startswith("f: new: 2 new of 2 entries; 1 items without an http or https address, left out; ")
    assert second == "read as RSS «نبأ», windows-1256, 2 entries"
    assert text.count("1 dates that cannot be true") == 1
    assert "not in the charset that they claim; healed" in text
    assert f"{TITLE} 1  https://nabaa.example/news/1" in text
    assert re.search(r"asked again at 2026-03-10 12:\d\d UTC$", text)


def test_a_discovery_is_explained_try_by_try():
    text = told(FakeWeb(), Feed(id="f", outlet="nabaa", site="https://nabaa.example/"))
    assert "f: unreachable: unreachable: name_not_found" in text
    assert "  https://nabaa.example/: unreachable: name_not_found" in text


def test_a_refusal_is_explained_without_a_feed():
    text = told(FakeWeb({FEED_URL: answer("", status=403)}))
    assert text.splitlines()[0] == "f: refused: answered 403 (the site refuses us)"


BODIES = [
    rss(
        item(1, guid="0"), item(2, guid="0"), item(2), item(3, link="x:"), item(4, date="2099-01-01"), item(5, date="?")
    ).encode(),
    rss(item(1)).encode("cp1256"),
    rss(item(1)).encode() + b" " * 11_000_000,
    rss(*(item(n) for n in range(2_001))).encode(),
    rss(item(1)).encode()[:-30],
    b"<!DOCTYPE x [<!ENTITY e 'f'>]>" + rss(item(1, title="\x0b & ")).encode(),
    b"<rss>" + b"<a>" * 300_000,
    b"",
    b"<html>",
    b"words",
]


def test_every_problem_has_words_and_can_happen():
    seen = {problem for body in BODIES for problem in parse_feed(body, None, None, FEED_URL, "UTC", NOW).problems}
    assert {problem.partition(":")[0] for problem in seen} == set(PROBLEMS)
    assert problem_in_words("left:3") == "3 older items beyond the cap, left out"
    assert problem_in_words("broken_json DecodeError") == "broken json DecodeError"

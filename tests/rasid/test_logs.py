"""What a log line says of a record."""

from __future__ import annotations

import json

import pytest
import structlog

from contracts import codec
from contracts.outcomes import Emitted, Quarantine
from contracts.records import Article, Event, Page
from rasid.cluster.counts import Counts
from rasid.cluster.posting import Posting, Taken
from rasid.cluster.topics import Topics
from rasid.logs import about, configure_logs
from tests.rasid.fakes import NOW, entry, fake_topology

URL = "https://a.example/news/1"


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (entry(URL), {"feed": "f", "url": URL}),
        (Page(entry=entry(URL), url=URL, status=200, headers={}, fetched_at=NOW), {"feed": "f", "url": URL}),
        (
            Article(id="a", url=URL, outlet="o", feed_id="f", title="", text="", fetched_at=NOW),
            {"feed": "f", "url": URL},
        ),
        (entry("https://user:geheim@a.example/1"), {"feed": "f", "url": "https://a.example/1"}),
        (Event(id="e"), {}),
    ],
)
def test_a_record_tells_its_feed_and_address_and_no_password(record: Emitted, told: dict[str, str]) -> None:
    assert about(codec.encode(record)) == told


@pytest.mark.parametrize(
    "value", [b"", b"\xff", b"{}", b'{"record": "entry"}', b'{"record": "entry", "x": ' + b"[" * 100_000]
)
def test_what_cannot_be_read_tells_nothing(value: bytes) -> None:
    assert about(value) == {}


def test_a_dead_letter_is_one_line_with_feed_url_and_where_it_lies(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        configure_logs("info", quiet=False)
        posting = Posting("clean", Topics("rasid", 2), fake_topology, Counts(), lambda: 0.0)
        taken = Taken("rasid.pages", 1, 17, b"key", codec.encode(entry(URL)), 0, 0.0)
        posting.messages(taken, Quarantine("bad record: of the test"))
    finally:
        structlog.configure(**before)
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    told = {name: said[name] for name in ("event", "stage", "topic", "partition", "offset", "key", "feed", "url")}
    assert told == {
        "event": "dead letter", "stage": "clean", "topic": "rasid.pages", "partition": 1, "offset": 17, "key": "key",
        "feed": "f", "url": URL,
    }  # fmt: skip

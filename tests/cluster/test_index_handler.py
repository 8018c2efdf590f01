from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from contracts import codec
from contracts.outcomes import Unavailable
from contracts.records import Article, Document, Event
from rasid.cluster import adapter
from rasid.cluster.adapter import IndexHandler
from rasid.cluster.counts import Counts
from rasid.cluster.membership import NotOurs
from rasid.cluster.parts import Parts
from rasid.cluster.posting import Posting, Taken
from rasid.cluster.sending import Outgoing
from rasid.cluster.topics import Topics
from rasid.topology import Topology
from tests.rasid.fakes import NOW

ARTICLE = Article(id="a" * 32, url="https://a.sy/1", outlet="o", feed_id="f", title="", text="", fetched_at=NOW)


class FakeSender:
    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send_all(self, messages: Sequence[Outgoing]) -> list[Any]:
        self.sent += messages
        return []


class FakeIndex:
    """Away for the first ``away`` writes; refuses the ids in ``refused``."""

    def __init__(self, away: int = 0, refused: Mapping[str, str] | None = None) -> None:
        self.away, self.refused, self.calls = away, refused or {}, []  # type: ignore[var-annotated]

    def write(self, documents: Sequence[Document]) -> Mapping[str, str]:
        if self.away:
            self.away -= 1
            raise Unavailable("Elasticsearch cannot be reached")
        self.calls.append([document.id for document in documents])
        return {one.id: self.refused[one.id] for one in documents if one.id in self.refused}

    def forget(self, article: str) -> None:
        self.calls.append(f"forget {article}")


class Trial:
    def __init__(self, index: FakeIndex, leaves: Callable[[], bool] = lambda: False) -> None:
        self.counts, self.sender, self.waits = Counts(), FakeSender(), []  # type: ignore[var-annotated]
        posting = Posting("index", Topics("rasid", 2), lambda: Topology({}), self.counts, lambda: 0.0)
        parts = Parts(Topology({}), write=index.write, forget=index.forget)
        self.handler = IndexHandler(parts, posting, self.sender, self.counts, self.waits.append, leaves)  # type: ignore[arg-type]

    def handle(self, *batch: Taken) -> None:
        asyncio.run(self.handler(list(batch)))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = asyncio.sleep

    async def sleep(seconds: float) -> None:
        await waits(0)

    monkeypatch.setattr(adapter.asyncio, "sleep", sleep)
    clock = iter(range(1_000_000))
    monkeypatch.setattr(adapter, "time", SimpleNamespace(monotonic=lambda: next(clock), perf_counter=lambda: 0.0))


def taken(document: Document | bytes, **more: Any) -> Taken:
    value = document if isinstance(document, bytes) else codec.encode(document)
    return Taken("rasid.events", 0, 0, b"k", value, 0, 0.0, **more)


def test_batch_is_written_at_once() -> None:
    index = FakeIndex()
    trial = Trial(index)
    trial.handle(taken(ARTICLE), taken(Event(id="e")))
    assert index.calls == [["a" * 32, "e"]]
    assert trial.counts.counters["index", "sent", ""] == 2
    assert trial.sender.sent == []


def test_index_that_is_away_is_waited_for_with_the_same_batch() -> None:
    index = FakeIndex(away=3)
    trial = Trial(index)
    trial.handle(taken(Event(id="e")))
    assert index.calls == [["e"]]
    assert trial.waits == ["index: Elasticsearch cannot be reached"] * 3


def test_a_worker_that_must_go_leaves_its_batch_to_the_next() -> None:
    """Else it waits for the index while the group, or its own end, waits for it."""
    asked: list[bool] = []
    index = FakeIndex(away=100)
    trial = Trial(index, leaves=lambda: len(asked) > 5 or bool(asked.append(True)))
    with pytest.raises(NotOurs):
        trial.handle(taken(Event(id="e")))
    assert index.calls == []
    assert trial.sender.sent == []


def test_of_an_event_that_comes_twice_the_version_that_is_refused_alone_is_a_dead_letter() -> None:
    class Refusing(FakeIndex):
        def write(self, documents: Sequence[Document]) -> Mapping[str, str]:
            super().write(documents)
            return {one.id: "no such day" for one in documents if one.version == 2}

    trial = Trial(Refusing())
    trial.handle(*(taken(Event(id="e", version=version)) for version in (1, 2, 3)))
    (letter,) = trial.sender.sent
    assert codec.decode(Event, letter.value or b"").version == 2
    assert trial.counts.counters["index", "sent", ""] == 2


def test_refused_documents_and_bad_records_are_dead_letters_and_the_rest_is_written() -> None:
    index = FakeIndex(refused={"e": "no such day"})
    trial = Trial(index)
    trial.handle(taken(Event(id="e")), taken(b"{"), taken(b""), taken(Event(id="good")))
    assert index.calls == [["e", "good"]]
    reasons = {dict(message.headers)["reason"] for message in trial.sender.sent}
    assert b"refused by the index: no such day" in reasons
    assert b"empty" in reasons
    assert len(reasons) == 3
    assert {message.topic for message in trial.sender.sent} == {"rasid.events.dead"}
    assert trial.counts.counters["index", "sent", ""] == 1


def test_forgotten_article_is_taken_out_after_what_came_before() -> None:
    index = FakeIndex()
    Trial(index).handle(taken(ARTICLE), taken(ARTICLE, forget="a" * 32))
    assert index.calls == [["a" * 32], "forget " + "a" * 32]

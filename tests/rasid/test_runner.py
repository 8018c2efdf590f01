"""The runner of one machine on fake stages: nothing lost, nothing doubled, every outcome does what it says."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from time import time
from typing import Any

import pytest
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).parent))
from fakes import DirectPool, FakeSource, ListSink, entry, fake_topology

from contracts import codec, ids
from contracts.outcomes import Emit, Unavailable
from contracts.stage import Stage
from rasid.errors import Bug, Busy, StorageError
from rasid.local.database import Database, RunnerLock
from rasid.local.journal import Journal, read_counters
from rasid.local.runner import LocalRunner, Parts
from rasid.local.strict import SLICE, fitting
from rasid.settings import Settings
from rasid.topology import Topology

SETTINGS = Settings(min_free_bytes=0)


def runner(
    path: Path, source: FakeSource, sink: ListSink, topology: Topology | None = None, **more: Any
) -> LocalRunner:
    topology = topology or fake_topology()
    database = Database(path / "rasid.sqlite")
    parts = Parts(
        topology=topology, source=source, feeds=tuple(source.polls), pool=DirectPool(dict(topology.stages)), sink=sink
    )
    return LocalRunner(database, SETTINGS, parts, **{"rounds": "until-idle", **more})


def run(path: Path, source: FakeSource, sink: ListSink, **more: Any) -> LocalRunner:
    made = runner(path, source, sink, **more)
    asyncio.run(asyncio.wait_for(made.run(), 30))
    return made


def urls(n: int, host: str = "a.example") -> list[str]:
    return [f"https://{host}/{i}" for i in range(n)]


def test_entries_of_every_feed_become_events(tmp_path: Path) -> None:
    sink = ListSink()
    run(tmp_path, FakeSource({"f": [urls(30)], "g": [urls(30, "b.example")]}), sink)
    assert {e.id: len(e.outlets) for e in sink.events()} == {"a.example": 30, "b.example": 30}
    assert len(sink.documents) == 62


def test_until_idle_polls_again_while_a_feed_brings_something_new(tmp_path: Path) -> None:
    sink = ListSink()
    source = FakeSource({"f": [urls(2), urls(5), []], "down": ["no route"]})
    run(tmp_path, source, sink)
    assert sink.documents["a.example"].outlets == tuple(sorted(ids.article_id(u) for u in urls(5)))
    assert source.asked.count("f") == 3
    assert source.asked.count("down") == 1


def test_a_feed_that_is_being_asked_while_the_list_changes_is_not_asked_twice(tmp_path: Path) -> None:
    source = FakeSource({"f": [urls(2)], "g": [urls(1)]})
    made = runner(tmp_path, source, ListSink(), rounds="once")
    poll, asked = source.poll, asyncio.Event()

    async def slow(feed_id: str, *given: Any) -> Any:
        if feed_id == "f":
            asked.set()
            await changed.wait()
        return await poll(feed_id, *given)

    source.poll = slow  # type: ignore[method-assign]
    changed = asyncio.Event()

    async def both() -> None:
        running = asyncio.create_task(made.run())
        await asked.wait()
        made.shared.loops["poll"].replace(source, ("f", "g"))  # type: ignore[attr-defined]
        changed.set()
        await asyncio.wait_for(running, 30)

    asyncio.run(both())
    assert sorted(source.asked) == ["f", "g"]


def test_a_bug_in_reading_one_feed_costs_that_feed_alone(tmp_path: Path) -> None:
    source, sink = FakeSource({"f": [urls(2)], "g": [urls(1)]}), ListSink()
    poll = source.poll

    async def broken(feed_id: str, *given: Any) -> Any:
        if feed_id == "f":
            raise KeyError("feed bug")
        return await poll(feed_id, *given)

    source.poll = broken  # type: ignore[method-assign]
    made = run(tmp_path, source, sink)
    assert len(sink.documents["a.example"].outlets) == 1
    (outcome, detail, succeeded, next_at) = made.database.rows(
        "SELECT outcome, detail, succeeded_at, next_at FROM feeds WHERE id='f'"
    )[0]
    assert (outcome, detail, succeeded) == ("bug", "KeyError: 'feed bug'", None)
    assert next_at > time() + 3000


def test_a_bug_in_planning_costs_its_record_alone(tmp_path: Path) -> None:
    def broken(record: Any, store: Any, context: Any) -> Any:
        if record.url.endswith("/1"):
            raise KeyError("plan bug")
        return record

    stages = dict(fake_topology().stages)
    stages["fetch"] = replace(stages["fetch"], plan=broken)
    sink = ListSink()
    made = run(tmp_path, FakeSource({"f": [urls(3)]}), sink, topology=Topology(stages))
    assert len(sink.documents["a.example"].outlets) == 2
    assert "plan bug" in made.database.rows("SELECT reason FROM dead WHERE stage='fetch'")[0][0]


def test_once_polls_each_feed_one_time(tmp_path: Path) -> None:
    source = FakeSource({"f": [urls(2), urls(5)]})
    run(tmp_path, source, ListSink(), rounds="once")
    assert source.asked == ["f"]


def test_outcomes_drop_quarantine_retry_and_bugs_each_end_where_they_should(tmp_path: Path) -> None:
    sink = ListSink()
    bad = [f"https://a.example/{word}" for word in ("refused", "poison", "bug", "later")]
    made = run(tmp_path, FakeSource({"f": [urls(3) + bad]}), sink)
    assert len(sink.documents["a.example"].outlets) == 3
    dead = made.database.rows("SELECT stage, reason FROM dead ORDER BY id")
    assert [stage for stage, _ in dead] == ["clean", "clean"]
    assert any("poison: test" in reason for _, reason in dead)
    assert any("KeyError" in reason for _, reason in dead)
    counters = read_counters(made.database)
    assert counters["fetch", "dropped", "refused"] == 1
    assert counters["fetch", "retried", "timeout"] == 1
    assert made.database.rows("SELECT tries FROM queue WHERE stage='fetch' AND tries=1") == [(1,)]


def test_a_record_that_cannot_be_decoded_is_a_dead_letter_and_the_rest_goes_on(tmp_path: Path) -> None:
    sink = ListSink()
    made = runner(tmp_path, FakeSource({"f": [urls(3)]}), sink)
    keys = {"fetch": "a.example"}
    with made.database.transaction():
        made.journal.append_bytes("entry", "", b'{"record":"entry","id":5}', keys, 0.0)
        made.journal.append_bytes("page", "k", b"\x00\xff", {"clean": "k"}, 0.0)
        made.journal.append_bytes("event", "", b"[]", {"index": "k"}, 0.0)
        made.journal.append_bytes("article_reports", "k", b"{}", {"merge": "SY"}, 0.0)
    made.shared.loops["fetch"].wake(["a.example"])
    made.shared.loops["clean"].wake(["k"])
    asyncio.run(asyncio.wait_for(made.run(), 30))
    assert sorted(made.database.rows("SELECT stage FROM dead")) == [("clean",), ("fetch",), ("index",), ("merge",)]
    assert "`$.id`" in made.database.rows("SELECT reason FROM dead WHERE stage='fetch'")[0][0]
    assert len(sink.documents["a.example"].outlets) == 3


def test_a_record_of_a_newer_version_waits_and_is_no_dead_letter(tmp_path: Path) -> None:
    made = runner(tmp_path, FakeSource({"f": []}), ListSink())
    newer = b'{"record":"entry","schema_version":99,"address":"?"}'
    with made.database.transaction():
        made.journal.append_bytes("entry", "", newer, {"fetch": "n.example"}, 0.0)
    made.shared.loops["fetch"].wake(["n.example"])
    asyncio.run(asyncio.wait_for(made.run(), 30))
    assert made.database.rows("SELECT count(*) FROM dead") == [(0,)]
    assert made.database.rows("SELECT key, tries FROM queue WHERE stage='fetch'") == [("n.example", 0)]


def test_a_new_record_of_a_sleeping_key_is_not_held_up_by_the_sleeper(tmp_path: Path) -> None:
    sink = ListSink()
    made = runner(tmp_path, FakeSource({"f": [urls(1)]}), sink)
    with made.database.transaction():
        late = entry("https://a.example/slow")
        made.journal.append_bytes(
            "entry", "", codec.encode(late), {"fetch": "a.example"}, 0.0, ready_at=time() + 3600.0
        )
    made.shared.loops["fetch"].reload()
    asyncio.run(asyncio.wait_for(made.run(), 30))
    assert len(sink.documents["a.example"].outlets) == 1


def test_a_fold_that_fails_ends_the_run_and_loses_nothing_and_is_poison_in_the_end(tmp_path: Path) -> None:
    def broken(record: Any, store: Any, context: Any) -> Any:
        store.put("half", b"done")
        raise ZeroDivisionError("fold bug")

    stages = dict(fake_topology().stages)
    merge = stages["merge"]
    stages["merge"] = Stage(name="merge", takes=merge.takes, key=merge.key, fold=broken)
    source = FakeSource({"f": [urls(1)]})
    for _ in range(2):
        with pytest.raises(Bug, match="position"):
            run(tmp_path, source, ListSink(), topology=Topology(stages))
    database = Database(tmp_path / "rasid.sqlite")
    assert database.rows("SELECT count(*) FROM state WHERE key='half'") == [(0,)]
    assert database.rows("SELECT tries FROM queue WHERE stage='merge'") == [(2,)]
    made = run(tmp_path, source, ListSink(), topology=Topology(stages))
    assert "ZeroDivisionError" in made.database.rows("SELECT reason FROM dead")[0][0]


def test_a_full_disk_is_waited_for_and_nothing_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullSink(ListSink):
        def write(self, documents: Any) -> None:
            if not self.writes:
                self.writes = 1
                raise Unavailable("the disk is full")
            super().write(documents)

    async def no_wait(seconds: float, sleep: Any = asyncio.sleep) -> None:
        await sleep(0)

    monkeypatch.setattr("rasid.local.shared.asyncio.sleep", no_wait)
    sink = FullSink()
    made = run(tmp_path, FakeSource({"f": [urls(20)]}), sink)
    assert len(sink.documents) == 21
    counters = read_counters(made.database)
    assert counters["index", "received", ""] == counters["clean", "sent", ""] + counters["merge", "sent", ""]


def test_sqlite_says_itself_that_the_disk_is_full(tmp_path: Path) -> None:
    database = Database(tmp_path / "rasid.sqlite")
    pages = database.rows("PRAGMA page_count")[0][0]
    database.connection.execute(f"PRAGMA max_page_count={pages}")
    journal = Journal(database, fake_topology())

    def fill() -> None:
        with database.transaction():
            for i in range(2000):
                journal.append_bytes("entry", "", b"x" * 4000, {"fetch": str(i)}, 0.0)

    with pytest.raises(Unavailable, match="disk is full"):
        fill()
    assert database.rows("SELECT count(*) FROM log") == [(0,)]


def test_a_slow_fold_holds_the_event_loop_for_one_record_at_a_time(tmp_path: Path) -> None:
    """Requests that are under way would else run out of time while a batch is merged."""
    assert [fitting(done, seconds) for done, seconds in ((1, 0.4), (8, 0.1), (8, 0.01), (200, 0.001), (3, 0.0))] == [
        1, 4, 16, 200, 6,
    ]  # fmt: skip
    made = runner(tmp_path, FakeSource({"f": [urls(20)]}), ListSink())
    batches: list[int] = []
    handle = made.shared.loops["merge"]._handle

    def slow(batch: Any) -> Any:
        batches.append(len(batch))
        time_passes.append(time_passes[-1] + SLICE * 2)
        return handle(batch)

    time_passes = [0.0]
    made.shared.loops["merge"]._handle = slow
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rasid.local.strict.perf_counter", lambda: time_passes[-1])
        asyncio.run(asyncio.wait_for(made.run(), 30))
    assert sum(batches) == 20
    assert set(batches) == {1}


def test_a_second_runner_on_the_same_file_is_told_who_has_it(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path / "rasid.sqlite")
    with pytest.raises(Busy, match=r"process \d+"):
        RunnerLock(tmp_path / "rasid.sqlite")
    lock.release()
    RunnerLock(tmp_path / "rasid.sqlite").release()


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "rasid.sqlite").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StorageError, match="restore a backup"):
        Database(tmp_path / "rasid.sqlite")


def test_a_database_of_a_newer_rasid_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "rasid.sqlite")
    database.connection.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(StorageError, match="newer"):
        Database(tmp_path / "rasid.sqlite")


def test_a_read_only_database_stops_with_a_clear_word(tmp_path: Path) -> None:
    Database(tmp_path / "rasid.sqlite").close()
    database = Database(tmp_path / "rasid.sqlite", readonly=True)
    with pytest.raises(StorageError, match="read-only"), database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('x', '1')")


def test_positions_never_come_back_even_after_everything_was_consumed(tmp_path: Path) -> None:
    sink = ListSink()
    first = run(tmp_path, FakeSource({"f": [urls(3)]}), sink)
    high = max(d.version for d in sink.documents.values())
    first.database.close()
    run(tmp_path, FakeSource({"f": [[], [], urls(3, "c.example")]}), sink)
    assert sink.documents["c.example"].version > high


def test_emitting_kept_records_keeps_only_the_newest_of_each_key(tmp_path: Path) -> None:
    made = run(tmp_path, FakeSource({"f": [urls(2)]}), ListSink())
    article = made.database.rows("SELECT value FROM log WHERE kind='article' LIMIT 1")[0][0]
    with made.database.transaction():
        made.journal.emit([codec.decode_any(article)], (), 1.0)
    assert made.database.rows("SELECT count(*) FROM log WHERE kind='article'") == [(2,)]
    assert made.database.rows(
        "SELECT count(*) FROM log WHERE kind='entry' AND position NOT IN (SELECT position FROM queue)"
    ) == [(0,)]


def test_an_emission_of_nothing_ends_the_record(tmp_path: Path) -> None:
    made = runner(tmp_path, FakeSource({"f": []}), ListSink())
    with made.database.transaction():
        made.journal.append_bytes("entry", "", codec.encode(entry("https://a.example/1")), {"fetch": "a.example"}, 0.0)
        message = made.journal.batch("fetch", 1.0, 1)[0]
        assert made.shared.apply("fetch", message, Emit()) == set()
    assert made.journal.waiting("fetch") == 0

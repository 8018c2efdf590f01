"""What an operator does to a database: dead letters, replay, forgetting, backup, retention."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fakes import DirectPool, FakeSource, ListSink, fake_topology

from contracts import codec, ids
from contracts.records import Article, ArticleReports, Decision
from ingest.urls import identity
from rasid.errors import NotFound, StorageError, UsageError
from rasid.local import operations, retention
from rasid.local.database import Database
from rasid.local.runner import LocalRunner, Parts
from rasid.settings import Settings

SETTINGS = Settings(min_free_bytes=0)
URLS = [f"https://a.example/{i}" for i in range(5)]


class Forgetting(ListSink):
    def forget(self, article_id: str) -> int:
        return int(self.documents.pop(article_id, None) is not None)


def run(path: Path, sink: ListSink, polls: list[list[str]], rounds: str = "until-idle") -> LocalRunner:
    topology = fake_topology()
    parts = Parts(
        topology=topology, source=FakeSource({"f": polls}), feeds=("f",), pool=DirectPool(dict(topology.stages)), sink=sink
    )  # fmt: skip
    steps = ("poll", "fetch", "clean", "extract", "merge", "index")
    runner = LocalRunner(
        Database(path / "rasid.sqlite"), SETTINGS, parts, rounds=rounds, steps=steps[1:] if rounds == "drain" else steps
    )
    asyncio.run(asyncio.wait_for(runner.run(), 30))
    return runner


def test_a_dead_letter_is_listed_shown_and_retried(tmp_path: Path) -> None:
    sink = ListSink()
    made = run(tmp_path, sink, [["https://a.example/poison", *URLS]])
    (letter,) = operations.dead_letters(made.database, None, 10)
    assert (letter.stage, letter.kind, letter.tries) == ("clean", "page", 0)
    whole = operations.dead_letter(made.database, letter.id)
    assert codec.decode_any(whole.value).url == "https://a.example/poison"
    assert operations.dead_letters(made.database, "fetch", 10) == []
    assert operations.retry_dead(made.database, made.journal, [letter.id], 1.0) == 1
    assert operations.dead_letters(made.database, None, 10) == []
    assert made.journal.waiting("clean") == 1
    again = run(tmp_path, sink, [], "drain")
    assert len(operations.dead_letters(again.database, None, 10)) == 1


def test_an_unknown_dead_letter_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="17"):
        operations.dead_letter(Database(tmp_path / "rasid.sqlite"), 17)


@pytest.mark.parametrize(("stage", "kind"), [("clean", "page"), ("extract", "article"), ("merge", "article_reports")])
def test_replay_runs_a_stage_again_under_new_positions_and_doubles_nothing(
    tmp_path: Path, stage: str, kind: str
) -> None:
    sink = ListSink()
    made = run(tmp_path, sink, [URLS])
    before = {key: document.version for key, document in sink.documents.items()}
    kept = made.database.rows("SELECT key FROM log WHERE kind=? ORDER BY key", kind)
    assert operations.replay(made.database, made.journal, stage, None, 2.0) == 5
    assert made.database.meta("generation") == 2
    after = run(tmp_path, sink, [], "drain")
    assert after.database.rows("SELECT key FROM log WHERE kind=? ORDER BY key", kind) == kept
    assert {k: len(getattr(d, "outlets", ())) for k, d in sink.documents.items() if k == "a.example"} == {
        "a.example": 5
    }
    assert sink.documents["a.example"].version > before["a.example"]
    assert set(sink.documents) == set(before)


def test_replay_since_takes_only_what_came_since(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    with made.database.transaction() as connection:
        connection.execute("UPDATE log SET at=100 WHERE kind='article' AND position%2=0")
    late = made.database.rows("SELECT count(*) FROM log WHERE kind='article' AND at>100")[0][0]
    since = datetime.fromtimestamp(1000, UTC)
    assert operations.replay(made.database, made.journal, "extract", since, 2.0) == late


def test_replay_of_a_stage_that_keeps_nothing_is_refused(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [[]])
    with pytest.raises(UsageError, match="clean, extract, merge"):
        operations.replay(made.database, made.journal, "fetch", None, 1.0)


def test_a_replayed_article_carries_the_new_generation_so_that_it_replaces_the_old(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    operations.replay(made.database, made.journal, "extract", None, 2.0)
    after = run(tmp_path, ListSink(), [], "drain")
    rows = after.database.rows("SELECT value FROM log WHERE kind='article_reports'")
    assert {codec.decode(ArticleReports, row[0]).stamp.generation for row in rows} == {2}


def test_forgetting_takes_an_article_out_of_every_table_and_blocks_it_in_every_stage(tmp_path: Path) -> None:
    sink = Forgetting()
    made = run(tmp_path, sink, [URLS])
    article = ids.article_id(URLS[2])
    gone = operations.forget(made.database, made.journal, sink, article, 2.0)
    assert gone.documents == 1
    assert gone.withdrawn == 1
    blocked = made.database.rows("SELECT stage FROM state WHERE key=? ORDER BY stage", f"forgotten:{article}")
    assert [row[0] for row in blocked] == ["clean", "extract", "fetch", "merge"]
    remembered = "SELECT stage FROM state WHERE stage<>'merge' AND key LIKE ? AND key NOT LIKE 'forgotten:%'"
    assert made.database.rows(remembered, f"%{article}%") == []
    rows = made.database.rows("SELECT kind, value FROM log WHERE key LIKE ?", f"{article}%")
    assert [kind for kind, _ in rows] == ["article_reports"]
    assert codec.decode(ArticleReports, rows[0][1]).reports == ()
    others = made.database.rows("SELECT count(*) FROM log WHERE kind IN ('page','article')")
    assert others == [(8,)]


def test_forgetting_takes_the_decisions_that_quote_the_article_and_no_others(tmp_path: Path) -> None:
    made = run(tmp_path, Forgetting(), [URLS])
    first, second = (ids.article_id(url) for url in URLS[:2])
    with made.database.transaction():
        for report in (first, second):
            quote = Decision(
                id=f"on-{report}", country="SY", action="confirm", report_id=report, evidence="جملة", who="a",
                decided_at=datetime(2026, 3, 1, tzinfo=UTC),
            )  # fmt: skip
            made.journal.emit([quote], (), 1.0)
    operations.forget(made.database, made.journal, Forgetting(), first, 2.0)
    assert made.database.rows("SELECT key FROM log WHERE kind='decision'") == [(f"on-{second}",)]


def test_a_runner_at_work_is_waited_for_before_the_file_is_scrubbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    assert operations.wait_for_runner(made.database, 0.0)
    operations.replay(made.database, made.journal, "merge", None, 2.0)
    assert not operations.wait_for_runner(made.database, 0.0)

    def runner_works(_: float) -> None:
        made.database.connection.execute("DELETE FROM queue")

    monkeypatch.setattr("rasid.local.operations.time.sleep", runner_works)
    assert operations.wait_for_runner(made.database, 60.0)


def test_forgetting_also_takes_entries_that_wait_and_dead_letters(tmp_path: Path) -> None:
    sink = Forgetting()
    made = run(tmp_path, sink, [["https://a.example/poison", "https://a.example/later"]])
    for url in ("https://a.example/poison", "https://a.example/later"):
        gone = operations.forget(made.database, made.journal, sink, ids.article_id(identity(url)), 2.0)
        assert gone.records >= 1
    assert operations.dead_letters(made.database, None, 10) == []
    assert made.database.rows("SELECT count(*) FROM log WHERE kind IN ('entry','page','article')") == [(0,)]


def test_a_backup_is_restored_where_no_database_is_and_what_is_written_then_is_newer(tmp_path: Path) -> None:
    sink, copy, target = ListSink(), tmp_path / "copy.sqlite", tmp_path / "there" / "rasid.sqlite"
    target.parent.mkdir()
    made = run(tmp_path, sink, [URLS])
    operations.backup(made.database, copy)
    assert operations.restore(copy, target) == len(made.database.rows("SELECT position FROM log"))
    before = {key: document.version for key, document in sink.documents.items()}
    restored = Database(target)
    assert restored.meta("epoch") == made.database.meta("epoch") + 1
    assert (
        operations.replay(restored, made.journal.__class__(restored, made.journal.topology), "extract", None, 2.0) == 5
    )
    restored.close()
    run(target.parent, sink, [], "drain")
    events = [key for key in before if key.endswith(".example")]
    assert events
    assert all(sink.documents[key].version > before[key] for key in events)
    with pytest.raises(UsageError, match="is there"):
        operations.restore(copy, target)


def test_what_is_no_whole_backup_is_not_restored(tmp_path: Path) -> None:
    target = tmp_path / "there.sqlite"
    broken = tmp_path / "broken.sqlite"
    made = run(tmp_path, ListSink(), [URLS])
    operations.backup(made.database, broken)
    whole = broken.read_bytes()
    broken.write_bytes(whole[:8192] + b"\x00" * 8192 + whole[16384:])
    with pytest.raises(StorageError):
        operations.restore(broken, target)
    broken.write_bytes(b"no database at all")
    with pytest.raises(StorageError):
        operations.restore(broken, target)
    with pytest.raises(StorageError):
        operations.restore(tmp_path / "nowhere", target)
    assert not target.exists()


def test_a_backup_is_a_whole_database_and_overwrites_nothing(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    target = tmp_path / "copies" / "copy.sqlite"
    steps: list[tuple[int, int]] = []
    size = operations.backup(made.database, target, lambda done, total: steps.append((done, total)))
    assert size == target.stat().st_size
    assert steps[-1][0] == steps[-1][1]
    copy = sqlite3.connect(target)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copy.execute("SELECT count(*) FROM log").fetchone() == made.database.one("SELECT count(*) FROM log")
    with pytest.raises(UsageError, match="exists"):
        operations.backup(made.database, target)


def test_retention_throws_old_pages_away_but_not_evidence_and_nothing_that_waits(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    with made.database.transaction() as connection:
        connection.execute("UPDATE log SET at=1, evidence=0 WHERE kind='page'")
        first, second = (row[0] for row in connection.execute("SELECT position FROM log WHERE kind='page' LIMIT 2"))
        connection.execute("UPDATE log SET evidence=1 WHERE position=?", (first,))
        connection.execute("INSERT INTO queue VALUES ('clean', ?, 'k', 9e9, 0)", (second,))
    retention.sweep(made.database, SETTINGS, 1e9)
    kept = {row[0] for row in made.database.rows("SELECT position FROM log WHERE kind='page'")}
    assert kept == {first, second}


def test_above_the_size_limit_pages_without_events_go_before_older_evidence(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    mib = 1024 * 1024
    with made.database.transaction() as connection:
        connection.execute("DELETE FROM log WHERE kind='page'")
        for number, evidence in enumerate((1, 0, 1, 0)):
            connection.execute(
                "INSERT INTO log (kind, key, value, at, evidence) VALUES ('page', ?, zeroblob(?), ?, ?)",
                (str(number), mib // 2, number, evidence),
            )
    retention.sweep(made.database, Settings(keep_pages_bytes=mib, keep_pages_days=1e6), 10.0)
    assert made.database.rows("SELECT key FROM log WHERE kind='page' ORDER BY key") == [("0",), ("2",)]


def test_a_file_of_the_version_before_gets_what_it_lacks(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    made.database.connection.execute("DROP INDEX log_pages")
    made.database.connection.execute("PRAGMA user_version=1")
    made.database.close()
    database = Database(tmp_path / "rasid.sqlite")
    assert database.version == 2
    assert retention.sweep(database, Settings(keep_pages_bytes=1024 * 1024, keep_pages_days=1e6), 10.0) == 0


def test_retention_that_is_told_to_stop_leaves_the_rest_for_another_time(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    with made.database.transaction() as connection:
        connection.execute("UPDATE log SET at=1, evidence=0 WHERE kind='page'")
    assert retention.sweep(made.database, SETTINGS, 1e9, lambda: True) == 0
    assert retention.sweep(made.database, SETTINGS, 1e9) == 5


def test_the_runner_sweeps_beside_the_event_loop_on_a_connection_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    where: list[tuple[bool, bool]] = []

    def sweep(database: Database, *_: object) -> int:
        where.append((threading.current_thread() is threading.main_thread(), database is made.database))
        return 0

    monkeypatch.setattr("rasid.local.retention.sweep", sweep)
    asyncio.run(made._sweep())
    assert where == [(False, False)]


def test_progress_tells_what_waits_and_since_when(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [[*URLS, "https://a.example/later"]])
    seen = operations.progress(made.database, made.shared.clock())
    assert seen.waiting == {}
    assert seen.delayed == {"fetch": 6}
    assert operations.kept(made.database)["article"][0] == 5
    assert codec.decode(Article, made.database.rows("SELECT value FROM log WHERE kind='article'")[0][0]).feed_id == "f"


def test_what_is_looked_at_every_second_never_reads_through_the_log(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    asked: list[str] = []
    made.database.connection.set_trace_callback(asked.append)
    operations.progress(made.database, 1.0)
    made.database.connection.set_trace_callback(None)
    plans = [row[3] for sql in asked for row in made.database.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert any("queue" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith(("SCAN log", "SCAN l "))]


def test_a_record_takes_the_generation_that_another_process_has_just_raised(tmp_path: Path) -> None:
    made = run(tmp_path, ListSink(), [URLS])
    other = Database(tmp_path / "rasid.sqlite")
    operations.replay(other, made.journal, "merge", datetime(2100, 1, 1, tzinfo=UTC), 2.0)
    assert made.shared.context(1).generation == 2

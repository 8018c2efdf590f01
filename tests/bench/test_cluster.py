"""What the benchmark of a cluster counts, on figures that are given."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("faust")
pytest.importorskip("elasticsearch")

from bench.cluster import Passed, _ratio, _speed, _where
from bench.fleet import Fleet
from bench.kept import _on_disk

PASSED = Passed(
    workers=2, seconds=10.0, articles=100, cpu={"fetch": 1.0, "broker": 0.5, "index": 3.0, "elasticsearch": 5.5},
    idle={"fetch": 0.02}, memory={"fetch": 100_000_000},
)  # fmt: skip


def test_indexing_is_left_out_of_the_comparison_and_the_broker_is_not() -> None:
    against, without_broker, *_ = _ratio([PASSED], [12.0])
    assert against.value == pytest.approx(15.0 / 12.0)
    assert against.met
    assert without_broker.value == pytest.approx(10.0 / 12.0)


def test_shares_are_of_all_that_was_spent_the_largest_first() -> None:
    rows = _where(PASSED)
    assert [(row.what, row.value) for row in rows] == [
        ("elasticsearch", 55.0), ("index", 30.0), ("fetch", 10.0), ("broker", 5.0),
    ]  # fmt: skip
    assert rows[2].note == "10.00 ms an article; 2.0 % of a core when idle; 100 MB with its pool"


def test_articles_a_second_are_told_by_workers() -> None:
    (row,) = _speed([PASSED])
    assert (row.what, row.value) == ("2 workers", 10.0)


def test_bytes_of_a_topic_are_those_of_its_own_records(tmp_path: Path) -> None:
    for name, size in (("p.pages-0", 10), ("p.pages-11", 5), ("p.pages.dead-0", 100), ("p.pages-old-1", 1000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.log").write_bytes(b"x" * size)
        (tmp_path / name / "0.index").write_bytes(b"x" * 7)
    assert _on_disk(tmp_path, "p.pages") == 15


def test_a_process_that_ended_is_told_with_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.flow.RASID", (sys.executable, "-c", "import sys; print('no broker'); sys.exit(3)"))
    with Fleet({}, tmp_path) as fleet:
        fleet.start("fetch")
        fleet._running[0][1].wait(60)
        said = fleet.dead()
    assert said is not None
    assert said.startswith("fetch ended with 3:\nno broker")

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts import codec
from contracts.outcomes import Drop, Emit, Outcome, Quarantine, Retry
from contracts.records import SCHEMA_VERSION, Entry
from contracts.source import PoolFailed
from contracts.stage import Context, MemoryStore, Stage
from rasid.cluster.counts import Counts
from rasid.cluster.parts import Parts
from rasid.cluster.posting import Taken
from rasid.cluster.state import ValueTooLarge
from rasid.cluster.working import Crashes, FoldCrash, Working
from rasid.topology import Topology
from tests.rasid.fakes import NOW, DirectPool, entry


class KeptStore(MemoryStore):
    def put(self, key: str, value: bytes) -> None:
        if value == b"huge":
            raise ValueTooLarge("huge")
        super().put(key, value)

    def keep(self) -> None:
        pass

    def discard(self) -> None:
        pass


class MemoryState:
    """The state of a batch in memory: one store for all partitions."""

    def __init__(self) -> None:
        self.one = KeptStore()

    def store(self, partition: int) -> KeptStore:
        return self.one


def taken(record: Entry | bytes, offset: int = 0) -> Taken:
    value = record if isinstance(record, bytes) else codec.encode(record)
    return Taken("rasid.entries", 0, offset, b"k", value, 0, 0.0)


def urls(*found: str) -> list[Taken]:
    return [taken(entry(url), offset) for offset, url in enumerate(found)]


class Trial:
    """A stage and what becomes of a batch in it."""

    def __init__(self, folder: Path, stage: Stage[Any, Any], *, pool: Any = None, seconds: float = 5.0) -> None:
        self.counts, self.state, self.hurry = Counts(), MemoryState(), False
        parts = Parts(Topology({"fetch": stage}), pool or DirectPool({"fetch": stage}))
        self.working = Working(
            "fetch",
            parts,
            self.counts,
            lambda offset: Context(NOW, offset, 1, 1),
            Crashes(folder / "crashes.json"),
            width=3,
            item_seconds=1.0,
            batch_seconds=seconds,
            hurried=lambda: self.hurry,
        )

    def outcomes(self, batch: list[Taken]) -> list[Outcome]:
        return asyncio.run(self.working.outcomes(batch, self.state))  # type: ignore[arg-type]


def stage(**parts: Any) -> Stage[Any, Any]:
    return Stage(name="fetch", takes=Entry, key=lambda e: e.url.split("/")[2], **parts)


def emits(worked: Any, store: Any, context: Context) -> Outcome:
    store.put(worked.url, b"1")
    return Emit((worked,))


async def passes(record: Any, context: Context) -> Any:
    return record


def test_records_of_a_key_come_one_after_the_other_and_keys_side_by_side(tmp_path: Path) -> None:
    at_work: list[str] = []
    most: list[int] = []

    async def work(record: Entry, context: Context) -> Any:
        host = record.url.split("/")[2]
        assert host not in at_work
        at_work.append(host)
        most.append(len(at_work))
        await asyncio.sleep(0.01)
        at_work.remove(host)
        return record

    batch = urls(*(f"https://{host}.sy/{number}" for number in range(3) for host in "abcde"))
    outcomes = Trial(tmp_path, stage(work=work, fold=emits)).outcomes(batch)
    assert [one.records[0].url for one in outcomes if isinstance(one, Emit)] == [  # type: ignore[union-attr]
        codec.decode(Entry, one.value).url for one in batch
    ]
    assert max(most) == 3


def test_plan_sees_what_the_fold_of_the_record_before_wrote(tmp_path: Path) -> None:
    def plan(record: Entry, store: Any, context: Context) -> Any:
        return Drop("seen") if store.get(record.url) else record

    outcomes = Trial(tmp_path, stage(plan=plan, work=passes, fold=emits)).outcomes(
        urls("https://a.sy/1", "https://a.sy/1")
    )
    assert [type(one) for one in outcomes] == [Emit, Drop]


def test_host_that_must_wait_a_moment_is_waited_for_in_place(tmp_path: Path) -> None:
    asked: list[float] = []

    def plan(record: Entry, store: Any, context: Context) -> Any:
        asked.append(time.monotonic())
        return Retry("spacing", 0.05, counts=False) if len(asked) == 1 else record

    (outcome,) = Trial(tmp_path, stage(plan=plan, work=passes, fold=emits)).outcomes(urls("https://a.sy/1"))
    assert isinstance(outcome, Emit)
    assert asked[1] - asked[0] >= 0.05


def test_what_the_deadline_does_not_reach_waits_without_using_a_try_up(tmp_path: Path) -> None:
    async def work(record: Entry, context: Context) -> Any:
        if "slow" in record.url:
            await asyncio.sleep(60)
        return record

    batch = urls("https://slow.sy/1", "https://a.sy/1", "https://slow.sy/2")
    outcomes = Trial(tmp_path, stage(work=work, fold=emits), seconds=0.3).outcomes(batch)
    assert [type(one) for one in outcomes] == [Retry, Emit, Retry]
    assert all(one.counts is False for one in outcomes if isinstance(one, Retry))


def test_batch_hurries_where_a_rebalance_waits(tmp_path: Path) -> None:
    async def work(record: Entry, context: Context) -> Any:
        trial.hurry = True
        await asyncio.sleep(60)

    trial = Trial(tmp_path, stage(work=work, fold=emits), seconds=60)
    started = time.monotonic()
    (outcome,) = trial.outcomes(urls("https://a.sy/1"))
    assert isinstance(outcome, Retry)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("where", ["loop", "pool", "fold"])
def test_what_cannot_be_read_is_refused_and_what_is_newer_waits(tmp_path: Path, where: str) -> None:
    parts: dict[str, Any] = {
        "loop": {"work": passes},
        "pool": {"where": "pool", "work": lambda record, context: record},
        "fold": {},
    }[where]
    newer = codec.encode(entry("https://a.sy/1")).replace(
        b'"schema_version":%d' % SCHEMA_VERSION, b'"schema_version":%d' % (SCHEMA_VERSION + 1)
    )
    assert b'"schema_version":2' in newer
    batch = [taken(value, offset) for offset, value in enumerate([b"", b"\xff\xfe", b"{}", b"[1]", newer])]
    outcomes = Trial(tmp_path, stage(fold=emits, **parts)).outcomes(batch)
    assert [type(one) for one in outcomes] == [Quarantine] * 4 + [Retry]
    assert outcomes[0] == Quarantine("empty")
    assert isinstance(outcomes[4], Retry)
    assert outcomes[4].counts is False


def test_error_of_work_hangs_on_its_record_alone(tmp_path: Path) -> None:
    async def work(record: Entry, context: Context) -> Any:
        if "bug" in record.url:
            raise KeyError("bug of the test")
        return record

    outcomes = Trial(tmp_path, stage(work=work, fold=emits)).outcomes(urls("https://a.sy/bug", "https://a.sy/2"))
    assert isinstance(outcomes[0], Quarantine)
    assert "KeyError: 'bug of the test'" in outcomes[0].reason
    assert isinstance(outcomes[1], Emit)


def test_error_of_plan_hangs_on_its_record_alone_too(tmp_path: Path) -> None:
    def plan(record: Entry, store: Any, context: Context) -> Any:
        raise KeyError("bug of the test")

    (outcome,) = Trial(tmp_path, stage(plan=plan, work=passes, fold=emits)).outcomes(urls("https://a.sy/1"))
    assert isinstance(outcome, Quarantine)
    assert "bug of the test" in outcome.reason


def test_record_that_kills_its_pool_process_is_refused(tmp_path: Path) -> None:
    class Dying:
        async def run(self, function: Callable[..., Any], *arguments: object, seconds: float) -> Any:
            raise PoolFailed("died", "the worker process ended with -9")

    trial = Trial(tmp_path, stage(where="pool", work=lambda record, context: record, fold=emits), pool=Dying())
    assert trial.outcomes(urls("https://a.sy/1")) == [Quarantine("died: the worker process ended with -9")]


def test_error_of_a_fold_ends_the_process_and_the_third_time_the_record(tmp_path: Path) -> None:
    def fold(worked: Any, store: Any, context: Context) -> Outcome:
        raise KeyError("bug of the test")

    for _ in range(2):  # each time a new process, over the same folder
        with pytest.raises(FoldCrash, match=r"fetch failed at rasid\.entries partition 0 offset 0: KeyError"):
            Trial(tmp_path, stage(work=passes, fold=fold)).outcomes(urls("https://a.sy/1"))
    (outcome,) = Trial(tmp_path, stage(work=passes, fold=fold)).outcomes(urls("https://a.sy/1"))
    assert isinstance(outcome, Quarantine)
    assert "bug of the test" in outcome.reason


def test_state_that_is_too_large_is_the_records_fault(tmp_path: Path) -> None:
    def fold(worked: Any, store: Any, context: Context) -> Outcome:
        store.put("k", b"huge")
        return Emit()

    (outcome,) = Trial(tmp_path, stage(fold=fold)).outcomes(urls("https://a.sy/1"))
    assert outcome == Quarantine("too large: huge")


def test_mark_of_a_forgotten_article_goes_on_the_block_list_and_is_not_worked(tmp_path: Path) -> None:
    trial = Trial(tmp_path, stage(work=passes, fold=emits))
    mark = Taken("rasid.entries", 0, 0, b"k", codec.encode(entry("https://a.sy/1")), 0, 0.0, forget="a" * 32)
    (outcome,) = trial.outcomes([mark])
    assert isinstance(outcome, Drop)
    assert trial.state.one.values == {"forgotten:" + "a" * 32: b"1"}

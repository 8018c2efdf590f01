"""Parts small enough to see through, for workers in processes of their own."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import structs

from contracts import codec
from contracts.outcomes import Emit, Outcome
from contracts.records import Document, MergeInput
from contracts.stage import MAX_VALUE_BYTES, Context, Store
from rasid.cluster.parts import Parts
from rasid.cluster.state import BatchState
from rasid.settings import Settings
from rasid.topology import Topology
from tests.rasid.fakes import DirectPool, fake_topology


@asynccontextmanager
async def bind(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The fake stages; an index that writes lines to ``index.jsonl`` in the data folder."""
    yield _parts(settings, fake_topology())


@asynccontextmanager
async def bind_faults(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The same, but merge writes too much for hosts named ``huge``, and fails at hosts named ``crash``."""
    topology = fake_topology()
    merge = topology.stages["merge"]

    def fold(record: MergeInput, store: Store, context: Context) -> Outcome:
        assert merge.fold is not None
        text = record.reports[0].evidence.text  # type: ignore[union-attr]
        outcome = merge.fold(record, store, context)
        if "//huge" in text:
            store.put("huge", b"x" * (MAX_VALUE_BYTES + 1))
        if "//crash" in text:
            raise KeyError("bug of the test")
        return outcome

    yield _parts(settings, Topology({**topology.stages, "merge": structs.replace(merge, fold=fold)}))


def _parts(settings: Settings, topology: Topology) -> Parts:
    return Parts(topology, DirectPool(dict(topology.stages)), _writer(settings.data_dir / "index.jsonl"))


def _writer(path: Path) -> Any:
    def write(documents: Sequence[Document]) -> Mapping[str, str]:
        with path.open("ab") as file:
            for document in documents:
                file.write(codec.encode(document) + b"\n")
        return {document.id: "test" for document in documents if document.id.startswith("refused")}

    return write


AT = "=folded:"
"""Key of an audited fold's own mark in the state, before the offset of its record."""


@asynccontextmanager
async def bind_audited(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The fake stages; merge by host, so that it has many keys; every fold keeps a mark of the offset that it folded, so that the
    changelog tells which were."""
    yield _parts(settings, audited_topology())


def audited_topology() -> Topology:
    topology = fake_topology()
    stages = {**topology.stages, "merge": structs.replace(topology.stages["merge"], key=lambda record: record.key)}
    stages["extract"] = structs.replace(stages["extract"], fold=_by_host)
    return Topology({name: structs.replace(stage, fold=_audited(stage.fold)) for name, stage in stages.items()})


def _by_host(article: Any, store: Store, context: Context) -> Outcome:
    extract = fake_topology().stages["extract"]
    assert extract.fold is not None
    outcome: Any = extract.fold(article, store, context)
    host = article.url.split("/")[2]
    return Emit(tuple(structs.replace(reports, key=host) for reports in outcome.records))


def _audited(fold: Any) -> Any:
    def audited(worked: Any, store: Store, context: Context) -> Outcome:
        store.put(f"{AT}{context.position}", b"")
        outcome: Outcome = fold(worked, store, context)
        return outcome

    return audited


@asynccontextmanager
async def bind_dying(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The audited stages; merge's process is gone at the point of a batch that the file ``die-at`` names, once."""
    topology = audited_topology()
    order = settings.data_dir / "die-at"
    point = order.read_text() if step == "merge" and order.exists() else ""
    folds = itertools.count(1)

    def die() -> None:
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

    def fold(record: MergeInput, store: Store, context: Context) -> Outcome:
        merge = topology.stages["merge"].fold
        assert merge is not None
        outcome = merge(record, store, context)
        if point == "folds" and next(folds) == 7:
            die()
        return outcome

    if point == "outputs":  # all that came of the batch is on the broker, nothing of its state
        BatchState.messages = lambda self: die() or []  # type: ignore[method-assign, func-returns-value]
    if point == "state":  # the changelog has the state, the local store has not, and nothing is acknowledged
        BatchState.land = lambda self, landed: die()  # type: ignore[method-assign]
    stages = {**topology.stages, "merge": structs.replace(topology.stages["merge"], fold=fold)}
    yield _parts(settings, Topology(stages))

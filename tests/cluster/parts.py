"""Parts small enough to see through, for workers in processes of their own: the fake stages, and a merge whose every fold is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import structs

from contracts import codec
from contracts.records import Document
from rasid import worker
from rasid.cluster.parts import Parts
from rasid.settings import Settings
from rasid.topology import Topology
from tests.rasid.fakes import DirectPool, fake_topology


@asynccontextmanager
async def bind(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The fake stages; an index that writes lines to ``index.jsonl`` in the data folder."""
    topology = fake_topology()
    yield Parts(topology, DirectPool(dict(topology.stages)), _writer(settings.data_dir / "index.jsonl"))


def _writer(path: Path) -> Any:
    def write(documents: Sequence[Document]) -> Mapping[str, str]:
        with path.open("ab") as file:
            for document in documents:
                file.write(codec.encode(document) + b"\n")
        return {d.id: "test" for d in documents if d.id.startswith("refused")}

    return write


def telling(topology: Topology, path: Path) -> Topology:
    """The same stages; each fold writes its stage and position to a file first."""

    def told(stage: Any) -> Any:
        def fold(worked: Any, store: Any, context: Any) -> Any:
            with path.open("a") as file:
                file.write(f"{stage.name} {context.position}\n")
            return stage.fold(worked, store, context)

        return structs.replace(stage, fold=fold)

    return Topology({name: told(stage) for name, stage in topology.stages.items()})


__all__ = ["bind", "telling", "worker"]

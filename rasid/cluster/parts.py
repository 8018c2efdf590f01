"""What a worker drives, already bound; ``build`` makes it from the settings and the feeds, tests make their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from msgspec import Struct

from contracts.records import Document
from contracts.source import Pool
from rasid.settings import Settings
from rasid.topology import Topology

Write = Callable[[Sequence[Document]], Mapping[str, str]]
"""Writes to the index: durable on return; gives the ids that it refused, with the reason. Raises Unavailable."""

Forget = Callable[[str], object]
"""Takes the document of an article out of the index, by the article's id. Raises Unavailable."""


class Parts(Struct):
    """``topology`` and ``pool`` may be exchanged while the worker runs: feeds change. ``write`` and ``forget`` are for the index."""

    topology: Topology
    pool: Pool | None = None
    write: Write | None = None
    forget: Forget | None = None


Bind = Callable[[Settings, str], AbstractAsyncContextManager[Parts]]
"""Opens the parts of one step; an importable function, since each step has a process of its own."""


def stage_of(parts: Parts, name: str) -> Any:
    return parts.topology.stages[name]

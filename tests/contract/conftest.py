from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.index import Index
from tests.contract.indexes import INDEXES, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=INDEXES, ids=lambda factory: factory.__name__)
def index(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Index]:
    with request.param(tmp_path, clock) as opened:
        yield opened

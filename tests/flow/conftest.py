"""The sample run once for all tests that look at its result."""

from __future__ import annotations

import pytest

from tests.flow.ran import Ran
from tests.servers.fixtures import elasticsearch_server, kafka_server

__all__ = ["elasticsearch_server", "kafka_server"]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Must not be changed by a test; one that changes something copies the folder."""
    ran = Ran(tmp_path_factory.mktemp("sample"))
    done = ran.rasid("run", "--until-idle", "--no-live")
    assert done.returncode == 0, done.stderr[-3000:]
    return ran

from __future__ import annotations

from tests.servers.fixtures import kafka_server

__all__ = ["kafka_server"]

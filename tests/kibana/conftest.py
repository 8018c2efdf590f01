from __future__ import annotations

from tests.servers.fixtures import elasticsearch_server

__all__ = ["elasticsearch_server"]

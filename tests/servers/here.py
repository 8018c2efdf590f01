"""``python -m tests.servers.here``: says on one line why the real servers cannot be started here, and nothing where they can."""

from __future__ import annotations

import sys

from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing
from tests.servers.node import ElasticsearchServer


def missing() -> str | None:
    """What one of the servers lacks; None where both can be started."""
    for kind in (KafkaServer, ElasticsearchServer):
        server = kind()
        try:
            server.command()
        except Missing as reason:
            return f"{kind.name}: {reason}"
        finally:
            server.close()
    return None


if __name__ == "__main__":
    sys.stdout.write(missing() or "")

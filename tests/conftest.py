"""For all tests: those on real servers have the time that a busy machine needs."""

from __future__ import annotations

import pytest

LEAST_SECONDS = 900
"""What a test on a real server has at the least: it starts processes of Java and ours, and waits for conditions with deadlines of its own.
This one is for what hangs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        held = item.get_closest_marker("timeout")
        if item.get_closest_marker("server") and (held is None or held.args[0] < LEAST_SECONDS):
            item.add_marker(pytest.mark.timeout(LEAST_SECONDS), append=False)

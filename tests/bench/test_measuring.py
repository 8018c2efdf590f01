"""What the benchmarks measure with: the local server, the cost of a tree of processes, the report."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from bench import tree
from bench.news import tell
from bench.report import Figure, as_json, figure, number
from bench.server import Server

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _status(url: str, tag: str) -> int:
    try:
        with urlopen(Request(url, headers={"If-None-Match": tag}), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_the_server_answers_304_until_the_feed_changes_and_ends_with_its_user() -> None:
    with Server(TODAY, hosts=2) as server:
        base = server.bases(1)[0]
        with urlopen(f"{base}/feed/10", timeout=10) as answer:
            tag = answer.headers["ETag"]
            assert b"<rss" in answer.read()
        assert _status(f"{base}/feed/10", tag) == 304
        server.turn(1)
        assert _status(f"{base}/feed/10", tag) == 200
        assert _status(f"{base}/feed/11", '"11-0"') == 304
        with urlopen(f"{base}/news/3/1", timeout=10) as answer:
            assert tell(3, 1, TODAY).title in answer.read().decode()
        process = server._process
    assert process.returncode == 0


CHILD = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"


def test_the_cost_of_a_command_holds_its_orphans() -> None:
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {CHILD!r}])"
    cost = tree.run([sys.executable, "-c", parent], every=0.05, seconds=60)
    assert cost.status == 0
    assert cost.cpu >= 0.3


def test_a_command_that_fails_tells_what_it_said() -> None:
    with pytest.raises(tree.Failed, match="ended with 3"):
        tree.run([sys.executable, "-c", "print('no'); raise SystemExit(3)"], seconds=60)


def test_a_command_that_does_not_end_is_ended() -> None:
    with pytest.raises(TimeoutError):
        tree.run([sys.executable, "-c", "import time; time.sleep(60)"], every=0.05, seconds=0.5)


def test_a_figure_is_the_median_with_its_spread_and_is_held_against_its_aim() -> None:
    one = figure("b", "what", [3.0, 1.0, 2.0], "s", aim=2.0)
    assert (one.value, one.low, one.high, one.met) == (2.0, 1.0, 3.0, True)
    assert figure("b", "what", [2.5], aim=2.0).met is False
    assert Figure(benchmark="b", what="what", value=1.0).met is None


def test_a_figure_as_json_is_one_line_with_its_verdict() -> None:
    said = as_json(figure("b", "what", [1.0], "ms", aim=2.0, note="a\nb"))
    assert "\n" not in said
    assert json.loads(said)["met"] is True


@pytest.mark.parametrize(("value", "shown"), [(1234.5, "1,234"), (12.345, "12.3"), (0.012345, "0.0123")])
def test_numbers_are_shown_to_three_figures(value: float, shown: str) -> None:
    assert number(value) == shown

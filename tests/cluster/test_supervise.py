from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rasid.cluster import supervise
from rasid.cluster.supervise import STEADY_SECONDS, Child, Supervisor, run_worker
from rasid.errors import UsageError
from rasid.settings import Settings, load
from tests.cluster.parts import bind

SETTINGS = load(None, kafka="127.0.0.1:9")


def ended(status: int) -> Any:
    return SimpleNamespace(is_alive=lambda: False, exitcode=status)


def test_pauses_between_starts_grow_and_a_steady_run_makes_them_short_again() -> None:
    child, now, pauses = Child("merge", SETTINGS), 0.0, []
    for _ in range(8):
        child.process, child.started_at = ended(70), now
        assert child.ended(now + 1) == 70
        pauses.append(child.start_at - now - 1)
        now = child.start_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    child.process, child.started_at = ended(-9), now
    assert child.ended(now + STEADY_SECONDS + 1) == -9
    assert child.start_at - now - STEADY_SECONDS - 1 == 1


def test_running_child_and_one_that_waits_for_its_start_have_not_ended() -> None:
    child = Child("merge", SETTINGS)
    assert child.ended(0.0) is None
    child.process = SimpleNamespace(is_alive=lambda: True)  # type: ignore[assignment]
    assert child.ended(0.0) is None


def test_wrong_settings_end_all_and_anything_else_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(Supervisor, "_start", lambda self, child, now: started.append(child.step))
    supervisor = Supervisor(SETTINGS, ["merge", "index"], bind)
    supervisor._children[0].process = ended(75)
    supervisor._look(100.0)
    assert started == ["index"]  # merge waits for its pause
    supervisor._look(101.5)
    assert started == ["index", "merge", "index"]
    supervisor._children[1].process = ended(2)
    with pytest.raises(UsageError, match="index: the settings do not fit the cluster"):
        supervisor._look(102.0)


def test_each_child_has_a_port_of_its_own_for_its_metrics() -> None:
    settings = load(None, kafka="127.0.0.1:9", metrics_port=9_100)
    supervisor = Supervisor(settings, ["fetch", "merge"], bind)
    assert [child.settings.metrics_port for child in supervisor._children] == [9_100, 9_101]


def test_unknown_stage_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="no stage polish; there are fetch, clean, extract, merge, index, delay"):
        run_worker(SETTINGS, ["merge", "polish"], bind)


def test_one_stage_runs_in_this_process_and_none_named_means_all(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(supervise, "run_step", lambda settings, step, bind: ran.append(step))
    monkeypatch.setattr(Supervisor, "run", lambda self: ran.append([child.step for child in self._children]))
    run_worker(SETTINGS, ["merge"], bind)
    run_worker(SETTINGS, [], bind)
    assert ran == ["merge", ["fetch", "clean", "extract", "merge", "index", "delay"]]


def test_settings_reach_a_child_with_their_secrets(tmp_path: Path) -> None:
    """They are pickled, and say nothing of a secret when they are shown."""
    settings = load(None, kafka="a:1", kafka_password="geheim", data_dir=tmp_path)
    there: Settings = pickle.loads(pickle.dumps(settings))
    assert there.kafka_password.get_secret_value() == "geheim"
    assert "geheim" not in repr(there)

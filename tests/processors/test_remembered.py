"""What is read of a word is read once, and forgotten when it is not met again."""

from processors import remembered
from processors.remembered import Remembered


def table(monkeypatch, most):
    monkeypatch.setattr(remembered, "MOST", most)
    read = []
    return Remembered(lambda word: read.append(word) or len(word)), read


def test_a_word_is_read_once(monkeypatch):
    known, read = table(monkeypatch, 10)
    assert [*map(known.__getitem__, ["قصف", "مدينه", "قصف"])] == [3, 5, 3]
    assert read == ["قصف", "مدينه"]


def test_a_word_that_is_met_again_stays_while_rare_ones_are_forgotten(monkeypatch):
    known, read = table(monkeypatch, 10)
    for number in range(100):
        assert known[f"كلمه{number}"]
        assert known["قصف"] == 3
    assert read.count("قصف") == 1
    assert known["كلمه0"] == 5
    assert read.count("كلمه0") == 2


def test_memory_is_bounded(monkeypatch):
    known, _ = table(monkeypatch, 10)
    for number in range(1000):
        known[str(number)]
    assert len(known) + len(known._before) <= 20

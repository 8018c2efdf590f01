"""How commands end and what they say beside their output, on an empty database and a list of one feed that cannot be asked."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rasid.cli.search import _of_suffix
from rasid.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
LIST = """
[viewpoints]
independent = "Independent."

[[outlet]]
id = "one"
name = "الأول"
name_en = "One"
country = "SY"
timezone = "Asia/Damascus"
viewpoint = "independent"
kind = "site"
domains = ["one.example"]
feeds = [{ id = "one", url = "http://127.0.0.1:9/feed/" }]
"""


@pytest.fixture
def rasid(tmp_path):
    (tmp_path / "feeds.toml").write_text(LIST, encoding="utf-8")
    given = {
        **os.environ,
        "RASID_DATA_DIR": str(tmp_path),
        "RASID_FEEDS": str(tmp_path / "feeds.toml"),
        "NO_COLOR": "1",
    }
    given["PYTHONPATH"] = str(ROOT)

    def call(*arguments):
        command = [sys.executable, "-m", "rasid", *arguments]
        return subprocess.run(
            command, env=given, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
        )

    return call


def test_any_setting_may_be_a_flag_which_goes_before_the_environment(rasid):
    given = ("--set", "host_spacing=2.5", "--set", 'allow_networks=["127.0.0.0/8"]', "--set", "data_dir=elsewhere")
    shown = rasid(*given, "config").stdout
    assert all(value in shown for value in ("2.5", "127.0.0.0/8", "elsewhere"))
    assert "/else" in rasid("--set", "data_dir=elsewhere", "--data-dir", "/else", "config").stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("host_spacing", "NAME=VALUE"),
        ("hosts=1", "hosts"),
        ("workers=many", "workers"),
        ("allow_networks=[", "allow_networks"),
    ],
)
def test_a_flag_that_is_no_setting_or_has_no_value_of_it_is_named(rasid, given, said):
    done = rasid("--set", given, "config")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_check_of_a_feed_that_does_not_answer_ends_with_one(rasid):
    done = rasid("feeds", "check")
    assert done.returncode == 1, done.stderr
    assert "one:" in done.stdout


def test_an_export_says_how_many_rows_it_wrote_and_the_name_of_the_file_gives_the_form(rasid, tmp_path):
    assert rasid("run", "--once", "--no-live").returncode == 0
    for name in ("a.csv", "a.xlsx", "a.geojson", "a.jsonl"):
        done = rasid("search", "--output", name)
        assert done.returncode == 0, done.stderr
        assert done.stderr == f"0 rows written to {name}\n"
        assert (tmp_path / name).exists()
    assert rasid("search").stdout.strip() == "no events"
    assert rasid("dead", "list").stdout.strip() == "no dead letters"
    assert rasid("search", "--format", "table", "--output", "x").returncode == 2


def test_a_copy_says_its_size_alone_where_nobody_watches(rasid):
    assert rasid("run", "--once", "--no-live").returncode == 0
    done = rasid("backup", "copy.sqlite")
    assert done.stdout.startswith("copy.sqlite: ")
    assert done.stderr == ""


def test_a_dead_letter_is_shown_without_what_a_terminal_obeys(rasid, tmp_path):
    assert rasid("run", "--once", "--no-live").returncode == 0
    with sqlite3.connect(tmp_path / "rasid.sqlite") as database:
        letter = ("clean", "page", "k\x1b[2J", b'{"title": "\xc2\x9b31m"}', "bad record: \x1b]0;mine\x07", 1, 0.0)
        database.execute("INSERT INTO dead (stage, kind, key, value, reason, tries, at) VALUES (?,?,?,?,?,?,?)", letter)
    for arguments in (("list",), ("show", "1")):
        done = rasid("dead", *arguments)
        assert done.returncode == 0, done.stderr
        assert not set(done.stdout + done.stderr) & {"\x1b", "\x07", "\x9b"}
        assert "bad record: ]0;mine" in done.stdout + done.stderr


def test_a_file_without_a_known_end_is_refused():
    assert _of_suffix(None) == "table"
    assert _of_suffix(Path("x.CSV")) == "csv"
    with pytest.raises(UsageError, match="--format"):
        _of_suffix(Path("events.txt"))

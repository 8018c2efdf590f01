"""The commands as a user types them: outputs, errors and exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from rasid.cli.admin import shown_value

ROOT = Path(__file__).resolve().parent.parent.parent


def rasid(*arguments: str, data: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    given = {**os.environ, "RASID_DATA_DIR": str(data), "NO_COLOR": "1", "COLUMNS": "200", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "rasid", *arguments], env=given, input=stdin, capture_output=True, check=False
    )


ARTICLE = {
    "id": "a1", "title": "اشتباكات في مدينة جاسم", "published": "2022-10-14", "outlet": "o",
    "text": "شهدت مدينة جاسم شمالي محافظة درعا اشتباكات بين مقاتلين محليين وخلايا تنظيم “الدولة الإسلامية” اليوم، الجمعة.",
}  # fmt: skip


def test_extract_and_merge_read_lines_and_write_lines(tmp_path: Path) -> None:
    line = json.dumps(ARTICLE, ensure_ascii=False).encode() + b"\n"
    extracted = rasid("extract", "-", data=tmp_path, stdin=line)
    assert extracted.returncode == 0, extracted.stderr
    reports = [json.loads(row) for row in extracted.stdout.splitlines()]
    clash = next(r for r in reports if r["sub_event_type"] == "armed_clash")
    assert clash["place"]["name"] == "جاسم"
    merged = rasid("merge", "-", data=tmp_path, stdin=extracted.stdout)
    assert merged.returncode == 0, merged.stderr
    assert {r["id"] for row in merged.stdout.splitlines() for r in json.loads(row)["reports"]} == {
        r["id"] for r in reports
    }


def test_a_bad_line_is_named_and_the_others_are_done(tmp_path: Path) -> None:
    lines = b'{"id": 5}\n' + json.dumps(ARTICLE).encode() + b"\nnot json\n"
    done = rasid("extract", "-", data=tmp_path, stdin=lines)
    assert done.returncode == 3
    assert b"line 1" in done.stderr
    assert b"line 3" in done.stderr
    assert done.stdout.count(b"\n") >= 1
    bad = rasid("merge", "-", data=tmp_path, stdin=b'{"id": 5}\n')
    assert bad.returncode == 2
    assert b"line 1" in bad.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["show", "x"], 6, b"rasid run"),
        (["search", "--since", "yesterday"], 2, b"YYYY-MM-DD"),
        (["search", "--type", "war"], 2, b"armed_clash"),
        (["extract", "/no/such/file"], 2, b"/no/such/file"),
        (["replay", "--from", "merge", "--since", "x"], 2, b"ISO"),
        (["feeds", "remove", "nobody"], 4, b"feeds list"),
        (["--config", "/no/such.toml", "config"], 2, b"/no/such.toml"),
        (["forget", "ftp://x"], 2, b"ftp://x"),
        (["run", "--once", "--until-idle"], 2, b"choose one"),
        (["nonsense"], 2, b"nonsense"),
    ],
)
def test_a_wrong_call_says_what_to_do_and_ends_with_its_status(
    arguments: list[str], status: int, said: bytes, tmp_path: Path
) -> None:
    done = rasid(*arguments, data=tmp_path)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_setting_that_does_not_exist_or_does_not_fit_is_named(tmp_path: Path) -> None:
    (tmp_path / "rasid.toml").write_text("workers = 0\npoll_faster = 1\n", encoding="utf-8")
    done = rasid("--config", str(tmp_path / "rasid.toml"), "config", data=tmp_path)
    assert done.returncode == 2
    assert b"workers" in done.stderr
    assert b"poll_faster" in done.stderr


def test_config_shows_every_setting_and_hides_secrets(tmp_path: Path) -> None:
    (tmp_path / "rasid.toml").write_text('contact = "https://user:s3cret@news.example/"', encoding="utf-8")
    done = rasid("--config", str(tmp_path / "rasid.toml"), "config", data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"RASID_HOST_SPACING" in done.stdout
    assert b"s3cret" not in done.stdout
    assert b"********@news.example" in done.stdout
    assert shown_value(SecretStr("s3cret")) == "********"


def test_feeds_are_listed_removed_and_exported(tmp_path: Path) -> None:
    listed = [json.loads(line) for line in rasid("feeds", "list", "--json", data=tmp_path).stdout.splitlines()]
    assert len(listed) > 100
    assert listed[0]["id"].startswith("sample-")
    assert rasid("feeds", "remove", listed[-1]["id"], data=tmp_path).returncode == 0
    again = rasid("feeds", "list", "--json", data=tmp_path).stdout.splitlines()
    assert len(again) == len(listed) - 1
    opml = rasid("feeds", "export", data=tmp_path)
    assert opml.stdout.startswith(b"<?xml")
    assert b"sample-" not in opml.stdout
    toml = rasid("feeds", "export", "--format", "toml", data=tmp_path)
    assert b"[[outlet]]" in toml.stdout

"""``rasid explain``: from files of each kind, from what is kept, from the web; and what it says where it cannot."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ingest.feeds import FeedList
from rasid.errors import NotFound, UsageError
from rasid.oneread import Given, article_at
from rasid.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = "قُتل ثلاثة مدنيين في قصف مدفعي لقوات النظام على بلدة البارة جنوبي إدلب، يوم الثلاثاء 7 أيلول 2021."
MORE = "وقال مصدر في الدفاع المدني إن القصف استهدف السوق وسط البلدة، وإن فرق الإنقاذ نقلت المصابين إلى المشافي القريبة."
PAGE = f"""<!doctype html><html lang="ar"><head><title>قصف على البارة</title>
<meta property="article:published_time" content="2021-09-08T10:00:00+03:00"></head>
<body><article><h1>قصف على البارة</h1><p>{TEXT}</p><p>{MORE}</p></article></body></html>"""


@pytest.fixture
def rasid(tmp_path):
    (tmp_path / "feeds.toml").write_text('[viewpoints]\nindependent = "Independent."\n', encoding="utf-8")
    given = {
        **os.environ,
        "RASID_DATA_DIR": str(tmp_path),
        "RASID_FEEDS": str(tmp_path / "feeds.toml"),
        "NO_COLOR": "1",
    }

    def call(*words, stdin=b"", **more):
        command = [sys.executable, "-c", "from rasid.cli import main; main()", "explain", *map(str, words)]
        return subprocess.run(
            command, cwd=ROOT, env={**given, **more}, input=stdin, capture_output=True, timeout=120, check=False
        )

    return call


def explained(done):
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def the_report(done):
    found = explained(done)["reports"]
    assert len(found) == 1
    report = found[0]["report"]
    assert report["sub_event_type"] == "shelling_artillery_missile_attack"
    return report


def test_plain_text_with_a_title_and_a_day(rasid, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    report = the_report(rasid(tmp_path / "a.txt", "--title", "قصف على البارة", "--published", "2021-09-08", "--json"))
    assert (report["date_start"], report["killed"]["low"]) == ("2021-09-07", 3)


def test_standard_input_and_a_page_for_people(rasid):
    done = rasid("-", "--published", "2021-09-08", stdin=TEXT.encode())
    page = done.stdout.decode()
    assert done.returncode == 0
    for words in ("sentence 0", "trigger", "place", "report 1", "killed 3", "confidence"):
        assert words in page
    assert "\x1b[" not in page


def read(where, **given):
    return article_at(Settings(), lambda: FeedList({}, {}), str(where), Given(**given), lambda _: None)


def test_one_of_many_articles(tmp_path):
    rows = [{"id": "one", "text": "افتتح المعرض."}, {"id": "two", "text": TEXT, "published": "2021-09-08"}]
    file = tmp_path / "many.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert [read(file, which=which).id for which in ("two", "2", None, "1")] == ["two", "two", "one", "one"]
    with pytest.raises(NotFound, match="three"):
        read(file, which="three")


def test_a_saved_page(tmp_path):
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    found = read(tmp_path / "a.html")
    assert (found.title, found.published_at.day) == ("قصف على البارة", 8)
    assert TEXT in found.text


def test_a_page_of_the_web_is_fetched_as_the_pipeline_does(rasid):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/a"
            body = PAGE.encode() if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/a"
        refused = rasid(url, "--json")
        done = rasid(url, "--json", RASID_ALLOW_NETWORKS='["127.0.0.0/8"]')
        server.shutdown()
    assert refused.returncode == 4  # an address of this machine's own network
    the_report(done)


@pytest.mark.parametrize(
    ("body", "words", "error"),
    [
        (None, "No such file", UsageError),
        (b"", "empty", UsageError),
        (b"\xff\xfe\x00", "UTF-8", UsageError),
        (b'{"id": 1}', "line 1", UsageError),
        (b"<html><body></body></html>", "no text", NotFound),
    ],
)
def test_a_file_that_is_no_article_is_named(tmp_path, body, words, error):
    file = tmp_path / "bad"
    if body is not None:
        file.write_bytes(body)
    with pytest.raises(error, match=words) as raised:
        read(file)
    assert str(file) in str(raised.value)


def test_a_kept_article_is_not_asked_for_again(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    kept = read(tmp_path / "a.txt")
    asked = []

    def known(article_id):
        asked.append(article_id)
        return kept

    found = article_at(Settings(), lambda: FeedList({}, {}), "https://news.example/2021/09/a", Given(), known)
    assert (found, len(asked)) == (kept, 1)

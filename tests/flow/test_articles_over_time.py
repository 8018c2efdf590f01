"""Articles that change: edited, deleted, told twice by one site, copied from an agency. One site, looked at three times."""

from __future__ import annotations

import json
import sys
import threading
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from hostile_corpus import NOW
from runs import Rasid

EDITED = (
    "قُتل {n} مدنيين وأصيب 9 آخرون في قصف مدفعي لقوات النظام على مدينة نوى في محافظة درعا اليوم، بحسب الدفاع المدني."
)
DELETED = "قُتل خمسة مدنيين في انفجار عبوة ناسفة بسيارة في مدينة الحسكة شمال شرقي سوريا صباح اليوم، بحسب مصدر طبي."
TWIN = "اعتقلت قوات الأمن ثمانية شبان في مدينة السويداء جنوبي سوريا خلال حملة دهم صباح اليوم، وفق ناشطين."
AGENCY = "قُتل 11 شخصًا وأصيب 20 آخرون في غارة جوية على مدينة سرمين في محافظة إدلب اليوم، وفق المرصد. (أ ف ب)"
TAIL = "وشهدت المنطقة حركة نزوح إلى القرى المجاورة، ونقلت فرق الإسعاف المصابين إلى المشافي القريبة."


class ChangingSite:
    """Pages by path, which the test changes; feeds by outlet."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | None] = {}
        self.links: dict[str, list[tuple[str, str]]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                outlet = path.removeprefix("/feed/")
                body = site.feed(outlet) if outlet in site.links else site.pages.get(path)
                self.send_response(404 if body is None else 200)
                self.send_header(
                    "Content-Type", "application/rss+xml" if outlet in site.links else "text/html; charset=utf-8"
                )
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def tell(self, outlet: str, path: str, text: str, canonical: str = "", title: str = "") -> None:
        """Puts a page up and its link into the outlet's feed."""
        title = title or text.partition(" في ")[0]
        link = f'<link rel="canonical" href="{self.base}{canonical}">' if canonical else ""
        self.pages[path] = (
            f'<!doctype html><html lang="ar"><head><meta charset="utf-8"><title>{title}</title>{link}</head><body><main><article>'
            f'<h1>{title}</h1><div class="entry-content"><p>{text}</p><p>{TAIL}</p></div></article></main></body></html>'
        ).encode()
        if (path, title) not in self.links.setdefault(outlet, []):
            self.links[outlet].append((path, title))

    def feed(self, outlet: str) -> bytes:
        items = "".join(
            f"<item><title>{title}</title><link>{self.base}{path}</link><pubDate>{format_datetime(NOW)}</pubDate></item>"
            for path, title in self.links[outlet]
        )
        return (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>{outlet}</title>{items}</channel></rss>'.encode()
        )

    def write_list(self, path: Path) -> None:
        path.write_text(
            "\n".join(
                f'[[outlet]]\nid = "{outlet}"\nname = "شبكة {outlet}"\nname_en = "{outlet}"\ncountry = "SY"\n'
                f'timezone = "Asia/Damascus"\nviewpoint = "independent"\nkind = "site"\n'
                f'feeds = [{{ id = "{outlet}", url = "{self.base}/feed/{outlet}" }}]\n'
                for outlet in self.links
            ),
            encoding="utf-8",
        )


class Story:
    """What the database said after each of three visits."""

    def __init__(self, folder: Path, site: ChangingSite) -> None:
        self.site = site
        site.tell("first", "/edited", EDITED.format(n=4))
        site.tell("first", "/deleted", DELETED)
        site.tell("first", "/twin", TWIN)
        site.tell("second", "/twin", TWIN)
        site.tell("second", "/twin/amp", TWIN, canonical="/twin")
        for outlet in ("first", "second", "third"):
            site.tell(outlet, f"/{outlet}/agency", AGENCY)
        site.write_list(folder / "feeds.toml")
        self.rasid = Rasid(folder / "data", folder / "feeds.toml", ALLOW_NETWORKS='["127.0.0.0/8"]')
        self.before = self._visit()
        title = site.links["first"][0][1]
        site.tell("first", "/edited", EDITED.format(n=7), title=title)  # the feed shows nothing of it
        site.pages["/deleted"] = None
        self._look(1)
        self.once = self._visit()
        self._look(0)
        self.twice = self._visit()

    def _look(self, number: int) -> None:
        """Lets the hours pass until the looks again of that number, or (0) the second look at what is gone."""
        gone = "json_extract(CAST(value AS TEXT), '$.id') LIKE '%-gone'"
        which = f"json_extract(CAST(value AS TEXT), '$.look')={number}" if number else gone
        self.rasid.sql(
            f"UPDATE queue SET ready_at=0 WHERE stage='fetch' AND position IN (SELECT position FROM log WHERE kind='entry' AND {which})"
        )

    def _visit(self) -> dict[str, list[dict[str, Any]]]:
        self.rasid.until_idle()
        return {
            "live": self.rasid.lines("search"),
            "retracted": self.rasid.lines("search", "--state", "retracted"),
            "articles": [
                json.loads(value) for (value,) in self.rasid.sql("SELECT value FROM log WHERE kind='article'")
            ],
        }

    def of(self, visit: dict[str, list[dict[str, Any]]], path: str, kind: str = "live") -> list[dict[str, Any]]:
        """The events with a report of the article at ``path``."""
        url = f"{self.site.base}{path}"
        return [event for event in visit[kind] if any(report["url"] == url for report in event["reports"])]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    with ChangingSite() as site:
        return Story(tmp_path_factory.mktemp("story"), site)


def article(visit: dict[str, list[dict[str, Any]]], path: str) -> dict[str, Any]:
    (found,) = (one for one in visit["articles"] if one["url"].endswith(path))
    return found


def test_an_edited_article_is_a_new_revision_whose_reports_replace_the_old(story: Story) -> None:
    assert [event["killed"]["high"] for event in story.of(story.before, "/edited")] == [4]
    (event,) = story.of(story.once, "/edited")
    assert event["killed"]["high"] == 7
    assert len(event["reports"]) == 1
    assert article(story.before, "/edited")["revision"] < article(story.once, "/edited")["revision"]
    assert "7 مدنيين" in article(story.once, "/edited")["text"]


def test_the_event_that_an_edit_took_back_is_kept_and_still_shown(story: Story) -> None:
    """The edited sentence was the event's only proof: its event is retracted, and no live one says what no article says."""
    (before,) = story.of(story.before, "/edited")
    live = {event["id"] for event in story.once["live"]}
    assert (before["id"] in live) != (before["id"] in {event["id"] for event in story.once["retracted"]})
    assert not [event for event in story.of(story.once, "/edited") if (event["killed"] or {}).get("high") == 4]
    assert story.rasid.run("show", before["id"]).returncode == 0


def test_an_article_that_is_gone_once_stays_and_gone_twice_is_withdrawn(story: Story) -> None:
    assert len(story.of(story.before, "/deleted")) == 1
    assert len(story.of(story.once, "/deleted")) == 1
    assert story.of(story.twice, "/deleted") == []
    (event,) = story.of(story.before, "/deleted")
    assert event["id"] in {one["id"] for one in story.twice["retracted"]}
    assert story.rasid.run("show", event["id"]).returncode == 0


def test_an_article_under_two_feeds_and_as_an_amp_twin_is_one(story: Story) -> None:
    found = [one for one in story.twice["articles"] if "/twin" in one["url"]]
    assert [one["url"] for one in found] == [f"{story.site.base}/twin"]
    (event,) = story.of(story.twice, "/twin")
    assert len(event["reports"]) == 1


def test_copies_of_an_agency_count_once(story: Story) -> None:
    events = [event for outlet in ("first", "second", "third") for event in story.of(story.twice, f"/{outlet}/agency")]
    assert len({event["id"] for event in events}) == 1
    assert len(events[0]["reports"]) == 3
    assert events[0]["independent_sources"] == 1
    assert events[0]["killed"]["high"] == 11


def test_what_did_not_change_is_the_same_after_every_visit(story: Story) -> None:
    for path in ("/twin", "/first/agency"):
        first, last = story.of(story.before, path)[0], story.of(story.twice, path)[0]
        assert (first["id"], first["killed"], first["reports"]) == (last["id"], last["killed"], last["reports"])

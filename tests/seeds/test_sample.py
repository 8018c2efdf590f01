"""The sample site holds together: feeds, pages, encodings, and the expected articles beside them."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from msgspec import toml

from contracts.taxonomy import SUB_EVENTS

SAMPLE = Path(__file__).parents[2] / "seeds" / "sample"
SITES = {p.parent.name: tomllib.loads(p.read_text("utf-8")) for p in sorted(SAMPLE.glob("*/site.toml"))}
OUTLETS = {
    o["id"]: o for o in tomllib.loads((SAMPLE.parent / "feeds.toml").read_text("utf-8"))["outlet"] if o.get("sample")
}
VIEWPOINTS = tomllib.loads((SAMPLE.parent / "feeds.toml").read_text("utf-8"))["viewpoints"]
EXPECTED = {p.stem: json.loads(p.read_text("utf-8")) for p in sorted((SAMPLE / "expected").glob("*.json"))}
PAGES = [(site, page) for site, settings in SITES.items() for page in settings["page"]]
FEEDS = [(site, name) for site, settings in SITES.items() for name in settings["feed"]]
EVENTS = [(slug, number) for slug, article in EXPECTED.items() for number in range(len(article["events"]))]

WRONG_ENCODING = {"weather-front.html": "misdeclared as UTF-8", "tishreen-win.html": "undeclared"}
TRACKING = re.compile(r"utm_\w+|fbclid|gclid")
HIDDEN = {"script", "style"}
BLOCKS = {"p", "div", "br", "h1", "h2", "h3", "li", "td", "tr", "section", "article", "blockquote", "header", "footer"}
EVENT_KEYS = {
    "type",
    "trigger",
    "sentences",
    "date",
    "date_basis",
    "place",
    "admin1",
    "country",
    "initiators",
    "targets",
    "killed",
    "injured",
    "detained",
    "status",
    "background",
}


class VisibleText(HTMLParser):
    """What a reader sees of a page: blocks parted by a line end."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in HIDDEN
        self.parts += ["\n"] if tag in BLOCKS else []

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in HIDDEN
        self.parts += ["\n"] if tag in BLOCKS else []

    def handle_data(self, data: str) -> None:
        self.parts += [] if self.hidden else [data]


def lines(html: str) -> list[str]:
    reader = VisibleText()
    reader.feed(html)
    return [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]


def encoding(site: str) -> str:
    return "windows-1256" if site == "sawt-aljumhuriya" else "utf-8"


def page_text(path: str) -> str:
    return (SAMPLE / path).read_bytes().decode(encoding(path.split("/", maxsplit=1)[0]))


def without_tracking(url: str) -> str:
    parts = urlsplit(url)
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query) if not TRACKING.fullmatch(k)])
    return urlunsplit(parts._replace(query=query))


def feed_links(path: Path) -> list[str]:
    """Links of the items of an RSS, Atom or JSON feed, or of a news sitemap."""
    if path.suffix == ".json":
        return [item["url"] for item in json.loads(path.read_text("utf-8"))["items"]]
    root = ET.fromstring(path.read_bytes())
    atom = "{http://www.w3.org/2005/Atom}"
    found = [item.findtext("link") or "" for item in root.iter("item")]
    found += [link.get("href", "") for entry in root.iter(atom + "entry") for link in entry.iter(atom + "link")]
    return found + [loc.text or "" for loc in root.iterfind("{*}url/{*}loc")]


def is_count(value: Any) -> bool:
    if value is None:
        return True
    low, high = value
    return isinstance(low, int) and low >= 0 and (high is None or (isinstance(high, int) and high >= low))


def test_every_feed_of_an_outlet_is_a_site_and_every_site_a_feed() -> None:
    urls = [feed["url"] for outlet in OUTLETS.values() for feed in outlet["feeds"]]
    assert sorted(urls) == sorted(f"file:sample/{site}/" for site in SITES)


@pytest.mark.parametrize("outlet", OUTLETS)
def test_outlet_stands_under_a_reserved_name_with_a_known_zone_and_viewpoint(outlet: str) -> None:
    row = OUTLETS[outlet]
    assert row["sample"] is True
    assert all(domain.endswith(".example") for domain in row["domains"])
    assert re.fullmatch("[A-Z]{2}", row["country"])
    assert ZoneInfo(row["timezone"])
    assert row["viewpoint"] in VIEWPOINTS
    assert all(feed["id"].startswith("sample-") for feed in row["feeds"])


def test_site_files_read_the_same_with_the_reader_of_the_product() -> None:
    for site, settings in SITES.items():
        assert toml.decode((SAMPLE / site / "site.toml").read_bytes()) == settings


@pytest.mark.parametrize(("site", "page"), PAGES, ids=lambda x: x if isinstance(x, str) else x["file"])
def test_page_named_in_a_site_exists_in_the_encoding_that_it_claims(site: str, page: dict[str, Any]) -> None:
    body = (SAMPLE / site / page["file"]).read_bytes()
    text = body.decode(encoding(site))
    if Path(page["file"]).name in WRONG_ENCODING:
        with pytest.raises(UnicodeDecodeError):
            body.decode("utf-8")
        assert "windows-1256" not in page["content_type"] + text.lower()
        return
    assert page["content_type"].lower() == f"text/html; charset={encoding(site)}"
    declared = re.search(r'charset="?([\w-]+)', text)
    assert declared is None if page["status"] == 403 else declared is not None and declared[1].lower() == encoding(site)


def test_a_url_has_one_page_but_for_later_states_of_it() -> None:
    keys = [(page["url"], page.get("since")) for _, page in PAGES]
    assert len(keys) == len(set(keys))
    later = [page["url"] for _, page in PAGES if "since" in page]
    assert later == ["https://enabbaladi.example/archives/612290"]


def test_no_page_file_is_left_out_of_its_site() -> None:
    on_disk = {str(p.relative_to(SAMPLE)) for p in SAMPLE.glob("*/pages/*")}
    assert on_disk == {f"{site}/{page['file']}" for site, page in PAGES}


@pytest.mark.parametrize(("site", "name"), FEEDS)
def test_every_item_of_a_feed_links_to_a_page(site: str, name: str) -> None:
    known = {page["url"] for _, page in PAGES}
    links = feed_links(SAMPLE / site / name)
    assert len(links) >= 2
    assert {without_tracking(link) for link in links} <= known


@pytest.mark.parametrize(("site", "name"), FEEDS)
def test_feed_is_in_the_encoding_that_it_declares(site: str, name: str) -> None:
    text = (SAMPLE / site / name).read_bytes().decode(encoding(site))
    assert SITES[site]["feed_content_type"].lower().endswith(f"charset={encoding(site)}")
    assert name.endswith(".json") or f'encoding="{encoding(site)}"' in text.lower()


def test_every_page_is_linked_from_some_feed() -> None:
    links = {without_tracking(link) for site, name in FEEDS for link in feed_links(SAMPLE / site / name)}
    assert {page["url"] for _, page in PAGES} == links


def test_amp_twin_names_the_article_of_the_first_feed_as_canonical() -> None:
    twin = next(page for _, page in PAGES if page["url"].endswith("/amp/"))
    html = page_text(f"sham-press-daraa/{twin['file']}")
    canonical = twin["url"].removesuffix("amp/")
    assert f'<link rel="canonical" href="{canonical}">' in html
    assert canonical in {page["url"] for _, page in PAGES}
    assert set(EXPECTED["tafas-assassination"]["text"].split("\n")) <= set(lines(html))


def test_one_article_is_in_two_feeds_of_its_outlet() -> None:
    first = set(feed_links(SAMPLE / "sham-press" / "feed-1.xml"))
    second = feed_links(SAMPLE / "sham-press-daraa" / "feed.xml")
    assert [link for link in second if "utm_source" in link and without_tracking(link) in first]


def test_every_article_page_has_an_expected_file_and_the_other_way_round() -> None:
    pages = {f"{site}/{page['file']}" for site, page in PAGES if page["status"] == 200 and "amp" not in page["file"]}
    assert {article["page"] for article in EXPECTED.values() if article["page"]} == pages
    assert len(EXPECTED) >= 29


@pytest.mark.parametrize("slug", EXPECTED)
def test_expected_article_is_whole(slug: str) -> None:
    article = EXPECTED[slug]
    assert article["url"] in {page["url"] for _, page in PAGES}
    zone = ZoneInfo(OUTLETS[article["outlet"]]["timezone"])
    published = datetime.fromisoformat(article["published"])
    assert published.utcoffset() == published.astimezone(zone).utcoffset()
    assert published.date() >= date(2022, 10, 1)
    assert published.date() < date(2022, 11, 1)
    assert article["title"]
    assert article["text"] == article["text"].strip()
    assert article["text_from"] == ("page" if article["page"] else "feed")


@pytest.mark.parametrize("slug", [slug for slug, article in EXPECTED.items() if article["page"]])
def test_expected_text_stands_paragraph_by_paragraph_in_its_page(slug: str) -> None:
    article = EXPECTED[slug]
    seen = lines(page_text(article["page"]))
    at = -1
    for paragraph in article["text"].split("\n"):
        at = seen.index(paragraph, at + 1)
    assert article["title"] in seen


@pytest.mark.parametrize("slug", [slug for slug, article in EXPECTED.items() if article["page"]])
def test_traps_are_in_the_page_and_not_in_the_expected_text(slug: str) -> None:
    article = EXPECTED[slug]
    page = " ".join(lines(page_text(article["page"])))
    assert len(article["traps"]) >= 2
    assert [trap for trap in article["traps"] if trap not in page] == []
    assert [trap for trap in article["traps"] if trap in article["text"]] == []


def test_embedded_tweet_and_related_line_of_the_jasim_report_are_furniture() -> None:
    html = page_text("enab-baladi/pages/jasim-clashes.html")
    tweet = re.search('<blockquote class="twitter-tweet".*?</blockquote>', html, re.DOTALL)
    assert tweet is not None
    assert "مصدر أمني:" in tweet[0]  # "a security source:", the first words of the tweet
    text = EXPECTED["jasim-clashes"]["text"]
    assert "@moi_syria1" in tweet[0]
    assert "@moi_syria1" not in text
    assert "اقرأ أيضًا" in html  # "read also"
    assert "اقرأ أيضًا" not in text


def test_text_of_a_refused_page_is_in_the_feed() -> None:
    article = EXPECTED["suwayda-abduction"]
    feed = (SAMPLE / "sham-press" / "feed-1.xml").read_text("utf-8")
    assert all(f"<p>{paragraph}</p>" in feed for paragraph in article["text"].split("\n"))


@pytest.mark.parametrize(("slug", "number"), EVENTS)
def test_event_is_labelled_with_words_of_its_article(slug: str, number: int) -> None:
    article = EXPECTED[slug]
    event = article["events"][number]
    words = [event["trigger"], event["place"], *event["initiators"], *event["targets"]]
    told = article["title"] + "\n" + article["text"]
    assert [word for word in words if word is not None and word not in told] == []
    assert event["trigger"] in article["text"]


@pytest.mark.parametrize(("slug", "number"), EVENTS)
def test_event_has_known_codes_and_iso_dates(slug: str, number: int) -> None:
    event = EXPECTED[slug]["events"][number]
    assert set(event) == EVENT_KEYS
    assert event["type"] in SUB_EVENTS
    assert event["status"] in {"asserted", "claimed", "denied", "planned"}
    assert event["date_basis"] in {"explicit", "relative", "published", "none"}
    days = [date.fromisoformat(day) for day in (event["date"] or "").split("/") if day]
    assert days == sorted(days)
    assert bool(days) == (event["date_basis"] != "none")
    assert re.fullmatch("[A-Z]{2}", event["country"])
    assert is_count(event["killed"])
    assert is_count(event["injured"])
    assert is_count(event["detained"])
    assert isinstance(event["background"], bool)


@pytest.mark.parametrize(("slug", "number"), EVENTS)
def test_main_sentence_of_an_event_holds_its_trigger(slug: str, number: int) -> None:
    article = EXPECTED[slug]
    event = article["events"][number]
    pieces = re.findall(r"[^\n.!؟?]+(?:[.!؟?]+(?=\s|$)|\n|$)|[^\n]+", article["text"])
    sentences = [piece for piece in pieces if piece.strip()]
    assert event["trigger"] in sentences[event["sentences"][0]]
    assert max(event["sentences"]) < len(sentences)


def test_sample_covers_the_kinds_of_event_status_and_country_that_it_is_there_for() -> None:
    events = [event for article in EXPECTED.values() for event in article["events"]]
    assert {event["status"] for event in events} == {"asserted", "claimed", "denied", "planned"}
    assert {"SY", "IQ", "YE", "LB", "PS", "SD", "LY", "EG", "TN", "DZ"} <= {event["country"] for event in events}
    assert len({event["type"] for event in events}) >= 16
    assert len([slug for slug, article in EXPECTED.items() if not article["events"]]) >= 8


def test_a_text_of_the_agency_is_carried_by_three_other_outlets() -> None:
    agency = EXPECTED["sinjar-drone"]["agency"]
    carriers = [a for a in EXPECTED.values() if a["agency"] == agency and a["outlet"] != "sample-sham-international"]
    core = set(EXPECTED["sinjar-drone"]["text"].split("\n")[1:])
    assert len(carriers) == 3
    assert all(core <= set(article["text"].split("\n")) for article in carriers)


def test_second_feed_says_that_the_corrected_article_changed_after_the_new_state_of_its_page() -> None:
    since = next(page["since"] for _, page in PAGES if "since" in page)
    feed = ET.parse(SAMPLE / "enab-baladi" / "feed-2.xml")
    [updated] = [node.text or "" for node in feed.iterfind(".//item/{http://www.w3.org/2005/Atom}updated")]
    assert datetime.fromisoformat(updated) >= since
    assert updated == EXPECTED["kafr-taal-shelling-corrected"]["updated"]


def test_correction_raises_the_toll_of_the_same_article() -> None:
    first, then = EXPECTED["kafr-taal-shelling"], EXPECTED["kafr-taal-shelling-corrected"]
    assert first["url"] == then["url"]
    assert [a["events"][0]["killed"] for a in (first, then)] == [[3, 3], [5, 5]]
    assert datetime.fromisoformat(then["updated"]) > datetime.fromisoformat(first["published"])

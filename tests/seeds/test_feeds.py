"""Lints `seeds/feeds.toml`, the list of outlets and feeds that Rasid starts with.

Each check is a function from the parsed list to the problems in it, as sentences. It is run twice: over the real list,
which must have none, and over a small list with one fault, which it must find.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

FEEDS_FILE = Path(__file__).parents[2] / "seeds" / "feeds.toml"

REQUIRED_KEYS = {"id", "name", "name_en", "country", "timezone", "viewpoint", "kind", "domains", "feeds"}
OPTIONAL_KEYS = {"sample"}
KINDS = {"agency", "newspaper", "tv", "radio", "site", "monitor", "ministry", "broadcaster"}

# ISO 3166-1 alpha-2: the Arab League, its neighbours, and the countries whose broadcasters publish in Arabic.
COUNTRIES = set(
    re.findall(
        "[A-Z]{2}",
        "AE BH DJ DZ EG IQ JO KM KW LB LY MA MR OM PS QA SA SD SO SY TN YE "
        "AT BE CA CH CN CY DE DK ER ES ET FR GB GR IL IN IR IT JP KE KR ML NE NL NO PK RU SE SN SS TD TJ TR UA US VA",
    )
)

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DOMAIN = re.compile(r"(?!www\.)[a-z0-9-]+(\.[a-z0-9-]+)+")
ARABIC_LETTER = re.compile("[\u0621-\u064a]")
# "owner/repository: path", a page, or text of the public files that carry the address
SOURCE = re.compile(r"[\w.-]+/[\w.-]+: \S+|https?://\S+|public code on GitHub: \"[^\"]+\"")

Listing = dict[str, Any]
Check = Callable[[Listing], Iterator[str]]


def outlets_of(listing: Listing) -> list[dict[str, Any]]:
    return list(listing["outlet"])


def real_outlets(listing: Listing) -> list[dict[str, Any]]:
    return [outlet for outlet in outlets_of(listing) if not outlet.get("sample")]


def feeds_of(outlets: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(outlet, feed) for outlet in outlets for feed in outlet["feeds"]]


def address(feed: dict[str, Any]) -> str:
    return str(feed.get("url") or feed.get("site") or "")


def repeated(values: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield f"{value} stands twice"
        seen.add(value)


def wrong_keys(listing: Listing) -> Iterator[str]:
    for outlet in outlets_of(listing):
        if missing := REQUIRED_KEYS - outlet.keys():
            yield f"{outlet.get('id')} has no {sorted(missing)}"
        if unknown := outlet.keys() - REQUIRED_KEYS - OPTIONAL_KEYS:
            yield f"{outlet.get('id')} has unknown keys {sorted(unknown)}"
        if not outlet.get("domains") or not outlet.get("feeds"):
            yield f"{outlet.get('id')} has no domain or no feed"


def wrong_names(listing: Listing) -> Iterator[str]:
    for outlet in outlets_of(listing):
        if not ARABIC_LETTER.search(outlet["name"]):
            yield f"{outlet['id']}: the name is not Arabic"
        if not outlet["name_en"] or ARABIC_LETTER.search(outlet["name_en"]):
            yield f"{outlet['id']}: name_en is not English"


def wrong_ids(listing: Listing) -> Iterator[str]:
    outlet_ids = [outlet["id"] for outlet in outlets_of(listing)]
    feed_ids = [feed.get("id", "") for _, feed in feeds_of(outlets_of(listing))]
    yield from repeated(outlet_ids)
    yield from repeated(feed_ids)
    yield from (f"{slug!r} is not a slug" for slug in outlet_ids + feed_ids if not SLUG.fullmatch(slug))


def wrong_codes(listing: Listing) -> Iterator[str]:
    for outlet in outlets_of(listing):
        if outlet["country"] not in COUNTRIES:
            yield f"{outlet['id']}: unknown country {outlet['country']}"
        if outlet["viewpoint"] not in listing["viewpoints"]:
            yield f"{outlet['id']}: unknown viewpoint {outlet['viewpoint']}"
        if outlet["kind"] not in KINDS:
            yield f"{outlet['id']}: unknown kind {outlet['kind']}"


def wrong_zones(listing: Listing) -> Iterator[str]:
    for outlet in outlets_of(listing):
        try:
            ZoneInfo(outlet["timezone"])
        except (ZoneInfoNotFoundError, ValueError):
            yield f"{outlet['id']}: unknown zone {outlet['timezone']}"


def unused_viewpoints(listing: Listing) -> Iterator[str]:
    used = {outlet["viewpoint"] for outlet in outlets_of(listing)}
    yield from (f"no outlet has the viewpoint {slug}" for slug in sorted(listing["viewpoints"].keys() - used))
    yield from (f"{slug} is not a slug" for slug in listing["viewpoints"] if not SLUG.fullmatch(slug))
    yield from (f"{slug} is not one sentence" for slug, line in listing["viewpoints"].items() if line.count(".") != 1)


def wrong_domains(listing: Listing) -> Iterator[str]:
    domains = [domain for outlet in real_outlets(listing) for domain in outlet["domains"]]
    yield from (f"{domain!r} is not a bare domain" for domain in domains if not DOMAIN.fullmatch(domain))
    yield from repeated(domains)


def wrong_addresses(listing: Listing) -> Iterator[str]:
    for outlet, feed in feeds_of(outlets_of(listing)):
        if ("url" in feed) == ("site" in feed):
            yield f"{feed['id']} has not exactly one of url and site"
        allowed = {"file"} if outlet.get("sample") else {"http", "https"}
        if urlsplit(address(feed)).scheme not in allowed:
            yield f"{feed['id']}: {address(feed)} is not one of {sorted(allowed)}"
        if not address(feed).isascii():
            yield f"{feed['id']}: the address is not percent-encoded"


def repeated_addresses(listing: Listing) -> Iterator[str]:
    bare = [re.sub(r"^https?://(www\.)?", "", address(feed)) for _, feed in feeds_of(outlets_of(listing))]
    yield from repeated([text.rstrip("/") for text in bare])


def wrong_sources(listing: Listing) -> Iterator[str]:
    for _, feed in feeds_of(real_outlets(listing)):
        if "url" in feed and not SOURCE.fullmatch(feed.get("source", "")):
            yield f"{feed['id']} does not say where its address was found"
        if unknown := feed.keys() - {"id", "url", "site", "source"}:
            yield f"{feed['id']} has unknown keys {sorted(unknown)}"


def foreign_hosts(listing: Listing) -> Iterator[str]:
    for outlet, feed in feeds_of(real_outlets(listing)):
        host = urlsplit(address(feed)).hostname or ""
        own = any(host == domain or host.endswith(f".{domain}") for domain in outlet["domains"])
        if not own and host not in listing["feed_hosts"]:
            yield f"{feed['id']}: {host} is neither a domain of {outlet['id']} nor a known feed host"


CHECKS: list[Check] = [
    wrong_keys,
    wrong_names,
    wrong_ids,
    wrong_codes,
    wrong_zones,
    unused_viewpoints,
    wrong_domains,
    wrong_addresses,
    repeated_addresses,
    wrong_sources,
    foreign_hosts,
]


@pytest.fixture(scope="module")
def listing() -> Listing:
    return tomllib.loads(FEEDS_FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_list_of_feeds_passes_every_check(listing: Listing, check: Check) -> None:
    assert list(check(listing)) == []


def test_the_list_is_as_wide_as_promised(listing: Listing) -> None:
    outlets = real_outlets(listing)
    with_address = [feed for _, feed in feeds_of(outlets) if "url" in feed]
    assert len(outlets) >= 70
    assert len(feeds_of(outlets)) >= 100
    assert len(with_address) >= 80
    assert len({outlet["country"] for outlet in outlets}) >= 18


def test_sample_outlets_stand_before_the_real_ones(listing: Listing) -> None:
    order = [not outlet.get("sample", False) for outlet in outlets_of(listing)]
    assert order == sorted(order)


def small_listing(outlet: dict[str, Any], feed: dict[str, Any]) -> Listing:
    """A list of one sound outlet with one feed, changed by `outlet` and `feed`; a value of None takes the key out."""
    sound_feed = {"id": "wadi", "url": "https://www.wadi.example/feed", "source": "owner/list: feeds.opml"}
    sound_outlet = {
        "id": "wadi",
        "name": "الوادي",
        "name_en": "Al-Wadi",
        "country": "SY",
        "timezone": "Asia/Damascus",
        "viewpoint": "independent",
        "kind": "site",
        "domains": ["wadi.example"],
        "feeds": [{key: value for key, value in (sound_feed | feed).items() if value is not None}],
    }
    changed = {key: value for key, value in (sound_outlet | outlet).items() if value is not None}
    return {"feed_hosts": [], "viewpoints": {"independent": "No side."}, "outlet": [changed]}


def test_a_sound_outlet_has_no_problem() -> None:
    assert [problem for check in CHECKS for problem in check(small_listing({}, {}))] == []


FAULTS: list[tuple[Check, dict[str, Any], dict[str, Any]]] = [
    (wrong_keys, {"kind": None}, {}),
    (wrong_keys, {"colour": "green"}, {}),
    (wrong_keys, {"domains": []}, {}),
    (wrong_names, {"name": "Al-Wadi"}, {}),
    (wrong_names, {"name_en": "الوادي"}, {}),
    (wrong_ids, {"id": "Al Wadi"}, {}),
    (wrong_ids, {}, {"id": "wadi_feed"}),
    (wrong_codes, {"country": "XX"}, {}),
    (wrong_codes, {"viewpoint": "rebel"}, {}),
    (wrong_codes, {"kind": "blog"}, {}),
    (wrong_zones, {"timezone": "Asia/Atlantis"}, {}),
    (unused_viewpoints, {"viewpoint": "rebel"}, {}),
    (wrong_domains, {"domains": ["www.wadi.example"]}, {}),
    (wrong_domains, {"domains": ["wadi.example", "wadi.example"]}, {}),
    (wrong_addresses, {}, {"site": "https://wadi.example/"}),
    (wrong_addresses, {}, {"url": None}),
    (wrong_addresses, {}, {"url": "file:seeds/sample/wadi.xml"}),
    (wrong_addresses, {"sample": True}, {}),
    (wrong_addresses, {}, {"url": "https://wadi.example/عاجل"}),
    (wrong_sources, {}, {"source": None}),
    (wrong_sources, {}, {"source": "known"}),
    (wrong_sources, {}, {"every": "5m"}),
    (foreign_hosts, {}, {"url": "https://notwadi.example/feed"}),
]


@pytest.mark.parametrize(("check", "outlet", "feed"), FAULTS)
def test_a_faulty_outlet_is_found(check: Check, outlet: dict[str, Any], feed: dict[str, Any]) -> None:
    assert list(check(small_listing(outlet, feed)))


@pytest.mark.parametrize(("check", "second_id"), [(wrong_ids, "wadi"), (repeated_addresses, "other")])
def test_two_outlets_share_neither_ids_nor_addresses(check: Check, second_id: str) -> None:
    listing = small_listing({}, {})
    listing["outlet"] += small_listing({"id": second_id}, {"id": second_id, "url": "http://wadi.example/feed/"})[
        "outlet"
    ]
    assert list(check(listing))

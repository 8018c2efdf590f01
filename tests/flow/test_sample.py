"""The sample through the whole flow: the events of the user's article, and what many articles make of one event."""

from __future__ import annotations

import json
from typing import Any

import pytest

JASIM = "jasim-clashes"
ARTICLE = "https://enabbaladi.example/"


def of_article(events: list[dict[str, Any]], url: str) -> list[dict[str, Any]]:
    return [e for e in events if any(url in (r["url"] or "") for r in e["reports"])]


def own(event: dict[str, Any], url: str) -> dict[str, Any]:
    """The report of an article within an event."""
    return next(r for r in event["reports"] if url in (r["url"] or ""))


@pytest.fixture(scope="module")
def jasim(sample) -> list[dict[str, Any]]:
    """The reports of the user's article, which stands under one address."""
    expected = json.loads((sample.folder / "sample" / "expected" / f"{JASIM}.json").read_text(encoding="utf-8"))
    events = sample.search("--diplomatic")
    return [report for event in events for report in event["reports"] if expected["url"] in (report["url"] or "")]


def one(reports: list[dict[str, Any]], slug: str, **wanted: Any) -> dict[str, Any]:
    found = [r for r in reports if r["sub_event_type"] == slug and all(r[k] == v for k, v in wanted.items())]
    assert len(found) == 1, [(r["sub_event_type"], r["trigger"]["text"], r["status"]) for r in reports]
    return found[0]


def said(actors: list[dict[str, Any]]) -> str:
    return " | ".join(actor["text"] for actor in actors)


def test_the_clash_in_jasim_has_its_sides_its_day_its_place_and_its_toll(jasim) -> None:
    clash = one(jasim, "armed_clash", background=False)
    assert (clash["date_start"], clash["date_end"]) == ("2022-10-14", "2022-10-14")
    assert clash["place"]["name"] == "جاسم"
    assert (clash["place"]["admin1"], clash["place"]["admin1_en"], clash["place"]["country"]) == ("درعا", "Daraa", "SY")
    assert clash["place"]["name_en"] == "Jasim"
    sides = said(clash["initiators"]) + " / " + said(clash["targets"])
    assert "مقاتلين سابقين" in sides
    assert "الدولة الإسلامية" in sides
    assert (clash["killed"]["low"], clash["killed"]["high"]) == (4, 4)
    assert [part["low"] for part in clash["killed"]["by"]] == [2, 2]
    assert (clash["injured"]["low"], clash["injured"]["high"]) == (1, None)
    assert clash["status"] == "asserted"


def test_the_shelling_of_the_outskirts_is_the_regimes(jasim) -> None:
    shelling = one(jasim, "shelling_artillery_missile_attack", background=False)
    assert shelling["place"]["name"] == "جاسم"
    assert "النظام" in said(shelling["initiators"])
    assert shelling["killed"] is None
    assert shelling["date_start"] == "2022-10-14"


def test_the_convoys_join_and_the_campaign_is_claimed_and_denied(jasim) -> None:
    moves = [r for r in jasim if r["sub_event_type"] == "change_to_group_activity" and not r["background"]]
    assert any("أرتال" in r["evidence"]["text"] and r["place"]["name"] == "جاسم" for r in moves)
    campaign = [r for r in moves if "حملة" in r["evidence"]["text"] or "الحملة" in r["evidence"]["text"]]
    assert "claimed" in {r["status"] for r in campaign}
    assert "denied" in {r["status"] for r in campaign}


def test_the_failed_talks_and_the_deployment_are_recalled(jasim) -> None:
    talks = [r for r in jasim if "المفاوضات" in r["trigger"]["text"] or "المفاوضات" in r["evidence"]["text"]]
    assert any(r["background"] and r["date_start"] == "2022-09-07" for r in talks)
    deployment = [r for r in jasim if "انتشرت" in r["evidence"]["text"]]
    assert deployment
    assert all(r["background"] for r in deployment)


def test_every_quote_stands_in_the_article_at_its_offsets(sample) -> None:
    texts = {}
    for path in (sample.folder / "sample" / "expected").glob("*.json"):
        expected = json.loads(path.read_text(encoding="utf-8"))
        texts.setdefault(expected["url"], []).append(expected["text"])
    checked = 0
    for event in sample.search("--state", "live"):
        for report in event["reports"]:
            for text in texts.get(report["url"], [])[:1]:
                for span in (
                    report["trigger"],
                    report["evidence"],
                    report["place"],
                    *report["initiators"],
                    *report["targets"],
                ):
                    if span and span["start"] >= 0 and len(texts[report["url"]]) == 1:
                        assert text[span["start"] : span["end"]] == span["text"], (report["url"], span)
                        checked += 1
    assert checked > 150


def test_jasim_is_found_in_arabic_and_in_english(sample) -> None:
    arabic = {e["id"] for e in sample.search("جاسم")}
    english = {e["id"] for e in sample.search("Jasim")}
    clash = {e["id"] for e in sample.search("--type", "armed_clash", "--place", "درعا") if e["place"]["name"] == "جاسم"}
    assert clash
    assert clash <= arabic
    assert clash <= english


def test_an_agency_text_carried_by_three_outlets_is_one_source(sample) -> None:
    strikes = [
        e for e in sample.search("سنجار", "--type", "air_drone_strike") if e["place"] and e["place"]["name"] == "سنجار"
    ]
    carried = max(strikes, key=lambda e: len(e["outlets"]))
    assert len(carried["outlets"]) >= 3
    assert carried["independent_sources"] == 1


def test_a_corrected_article_has_replaced_its_report(sample) -> None:
    expected = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((sample.folder / "sample" / "expected").glob("*.json"))
    ]
    (url,) = {e["url"] for e in expected if sum(o["url"] == e["url"] for o in expected) == 2}
    last = max((e for e in expected if e["url"] == url), key=lambda e: e.get("updated") or e["published"])
    wanted = max(label["killed"][0] for label in last["events"] if label["killed"])
    reports = [own(event, url) for event in of_article(sample.search(), url)]
    assert wanted in {r["killed"]["low"] for r in reports if r["killed"]}
    assert all(r["revision"] == 2 for r in reports)


def test_show_prints_the_quoted_evidence_of_every_report(sample) -> None:
    event = max(sample.search("جاسم", "--type", "armed_clash"), key=lambda e: len(e["reports"]))
    shown = sample.rasid("show", event["id"]).stdout.decode()
    for report in event["reports"]:
        first = " ".join(report["evidence"]["text"].split()[:4])
        assert first in shown
        assert str(report["evidence"]["start"] if report["evidence"]["start"] >= 0 else "title") in shown


def test_pages_without_events_give_none(sample) -> None:
    quiet = [
        json.loads(path.read_text(encoding="utf-8"))["url"]
        for path in (sample.folder / "sample" / "expected").glob("*.json")
        if not json.loads(path.read_text(encoding="utf-8"))["events"]
    ]
    assert len(quiet) >= 10
    invented = [url for url in quiet if of_article(sample.search("--no-background"), url)]
    assert len(invented) <= 1, invented

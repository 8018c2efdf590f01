"""The built objects: as described, whole, over fields that exist with a fitting type, in both languages, in the order agreed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kibana import build
from kibana.queries import load, panels, questions
from tests.kibana.mapped import mapped

OBJECTS = load()
LENS = {
    "terms": {"keyword"},
    "date_histogram": {"date"},
    "sum": {"long", "float"},
    "average": {"long", "float"},
    "max": {"long", "float", "date"},
}
"""Which types of field an operation may have."""
TOTALS = {("state", False), ("status", True), ("background", True), ("review", True)}
"""Field and negation of the filters that a total carries."""
NOT_TOTALS = {"coverage"}


def of_kind(kind: str) -> Iterator[dict[str, Any]]:
    return (made for (found, _), made in OBJECTS.items() if found == kind)


def columns() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Panel, data view and each column of every Lens panel."""
    for dashboard in of_kind("dashboard"):
        for panel in panels(dashboard):
            if panel["type"] == "lens":
                attributes = panel["embeddableConfig"]["attributes"]
                view = attributes["references"][0]["id"]
                layers = attributes["state"]["datasourceStates"]["formBased"]["layers"]
                for layer in layers.values():
                    for column in layer["columns"].values():
                        yield f"{dashboard['id']}/{panel['panelIndex']}", view, column


def titles() -> Iterator[str]:
    """Every text that a person reads: titles, names, labels."""
    for (kind, _), made in OBJECTS.items():
        attributes = made["attributes"]
        yield attributes["name" if kind == "index-pattern" else "title"]
        if kind == "index-pattern":
            yield from (label["customLabel"] for label in json.loads(attributes["fieldAttrs"]).values())
        if kind == "dashboard":
            controls = json.loads(attributes["controlGroupInput"]["panelsJSON"]).values()
            yield from (one["explicitInput"]["title"] for one in controls if "title" in one["explicitInput"])
    for _, _, column in columns():
        if not column["label"].startswith("Part of"):
            yield column["label"]


def test_the_files_belong_together():
    """Where the description was changed and not built, or the objects by hand, this fails: run python kibana/build.py."""
    assert build.digest() == build.DIGEST.read_text(encoding="utf-8").strip()


def test_a_build_makes_the_committed_objects():
    pytest.importorskip("kb_dashboard_core", reason="building needs Python 3.12 and kb-dashboard-core")
    assert build.ndjson(build.build()) == build.OBJECTS.read_text(encoding="utf-8")


def test_ids_are_our_own_and_each_is_there_once():
    lines = build.OBJECTS.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(OBJECTS) == 13
    assert all(ident.startswith("rasid-") for _, ident in OBJECTS)


def test_every_reference_leads_to_an_object_that_comes_before():
    seen: set[tuple[str, str]] = set()
    for key, made in OBJECTS.items():
        for reference in made["references"]:
            assert (reference["type"], reference["id"]) in seen, (key, reference)
        seen.add(key)


def test_every_panel_that_is_an_object_of_its_own_is_found_by_the_name_of_its_reference():
    for dashboard in of_kind("dashboard"):
        names = {reference["name"]: reference["type"] for reference in dashboard["references"]}
        for panel in panels(dashboard):
            if panel["type"] != "lens":
                assert names[f"{panel['panelIndex']}:{panel['panelRefName']}"] == panel["type"]


def test_every_field_of_a_panel_exists_and_its_type_fits_what_is_asked_of_it():
    asked = [
        (source, view, c) for source, view, c in columns() if c.get("sourceField", "___records___") != "___records___"
    ]
    assert len(asked) >= 50
    for source, view, column in asked:
        kind = mapped(view).get(column["sourceField"])
        assert kind in LENS[column["operationType"]], (source, column["sourceField"], kind)


def test_every_field_that_a_question_names_exists():
    for asked in questions(OBJECTS):
        known = mapped(asked.index)
        for name in named(asked.body):
            assert name in known, (asked.source, name)


def named(body: Any) -> Iterator[str]:
    """Fields in a question: of lists, sorts, aggregations and clauses."""
    if isinstance(body, list):
        for one in body:
            yield from named(one)
    elif isinstance(body, dict):
        yield from body.get("fields", ())
        yield from (name for one in body.get("sort", ()) for name in one)
        for key, value in body.items():
            if key == "field":
                yield value
            elif key in ("match", "match_phrase", "range"):
                yield from value
            elif key not in ("fields", "sort"):
                yield from named(value)


@pytest.mark.parametrize("view", sorted(made["id"] for made in of_kind("index-pattern")))
def test_a_data_view_has_labels_for_fields_that_exist_and_the_time_of_what_it_shows(view):
    attributes = OBJECTS["index-pattern", view]["attributes"]
    known = mapped(view)
    assert set(json.loads(attributes["fieldAttrs"])) <= set(known)
    times = {"rasid-events": "date_start", "rasid-articles": "published_at", "rasid-health": "at"}
    assert attributes.get("timeFieldName") == times.get(view)
    if view in times:
        assert known[times[view]] == "date"


def test_everything_that_is_read_is_in_arabic_and_in_english():
    shown = list(titles())
    assert len(shown) > 100
    for text in shown:
        assert re.search("[\u0621-\u064a]", text), text  # a letter from hamza to ya
        assert re.search("[A-Za-z]", text) or text.endswith("24 hours"), text


def test_the_morning_is_read_in_the_order_of_an_analyst():
    morning = OBJECTS["dashboard", "rasid-morning"]
    controls = json.loads(morning["attributes"]["controlGroupInput"]["panelsJSON"])
    in_order = sorted(controls, key=lambda name: controls[name]["order"])
    assert in_order == ["event-date", "country", "governorate", "type", "status", "review"]
    assert [panel["panelIndex"] for panel in panels(morning)] == [
        "coverage", "new-events", "killed-low", "killed-best", "killed-high", "civilians", "map", "latest", "mass-casualty",
        "disputed", "timeline", "casualties", "pairs", "governorates", "outlets", "unplaced", "undated",
    ]  # fmt: skip


def test_health_shows_lag_throughput_failures_dead_letters_and_feeds():
    shown = [panel["panelIndex"] for panel in panels(OBJECTS["dashboard", "rasid-pipeline-health"])]
    assert shown == ["lag", "oldest", "throughput", "speed", "failures", "dead", "feed-states", "overdue", "feeds"]


def test_no_panel_lies_over_another_or_leaves_the_grid():
    for dashboard in of_kind("dashboard"):
        taken: set[tuple[int, int]] = set()
        for panel in panels(dashboard):
            at = panel["gridData"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & taken
            assert at["x"] + at["w"] <= 48
            taken |= cells


def test_totals_leave_out_the_planned_the_denied_history_and_what_was_rejected():
    for panel in panels(OBJECTS["dashboard", "rasid-morning"]):
        if panel["type"] == "lens" and panel["panelIndex"] not in NOT_TOTALS:
            filters = panel["embeddableConfig"]["attributes"]["state"]["filters"]
            assert {(f["meta"]["key"], f["meta"]["negate"]) for f in filters} == TOTALS, panel["panelIndex"]
            assert not any(f["meta"]["disabled"] for f in filters)


def test_the_controls_narrow_events_and_leave_the_coverage_of_outlets_alone():
    for dashboard in of_kind("dashboard"):
        for panel in panels(dashboard):
            if panel["type"] == "lens":
                attributes = panel["embeddableConfig"]["attributes"]
                apart = {r["id"] for r in attributes["references"]} == {"rasid-articles-always"}
                layers = attributes["state"]["datasourceStates"]["formBased"]["layers"].values()
                assert {layer["ignoreGlobalFilters"] for layer in layers} == {apart}, panel["panelIndex"]


def test_the_map_is_sized_by_the_killed_and_coloured_by_the_type():
    style = json.loads(OBJECTS["map", "rasid-map"]["attributes"]["layerListJSON"])[1]["style"]["properties"]
    assert style["iconSize"]["options"]["field"]["name"] == "derived.killed"
    assert style["fillColor"]["options"]["field"]["name"] == "event_type"


def test_nothing_in_the_objects_tells_of_a_machine_or_a_moment():
    text = build.OBJECTS.read_text(encoding="utf-8")
    assert not re.search(r"created_at|updated_at|created_by|/home|/work|\d{4}-\d{2}-\d{2}T", text)

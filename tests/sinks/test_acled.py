"""ACLED's columns: what a row says, which days it has, and what has no row."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from contracts.records import Count, Event
from contracts.taxonomy import SUB_EVENTS
from sinks.exports import Written, write_acled
from sinks.exports.acled import COLUMNS, acled_rows
from tests.sinks.events import PUBLISHED, actor, event, place, unresolved


def rows_of(events: list[Event], **options: object) -> list[dict[str, str]]:
    file = io.BytesIO()
    write_acled(iter(events), file, **options)  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))


def test_a_clash_fills_acleds_columns():
    fighters = actor("مقاتلون محليون", name_en="Local fighters", kind="political_militia")
    cells_of_is = actor("خلايا التنظيم", name_en="Islamic State", kind="rebel")
    (row,) = rows_of([event(initiators=(fighters, actor("وجهاء")), targets=(cells_of_is,))])
    assert list(row) == list(COLUMNS)
    assert row["event_id_cnty"] == "SYR202210-a"
    assert (row["event_date"], row["year"], row["time_precision"]) == ("2022-10-14", "2022", "1")
    assert (row["disorder_type"], row["event_type"], row["sub_event_type"]) == (
        "Political violence",
        "Battles",
        "Armed clash",
    )
    assert (row["actor1"], row["assoc_actor_1"], row["inter1"]) == ("Local fighters", "وجهاء", "3")
    assert (row["actor2"], row["inter2"], row["interaction"]) == ("Islamic State", "2", "23")
    assert (row["iso"], row["region"], row["country"]) == ("760", "Middle East", "Syria")
    assert (row["admin1"], row["location"], row["geo_precision"]) == ("Daraa", "Jasim", "1")
    assert (row["latitude"], row["longitude"]) == ("32.99", "36.06")
    assert (row["source"], row["notes"], row["fatalities"]) == ("جريدة حوران", "Armed clash in Jasim", "4")
    assert row["timestamp"] == str(int(PUBLISHED.timestamp()))
    assert row["civilian_targeting"] == ""
    assert "status=asserted" in row["tags"]


def test_a_period_gives_one_row_a_day_with_the_toll_on_the_first_alone():
    rows = rows_of([event(date_end=date(2022, 10, 16))])
    assert [row["event_date"] for row in rows] == ["2022-10-14", "2022-10-15", "2022-10-16"]
    assert [row["fatalities"] for row in rows] == ["4", "0", "0"]
    assert [row["event_id_cnty"] for row in rows] == ["SYR202210-a", "SYR202210-a.2", "SYR202210-a.3"]


def test_a_period_across_a_year_has_each_days_own_year():
    rows = rows_of([event(date_start=date(2022, 12, 31), date_end=date(2023, 1, 1))])
    assert [row["year"] for row in rows] == ["2022", "2023"]


@pytest.mark.parametrize(("precision", "coded"), [("week", "2"), ("month", "3")])
def test_a_week_or_a_month_is_one_row_of_a_lower_precision(precision, coded):
    (row,) = rows_of([event(date_precision=precision, date_end=date(2022, 10, 31))])
    assert (row["event_date"], row["time_precision"]) == ("2022-10-14", coded)


def test_a_period_past_a_month_is_one_row():
    (row,) = rows_of([event(date_end=date(2022, 12, 31))])
    assert row["time_precision"] == "3"


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "retracted"},
        {"state": "superseded", "superseded_by": "x"},
        {"status": "denied"},
        {"status": "planned"},
        {"background": True},
        {"review": "rejected"},
        {"sub": None},
        {"place": None},
        {"place": place(precision=4)},
        {"place": unresolved("حي"), "key": "XX"},
        {"date_start": None},
        {"date_precision": "year"},
        {"date_precision": "unknown"},
    ],
)
def test_what_acled_has_no_row_for_is_left_out_and_counted(fields):
    file = io.BytesIO()
    assert write_acled([event("1", **fields), event("2")], file) == Written(rows=1, left_out=1)


def test_background_and_other_statuses_come_where_they_are_asked_for():
    events = [event("1", background=True), event("2", status="denied"), event("3")]
    assert len(rows_of(events)) == 1
    assert len(rows_of(events, background=True)) == 2
    assert len(rows_of(events, statuses=("denied",))) == 1


def test_civilians_are_called_by_their_country_and_described_beside_it():
    (row,) = rows_of([event(sub="attack", targets=(actor("مزارع", kind="civilians"),))])
    assert (row["actor1"], row["assoc_actor_1"], row["inter1"]) == ("Civilians (Syria)", "مزارع", "7")
    assert (row["actor2"], row["interaction"], row["civilian_targeting"]) == ("", "70", "Civilian targeting")


def test_who_demonstrates_and_whom_violence_hits_is_implied_by_the_type():
    protest, riot, attack = (event(str(n), sub) for n, sub in enumerate(("peaceful_protest", "mob_violence", "attack")))
    rows = rows_of([protest, riot, attack])
    assert [row["actor1"] for row in rows] == ["Protesters (Syria)", "Rioters (Syria)", "Civilians (Syria)"]
    assert [row["interaction"] for row in rows] == ["60", "50", "70"]


def test_police_who_break_up_a_protest_stand_before_the_protesters():
    police, crowd = actor("الشرطة", kind="state_forces"), actor("محتجون", kind="protesters")
    (row,) = rows_of([event(sub="protest_with_intervention", initiators=(police,), targets=(crowd,))])
    assert (row["actor1"], row["actor2"], row["interaction"]) == ("الشرطة", "Protesters (Syria)", "16")


@pytest.mark.parametrize(
    ("sub", "disorder", "targeting"),
    [
        ("excessive_force_against_protesters", "Political violence; Demonstrations", "Civilian targeting"),
        ("violent_demonstration", "Demonstrations", ""),
        ("mob_violence", "Political violence", ""),
        ("arrests", "Strategic developments", ""),
        ("sexual_violence", "Political violence", "Civilian targeting"),
    ],
)
def test_disorder_and_targeting_follow_the_sub_event(sub, disorder, targeting):
    (row,) = rows_of([event(sub=sub)])
    assert (row["disorder_type"], row["civilian_targeting"]) == (disorder, targeting)


def test_shelling_that_hits_civilians_targets_them():
    (row,) = rows_of([event(sub="shelling_artillery_missile_attack", targets=(actor("مدنيون", kind="civilians"),))])
    assert row["civilian_targeting"] == "Civilian targeting"


def test_a_toll_that_nobody_told_is_zero_there_and_a_lone_report_counts_low():
    rows = rows_of(
        [
            event("1", fatalities=None),
            event("2", fatalities=None, killed=Count(low=2, high=None, text="قتيلان على الأقل")),
        ]
    )
    assert [row["fatalities"] for row in rows] == ["0", "2"]


@pytest.mark.parametrize("slug", SUB_EVENTS)
def test_every_sub_event_has_a_row(slug):
    assert len(acled_rows(event(sub=slug))) == 1

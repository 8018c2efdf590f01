"""What is written is read back by another program's reader: csv, openpyxl, json."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codec import decode
from contracts.records import Count, Event
from sinks.exports import spreadsheet, write_csv, write_geojson, write_jsonl, write_xlsx
from sinks.exports.spreadsheet import cell_text
from sinks.exports.table import COLUMNS, defused, row
from sinks.exports.written import TooManyRows, Written
from tests.sinks.events import actor, count, event, place, report, unresolved

TOMBSTONE = Event(id="202210-z", version=9, state="superseded", superseded_by="202210-a")


def csv_of(events: list[Event], **options: bool) -> list[dict[str, str]]:
    file = io.BytesIO()
    written = write_csv(iter(events), file, **options)
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert written.rows == len(rows)
    return rows


def sheet_of(events: list[Event], **options: bool) -> list[dict[str, object]]:
    file = io.BytesIO()
    write_xlsx(iter(events), file, **options)
    header, *rows = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
    return [dict(zip(header, cells, strict=True)) for cells in rows]


def geojson_of(events: list[Event]) -> dict:
    file = io.BytesIO()
    write_geojson(iter(events), file)
    return json.loads(file.getvalue())


def rich() -> Event:
    return event(
        initiators=(actor("مقاتلون محليون", name_en="Local fighters"), actor("وجهاء")),
        targets=(actor("خلايا التنظيم", "تنظيم الدولة الإسلامية"),),
        injured=Count(low=1, high=None, text="آخرون"),
        detained=count(2, 3),
        weapons=("مدفعية", "رشاشات"),
        reports=(report("r1", 'قال: "انتهى الأمر"،\nثم غادر'), report("r2", outlet="سانا")),
    )


# --- JSON Lines


def test_json_lines_hold_whole_events_and_tombstones():
    file = io.BytesIO()
    events = [rich(), TOMBSTONE]
    assert write_jsonl(iter(events), file) == Written(rows=2)
    lines = file.getvalue().splitlines()
    assert [decode(Event, line) for line in lines] == events
    assert json.loads(lines[1])["superseded_by"] == "202210-a"


# --- CSV


def test_csv_gives_the_fields_back():
    (cells,) = csv_of([rich()])
    assert cells["id"] == "202210-a"
    assert cells["date_start"] == "2022-10-14"
    assert (cells["place"], cells["place_en"], cells["admin1"], cells["country"]) == ("جاسم", "Jasim", "درعا", "SY")
    assert (float(cells["latitude"]), float(cells["longitude"])) == (32.99, 36.06)
    assert cells["initiators"] == "مقاتلون محليون; وجهاء"
    assert cells["targets"] == "تنظيم الدولة الإسلامية"
    assert (cells["injured_low"], cells["injured_high"]) == ("1", "")
    assert (cells["detained_low"], cells["detained_high"]) == ("2", "3")
    assert cells["evidence"] == 'قال: "انتهى الأمر"،\nثم غادر'
    assert (cells["reports"], cells["outlets"]) == ("2", "جريدة حوران; سانا")
    assert (cells["background"], cells["first_seen_at"]) == ("false", "2022-10-14T09:30:00Z")


def test_silence_is_an_empty_cell_and_zero_is_a_zero():
    (cells,) = csv_of([event(fatalities=None, injured=Count(low=0, high=0, text="دون إصابات"))])
    assert cells["fatalities_best"] == ""
    assert (cells["injured_low"], cells["injured_high"]) == ("0", "0")


def test_csv_names_tombstones_with_their_state_and_what_took_their_place():
    (cells,) = csv_of([TOMBSTONE])
    assert (cells["id"], cells["state"], cells["superseded_by"]) == ("202210-z", "superseded", "202210-a")


def test_the_byte_order_mark_stands_only_where_it_was_asked_for():
    with_mark, without = io.BytesIO(), io.BytesIO()
    write_csv([event()], with_mark, bom=True)
    write_csv([event()], without)
    assert with_mark.getvalue() == b"\xef\xbb\xbf" + without.getvalue()


def test_the_file_stays_open_for_its_owner():
    file = io.BytesIO()
    write_csv([], file)
    assert not file.closed


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(1)", "\t=1", "\r=1", " =1", "\n=1", "＝1"])
def test_text_that_begins_like_a_formula_is_defused(text):
    (cells,) = csv_of([event(summary_ar=text)])
    assert cells["summary_ar"] == f"'{text}"


def test_numbers_keep_their_sign_and_text_its_inner_signs():
    (cells,) = csv_of([event(place=place(lat=-3.5, lon=-0.25), summary_ar="قتلى = 4")])
    assert (cells["latitude"], cells["longitude"]) == ("-3.5", "-0.25")
    assert cells["summary_ar"] == "قتلى = 4"


def test_events_without_a_point_are_counted():
    file = io.BytesIO()
    unplaced = [
        event("1", place=None),
        event("2", place=unresolved("حي")),
        event("3", place=place(lat=float("nan"), lon=1.0)),
    ]
    assert write_csv([event(), *unplaced], file) == Written(rows=4, without_coordinates=3)


def test_rows_are_written_while_events_still_come():
    file = io.BytesIO()

    def slowly() -> Iterator[Event]:
        yield event("1")
        assert b"202210" not in file.getvalue()
        assert b"\n1," in file.getvalue(), "the first row is out before the second event is asked for"
        yield event("2")

    assert write_csv(slowly(), file).rows == 2


words = st.text(max_size=40)


@settings(max_examples=60, deadline=None)
@given(summary=words, evidence=words, who=words, killed=st.integers(0, 10**6), day=st.dates(date(1900, 3, 1)))
def test_csv_and_json_give_any_text_back(summary, evidence, who, killed, day):
    given_event = event(
        summary_ar=summary,
        initiators=(actor(who),),
        killed=count(killed),
        date_start=day,
        reports=(report("r1", evidence),),
    )
    (cells,) = csv_of([given_event])
    (properties,) = (feature["properties"] for feature in geojson_of([given_event])["features"])
    for column, text in (("summary_ar", summary), ("evidence", evidence), ("initiators", who)):
        assert cells[column] == defused(text)
        assert (properties[column] or "") == text
    assert cells["date_start"] == properties["date_start"] == day.isoformat()


# --- XLSX


def test_a_sheet_gives_the_fields_back_with_dates_as_dates():
    (cells,) = sheet_of([rich()])
    assert list(cells) == list(COLUMNS)
    assert cells["date_start"] == datetime(2022, 10, 14)
    assert cells["first_seen_at"] == datetime(2022, 10, 14, 9, 30)
    assert (cells["fatalities_best"], cells["injured_high"], cells["background"]) == (4, None, False)
    assert (cells["latitude"], cells["longitude"]) == (32.99, 36.06)
    assert cells["initiators"] == "مقاتلون محليون; وجهاء"
    assert cells["evidence"] == 'قال: "انتهى الأمر"،\nثم غادر'


def test_a_sheet_runs_from_right_to_left_with_its_header_held():
    file = io.BytesIO()
    write_xlsx([event()], file)
    sheet = openpyxl.load_workbook(file).active
    assert sheet.sheet_view.rightToLeft
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", ["=1+1", "{=1}", "+1", "@x", "https://example.org/", "1234", "internal:A1"])
def test_text_in_a_sheet_is_text_and_neither_formula_nor_link(text):
    file = io.BytesIO()
    write_xlsx([event(summary_ar=text, reports=(report("r1", url="https://example.org/1"),))], file)
    sheet = openpyxl.load_workbook(file).active
    cell = sheet.cell(2, list(COLUMNS).index("summary_ar") + 1)
    assert (cell.value, cell.data_type) == (text, "s")
    assert all(cell.hyperlink is None for cell in sheet[2])


def test_dates_before_excels_calendar_are_text():
    (cells,) = sheet_of([event(date_start=date(1899, 12, 31))])
    assert cells["date_start"] == "1899-12-31"


def test_a_moment_in_another_zone_is_written_in_utc():
    late = datetime(2022, 10, 14, 1, tzinfo=UTC).astimezone(timezone(timedelta(hours=3)))
    (cells,) = sheet_of([event(first_seen_at=late)])
    assert cells["first_seen_at"] == datetime(2022, 10, 14, 1)


def test_signs_that_a_sheet_cannot_hold_are_replaced_and_long_text_is_cut():
    assert cell_text("a\x00b\x1fc") == "a\ufffdb\ufffdc"
    assert len(cell_text("س" * 40_000)) == 32_767
    assert len(cell_text("😀" * 40_000).encode("utf-16-le")) // 2 <= 32_767
    assert sheet_of([event(summary_ar="a\x00b")])[0]["summary_ar"] == "a\ufffdb"


def test_more_rows_than_a_sheet_holds_are_a_clear_error(monkeypatch):
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 3)
    assert write_xlsx([event(f"{n}") for n in range(3)], io.BytesIO()) == Written(rows=3)
    with pytest.raises(TooManyRows, match="narrow the query"):
        write_xlsx([event(f"{n}") for n in range(4)], io.BytesIO())


def test_a_sheet_that_fails_leaves_no_rows_on_disk_and_no_half_workbook(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = io.BytesIO()

    def broken() -> Iterator[Event]:
        yield event()
        raise OSError("the index went away")

    with pytest.raises(OSError, match="went away"):
        write_xlsx(broken(), file)
    assert list(tmp_path.iterdir()) == []
    assert file.getvalue() == b""


@pytest.mark.parametrize("write", [write_csv, write_geojson, write_jsonl, write_xlsx])
def test_every_form_can_be_written_to_a_pipe(write):
    read_end, write_end = os.pipe()
    with open(write_end, "wb") as pipe:
        assert write([event()], pipe).rows == 1
    with open(read_end, "rb") as pipe:
        assert len(pipe.read()) > 500


# --- GeoJSON


def test_a_feature_has_longitude_before_latitude_and_the_events_id():
    collection = geojson_of([rich()])
    assert collection["type"] == "FeatureCollection"
    (feature,) = collection["features"]
    assert (feature["type"], feature["id"]) == ("Feature", "202210-a")
    assert feature["geometry"] == {"type": "Point", "coordinates": [36.06, 32.99]}
    assert feature["properties"]["fatalities_best"] == 4
    assert feature["properties"]["fatalities_civilians"] is None
    assert set(feature["properties"]) == set(COLUMNS) - {"latitude", "longitude"}


@pytest.mark.parametrize(
    "where",
    [None, unresolved("حي"), place(lat=91.0), place(lon=181.0), place(lat=float("inf")), place(lon=float("nan"))],
)
def test_an_event_without_a_point_on_earth_has_a_null_geometry_and_is_counted(where):
    file = io.BytesIO()
    assert write_geojson([event(place=where)], file) == Written(rows=1, without_coordinates=1)
    assert json.loads(file.getvalue())["features"][0]["geometry"] is None


def test_no_events_make_an_empty_collection():
    assert geojson_of([])["features"] == []


def test_a_row_is_as_wide_as_its_header():
    assert list(row(TOMBSTONE)) == list(row(rich())) == list(COLUMNS)


def test_the_identity_of_an_event_comes_first():
    assert list(COLUMNS)[:3] == ["id", "state", "superseded_by"]

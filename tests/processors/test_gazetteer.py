"""The table of places: its rows are sound, its names are found in every spelling, an operator's own table joins it."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from processors.gazetteer import COLUMNS, Entry, Gazetteer, distance_km, name_key, read_table, shipped

TABLES = Path(__file__).parents[2] / "processors" / "lexicons" / "places"
KINDS = {
    "country", "capital", "admin1", "admin2", "town", "village", "quarter", "camp", "crossing", "base", "site", "region",
    "airport", "dam", "oilfield", "port", "prison", "bridge",
}  # fmt: skip
ARAB = "SY IQ YE PS LB JO EG SD LY TN DZ MA MR SA AE QA KW BH OM SO DJ KM".split()


def rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in (TABLES / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter=";"))


def test_every_entry_has_a_known_kind_a_name_and_sane_coordinates():
    for entry in shipped().entries:
        assert entry.kind in KINDS, entry
        assert all(entry.names), entry
        assert entry.lat is None or (-90 <= entry.lat <= 90 and -180 <= (entry.lon or 0) <= 180), entry
        assert 1 <= entry.precision <= 4, entry


def test_every_admin1_code_of_an_entry_of_the_arab_world_is_named():
    known = shipped().admin1
    unnamed = Counter(
        entry.admin1_code
        for entry in shipped().entries
        if entry.country in ARAB
        and entry.admin1_code
        and entry.admin1_code not in known
        and not entry.admin1_code.endswith(".00")
    )
    # Algeria's provinces of 2019 have too few towns in the source to be placed; nothing else may be missing.
    assert all(code.startswith(("DZ.", "QA.")) for code in unnamed), unnamed


def test_every_arab_country_has_its_divisions_and_its_capital():
    for country in ARAB:
        assert any(code.startswith(f"{country}.") for code in shipped().admin1), country
        assert country in shipped().countries


@pytest.mark.parametrize("table", sorted(path.name for path in TABLES.glob("places_*.csv")))
def test_hand_written_rows_have_all_columns_and_no_doubles(table: str):
    found = rows(table)
    assert all(None not in row and None not in row.values() for row in found)
    assert all(bool(row["lat"]) == bool(row["lon"]) for row in found)
    assert all(row["kind"] in KINDS or not row["kind"] for row in found)
    doubles = Counter((name_key(row["name_ar"]), row["admin1"], row["kind"], row["lat"]) for row in found)
    assert not [key for key, times in doubles.items() if times > 1]


def test_hand_written_settlements_lie_in_the_division_that_they_name():
    """A slip of a digit or of a code puts a row far from every GeoNames town of its division (the Sahara is wide: 300 km)."""
    towns: dict[str, list[Entry]] = {}
    for entry in shipped().entries:
        if entry.geonameid and entry.admin1_code and entry.lat is not None:
            towns.setdefault(entry.admin1_code, []).append(entry)
    for entry in shipped().entries:
        if entry.geonameid or entry.lat is None or entry.lon is None or entry.precision != 1 or entry.kind == "site":
            continue
        near = [
            distance_km(entry.lat, entry.lon, t.lat or 0, t.lon or 0) for t in towns.get(entry.admin1_code or "", [])
        ]
        if near:
            assert min(near) < 300, (entry.name, entry.admin1_code, round(min(near)))


@pytest.mark.parametrize("spelling", ["دير الزور", "ديرالزور", "دير-الزور", "ديرُ الزور", "دير الزّور"])
def test_spellings_of_one_name_meet(spelling: str):
    assert {entry.admin1_code for entry in shipped().lookup(spelling)} == {"SY.07"}


def test_larger_units_come_first():
    kinds = [entry.kind for entry in shipped().lookup("إدلب")]
    assert kinds[0] == "admin1"
    assert "town" in kinds


def test_an_unknown_name_has_no_entries():
    assert shipped().lookup("قرية لا وجود لها") == []


def test_an_operators_table_joins_the_shipped_one(tmp_path: Path):
    table = tmp_path / "own.tsv"
    row = ["خربة المثال|خربة مثال", "Khirbat al-Mithal", "village", "SY", "SY.12", "", "35.9", "36.6", "1", "", "", ""]
    table.write_text("\t".join(COLUMNS) + "\n" + "\t".join(row) + "\n", "utf-8")
    both = shipped().with_extra(table)
    assert [entry.name_en for entry in both.lookup("خربة مثال")] == ["Khirbat al-Mithal"]
    assert both.lookup("جاسم") == shipped().lookup("جاسم")


def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path):
    table = tmp_path / "bad.tsv"
    table.write_text("\t".join(COLUMNS) + "\nقرية\tonly two\n", "utf-8")
    with pytest.raises(ValueError, match=r"bad\.tsv, line 2: expected 12 columns"):
        list(read_table(table))


def test_the_sources_of_the_table_are_credited():
    text = (Path(__file__).parents[2] / "DATA_LICENSES.md").read_text("utf-8")
    for word in ("GeoNames", "CC BY 4.0", "CLDR", "Unicode"):
        assert word in text


def test_distance_is_that_of_the_great_circle():
    assert distance_km(36.2, 37.16, 36.2, 37.16) == 0
    assert 300 < distance_km(33.51, 36.29, 36.2, 37.16) < 320  # Damascus to Aleppo


def test_an_empty_gazetteer_knows_nothing():
    assert Gazetteer([]).lookup("حلب") == []

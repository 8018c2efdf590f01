"""The operator's places as one table: made of many rows, packed, kept in a file, met in texts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from arabic.fold import Folded
from processors.gazetteer import Entry, Gazetteer
from processors.own_places.compiling import compile_rows, plain_latin
from processors.own_places.packed import OwnPlaces, pack
from processors.own_places.rows import Faults, Row
from processors.own_places.store import BadFile, load, new_source, read_file, write
from processors.places import Finder
from processors.places_of import exactness

SHIPPED = Gazetteer(
    [
        Entry(("سوريا",), "Syria", "country", "SY", precision=4),
        Entry(("إدلب",), "Idlib", "admin1", "SY", "SY.12", None, 35.8, 36.6, 3, 300_000),
        Entry(("حلب",), "Aleppo", "admin1", "SY", "SY.09", None, 36.2, 37.2, 3),
        Entry(("إدلب",), "Idlib", "town", "SY", "SY.12", None, 35.93, 36.63, 1, 150_000, 1),
        Entry(("حلب",), "Aleppo", "town", "SY", "SY.09", None, 36.2, 37.16, 1, 1_600_000, 2),
    ]
)


def row(name: str, lat: float = 35.9, lon: float = 36.6, **more: object) -> Row:
    return Row(names=[name], country="SY", lat=lat, lon=lon, **more)  # type: ignore[arg-type]


def compiled(*rows: Row) -> tuple[list[Entry], Faults]:
    faults = Faults()
    return [entry for entry, _ in compile_rows(rows, SHIPPED, faults, lambda done: None)], faults


def test_a_place_told_by_two_sources_is_one_with_both_spellings():
    second = row("ورده الصفا", 35.91)
    second.names.append("ورد الصفا")
    (entry,), _ = compiled(row("وردة الصفا"), second)
    assert entry.names == ("وردة الصفا", "ورد الصفا")


def test_two_villages_of_one_name_far_apart_stay_two():
    assert len(compiled(row("وردة الصفا"), row("وردة الصفا", 36.3))[0]) == 2


def test_the_name_with_its_hamza_comes_first():
    second = row("ام الورد", 35.9)
    second.names.append("أم الورد الجديدة")
    assert compiled(second)[0][0].name == "أم الورد الجديدة"


def test_a_division_comes_from_its_name_its_code_or_the_nearest_town():
    found, _ = compiled(row("وردة", admin1="إدلب"), row("ياسمينة", admin1="09"), row("نرجسة", 36.1, 37.2))
    assert [entry.admin1_code for entry in found] == ["SY.12", "SY.09", "SY.09"]


def test_a_row_outside_its_country_is_left_out_and_told():
    found, faults = compiled(row("وردة", 12.0, 44.0))
    assert (found, faults.counts["outside its country"]) == ([], 1)


def test_a_shipped_place_only_gains_new_spellings():
    told = row("حلب", 36.21, 37.15)
    told.names.append("حلب الشهباء")
    (entry, spellings), = compile_rows([told], SHIPPED, Faults(), lambda done: None)  # fmt: skip
    assert (entry.geonameid, spellings) == (2, ("حلب الشهباء",))


@pytest.mark.parametrize(("name", "plain"), [("Jāsim", "Jasim"), ("Dar‘ā", "Dar'a"), ("Kobanê", "Kobane")])
def test_latin_names_lose_their_diacritics(name: str, plain: str):
    assert plain_latin(name) == plain


def own(*rows: Row) -> OwnPlaces:
    return OwnPlaces(pack(compile_rows(rows, SHIPPED, Faults(), lambda done: None)))


def names(text: str, *rows: Row) -> list[str]:
    return [mention.text for mention in Finder(SHIPPED, own(*rows)).find(Folded(text))]


def test_lookup_finds_a_place_in_every_spelling():
    assert [e.name for e in own(row("كفر الورد")).lookup("كفر-ورد")] == ["كفر الورد"]


def test_a_village_is_met_behind_its_head_and_behind_a_clitic_with_its_unit():
    assert "قرية الورد"[5:] in names("قصف على قرية الورد", row("الورد"))
    assert "ورد" in names("قصف للورد في ريف إدلب", row("الورد"))


def test_a_name_that_is_a_word_is_no_place_by_itself():
    assert names("زرعوا الورد في الحديقة", row("الورد")) == []


def test_names_that_begin_as_only_places_do_need_no_head():
    assert names("وقصفت القوات كفر ورد أمس", row("كفر ورد")) == ["كفر ورد"]


def test_a_name_of_both_tables_has_the_places_of_both():
    village = row("حلب", 35.0, 36.3)
    (mention,) = Finder(SHIPPED, own(village)).find(Folded("معارك في حلب"))
    assert {entry.kind for entry in mention.entries} == {"admin1", "town", "village"}


AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_the_file_gives_back_its_sources_and_its_places(tmp_path: Path):
    path = tmp_path / "deep" / "gazetteer.bin"
    source = new_source("sy", "SY.zip", [row("تل الورد")], {}, Faults(), AT)
    write(path, [source])
    assert [(s.name, s.places) for s in read_file(path).sources] == [("sy", 1)]
    places = load(path)
    assert places is not None
    assert [e.name for e in places.lookup("تل الورد")] == ["تل الورد"]
    assert [p.name for p in path.parent.iterdir()] == ["gazetteer.bin"]


def test_alternate_names_reach_the_places_of_another_source(tmp_path: Path):
    path = tmp_path / "g.bin"
    dump = new_source("dump", "SY.zip", [row("تل الورد", source_id="900")], {}, Faults(), AT)
    names_ = new_source("names", "alt.zip", [], {"900": ["تل الياسمين"]}, Faults(), AT)
    write(path, [dump, names_])
    places = load(path)
    assert places is not None
    assert places.lookup("تل الياسمين")


def test_where_there_is_no_file_there_are_no_places(tmp_path: Path):
    assert load(tmp_path / "none.bin") is None


@pytest.mark.parametrize("data", [b"", b"not ours", b"\x81\xa7version\xcd\x03\xe7"])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, data: bytes):
    path = tmp_path / "g.bin"
    path.write_bytes(data)
    with pytest.raises(BadFile):
        load(path)


def test_a_district_of_the_operators_table_does_not_make_a_governorate_exact():
    district = row("إدلب", 35.7, 36.5, kind="admin2", precision=2, population=900_000)
    mentions = Finder(SHIPPED, own(district)).find(Folded("قصف على إدلب"))
    assert [exactness(mention) for mention in mentions] == [3]

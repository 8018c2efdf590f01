"""Tables of places in the layouts that operators download: what is read, and what is told of bad rows."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest

from processors.own_places.files import Unreadable, read_file
from processors.own_places.rows import CUT_BYTES, Faults, Row, arabic_names

DUMP = "\t".join(
    ["900", "Tall al Warda", "Tall al Warda", "Tell Warda,تل الوردة,تپه ورد", "35.5", "36.6", "P", "PPL", "SY", "", "12", "", "", "", "1200", "", "", "Asia/Damascus", "2020-01-01"]
)  # fmt: skip


def read(name: str, data: bytes, given: dict[str, str] | None = None, country: str = "") -> tuple[list[Row], Faults]:
    faults = Faults()
    rows = [row for table in read_file(name, data, given or {}, country, faults) for row in table.rows]
    return rows, faults


def test_a_geonames_dump_gives_arabic_names_and_leaves_persian_letters():
    rows, _ = read("SY.txt", DUMP.encode())
    assert [(r.names, r.name_en, r.kind, r.country, r.admin1, r.population) for r in rows] == [
        (["تل الوردة"], "Tall al Warda", "village", "SY", "12", 1200)
    ]


def test_untagged_names_of_small_places_of_persian_lands_are_no_arabic_names():
    rows, _ = read("IR.txt", DUMP.replace("\tSY\t", "\tIR\t").encode())
    assert rows[0].names == []


def test_abandoned_places_and_first_divisions_are_passed_over():
    rows, _ = read(
        "SY.txt", "\n".join([DUMP.replace("PPL\t", "PPLQ\t"), DUMP.replace("P\tPPL\t", "A\tADM1\t")]).encode()
    )
    assert rows == []


def test_alternate_names_are_kept_by_the_id_of_their_place():
    tables = read_file("ar.txt", "1\t900\tar\tتل الورد\t1\n2\t900\tfr\tTell\t\n".encode(), {}, "", Faults())
    assert tables[0].names == {"900": ["تل الورد"]}


def test_a_broken_line_of_a_dump_is_counted_and_the_rest_is_read():
    rows, faults = read("SY.txt", (DUMP + "\nnonsense\n").encode())
    assert len(rows) == 1
    assert faults.counts["not a row of 19 columns"] == 1


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_packed_files_are_opened(pack: str):
    data = DUMP.encode()
    if pack == "gzip":
        packed = gzip.compress(data)
    else:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("readme.txt", "about")
            archive.writestr("SY.txt", data)
        packed = made.getvalue()
    assert len(read("SY.zip", packed)[0]) == 1


@pytest.mark.parametrize("data", [gzip.compress(b"x" * 100)[:20], b"PK\x03\x04broken"])
def test_a_broken_archive_is_unreadable(data: bytes):
    with pytest.raises(Unreadable, match="broken"):
        read("x", data)


def test_ocha_columns_are_found_by_name_and_the_deepest_level_is_the_place():
    table = (
        "admin1Name_en,admin1Name_ar,admin1Pcode,admin2Name_ar,admin4Name_en,admin4Name_ar,latitude,longitude\n"
        "Idleb,إدلب,SY07,حارم,Wardat Elsafa,وردة الصفا,36.1,36.5\n"
    )
    (row,), _ = read("adm4.csv", table.encode())
    assert (row.names, row.name_en, row.admin1, row.admin1_en, row.admin2) == (
        ["وردة الصفا"], "Wardat Elsafa", "إدلب", "Idleb", "حارم"
    )  # fmt: skip
    assert (row.country, row.kind, row.precision) == ("SY", "village", 1)


def test_sub_districts_are_units_and_no_villages():
    table = "ADM1_AR;ADM1_PCODE;ADM3_AR;lat;lon\nبابل;IQG07;ناحية النخلة;32.4;44.3\n"
    (row,), _ = read("adm3.csv", table.encode())
    assert (row.names, row.kind, row.precision, row.country) == (["النخلة"], "admin2", 2, "IQ")


def test_columns_can_be_given_where_their_names_do_not_tell():
    (row,), _ = read(
        "x.csv", "toponym,n,e\nخربة الزيتون,33.1,35.4\n".encode(), {"name": "toponym", "lat": "n", "lon": "e"}, "LB"
    )
    assert (row.names, row.lat, row.lon, row.country) == (["خربة الزيتون"], 33.1, 35.4, "LB")


def test_a_given_column_that_is_absent_is_named():
    with pytest.raises(Unreadable, match="no column nome; it has name"):
        read("x.csv", b"name,lat\nx,1\n", {"name": "nome"})


def test_a_table_without_arabic_names_says_how_to_name_them():
    with pytest.raises(Unreadable, match="--column name="):
        read("x.csv", b"id,latitude,longitude\n1,2,3\n")


def test_geojson_points_and_polygons_give_coordinates():
    features = [
        {"properties": {"NAME_ARA": "وردة", "PCODE": "C1", "ADMIN1_COD": "SY07"}, "geometry": {"type": "Point", "coordinates": [36.0, 35.0]}},
        {"properties": {"NAME_ARA": "ياسمين", "PCODE": "C2", "ADMIN1_COD": "SY07"}, "geometry": {"type": "Polygon", "coordinates": [[[36, 35], [38, 37]]]}},
    ]  # fmt: skip
    rows, _ = read("x.geojson", json.dumps({"type": "FeatureCollection", "features": features}).encode())
    assert [(r.lat, r.lon, r.country) for r in rows] == [(35.0, 36.0, "SY"), (36.0, 37.0, "SY")]


def test_a_list_of_objects_gives_names_aliases_and_centroids():
    item = {
        "id": "sy-x-y", "governorateId": "sy-x", "name": {"en": "Warda", "ar": "الوردة"},
        "aliases": [{"value": "وردة الشام", "language": "ar"}, {"value": "Ward", "language": "en"}],
        "centroid": {"latitude": 35.0, "longitude": 36.0}, "externalIds": {"geonames": "173"},
    }  # fmt: skip
    (row,), _ = read("districts.json", json.dumps([item]).encode())
    assert (row.names, row.name_en, row.kind, row.country, row.geonameid) == (
        ["الوردة", "وردة الشام"], "Warda", "admin2", "SY", 173
    )  # fmt: skip


def test_rows_without_coordinates_are_counted():
    rows, faults = read("x.csv", "name_ar,latitude,longitude\nوردة,,\n".encode())
    assert (rows, faults.counts["no coordinates"]) == ([], 1)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("مدينة الوردة", ["الوردة"]),
        ("وردة البيضاء_وردة الحمراء", ["وردة البيضاء", "وردة الحمراء"]),
        ("كفر ورد-تل ورد", ["كفر ورد", "تل ورد"]),
        ("وردة (الشمالية)", ["وردة"]),
        ("Warda", []),
        ("گرد", []),
    ],
)
def test_names_are_parted_and_made_clean(text: str, names: list[str]):
    assert arabic_names([text], Faults()) == names


def test_a_name_cut_in_the_middle_loses_its_last_word_and_is_counted():
    faults = Faults()
    cut = ("خربة " * 8).encode()[:CUT_BYTES].decode("utf-8", errors="replace")
    assert arabic_names([cut], faults) == [" ".join(cut.split()[:-1])]
    assert sum(faults.counts.values()) == 1


def test_broken_characters_are_counted_and_their_words_left_out():
    faults = Faults()
    assert arabic_names(["كفر الورد\ufffd"], faults) == ["كفر"]
    assert faults.counts["broken UTF-8 in a name"] == 1

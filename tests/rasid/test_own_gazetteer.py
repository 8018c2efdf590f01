"""``rasid gazetteer``: what it reads, says and refuses, and that extraction uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processors.places import finder_with
from rasid.batch import extract_lines
from rasid.errors import UsageError
from rasid.gazetteer import NotFound, add, columns_of, listed, remove
from rasid.settings import Settings

TABLE = """admin1Name_en,admin1Name_ar,admin1Pcode,admin4Name_en,admin4Name_ar,latitude,longitude
Idleb,إدلب,SY07,Tal Elwardat,تل الوردات,35.75,36.55
Idleb,إدلب,SY07,Nowhere,وادي الياسمينات,12.0,44.0
"""


@pytest.fixture
def operator(tmp_path: Path) -> Settings:
    (tmp_path / "villages.csv").write_text(TABLE, encoding="utf-8")
    finder_with.cache_clear()
    return Settings(data_dir=tmp_path / "var")


def article(text: str) -> bytes:
    return json.dumps(
        {"id": "a", "text": text, "published": "2022-03-05", "country": "SY"}, ensure_ascii=False
    ).encode()


def places(operator: Settings, text: str) -> list[dict[str, object]]:
    rows = extract_lines([article(text)], "x", 1, operator.gazetteer)
    return [json.loads(row)["place"] for row in rows]


def test_a_village_of_the_operators_table_gets_its_point(operator: Settings, tmp_path: Path):
    text = "قصفت قوات النظام بالمدفعية أطراف تل الوردات جنوبي إدلب، اليوم السبت، ما أدى إلى مقتل مدني."
    assert [place["lat"] for place in places(operator, text)] != [35.75]
    added = add(operator, [str(tmp_path / "villages.csv")])
    assert (added.name, added.rows, added.places) == ("villages", 2, 1)
    assert added.faults == {"outside its country": 1}
    finder_with.cache_clear()
    (place,) = places(operator, text)
    assert (place["name"], place["lat"], place["admin1"]) == ("تل الوردات", 35.75, "إدلب")


def test_a_folder_is_read_whole_and_what_is_no_table_is_passed_over(operator: Settings, tmp_path: Path):
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "README.md").write_text("about")
    (folder / "x.csv").write_text("id,count\n1,2\n")
    (folder / "villages.csv").write_text(TABLE, encoding="utf-8")
    added = add(operator, [str(folder)])
    assert (added.name, added.places, len(added.passed_over)) == ("tables", 1, 1)


def test_a_source_is_replaced_by_its_name_and_taken_out_again(operator: Settings, tmp_path: Path):
    path = str(tmp_path / "villages.csv")
    add(operator, [path], name="mine")
    add(operator, [path], name="mine")
    assert [source.name for source in listed(operator).sources] == ["mine"]
    assert remove(operator, "mine") == 0
    assert listed(operator).sources == []
    with pytest.raises(NotFound, match="it has none"):
        remove(operator, "mine")


def test_what_holds_no_place_is_refused_and_the_gazetteer_stays(operator: Settings, tmp_path: Path):
    add(operator, [str(tmp_path / "villages.csv")])
    (tmp_path / "empty.csv").write_text("name_ar,latitude,longitude\n")
    for origin in ("empty.csv", "absent.csv"):
        with pytest.raises(UsageError):
            add(operator, [str(tmp_path / origin)])
    assert listed(operator).places == 1


def test_a_damaged_gazetteer_is_said_and_not_overwritten(operator: Settings, tmp_path: Path):
    operator.gazetteer.parent.mkdir()
    operator.gazetteer.write_bytes(b"damaged")
    with pytest.raises(UsageError, match="add its sources again"):
        add(operator, [str(tmp_path / "villages.csv")])
    assert operator.gazetteer.read_bytes() == b"damaged"


@pytest.mark.parametrize("option", ["name", "height=x", "lat="])
def test_a_wrong_column_option_is_named(option: str):
    with pytest.raises(UsageError, match="field=column"):
        columns_of([option])


def test_an_address_that_does_not_answer_is_a_usage_error(operator: Settings):
    open_to_loopback = Settings(data_dir=operator.data_dir, allow_networks=("127.0.0.0/8",))
    with pytest.raises(UsageError):
        add(open_to_loopback, ["http://127.0.0.1:9/SY.zip"])

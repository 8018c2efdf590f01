"""Names of places, countries and event types as a query may write them."""

import csv
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from contracts.taxonomy import SUB_EVENTS
from sinks.countries import countries, country_code
from sinks.eventtypes import Types, resolve
from sinks.places import event_keys, loose_key, place_key, query_keys
from tests.sinks.events import event, place, unresolved


@pytest.mark.parametrize("name", ["درعا", "محافظة درعا", "مُحافَظة دِرعا", "مدينة درعا"])
def test_what_kind_of_place_it_is_does_not_matter(name):
    assert place_key(name) == "درعا"


@pytest.mark.parametrize(
    ("name", "outer"),
    [("ريف درعا", "درعا"), ("ريف حماة الشمالي", "حماه"), ("شمالي إدلب", "ادلب"), ("ريف دمشق الغربي", "ريفدمشق"), ("محيط الرقة", "رقه")],
)  # fmt: skip
def test_surroundings_mean_what_they_are_of(name, outer):
    assert query_keys(name)[-1] == outer


def test_articles_and_spaces_do_not_part_names():
    assert place_key("دير الزور") == place_key("دير زور")
    assert place_key("Deir ez-Zor") == place_key("Deir al-Zor")


def test_a_name_of_two_consonants_has_no_loose_key():
    assert loose_key("درعا") is None
    assert loose_key("جاسم") == loose_key("Jassem")


def test_an_event_carries_the_keys_of_its_whole_chain():
    keys = event_keys(event(place=place(admin2="الصنمين")))
    assert {"جاسم", "jasim", "صنمين", "درعا", "dara", "سوريا", "syria", "sy", "syr"} <= keys


def test_an_event_without_a_country_has_no_keys_of_one():
    assert event_keys(event(place=unresolved("حي"), key="XX")) == {"حي"}


@pytest.mark.parametrize("name", ["SY", "sy", "SYR", "Syria", "سوريا", "سورية", " سوريا "])
def test_a_country_is_known_by_code_and_names(name):
    assert country_code(name) == "SY"


def test_an_unknown_country_stays_what_it_was_called():
    assert country_code("Atlantis") == "ATLANTIS"


def test_the_table_of_countries_is_whole():
    text = resources.files("sinks").joinpath("countries.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    codes = [row["code"] for row in rows]
    assert len(codes) == len(set(codes)) == len(countries()) > 230
    assert all(len(row["code"]) == 2 and len(row["iso3"]) == 3 and row["region"] and row["name_ar"] for row in rows)
    assert {"SY", "IQ", "YE", "PS", "LB", "SD", "LY", "EG", "JO", "SA", "MR", "SO", "DJ", "KM"} <= set(codes)


def test_the_table_of_countries_says_where_it_comes_from():
    provenance = tomllib.loads(
        resources.files("sinks").joinpath("countries.provenance.toml").read_text(encoding="utf-8")
    )
    assert (Path(__file__).parents[2] / provenance["script"]).is_file()
    forbidden = ("GPL", "share", "BY-SA", "NC")
    assert all(not any(word in source["licence"] for word in forbidden) for source in provenance["source"])


def test_names_of_countries_mean_one_country_each():
    for country in countries().values():
        for name in country.names:
            assert country_code(name) == country.code, name


@pytest.mark.parametrize("slug", SUB_EVENTS)
def test_every_sub_event_is_known_by_slug_and_names(slug):
    sub = SUB_EVENTS[slug]
    assert resolve([slug, sub.name_en, sub.name_ar]).sub_events == (slug,) * 3


def test_families_categories_and_unknown_words_are_told_apart():
    assert resolve(["Battles", "احتجاجات", "CONSULT", "كذا"]) == Types(
        (), ("battles", "protests"), ("CONSULT",), ("كذا",)
    )

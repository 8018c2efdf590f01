"""The mappings as data: they know every field of the records, and name analyzers that exist."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest

from contracts.records import Article, Event
from sinks.elasticsearch.documents import derived, searched
from sinks.elasticsearch.schema import Names, analysis, definition, part_of
from tests.sinks.events import NOW, article, event

SCHEMA = {"events": Event, "articles": Article}


def struct_in(kind: Any) -> type[msgspec.Struct] | None:
    """The record inside an optional or a tuple."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    if get_origin(kind) in (Union, types.UnionType, tuple):
        return next((found for part in get_args(kind) if (found := struct_in(part))), None)
    return None


def unmapped(kind: type[msgspec.Struct], properties: dict[str, Any], path: str = "") -> list[str]:
    """Fields of a record that its strict mapping would refuse."""
    missing = []
    for field in msgspec.structs.fields(kind):
        name = f"{path}{field.encode_name}"
        mapped, inner = properties.get(field.encode_name), struct_in(field.type)
        if mapped is None:
            missing.append(name)
        elif inner is not None and "properties" in mapped:
            missing += unmapped(inner, mapped["properties"], f"{name}.")
    return missing


def fields_of(properties: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for mapped in properties.values():
        found += [mapped, *mapped.get("fields", {}).values(), *fields_of(mapped.get("properties", {}))]
    return found


@pytest.mark.parametrize("kind", ["events", "articles"])
def test_every_field_of_a_record_is_in_its_strict_mapping(kind):
    mappings = definition(kind)["mappings"]
    assert mappings["dynamic"] == "strict"
    assert "record" in mappings["properties"]
    assert unmapped(SCHEMA[kind], mappings["properties"]) == []


def test_what_is_derived_is_in_the_mapping_and_nothing_else():
    properties = definition("events")["mappings"]["properties"]
    assert set(derived(event(), NOW)) == set(properties["derived"]["properties"])
    assert set(searched(event())) == set(properties["search"]["properties"])


@pytest.mark.parametrize("kind", ["events", "articles"])
def test_every_analyzer_of_a_mapping_exists(kind):
    fields = fields_of(definition(kind)["mappings"]["properties"])
    named = {field[key] for field in fields for key in ("analyzer", "search_analyzer") if key in field}
    assert named
    assert named <= set(analysis()["analyzer"])


def test_names_that_stay_whole_are_single_words_once_each():
    names = analysis()["filter"]["names"]["keywords"]
    assert names == sorted(set(names))
    assert "لبنان" in names


@pytest.mark.parametrize(
    ("ident", "part"),
    [("202210-a", "2022.10"), ("202213-a", "other"), ("2022101-a", "other"), ("1", "other"), ("202201", "2022.01")],
)
def test_the_month_of_an_event_id_names_its_index(ident, part):
    assert part_of(event(ident)) == ("events", part)


def test_articles_are_in_one_index():
    assert part_of(article("202210-a")) == ("articles", "all")


@pytest.mark.parametrize("series", [0, 3])
def test_the_name_of_an_index_says_its_part_and_series(series):
    names = Names("rasid")
    assert names.parsed("events", names.index("events", "2022.10", series)) == ("2022.10", series)

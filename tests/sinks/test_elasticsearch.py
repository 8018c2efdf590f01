"""What the Elasticsearch index does beyond what every index does: versions, months, templates, mappings, series."""

from __future__ import annotations

import random

import pytest

from contracts.index import Query
from sinks.elasticsearch import IndexRefused, RejectedDocuments
from tests.servers.proxy import FaultyProxy
from tests.sinks.events import article, event, place, report

pytestmark = pytest.mark.server


def ids(index, **filters) -> list[str]:
    index.refresh()
    return [found.id for found in index.export(Query(**filters))]


# --- versions


def test_a_thousand_versions_in_any_order_leave_the_newest_of_each_event(node):
    index, chance = node.index(bulk_actions=90), random.Random(7)
    written = [event(f"2022{1 + n % 3:02}-{n % 60}", version=n, summary_en=f"version {n}") for n in range(1_000)]
    chance.shuffle(written)
    for start in range(0, len(written), 250):
        index.write(written[start : start + 250])
    newest = {found.id: found for found in sorted(written, key=lambda found: found.version)}
    index.refresh()
    assert {found.id: found for found in index.export(Query())} == newest


def test_an_equal_or_older_version_is_already_there_and_no_fault(node):
    index = node.index()
    index.write([event(version=5, summary_en="fifth"), article(version=2)])
    index.write([event(version=5, summary_en="other"), event(version=4), article(version=2), article(version=1)])
    index.refresh()
    assert index.show("202210-a").summary_en == "fifth"
    assert index.article("a-1").version == 2


def test_what_is_kept_is_the_record_and_what_is_derived_but_not_the_words_to_search_by(node):
    index = node.index()
    index.write([event()])
    source = node.client.get(index=f"{node.prefix}-events-2022.10", id="202210-a")["_source"]
    assert source["record"] == "event"
    assert source["derived"]["location"] == {"lat": 32.99, "lon": 36.06}
    assert "search" not in source


# --- months and aliases


def test_each_month_has_an_index_and_one_alias_reads_them_all(node):
    index = node.index()
    index.write([event("202210-a"), event("202211-b"), event("202301-c"), event("x"), article()])
    p = node.prefix
    assert node.indices() == [
        f"{p}-articles-all",
        *(f"{p}-events-{m}" for m in ("2022.10", "2022.11", "2023.01", "other")),
    ]
    assert sorted(node.client.indices.get_alias(name=f"{p}-events")) == node.indices()[1:]
    assert ids(index) == ["202210-a", "202211-b", "202301-c", "x"]


def test_a_bulk_goes_through_an_alias_and_asks_for_no_refresh(node):
    with FaultyProxy(node.url) as proxy:
        index = node.index(urls=(proxy.url,))
        index.write([event("202210-a"), article()])
        bulks = [path for path in proxy.paths() if "_bulk" in path]
    assert bulks
    assert all("require_alias=true" in path and "refresh" not in path for path in bulks)


def test_an_index_that_was_deleted_under_the_writer_is_made_anew_with_its_analyzers(node):
    index = node.index()
    index.write([event("202210-a")])
    node.client.indices.delete(index=f"{node.prefix}-events-2022.10")
    index.write([event("202210-b")])
    mapping = node.client.indices.get_mapping(index=f"{node.prefix}-events-2022.10")
    properties = mapping[f"{node.prefix}-events-2022.10"]["mappings"]["properties"]
    assert properties["summary_ar"]["analyzer"] == "arabic_text"
    assert ids(index) == ["202210-b"]


def test_documents_larger_than_a_batch_go_alone_and_all_arrive(node):
    index = node.index(bulk_bytes=20_000)
    long = [event(f"202210-{n}", reports=(report(f"r{n}", "قصف " * 4_000),)) for n in range(3)]
    index.write([event("202210-a"), *long, event("202210-b")])
    assert len(ids(index)) == 5


# --- templates and mappings


def test_setting_up_twice_changes_nothing(node):
    index = node.index()
    index.setup()
    index.write([event()])
    index.setup()
    mapped = node.client.indices.get(index=f"{node.prefix}-events-*").body
    node.index().setup()
    assert node.client.indices.get(index=f"{node.prefix}-events-*").body == mapped
    assert ids(index) == ["202210-a"]


def test_a_template_that_is_gone_does_not_matter_to_a_new_month(node):
    index = node.index()
    index.write([event("202210-a")])
    node.client.indices.delete_index_template(name=f"{node.prefix}-events")
    index.write([event("202211-b")])
    made = node.client.indices.get(index=f"{node.prefix}-events-2022.11")[f"{node.prefix}-events-2022.11"]
    assert made["mappings"]["dynamic"] == "strict"
    assert "arabic_text" in made["settings"]["index"]["analysis"]["analyzer"]


def test_an_index_that_someone_else_makes_under_our_names_gets_our_mapping(node):
    node.index().setup()
    made = node.client.indices.create(index=f"{node.prefix}-events-1999.01")["index"]
    assert node.client.indices.get_mapping(index=made)[made]["mappings"]["dynamic"] == "strict"


def test_a_template_that_cannot_be_installed_stops_the_sink_and_nothing_is_made(node):
    node.client.indices.put_index_template(
        name=f"{node.prefix}-rival", index_patterns=[f"{node.prefix}-*"], priority=300
    )
    with pytest.raises(IndexRefused, match=r"template .*-events cannot be installed"):
        node.index().write([event()])
    assert node.indices() == []


def test_a_field_of_another_type_is_refused_by_name(node):
    node.index().setup()
    other = {"properties": {"killed": {"type": "keyword"}}}
    node.client.indices.delete_index_template(name=f"{node.prefix}-events")
    analysis = node.client.indices.get_index_template(name=f"{node.prefix}-articles")["index_templates"][0]
    settings = analysis["index_template"]["template"]["settings"]["index"]
    mappings = {"dynamic": "strict", **other}
    node.client.indices.create(
        index=f"{node.prefix}-events-2022.10", settings={"analysis": settings["analysis"]}, mappings=mappings
    )
    with pytest.raises(IndexRefused, match=r"events-2022\.10 does not fit"):
        node.index().write([event()])


def test_an_index_with_other_analyzers_is_refused(node):
    node.client.indices.create(index=f"{node.prefix}-events-2022.10", mappings={"dynamic": "strict"})
    with pytest.raises(IndexRefused, match="other analyzers"):
        node.index().setup()


def test_an_index_of_a_newer_rasid_is_refused(node):
    node.client.indices.create(index=f"{node.prefix}-events-2022.10", mappings={"_meta": {"rasid": 99}})
    with pytest.raises(IndexRefused, match="update"):
        node.index().setup()


def test_new_fields_reach_the_indices_that_exist(node):
    index = node.index()
    index.write([event()])
    name = f"{node.prefix}-events-2022.10"
    before = node.client.indices.get_mapping(index=name)[name]["mappings"]
    less = {**before, "properties": {k: v for k, v in before["properties"].items() if k != "weapons"}}
    analysis = node.client.indices.get_settings(index=name)[name]["settings"]["index"]["analysis"]
    node.client.indices.delete(index=name)
    node.client.indices.delete_index_template(name=f"{node.prefix}-events")
    aliases = {f"{node.prefix}-events": {}, f"{node.prefix}-write-events-2022.10": {}}
    node.client.indices.create(index=name, settings={"analysis": analysis}, mappings=less, aliases=aliases)
    with pytest.raises(IndexRefused, match="lacks a field"):
        index.write([event(weapons=("مدفعية",))])
    fresh = node.index()
    fresh.write([event(weapons=("مدفعية",))])
    assert ids(fresh) == ["202210-a"]


# --- documents that the index cannot take


def test_a_document_that_does_not_fit_is_named_and_all_others_are_written(node):
    index = node.index(bulk_actions=2)
    beyond = place(lat=91.5)
    written = [event("202210-a"), event("202210-bad", place=beyond), event("202210-c"), event("202210-d")]
    with pytest.raises(RejectedDocuments, match=r"202210-bad: .*latitude") as refused:
        index.write(written)
    assert list(refused.value.reasons) == ["202210-bad"]
    assert ids(index) == ["202210-a", "202210-c", "202210-d"]


def test_an_id_that_fails_the_whole_request_is_found_and_named(node):
    index, too_long = node.index(), "202210-" + "x" * 600
    with pytest.raises(RejectedDocuments, match="Validation Failed") as refused:
        index.write([event("202210-a"), event(too_long), event("202210-b"), article()])
    assert list(refused.value.reasons) == [too_long]
    assert ids(index) == ["202210-a", "202210-b"]


def test_halves_of_surrogate_pairs_are_named_before_anything_is_sent(node):
    index = node.index()
    with pytest.raises(RejectedDocuments, match="JSON") as refused:
        index.write([event("202210-a"), event("202210-b", summary_en="\ud800")])
    assert list(refused.value.reasons) == ["202210-b"]
    assert ids(index) == ["202210-a"]


# --- series


def test_a_rebuild_is_unseen_until_it_is_published_and_then_everyone_writes_there(node):
    live, rebuild = node.index(), node.index(series=1)
    live.write([event("202210-a"), event("202210-old"), article()])
    rebuild.write([event("202210-a", version=9, summary_en="rebuilt"), event("202212-new"), article()])
    assert ids(live) == ["202210-a", "202210-old"]
    assert live.series() == 0
    left = rebuild.publish()
    assert left == [f"{node.prefix}-articles-all", f"{node.prefix}-events-2022.10"]
    assert live.series() == 1
    assert ids(live) == ["202210-a", "202212-new"]
    live.write([event("202210-b"), event("202301-c")])
    assert ids(live) == ["202210-a", "202210-b", "202212-new", "202301-c"]
    assert f"{node.prefix}-events-2023.01-s1" in node.indices()


def test_forgetting_reaches_what_is_not_published(node):
    live, rebuild = node.index(), node.index(series=1)
    told = event("202210-a", reports=(report("r1", article_id="a-1"),))
    live.write([told, article("a-1")])
    rebuild.write([told, article("a-1")])
    assert live.forget("a-1") == 2
    rebuild.publish()
    assert live.article("a-1") is None
    assert live.show("202210-a").reports == ()


def test_the_events_of_an_article_are_named_with_their_tombstones(node):
    index, told = node.index(), (report("r1", article_id="a-1"),)
    index.write([event("1", reports=told), event("2", reports=told, state="superseded", superseded_by="1"), event("3")])
    index.refresh()
    assert index.events_of("a-1") == ["1", "2"]

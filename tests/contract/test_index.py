"""What every index does with documents, filters, pages and facets; its text is in ``test_index_text.py``."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.index import Query
from contracts.records import Count, Fatalities
from tests.contract.indexes import INDEXES, NOW, Clock, examples_on, ids
from tests.sinks.events import actor, article, bare, count, event, place, report, unresolved

# --- documents


def test_an_index_that_nothing_was_written_to_answers_with_nothing(index):
    assert index.search(Query(text="جاسم")).total == 0
    assert list(index.export(Query())) == []
    assert index.facets(Query(), ["country", "actor"]) == {"country": [], "actor": []}
    assert index.show("202210-a") is None
    assert index.article("a-1") is None
    assert index.count()["events.live"] == 0
    assert index.forget("a-1") == 0


def test_an_event_comes_back_as_it_was_written(index):
    written = event(initiators=(actor("مقاتلون محليون"),), injured=count(3))
    index.write([written])
    assert index.show(written.id) == written
    assert index.search(Query()).hits[0].event == written


def test_an_actor_is_found_under_any_of_the_names_asked_for(index):
    index.write([event(initiators=(actor("داعش", name="تنظيم الدولة الإسلامية"),)), event("202210-b")])
    assert ids(index, actor="ISIS") == []
    assert ids(index, actor="ISIS", actor_names=("تنظيم الدولة الإسلامية", "")) == ["202210-a"]
    assert ids(index, actor="", actor_names=()) == ids(index)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 3, 1)])
def test_the_newest_version_stays_in_whatever_order_versions_come(index, order):
    for version in order:
        index.write([event(version=version, summary_en=f"version {version}", place=place(name_en=f"Town{version}"))])
    assert index.search(Query()).hits[0].event.version == 3
    assert ids(index, text="Town3") == ["202210-a"]
    assert ids(index, text="Town1") == []
    assert ids(index, place="Town2") == []


def test_an_equal_version_is_already_there(index):
    index.write([event(summary_en="first")])
    index.write([event(summary_en="second")])
    assert index.show("202210-a").summary_en == "first"


def test_two_versions_in_one_batch_leave_the_newer(index):
    index.write([event(version=5, status="denied"), event(version=4), event("202210-b")])
    assert ids(index, status=("denied",)) == ["202210-a"]
    assert index.count()["events.live"] == 2


def test_articles_keep_the_newest_version_and_the_mark_of_withdrawal(index):
    index.write([article(version=2, title="ثانٍ"), article(version=1, title="أول")])
    assert index.article("a-1").title == "ثانٍ"
    index.write([article(version=3, withdrawn=True)])
    assert index.article("a-1").withdrawn
    assert index.count()["articles"] == 1


def test_documents_are_counted_by_kind_state_and_rules(index):
    index.write([article(), event("1", rules="7"), event("2", rules="8"), event("3", state="retracted", rules="8")])
    index.write([event("4", state="superseded", superseded_by="1", rules="8")])
    counted = index.count()
    assert (counted["articles"], counted["events.live"], counted["events.superseded"], counted["events.retracted"]) == (
        1,
        2,
        1,
        1,
    )
    assert (counted["rules.7"], counted["rules.8"]) == (1, 3)


def test_show_follows_a_chain_of_superseded_ids(index):
    index.write(
        [
            event("1", state="superseded", superseded_by="2"),
            event("2", state="superseded", superseded_by="3"),
            event("3"),
        ]
    )
    assert index.show("1").id == "3"


def test_show_gives_the_last_that_is_there_where_a_chain_breaks(index):
    index.write(
        [event("1", state="superseded", superseded_by="2"), event("2", state="superseded", superseded_by="gone")]
    )
    assert index.show("1").id == "2"


def test_show_ends_where_ids_lead_in_a_circle(index):
    index.write([event("1", state="superseded", superseded_by="2"), event("2", state="superseded", superseded_by="1")])
    assert index.show("1").id == "1"


def test_tombstones_are_left_out_unless_their_state_is_asked_for(index):
    index.write([event("1"), event("2", state="superseded", superseded_by="1"), event("3", state="retracted")])
    assert ids(index) == ["1"]
    assert ids(index, states=("superseded", "retracted")) == ["2", "3"]
    assert ids(index, states=()) == ["1", "2", "3"]


# --- forgetting


def test_forgetting_an_article_takes_out_its_text_and_the_events_that_rest_on_it_alone(index):
    alone = event("1", reports=(report("r1", "قصف طال بلدة الطيبة", article_id="a-1"),), summary_ar="")
    index.write([article("a-1"), article("a-2"), alone])
    assert index.forget("a-1") == 2
    assert index.article("a-1") is None
    assert index.article("a-2") is not None
    assert index.show("1").state == "retracted"
    assert index.show("1").reports == ()
    assert ids(index, text="الطيبة", states=()) == []


def test_forgetting_an_article_leaves_an_event_with_its_other_reports(index):
    reports = (report("r1", "قصف طال الطيبة", article_id="a-1", outlet="أ"), report("r2", article_id="a-2", outlet="ب"))
    index.write([event("1", reports=reports)])
    assert index.forget("a-1") == 0
    left = index.show("1")
    assert [r.id for r in left.reports] == ["r2"]
    assert left.outlets == ("ب",)
    assert ids(index, outlet="أ") == []
    assert ids(index, text="الطيبة") == []


def test_what_was_forgotten_does_not_come_back_with_the_same_version(index):
    index.write([event("1", reports=(report("r1", article_id="a-1"),))])
    index.forget("a-1")
    index.write([event("1", reports=(report("r1", article_id="a-1"),))])
    assert index.show("1").reports == ()


# --- filters


@pytest.mark.parametrize(
    "asked",
    [
        "جاسم",
        "درعا",
        "محافظة درعا",
        "ريف درعا",
        "ريف درعا الشمالي",
        "Daraa",
        "Dar'a",
        "Daraa Governorate",
        "Jasim",
        "مدينة جاسم",
        "سوريا",
        "سورية",
        "Syria",
        "SY",
        "syria",
    ],
)
def test_a_place_filter_finds_the_place_and_everything_inside_it(index, asked):
    index.write(
        [event("1"), event("2", place=place("الباب", name_en="Al Bab", admin1="حلب", admin1_en="Aleppo", country="TR"))]
    )
    assert ids(index, place=asked) == ["1"]


def test_rif_dimashq_is_a_governorate_of_its_own_and_not_damascus(index):
    ghouta = place("دوما", name_en="Douma", admin1="ريف دمشق", admin1_en="Rif Dimashq")
    capital = place("دمشق", name_en="Damascus", admin1="دمشق", admin1_en="Damascus")
    index.write([event("1", place=ghouta), event("2", place=capital)])
    assert ids(index, place="ريف دمشق") == ["1"]
    assert ids(index, place="محافظة ريف دمشق") == ["1"]
    assert ids(index, place="Rural Damascus") == ["1"]
    assert ids(index, place="دمشق") == ["2"]


def test_a_place_that_resolves_to_nothing_is_found_by_its_own_words(index):
    index.write([event("1", place=unresolved("خربة الزيتون"), key="XX")])
    assert ids(index, place="خربه الزيتون") == ["1"]
    assert ids(index, place="SY") == []


def test_a_place_filter_in_latin_letters_falls_back_to_the_sound_of_the_name(index):
    index.write([event("1", place=unresolved("صوران"))])
    assert ids(index, place="Sawran") == ["1"]


def test_an_unknown_place_finds_nothing(index):
    index.write([event("1")])
    assert ids(index, place="حلب") == []
    assert ids(index, place="***") == []


def test_countries_are_asked_for_by_code_or_name(index):
    index.write([event("1"), event("2", key="IQ", place=None), event("3", key="XX", place=None)])
    assert ids(index, countries=("SY",)) == ["1"]
    assert ids(index, countries=("العراق", "sy")) == ["1", "2"]


@pytest.mark.parametrize("asked", ["تنظيم الدولة", "الدولة", "Islamic State", "خلايا", "لتنظيم الدولة", "islamic"])
def test_an_actor_filter_reads_text_name_and_english_name(index, asked):
    ours = actor("خلايا تنظيم الدولة", "تنظيم الدولة الإسلامية", name_en="Islamic State")
    index.write([event("1", targets=(ours,)), event("2", initiators=(actor("الجيش السوري", name_en="Syrian army"),))])
    assert ids(index, actor=asked) == ["1"]


def test_the_words_of_an_actor_filter_must_meet_in_one_actor(index):
    index.write([event("1", initiators=(actor("الجيش السوري"),), targets=(actor("الفيلق الخامس"),))])
    assert ids(index, actor="الجيش الخامس") == []
    assert ids(index, actor="الجيش السوري") == ["1"]


def test_an_outlet_filter_takes_the_name_as_it_stands_on_reports(index):
    index.write([event("1", reports=(report("r1", outlet="enab-baladi"), report("r2", outlet="جريدة حوران")))])
    index.write([event("2", reports=(report("r3", outlet="سانا"),))])
    assert ids(index, outlet="enab-baladi") == ["1"]
    assert ids(index, outlet="جريدة حوران") == ["1"]
    assert ids(index, outlet="سانا") == ["2"]


@pytest.mark.parametrize("asked", ["armed_clash", "Armed clash", "battles", "Battles", "اشتباك مسلح", "معارك"])
def test_types_are_slugs_families_or_names(index, asked):
    index.write([event("1"), event("2", "air_drone_strike")])
    assert ids(index, types=(asked,)) == ["1"]


def test_several_types_widen_and_unknown_types_find_nothing(index):
    index.write([event("1"), event("2", "air_drone_strike"), event("3", "arrests")])
    assert ids(index, types=("battles", "air_drone_strike")) == ["1", "2"]
    assert ids(index, types=("كذا",)) == []


def test_diplomatic_events_are_left_out_unless_asked_for(index):
    index.write([event("1"), event("2", None, plover="CONSULT"), event("3", None, plover=None)])
    assert ids(index) == ["1", "3"]
    assert ids(index, diplomatic=True) == ["1", "2", "3"]
    assert ids(index, types=("CONSULT",)) == ["2"]


def test_status_review_and_background_restrict(index):
    index.write([event("1"), event("2", status="claimed", review="confirmed"), event("3", background=True)])
    assert ids(index, status=("claimed",)) == ["2"]
    assert ids(index, review=("new",)) == ["1", "3"]
    assert ids(index, background=True) == ["3"]
    assert ids(index, background=False) == ["1", "2"]


def test_dates_overlap_the_events_own_and_leave_out_the_undated(index):
    period = {"date_start": date(2022, 10, 10), "date_end": date(2022, 10, 12)}
    index.write([event("1"), event("2", **period), event("3", date_start=None, date_end=None)])
    assert ids(index, since=date(2022, 10, 12)) == ["1", "2"]
    assert ids(index, since=date(2022, 10, 13)) == ["1"]
    assert ids(index, until=date(2022, 10, 10)) == ["2"]
    assert ids(index, since=date(2022, 10, 11), until=date(2022, 10, 11)) == ["2"]
    assert ids(index) == ["1", "2", "3"]


def test_killed_min_compares_the_best_figure_failing_that_the_low_one(index):
    open_ended = Count(low=5, high=None, text="خمسة على الأقل")
    index.write([event("1"), event("2", fatalities=None, killed=open_ended), event("3", fatalities=None)])
    assert ids(index, killed_min=4) == ["1", "2"]
    assert ids(index, killed_min=5) == ["2"]
    assert ids(index, killed_min=0) == ["1", "2"]


def test_changed_since_goes_by_our_clock_and_names_tombstones_where_states_allow(index, clock):
    index.write([event("1"), event("2")])
    clock.now = NOW + timedelta(hours=1)
    index.write([event("2", version=2, state="superseded", superseded_by="1"), event("1")])
    asked = {"changed_since": NOW + timedelta(minutes=1)}
    assert ids(index, **asked) == []
    assert ids(index, states=(), **asked) == ["2"]
    assert ids(index, changed_since=NOW) == ["1"]


# --- pages and order


def test_orders_are_newest_most_killed_and_last_changed_first(index, clock):
    index.write([event("1", date_start=date(2022, 1, 1), fatalities=Fatalities(low=9, best=9, high=9)), event("2")])
    clock.now += timedelta(minutes=1)
    index.write([event("3", date_start=None, date_end=None, fatalities=None)])
    orders = {sort: [h.event.id for h in index.search(Query(sort=sort)).hits] for sort in ("date", "killed", "changed")}
    assert orders == {"date": ["2", "1", "3"], "killed": ["1", "2", "3"], "changed": ["3", "1", "2"]}


def test_pages_follow_one_another_and_the_total_counts_all(index):
    index.write([event(f"{n:02}") for n in range(25)])
    pages = [index.search(Query(limit=10, offset=offset)) for offset in (0, 10, 20, 30)]
    assert [page.total for page in pages] == [25] * 4
    assert [hit.event.id for page in pages for hit in page.hits] == [f"{n:02}" for n in range(25)]


@pytest.mark.parametrize(
    "bounds", [{"limit": -1}, {"limit": 10**30}, {"offset": -5}, {"offset": 10**30}, {"killed_min": 10**30}]
)
def test_bounds_beyond_reason_are_cut_to_size(index, bounds):
    index.write([event("1")])
    assert index.search(Query(**bounds)).total in (0, 1)


def test_an_export_passes_page_borders_in_the_order_of_ids(index):
    index.write([event(f"{n:05}") for n in reversed(range(1_203))])
    assert [e.id for e in index.export(Query(limit=5, offset=7))] == [f"{n:05}" for n in range(1_203)]


def test_an_export_goes_on_while_events_are_written(index):
    index.write([event(f"{n:05}") for n in range(600)])
    going = index.export(Query())
    first = next(going)
    index.write([event("99999"), event("00599", version=2, state="retracted")])
    rest = [e.id for e in going]
    assert first.id == "00000"
    assert "00599" not in rest
    assert len(rest) == 598


# --- facets


def test_facets_count_events_by_what_they_carry(index):
    army, state = actor("الجيش"), actor("تنظيم الدولة")
    index.write([event("1", initiators=(army, army), targets=(state,)), event("2", initiators=(army,))])
    index.write([event("3", "arrests", place=place("حلب", admin1="حلب", country="SY"), date_start=date(2022, 10, 15))])
    counted = index.facets(
        Query(),
        ["sub_event_type", "event_type", "country", "admin1", "place", "actor", "outlet", "date", "status", "state"],
    )
    assert counted == {
        "sub_event_type": [("armed_clash", 2), ("arrests", 1)],
        "event_type": [("Battles", 2), ("Strategic developments", 1)],
        "country": [("SY", 3)],
        "admin1": [("درعا", 2), ("حلب", 1)],
        "place": [("جاسم", 2), ("حلب", 1)],
        "actor": [("الجيش", 2), ("تنظيم الدولة", 1)],
        "outlet": [("جريدة حوران", 3)],
        "date": [("2022-10-15", 1), ("2022-10-14", 2)],
        "status": [("asserted", 3)],
        "state": [("live", 3)],
    }


def test_facets_count_what_the_query_finds_and_no_more_than_asked(index):
    index.write([event("1"), event("2", "arrests"), event("3", "agreement"), bare("4", "وصلت حافلات", sub="attack")])
    assert index.facets(Query(text="جاسم", types=("strategic",)), ["sub_event_type"], size=1) == {
        "sub_event_type": [("agreement", 1)]
    }


# --- properties


versions = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=14)


@pytest.mark.parametrize("factory", INDEXES, ids=lambda factory: factory.__name__)
def test_order_batches_and_repetition_of_versions_do_not_matter(factory):
    @settings(max_examples=examples_on(factory, 20), deadline=None)
    @given(writes=versions, cut=st.integers(1, 5))
    def in_any_order(writes, cut):
        newest_version_wins(factory, writes, cut)

    in_any_order()


def newest_version_wins(factory, writes, cut):
    documents = [
        event(ident, version=version, place=place(f"بلدة{version}"), state="live" if version % 3 else "retracted")
        for ident, version in writes
    ]
    with TemporaryDirectory() as folder, factory(Path(folder), Clock()) as index:
        for start in range(0, len(documents), cut):
            index.write(documents[start : start + cut])
        newest = {d.id: d for d in sorted(documents, key=lambda d: d.version)}
        assert {e.id: e for e in index.export(Query(states=()))} == newest
        for number in range(6):
            wanted = sorted(d.id for d in newest.values() if d.version == number)
            assert ids(index, text=f"بلدة{number}", states=()) == wanted


def test_records_survive_the_index_with_everything_that_they_carry(index):
    full = msgspec.structs.replace(event("1"), more_reports=("r9",), weapons=("مدفعية",), review_note="راجعها محلل")
    index.write([full])
    assert list(index.export(Query())) == [full]

"""Records on the wire: what was written by any version of ours is read by this one, and wrong fields are named."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts import codec, records
from contracts.records import (
    Actor,
    Article,
    ArticleReports,
    Count,
    CountPart,
    Decision,
    Entry,
    Event,
    Fatalities,
    Page,
    Place,
    Quote,
    Report,
    SharedToll,
    Speaker,
    Stamp,
    TollPoint,
    Validators,
    Variant,
)  # fmt: skip

GOLDEN = Path(__file__).parent / "records"
AT = datetime(2022, 10, 14, 9, 30, tzinfo=UTC)
KINDS: tuple[Any, ...] = (Entry, Page, Article, Report, ArticleReports, Decision, Event)


def examples() -> dict[str, Any]:
    entry = Entry(
        id="e1", feed_id="f", outlet="o", url="https://o.example/1", guid="g", title="عنوان", summary="ملخص",
        content_html="<p>نص</p>", author="كاتب", published_at=AT, updated_at=AT, seen_at=AT, look=1,
        validators=Validators(etag='"x"', last_modified="Fri, 14 Oct 2022 09:30:00 GMT", content_hash="ab"),
    )  # fmt: skip
    page = Page(
        entry=entry, url="https://o.example/1", status=200, headers={"etag": '"x"'}, content_type="text/html",
        charset="utf-8", body=b"\x28\xb5\x2f\xfd", content_hash="ab", fetched_at=AT,
    )  # fmt: skip
    article = Article(
        id="a1", revision=2, version=(1 << 40) | 7, url="https://o.example/1", outlet="o", feed_id="f", title="عنوان",
        text="نص", language="ar", author="كاتب", agency="سانا", timezone="Asia/Damascus", published_at=AT,
        updated_at=AT, fetched_at=AT, signature=(1, 2), country="SY", viewpoint="state-media",
    )  # fmt: skip
    place = Place(
        text="جاسم", start=3, end=7, name="جاسم", name_en="Jasim", geonameid=1, kind="town", admin1="درعا",
        admin1_en="Daraa", admin1_code="SY.06", admin2="إزرع", country="SY", lat=32.99, lon=36.06, precision=1,
        relation="شمالي", score=0.9, why="named with its governorate",
    )  # fmt: skip
    actor = Actor(
        text="قوات النظام",
        start=9,
        end=20,
        name="الجيش السوري",
        name_en="Syrian Army",
        actor_id="sy-army",
        kind="state_forces",
        country="SY",
    )
    toll = Count(
        low=4, high=4, text="أربعة", start=1, end=6, by=(CountPart(who="مقاتلين", civilian=False, low=2, high=2),)
    )
    report = Report(
        id="r1", article_id="a1", revision=2, url="https://o.example/1", outlet="o", title="عنوان", published_at=AT,
        fetched_at=AT, agency="سانا", signature=(1, 2), trigger=Quote(text="قصف", start=0, end=3),
        evidence=Quote(text="قصف", start=-1, end=-1, title_start=0), event_type="Battles", sub_event_type="armed_clash",
        plover="ASSAULT", plover_mode="firearms", quad_class=4, date_start=date(2022, 10, 14), date_end=date(2022, 10, 14),
        date_precision="day", date_basis="explicit", date_text="الجمعة 14 من تشرين الأول", place=place, initiators=(actor,),
        targets=(actor,), killed=toll, injured=Count(low=1, high=None, text="آخرون"),
        shared_toll=SharedToll(text="أربعة", killed=toll, reports=("r1", "r2")), weapons=("مدفعية",), status="claimed",
        speaker=Speaker(text="وزارة الإعلام", name="وزارة الإعلام السورية"), background=False, confidence=0.8, rules="1",
    )  # fmt: skip
    facts = {f: getattr(report, f) for f in records.Facts.__struct_fields__}
    event = Event(
        id="202210-ab", version=(1 << 40) | 9, key="SY", state="superseded", superseded_by="202210-cd", first_seen_at=AT,
        last_seen_at=AT, fatalities=Fatalities(low=4, best=4, high=None, civilians=1),
        disputed={"killed": (Variant(value="4", reports=("r1",), outlets=("o",)),)},
        toll_history=(TollPoint(report_id="r1", outlet="o", published_at=AT, killed=(4, None)),), review="check",
        review_note="the quoted sentence is gone", reports=(report,), more_reports=("r9",), outlets=("o",),
        independent_sources=1, summary_ar="اشتباك", summary_en="A clash", rules="1", **facts,
    )  # fmt: skip
    decision = Decision(
        id="d1", country="SY", action="set", report_id="r1", evidence="قصف", field="killed", value="5", who="analyst",
        why="hospital list", decided_at=AT, other_report_id="r2", other_evidence="قصف",
    )  # fmt: skip
    sets = ArticleReports(article_id="a1", key="SY", stamp=Stamp(3, 2), reports=(report,))
    return {codec.record_name(r): r for r in (entry, page, article, report, sets, decision, event)}


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_record_comes_back_as_it_was(name: str) -> None:
    record = examples()[name]
    assert codec.decode(type(record), codec.encode(record)) == record


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_records_of_every_version_are_read_and_keep_their_fields(path: Path) -> None:
    """``v1-entry.json`` was written by version 1; a field that is dropped or renamed breaks this."""
    data = path.read_bytes()
    kind = {codec.record_name(k): k for k in KINDS}[path.stem.partition("-")[2]]
    record = codec.decode(kind, data)
    written, again = json.loads(data), json.loads(codec.encode(record))
    assert {k: again.get(k) for k in written} == written


def test_there_is_a_golden_record_of_every_kind_for_this_version() -> None:
    there = {path.stem for path in GOLDEN.glob("*.json")}
    assert there >= {f"v{records.SCHEMA_VERSION}-{name}" for name in examples()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_of_every_record_stands_in_its_golden_record(kind: Any) -> None:
    golden = json.loads((GOLDEN / f"v{records.SCHEMA_VERSION}-{codec.record_name(kind)}.json").read_bytes())
    assert set(structs.fields(kind) and [f.encode_name for f in structs.fields(kind)]) <= set(golden)


def test_a_wrong_type_is_named_with_its_path() -> None:
    spoilt = json.loads(codec.encode(examples()["article_reports"]))
    spoilt["reports"][0]["place"]["lat"] = "north"
    with pytest.raises(codec.BadRecord, match=r"ArticleReports.*`\$\.reports\[0\]\.place\.lat`"):
        codec.decode(ArticleReports, json.dumps(spoilt).encode())


def test_a_time_without_a_zone_is_refused() -> None:
    spoilt = json.loads(codec.encode(examples()["entry"]))
    spoilt["seen_at"] = "2022-10-14T09:30:00"
    with pytest.raises(codec.BadRecord, match="seen_at"):
        codec.decode(Entry, json.dumps(spoilt).encode())


def test_a_newer_record_is_told_apart_from_a_bad_one_even_when_its_fields_changed() -> None:
    for newer in ({"record": "entry", "schema_version": 2}, {"record": "novelty", "schema_version": 7}):
        with pytest.raises(codec.NewerRecord, match="update Rasid"):
            codec.decode_any(json.dumps(newer).encode())


def test_unknown_fields_are_passed_over() -> None:
    data = json.loads(codec.encode(examples()["entry"])) | {"novelty": [1]}
    assert codec.decode(Entry, json.dumps(data).encode()) == examples()["entry"]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_a_bad_record_and_nothing_else(data: bytes) -> None:
    with pytest.raises((codec.BadRecord, codec.NewerRecord)):
        codec.decode_any(data)


def test_the_higher_generation_wins_before_the_higher_revision() -> None:
    assert Stamp(2, 0) > Stamp(1, 9)
    assert Stamp(1, 3) > Stamp(1, 2)


@pytest.mark.parametrize(
    "start", [b"", b'{"record": "entry", "schema_version": 1, "title": ', b'{"record": "article", "x": ']
)
@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_thousands_of_brackets_are_a_bad_record(start: bytes, bracket: bytes) -> None:
    for decode in (codec.decode_any, lambda data: codec.decode((Article, Event), data)):
        with pytest.raises(codec.BadRecord):
            decode(start + bracket * 100_000)

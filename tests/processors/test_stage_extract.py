"""Extraction as a stage: report sets by country, looks again, and harmless re-delivery."""

from datetime import UTC, datetime

from contracts.codec import decode, encode
from contracts.outcomes import Drop, Emit
from contracts.records import Article, ArticleReports, Place, Quote, Report, Stamp
from contracts.stage import Context, MemoryStore
from processors.stage import Extracted, extract_stage, merge_key

NOW = datetime(2022, 10, 14, 12, tzinfo=UTC)
STAGE = extract_stage()


def article(**changes):
    fields = {
        "id": "a1",
        "url": "https://x.example/1",
        "outlet": "x",
        "feed_id": "f",
        "title": "",
        "text": "",
        "fetched_at": NOW,
    }
    return Article(**{**fields, **changes})


def report(name, country=None, **changes):
    place = Place(text="جاسم", start=0, end=4, country=country) if country else None
    quote = Quote(text="قصف", start=0, end=3)
    return Report(id=name, article_id="a1", trigger=quote, evidence=quote, place=place, **changes)


def context(generation=0):
    return Context(now=NOW, position=1, epoch=0, generation=generation)


def fold(store, reports, generation=0, **changes):
    by_key = {}
    for item in reports:
        by_key.setdefault(merge_key(item), []).append(item)
    worked = Extracted(article=article(**changes), reports={key: tuple(items) for key, items in by_key.items()})
    return STAGE.fold(worked, store, context(generation))


def sets(outcome):
    assert isinstance(outcome, Emit)
    return {
        record.key: [r.id for r in record.reports] for record in outcome.records if isinstance(record, ArticleReports)
    }


def test_reports_go_out_by_country_and_unknown_is_xx():
    outcome = fold(MemoryStore(), [report("r1", "SY"), report("r2", "LB"), report("r3")])
    assert sets(outcome) == {"SY": ["r1"], "LB": ["r2"], "XX": ["r3"]}


def test_an_article_whose_place_moved_empties_its_old_key():
    store = MemoryStore()
    fold(store, [report("r1", "SY")])
    assert sets(fold(store, [report("r2", "IQ")], revision=1)) == {"SY": [], "IQ": ["r2"]}


def test_a_withdrawn_article_empties_every_key():
    store = MemoryStore()
    fold(store, [report("r1", "SY"), report("r2")])
    assert sets(fold(store, [], revision=1, withdrawn=True)) == {"SY": [], "XX": []}


def test_delivered_twice_it_gives_the_same_and_keeps_the_same():
    store = MemoryStore()
    first = fold(store, [report("r1", "SY")])
    kept = dict(store.values)
    assert fold(store, [report("r1", "SY")]) == first
    assert store.values == kept


def test_an_older_revision_that_comes_late_changes_nothing():
    store = MemoryStore()
    fold(store, [report("r2", "IQ")], revision=2)
    kept = dict(store.values)
    assert isinstance(fold(store, [report("r1", "SY")], revision=1), Drop)
    assert store.values == kept


def test_a_replay_outranks_a_later_revision():
    store = MemoryStore()
    fold(store, [report("r1", "SY")], revision=5)
    outcome = fold(store, [report("r2", "SY")], generation=1, revision=0)
    assert sets(outcome) == {"SY": ["r2"]}
    assert outcome.records[0].stamp == Stamp(1, 0)


def test_news_is_looked_at_again_four_times():
    outcome = fold(MemoryStore(), [report("r1", "SY")])
    assert [(later.after, later.record.look) for later in outcome.later] == [
        (3600.0, 1), (21600.0, 2), (86400.0, 3), (259200.0, 4),
    ]  # fmt: skip
    assert len({later.record.id for later in outcome.later}) == 4


def test_background_alone_and_looks_themselves_bring_no_looks():
    assert fold(MemoryStore(), [report("r1", "SY", background=True)]).later == ()
    assert fold(MemoryStore(), [report("r1", "SY")], look=2).later == ()
    assert fold(MemoryStore(), []).later == ()


def test_a_forgotten_article_is_dropped():
    store = MemoryStore()
    store.put("forgotten:a1", b"1")
    assert fold(store, [report("r1", "SY")]) == Drop("forgotten")


def test_work_groups_what_it_extracts_and_its_value_survives_the_codec():
    text = "قصفت قوات النظام السوري بالمدفعية أطراف مدينة جاسم في محافظة درعا اليوم الجمعة."
    worked = STAGE.work(article(text=text, published_at=NOW), context())
    assert sum(map(len, worked.reports.values())) == 1
    assert decode(Extracted, encode(worked)) == worked
    assert worked.article.text == ""

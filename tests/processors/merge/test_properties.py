"""Merging is a function of the set: order, repetition, batching, revisions and crashes cannot matter."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.records import ArticleReports, Decision, Event, Report
from contracts.stage import MemoryStore
from processors.merge import cells, index, related, stage
from processors.merge.batch import merge_reports
from processors.merge.cluster import cluster
from processors.merge.decisions import Decided
from processors.merge.features import features
from processors.merge.pair import compare
from tests.processors.merge.builder import (
    CIVILIANS,
    DAY,
    LOCALS,
    NOON,
    REGIME,
    RUSSIA,
    STATE,
    Run,
    article,
    content,
    count,
    decision,
    groups,
    report,
    routed,
)

SENTENCES = (
    "قصفت قوات النظام بلدة البارة بقذائف الهاون فقتل ثلاثة من عمال المزرعة",
    "استهدف القصف سوق البلدة صباحًا بصواريخ أصابت محال الخضار",
    "اشتباكات ليلًا قرب الحاجز الشرقي بين مسلحين وعناصر التنظيم",
    "سقوط قتلى وجرحى في ريف المحافظة",
)
TEXTS = (
    "نص وكالة عن قصف البلدة ومقتل عمال في مزرعة قريبة من الطريق العام مساء اليوم",
    "خبر آخر عن اشتباكات دارت في محيط المدينة بين مسلحين",
)


@st.composite
def reports_of(draw: st.DrawFn, id: str) -> Report:
    """A report out of a small world, so that reports agree, contradict, copy and stay vague often."""
    place = draw(st.sampled_from(["bara", "bara", "taftanaz", "idlib", "idlib", "jasim", "daraa", "syria", None]))
    day = draw(st.sampled_from([DAY, DAY, DAY, DAY + timedelta(1), DAY + timedelta(2), DAY + timedelta(4), None]))
    killed = draw(st.sampled_from([None, None, 2, 3, 7, count(1, None)]))
    text = draw(st.sampled_from([None, None, None, *TEXTS]))
    made = report(
        id,
        place,
        day=day,
        type=draw(st.sampled_from(["armed_clash", "shelling_artillery_missile_attack", "attack", "arrests"])),
        killed=killed,
        evidence=draw(st.sampled_from(SENTENCES)),
        initiators=draw(st.sampled_from([(), (REGIME,), (RUSSIA,), (LOCALS,), (STATE,)])),
        targets=draw(st.sampled_from([(), (CIVILIANS,), (STATE,), (LOCALS,), (STATE, REGIME)])),
        status=draw(st.sampled_from(["asserted", "asserted", "claimed", "denied", "planned"])),
        background=draw(st.sampled_from([False, False, False, True])),
        published_at=NOON + timedelta(hours=draw(st.integers(0, 40))),
        **({"text": text} if text else {}),
    )
    end = draw(st.sampled_from([0, 0, 0, 0, 3, 6]))
    return replace(made, date_end=day + timedelta(end), date_precision="week") if day and end else made


@st.composite
def article_sets(draw: st.DrawFn, most: int = 8) -> list[ArticleReports]:
    """The final sets of some articles, each with up to three reports."""
    made = []
    for number in range(draw(st.integers(1, most))):
        reports = [draw(reports_of(f"{number}-{n}")) for n in range(draw(st.integers(0, 3)))]
        made.append(article(f"a{number}", *reports, revision=draw(st.integers(0, 2))))
    return made


@st.composite
def decisions_on(draw: st.DrawFn, reports: list[Report], most: int = 3) -> list[Decision]:
    """Decisions on reports that stand."""
    made: list[Decision] = []
    for number in range(draw(st.integers(0, most)) if reports else 0):
        one, other = draw(st.sampled_from(reports)), draw(st.sampled_from(reports))
        action = draw(st.sampled_from(["confirm", "reject", "join", "separate", "set"]))
        fields = {"field": "weapons", "value": '["هاون"]'} if action == "set" else {}
        if action not in ("join", "separate") or one.id != other.id:
            pair = other if action in ("join", "separate") else None
            made.append(decision(f"d{number}", action, one, pair, minute=draw(st.integers(0, 3)), **fields))
    return made


def final_reports(sets: list[ArticleReports]) -> list[Report]:
    return [one for record in sets for one in record.reports]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_order_and_repetition_of_the_reports_gives_the_same_events(data: st.DataObject) -> None:
    reports = final_reports(data.draw(article_sets()))
    decisions = data.draw(decisions_on(reports))
    shuffled = data.draw(st.permutations(reports)) + data.draw(
        st.lists(st.sampled_from(reports) if reports else st.nothing())
    )
    assert merge_reports(shuffled, reversed(decisions)) == merge_reports(reports, decisions)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_cluster_holds_a_contradicting_pair_unless_an_analyst_joined_it(data: st.DataObject) -> None:
    compared = [features(one, "SY") for one in final_reports(data.draw(article_sets()))]
    of = {one.id: one for one in compared}
    for members in cluster(compared):
        assert not [
            (one, other)
            for one in members
            for other in members
            if one < other and compare(of[one], of[other]).verdict == "contradiction"
        ]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_vague_report_never_bridges_two_clusters(data: st.DataObject) -> None:
    """Without its vague reports the clusters of the specific ones are the same."""
    compared = [features(one, "SY") for one in final_reports(data.draw(article_sets()))]
    specific = [one for one in compared if one.specific]
    cores = {tuple(one for one in members if one in {s.id for s in specific}) for members in cluster(compared)} - {()}
    assert cores == set(cluster(specific))


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_comparing_is_symmetric(data: st.DataObject) -> None:
    one, other = (features(data.draw(reports_of(id)), "SY") for id in ("a", "b"))
    assert compare(one, other) == compare(other, one)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_stage_comes_to_the_events_of_the_batch_in_any_order_with_revisions_and_repetition(
    data: st.DataObject,
) -> None:
    sets = data.draw(article_sets())
    decisions = data.draw(decisions_on(final_reports(sets)))
    earlier = [
        article(record.article_id, *(data.draw(reports_of(f"{record.article_id}-old-{n}")) for n in range(data.draw(st.integers(0, 2)))), *record.reports[:1], revision=revision)
        for record in sets
        for revision in range(record.stamp.revision)
    ]  # fmt: skip
    records = data.draw(st.permutations([*keyed(sets), *keyed(earlier), *decisions]))
    run = Run()
    run.give_all(records)
    run.give_all(data.draw(st.lists(st.sampled_from(records), max_size=4)))
    assert without_review(run.live()) == without_review(merge_reports(final_reports(sets), decisions))


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_what_folds_remember_changes_nothing(data: st.DataObject) -> None:
    """With hardly any memory, and cells split after two or three reports, the events are the same."""
    sets = keyed(data.draw(article_sets()))
    run, again = Run(), Run()
    run.give_all(sets)
    with (
        mock.patch.object(related, "_MOST", 2),
        mock.patch.object(cells, "_MOST_CACHED", 3),
        mock.patch.object(cells, "PART_BYTES", 2_000),
        mock.patch.object(index, "_MOST_LOGGED", 2),
        mock.patch.object(stage, "_MOST_BUILT", 1),
    ):
        again.give_all(sets)
    assert again.documents == run.documents


def keyed(sets: list[ArticleReports]) -> list[ArticleReports]:
    return [one for record in sets for one in routed(record)]


def without_review(events: list[Event]) -> list[Event]:
    """An article that lost a sentence with a decision leaves a note in the stage, of which a batch cannot know."""
    return [replace(one, review="new", review_note=None) if one.review == "check" else one for one in content(events)]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_record_that_comes_again_after_its_output_was_lost_gives_the_same_output(data: st.DataObject) -> None:
    sets = data.draw(article_sets())
    records = data.draw(st.permutations([*keyed(sets), *data.draw(decisions_on(final_reports(sets)))]))
    run = Run()
    for number, record in enumerate(records):
        first = run.fold(record, number)
        assert run.fold(record, number) == first


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_crash_between_the_writes_of_one_fold_is_mended_when_the_record_comes_again(data: st.DataObject) -> None:
    sets = data.draw(article_sets())
    changed = article(sets[0].article_id, data.draw(reports_of("new")), *sets[0].reports[:1], revision=9)
    calm, torn = Run(), Run()
    for run in (calm, torn):
        run.give_all(sets)
    calm.give(changed)
    torn.store = Tearing(torn.store.values, data.draw(st.integers(0, 12)))
    with contextlib.suppress(Torn):
        torn.fold(changed, len(sets) + 1)
    torn.store = MemoryStoreOf(torn.store.values)
    torn.give(changed)
    assert content(torn.live()) == content(calm.live())


class Torn(Exception):
    """The power went."""


class MemoryStoreOf(MemoryStore):
    """A store over values that are there."""

    def __init__(self, values: dict[str, bytes]) -> None:
        self.values = values


class Tearing(MemoryStoreOf):
    """A store that fails at the n-th write."""

    def __init__(self, values: dict[str, bytes], writes: int) -> None:
        super().__init__(values)
        self.left = writes

    def put(self, key: str, value: bytes) -> None:
        self._count()
        super().put(key, value)

    def delete(self, key: str) -> None:
        self._count()
        super().delete(key)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Torn


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_versions_never_go_back_and_every_id_ever_published_resolves(data: st.DataObject) -> None:
    sets = data.draw(article_sets())
    changes = [
        article(record.article_id, *data.draw(st.sampled_from([(), record.reports[1:]])), revision=9) for record in sets
    ]
    run = Run()
    versions: dict[str, int] = {}
    for record in [*data.draw(st.permutations(sets)), *data.draw(st.permutations(changes))]:
        for event in run.give(record):
            assert event.version >= versions.get(event.id, 0)
            versions[event.id] = event.version
        live = groups(run.live())
        standing = [one for members in live for one in members]
        assert len(standing) == len(set(standing)), "a report stands in two live events"
    for id in versions:
        assert resolve(run, id).state in ("live", "retracted")


def resolve(run: Run, id: str) -> Event:
    event = run.documents[id]
    for _ in range(len(run.documents)):
        if event.superseded_by is None:
            break
        event = run.documents[event.superseded_by]
    return event


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_decisions_survive_a_replay_of_everything(data: st.DataObject) -> None:
    sets = data.draw(article_sets())
    decisions = data.draw(decisions_on(final_reports(sets)))
    run = Run()
    run.give_all([*sets, *decisions])
    before = content(run.live())
    run.give_all(
        [replace(record, stamp=replace(record.stamp, generation=1)) for record in data.draw(st.permutations(sets))]
    )
    assert content(run.live()) == before


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_later_decisions_win_whatever_the_order(data: st.DataObject) -> None:
    reports = final_reports(data.draw(article_sets()))
    decisions = data.draw(decisions_on(reports, most=6))
    compared = [features(one, "SY") for one in reports]
    shuffled = data.draw(st.permutations(decisions))
    assert cluster(compared, Decided(decisions)) == cluster(compared, Decided(shuffled))

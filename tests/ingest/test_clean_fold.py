"""The fold of cleaning: revisions, twins, withdrawals, the block list; any order and repetition gives the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.outcomes import Drop, Emit
from contracts.records import Article
from contracts.stage import Context, MemoryStore
from ingest.address import Address
from ingest.clean import FORGOTTEN, Cleaned, clean_stage
from ingest.feeds import Feed, FeedList, Outlet
from ingest.revisions import MAX_SEEN, load, store

START = datetime(2022, 10, 14, 12, tzinfo=UTC)
URL, AMP, MOBILE = "https://site.example/1", "https://site.example/1/amp", "https://m.site.example/1"


def outlet(name: str, *domains: str) -> Outlet:
    return Outlet(
        id=name, name=name, name_en=name, country="SY", timezone="Asia/Damascus", viewpoint="independent", kind="site",
        domains=domains,
    )  # fmt: skip


FEEDS = FeedList(
    {"owner": outlet("owner", "site.example"), "other": outlet("other")},
    {
        "a": Feed(id="a", outlet="other", url="https://o.example/"),
        "b": Feed(id="b", outlet="owner", url="https://s.example/"),
    },
)
STAGE = clean_stage(FEEDS, {})


def told(text="نص", hours=0, seen=URL, declared=True, published=0, **given) -> Cleaned:
    article = Article(
        id="1", url=URL, outlet="owner", fetched_at=START + timedelta(hours=hours),
        published_at=START + timedelta(minutes=published),
        **{"feed_id": "b", "title": "عنوان", "text": text, **given},
    )  # fmt: skip
    return Cleaned(article, Address(URL if declared else seen, seen, declared))


def gone(hours: int, seen: str = URL) -> Cleaned:
    return told("", hours, seen, declared=False, title="", withdrawn=True)


def run(*records: Cleaned, state: MemoryStore | None = None):
    state = state or MemoryStore()
    outcomes = [STAGE.fold(one, state, Context(START, position, 1, 1)) for position, one in enumerate(records, 1)]
    return outcomes, state


def emitted(outcome) -> Article:
    assert isinstance(outcome, Emit), outcome
    return outcome.records[0]


def revisions(*records: Cleaned) -> list[int]:
    return [emitted(outcome).revision for outcome in run(*records)[0]]


def test_a_changed_text_or_title_is_a_new_revision_and_the_same_one_is_emitted_again():
    assert revisions(told("أ"), told("أ", 1), told("ب", 2), told("ب", 3, title="آخر"), told("أ", 4)) == [1, 1, 2, 3, 4]


def test_the_same_record_again_gives_the_same_article_with_a_newer_version():
    outcomes, _ = run(told(), told())
    first, second = (emitted(outcome) for outcome in outcomes)
    assert (first.version, second.version) == (1 << 40 | 1, 1 << 40 | 2)
    assert first.revision == second.revision


def test_a_gone_page_withdraws_with_the_next_revision_and_a_return_revives():
    outcomes, _ = run(told("أ"), gone(1), told("أ", 2))
    assert [(emitted(one).revision, emitted(one).withdrawn) for one in outcomes] == [(1, False), (2, True), (3, False)]


def test_a_twin_never_revises_and_its_end_withdraws_nothing():
    outcomes, _ = run(told("أ"), told("ب", 1, AMP), gone(2, AMP), told("أ", 3))
    assert outcomes[1:3] == [Drop("twin"), Drop("twin")]
    assert emitted(outcomes[3]).text == "أ"


def test_a_twin_stands_until_its_article_is_read():
    outcomes, _ = run(told("ب", 0, AMP), told("أ", 1))
    assert [(emitted(one).text, emitted(one).url, emitted(one).revision) for one in outcomes] == [
        ("ب", URL, 1),
        ("أ", URL, 2),
    ]


def test_a_twin_with_the_same_words_and_an_earlier_date_is_emitted_as_the_article():
    outcomes, _ = run(told(published=30), told(hours=1, seen=AMP, published=5, feed_id="a"))
    again = emitted(outcomes[1])
    assert (again.url, again.published_at, again.feed_id) == (URL, START + timedelta(minutes=5), "a")


def test_without_a_declared_address_the_plain_one_and_then_the_least_stands():
    outcomes, _ = run(
        told("أ", 0, MOBILE, declared=False), told("ب", 1, URL, declared=False), told("ج", 2, MOBILE, declared=False)
    )
    assert emitted(outcomes[1]).text == "ب"
    assert outcomes[2] == Drop("twin")


def test_the_text_of_a_feed_never_replaces_that_of_the_page():
    outcomes, _ = run(told("نص الموجز", text_from="feed"), told("نص الصفحة", 1), told("نص الموجز", 2, text_from="feed"))
    assert [emitted(one).text for one in outcomes[:2]] == ["نص الموجز", "نص الصفحة"]
    assert outcomes[2] == Drop("twin")


def test_an_older_look_that_comes_late_is_noted_and_dropped():
    outcomes, _ = run(told("ب", 5), told("أ", 1), told("ب", 5))
    assert outcomes[1] == Drop("older")
    assert emitted(outcomes[2]).revision == 2


def test_the_earliest_date_ever_given_stays_and_a_day_gives_way_to_a_moment_in_it():
    day = told("أ", 0, published_precision="day", published=-600)
    outcomes, _ = run(day, told("ب", 1, published=30), told("ج", 2, published=90))
    assert emitted(outcomes[0]).published_precision == "day"
    for outcome in outcomes[1:]:
        assert (emitted(outcome).published_at, emitted(outcome).published_precision) == (
            START + timedelta(minutes=30),
            "instant",
        )


def test_an_article_belongs_to_the_outlet_of_its_domain_and_else_to_that_of_the_least_feed():
    foreign = "https://elsewhere.example/1"
    outcomes, _ = run(told(feed_id="a"))
    assert emitted(outcomes[0]).outlet == "owner"
    outcomes, _ = run(told(seen=foreign, declared=False), told(hours=1, seen=foreign, declared=False, feed_id="a"))
    assert [emitted(one).outlet for one in outcomes] == ["owner", "other"]


def test_a_forgotten_article_stays_out():
    state = MemoryStore()
    state.put(f"{FORGOTTEN}1", b"1")
    outcomes, state = run(told(), state=state)
    assert outcomes == [Drop("forgotten")]
    assert set(state.values) == {f"{FORGOTTEN}1"}


def test_the_state_stays_small_and_the_revision_grows_past_what_is_kept():
    url = "https://site.example/" + "%D8%A7" * 320
    numbers = [emitted(STAGE.fold(told(str(n), n, url, declared=False), state, Context(START, n, 1, 1))).revision
               for state in [MemoryStore()] for n in range(3 * MAX_SEEN)]  # fmt: skip
    assert numbers == list(range(1, 3 * MAX_SEEN + 1))
    state = MemoryStore()
    for place in (AMP, url, url + "/amp", url + "x", MOBILE):
        for n in range(2 * MAX_SEEN):
            STAGE.fold(told(str(n), n, place, declared=False), state, Context(START, n, 1, 1))
    assert len(state.values["1"]) < 10_000


def records_of(urls: list[str], text_from: str) -> st.SearchStrategy[Cleaned]:
    return st.builds(
        told,
        st.sampled_from("أبج"),
        st.integers(0, 5),
        st.sampled_from(urls),
        st.booleans(),
        st.integers(-9, 9),
        feed_id=st.sampled_from("ab"),
        text_from=st.just(text_from),
        author=st.sampled_from([None, "ليلى"]),
        published_precision=st.sampled_from(["instant", "day"]),
    )


GONE = st.builds(gone, st.integers(0, 5), st.sampled_from([URL, AMP]))
RECORDS = records_of([URL, AMP, MOBILE], "page") | records_of([URL], "feed") | GONE
MANY_PLACES = RECORDS | records_of([AMP, MOBILE, f"{URL}?x=1", f"{URL}?x=2"], "feed")


@given(st.lists(RECORDS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same_state_and_the_same_article(records, random):
    shuffled = [*records, *random.choices(records, k=3)]
    random.shuffle(shuffled)
    first, second = run(*records)[1], run(*shuffled)[1]
    assert first.values == second.values
    standing = [stands(records, first), stands(shuffled, second)]
    assert standing[0] == standing[1]
    assert len(standing[0]) == 1


def stands(records: list[Cleaned], state: MemoryStore) -> set[tuple]:
    """What each record gives that is not dropped when all come once more: one article, but for what the record alone says
    (how often it was looked at, its version)."""
    outcomes, after = run(*records, state=state)
    assert after.values == state.values
    articles = [emitted(one) for one in outcomes if isinstance(one, Emit)]
    names = (
        "revision",
        "url",
        "title",
        "text",
        "author",
        "published_at",
        "published_precision",
        "feed_id",
        "outlet",
        "fetched_at",
        "withdrawn",
    )
    return {tuple(getattr(article, name) for name in names) for article in articles}


@given(st.lists(MANY_PLACES, min_size=1, max_size=12))
def test_revisions_never_go_back_and_one_revision_has_one_text(records):
    state, texts, last = MemoryStore(), {}, 0
    for position, record in enumerate(records):
        before = load(state.get("1"))
        outcome = STAGE.fold(record, state, Context(START, position, 1, 1))
        memory = load(state.get("1"))
        assert memory == load(store(memory))
        assert memory.revision >= (before.revision if before.places else 0)
        if isinstance(outcome, Emit):
            article = emitted(outcome)
            assert article.revision >= last
            last = article.revision
            assert texts.setdefault(last, (article.title, article.text)) == (article.title, article.text)


@pytest.mark.parametrize("broken", [b"\xff", b"[1]"])
def test_a_broken_state_is_never_taken_for_an_empty_one(broken):
    state = MemoryStore()
    state.put("1", broken)
    with pytest.raises(ValueError):
        run(told(), state=state)

"""Records that are delivered again, after their state landed and their output did not, give the same output again."""

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.outcomes import Drop, Emit
from tests.ingest.fetch_world import HTML, OWN_TEXT, FakeWeb, World, entry, page


def test_a_record_delivered_again_gives_the_same_page_again():
    world = World(FakeWeb(page(etag='"1"')))
    first = world.send(entry(), position=7)
    state = dict(world.store.values)
    assert world.send(entry(), position=7) == first
    assert world.store.values == state


def test_a_look_delivered_again_after_its_state_landed_gives_its_page_again():
    world = World(FakeWeb(page(etag='"1"')))
    world.send(entry(), position=1)
    world.web.default = page(HTML + b"<!-- edited -->", etag='"2"')
    looked = world.send(entry(look=1), position=2)
    later = world.send(entry(look=2), position=3)
    assert world.send(entry(look=1), position=2) == looked
    assert world.send(entry(look=2), position=3) == later == Drop("unchanged")


def test_the_first_gone_delivered_again_is_still_the_first():
    world = World()
    world.send(entry(), position=1)
    world.web.default = page(b"", 404)
    first = world.send(entry(look=1), position=2)
    (later,) = first.later
    withdrawn = world.send(later.record, position=3)
    assert world.send(entry(look=1), position=2) == first
    assert world.send(later.record, position=3) == withdrawn


STEPS = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, -1]), st.sampled_from(["a", "b", "gone", "refused", "pdf"])),
    min_size=1,
    max_size=8,
)
ANSWERS = {
    "a": page(etag='"a"'),
    "b": page(HTML + b"b", etag='"b"'),
    "gone": page(b"", 410),
    "refused": page(b"", 403),
    "pdf": page(b"%PDF-1.7", content_type="application/pdf"),
}


@given(STEPS)
@settings(deadline=None, max_examples=60)
def test_any_history_delivered_twice_gives_twice_the_same_and_the_state_stays_small(steps):
    world = World()
    for position, (look, answer) in enumerate(steps, 1):
        world.web.default = ANSWERS[answer]
        record = entry(look=look, change=str(position) if look < 0 else "", summary=OWN_TEXT)
        outcome = world.send(record, position)
        if outcome not in (Drop("fetched already"), Drop("looked already")):
            assert world.send(record, position) == outcome
    assert all(len(value) < 16_384 for value in world.store.values.values())


def test_many_changes_of_one_article_keep_the_state_small():
    world = World()
    for number in range(60):
        world.web.default = page(HTML + str(number).encode(), etag=f'"{number}"' * 40, last_modified="x" * 5000)
        assert isinstance(world.send(entry(look=-1, change=str(number))), Emit)
    assert len(world.store.values[f"article:{world.article()}"]) < 16_384

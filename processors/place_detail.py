"""The exact place of a thing whose first telling names only a governorate or a country.

A lead says «انفجار في إقليم شرناق», the next sentence «الحادث وقع في مدينة سيلوبي»: a sentence soon after that points back at the thing
and names a place inside the vague one says where it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.records import Place
from processors.drafts import Draft
from processors.mentions import Mentions
from processors.passage import Passage
from processors.place_holding import PlaceContext
from processors.place_relations import contains, is_known
from processors.place_resolution import resolve_place
from processors.places_of import AtPlace, event_places, exactness
from processors.sentences import Sentence

VAGUE = 3
"""The precision from which a place is too wide to be where a thing was."""
REACH = 3
"""Sentences behind a thing within which its place may be told."""
_POINTERS = frozenset(
    "الحادث الحادثه الهجوم الانفجار التفجير العمليه القصف الغاره الغارات الاشتباكات الاشتباك المعارك القتال المواجهات الضربه الضربات "
    "الواقعه الاعتداء الكمين الاستهداف المداهمه المداهمات وقع وقعت هاجموا هاجمت اقتحموا فجر اندلعت اندلع واندلعت دارت جرت حصل حصلت".split()
)
# the incident, the attack, the explosion …; it happened, they attacked, it broke out: words that go on with what was told


def refine_places(things: Sequence[Draft], passage: Passage, found: Mentions, context: PlaceContext) -> None:
    """Gives each thing of the text with a vague place the exact one that a sentence soon after tells."""
    taken = {thing.sentence for thing in things if thing.place is not None and thing.place.precision < VAGUE}
    for thing in things:
        if thing.place is None or thing.place.precision < VAGUE or thing.is_title:
            continue
        if thing.sub_event in (None, "agreement"):
            continue
        place = _detail(thing, thing.place, passage, found, context, taken)
        if place is not None:
            thing.place = place
            thing.features["place_detailed"] = 1.0
            taken.add(thing.sentence)


def _detail(
    thing: Draft, vague: Place, passage: Passage, found: Mentions, context: PlaceContext, taken: set[int]
) -> Place | None:
    mentions = [located.mention for located in found.places]
    for sentence in passage.sentences:
        if not thing.sentence < sentence.index <= thing.sentence + REACH:
            continue
        first = pointer(passage, sentence)
        if sentence.index in taken and (first is None or passage.known_hits(sentence)[0].first <= first):
            return None  # another thing is told from here on
        if first is None:
            continue
        for located in event_places(found.places, sentence.first, sentence.stop):
            place = resolve_place(located.mention, mentions, context)
            if _is_inside(vague, place, located):
                return place
    return None


def pointer(passage: Passage, sentence: Sentence) -> int | None:
    """The first word of a sentence that goes on with what was told."""
    words = enumerate(passage.words[sentence.first : sentence.stop], start=sentence.first)
    return next((at for at, word in words if word.removeprefix("و") in _POINTERS), None)


def _is_inside(vague: Place, place: Place, located: AtPlace) -> bool:
    if exactness(located.mention) >= VAGUE or (place.precision >= VAGUE and is_known(place)):
        return False
    if located.mention.preposition in ("من", "ل", "بين"):
        return False
    return contains(vague, place)

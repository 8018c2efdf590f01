"""Which of the places in a sentence is where a thing happened; a row of places is a list of things.

The most exact place of the clause wins over the units around it («قرية الفطيرة جنوبي إدلب»), what follows the trigger over what
precedes it; places joined by «و» or a comma on one level are each hit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache

from processors.context import has_light_verb, word_kinds
from processors.forms import has_article
from processors.groups import Group
from processors.lexicon import lexicon
from processors.passage import Located, Passage, within
from processors.places import PlaceMention

SITE = "location"
BEFORE = 12
"""Words before a trigger within which a place still belongs to it (في مدينة الباب انفجرت عبوة)."""
UNIT = 3
"""The precision from which a place is a unit around others: governorate, country."""
_NOUNS = frozenset(
    "المدينه البلده القريه المنطقه البلاد العاصمه الحدود المحافظه المناطق القري البلدات المدن الجنوب الشمال الشرق الغرب المخيم "
    "الحي المكان الموقع الطريق السوق المستشفي المسجد الجنوبيه الشماليه الشرقيه الغربيه منطقه مدينه قريه".split()
)
# the town, the village, the area, the country …: nouns that a definite article turns into pointers
_BUILDINGS = frozenset({"مسجد", "جامع", "كنيسه", "فندق", "مستشفي", "مشفي"})  # mosque, church, hotel, hospital
_WAYS = frozenset({"طريق", "محور", "اوتوستراد", "اوتستراد"})  # road, axis, motorway
AtPlace = Located[PlaceMention]


def locate_places(passage: Passage, places: Sequence[PlaceMention]) -> list[AtPlace]:
    """The places with the words of their whole phrase (head and relation with the name)."""
    located = []
    for place in places:
        first = bisect_right(passage.starts, place.folded_start) - 1
        stop = bisect_left(passage.starts, place.folded_end)
        if 0 <= first < stop:
            located.append(Located(first, stop, place))
    return sorted(located, key=lambda item: (item.first, -item.stop))


def event_places(places: Sequence[AtPlace], first: int, stop: int) -> list[AtPlace]:
    """Those among the words ``first`` to ``stop`` where something may have happened, not origins, directions, governments."""
    return [place for place in within(places, first, stop) if place.mention.role == SITE and is_name(place.mention)]


def is_name(place: PlaceMention) -> bool:
    """Whether a place has a name of its own, and the name is no mere word."""
    return not (_points_back(place) or _is_word(place))


def _points_back(place: PlaceMention) -> bool:
    """«المدينة», «البلاد»: no name, but a place told before."""
    return not place.entries and place.name in _NOUNS


def _is_word(place: PlaceMention) -> bool:
    """A single word without head, relation or preposition that is a person, a weapon or a verb: no place («مدني», «ارتكبت»)."""
    if " " in place.name:
        return False
    if not place.entries and lexicon().knows_verb(place.name):  # «قرية يسيطر عليها التنظيم»
        return True
    if place.head or place.relation or place.preposition not in (None, "من", "ل"):
        return False
    if any(entry.precision == UNIT and not entry.proof for entry in place.entries):  # «صعدة», that could be a verb
        return False
    return _has_a_meaning(place.name)


@lru_cache(maxsize=4096)
def _has_a_meaning(name: str) -> bool:
    """Whether a name is a person, a weapon or a verb too."""
    return bool(word_kinds(name)) or has_light_verb((name,)) or lexicon().knows(name)


def exactness(place: PlaceMention) -> int:
    """1 a settlement or site … 4 a country, as the head says, else the largest that the name may be."""
    if place.precision is not None:
        return place.precision
    known = [
        entry for entry in place.entries if entry.proof != "always"
    ] or place.entries  # not the district of a bare name
    best = max(known, key=lambda entry: entry.population, default=None)
    return best.precision if best else 1


def choose_places(group: Group, places: Sequence[AtPlace], first: int, stop: int) -> list[AtPlace]:
    """The place of a group, or the row of places that it hit."""
    near = event_places(places, first, stop)
    head = group.head
    after = [place for place in near if place.first > head.first]
    before = [place for place in near if _reaches(group, place)]
    exposed = _exposed(group, event_places(places, group.sentence.first, group.sentence.stop))
    if exposed:
        return row_from(group.passage, exposed, exposed[0])
    told = after
    if _points_to_told(group):
        after = [place for place in after if _is_beside(group, place)]
        before = []
    if after and (not before or exactness(_most_exact(after).mention) <= exactness(_most_exact(before).mention)):
        return row_from(group.passage, told, _most_exact(after))
    return row_from(group.passage, before, _most_exact(before)) if before else []


def _points_to_told(group: Group) -> bool:
    """«الهجوم»: a definite noun that goes on with what was told; a place far from it is of something else."""
    head = group.head
    cores = [hit for hit in group.hits if hit.trigger.role != "outcome"]
    return not head.verb and len(cores) == 1 and has_article(group.passage.words[head.first])


def _is_beside(group: Group, place: AtPlace) -> bool:
    distance = place.first - group.head.last
    return distance <= 7 or (distance <= 12 and place.mention.preposition is not None)


def _reaches(group: Group, place: AtPlace) -> bool:
    """Whether a place before the trigger is of it: near, and not that of the speaker («قال مراسلنا في درعا إن …»)."""
    head = group.head.first
    between = group.passage.words[place.stop : head]
    return place.stop <= head <= place.stop + BEFORE and not _THAT & set(between)


_THAT = frozenset({"ان", "بان", "انه", "انها", "بانه", "بانها"})


def _exposed(group: Group, told: Sequence[AtPlace]) -> list[AtPlace]:
    """The places between «تعرضت» and the noun that it was exposed to («تعرضت قرية … لقصف»)."""
    head = group.head
    words = group.passage.words
    if not words[head.first].startswith("ل"):
        return []
    before = range(head.first - 1, group.sentence.first - 1, -1)
    verb = next((i for i in before if words[i].lstrip("وف").startswith(_EXPOSED)), None)
    return [] if verb is None else [place for place in told if verb < place.first < head.first]


_EXPOSED = ("تعرض", "يتعرض", "تتعرض")  # was exposed to


def _most_exact(places: Sequence[AtPlace]) -> AtPlace:
    """The first of the most exact: a governorate told beside a village only says where the village lies. A building is what was hit,
    and its town, where one is told, the place."""
    return min(places, key=lambda at: (max(2, exactness(at.mention)), at.mention.head in _BUILDINGS, at.first))


def row_from(passage: Passage, places: Sequence[AtPlace], chosen: AtPlace) -> list[AtPlace]:
    """The chosen place and those that are listed with it («قرى سفوهن والفطيرة وفليفل»)."""
    row, last = [chosen], chosen
    if chosen.mention.preposition == "بين" or chosen.mention.head in _WAYS:  # a road between two towns is one place
        return row
    largest = max(UNIT - 1, exactness(chosen.mention))
    for place in places:
        if place.first < max(last.stop, chosen.first + 1):  # the same words read in another way
            continue
        unit = exactness(place.mention) > largest and not _is_added(passage, last, place, place)
        if not unit and _is_listed(passage, last, place):
            row.append(place)
        elif not ((unit or _locates(passage, place)) and place.first - last.stop <= 2):
            break
        last = place
    for place in reversed([place for place in places if place.stop <= chosen.first]):
        if not (_is_added(passage, place, row[0], place) and _is_listed(passage, place, row[0])):
            break
        row.insert(0, place)
    return row


_IN = frozenset({"ب", "في"})


def _locates(passage: Passage, place: AtPlace) -> bool:
    """Whether a place only says where the one before it lies: «منطقة عطان بصنعاء», «بلدة عورتا جنوب نابلس»."""
    led = place.mention.preposition in _IN or place.mention.relation is not None
    return led and not passage.words[place.first].startswith("و")


def _is_added(passage: Passage, before: AtPlace, after: AtPlace, place: AtPlace) -> bool:
    """Whether the second of two follows on the first with «و», and the one that is asked about is no country: what holds a place is never
    joined to it so («صنعاء وصعدة», «محافظتي حجة وصعدة ومديرية حرض»)."""
    at = _end_of(passage, before, after)
    own = place.mention.head is None or place.mention.head.endswith(_MANY)
    return at == after.first and passage.words[at].startswith("و") and own and exactness(place.mention) <= UNIT


_MANY = ("ات", "تي")
"""How heads of several places end: «محافظات», «محافظتي»."""


_NOT_AND = frozenset({"وسط", "وراء", "وادي"})
"""Words whose «و» is their own: «مخيم النصيرات وسط قطاع غزة» is one place, in the middle of another."""


_AND_ALSO = frozenset({"وكذلك", "كذلك", "وايضا", "ايضا", "بالاضافه", "اضافه", "فضلا", "وصولا"})
_BESIDE = frozenset(
    "الي جانب عن في علي من وفي وعلي واجزاء وبعض كل مواقع نقاط مقرات مقار تجمعات اهداف ومواقع ونقاط ومقرات واخري ومناطق".split()
)
"""Words that join a place to a list, and those that may follow or stand alone: «وأجزاء من», «إلى جانب مواقع في»."""
_MOST_BESIDE = 5


def _joins(between: Sequence[str]) -> bool:
    if len(between) > _MOST_BESIDE:
        return False
    if not all(word in _AND_ALSO or word in _BESIDE or word == "و" or word.isdigit() for word in between):
        return _hits_also(between)
    return between[0] in _AND_ALSO or between[0].startswith("و") or list(between[:2]) == ["الي", "جانب"]


def _hits_also(between: Sequence[str]) -> bool:
    """«، ومخازن أسلحة في»: what else was hit, and where, without a verb of its own."""
    if len(between) < 2 or not between[0].startswith("و") or between[0] in _NARROWS or between[-1] not in _WHERE:
        return False
    if between[0].endswith("ت") and not between[0].endswith("ات"):  # «وتركزت على»: a verb
        return False
    return not any(lexicon().knows(word) or lexicon().knows_verb(word) or has_light_verb((word,)) for word in between)


_NARROWS = frozenset({"وتحديدا", "وبالتحديد", "وخصوصا", "وخاصه", "ولاسيما", "وبالاخص", "وسط"})
"""And exactly, and above all: what follows is a part of what was told."""
_WHERE = frozenset({"في", "علي", "قرب", "داخل", "بمحيط"})
_MOST_SAID = 3


def _end_of(passage: Passage, place: AtPlace, following: AtPlace) -> int:
    """The word behind a place and what is said of it: «قاعدة الديلمي الجوية», «معسكر السواد جنوب العاصمة»."""
    stop = place.stop
    words = passage.words
    while stop < min(following.first, place.stop + _MOST_SAID) and (
        words[stop] in _DIRECTIONS or has_article(words[stop])
    ):
        stop += 1
    goes_on = stop < len(words) and (words[stop].startswith("و") or words[stop] in _AND_ALSO)
    return stop if goes_on and words[stop] not in _NOT_AND else place.stop


_DIRECTIONS = frozenset("شمال جنوب شرق غرب شمالي جنوبي شرقي غربي".split())


def _is_listed(passage: Passage, before: AtPlace, after: AtPlace) -> bool:
    """Whether only «و», a comma, or words that join («وكذلك في», «بالإضافة إلى») stand between two places."""
    stop = _end_of(passage, before, after)
    between = passage.words[stop : after.first]
    if after.first < stop or not (len(between) <= 1 or _joins(between)):
        return False
    end = passage.starts[stop - 1] + len(passage.words[stop - 1])
    gap = passage.folded.text[end : passage.starts[after.first]]
    word = passage.words[stop]
    if len(between) > 1:
        return not passage.folded.text[end : passage.starts[stop]].strip(' ،,"«»“”')
    if word.startswith("و") and word not in _NOT_AND:
        return True
    if after.mention.relation is not None:  # «، شمال الحسكة» says where the town lies
        return False
    dashed = after.mention.head == before.mention.head and bool(before.mention.entries and after.mention.entries)
    dashed = dashed or (after.mention.head is not None and after.mention.head == before.mention.head)
    return any(mark in gap for mark in "،,") or (
        dashed and any(mark in gap for mark in "-–—/")
    )  # «قرى المستورة – العليمات»

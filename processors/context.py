"""What the words around a trigger say: by what means, whether armed actors are near, or sport, accidents and everyday life.

Each word is looked up once in ``lexicons/context.toml`` (its noun stems), and remembered as a set of bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from msgspec import Struct

from arabic.fold import fold
from processors.forms import conjugate, noun_stems, verb_object_stems, verb_stems
from processors.lexicon import read_table
from processors.remembered import Remembered

MEANS = ("air", "artillery", "explosive", "suicide", "guns", "blades", "chemical", "grenade")
GENRES = ("armed", "accident", "crime", "sport", "civil", "trade")
PEOPLE = ("fighter", "civilian")


class Kinds(Struct, frozen=True):
    """How many words of each kind a stretch of text has."""

    counts: dict[str, int]

    def __getitem__(self, kind: str) -> int:
        return self.counts.get(kind, 0)


@cache
def _table() -> dict[str, tuple[str, ...]]:
    source = read_table("context.toml")
    stems: dict[str, list[str]] = {}
    for kind in MEANS:
        for word in source["means"][kind]:
            stems.setdefault(fold(word), []).append(kind)
    for genre in GENRES:
        for word in source[genre]["words"]:
            stems.setdefault(fold(word), []).append(genre)
    for kind in PEOPLE:
        for word in source["people"][kind]:
            stems.setdefault(fold(word), []).append(kind)
    return {stem: tuple(kinds) for stem, kinds in stems.items()}


def _kinds(word: str) -> tuple[str, ...]:
    table = _table()
    return next((table[stem] for stem in noun_stems(word) if stem in table), ())


_remembered = Remembered(_kinds)


def word_kinds(word: str) -> tuple[str, ...]:
    """The kinds of one folded word: means, armed, accident, sport, civil."""
    return _remembered[word]


def kinds_of(words: Iterable[str]) -> Kinds:
    """Counts of each kind over a row of folded words."""
    counts: dict[str, int] = {}
    for kinds in filter(None, map(_remembered.__getitem__, words)):  # few words are of any kind
        for kind in kinds:
            counts[kind] = counts.get(kind, 0) + 1
    return Kinds(counts)


@cache
def _light_forms() -> frozenset[str]:
    pairs = (verb.split("/") for verb in read_table("context.toml")["light"]["verbs"])
    return frozenset().union(*(conjugate(past, imperfect) for past, imperfect in pairs))


@cache
def government_side() -> frozenset[str]:
    """Actors that are no state forces and fight for their government."""
    return frozenset(read_table("context.toml")["government"]["side"])


def has_light_verb(words: Iterable[str]) -> bool:
    """Whether a verb stands among the words that makes an event of a noun (وقع, شنت, تعرضت)."""
    return any(map(_light.__getitem__, words))


def _is_light(word: str) -> bool:
    return not _light_forms().isdisjoint((*verb_stems(word), *verb_object_stems(word)))


_light = Remembered(_is_light)


def first_people(words: Sequence[str]) -> str | None:
    """``fighter`` or ``civilian``: the first person in a row of words; civilians told with them do not make fighters civil."""
    for at, word in enumerate(words):
        kinds = [kind for kind in word_kinds(word) if kind in PEOPLE]
        if kinds:
            return "civilian" if is_former(words[at : at + _FORMER_WITHIN]) else kinds[0]
    return None


_FORMER = frozenset({"سابق", "سابقا", "سابقين", "سابقان", "السابق", "متقاعد", "متقاعدا", "متقاعدين", "المتقاعد"})
_FORMER_WITHIN = 3
"""Words of a person's phrase in which «former» or «retired» may stand."""


def is_former(words: Sequence[str]) -> bool:
    """Whether the phrase is of one who no longer bears arms: «عنصر سابق في الجيش الحر», «ضابط متقاعد»."""
    return not _FORMER.isdisjoint(words)


def nearest_means(words: Sequence[str], at: int, first: int, stop: int) -> list[tuple[int, str]]:
    """The means told in ``words[first:stop]``, as (distance from word ``at``, kind), nearest first; what follows counts nearer
    than what precedes, since Arabic puts instrument and adjective after."""
    found = [
        (i - at if i >= at else 2 * (at - i), kind)
        for i, kinds in enumerate(map(_remembered.__getitem__, words[first:stop]), first)
        for kind in kinds
        if kind in MEANS
        and not (kind == "suicide" and _is_flown(words, i))
        and not _only_attends(words, i)
        and not (kind == "air" and _is_march(words, i))
    ]
    return sorted(found)


def names_gun(words: Iterable[str]) -> bool:
    """Whether words name a gun that stands on the ground: artillery other than missiles, which aircraft fire too."""
    return any("artillery" in word_kinds(word) and _missiles().isdisjoint(noun_stems(word)) for word in words)


@cache
def _missiles() -> frozenset[str]:
    return frozenset(fold(word) for word in read_table("context.toml")["missiles"]["words"])


_ATTENDS = frozenset(
    "بدعم وبدعم بمسانده وبمسانده مسانده باسناد وباسناد بغطاء بتغطيه بمشاركه بمرافقه مدعومه مدعوما مدعومين تحليق وتحليق يحلق حلق".split()
)
"""With support, cover or company of …, while … flew over: what follows is near and does not strike."""
_ATTENDED = 3
"""Words behind such a word that still belong to it."""


def _only_attends(words: Sequence[str], at: int) -> bool:
    """«قتلت قوة برية قياديا بدعم من طيران التحالف»: the aircraft are not the means."""
    if words[at].startswith("الجوي") and not _OF_THE_AIR.isdisjoint(words[max(0, at - 2) : at]):
        return True
    return not _ATTENDS.isdisjoint(words[max(0, at - _ATTENDED) : at])


_OF_THE_AIR = frozenset(
    "المخابرات مخابرات للمخابرات الاستخبارات الدفاع الدفاعات دفاع دفاعات قاعده القاعده مطار المطار".split()
)
"""What bears the name of the air and does not strike from it: «المخابرات الجوية», «الدفاع الجوي»."""


_OF_MARCHES = frozenset(
    "سلميه السلميه حاشده الحاشده اسبوعيه الاسبوعيه احتجاجيه الاحتجاجيه جماهيريه الجماهيريه شعبيه الشعبيه تضامنيه".split()
)
_AT_MARCHES = frozenset(
    "المشاركين المشاركون مشاركين مشاركون المشاركات شارك شاركت شاركوا قمع قمعت فرقت تفريق انطلقت خرجت".split()
)


def _is_march(words: Sequence[str], at: int) -> bool:
    """«المشاركين في المسيرة الأسبوعية»: people who walk, and no drone."""
    if "مسير" not in words[at]:
        return False
    return not _OF_MARCHES.isdisjoint(words[at + 1 : at + 2]) or not _AT_MARCHES.isdisjoint(words[max(0, at - 3) : at])


def _is_flown(words: Sequence[str], at: int) -> bool:
    """«مسيرة انتحارية», «طائرة مسيرة انتحارية»: a drone, no man."""
    return any("air" in word_kinds(word) for word in words[max(0, at - 2) : at])

"""What lies between two places, or at a distance from one: «طريق حمص – تدمر», «الطريق الواصل بين X وY», «على بعد 5 كم شرق تدمر»."""

from __future__ import annotations

import re
from math import cos, radians

from msgspec import structs

from arabic.fold import fold
from processors.place_mentions import PlaceMention
from processors.place_words import QUOTES, PlaceWords

ROADS = frozenset(map(fold, ("طريق", "أوتوستراد", "أوتستراد")))  # road, motorway
ROAD, BETWEEN = fold("طريق"), fold("بين")
MOST_KM = 150.0
"""Farther than this, a distance only describes a place («على بعد 700 كم جنوب طرابلس»)."""
DASHES = ("-", "–", "—", "/")
_KM = 111.2
"""Kilometres of a degree of latitude."""
_UNIT = "(?:كم|كلم|كيلو ?متر(?:ا|ات)?)"
_SIDES = {"شمال": (1, 0), "جنوب": (-1, 0), "شرق": (0, 1), "غرب": (0, -1)}  # north, south, east, west
_SHIFT = re.compile(
    rf"(?<![\w.,])(\d{{1,3}}(?:[.,]\d)?) {_UNIT} (?:الي )?(?:ال)?(شمال|جنوب|شرق|غرب)ي?(?: (?:ال)?(شرق|غرب)ي?)? (?:من |عن )?(?:\w+ )?[«\"“]?$"
)
# so many kilometres (to the) north (east) (of) (the town of)


def distances(text: str) -> bool:
    """Whether a folded text tells a distance at all."""
    return "كم" in text or "كلم" in text or "كيلو" in text


def shift_before(text: str, start: int) -> tuple[float, float] | None:
    """Kilometres to the north and to the east that a folded text tells before a name at ``start``; None where it tells none."""
    found = _SHIFT.search(text, max(0, start - 70), start)
    km = float(found[1].replace(",", ".")) if found else 0.0
    if found is None or not 0 < km <= MOST_KM:
        return None
    sides = [_SIDES[found[2]]] + ([_SIDES[found[3]]] if found[3] else [])
    if len(sides) == 2 and found[2] in ("شرق", "غرب"):
        return None
    each = km / len(sides) ** 0.5
    return each * sum(north for north, _ in sides), each * sum(east for _, east in sides)


def shifted(lat: float, lon: float, shift: tuple[float, float]) -> tuple[float, float]:
    """The point so many kilometres to the north and east of another, in degrees."""
    north, east = shift
    return round(lat + north / _KM, 4), round(lon + east / (_KM * cos(radians(lat))), 4)


def ends_road(text: str, start: int) -> bool:
    """Whether a name at ``start`` of a folded text is the far end of a road («طريق العريش – رفح»)."""
    return _ROAD_TO.search(text, max(0, start - 40), start) is not None


_ROAD_TO = re.compile(rf"(?:{'|'.join(sorted(ROADS))}) [^\W\d]+(?: [^\W\d]+)? ?[-–—/] ?$")


def way_before(words: list[str], between: int) -> int | None:
    """The word with which a way begins («الطريق الواصل بين», «المنطقة الواقعة بين») that goes on with «بين» at ``between``."""
    at = between - 1
    linked = at > 0 and words[at] in _LINKS
    at -= linked + (linked and words[at - 1] in _WHICH)
    bare = words[at].removeprefix("و").removeprefix("ب") if at >= 0 else ""
    return at if bare in (_LINKED if linked else _NOUNS) else None


_LINKS = frozenset(
    map(
        fold,
        (
            "الواصل",
            "الواصلة",
            "الرابط",
            "الرابطة",
            "الواقع",
            "الواقعة",
            "الممتد",
            "الممتدة",
            "الفاصل",
            "الدولي",
            "يربط",
            "يصل",
        ),
    )
)
_WHICH = frozenset({"الذي", "التي"})
# that links, that lies, that stretches, that parts
_NOUNS = frozenset(map(fold, ("الطريق", "الأوتوستراد", "الأوتستراد", "طريق")))
_LINKED = _NOUNS | frozenset(
    map(fold, ("المنطقة", "المسافة", "الحد", "الخط", "الشريط"))
)  # area, stretch, border, line, strip


def with_ways(at: PlaceWords, found: list[PlaceMention]) -> list[PlaceMention]:
    """The places in order, two that bound a road or a stretch of land as one that lies between them."""
    joined: list[PlaceMention] = []
    for mention in found:
        last = joined[-1] if joined else None
        way = _way(at, last, mention) if last is not None and not last.far else None
        if way is None:
            joined.append(mention)
        else:
            joined[-1] = way
    return joined


def _way(at: PlaceWords, one: PlaceMention, two: PlaceMention) -> PlaceMention | None:
    """The way that two places bound; None where they bound none."""
    if not (one.entries or two.entries) or two.relation or two.preposition:
        return None
    gap = at.text[one.folded_end : two.folded_start].strip(QUOTES)
    start, folded_start, head = one.start, one.folded_start, one.head
    if one.preposition == BETWEEN:
        first = at.index_after(one.folded_start) - 2
        word = way_before(at.words, first + 1) if gap == "و" and first >= 0 else None
        if word is not None:
            proclitics = len(at.words[word]) - len(at.words[word].lstrip("وب"))
            folded_start = at.begins[word] + proclitics
            start, head = at.folded.span(folded_start, two.folded_end)[0], ROAD
        elif gap != "و" or one.head not in _PAIRS:
            return None
    elif one.head not in ROADS or gap not in DASHES or two.head or not (one.entries and two.entries):
        return None
    return structs.replace(
        one,
        text=at.folded.original[start : two.end],
        start=start,
        end=two.end,
        folded_start=folded_start,
        folded_end=two.folded_end,
        head=head,
        precision=2,
        entries=one.entries or two.entries,
        far=two.entries if one.entries else (),
    )


_PAIRS = frozenset(map(fold, ("بلدتي", "قريتي", "مدينتي", "منطقتي")))  # two towns, villages, cities, areas

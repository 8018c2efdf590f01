"""Whether two reports tell the same thing: a pure function of the two.

Positive agreement links; hard facts (types, days, places, one article's two things) and details that part (tolls, what was hit, the
quarter, the time of day) contradict; everything else is unknown. The weights were fitted on coded incidents told by several outlets.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from arabic.signature import containment, likeness
from processors.merge import places
from processors.merge.features import SPAN, Features, Side, Toll, sketch, telling_tolls
from processors.merge.kinds import nearness

Verdict = Literal["link", "contradiction", "unknown"]


class Relation(msgspec.Struct, frozen=True, array_like=True):
    """A verdict and, for a link, its strength. ``copy``: the two are one text."""

    verdict: Verdict
    strength: float = 0.0
    copy: bool = False


UNKNOWN = Relation("unknown")
CONTRADICTION = Relation("contradiction")

_COPY_LIKENESS = 0.6
_COPY_CONTAINMENT = 0.85
_COPY_WORDS = 0.7
_LONG_SENTENCE = 6
_LINK_AT = 0.5
STRONG = 2.0
_COUNTRY_AT = 2.0
"""A report placed in a country alone joins only on this much agreement: a toll, or actors and words."""
_PART_AT = 2.0
"""Parting details at this weight that outweigh what agrees are a contradiction."""
_RISE_SECONDS = 3 * 86400
_FAR_TOLL = 3
"""Times, and persons, by which two figures differ too much for one event told at one time."""
_CLOSE_TOLL = 0.2
"""The share by which outlets differ on one event as a matter of course."""
_COMPATIBLE = 0.5
"""Of «some» and a number, or of ranges that overlap."""


def compare(a: Features, b: Features) -> Relation:
    """Link, contradiction or unknown. Symmetric. Whether a *vague* report joins a cluster is asked on its links."""
    if a.key != b.key or a.group != b.group:
        return CONTRADICTION
    kind = nearness(a.type, b.type)
    place = places.relation(a.spot, b.spot)
    gap = _gap(a, b)
    if kind < 0 or place == places.APART or gap > _allowed(a, b) or _different_modes(a, b):
        return CONTRADICTION
    if a.article_id == b.article_id:
        return _one_article(a, b, kind, place, gap)
    if _copies(a, b):
        return Relation("link", 100.0, copy=True)
    if a.key == "XX" or not (a.windowed and b.windowed):
        return UNKNOWN
    return _weigh(a, b, kind, place, gap)


def _gap(a: Features, b: Features) -> int:
    """Days between the two windows; 0 where they overlap or one is unknown."""
    if not (a.windowed and b.windowed):
        return 0
    return max(0, a.first - b.last, b.first - a.last)


def _allowed(a: Features, b: Features) -> int:
    """The gap in days that two datings of one event can show: an outlet that gives no day dates by its publication."""
    if a.basis == b.basis == "explicit":
        return 0
    return SPAN if "published" in (a.basis, b.basis) else 1


def _different_modes(a: Features, b: Features) -> bool:
    """A plan is not the deed."""
    return a.status != b.status and "planned" in (a.status, b.status)


def _one_article(a: Features, b: Features, kind: int, place: int, gap: int) -> Relation:
    """Extraction has joined what an article tells twice: what it left apart is two things, save a claim and its denial, or full agreement."""
    alike = kind == 2 and gap == 0 and (place == places.SAME or a.spot is None is b.spot)
    if not alike or any(_toll_step(a, b, name) < 0 for name in a.tolls.keys() & b.tolls.keys()):
        return CONTRADICTION
    if {a.status, b.status} in ({"claimed", "denied"}, {"asserted", "denied"}) and a.windowed and b.windowed:
        return Relation("link", 5.0)
    agree, part = weights(a, b)
    if part > 0 or _shared(a.words, b.words) < 0.5 or not (a.windowed and b.windowed):
        return CONTRADICTION
    return Relation("link", agree) if agree >= 2 else CONTRADICTION


def _copies(a: Features, b: Features) -> bool:
    """Whether the two stand in copies of one text, in the same sentence."""
    if a.sentence != b.sentence and _shared(a.words, b.words) < _COPY_WORDS:
        return False
    if a.type != b.type or part_tolls(a, b):
        return False
    if (
        not a.signature or not b.signature
    ):  # a text that was read without one: a long sentence word for word is a copy too
        return a.sentence == b.sentence and len(a.words) >= _LONG_SENTENCE
    if a.signature == b.signature:
        return True
    one, other = sketch(a.signature), sketch(b.signature)
    return (
        likeness(one, other) >= _COPY_LIKENESS
        or max(containment(one, other), containment(other, one)) >= _COPY_CONTAINMENT
    )


def twins(a: Features, b: Features, relation: Relation) -> bool:
    """Whether two vague reports go together: copies of one text, or one governorate, day and telling toll."""
    return relation.copy or (relation.verdict == "link" and bool(set(telling_tolls(a)) & set(telling_tolls(b))))


def part_tolls(a: Features, b: Features) -> bool:
    """Whether a toll that both state differs (one text cannot give two)."""
    return any(a.tolls[name] != b.tolls[name] for name in a.tolls.keys() & b.tolls.keys())


def _weigh(a: Features, b: Features, kind: int, place: int, gap: int) -> Relation:
    agree, part = weights(a, b)
    strength = agree - part + 0.5 * (kind - 2) + 0.5 * (place - places.SAME) - 0.5 * gap
    if agree > 0 and strength >= _LINK_AT:
        return Relation("link", round(strength, 3))
    if part >= _PART_AT and part > agree:
        return CONTRADICTION
    return UNKNOWN


def weights(a: Features, b: Features) -> tuple[float, float]:
    """What agrees and what parts, each a sum of weights, over tolls, actors, words and details."""
    found = [
        *(_toll_step(a, b, name) for name in a.tolls.keys() & b.tolls.keys()),
        _sides(a, b),
        _details(a.objects, b.objects, 1.0, 1.0),
        _details(a.quarters, b.quarters, 1.5, 2.0),
        _details(a.times, b.times, 0.5, 1.0),
        0.5 if a.weapons & b.weapons else 0.0,
        _words(a, b),
    ]
    return sum(step for step in found if step > 0), -sum(step for step in found if step < 0)


def _details(a: frozenset[str], b: frozenset[str], agree: float, part: float) -> float:
    if not a or not b:
        return 0.0
    return agree if a & b else -part


def _words(a: Features, b: Features) -> float:
    shared = len(a.words & b.words)
    if shared < 2:
        return 0.0
    share = shared / min(len(a.words), len(b.words))
    if shared >= 4 and share >= 0.5:
        return 2.0
    return 1.0 if share >= 0.25 else 0.0


def _shared(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of the shorter's words that the longer holds too."""
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def _sides(a: Features, b: Features) -> float:
    """Actors: the sides as told, or swapped where both name fighters."""
    straight = _side(a.initiators, b.initiators) + 0.5 * _side(a.targets, b.targets)
    if a.type == b.type == "armed_clash":
        swapped = 0.75 * (
            _side(a.initiators, b.targets) + _side(a.targets, b.initiators)
        )  # the same, whoever is asked first
        return max(straight, swapped)
    return straight


def _side(a: Side, b: Side) -> float:
    if a.ids & b.ids or a.words & b.words:
        return 1.0
    if a.kinds & b.kinds:
        return 0.5
    return -0.5 if a.kinds and b.kinds else 0.0


def _toll_step(a: Features, b: Features, name: str) -> float:
    """Agreement (positive) or difference (negative) of one toll that both state; a toll that rises with time is neither."""
    one, other = a.tolls[name], b.tolls[name]
    if not _exact(one) or not _exact(other):
        return _COMPATIBLE if _overlap(one, other) else -0.5
    if one[0] == other[0]:
        return 2.0 if one[0] > 1 else 1.0 if one[0] == 1 else 0.5
    if rises(a, b, name):
        return 0.0
    low, high = sorted((one[0], other[0]))
    if low == 0 or (high >= _FAR_TOLL * low and high - low > _FAR_TOLL):
        return -2.0
    return -0.5 if high - low <= max(1, _CLOSE_TOLL * high) else -1.0


def rises(a: Features, b: Features, name: str) -> bool:
    """Whether the later of two reports gives the higher toll, soon after."""
    early, late = sorted((a, b), key=lambda one: one.published)
    after = late.published - early.published
    return bool(early.published) and 0 < after <= _RISE_SECONDS and early.tolls[name][0] < late.tolls[name][0]


def _exact(toll: Toll) -> bool:
    return toll[1] == toll[0]


def _overlap(a: Toll, b: Toll) -> bool:
    return (a[1] is None or b[0] <= a[1]) and (b[1] is None or a[0] <= b[1])


def fits(vague: Features, specific: Features, relation: Relation) -> float | None:
    """How well a vague report fits a specific one; None where it cannot be that: a contradiction, or details that part them.

    Above 0 it may join; at 0 or below the two are merely compatible, which makes the specific one a rival of the others.
    STRONG and above what agrees is telling, so that merely compatible rivals do not count."""
    if relation.verdict == "contradiction" or vague.key == "XX" or not vague.windowed:
        return None
    agree, part = weights(vague, specific)
    if agree - part <= -1.0:
        return None
    place = places.relation(vague.spot, specific.spot)
    near = place >= places.WITHIN and vague.spot is not None and vague.spot.admin1
    return agree - part if agree >= (_COMPATIBLE if near else _COUNTRY_AT) else min(0.0, agree - part)

"""Where a thing may have happened: the places that the article names near its tellings, and what is seen of each.

A thing may be told several times; the exact place often stands in a later sentence («وقع الهجوم في سوق …»), in the title, or was told
of the thing before. Every place in reach is a candidate, and so is «nowhere told»; ``place_model.py`` weighs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from contracts.records import Place
from processors.drafts import Draft
from processors.gazetteer import distance_km
from processors.lexicon import Hit
from processors.mentions import Mentions
from processors.participants import Telling, tellings_of
from processors.passage import Passage
from processors.place_detail import pointer
from processors.place_holding import PlaceContext
from processors.place_mentions import PlaceMention
from processors.place_relations import contains, is_known, same_place
from processors.place_resolution import resolve_place
from processors.places_of import AtPlace, is_name
from processors.sentences import Sentence

WIDE = 3
"""The precision from which a place is a unit around others."""
BACK, AHEAD = 2, 4
"""Sentences before and after a telling in which its place may be told."""
LEAD = 1
"""The last sentence of the lead, in reach of everything."""
CHAIN = 5
"""Words between a place and the one that it is told to lie in."""
BESIDE = 2
"""Words between two places that are read as one inside the other («قرية الفطيرة جنوبي إدلب»)."""
NEAR_KM = 15.0
"""How far a part of a town, or a place beside it, lies from its middle at most."""
_STEPS = ((0, "0"), (1, "1"), (3, "2-3"), (6, "4-6"), (10, "7-10"), (18, "11-18"))
_THAT = frozenset({"ان", "بان", "انه", "انها", "بانه", "بانها", "انهم"})
_WHICH = frozenset({"التي", "الذي", "الذين", "حيث", "اللذين", "اللتين"})


class PlaceCandidate(Struct, frozen=True):
    """A place in reach of a thing, what it resolves to, and what is seen of it; None: nowhere told. ``kept``: what the rules give."""

    place: Place | None
    seen: tuple[str, ...]
    kept: bool = False


class Spot(Struct):
    """A place of the article with what does not depend on the thing: its passage, its sentence, its place on the map."""

    at: AtPlace
    passage: Passage
    sentence: Sentence
    place: Place
    head: str
    seen: tuple[str, ...] = ()
    pointed: int | None = None
    """The first word of its sentence that goes on with what was told («الحادث»)."""
    holder: Place | None = None
    """The place told right behind it in the same sentence («فندق … في سيفاري»)."""


class Whereabouts:
    """All places of an article, and the things told in it; gives the candidates for one thing after the other."""

    def __init__(
        self,
        passages: Sequence[tuple[Passage, Mentions]],
        context: PlaceContext,
        drafts: Sequence[Draft],
    ) -> None:
        self._spots = [spot for passage, found in passages for spot in _spots(passage, found, context)]
        in_title = {name_of(spot.place) for spot in self._spots if spot.passage.is_title}
        for spot in self._spots:
            if name_of(spot.place) in in_title:
                spot.seen = (*spot.seen, "in_title")
        self._chosen = {id(draft.group): {at.first for at in draft.extra["places"]} for draft in drafts}
        self._looked: tuple[Sequence[Draft], dict[int, list[Draft]]] = ((), {})

    def _holders(self, things: Sequence[Draft]) -> dict[int, list[Draft]]:
        """The things that the rules put at each spot (by its ``id``), looked up once for one row of things."""
        if self._looked[0] is not things:
            placed = [(thing, thing.place) for thing in things if thing.place is not None]
            held = {id(spot): [thing for thing, at in placed if same_place(at, spot.place)] for spot in self._spots}
            self._looked = things, held
        return self._looked[1]

    def candidates(self, thing: Draft, things: Sequence[Draft]) -> Iterator[PlaceCandidate]:
        """Every place in reach of a thing that has the place that the rules give it, then «nowhere told». ``things``: all that the
        article tells, their places those of the rules as long as candidates are asked for."""
        tellings, holders = tellings_of(thing), self._holders(things)
        busy = {(other.is_title, other.group.sentence.index) for other in things if other is not thing}
        told = _ByRules(thing.place, _how(thing), _has(thing))
        reach: dict[tuple[bool, int], tuple[Telling | None, str | None]] = {}
        for spot in self._spots:
            key = spot.passage.is_title, spot.sentence.index
            if key not in reach:
                near = _nearest(spot, tellings)
                reach[key] = near, _where(spot, near, thing)
            near, where = reach[key]
            held = holders[id(spot)]
            own = any(other is thing for other in held)
            if where is None and not own:
                continue
            where, fit = where or "far", "same" if own else _fit(thing.place, spot.place)
            is_near = where in ("own", "told")
            seen = [*spot.seen, *_of_fit(spot, told, where, fit)]
            if held and not own:
                seen.append(f"taken_{is_near}")
                if any(other.sub_event == thing.sub_event for other in held):
                    seen.append("taken_same_type")
            seen += self._of_rules(spot, near, tellings, where)
            if near is not None and is_near:
                seen += _of_order(spot, near)
            elif key in busy:
                seen.append(f"busy_{where}")
            seen += _crossed(spot, thing, told, where, fit)
            yield PlaceCandidate(spot.place, tuple(seen), kept=fit == "same")
        nowhere = ("nowhere", f"nowhere_{told.how}", f"nowhere_{told.has}_{thing.background}")
        yield PlaceCandidate(None, nowhere if thing.place is not None else ("kept", *nowhere), kept=thing.place is None)

    def _of_rules(self, spot: Spot, near: Telling | None, tellings: Sequence[Telling], where: str) -> Iterator[str]:
        """Whether the order of words gives a place to one of the tellings."""
        for telling in tellings:
            if telling.group.passage is spot.passage and spot.at.first in self._chosen.get(id(telling.group), ()):
                rank = "own" if telling is tellings[0] else "other"
                yield f"rule_{rank}"
                yield f"rule_{rank}_{spot.place.precision}"
                return
        if near is not None and where in ("own", "told"):
            yield f"passed_over_{bool(self._chosen.get(id(near.group)))}"


def name_of(place: Place) -> str:
    """What two mentions of one place share."""
    return str(place.geonameid) if place.geonameid is not None else (place.name or place.text)


def _spots(passage: Passage, found: Mentions, context: PlaceContext) -> list[Spot]:
    mentions = [located.mention for located in found.places]
    named = [at for at in found.places if at.mention.role != "dateline" and is_name(at.mention)]
    spots = []
    pointed: dict[int, int | None] = {}
    for at in named:
        sentence = passage.sentence_at(at.first)
        if sentence is not None:
            if sentence.index not in pointed:
                pointed[sentence.index] = pointer(passage, sentence)
            place = resolve_place(at.mention, mentions, context)
            if passage.is_title:
                place = structs.replace(place, start=-1, end=-1, title_start=place.start)
            spots.append(Spot(at, passage, sentence, place, head_class(at.mention), pointed=pointed[sentence.index]))
    long_actors = [(a.first, a.stop) for a in found.actors if a.stop - a.first > 1]
    for number, spot in enumerate(spots):
        beside = [other for other in spots[max(0, number - 1) : number + 2] if other is not spot]
        after = spots[number + 1] if number + 1 < len(spots) else None
        if after is not None and (after.sentence is not spot.sentence or after.at.first - spot.at.stop > CHAIN):
            after = None
        inside_actor = any(first <= spot.at.first < stop for first, stop in long_actors)
        spot.seen = tuple(_of_mention(spot, beside, inside_actor=inside_actor))
        spot.holder = after.place if after is not None else None
    return spots


def _of_mention(spot: Spot, beside: Sequence[Spot], *, inside_actor: bool) -> Iterator[str]:
    """What is seen of a place wherever the thing stands."""
    mention, place = spot.at.mention, spot.place
    yield f"head={spot.head}"
    yield f"precision={place.precision}_{is_known(place)}"
    yield f"role={mention.role}"
    yield f"prep={mention.preposition}"
    yield f"prep={mention.preposition}_{mention.role}"
    if inside_actor:
        yield "inside_actor"
    words, first = spot.passage.words, spot.at.first
    if first - spot.sentence.first <= 1:
        yield "opens"
    if first - spot.sentence.first <= 1 and spot.passage.folded.text[
        mention.folded_end : mention.folded_end + 2
    ].lstrip().startswith(("،", ":", "-", "–")):
        yield "heads_sentence"
    if spot.at.stop < spot.sentence.stop and words[spot.at.stop] in _WHICH:
        yield "which_follows"
    for other in beside:
        gap = max(other.at.first - spot.at.stop, spot.at.first - other.at.stop)
        if gap <= BESIDE and other.sentence is spot.sentence:
            if contains(other.place, place):
                yield "held_beside"
            elif contains(place, other.place):
                yield "holds_beside"


def head_class(mention: PlaceMention) -> str:
    """What kind of noun leads a place."""
    if mention.head is None:
        return "relation" if mention.relation else "none"
    if mention.surroundings:
        return "rural" if "admin1" in mention.kinds else "around"
    for name in ("quarter", "camp", "town", "village", "admin1", "admin2", "region"):
        if name in mention.kinds:
            return name
    return "site"


def _how(thing: Draft) -> str:
    """How the rules come to the place of a thing."""
    if thing.place is None:
        return "none"
    return next((name for name in ("inherited", "detailed") if thing.features.get(f"place_{name}")), "told")


def _has(thing: Draft) -> str:
    return "none" if thing.place is None else "wide" if thing.place.precision >= WIDE else "exact"


def _nearest(spot: Spot, tellings: Sequence[Telling]) -> Telling | None:
    told = [telling for telling in tellings if telling.group.passage is spot.passage]
    return min(told, key=lambda t: abs(t.group.sentence.index - spot.sentence.index), default=None)


def _where(spot: Spot, near: Telling | None, thing: Draft) -> str | None:
    """How far the sentence of a place is from the telling nearest to it; None: out of reach."""
    if near is not None:
        ahead = spot.sentence.index - near.group.sentence.index
        if ahead == 0:
            return "own" if near.group.sentence is thing.group.sentence else "told"
        if -BACK <= ahead <= AHEAD:
            return f"{ahead:+}"
    if spot.passage.is_title:
        return "title"
    return "lead" if spot.sentence.index <= LEAD else None


def _fit(rule: Place | None, place: Place) -> str:
    """How a place stands to another: the same, inside or around it, near it, of unknown position, or elsewhere."""
    if rule is None:
        return "none"
    if same_place(rule, place):
        return "same"
    if contains(rule, place):
        return "inside"
    if contains(place, rule):
        return "around"
    if rule.relation and rule.admin1_code is not None and rule.admin1_code == place.admin1_code:
        return "region"  # «شرقي دير الزور»: any town of the governorate
    if not is_known(place):
        return "unknown_near" if place.admin1_code == rule.admin1_code else "unknown"
    if rule.lat is None or rule.lon is None or place.lat is None or place.lon is None:
        return "apart"
    return "near" if distance_km(rule.lat, rule.lon, place.lat, place.lon) <= NEAR_KM else "apart"


def _of_order(spot: Spot, telling: Telling) -> list[str]:
    """Where a place stands to the triggers of its own sentence."""
    group, passage, at, sentence = telling.group, spot.passage, spot.at, spot.sentence
    hit = min(group.hits, key=lambda h: _distance(h, at))
    gap, side = _distance(hit, at), "after" if at.first > hit.first else "before"
    step = next((name for most, name in _STEPS if gap <= most), "far")
    voice = "verb" if hit.verb else "noun"
    mention = at.mention
    seen = [
        f"{side}_{step}",
        f"{side}_{voice}_{mention.preposition}",
        f"{side}_{mention.role}",
        f"{side}_{spot.head}",
        f"{hit.trigger.frame}_{side}_{mention.role}",
        f"clause={sentence.clause_of(hit.first) == sentence.clause_of(at.first)}_{side}",
    ]
    low, high = (hit.last + 1, at.first) if side == "after" else (at.stop, hit.first)
    between = passage.words[low:high]
    if not _THAT.isdisjoint(between):
        seen.append(f"that_between_{side}")
    if not _WHICH.isdisjoint(between):
        seen.append(f"which_between_{side}")
    own = {*map(id, group.hits)}
    others = [other for other in passage.known_hits(sentence) if id(other) not in own]
    if others:
        nearer = min(_distance(other, at) for other in others) < gap
        seen.append(f"other_nearer={nearer}_{side}")
        seen.append(f"triggers_between={min(2, sum(low <= other.first < high for other in others))}_{side}")
    return seen


def _distance(hit: Hit, at: AtPlace) -> int:
    """Words between a trigger and a place; 0 where they touch or overlap."""
    return max(0, at.first - hit.last - 1) if at.first > hit.first else max(0, hit.first - at.stop)


class _ByRules(Struct, frozen=True):
    """What the rules say of the place of a thing: which it is, how they come to it, and how exact it is."""

    place: Place | None
    how: str
    has: str


def _of_fit(spot: Spot, told: _ByRules, where: str, fit: str) -> list[str]:
    """How a place, and the one that it is told to lie in, stand to the one that the rules give."""
    seen = [f"fit={fit}", f"fit={fit}_{where}"]
    if told.place is not None:
        seen.append(f"fit={fit}_{told.place.precision}_{spot.place.precision}")
        if spot.holder is not None:
            chain = _fit(told.place, spot.holder)
            seen += [f"chain={chain}_{fit}", f"chain={chain}_{where in ('own', 'told')}_{spot.head}"]
    return seen


def _crossed(spot: Spot, thing: Draft, told: _ByRules, where: str, fit: str) -> list[str]:
    """Features that only tell something together."""
    how, head = told.how, spot.head
    seen = ["kept", f"kept_{how}", f"kept_{how}_{where}"] if fit == "same" else []
    seen += [
        f"at={where}",
        f"at={where}_{spot.place.precision}",
        f"at={where}_{told.has}",
        f"at={where}_{head}",
        f"at={where}_{fit}_{head}",
        f"how={how}_{fit}_{where in ('own', 'told')}",
    ]
    if spot.pointed is not None and where[0] in "+-":
        seen += [f"pointer_{where[0]}_{fit}", f"pointer_{where[0]}_{spot.at.first > spot.pointed}"]
    if thing.definite:
        seen.append(f"definite_{where}_{fit}")
    if thing.background:
        seen.append(f"background_{where}")
    return seen

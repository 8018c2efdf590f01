"""Which of an article's counts may be of a thing, and what the text shows of each: where it stands to the thing's tellings, whose it
is by the order of words, what stands between. ``toll_model.py`` weighs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from arabic.fold import fold
from contracts.records import Count
from contracts.taxonomy import SUB_EVENTS
from processors.casualties import count_of
from processors.counts import CountMention
from processors.drafts import Draft
from processors.mentions import Mentions
from processors.participants import tellings_of
from processors.passage import Located, Passage
from processors.place_relations import contains, place_fit
from processors.places_of import event_places
from processors.sameness import can_be_same, chance_of_same, type_fit
from processors.sentences import Sentence

AHEAD, BACK = 4, 2
"""Sentences after and before a telling in which its toll may stand."""
_ROLES = frozenset({"total", "rising", "shared"})
_MANY, _BIG = 2, 10
_NO_ONE_DIES = frozenset({"change_to_group_activity", "agreement", "disrupted_weapons_use", "arrests", "other"})


class TollCandidate(Struct, frozen=True):
    """A count that may be a thing's; ``kept``: the one that it has by the order of words."""

    count: Count
    seen: tuple[str, ...]
    kept: bool = False

    @property
    def key(self) -> tuple[int, int | None]:
        """Where it stands."""
        return self.count.start, self.count.title_start


def fields_of(thing: Draft) -> tuple[str, ...]:
    """The counts that a thing of its type may have."""
    if thing.sub_event is None:
        return ()
    if thing.sub_event == "arrests":
        return ("killed", "injured", "detained")
    return ("killed", "injured", "abducted") if thing.sub_event.startswith("abduction") else ("killed", "injured")


class _Stand(Struct):
    """A count of the article with what does not depend on the thing: where it stands, and the telling nearest to it."""

    located: Located[CountMention]
    count: Count
    passage: Passage
    sentence: Sentence
    teller: Draft | None
    names: list[str]
    """The places of its sentence."""

    @property
    def at(self) -> tuple[bool, int]:
        """Its sentence."""
        return self.passage.is_title, self.sentence.index


class Tolls:
    """All counts of an article with the things that it tells; candidates for one field of one thing after the other."""

    def __init__(
        self, passages: Sequence[tuple[Passage, Mentions]], drafts: Sequence[Draft], things: Sequence[Draft]
    ) -> None:
        self._tellers: dict[tuple[bool, int], list[Draft]] = {}
        """What each sentence tells, before the article's things were joined."""
        for draft in drafts:
            if draft.sub_event is not None:
                self._tellers.setdefault((draft.is_title, draft.group.sentence.index), []).append(draft)
        self._things = [thing for thing in things if thing.sub_event is not None]
        self._deadly = min(3, sum(_kills(thing) for thing in self._things))
        self._told: dict[tuple[bool, int], list[Draft]] = {}
        self._alike: dict[tuple[int, int], float] = {}
        for thing in self._things:
            for telling in tellings_of(thing):
                group = telling.group
                row = self._told.setdefault((group.passage.is_title, group.sentence.index), [])
                if all(other is not thing for other in row):
                    row.append(thing)
        self._has = {
            (name, count.start, count.title_start): thing
            for thing in self._things
            for name, count in thing.counts.items()
        }
        self._stands = [stand for passage, mentions in passages for stand in self._standing(passage, mentions)]

    def _standing(self, passage: Passage, mentions: Mentions) -> Iterator[_Stand]:
        """The counts of a passage that may be of a thing."""
        for located in mentions.counts:
            sentence = passage.sentence_at(located.first) if located.mention.role in _ROLES else None
            if sentence is not None:
                teller = self._teller(passage, sentence, located)
                count = count_of(located.mention, passage.is_title)
                yield _Stand(located, count, passage, sentence, teller, _names(mentions, sentence))

    def candidates(self, thing: Draft, field: str) -> list[TollCandidate]:
        """What the thing has by the order of words, and every other count of the field in reach."""
        kept = thing.counts.get(field)
        found = list(self._others(thing, field, kept))
        if kept is None:
            return found
        at = next((candidate for candidate in found if candidate.key == (kept.start, kept.title_start)), None)
        base = [name for name in (at.seen if at else ()) if not name.startswith("is_")]
        seen = ("kept", f"kept_{_size(kept)}", *_of_thing(thing, field, "kept"), *(f"kept_{name}" for name in base))
        rest = [c for c in found if c is not at or (c.count.low, c.count.high) != (kept.low, kept.high)]
        return [TollCandidate(kept, seen, kept=True), *rest]

    def _others(self, thing: Draft, field: str, kept: Count | None) -> Iterator[TollCandidate]:
        own = _of_thing(thing, field, "new")
        for stand in self._stands:
            where = self._where(thing, stand) if stand.located.mention.field == field else None
            if where is not None:
                seen = (*self._seen(thing, field, kept, stand, where), *own)
                yield TollCandidate(stand.count, seen)

    def _where(self, thing: Draft, stand: _Stand) -> str | None:
        """How far a count is from the telling nearest to it; None: out of reach."""
        passage, sentence = stand.passage, stand.sentence
        gaps = [
            sentence.index - telling.group.sentence.index
            for telling in tellings_of(thing)
            if telling.group.passage is passage
        ]
        if not gaps:
            return "title" if passage.is_title else ("lead" if sentence.index <= 1 else None)
        gap = min(gaps, key=abs)
        if gap == 0:
            return "same"
        if -BACK <= gap <= AHEAD:
            return f"{gap:+}"
        return "lead" if sentence.index <= 1 else None

    def _seen(self, thing: Draft, field: str, kept: Count | None, stand: _Stand, where: str) -> list[str]:
        """What a count is, and where it stands to the thing."""
        mention, count = stand.located.mention, stand.count
        here = self._told.get(stand.at, [])
        others = [other for other in here if other is not thing]
        owner = self._has.get((field, count.start, count.title_start))
        taken = _taken(thing, owner)
        size = _size(count)
        place = _place_of_telling(thing, stand.teller) or _place(thing, stand.names)
        had = "none" if kept is None else _size(kept)
        last = self._last_told(thing, stand)
        nearest = _nearest(thing, stand, others) if where == "same" else "far"
        points = any(other.group.sentence is stand.sentence and other.definite for other in here)
        agrees = kept is not None and kept.low == count.low and kept.high == count.high
        seen = [
            f"where={where}",
            f"taken={taken}",
            f"where={where}_taken={taken}",
            f"size={size}",
            f"had={had}_size={size}",
            f"place={place}",
            f"place={place}_where={where}",
            f"place={place}_taken={taken}",
            f"things={self._deadly}_taken={taken}",
            f"things={self._deadly}_where={where}",
            f"others={min(2, len(others))}_taken={taken}",
            f"last={last}_taken={taken}",
            f"last={last}_where={where}",
            f"near={nearest}_taken={taken}",
            f"points={int(points)}_last={last}",
            f"role={mention.role}",
            f"is_agreed={int(agrees)}",
            f"zero={int(mention.negated)}_where={where}",
            f"zero={int(mention.negated)}_had={had}",
        ]
        if mention.negated and kept is None:
            if where == "same":
                seen.append("none_here")  # «قصفت … وقصفت … دون إصابات» holds for each
            elif where == "+1" and stand.teller is None and last != "no":
                seen.append("none_next")  # «قصفت بلدتي …. ولم تسجل إصابات.»
        if stand.teller is None:
            seen += ["untold", f"untold_where={where}", f"untold_place={place}"]
        elif owner is not thing:
            seen += self._of_teller(thing, stand.teller, taken, place)
        if owner is not None and owner is not thing:
            seen.append(f"owner_kin={int(owner.sub_event == thing.sub_event)}_bg={int(owner.background)}")
        if field in thing.extra.get("shared", {}):
            seen.append("shared_here" if _is_at(thing.extra["shared"][field], count) else "shared_else")
        return seen

    def _of_teller(self, thing: Draft, teller: Draft, taken: str, place: str) -> list[str]:
        """Whether what is told beside a count is the thing again, and none of the others more likely."""
        alike = self._likeness(thing, teller)
        best = alike == 1 or all(self._likeness(other, teller) <= alike for other in self._things if other is not thing)
        return [
            f"alike={int(alike * 5)}",
            f"alike={int(alike * 5)}_taken={taken}",
            f"alike={int(alike * 5)}_best={int(best)}",
            f"best={int(best)}_taken={taken}",
            f"best={int(best)}_place={place}",
            f"when={int(thing.when.agrees(teller.when))}_place={place}",
            f"type={type_fit(thing, teller)}_taken={taken}",
            f"other={int(teller.other)}{int(teller.definite)}",
        ]

    def _teller(self, passage: Passage, sentence: Sentence, located: Located[CountMention]) -> Draft | None:
        """The telling nearest to a count in its sentence, one that the count was given to before others."""
        start = located.mention.start
        rows = self._tellers.get((passage.is_title, sentence.index), [])
        given = [
            draft
            for draft in rows
            for count in (*draft.counts.values(), *draft.extra.get("shared", {}).values())
            if start == (count.title_start if passage.is_title else count.start)
        ]
        return min(given or rows, key=lambda d: min(abs(h.first - located.first) for h in d.group.hits), default=None)

    def _likeness(self, thing: Draft, teller: Draft) -> float:
        """The chance that the telling of a count tells the thing again; 1 where it is one of its tellings."""
        key = (id(thing), id(teller))
        if key not in self._alike:
            self._alike[key] = _likeness(thing, teller)
        return self._alike[key]

    def _last_told(self, thing: Draft, stand: _Stand) -> str:
        """Whether the thing is the last that was told up to a sentence: what follows «القصف» is of the shelling told before."""
        for index in range(stand.sentence.index, -1, -1):
            row = self._told.get((stand.passage.is_title, index))
            if row:
                return ("only" if len(row) == 1 else "one") if any(other is thing for other in row) else "no"
        return "none"


def _likeness(thing: Draft, teller: Draft) -> float:
    if any(telling.group is teller.group for telling in tellings_of(thing)):
        return 1.0
    return chance_of_same(thing, teller) if can_be_same(thing, teller) else 0.0


def _nearest(thing: Draft, stand: _Stand, others: Sequence[Draft]) -> str:
    """Whether a trigger of the thing stands nearer to a count than those of the other things of its sentence."""
    if not others:
        return "alone"
    return "own" if _distance(thing, stand) <= min(_distance(other, stand) for other in others) else "other"


def _distance(thing: Draft, stand: _Stand) -> int:
    """Words between a count and the nearest trigger of a thing in its sentence."""
    groups = (telling.group for telling in tellings_of(thing))
    hits = [hit for g in groups if g.passage is stand.passage and g.sentence is stand.sentence for hit in g.hits]
    return min((abs(hit.first - stand.located.first) for hit in hits), default=1000)


def _taken(thing: Draft, owner: Draft | None) -> str:
    """Whose a count is by the order of words."""
    if owner is None:
        return "free"
    if owner is thing:
        return "own"
    return "kin" if _kills(owner) and _kills(thing) else "other"


def _kills(thing: Draft) -> bool:
    return thing.sub_event not in _NO_ONE_DIES


def _size(count: Count) -> str:
    if count.high == 0:
        return "zero"
    if count.high is None:
        return "some" if count.low <= 1 else "least"
    if count.low != count.high:
        return "range"
    return "one" if count.low < _MANY else ("few" if count.low < _BIG else "many")


def _of_thing(thing: Draft, field: str, which: str) -> list[str]:
    """What the thing itself says of its having a count."""
    slug = thing.sub_event or "none"
    told = any(telling.group.hits[-1].trigger.role == "outcome" for telling in tellings_of(thing))
    return [
        f"{which}_{field}",
        f"{which}_{field}_{SUB_EVENTS[slug].family if slug in SUB_EVENTS else slug}",
        f"{which}_{slug}",
        f"{which}_list={int('list' in thing.extra)}",
        f"{which}_bg={int(thing.background)}",
        f"{which}_outcome={int(thing.group.is_outcome_only)}{int(told)}",
        f"{which}_title={int(thing.is_title or thing.headline)}",
        f"{which}_mentions={min(3, thing.mentions)}",
    ]


def _is_at(kept: Count, count: Count) -> bool:
    return (kept.start, kept.title_start) == (count.start, count.title_start)


def _place_of_telling(thing: Draft, teller: Draft | None) -> str | None:
    """How the place of the telling of a count lies to the thing's; None where one is silent."""
    if teller is None or teller.place is None or thing.place is None:
        return None
    fit = place_fit(thing.place, teller.place)
    if fit == PLACE_SAME:
        return "same"
    if fit == PLACE_WITHIN:
        return "wider" if contains(teller.place, thing.place) else "narrower"
    return "apart"


PLACE_SAME, PLACE_WITHIN = 3, 2


def _names(mentions: Mentions, sentence: Sentence) -> list[str]:
    """The folded names of the places of a sentence."""
    return [fold(place.mention.name) for place in event_places(mentions.places, sentence.first, sentence.stop)]


def _place(thing: Draft, names: Sequence[str]) -> str:
    """Whether the places of a sentence are the thing's."""
    if not names:
        return "silent"
    if thing.place is None:
        return "unplaced"
    own = f"{fold(thing.place.text)} {fold(thing.place.name or '')}"
    same = [name in own for name in names]
    return "same" if all(same) else ("among" if any(same) else "apart")

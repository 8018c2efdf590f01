"""Who may have taken part in a thing: the actors near each of its tellings, in the title and the lead, and what the text shows of each.

A thing may be told several times (title, lead, details). Every actor in reach of a telling is a candidate for initiator or target;
its features are positions, cue words, the frame, the reading of the rules, and what the rest of the article makes of the same actor.
``role_model.py`` weighs them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache

from msgspec import Struct

from arabic.fold import fold
from arabic.marks import is_passive_marked
from contracts.taxonomy import family
from processors.actor_words import signals, words_beside
from processors.actors import ActorMention
from processors.drafts import Draft
from processors.frames import FORCES, AtActor, Roles
from processors.groups import Group
from processors.lexicon import Hit
from processors.passage import Passage
from processors.role_nouns import roles
from processors.sentences import Sentence

BACK, AHEAD = 2, 1
"""Sentences before and after a telling in which its actors may be named."""
_BLAME = 9
"""Words after a verb of blame in which the blamed is named."""
_STATE = re.compile(
    r"^([a-z]{2}(?:-assad)?)-(?:forces|police|government|army|regime|gendarmerie|guard|border-guard|intelligence|judiciary|customs)$"
)
_STEPS = ((0, "0"), (1, "1"), (3, "2-3"), (6, "4-6"), (10, "7-10"), (18, "11-18"))


class Telling(Struct, frozen=True):
    """One telling of a thing: its triggers, and the roles that the rules read there."""

    group: Group
    roles: Roles


class Candidate(Struct, frozen=True):
    """An actor that may have taken part, where it stands, and what is seen of it there; each feature weighs 1."""

    actor: AtActor
    is_title: bool
    who: str
    seen: tuple[str, ...]
    nearness: int = 0
    """2 in the sentence that is quoted, 1 in another that tells the thing, 0 elsewhere."""


def tellings_of(thing: Draft) -> tuple[Telling, ...]:
    """Every telling of a thing, the first first."""
    told: tuple[Telling, ...] | None = thing.extra.get("tellings")
    return told or (Telling(thing.group, thing.extra["roles"]),)


@lru_cache(maxsize=4096)
def who_is(mention: ActorMention) -> str:
    """What two mentions of one actor share: a state's army, police and government are one side."""
    if mention.actor_id or mention.name:
        return _STATE.sub(r"\1", str(mention.actor_id or mention.name))
    words = [word for word in fold(mention.text).split() if not _is_count(word)] or [fold(mention.text)]
    return " ".join(word.removeprefix("ال") for word in words)


def _is_count(word: str) -> bool:
    return word.isdigit() or word in roles().quantities or word == "من"  # من: of


class Member(Struct, frozen=True):
    """An actor of an article, with all that is seen of it whatever the thing is."""

    actor: AtActor
    sentence: Sentence
    is_title: bool
    who: str
    kind: str
    rough: str
    always: tuple[str, ...]
    uncounted: str


class Cast:
    """All actors of an article and the parts that the rules give them; candidates for one thing after the other."""

    def __init__(
        self, passages: Sequence[Passage], actors: Sequence[Sequence[AtActor]], drafts: Sequence[Draft]
    ) -> None:
        self._actors = {passage.is_title: list(row) for passage, row in zip(passages, actors, strict=True)}
        self._firsts = {is_title: [actor.first for actor in row] for is_title, row in self._actors.items()}
        self._passages = {passage.is_title: passage for passage in passages}
        every = [a.mention for row in actors for a in row]
        self._named = Counter(map(who_is, every))
        self._in_title = {who_is(a.mention) for a in self._actors.get(True, [])}
        self._forces = list(dict.fromkeys(who_is(mention) for mention in every if mention.kind in FORCES))
        self._did: Counter[tuple[str, str]] = Counter()
        self._suffered: Counter[tuple[str, str]] = Counter()
        for draft in drafts:
            kind = family(draft.sub_event, draft.plover)
            for telling in tellings_of(draft):
                for who in {who_is(a.mention) for a in telling.roles.initiators}:
                    self._did[who, kind] += 1
                for who in {who_is(a.mention) for a in telling.roles.targets}:
                    self._suffered[who, kind] += 1
        self._most = max(self._did.values(), default=0)
        self._beside: dict[int, list[str]] = {}
        """What the words beside an actor say, whatever the thing is; by ``id``."""
        self._voices: dict[int, str] = {}
        """The voices of triggers, by ``id``."""

    @cached_property
    def _members(self) -> list[Member]:
        """Every actor that stands in a sentence, in the order of the passages and of the text."""
        return [
            self._member(passage, actor, sentence)
            for is_title, passage in self._passages.items()
            for actor in self._actors[is_title]
            if (sentence := passage.sentence_at(actor.first)) is not None
        ]

    def _member(self, passage: Passage, actor: AtActor, sentence: Sentence) -> Member:
        mention, who, rough = actor.mention, who_is(actor.mention), _rough(actor.mention)
        kind = class_of(mention)
        always = [f"class={kind}", *self._of_blame(passage, actor, sentence)]
        if mention.definite:
            always.append("definite")
        if who in self._in_title:
            always.append("title")
        if mention.kind in FORCES:
            always.append(f"force_number={min(3, self._forces.index(who))}")
            always.append(f"forces={min(4, len(self._forces))}")
        always.append(f"named={min(4, self._named[who])}")
        first = fold(mention.text).split()[0]
        return Member(
            actor=actor,
            sentence=sentence,
            is_title=passage.is_title,
            who=who,
            kind=kind,
            rough=rough,
            always=tuple(always),
            uncounted=f"{'numbered' if _is_count(first) else f'head={mention.head}'}_{rough}",
        )

    def candidates(self, thing: Draft) -> Iterator[Candidate]:
        """Every actor in reach of a thing, once, seen from the telling nearest to it."""
        tellings = tellings_of(thing)
        told = {
            is_title: [telling for telling in tellings if telling.group.passage is passage]
            for is_title, passage in self._passages.items()
        }
        asked = _asked(thing, tellings)
        reach: dict[tuple[bool, int], tuple[Telling | None, str | None]] = {}
        for member in self._members:
            key = member.is_title, member.sentence.index
            if key not in reach:
                near = _nearest(told[member.is_title], member.sentence)
                reach[key] = near, _where(near, member.sentence, member.is_title)
            near, where = reach[key]
            if where is None:
                continue
            seen = self._of_actor(asked, member, where)
            if near is not None and where == "same":
                seen += self._of_place(near, member)
            yield Candidate(
                member.actor, member.is_title, member.who, tuple(seen), _nearness(thing, where, member.sentence)
            )

    def _of_actor(self, asked: _Asked, member: Member, where: str) -> list[str]:
        """What an actor is, wherever it stands, and what that tells together with where it stands and what the thing is."""
        part = _TOLD[member.who in asked.did, member.who in asked.suffered]
        did = self._did.get((member.who, asked.family), 0)
        suffered = self._suffered.get((member.who, asked.family), 0)
        rules, same, rough = asked.rules, where == "same", member.rough
        at = id(member.actor)
        seen = [
            rules,
            part,
            "own=i" if at in asked.own_initiators else "own=t" if at in asked.own_targets else "own=",
            f"did_here={min(3, did)}" if same else f"did={min(3, did)}",
            f"suffered={min(3, suffered)}",
            *member.always,
            *_of_counts(asked, member),
            f"at={where}",
            f"at={where}_{rough}",
            f"type={asked.type}_{member.kind}",
            f"type={asked.type}_{same}_{rough}",
            f"{part}_{rough}",
            f"{part}_{same}",
            f"{rules}_{same}_{rough}",
            f"{rules}_{part}",
            f"{part}_{asked.frame}",
        ]
        if did and not suffered:
            seen.append("doer")
            if not same:
                seen.append(f"doer_{rules}_{rough}")
        if did and did == self._most:
            seen += ["main_doer", f"main_doer_{rules}_{rough}"]
        if asked.source is not None and member.actor.mention.text == asked.source:
            seen.append("speaker")
        return seen

    def _of_blame(self, passage: Passage, actor: AtActor, sentence: Sentence) -> tuple[str, ...]:
        """«اتهمت X Y بشن الغارة»: who blames, and who is blamed."""
        first = max(sentence.first, actor.first - _BLAME)
        verb = next(
            (i for i in range(actor.first - 1, first - 1, -1) if signals().get(passage.words[i]) == "accuses"), None
        )
        if verb is None:
            return ()
        between = [a for a in self._actors[passage.is_title] if verb < a.first < actor.first]
        return (("accuser", "accused")[min(1, len(between))],)

    def _of_place(self, telling: Telling, member: Member) -> list[str]:
        """Where an actor stands to the triggers of its own sentence."""
        group, passage = telling.group, telling.group.passage
        actor, sentence, rough = member.actor, member.sentence, member.rough
        hit = min(group.hits, key=lambda h: _distance(h, actor))
        after = actor.first > hit.first
        gap = _distance(hit, actor)
        side = "after" if after else "before"
        step, voice = _step(gap), self._voice(passage, hit)
        low, high = (hit.first + 1, actor.first) if after else (actor.stop, hit.first)
        firsts = self._firsts[passage.is_title]
        between = self._actors[passage.is_title][bisect_left(firsts, low) : bisect_left(firsts, high)]
        rank = min(2, len(between))
        forces = min(2, sum(a.mention.kind in FORCES for a in between))
        frame, kind = hit.trigger.frame, member.kind
        seen = [
            f"{side}_{step}",
            f"{frame}_{voice}_{side}_{rank}_{rough}",
            f"{voice}_{side}_{forces}_{rough}",
            f"{frame}_{side}_{kind}",
            f"{hit.trigger.role}_{side}_{rough}",
            f"{hit.trigger.id}_{side}_{rough}",
        ]
        seen.append(f"clause={int(sentence.clause_of(hit.first) == sentence.clause_of(actor.first))}")
        low, high = (hit.last, actor.first) if after else (actor.stop - 1, hit.first)
        if passage.has_break(low, high):
            seen.append(f"break_{side}")
        own = {*map(id, group.hits)}
        others = [other for other in passage.known_hits(sentence) if id(other) not in own]
        seen += _of_others(others, actor, gap, rough)
        seen.append(f"triggers_between={min(2, sum(low < other.first < high for other in others))}")
        if group.head is not hit:
            seen.append(f"head={_relation(group.head, actor)}_{rough}")
        harms = [h for h in group.hits if h.trigger.role == "outcome" and h is not hit]
        if harms:
            harm = min(harms, key=lambda h: _distance(h, actor))
            seen.append(f"harm={_relation(harm, actor)}_{rough}_{min(3, _distance(harm, actor) // 3)}")
        if id(actor) not in self._beside:
            self._beside[id(actor)] = words_beside(passage, actor, sentence, rough)
        return seen + self._beside[id(actor)]

    def _voice(self, passage: Passage, hit: Hit) -> str:
        """Whether a trigger is a noun, a verb, or a verb that its vowels make a passive."""
        if not hit.verb:
            return "noun"
        if id(hit) not in self._voices:
            self._voices[id(hit)] = "passive" if is_passive_marked(passage.quote(hit.first, hit.first + 1)) else "verb"
        return self._voices[id(hit)]


_TOLD = {(False, False): "told=", (True, False): "told=i", (False, True): "told=t", (True, True): "told=it"}
"""The feature of an actor by whether the rules make it an initiator, and a target, in any telling."""


def _nearest(told: Sequence[Telling], sentence: Sentence) -> Telling | None:
    """The telling nearest to a sentence, of two the first."""
    return min(told, key=lambda t: (abs(t.group.sentence.index - sentence.index), t.group.first), default=None)


class _Asked(Struct, frozen=True):
    """What is the same for all candidates of a thing: who did and suffered it in any of its tellings by the rules, who in its own
    (by ``id``), its kind, and where its counts stand."""

    did: frozenset[str]
    suffered: frozenset[str]
    own_initiators: frozenset[int]
    own_targets: frozenset[int]
    rules: str
    family: str
    type: str | None
    frame: str
    source: str | None
    counts: tuple[tuple[str, int, int], ...]


def _asked(thing: Draft, tellings: Sequence[Telling]) -> _Asked:
    did = frozenset(who_is(a.mention) for telling in tellings for a in telling.roles.initiators)
    suffered = frozenset(who_is(a.mention) for telling in tellings for a in telling.roles.targets)
    own, source = tellings[0].roles, thing.extra.get("source")
    spans = [
        (name, count.start if count.start >= 0 else count.title_start, count) for name, count in thing.counts.items()
    ]
    return _Asked(
        did=did,
        suffered=suffered,
        own_initiators=frozenset(map(id, own.initiators)),
        own_targets=frozenset(map(id, own.targets)),
        rules=f"rules={'i' if did else ''}{'t' if suffered else ''}",
        family=family(thing.sub_event, thing.plover),
        type=thing.sub_event,
        frame=thing.group.head.trigger.frame,
        source=source.text if source is not None else None,
        counts=tuple((name, start, start + len(count.text)) for name, start, count in spans if start is not None),
    )


def _of_counts(asked: _Asked, member: Member) -> list[str]:
    """Whether a toll of the thing, or of another one, counts these persons."""
    mention = member.actor.mention
    for name, start, end in asked.counts:
        if start < mention.end and mention.start < end:
            return [f"counted={name}", f"counted_{member.rough}"]
    return [f"tolls={int(bool(asked.counts))}_{member.rough}", member.uncounted]


def _where(near: Telling | None, sentence: Sentence, is_title: bool) -> str | None:
    """How far a candidate's sentence is from the telling nearest to it; None: out of reach."""
    if near is not None:
        ahead = sentence.index - near.group.sentence.index
        if ahead == 0:
            return "same"
        if -BACK <= ahead <= AHEAD:
            return f"sentence{ahead:+}"
    if is_title:
        return "title"
    return "lead" if sentence.index <= 1 else None


def _nearness(thing: Draft, where: str, sentence: Sentence) -> int:
    return (1 + (sentence == thing.group.sentence)) if where == "same" else 0


@cache
def _step(gap: int) -> str:
    return next((name for most, name in _STEPS if gap <= most), "far")


def _distance(hit: Hit, actor: AtActor) -> int:
    """Words between a trigger and an actor; 0 where they touch or overlap."""
    return max(0, actor.first - hit.last - 1) if actor.first > hit.first else max(0, hit.first - actor.stop)


def _relation(hit: Hit, actor: AtActor) -> str:
    """The frame and voice of a trigger, and the side of it on which an actor stands."""
    return f"{hit.trigger.frame}_{'verb' if hit.verb else 'noun'}_{'after' if actor.first > hit.first else 'before'}"


def _of_others(others: Sequence[Hit], actor: AtActor, gap: int, rough: str) -> list[str]:
    """Whether another thing's trigger stands nearer to an actor than this thing's own, and which."""
    if not others:
        return ["alone"]
    other = min(others, key=lambda other: _distance(other, actor))
    if _distance(other, actor) >= gap:
        return ["own_nearest", f"own_nearest_{rough}"]
    side = "after" if actor.first > other.first else "before"
    voice = "verb" if other.verb else "noun"
    return ["other_nearer", f"other={other.trigger.frame}_{voice}_{side}_{rough}"]


def class_of(mention: ActorMention) -> str:
    """What kind of actor: a force by name or by its noun, a person, a thing, a state's adjective, an official …"""
    if mention.thing:
        return "thing"
    if mention.kind in FORCES:
        known = mention.actor_id is not None
        side = "state" if mention.kind == "state_forces" else "armed"
        return f"{side}_{'named' if known else 'unnamed'}"
    if mention.kind is None:
        return f"none_{mention.head or 'name'}"
    return str(mention.kind)


def _rough(mention: ActorMention) -> str:
    if mention.thing:
        return "thing"
    return "force" if mention.kind in FORCES else "person" if mention.kind is not None else "open"

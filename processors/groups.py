"""Triggers of one sentence that speak of one thing: «قُتل مدني وأصيب أربعة جراء هجوم استهدف …» is one group, not four.

A group has one or more triggers that say what was done (means, generic, act, take) and the outcomes that belong to it. Two triggers
are one thing unless their types exclude each other or each has a place of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.lexicon import Hit
from processors.passage import Passage
from processors.sentences import Sentence

VIOLENT_FRAMES = frozenset({"strike", "blast", "clash", "kill", "shoot"})
Span = tuple[int, int]
"""First and stop word of a mention."""


@dataclass(slots=True)
class Group:
    """Triggers told together, in order. ``head`` rules the reading of roles."""

    passage: Passage
    sentence: Sentence
    hits: list[Hit] = field(default_factory=list)

    @property
    def head(self) -> Hit:
        for hit in self.hits:
            if hit.trigger.role != "outcome":
                return hit
        return self.hits[0]

    @property
    def is_outcome_only(self) -> bool:
        return self.head.trigger.role == "outcome"

    @property
    def first(self) -> int:
        return min([hit.first for hit in self.hits])

    @property
    def last(self) -> int:
        return max([hit.last for hit in self.hits])


def group_hits(passage: Passage, sentence: Sentence, hits: Sequence[Hit], places: Sequence[Span]) -> list[Group]:
    """The groups of a sentence; ``places`` are the word spans of the places where something may have happened."""
    groups: list[Group] = []
    for hit in hits:
        if hit.trigger.role == "talk":
            groups.append(Group(passage, sentence, [hit]))
        elif hit.trigger.role != "outcome":
            _add_core(groups, Group(passage, sentence, [hit]), places)
    cores = [group for group in groups if group.head.trigger.role != "talk"]
    for hit in hits:
        if hit.trigger.role == "outcome":
            _add_outcome(groups, cores, Group(passage, sentence, [hit]), places)
    _join_others(groups)
    _join_ways(groups)
    for group in groups:
        group.hits.sort(key=lambda hit: hit.first)
    return sorted(groups, key=lambda group: group.first)


def _add_core(groups: list[Group], new: Group, places: Sequence[Span]) -> None:
    last = next((group for group in reversed(groups) if group.head.trigger.role != "talk"), None)
    if last is not None and (
        _tells_whom(last, new)
        or _goes_on(last, new)
        or _is_instrument(last, new)
        or (_agree(last, new) and not _parted(last, new, places))
    ):
        last.hits.extend(new.hits)
    else:
        groups.append(new)


def _tells_whom(a: Group, b: Group) -> bool:
    """«حملة مداهمة استهدفت قرية», «هجوم استهدف حاجزا»: the verb only says whom the noun before it hit."""
    near = b.first - a.last <= 4 and a.sentence.clause_of(a.last) == b.sentence.clause_of(b.first)
    return near and b.head.verb and b.head.trigger.id == "weapon_hit" and not a.hits[-1].verb


_SUBJECTS = 24
"""Words after a noun of attack within which a verb may still have it for its subject."""
_FEMININE = ("ه", "ات")
_BROKEN = frozenset({"ضربات", "غارات", "صواريخ", "قذائف", "قنابل", "براميل", "عمليات", "هجمات"})
# plurals of things: their verb is feminine


def _goes_on(a: Group, b: Group) -> bool:
    """«قصف مدفعي مصدره قوات …، استهدف السوق»: a bare verb that agrees with the noun before it says whom that hit, behind a clause too."""
    noun, verb = a.hits[-1], b.head
    words = a.passage.words
    if noun.verb or not verb.verb or verb.trigger.id != "weapon_hit" or verb.first - noun.last > _SUBJECTS:
        return False
    word, leads = words[verb.first], words[verb.first - 1]
    if word[0] in "وفي" or leads in _OPENERS:
        return False
    bare = words[noun.first].removeprefix("و").removeprefix("ب").removeprefix("ل").removeprefix("ال")
    return _agree(a, b) and word.endswith("ت") == (bare.endswith(_FEMININE) or bare in _BROKEN)


_OPENERS = frozenset(
    {"كما", "حيث", "بينما", "فيما", "ان", "انها", "انه", "عندما", "حين", "بعدما", "قد", "ايضا", "كذلك"}
)
# as, where, while, that, when, after: a verb behind them begins a clause of its own


def _is_instrument(a: Group, b: Group) -> bool:
    """«استهدفت المدينة بقصف صاروخي»: the noun with «بـ» says how."""
    same = a.sentence.clause_of(a.last) == b.sentence.clause_of(b.first)
    return same and not b.head.verb and a.head.verb and a.passage.words[b.head.first].startswith("ب") and _agree(a, b)


def _agree(a: Group, b: Group) -> bool:
    """Whether the triggers can speak of one thing."""
    told_a = {hit.trigger.type for hit in a.hits if hit.trigger.type}
    told_b = {hit.trigger.type for hit in b.hits if hit.trigger.type}
    frames = {hit.trigger.frame for hit in (*a.hits, *b.hits)}
    if not frames <= VIOLENT_FRAMES:
        return a.head.trigger.frame == b.head.trigger.frame and bool(told_a & told_b)
    if told_a and told_b:
        return bool(told_a & told_b) or _compatible(told_a | told_b)
    return True


_ONE_THING = (
    {"suicide_bomb", "remote_explosive_landmine_ied"},
    {"shelling_artillery_missile_attack", "air_drone_strike"},
    {"chemical_weapon", "shelling_artillery_missile_attack", "air_drone_strike"},
    {"grenade", "remote_explosive_landmine_ied"},
)


def _compatible(types: set[str]) -> bool:
    return any(types <= one for one in _ONE_THING)


def _parted(a: Group, b: Group, places: Sequence[Span]) -> bool:
    """Whether each has a place of its own, or a new clause brings a new thing of the same kind."""
    clause_a, clause_b = a.sentence.clause_of(a.head.first), b.sentence.clause_of(b.first)
    if clause_a != clause_b:
        own = [place for place in places if clause_a[0] <= place[0] < clause_a[1]]
        new = [place for place in places if clause_b[0] <= place[0] < clause_b[1]]
        return bool(new) and (bool(own) or b.head.verb)
    own = [place for place in places if clause_a[0] <= place[0] < b.first]
    new = [place for place in places if place[0] > b.head.last]
    return bool(own and new)


def _add_outcome(groups: list[Group], cores: Sequence[Group], new: Group, places: Sequence[Span]) -> None:
    home = _home(groups, cores, new, places)
    if home is None:
        groups.append(new)
    else:
        home.hits.extend(new.hits)


_OTHERS = frozenset({"اخرون", "اخرين", "اخر", "اخران", "اخريات"})
"""Others: who was hurt besides those who were killed."""


def _join_others(groups: list[Group]) -> None:
    """«قُتل شخصان، بينما أصيب سبعة آخرون في انفجار»: the killed and the others who were hurt are of one thing."""
    for killed in [group for group in groups if group.is_outcome_only and group.hits[-1].trigger.id == "kill"]:
        at = killed.hits[-1].last
        words = killed.passage.words
        for group in groups:
            hurt = [hit for hit in group.hits if hit.trigger.id == "hurt" and at < hit.first]
            if group is not killed and hurt and _OTHERS & set(words[hurt[0].last + 1 : hurt[0].last + 4]):
                between = [h for g in groups for h in g.hits if at < h.first < hurt[0].first]
                if not between:
                    group.hits.extend(killed.hits)
                    groups.remove(killed)
                break


_AFTER = frozenset({"بعد", "اثر", "عقب", "خلال"})  # after, following, during


def _join_ways(groups: list[Group]) -> None:
    """«سيطرت الفصائل على البلدة بعد معارك مع القوات»: clashes without a toll of their own are how the ground was taken."""
    for taken in [group for group in groups if group.head.trigger.role == "take"]:
        for way in [group for group in groups if group.head.trigger.id == "clash" and len(group.hits) == 1]:
            words, at = way.passage.words, way.first
            if taken.last < at and not way.head.verb and words[at - 1] in _AFTER:
                taken.hits.extend(way.hits)
                groups.remove(way)


def _home(groups: Sequence[Group], cores: Sequence[Group], new: Group, places: Sequence[Span]) -> Group | None:
    """The group that an outcome belongs to: the cause before it, the cause named after it, else the outcomes told with it."""
    at, sentence = new.hits[0].first, new.sentence
    clause = sentence.clause_of(at)
    takers = [group for group in cores if group.head.trigger.frame in VIOLENT_FRAMES]
    before = max((g for g in takers if g.head.first < at), key=lambda g: g.head.first, default=None)
    after = min((g for g in takers if g.head.first > at), key=lambda g: g.head.first, default=None)
    same_before = before is not None and sentence.clause_of(before.head.first) == clause
    same_after = after is not None and sentence.clause_of(after.head.first) == clause
    if same_before and not (same_after and _is_caused_by(new, after)):
        return before
    if same_after:
        return after
    mates = [g for g in groups if g.is_outcome_only and sentence.clause_of(g.first) == clause]
    if mates:
        return mates[-1]
    own = any(at < place[0] < clause[1] for place in places)
    return before if before is not None and not own else None


_CAUSES = frozenset({"جراء", "اثر", "نتيجه", "بسبب", "خلال", "بفعل", "في", "جرا", "علي", "عقب", "بعد", "من"})
# because of, following, as a result of, during: an outcome told before what caused it


def _is_caused_by(outcome: Group, cause: Group | None) -> bool:
    """Whether only the harm and a causal word stand between an outcome and what follows it (قُتل اثنان إثر قصف)."""
    if cause is None:
        return False
    words = outcome.passage.words[max(outcome.last, cause.first - 3) + 1 : cause.first + 1]
    head = outcome.passage.words[cause.first]
    return bool(_CAUSES & set(words)) or head.startswith(("ب", "لل"))

"""What a trigger tells is no event: sport, accidents, private crime, what is negated, feared, wanted or customary."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from processors.context import MEANS, Kinds
from processors.factuality import Cue, is_hypothetical, is_negated, is_planned
from processors.forms import has_article
from processors.groups import Group

LONG = 80
"""Words from which an article that hardly speaks of arms is of everyday life; a short one says little of what it is about."""


class Genre(Struct, frozen=True):
    """What an article is about, from the words of the whole of it."""

    counts: Kinds
    size: int

    def share(self, kind: str) -> float:
        """How much of the article is of a kind, 1 from one word in ten on."""
        return min(1.0, 10 * self.counts[kind] / max(1, self.size))

    @property
    def is_sport(self) -> bool:
        return self.counts["sport"] > max(1, self.counts["armed"])

    @property
    def is_civil(self) -> bool:
        return self.counts["civil"] > self.counts["armed"] + 2

    @property
    def is_everyday(self) -> bool:
        """A long article in which fewer than one word in thirty is of arms."""
        return self.size >= LONG and self.counts["armed"] * 30 < self.size

    @property
    def is_armed(self) -> bool:
        return self.counts["armed"] * 25 >= self.size and self.counts["armed"] > self.counts["civil"]


def turned_down(group: Group, cues: Sequence[Cue], around: Kinds, genre: Genre) -> str | None:
    """Why a group is no event: not armed, sport, accident, negated, feared, customary; None where it stands."""
    head = group.head
    if genre.is_sport:
        return "sport"
    near = bool(around["armed"] or any(around[means] for means in MEANS))
    if not near and not any(_stands_alone(hit.trigger.needs, genre) for hit in group.hits):
        return "no armed actor near"
    if genre.is_civil and not near:
        return "everyday life"
    other = _of_another_world(group, around)
    if other is not None:
        return other
    if is_negated(cues, head.first):
        return "negated"
    if _is_purpose(group) and not is_planned(cues, head.first, future=False):
        return "a purpose"
    if head.trigger.role == "take" and group.passage.words[head.first].lstrip("وف")[:1] in "يت":
        return "ground that is held"
    if head.trigger.role == "take" and any(c.kind == "attempt" and c.last < head.first <= c.last + 6 for c in cues):
        return "ground that somebody tries to take"
    if _is_a_time(group):
        return "the time of another thing"
    if head.trigger.role == "talk":
        return None
    if is_hypothetical(cues, head.first, group.sentence):
        return "feared or asked for"
    if _is_customary(group, cues):
        return "customary"
    return None


_PRIVATE = frozenset({"kill", "hurt", "shoot", "strike", "seize", "arrest"})
_HEAVY = ("air", "artillery", "explosive", "suicide", "chemical")


def _of_another_world(group: Group, around: Kinds) -> str | None:
    """Crime among private persons, agreements of trade, accidents: no politics in them."""
    frame = group.head.trigger.frame
    heavy = any(around[means] for means in _HEAVY)
    if around["crime"] and not around["fighter"] and not heavy and frame in _PRIVATE:
        return "a private crime"
    if frame == "agree" and around["trade"] and not around["fighter"]:
        return "an agreement of trade or atoms"
    if group.is_outcome_only and around["accident"] and not around["armed"] and not around["guns"]:
        return "accident"
    return None


def _is_customary(group: Group, cues: Sequence[Cue]) -> bool:
    """«بشكل يومي», «بين الحين والآخر» in the clause, «قصف متكرر» on the noun: no single thing."""
    head, words = group.head, group.passage.words
    first, stop = group.sentence.clause_of(head.first)
    if any(cue.kind == "habit" and first <= cue.first < stop for cue in cues):
        return True
    definite = has_article(words[head.first])
    near = (cue for cue in cues if cue.kind == "lasting" and head.last < cue.first <= head.last + 2)
    return not head.verb and any(has_article(words[cue.first]) == definite for cue in near)


def _is_a_time(group: Group) -> bool:
    """«خلال فض الاعتصام»: the end of a protest that is known, and when the told thing happened."""
    head, words = group.head, group.passage.words
    before = words[head.first - 1] if head.first > group.sentence.first else ""
    return head.trigger.id == "intervene" and before in _WHILE


_WHILE = frozenset({"خلال", "اثناء", "عقب", "منذ", "بعد", "وخلال"})  # during, after, since
_SUFFERS = ("تعرض", "يتعرض", "نتيجه", "عرضه", "وتعرض", "يودي", "ادي", "ادت", "التصدي", "تصدي", "تصدت")
# was exposed to, as a result of, led to, stood up to


def _is_purpose(group: Group) -> bool:
    """«للسيطرة على», «لاعتقال»: what somebody wants; «تعرضت لقصف» and «أدى لمقتل» are no purposes."""
    head, words = group.head, group.passage.words
    word = words[head.first]
    if head.verb or not word.startswith(("ل", "ول")) or head.trigger.role == "outcome":
        return False
    before = words[max(group.sentence.first, head.first - 4) : head.first]
    return head.trigger.frame in ("take", "arrest", "seize", "move", "strike") and not any(
        w.startswith(_SUFFERS) for w in before
    )


def _stands_alone(needs: str | None, genre: Genre) -> bool:
    """Whether a trigger counts without an armed actor or a weapon in its sentence."""
    return needs is None or (needs == "conflict" and genre.is_armed)

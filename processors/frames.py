"""Who did it, and to whom: the actors around a group of triggers read by cue words, by order, and by the trigger's frame.

Arabic tells the doer after an active verb (قصفت قوات النظام بلدة), as owner of a verbal noun (قصف قوات النظام), or before it with a
light verb (شنت قوات النظام هجوما); after a passive or a noun of harm stands who suffers (قُتل مدني, مقتل مدني); in a clash the sides
stand after «بين».
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from msgspec import Struct

from arabic.fold import fold
from arabic.marks import is_passive_marked
from processors.actors import ActorMention
from processors.context import MEANS, word_kinds
from processors.groups import Group
from processors.lexicon import Hit, read_table
from processors.passage import Located, Passage

AtActor = Located[ActorMention]
FORCES = frozenset({"state_forces", "rebel", "political_militia", "identity_militia", "external"})
PASSIVE_FRAMES = frozenset({"kill", "hurt"})
REACH = 14
"""Words after a trigger within which an actor still takes part without a cue."""
MOST = 4
"""Actors of one part: an enumeration longer than that is of something else."""
_ITSELF = frozenset({"انها", "انه", "انهم", "بانها", "بانه", "بانهم", "انهما"})
_THAT = frozenset({"ان", "بان"})
_OWN = ("قوات", "مقاتلي", "مجاهدي", "عناصر", "جنود", "وحدات", "طائرات", "مدفعيت", "مسلحي", "رجال", "دفاعات")
# its forces, fighters, men, soldiers, units, aircraft, guns
# that it, that they: the speaker speaks of itself (أعلنت قسد أنها قتلت …)


class Roles(Struct, frozen=True):
    """The parts taken, in the order of the text."""

    initiators: tuple[AtActor, ...] = ()
    targets: tuple[AtActor, ...] = ()


@cache
def _cues_by_end() -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Cue rows by the folded word that they end in, the longest first; a one-word row also with «و» before it."""
    ends: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for kind, sources in read_table("roles.toml")["before"].items():
        for source in sources:
            row = tuple(fold(source).split())
            ends.setdefault(row[-1], []).append((kind, row))
            if len(row) == 1:
                ends.setdefault("و" + row[0], []).append((kind, ("و" + row[0],)))
    return {end: tuple(sorted(rows, key=lambda row: -len(row[1]))) for end, rows in ends.items()}


def cue_before(words: Sequence[str], at: int, floor: int) -> str | None:
    """The part that the words right before word ``at`` (one may stand between) give it: agent, target, other_side, said, holder,
    part."""
    for end in (at - 1, at - 2):
        if end < floor:
            break
        for kind, row in _cues_by_end().get(words[end], ()):
            first = end - len(row) + 1
            if first >= floor and tuple(words[first : end + 1]) == row:
                return kind
    return None


def read_roles(group: Group, actors: Sequence[AtActor], first: int, stop: int) -> Roles:
    """The initiators and targets of a group among the actors of ``words[first:stop]``."""
    passage, head = group.passage, group.head
    every = [a for a in actors if first <= a.first < stop and not _covers(a, head)]
    near = [a for a in every if not _is_instrument(passage, a)]
    cued = {id(a): _cue(group, a, first) for a in near}
    itself = _itself(passage, head, near)
    near = [a for a in near if cued[id(a)] not in ("said", "holder", "part")]
    frame = head.trigger.frame
    if itself is not None:
        roles = _of_itself(group, itself, [a for a in near if a is not itself], cued)
    elif frame == "clash":
        roles = _clash(passage, head, near)
    elif frame in ("protest", "agree", "talk"):
        roles = _all_sides(passage, head, near, frame)
    else:
        roles = _directed(group, near, cued)
    return Roles(roles.initiators[:MOST], _persons_first(roles.targets)[:MOST])


def _cue(group: Group, actor: AtActor, floor: int) -> str | None:
    """The cue of an actor; the group's own verb is none, since what follows it is read by order."""
    verbs = {i for hit in group.hits if hit.verb and hit is group.head for i in range(hit.first, hit.last + 1)}
    if actor.first - 1 in verbs:
        return None
    cue = cue_before(
        group.passage.words, actor.first, max(floor, max((v + 1 for v in verbs if v < actor.first), default=floor))
    )
    return cue if cue is not None or not group.passage.words[actor.first].startswith("لل") else "attached"


def _covers(actor: AtActor, head: Hit) -> bool:
    return actor.first <= head.first < actor.stop


def _is_force(actor: AtActor) -> bool:
    return actor.mention.kind in FORCES


def _is_instrument(passage: Passage, actor: AtActor) -> bool:
    """«المدفعية», «طائرة مسيرة» without a side: the means, not who used it."""
    mention = actor.mention
    if mention.actor_id is not None or mention.country is not None:
        return False
    return any(kind in MEANS for kind in word_kinds(passage.words[actor.first]))


def _persons_first(targets: Sequence[AtActor]) -> tuple[AtActor, ...]:
    """Persons and forces; things that were hit only where none is named."""
    persons = tuple(a for a in targets if not a.mention.thing)
    return persons or tuple(targets)


def _itself(passage: Passage, head: Hit, near: Sequence[AtActor]) -> AtActor | None:
    """The speaker where it tells of its own deed."""
    if not head.verb or head.first == 0 or not _speaks_of_itself(passage.words, head.first):
        return None
    before = [a for a in near if a.stop < head.first and _is_force(a)]
    return before[-1] if before else None


def _speaks_of_itself(words: Sequence[str], at: int) -> bool:
    """«أنها قتلت», «أن مقاتليها استهدفوا», «أن تكون قواتها قد هاجمت»."""
    before = words[max(0, at - 4) : at]
    if before[-1] in _ITSELF:
        return True
    own = before[-2] if before[-1] == "قد" and len(before) > 1 else before[-1]
    return own.endswith(("ها", "هم", "ه")) and own.startswith(_OWN) and bool(_THAT & set(before))


def _of_itself(group: Group, itself: AtActor, near: Sequence[AtActor], cued: dict[int, str | None]) -> Roles:
    after = [a for a in near if a.first > group.head.first and cued[id(a)] != "agent"]
    return Roles((itself,), tuple(after[:2]))


def _clash(passage: Passage, head: Hit, near: Sequence[AtActor]) -> Roles:
    after = [a for a in near if a.first > head.first and a.first - head.last <= 2 * REACH]
    before = [a for a in near if a.stop <= head.first and head.first - a.stop <= 6]
    sides = _between(passage, head, after)
    if sides:
        return sides
    if head.verb and after and not (before and head.first - before[-1].stop <= 1):
        return Roles((after[0],), tuple(after[1:2]))
    if before and after:
        return Roles((before[-1],), (after[0],))
    return Roles(tuple(after[:1]), tuple(after[1:2])) if after else Roles(tuple(before[-1:]), ())


def _between(passage: Passage, head: Hit, after: Sequence[AtActor]) -> Roles | None:
    """«بين X وY»: two actors, or more where «من جهة» closes the first side."""
    words = passage.words
    window = range(head.first, min(len(words), head.last + 10))
    between = next((i for i in window if words[i] in ("بين", "وبين")), None)
    if between is None:
        return None
    sides = [a for a in after if a.first > between]
    if len(sides) < 2:
        return Roles(tuple(sides), ()) if sides else None
    closed = next((i for i in range(between, min(len(words), between + 40)) if words[i : i + 2] == ["من", "جهه"]), None)
    if closed is not None and sides[0].first < closed:
        first_side = [a for a in sides if a.first < closed]
        second = [a for a in sides if a.first > closed][:2]
        if second:
            return Roles(tuple(first_side), tuple(second))
    return Roles((sides[0],), tuple(sides[1:2]))


def _all_sides(passage: Passage, head: Hit, near: Sequence[AtActor], frame: str) -> Roles:
    around = [a for a in near if abs(a.first - head.first) <= 2 * REACH]
    sides = _between(passage, head, around) if frame != "protest" else None
    if sides:
        return sides
    if frame == "protest":
        return Roles(tuple(a for a in around if not _is_force(a))[:1], ())
    return Roles(tuple(around[:1]), tuple(around[1:3]))


def _directed(group: Group, near: Sequence[AtActor], cued: dict[int, str | None]) -> Roles:
    parts = _Parts(group.passage, near)
    for actor in near:
        cue = cued[id(actor)]
        if cue == "agent":
            parts.give(actor, parts.initiators)
        elif cue in ("target", "other_side"):
            parts.give(actor, parts.targets)
    for hit in group.hits:
        parts.read_order(hit)
    return Roles(_in_order(parts.initiators), tuple(a for a in _in_order(parts.targets) if a not in parts.initiators))


def _in_order(actors: Sequence[AtActor]) -> tuple[AtActor, ...]:
    return tuple(sorted(actors, key=lambda actor: actor.first))


class _Parts:
    """The parts of a directed frame while they are given out; ``rest`` are the actors without one."""

    def __init__(self, passage: Passage, near: Sequence[AtActor]) -> None:
        self.passage = passage
        self.rest = list(near)
        self.initiators: list[AtActor] = []
        self.targets: list[AtActor] = []

    def give(self, actor: AtActor, part: list[AtActor]) -> None:
        """Gives an actor a part, and those joined to it by «و» the same."""
        while actor in self.rest:
            self.rest.remove(actor)
            part.append(actor)
            actor = next((a for a in self.rest if self._is_joined(part[-1], a)), actor)

    def _is_joined(self, before: AtActor, after: AtActor) -> bool:
        joined = after.first == before.stop and self.passage.words[after.first].startswith("و")
        return joined and _is_force(before) == _is_force(after)

    def read_order(self, hit: Hit) -> None:
        """What the order of the words around one trigger says of the actors without a cue."""
        after = [a for a in self.rest if a.first > hit.first and a.first - hit.last <= REACH]
        before = [a for a in self.rest if a.stop <= hit.first and hit.first - a.stop <= 3]
        doer = before[-1] if before and (_is_force(before[-1]) or hit.verb) else None
        if self._names_sufferer(hit, after, doer):
            for actor in after[:1]:
                self.give(actor, self.targets)
            return
        if doer is not None and not self.initiators:
            self.give(doer, self.initiators)
        for actor in after[: 2 if hit.verb else 1]:
            if actor in self.rest:
                self._give_by_order(hit, actor)

    def _give_by_order(self, hit: Hit, actor: AtActor) -> None:
        if not self.initiators and (_can_act(actor) if hit.verb else _is_force(actor) and actor.first - hit.last <= 4):
            self.give(actor, self.initiators)
        elif hit.verb or not _is_force(actor):
            self.give(actor, self.targets)

    def _names_sufferer(self, hit: Hit, after: Sequence[AtActor], doer: AtActor | None) -> bool:
        """Whether what follows the trigger suffers: nouns of harm, passives, and «قتل» before a single actor or a victim."""
        frame = hit.trigger.frame
        if not hit.verb:
            return frame in ("kill", "hurt", "arrest")
        if is_passive_marked(self.passage.quote(hit.first, hit.first + 1)):
            return True
        active = doer is not None and _is_force(doer) and hit.first - doer.stop <= 1
        if frame in PASSIVE_FRAMES:
            two = len(after) >= 2 and _is_force(after[0]) and after[1].first - after[0].stop <= 3
            return not (active or two)
        return frame == "arrest" and not active and bool(after) and not _is_force(after[0])


def _can_act(actor: AtActor) -> bool:
    return _is_force(actor) or (actor.mention.kind in (None, "rioters", "protesters") and not actor.mention.thing)

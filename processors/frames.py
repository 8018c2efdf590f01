"""Who did it, and to whom: the actors around a group of triggers read by cue words, by order, and by the trigger's frame.

Arabic tells the doer after an active verb (قصفت قوات النظام بلدة), as owner of a verbal noun (قصف قوات النظام), or before it with a
light verb (شنت قوات النظام هجوما); after a passive or a noun of harm stands who suffers (قُتل مدني, مقتل مدني); in a clash the sides
stand after «بين».
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, Protocol

from msgspec import Struct

from arabic.fold import fold
from arabic.marks import is_passive_marked
from processors.groups import Group
from processors.lexicon import Hit, read_table
from processors.passage import Located, Passage

FORCES = frozenset({"state_forces", "rebel", "political_militia", "identity_militia", "external"})
PASSIVE_FRAMES = frozenset({"kill", "hurt"})
REACH = 14
"""Words after a trigger within which an actor still takes part without a cue."""
Cue = Literal["agent", "target", "other_side", "said", "holder"]


class ActorLike(Protocol):
    """What the frames read of an actor mention."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def kind(self) -> str | None: ...


A = Located["ActorLike"]


class Roles(Struct, frozen=True):
    """The parts taken, in the order of the text; ``speaker`` is who tells it."""

    initiators: tuple[Located[ActorLike], ...] = ()
    targets: tuple[Located[ActorLike], ...] = ()


@cache
def _cue_rows() -> tuple[tuple[str, tuple[str, ...]], ...]:
    rows = [
        (kind, tuple(fold(row).split())) for kind, sources in read_table("roles.toml")["before"].items() for row in sources
    ]
    return tuple(sorted(rows, key=lambda row: -len(row[1])))


@cache
def _cues_by_end() -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    ends: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for kind, row in _cue_rows():
        ends.setdefault(row[-1], []).append((kind, row))
        if len(row) == 1:
            ends.setdefault("و" + row[0], []).append((kind, ("و" + row[0],)))
    return {end: tuple(rows) for end, rows in ends.items()}


def cue_before(words: Sequence[str], at: int, floor: int) -> str | None:
    """The part that the words right before word ``at`` give it: agent, target, other_side, said or holder."""
    for end in (at - 1, at - 2):
        if end < floor:
            break
        for kind, row in _cues_by_end().get(words[end], ()):
            first = end - len(row) + 1
            if first >= floor and tuple(words[first : end + 1]) == row:
                return kind
    return None


def read_roles(group: Group, actors: Sequence[Located[ActorLike]], first: int, stop: int) -> Roles:
    """The initiators and targets of a group among the actors of ``words[first:stop]``."""
    passage, head = group.passage, group.head
    near = [a for a in actors if first <= a.first < stop and not _covers(a, head)]
    cued = {id(a): _cue(passage, a, first) for a in near}
    near = [a for a in near if cued[id(a)] not in ("said", "holder")]
    frame = head.trigger.frame
    if frame == "clash":
        roles = _clash(passage, head, near)
    elif frame in ("protest", "agree", "talk"):
        roles = _all_sides(head, near, frame)
    else:
        roles = _directed(group, near, cued)
    return roles


def _cue(passage: Passage, actor: Located[ActorLike], floor: int) -> str | None:
    cue = cue_before(passage.words, actor.first, floor)
    if cue is None and passage.words[actor.first].startswith("لل") and actor.first > floor:
        return "attached"
    return cue


def _covers(actor: Located[ActorLike], head: Hit) -> bool:
    return actor.first <= head.first < actor.stop


def _is_force(actor: Located[ActorLike]) -> bool:
    return actor.mention.kind in FORCES


def _clash(passage: Passage, head: Hit, near: Sequence[Located[ActorLike]]) -> Roles:
    after = [a for a in near if a.first > head.first and a.first - head.last <= 2 * REACH]
    before = [a for a in near if a.stop <= head.first and head.first - a.stop <= 6]
    sides = _between(passage, head, after)
    if sides:
        return sides
    verb = head.verb
    if verb and after:
        return Roles((after[0],), tuple(after[1:2]))
    if before and after:
        return Roles((before[-1],), (after[0],))
    return Roles(tuple(after[:1]), tuple(after[1:2])) if after else Roles(tuple(before[-1:]), ())


def _between(passage: Passage, head: Hit, after: Sequence[Located[ActorLike]]) -> Roles | None:
    """«بين X وY»: two actors, or more where «من جهة» closes the first side."""
    words = passage.words
    window = range(head.first, min(len(words), head.last + 8))
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
    return Roles((sides[0],), (sides[1],))


def _all_sides(head: Hit, near: Sequence[Located[ActorLike]], frame: str) -> Roles:
    around = [a for a in near if abs(a.first - head.first) <= 2 * REACH]
    if frame == "protest":
        return Roles(tuple(a for a in around if not _is_force(a))[:1], ())
    return Roles(tuple(around[:1]), tuple(around[1:3]))


def _directed(group: Group, near: Sequence[Located[ActorLike]], cued: dict[int, str | None]) -> Roles:
    initiators: list[Located[ActorLike]] = []
    targets: list[Located[ActorLike]] = []
    for actor in near:
        cue = cued[id(actor)]
        if cue == "agent":
            initiators.append(actor)
        elif cue in ("target", "other_side"):
            targets.append(actor)
    rest = [a for a in near if cued[id(a)] in (None, "attached")]
    for hit in group.hits:
        _by_order(group.passage, hit, rest, initiators, targets)
    return Roles(tuple(_once(initiators)), tuple(a for a in _once(targets) if a not in initiators))


def _once(actors: Sequence[Located[ActorLike]]) -> list[Located[ActorLike]]:
    kept: list[Located[ActorLike]] = []
    for actor in sorted(actors, key=lambda a: a.first):
        if actor not in kept:
            kept.append(actor)
    return kept


def _by_order(
    passage: Passage,
    hit: Hit,
    rest: list[Located[ActorLike]],
    initiators: list[Located[ActorLike]],
    targets: list[Located[ActorLike]],
) -> None:
    """What the order of the words says of the actors without a cue; each that is placed leaves ``rest``."""
    after = [a for a in rest if a.first > hit.first and a.first - hit.last <= REACH]
    before = [a for a in rest if a.stop <= hit.first and hit.first - a.stop <= 3]
    suffers = _names_sufferer(passage, hit, after)
    chosen_after = after[: 1 if suffers or not hit.verb else 2]
    for position, actor in enumerate(chosen_after):
        if suffers:
            targets.append(actor)
        elif hit.verb and not initiators and position == 0 and not before:
            (initiators if _can_act(actor, hit) else targets).append(actor)
        elif not hit.verb and not initiators and _is_force(actor) and actor.first - hit.last <= 4:
            initiators.append(actor)
        elif not (not hit.verb and _is_force(actor)):
            targets.append(actor)
        else:
            continue
        rest.remove(actor)
    if not suffers and not initiators and before and (_is_force(before[-1]) or hit.verb):
        initiators.append(before[-1])
        rest.remove(before[-1])


def _can_act(actor: Located[ActorLike], hit: Hit) -> bool:
    return _is_force(actor) or actor.mention.kind in (None, "rioters", "protesters")


def _names_sufferer(passage: Passage, hit: Hit, after: Sequence[Located[ActorLike]]) -> bool:
    """Whether what follows the trigger suffers: nouns of harm, passives, and «قتل» before a single actor or a victim."""
    frame = hit.trigger.frame
    if not hit.verb:
        return frame in ("kill", "hurt", "arrest")
    if is_passive_marked(passage.quote(hit.first, hit.first + 1)):
        return True
    if frame in PASSIVE_FRAMES:
        active = len(after) >= 2 and _is_force(after[0]) and after[1].first - after[0].stop <= 3
        return not active
    return frame == "arrest" and bool(after) and not _is_force(after[0])

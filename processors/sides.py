"""Who acts and who suffers decides the type: protesters, crowds, gangs, and those who fight for a government."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from arabic.fold import fold
from processors.context import first_people, government_side, is_former, word_kinds
from processors.frames import FORCES, AtActor, Roles
from processors.groups import Group
from processors.kinds import Side


def is_protest(group: Group, roles: Roles) -> bool:
    """«مواجهات بين محتجين وقوات الأمن»: one side protests."""
    sides = (actor.mention for actor in (*roles.initiators, *roles.targets))
    return group.head.trigger.id == "clash" and any(
        side.kind in ("protesters", "rioters") and not fold(side.text).startswith(_DOZENS) for side in sides
    )


def is_brawl(group: Group, roles: Roles) -> bool:
    """«مواجهات بين سكان ومهاجرين»: no side bears arms."""
    kinds_ = {actor.mention.kind for actor in roles.initiators}, {actor.mention.kind for actor in roles.targets}
    return group.head.trigger.id == "clash" and all(side == {"civilians"} for side in kinds_)


def by_a_gang(roles: Roles) -> bool:
    """«احتجزت عصابة», «اعتقل مجهولون»: who holds no place arrests nobody."""
    return any(fold(actor.mention.text).split()[0] in _GANGS for actor in roles.initiators)


_GANGS = frozenset({"عصابه", "عصابات", "ملثمون", "ملثمين", "مجهولون", "مجهولين", "خاطفون", "خاطفين"})
# gang, gangs, masked men, unknown men, kidnappers
_DOZENS = ("العشرات", "عشرات", "المئات", "مئات")  # dozens, hundreds: of whom is not said


def by_gunmen(roles: Roles) -> bool:
    """«استهدف مسلحون مجهولون موقعا»: men without a name, with what they carry."""
    return any(not _GUNMEN.isdisjoint(fold(actor.mention.text).split()[:2]) for actor in roles.initiators)


_GUNMEN = frozenset({"مسلحون", "مسلحين", "مسلحان", "مسلح", "مجهولون", "مجهولين", "ملثمون", "ملثمين", "خلايا", "خليه"})


def by_aircraft(group: Group, roles: Roles, actors: Sequence[AtActor]) -> bool:
    """«مسيرة تركية قصفت محطة، ثم قصفت حقلا»: what acts flies, and was named in an earlier clause of the sentence."""
    doers = _doers(group, roles, actors)
    return any("air" in word_kinds(word) for actor in doers for word in fold(actor.mention.text).split()[:2])


def by_settlers(group: Group, roles: Roles, actors: Sequence[AtActor]) -> bool:
    """«مستوطنون هاجموا القرية»: armed or not, they are no force."""
    return any(fold(actor.mention.text).startswith("مستوطن") for actor in _doers(group, roles, actors))


def _doers(group: Group, roles: Roles, actors: Sequence[AtActor]) -> Sequence[AtActor]:
    """Who acts: where no words near say it, the last who is named before in the sentence."""
    before = [actor for actor in actors if group.sentence.first <= actor.first and actor.stop <= group.head.first]
    return roles.initiators or before[-1:]


def gain_of(group: Group, first: int, stop: int, roles: Roles) -> str:
    """Who took ground: a government and those who fight for it, or another."""
    takers = [actor.mention for actor in roles.initiators]
    words = group.passage.words[first:stop]
    loyal = any(a.startswith("الموالي") and b.startswith(_LAWFUL) for a, b in pairwise(words))
    state = loyal or any(taker.kind == "state_forces" or taker.actor_id in government_side() for taker in takers)
    if not any(taker.kind for taker in takers):  # «حررت القوات الحي»: so those speak who hold the law
        state = state or any(_FREED.search(word) for word in group.passage.words[group.first : group.last + 1])
    return "government_regains_territory" if state else "non_state_actor_overtakes_territory"


_FREED = re.compile("^[وفل]?(?:ال)?(?:ت?حري?ر|استعاد|ت?طهي?ر)")
"""Freed, won back, cleared: forms of حرر, استعاد, طهر."""
_LAWFUL = ("للشرعيه", "للحكومه", "لحكومه", "للرئيس")  # loyal to the lawful power, to the government, to the president


def told_people(group: Group, first: int, stop: int, roles: Roles) -> Side:
    """Who is hit by the words after each trigger, harm before the rest, else by those before the first; who murders is not hit."""
    words = list(group.passage.words)
    for actor in roles.initiators if group.head.trigger.id == "murder" else ():
        words[actor.first : actor.stop] = [""] * (actor.stop - actor.first)
    for hit in sorted(group.hits, key=lambda hit: hit.trigger.role != "outcome"):
        people = first_people(words[hit.last + 1 : min(stop, hit.last + 8)])
        if people:
            return "fighters" if people == "fighter" else "civilians"
    people = first_people(words[max(first, group.first - 5) : group.first])
    if people is None:
        return "unknown"
    return "fighters" if people == "fighter" else "civilians"


def side_of(actors: Sequence[AtActor]) -> Side:
    """Who these are: fighters where one is, else civilians or protesters."""
    found = {"civilians" if is_former(fold(actor.mention.text).split()) else actor.mention.kind for actor in actors}
    if found & FORCES:
        return "fighters"
    if "protesters" in found:
        return "protesters"
    return "civilians" if "civilians" in found else "unknown"


def is_live_fire(words: Sequence[str]) -> bool:
    """«الرصاص الحي على متظاهرين»: more than an intervention."""
    return any(pair in _LIVE_FIRE for pair in pairwise(words))


_LIVE_FIRE = frozenset(
    {("الرصاص", "الحي"), ("بالرصاص", "الحي"), ("رصاص", "حي"), ("الذخيره", "الحيه"), ("بالذخيره", "الحيه")}
)

"""Who says it: the source of a sentence, carried on through «وأضاف», and whether it tells of its own side's deeds.

A statement by a party alone is a claim; so is what an official source says that its own forces did to the enemy. Correspondents,
monitors, rescue services and agencies assert.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from msgspec import Struct, structs

from arabic.fold import fold
from contracts.records import Actor, Speaker
from processors.factuality import Cue
from processors.frames import AtActor
from processors.lexicon import read_table
from processors.passage import Passage, within
from processors.sentences import Sentence

REACH, NEAR = 2, 5
"""Words after a verb of saying in which its subject begins; in which an unnamed official source stands."""
_FROM = "عن"  # from: «quoted from»
_THAT = frozenset({"ان", "إن", "بان", "انه", "انها", "انهم"})  # that: what follows is said, not the sayer
_BY = ("بحسب", "حسب", "وفق", "نقلا", "بيان")  # according to, quoting, a statement: the sayer follows
NON_STATE = frozenset({"rebel", "political_militia", "identity_militia"})
SEIZURES = frozenset({"arrests", "disrupted_weapons_use"})
PUBLIC = frozenset({"peaceful_protest", "violent_demonstration"})
OWN_DEEDS = frozenset({"arrests", "disrupted_weapons_use", "government_regains_territory"})


class Source(Struct, frozen=True):
    """The source of a sentence. ``official``: a ministry, a military or security source, named or not; ``independent``: somebody
    outside the conflict; ``actor``: the party that speaks, where one does."""

    text: str
    name: str | None = None
    kind: str | None = None
    actor_id: str | None = None
    country: str | None = None
    official: bool = False
    independent: bool = False
    claims: bool = False
    """It says that it did a thing: «وتبنى التنظيم الهجوم»."""
    elsewhere: bool = False
    """It speaks in another sentence, as the only one whom the article hears."""

    @property
    def unnamed(self) -> bool:
        """«مصادر عسكرية»: officials without a name."""
        return self.official and self.actor_id is None and self.text.startswith(("مصدر", "مصادر"))


class SpeakerReader:
    """Reads the sources of a passage, sentence by sentence in order; «وأضاف» goes on with the last one."""

    def __init__(self, passage: Passage, actors: Sequence[AtActor]) -> None:
        self._passage, self._actors = passage, actors
        self._last: Source | None = None
        self.heard: list[Source] = []
        """Every source so far, in order."""

    def source(self, sentence: Sentence) -> Source | None:
        """Who tells a sentence; None where it is the outlet itself."""
        cues = self._passage.cues(sentence)
        found = self._own(sentence, cues)
        if found is not None:
            self.heard.append(found)
            self._last = found
            return found
        if self._goes_on(sentence):
            return self._last
        self._last = None
        return None

    def _goes_on(self, sentence: Sentence) -> bool:
        first = self._passage.words[sentence.first]
        return first in _continuations()

    def _own(self, sentence: Sentence, cues: Sequence[Cue]) -> Source | None:
        says = [cue for cue in cues if cue.kind in ("says", "claim", "deny")]
        independent = next((c for c in cues if c.kind == "independent" or self._is_people(c, says)), None)
        if independent is not None:
            return self._quoted(independent, cues, sentence) or Source(
                self._passage.quote(independent.first, independent.last + 1), independent=True
            )
        for cue in says:
            actor = self._subject(cue, sentence)
            if actor is not None:
                return structs.replace(actor, claims=any(said.kind == "claim" for said in says))
        official = next((c for c in cues if c.kind == "official" and self._is_beside(c, says)), None)
        if official is not None:
            text = self._passage.quote(official.first, official.last + 1)
            return Source(text, kind="state_forces", official=True)
        unnamed = next((c for c in cues if c.kind == "unnamed" and self._is_beside(c, says)), None)
        if unnamed is not None:
            text = self._passage.quote(unnamed.first, unnamed.last + 1)
            return Source(text, kind="state_forces", official=True)
        return None

    def _is_people(self, cue: Cue, says: Sequence[Cue]) -> bool:
        return cue.kind == "people" and any(abs(cue.first - said.last) <= REACH for said in says)

    def _quoted(self, agency: Cue, cues: Sequence[Cue], sentence: Sentence) -> Source | None:
        """Whom an agency only quotes: «نقلت وكالة … عن قائد …»."""
        words = self._passage.words
        about = next(
            (i for i in range(agency.last + 1, min(agency.last + 1 + NEAR, sentence.stop)) if words[i] == _FROM), None
        )
        if about is None:
            return None
        official = next((c for c in cues if c.kind == "official" and 0 < c.first - about <= REACH), None)
        if official is not None:
            return Source(self._passage.quote(official.first, official.last + 1), kind="state_forces", official=True)
        return self._subject(Cue("says", about, about), sentence)

    def _is_beside(self, official: Cue, says: Sequence[Cue]) -> bool:
        return any(-NEAR <= official.first - cue.last <= NEAR for cue in says)

    def _subject(self, cue: Cue, sentence: Sentence) -> Source | None:
        """The actor right after a verb of saying, or right before it («قسد أعلنت»)."""
        word = self._passage.words[cue.first]
        for located in within(self._actors, sentence.first, cue.last + REACH + 1):
            between = self._passage.words[cue.last + 1 : located.first]
            after = 0 < located.first - cue.last <= REACH and not self._passage.has_break(cue.last, located.first)
            after = after and not any(word in _THAT for word in between)
            before = 0 <= cue.first - located.stop <= 1 and not word.startswith(_BY)
            before = before and not self._passage.has_break(located.stop - 1, cue.first)
            if (after or before) and located.mention.kind not in (None, "civilians", "protesters", "rioters"):
                mention = located.mention
                official = mention.kind == "state_forces"
                return Source(mention.text, mention.name, mention.kind, mention.actor_id, mention.country, official)
        return None


@cache
def _continuations() -> frozenset[str]:
    return frozenset(fold(word) for word in read_table("factuality.toml")["continuations"])


def is_claim(source: Source | None, slug: str | None, initiators: Sequence[Actor], targets: Sequence[Actor]) -> bool:
    """Whether a deed is only claimed: by a non-state party whatever it says, by a state of its own deeds."""
    if source is None or source.independent:
        return False
    if source.kind in NON_STATE:
        return not source.elsewhere or any(source.actor_id == actor.actor_id for actor in initiators)
    if slug in PUBLIC:
        return False  # what everybody in the street sees
    if slug == "disrupted_weapons_use" and source.official:
        return True  # what was shot down or seized only those tell who did it
    if slug == "armed_clash" and source.unnamed:
        return False  # a fight in which the sources of one side tell of both
    if slug == "armed_clash" and source.official:
        sides = initiators or targets  # an attack on its own side is what others did
        return any(is_own(source, actor) for actor in sides)
    if not source.official and source.kind != "state_forces":
        return False
    if any(actor.kind == "state_forces" for actor in targets):
        return False  # what others did to its own side
    if slug not in SEIZURES and targets and all(actor.kind == "civilians" for actor in targets):
        return False  # no army boasts of what it did to civilians: it accuses another
    if not initiators:
        return slug in OWN_DEEDS or any(actor.kind in NON_STATE for actor in targets)
    if slug in SEIZURES and all(actor.kind in NON_STATE for actor in initiators):
        return True  # of them the text only tells what was taken
    return any(is_own(source, actor) for actor in initiators)


def is_own(source: Source, actor: Actor) -> bool:
    """Whether a state's source speaks of its own forces."""
    if actor.kind != "state_forces" and (actor.kind != "external" or source.actor_id is None):
        return False  # a coalition speaks for itself
    if source.actor_id is not None and source.actor_id == actor.actor_id:
        return True
    return source.country is None or actor.country is None or source.country == actor.country


def speaker_of(source: Source | None) -> Speaker | None:
    """The record of a source."""
    return None if source is None else Speaker(text=source.text, name=source.name)

"""Reading the words around a place name: its head noun, relation, preposition and role.

A name alone says little: «قرية» before it opens a name that no table holds, «شمالي» makes it a landmark, «مصدره» an origin, «أبناء» a
home town, and many names are words too («الباب») that need such proof.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from arabic.fold import Folded, fold
from processors.context import word_kinds
from processors.demonyms import adjectives
from processors.place_grammar import Grammar, Head
from processors.place_mentions import PlaceMention
from processors.place_names import OpenNames
from processors.place_phrases import Hit, Lead, preposition_of
from processors.place_roles import RoleReader
from processors.place_ways import distances, ends_road, shift_before, with_ways
from processors.place_words import QUOTES, PlaceWords

MOST_WORDS_BEFORE = 6
UNIT_HEADS = frozenset(map(fold, ("ريف", "محافظة", "قضاء", "ناحية", "ولاية")))  # countryside, governorate, district ...
_SIGNS = re.compile(
    r"[\u0610-\u061a\u064b-\u065f\u0670\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)  # vowels, tatweel, marks


def _beside(known: PlaceMention, hit: Hit) -> bool:
    """Can the name be of a place that is listed with the known one: both of one country, and villages of one governorate?"""
    for entry in hit.entries:
        for other in known.entries:
            if entry.country == other.country and (
                entry.precision > 1 or entry.population or entry.admin1_code == other.admin1_code
            ):
                return True
    return False


class Reader:
    """Reads the words around the hits of one text."""

    def __init__(self, folded: Folded, hits: dict[int, Hit], rules: Grammar) -> None:
        self.at = PlaceWords(folded, rules)
        self.names, self.roles = OpenNames(self.at, hits), RoleReader(self.at)
        self.adjectives = adjectives()
        self.proven: set[str] = set()
        self.tells_distances = distances(folded.text)

    def mentions(self) -> list[PlaceMention]:
        hits = self.names.all()
        found = [mention for hit in hits if (mention := self._mention(hit)) is not None]
        kept = [
            m
            for m in found
            if not self._needs_proof(m) or m.name in self.proven or ends_road(self.at.text, m.folded_start)
        ]
        return with_ways(self.at, self._with_listed(hits, kept))

    def _with_listed(self, hits: list[Hit], kept: list[PlaceMention]) -> list[PlaceMention]:
        """With the names that a list proves: «صنعاء وحجة وإب ومأرب»."""
        known = {mention.name_start for mention in kept}
        if not kept or not any(hit.clitic == "و" and hit.entries and hit.start not in known for hit in hits):
            return kept
        ends = {mention.folded_end: mention for mention in kept}
        listed = list(kept)
        for hit in hits:
            if hit.start in known or hit.clitic != "و" or not hit.entries:
                continue
            before = ends.get(hit.start - len(" و"))
            if not self._is_closed(hit) and (before is None or self.at.text[before.folded_start - 1] != "و"):
                continue  # what ends no list is proven by two names before it
            mention = self._mention(hit, listed=True) if before is not None and _beside(before, hit) else None
            if mention is not None:
                ends[mention.folded_end] = mention
                listed.append(mention)
        return sorted(listed, key=lambda mention: mention.name_start)

    def _is_closed(self, hit: Hit) -> bool:
        """Does a list end behind this name, or go on with «و» and the next?"""
        index = self.at.index_after(hit.end)
        if index >= len(self.at.words) or not self.at.adjacent(index):
            return True
        return self.at.begins[index] + 1 in self.names.hits and self.at.words[index].startswith("و")

    def _mention(self, hit: Hit, listed: bool = False) -> PlaceMention | None:
        """The hit with its head, relation, preposition and role; None where the word is shown to be no place. ``listed``: a list of
        places proves it."""
        first = self._first_word(hit)
        if (not listed and self._is_unproven(hit, first)) or (
            first and self.at.adjacent(first) and self.at.words[first - 1] in self.at.rules.name_parts
        ):
            return None
        lead = self._lead(first, hit.clitic)
        if lead.head is None and hit.head is not None:  # one of a list that a plural head leads
            lead.head, lead.precision = hit.head, hit.head.precision
        if not hit.entries and lead.head is None:
            return None
        end, adjective = self._adjective(hit.end, lead.head)
        relation = " ".join(filter(None, (lead.relation, adjective))) or None
        role = self.roles.role(lead, hit)
        quote_start = lead.name_start if lead.name_start is not None else hit.start
        start_at, end_at = self.at.folded.span(quote_start, end)
        if lead.head or lead.relation:
            self.proven.add(hit.name)
        return PlaceMention(
            text=self.at.folded.original[start_at:end_at],
            start=start_at,
            end=end_at,
            name=hit.name,
            folded_start=lead.start if lead.start is not None else hit.start,
            folded_end=end,
            name_start=hit.start,
            entries=hit.entries,
            head=lead.head.word if lead.head else None,
            kinds=lead.head.kinds if lead.head else frozenset(),
            precision=lead.precision,
            surroundings=lead.surroundings,
            relation=relation,
            preposition=lead.preposition,
            role=role,
            sentence=self.at.sentence(hit.start),
            shift=shift_before(self.at.text, hit.start) if self.tells_distances else None,
            spelled=_SIGNS.sub("", self.at.folded.quote(hit.start, hit.end)).strip(QUOTES),
        )

    def _first_word(self, hit: Hit) -> int:
        """Index of the word in which the hit begins (behind its proclitics)."""
        return bisect_right(self.at.begins, hit.start) - 1

    def _is_unproven(self, hit: Hit, first: int) -> bool:
        """Does the name need a head, a direction or a holding unit to be a place, and has none?"""
        if hit.head or not hit.entries or hit.name in self.proven:
            return False
        if self.names.may_be_a_word(hit):
            return not self._is_opened(hit, first)
        if hit.name not in self.at.rules.needs_head and not (" " not in hit.name and all(e.proof for e in hit.entries)):
            return False
        if (
            first
            and not preposition_of(hit.clitic)
            and self._leads(self.at.words[first - 1])
            and self.at.adjacent(first)
        ):
            return False  # «مدينة الباب»; «حي باب» leads no «إب»
        return not self._unit_follows(hit)

    def _is_opened(self, hit: Hit, first: int) -> bool:
        """Does a village of the operator's table, which may be any word, stand where a name that no table knows could?"""
        if not self.names.is_plain_name(hit):
            return False
        before = self.at.words[first - 1] if first and self.at.adjacent(first) else ""
        if self._unit_follows(hit) and (preposition_of(hit.clitic) or before in self.at.rules.place_prepositions):
            return len(hit.name.split()) > 1 or word_kinds(hit.name) == ()
        known = self.at.rules.heads.get(before)
        return known[1].opens if known else before in self.at.rules.directions or before[1:] in self.at.rules.directions

    def _leads(self, word: str) -> bool:
        rules = self.at.rules
        return word in rules.heads or word in rules.directions or word in rules.near or word[1:] in rules.directions

    def _unit_follows(self, hit: Hit) -> bool:
        """«الباب بريف حلب», «مهين في محافظة حمص»: a unit, led by its head or a direction, right after the name."""
        index = self.at.index_after(hit.end)
        if not self.at.adjacent(index):
            return False
        word = self.at.words[index]
        if word == "في" and self.at.adjacent(index + 1):
            word = self.at.words[index + 1]
        return (
            (word[:1] == "ب" and word in self.at.rules.heads) or word in UNIT_HEADS or word in self.at.rules.directions
        )

    def _lead(self, first: int, clitic: str) -> Lead:
        """What stands before the name whose first word has index ``first``, read from right to left."""
        lead = Lead(preposition=preposition_of(clitic))
        index = first - 1 if not lead.preposition else -1
        if clitic in ("و", "ف"):
            index = -1 if index < 0 else index
        joined = index >= 0 and self.at.adjacent(first)
        while joined and index >= 0 and first - index <= MOST_WORDS_BEFORE:
            if not self._read_before(self.at.words[index], self.at.begins[index], lead):
                break
            if lead.preposition:
                break
            joined = self.at.adjacent(index)
            index -= 1
        lead.before = index if index >= 0 else None
        return lead

    def _read_before(self, word: str, start: int, lead: Lead) -> bool:
        """Take one word before the name into the lead; False where it does not belong to the phrase."""
        rules = self.at.rules
        known = rules.heads.get(word)
        bare, clitic = word, ""
        if known:
            length, head = known
            clitic = word[:length]
            lead.take_head(head, start + length)
        else:
            if (
                word not in rules.directions
                and word not in rules.near
                and word[:1] in "وفبل"
                and (word[1:] in rules.directions or word[1:] in rules.near)
            ):
                bare, clitic = word[1:], word[0]
            if bare in rules.directions or bare in rules.near:
                lead.relation = f"{bare} {lead.relation}" if lead.relation else bare
                lead.surroundings = True
                lead.start = start + len(clitic)
            elif bare in rules.place_prepositions or bare in rules.direction_prepositions:
                lead.preposition = bare
                return True
            elif bare[:1] in "وف" and (
                bare[1:] in rules.place_prepositions or bare[1:] in rules.direction_prepositions
            ):
                lead.preposition = bare[1:]
                return True
            else:
                return False
        lead.preposition = preposition_of(clitic)
        return True

    def _adjective(self, end: int, head: Head | None) -> tuple[int, str | None]:
        """«الشمالي» after a name that a head or relation leads: the new end and the adjective."""
        index = self.at.index_after(end)
        taken = None
        while head and index < len(self.at.words) and self.at.adjacent(index):
            word = self.at.words[index]
            if word not in self.at.rules.adjectives or (taken and len(taken.split()) > 1):
                break
            taken = f"{taken} {word}" if taken else word
            end = self.at.end(index)
            index += 1
        return end, taken

    def _needs_proof(self, mention: PlaceMention) -> bool:
        """Is the name also a word, and does nothing here show that a place is meant?"""
        if mention.head or mention.relation:
            return False
        if mention.name in self.adjectives:
            return mention.preposition in (None, "ل") and not self._is_noun(mention)
        short = len(mention.name) < 3
        return (short or mention.name in self.at.rules.needs_preposition) and mention.preposition in (
            None,
            "من",
            "بين",
            "ل",
        )

    def _is_noun(self, mention: PlaceMention) -> bool:
        """«السعودية» is an adjective after a definite noun («الشركة السعودية»), «سورية» after any."""
        previous = self.at.word_before(mention.name_start)
        return not previous or (mention.name.startswith("ال") and not previous.lstrip("وبلف").startswith(("ال", "لل")))

"""Reading the words around a place name: its head noun, relation, preposition and role.

A name alone says little: «قرية» before it opens a name that no table holds, «شمالي» makes it a landmark, «مصدره» an origin, «أبناء» a
home town, and many names are words too («الباب») that need such proof.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property

from arabic.fold import Folded, fold
from processors.context import word_kinds
from processors.demonyms import adjectives
from processors.place_grammar import Grammar, Head
from processors.place_mentions import PlaceMention, Role
from processors.place_phrases import Hit, Lead, inside, preposition_of

MOST_WORDS_BEFORE = 6
LONGEST_LIST = 20
CUE_WINDOW = 60  # folded characters before a phrase in which a cue of its role stands
DATELINE_WINDOW = 70  # a dateline ends in the first characters of an article
UNIT_HEADS = frozenset(map(fold, ("ريف", "محافظة", "قضاء", "ناحية", "ولاية")))  # countryside, governorate, district ...
FROM = fold("من")
_PRONOUNS = ("ها", "هما")  # a noun with a pronoun, and no name
QUOTES = " \"«»“”()'’‘[]"
_SIGNS = re.compile(
    r"[\u0610-\u061a\u064b-\u065f\u0670\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)  # vowels, tatweel, marks
_SENTENCE_END = re.compile(r"[.!؟?\n;؛]")


class Reader:
    """Reads the words around the hits of one text."""

    def __init__(self, folded: Folded, hits: dict[int, Hit], rules: Grammar) -> None:
        self.folded, self.text, self.words, self.begins = folded, folded.text, folded.words, folded.starts
        self.hits, self.rules = hits, rules
        self.adjectives = adjectives()
        self.proven: set[str] = set()
        self.government_end = -1  # folded end of the last capital that stood for its state

    @cached_property
    def breaks(self) -> list[int]:
        """Folded offsets of the signs that end a sentence."""
        return [match.start() for match in _SENTENCE_END.finditer(self.text)]

    def _sentence(self, offset: int) -> int:
        """Number of the sentence that a folded offset lies in."""
        return bisect_left(self.breaks, offset)

    def _end(self, index: int) -> int:
        """Folded end of a word."""
        return self.begins[index] + len(self.words[index])

    def mentions(self) -> list[PlaceMention]:
        found = [mention for hit in self._all_hits() if (mention := self._mention(hit)) is not None]
        return [m for m in found if not self._needs_proof(m) or m.name in self.proven]

    def _all_hits(self) -> list[Hit]:
        """Names of the table and names that a head opens, in order."""
        covered = sorted((hit.start, hit.end) for hit in self.hits.values())
        opened: list[Hit] = []
        heads = self.rules.heads
        for index in [i for i, word in enumerate(self.words) if word in heads]:
            head = heads[self.words[index]][1]
            if not (head.opens or (head.quoted and self._quoted(index + 1))) or inside(covered, self._end(index) - 1):
                continue
            self._lengthen(index + 1)
            opened += self._opened(index + 1, head)
        return sorted([*self.hits.values(), *opened], key=lambda hit: hit.start)

    def _quoted(self, index: int) -> bool:
        """Does a quotation begin right before this word («محور “عين العشرة”»)?"""
        if not self._adjacent(index):
            return False
        return bool(self.text[self._end(index - 1) : self.begins[index]].strip())

    def _lengthen(self, index: int) -> None:
        """A known name that is also the first part of names («جديدة») gives way to the longer, unknown one («قرية جديدة كحيط»)."""
        hit = self.hits.get(self.begins[index]) if index < len(self.words) else None
        if hit is not None and hit.name in self.rules.joiners and self._joins(index):
            del self.hits[hit.start]

    def _opened(self, index: int, head: Head) -> list[Hit]:
        """The unknown name, or the coordinated names after a plural head, that begin at word ``index``."""
        names: list[Hit] = []
        listed = 0
        while index < len(self.words) and listed < LONGEST_LIST:
            hit, after = self._name_at(index, coordinated=listed > 0)
            if hit is None:
                break
            hit.head = head
            if not hit.entries:
                names.append(hit)
            if not head.many or not self._coordination(after):
                break
            index, listed = after, listed + 1
        return names

    def _name_at(self, index: int, coordinated: bool) -> tuple[Hit | None, int]:
        """A name that begins at word ``index`` (after wa- where coordinated): known or not, and the index after it."""
        if coordinated and self.words[index] == "و" and index + 1 < len(self.words):  # «جب الدم و اللوش»
            index += 1
        word, start = self.words[index], self.begins[index]
        if not coordinated and not self._adjacent(index):
            return None, index
        led = word.startswith("و") and (len(word) > 3 or word[1:] in self.rules.joiners)
        if coordinated and led and start not in self.hits:
            start += 1
            word = word[1:]
        if start in self.hits and (not self._may_be_a_word(self.hits[start]) or self._is_plain_name(self.hits[start])):
            hit = self.hits[start]
            return hit, self._index_after(hit.end)
        if not (self._may_name(word) or self._joins(index)) or (coordinated and not self._may_go_on(word, index)):
            return None, index
        last = index
        while last + 1 < len(self.words) and last - index + 1 < self.rules.longest and self._joins(last):
            last += 1
        if coordinated and self._is_pair(last):
            last += 1
        end = self._end(last)
        return Hit(start, end, self.text[start:end], ()), last + 1

    def _is_pair(self, index: int) -> bool:
        """In a list between commas: «، هباة العيد،» is one name of two words."""
        after = index + 1
        closed = after + 1 < len(self.words) and not self._adjacent(after + 1)
        return (
            closed
            and self._adjacent(after)
            and self.words[after].startswith("ال")
            and self._may_name(self.words[after])
        )

    def _may_go_on(self, word: str, index: int) -> bool:
        """In a list, after a comma a bare word may begin the next clause («، ارتكبت»): there a name has the article, a first part
        such as «تل», or stands between two commas; after wa- a word in -t is a verb more often than a village."""
        if self._adjacent(index):
            return not word.endswith("ت")
        if word.startswith("ال") or word in self.rules.joiners or index + 1 >= len(self.words):
            return True
        closed = self.text[self._end(index) : self.begins[index + 1]].strip(' "') != ""
        return closed or self.words[index + 1].startswith("و") or self._is_pair(index)

    def _joins(self, last: int) -> bool:
        """Is the word at ``last`` only the first part of a name («تل», «أبو», «دير», «اللواء 15»)?"""
        word = self.words[last]
        bare = word[1:] if word.startswith("و") and word not in self.rules.joiners else word
        if bare not in self.rules.joiners or not self._adjacent(last + 1):
            return False
        following = self.words[last + 1]
        return following.isdigit() or self._may_name(following)

    def _may_name(self, word: str) -> bool:
        rules = self.rules
        return (
            len(word) > 2
            and not word[0].isdigit()
            and word not in rules.stop
            and word not in rules.place_prepositions
            and word not in rules.direction_prepositions
            and not (word in rules.heads and word not in rules.joiners)
            and not (word[0] in "بل" and word[1:] in rules.heads)
            and not word.startswith("لل")
            and not word.endswith(_PRONOUNS)
            and not (word[0] in "بلك" and word[1:] in rules.stop)
        )

    def _coordination(self, index: int) -> bool:
        """Does the next word go on with a list: «… وكفر عويد», «، الفطيرة»?"""
        if index >= len(self.words):
            return False
        gap = self.text[self._end(index - 1) : self.begins[index]].strip(QUOTES)
        return (self.words[index].startswith("و") and not gap) or gap in ("،", ",", "-", "–", "—")

    def _adjacent(self, index: int) -> bool:
        """Is nothing but blanks and quotes between this word and the one before?"""
        if index >= len(self.words) or index == 0:
            return False
        return not self.text[self._end(index - 1) : self.begins[index]].strip(QUOTES)

    def _index_after(self, end: int) -> int:
        """Index of the first word that begins at or after ``end``."""
        return bisect_left(self.begins, end)

    def _mention(self, hit: Hit) -> PlaceMention | None:
        """The hit with its head, relation, preposition and role; None where the word is shown to be no place."""
        first = self._first_word(hit)
        if self._is_unproven(hit, first) or (
            first and self._adjacent(first) and self.words[first - 1] in self.rules.name_parts
        ):
            return None
        lead = self._lead(first, hit.clitic)
        if lead.head is None and hit.head is not None:  # one of a list that a plural head leads
            lead.head, lead.precision = hit.head, hit.head.precision
        if not hit.entries and lead.head is None:
            return None
        end, adjective = self._adjective(hit.end, lead.head)
        relation = " ".join(filter(None, (lead.relation, adjective))) or None
        role = self._role(lead, hit)
        quote_start = lead.name_start if lead.name_start is not None else hit.start
        start_at, end_at = self.folded.span(quote_start, end)
        if lead.head or lead.relation:
            self.proven.add(hit.name)
        return PlaceMention(
            text=self.folded.original[start_at:end_at],
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
            sentence=self._sentence(hit.start),
            spelled=_SIGNS.sub("", self.folded.quote(hit.start, hit.end)).strip(QUOTES),
        )

    def _first_word(self, hit: Hit) -> int:
        """Index of the word in which the hit begins (behind its proclitics)."""
        return bisect_right(self.begins, hit.start) - 1

    def _is_unproven(self, hit: Hit, first: int) -> bool:
        """Does the name need a head, a direction or a holding unit to be a place, and has none?"""
        if hit.head or not hit.entries or hit.name in self.proven:
            return False
        if self._may_be_a_word(hit):
            return not self._is_opened(hit, first)
        if hit.name not in self.rules.needs_head and not (" " not in hit.name and all(e.proof for e in hit.entries)):
            return False
        if first and self._leads(self.words[first - 1]) and self._adjacent(first):
            return False
        return not self._unit_follows(hit)

    def _may_be_a_word(self, hit: Hit) -> bool:
        """Is the name known from the operator's table alone, in which villages bear any word as a name?"""
        return bool(hit.entries) and all(entry.proof == "always" for entry in hit.entries)

    def _is_plain_name(self, hit: Hit) -> bool:
        """Could the name be one that no table knows, and is it no adjective?"""
        word = hit.name.split()[0]
        named = self._may_name(word) or word in self.rules.joiners
        return named and word.removeprefix("ال") not in self.rules.stop and hit.name not in self.adjectives

    def _is_opened(self, hit: Hit, first: int) -> bool:
        """Does a village of the operator's table, which may be any word, stand where a name that no table knows could?"""
        if not self._is_plain_name(hit):
            return False
        before = self.words[first - 1] if first and self._adjacent(first) else ""
        if self._unit_follows(hit) and (preposition_of(hit.clitic) or before in self.rules.place_prepositions):
            return len(hit.name.split()) > 1 or word_kinds(hit.name) == ()
        known = self.rules.heads.get(before)
        return known[1].opens if known else before in self.rules.directions or before[1:] in self.rules.directions

    def _leads(self, word: str) -> bool:
        rules = self.rules
        return word in rules.heads or word in rules.directions or word in rules.near or word[1:] in rules.directions

    def _unit_follows(self, hit: Hit) -> bool:
        """«الباب بريف حلب», «مهين في محافظة حمص»: a unit, led by its head or a direction, right after the name."""
        index = self._index_after(hit.end)
        if not self._adjacent(index):
            return False
        word = self.words[index]
        if word == "في" and self._adjacent(index + 1):
            word = self.words[index + 1]
        return (word[:1] == "ب" and word in self.rules.heads) or word in UNIT_HEADS or word in self.rules.directions

    def _lead(self, first: int, clitic: str) -> Lead:
        """What stands before the name whose first word has index ``first``, read from right to left."""
        lead = Lead(preposition=preposition_of(clitic))
        index = first - 1 if not lead.preposition else -1
        if clitic in ("و", "ف"):
            index = -1 if index < 0 else index
        joined = index >= 0 and self._adjacent(first)
        while joined and index >= 0 and first - index <= MOST_WORDS_BEFORE:
            if not self._read_before(self.words[index], self.begins[index], lead):
                break
            if lead.preposition:
                break
            joined = self._adjacent(index)
            index -= 1
        lead.before = index if index >= 0 else None
        return lead

    def _read_before(self, word: str, start: int, lead: Lead) -> bool:
        """Take one word before the name into the lead; False where it does not belong to the phrase."""
        rules = self.rules
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
                and word[1:] in rules.directions | rules.near
            ):
                bare, clitic = word[1:], word[0]
            if bare in rules.directions or bare in rules.near:
                lead.relation = f"{bare} {lead.relation}" if lead.relation else bare
                lead.surroundings = True
                lead.start = start + len(clitic)
            elif bare in rules.place_prepositions or bare in rules.direction_prepositions:
                lead.preposition = bare
                return True
            else:
                return False
        lead.preposition = preposition_of(clitic)
        return True

    def _adjective(self, end: int, head: Head | None) -> tuple[int, str | None]:
        """«الشمالي» after a name that a head or relation leads: the new end and the adjective."""
        index = self._index_after(end)
        taken = None
        while head and index < len(self.words) and self._adjacent(index):
            word = self.words[index]
            if word not in self.rules.adjectives or (taken and len(taken.split()) > 1):
                break
            taken = f"{taken} {word}" if taken else word
            end = self._end(index)
            index += 1
        return end, taken

    def _role(self, lead: Lead, hit: Hit) -> Role:
        start = lead.start if lead.start is not None else hit.start
        before = self.text[max(0, start - CUE_WINDOW) : start]
        for sign in ".!؟?\n،":
            before = before[before.rfind(sign) + 1 :]
        previous = self._word_before(start)
        if self._is_dateline(hit):
            return "dateline"
        if self._is_affiliation(previous, start):
            return "affiliation"
        if self.rules.origin.search(before):
            return "origin"
        if lead.preposition in self.rules.direction_prepositions:
            return "location" if self.rules.reaches.search(before) else "direction"
        if self._is_government(hit, lead, previous):
            return "government"
        return "location"

    def _is_affiliation(self, previous: str, start: int) -> bool:
        """«من أبناء مدينة جاسم», «جامعة دمشق»: whose, not where."""
        bare = previous[1:] if previous[:1] in "وبفل" else previous
        if previous in self.rules.affiliation or bare in self.rules.affiliation:
            return True
        if previous not in self.rules.residents:
            return False
        index = self._index_after(start) - 2
        return index >= 0 and self.words[index] == FROM

    def _word_before(self, start: int) -> str:
        index = self._index_after(start) - 1
        if index >= 0 and self.begins[index] < start < self._end(index):  # the phrase begins inside a word: after wa-
            index -= 1
        return self.words[index] if index >= 0 and self._adjacent(index + 1) else ""

    def _is_dateline(self, hit: Hit) -> bool:
        """«بيروت - رويترز:» at the head of an article."""
        if hit.end > DATELINE_WINDOW or not hit.entries or self._sentence(hit.start) > 0:
            return False
        before, after = self.text[: hit.start].strip(), self.text[hit.end : hit.end + 3].strip()
        return len(before) < 30 and (" " not in before) and after[:1] in ("-", "–", "—", ":", "(", "/") and after != ""

    def _is_government(self, hit: Hit, lead: Lead, previous: str) -> bool:
        """A capital or country that speaks or is spoken with, not a place where something happens."""
        if lead.head or lead.relation or (lead.preposition and lead.preposition not in ("بين", "من")):
            return False
        if not any(entry.kind in ("country", "capital") for entry in hit.entries):
            return False
        index = self._index_after(hit.end)
        following = self.words[index] if index < len(self.words) and self._adjacent(index) else ""
        goes_on = hit.clitic == "و" and self.government_end == hit.start - 2  # «توصلت أنقرة وموسكو»
        if goes_on or following in self.rules.speech or previous in self.rules.speech or lead.preposition == "بين":
            self.government_end = hit.end
            return True
        return False

    def _needs_proof(self, mention: PlaceMention) -> bool:
        """Is the name also a word, and does nothing here show that a place is meant?"""
        if mention.head or mention.relation:
            return False
        if mention.name in self.adjectives:
            return mention.preposition in (None, "ل") and not self._is_noun(mention)
        short = len(mention.name) < 3
        return (short or mention.name in self.rules.needs_preposition) and mention.preposition in (
            None,
            "من",
            "بين",
            "ل",
        )

    def _is_noun(self, mention: PlaceMention) -> bool:
        """«السعودية» is an adjective after a definite noun («الشركة السعودية»), «سورية» after any."""
        previous = self._word_before(mention.name_start)
        return not previous or (mention.name.startswith("ال") and not previous.lstrip("وبلف").startswith(("ال", "لل")))

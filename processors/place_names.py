"""Names of places that no table holds, opened by a head noun: «قرية تل الهوا», «قرى معرزاف وسفوهن وكنديلة»."""

from __future__ import annotations

from arabic.fold import fold
from processors.context import word_kinds
from processors.demonyms import adjectives
from processors.place_grammar import Head
from processors.place_phrases import Hit, inside
from processors.place_ways import BETWEEN, DASHES, ROAD, ROADS, way_before
from processors.place_words import QUOTES, PlaceWords

LONGEST_LIST = 20
_PRONOUNS = ("ها", "هما")  # a noun with a pronoun, and no name
_FIRST_PARTS = frozenset(map(fold, ("أبو", "أبي", "أم", "بني", "بنو")))  # father of, mother of, sons of: no name alone
_AT = frozenset(map(fold, ("في", "قرب", "داخل")))  # in, near, inside
_TOWN = Head(fold("بلدة"), frozenset({"town", "village"}))
"""What a name that no noun leads is taken for."""
_ROAD = Head(ROAD, frozenset({"site"}), precision=2)
_ROAD_LETTERS = frozenset({"m", fold("إم")})


class OpenNames:
    """The names of a text: those of the tables (``hits``, by where they begin) and those that a head opens."""

    def __init__(self, at: PlaceWords, hits: dict[int, Hit]) -> None:
        self.at, self.hits = at, hits

    def all(self) -> list[Hit]:
        """Names of the table and names that a head opens, in order."""
        covered = sorted((hit.start, hit.end) for hit in self.hits.values())
        opened: list[Hit] = []
        heads = self.at.rules.heads
        for index in [i for i, word in enumerate(self.at.words) if word in heads]:
            head = heads[self.at.words[index]][1]
            quoted = head.quoted and self._quoted(index + 1)
            if not (head.opens or quoted) or inside(covered, self.at.end(index) - 1):
                continue
            if head.led and not (quoted or self._is_led(index, heads[self.at.words[index]][0])):
                continue
            self._lengthen(index + 1)
            opened += self._opened(index + 1, head)
        for index in [i for i, word in enumerate(self.at.words) if word == BETWEEN]:
            if way_before(self.at.words, index) is not None:
                opened += self._ends(index + 1)
        opened += [*self._pointed_at(), *self._numbered_roads(), *self._roads()]
        within = {hit.start for hit in self.hits.values() if any(name.start < hit.start < name.end for name in opened)}
        known = [hit for hit in self.hits.values() if hit.start not in within]  # no «بغداد» in «حي باب بغداد»
        return sorted([*known, *opened], key=lambda hit: hit.start)

    def _ends(self, index: int) -> list[Hit]:
        """The unknown ones of the two names that bound a way («الطريق الواصل بين …»)."""
        ends: list[Hit] = []
        for coordinated in (False, True):
            if index >= len(self.at.words) or (coordinated and self.at.words[index][1:] in self.at.rules.heads):
                break
            hit, index = self._name_at(index, coordinated)
            if hit is None:
                break
            if not hit.entries:
                hit.head = _TOWN
                ends.append(hit)
        return ends

    def _pointed_at(self) -> list[Hit]:
        """A bare word after «في» that goes on as only a definite noun can is a name («في مالاري التي تبعد …»): without the article,
        only names are definite."""
        words, rules = self.at.words, self.at.rules
        found: list[Hit] = []
        if rules.definite.keys().isdisjoint(words):
            return found
        for index in [i for i, word in enumerate(words) if word in rules.definite and i > 1]:
            word, start = words[index - 1], self.at.begins[index - 1]
            following = words[index + 1] if index + 1 < len(words) else ""
            if rules.definite[words[index]] and following not in rules.definite[words[index]]:
                continue
            led = words[index - 2].removeprefix("و") in _AT and self.at.adjacent(index - 1) and self.at.adjacent(index)
            if not led or start in self.hits or word.startswith("ال") or not self._may_name(word):
                continue
            if word in rules.heads or word_kinds(word) or self._has_pronoun(index - 1):
                continue
            found.append(Hit(start, self.at.end(index - 1), word, (), head=_TOWN))
        return found

    def _roads(self) -> list[Hit]:
        """The unknown names of a road that leads on («طريق دبعال – معركة») or lies in a town («على طريق الحائر بمدينة الرياض»)."""
        words, heads = self.at.words, self.at.rules.heads
        found: list[Hit] = []
        for index in [i for i, word in enumerate(words) if word in heads and heads[word][1].word in ROADS]:
            if not (self._is_led(index, heads[words[index]][0]) and self.at.adjacent(index + 1)):
                continue
            hit, after = self._name_at(index + 1, coordinated=False)
            if hit is None or after >= len(words):
                continue
            gap = self.at.text[hit.end : self.at.begins[after]].strip(QUOTES)
            ends = [hit]
            if gap in DASHES and self._may_name(words[after]):
                start = self.at.begins[after]
                ends.append(self.hits.get(start) or Hit(start, self.at.end(after), words[after], ()))
            elif gap or words[after][0] != "ب" or words[after] not in heads:
                continue
            for end in ends:
                if not end.entries:
                    end.head = _TOWN
                    found.append(end)
        return found

    def _numbered_roads(self) -> list[Hit]:
        """«طريق M4», «الطريق الدولي إم 5»."""
        words = self.at.words
        found: list[Hit] = []
        if _ROAD_LETTERS.isdisjoint(words):
            return found
        for index in [i for i, word in enumerate(words) if word in _ROAD_LETTERS and i]:
            number = words[index + 1] if self.at.adjacent(index + 1) else ""
            led = any(word.removeprefix("و").removeprefix("ال") in ROADS for word in words[max(0, index - 2) : index])
            if led and number.isdigit() and len(number) < 3:
                start, end = self.at.begins[index], self.at.end(index + 1)
                found.append(Hit(start, end, self.at.text[start:end], (), head=_ROAD))
        return found

    def _has_pronoun(self, index: int) -> bool:
        """«في منزله الواقع», «في بلدتهم»: heh that is no teh marbuta, and the longer pronouns."""
        spelled = self.at.folded.quote(self.at.begins[index], self.at.end(index))
        return spelled.endswith(("ه", "هم", "نا", "هن", "كم"))

    def _is_led(self, index: int, clitic: int) -> bool:
        """Does «في», «على» or a bi- lead the head at ``index``?"""
        if clitic and "ب" in self.at.words[index][:clitic]:
            return True
        before = self.at.words[index - 1] if index and self.at.adjacent(index) else ""
        return before in self.at.rules.place_prepositions or before[1:] in self.at.rules.place_prepositions

    def _quoted(self, index: int) -> bool:
        """Does a quotation begin right before this word («محور “عين العشرة”»)?"""
        if not self.at.adjacent(index):
            return False
        return bool(self.at.text[self.at.end(index - 1) : self.at.begins[index]].strip())

    def _lengthen(self, index: int) -> None:
        """A known name that is also the first part of names («جديدة») gives way to the longer, unknown one («قرية جديدة كحيط»)."""
        hit = self.hits.get(self.at.begins[index]) if index < len(self.at.words) else None
        if hit is not None and hit.name in self.at.rules.joiners and self._joins(index):
            del self.hits[hit.start]

    def _opened(self, index: int, head: Head) -> list[Hit]:
        """The unknown name, or the coordinated names after a plural head, that begin at word ``index``."""
        names: list[Hit] = []
        listed = 0
        while index < len(self.at.words) and listed < LONGEST_LIST:
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
        if coordinated and self.at.words[index] == "و" and index + 1 < len(self.at.words):  # «جب الدم و اللوش»
            index += 1
        word, start = self.at.words[index], self.at.begins[index]
        if not coordinated and not self.at.adjacent(index) and not self._follows_colon(index):
            return None, index
        led = word.startswith("و") and (len(word) > 3 or word[1:] in self.at.rules.joiners)
        if coordinated and led and start not in self.hits:
            start += 1
            word = word[1:]
        if start in self.hits and (not self.may_be_a_word(self.hits[start]) or self.is_plain_name(self.hits[start])):
            hit = self.hits[start]
            return hit, self.at.index_after(hit.end)
        if word[0] == "ب" and start + 1 in self.hits and word not in self.at.rules.joiners:  # «مناطق باليمن»
            return None, index
        if not (self._may_name(word) or self._joins(index)) or (coordinated and not self._may_go_on(word, index)):
            return None, index
        if word in _FIRST_PARTS and not self._joins(index):
            return None, index
        last = index
        while last + 1 < len(self.at.words) and last - index + 1 < self.at.rules.longest and self._joins(last):
            last += 1
        if coordinated and self._is_pair(last):
            last += 1
        end = self.at.end(last)
        return Hit(start, end, self.at.text[start:end], ()), last + 1

    def _follows_colon(self, index: int) -> bool:
        """«بلدات: الخيام، كفركلا»: a list that a plural head announces."""
        if not 0 < index < len(self.at.words):
            return False
        known = self.at.rules.heads.get(self.at.words[index - 1])
        gap = self.at.text[self.at.end(index - 1) : self.at.begins[index]].strip(QUOTES)
        return known is not None and known[1].many and gap == ":"

    def _is_pair(self, index: int) -> bool:
        """In a list between commas: «، هباة العيد،» is one name of two words."""
        after = index + 1
        closed = after + 1 < len(self.at.words) and not self.at.adjacent(after + 1)
        return (
            closed
            and self.at.adjacent(after)
            and self.at.words[after].startswith("ال")
            and self._may_name(self.at.words[after])
        )

    def _may_go_on(self, word: str, index: int) -> bool:
        """In a list, after a comma a bare word may begin the next clause («، ارتكبت»): there a name has the article, a first part
        such as «تل», or stands between two commas; after wa- a word in -t is a verb more often than a village."""
        if self.at.adjacent(index):
            return word.startswith("ال") or not word.endswith("ت")
        if word.startswith("ال") or word in self.at.rules.joiners or index + 1 >= len(self.at.words):
            return True
        closed = self.at.text[self.at.end(index) : self.at.begins[index + 1]].strip(' "') != ""
        return closed or self.at.words[index + 1].startswith("و") or self._is_pair(index)

    def _joins(self, last: int) -> bool:
        """Is the word at ``last`` only the first part of a name («تل», «أبو», «دير», «اللواء 15»)?"""
        word = self.at.words[last]
        bare = word[1:] if word.startswith("و") and word not in self.at.rules.joiners else word
        if bare not in self.at.rules.joiners or not self.at.adjacent(last + 1):
            return False
        following = self.at.words[last + 1]
        if following.startswith("و") and self.at.begins[last + 1] + 1 in self.hits:  # «قرية سان والنيرب»
            return False
        if bare in _FIRST_PARTS and len(following) > 2 and following in self.at.rules.stop:
            return following not in self.at.rules.place_prepositions  # «أبو حسب»
        return following.isdigit() or self._may_name(following)

    def _may_name(self, word: str) -> bool:
        rules = self.at.rules
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
        if index >= len(self.at.words):
            return False
        gap = self.at.text[self.at.end(index - 1) : self.at.begins[index]].strip(QUOTES)
        return (self.at.words[index].startswith("و") and not gap) or gap in ("،", ",", "-", "–", "—")

    def may_be_a_word(self, hit: Hit) -> bool:
        """Is the name known from the operator's table alone, in which villages bear any word as a name?"""
        return bool(hit.entries) and all(entry.proof == "always" for entry in hit.entries)

    def is_plain_name(self, hit: Hit) -> bool:
        """Could the name be one that no table knows, and is it no adjective?"""
        word = hit.name.split()[0]
        named = self._may_name(word) or word in self.at.rules.joiners
        return named and word.removeprefix("ال") not in self.at.rules.stop and hit.name not in adjectives()

"""Noun phrases of actors: from a name or a head noun on, as far as the phrase goes («خلايا أمنية تابعة لتنظيم “الدولة”»).

All positions are word numbers of the folded text. A phrase has at most twelve words; longer ones name nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from arabic.fold import Folded, fold
from processors.actor_ontology import Name, Ontology
from processors.demonyms import adjectives as country_adjectives
from processors.role_nouns import STRIKE, RoleNoun, Roles

LONGEST = 12
LONGEST_NAME = 4
_JOINTS = " \"'«»“”()[]’‘-–"
_CLITICS = frozenset({"و", "ف", "ب", "ل", "ك", "ول", "وب", "فل"})
_NO_CONSTRUCT = ("ون", "ين")  # the full sound plural: in construct it drops its nun
_PLACE_HEADS = frozenset(map(fold, ("مدينة", "بلدة", "قرية", "حي", "مخيم", "محافظة", "منطقة", "ريف")))
_FROM, _IN = fold("من"), fold("في")
_MARCH = fold("مسيرة")  # a march, and the adjective of a drone
_KUNYAS = frozenset(map(fold, ("أبو", "أبي", "أم", "أبا")))


class Hit(Struct, frozen=True):
    """A name of the ontology over the words ``first`` to ``stop`` (exclusive). ``clitic``: letters before it in its first word."""

    first: int
    stop: int
    clitic: str
    cut: int
    name: Name


class Phrase(Struct):
    """A phrase over the words ``first`` to ``stop``; ``cut``: letters of proclitics to leave out of its first word."""

    first: int
    stop: int
    cut: int
    head: RoleNoun | None
    hits: list[Hit]
    countries: list[str]
    definite: bool = False
    personal: bool = False


def find_hits(words: Sequence[str], ontology: Ontology) -> dict[int, Hit]:
    """The longest names that begin at each word, on word borders, none inside another; by first word."""
    text = " ".join(words)
    borders = [0]
    for word in words:
        borders.append(borders[-1] + len(word) + 1)
    found: list[Hit] = []
    length = len(text)
    for last, (size, cut, name) in ontology.automaton.iter(text):
        end = last + 1
        if end < length and text[end] != " ":
            continue
        first = bisect_right(borders, end - size) - 1
        clitic = text[borders[first] : end - size]
        if clitic and (clitic not in _CLITICS or cut) and not (cut and clitic in ("و", "ف")):
            continue
        found.append(Hit(first, first + name.words, clitic or ("ل" if cut else ""), len(clitic) + cut, name))
    found.sort(key=lambda hit: (hit.first, -hit.stop))
    hits: dict[int, Hit] = {}
    reach = -1
    for hit in found:
        if hit.first >= reach:
            hits[hit.first] = hit
            reach = hit.stop
    return hits


class PhraseReader:
    """Reads the phrases of one text from left to right."""

    def __init__(self, folded: Folded, ontology: Ontology, roles: Roles) -> None:
        self.text, self.words, self.starts = folded.text, folded.words, folded.starts
        self.ontology, self.roles = ontology, roles
        self.hits = find_hits(self.words, ontology)
        self.countries = country_adjectives()

    def phrases(self) -> Iterator[Phrase]:
        """Every phrase, none inside another."""
        beginners, index = self.roles.beginners, 0
        begins = {i for i, word in enumerate(self.words) if word in beginners}
        for begin in sorted(begins | self.hits.keys()):
            if begin < index:
                continue
            phrase = self._phrase(begin)
            if phrase is not None:
                index = phrase.stop
                yield phrase

    def adjacent(self, index: int) -> bool:
        """Is nothing but blanks, quotes and dashes between this word and the one before?"""
        if not 0 < index < len(self.words):
            return False
        end = self.starts[index - 1] + len(self.words[index - 1])
        gap = self.text[end : self.starts[index]]
        return gap == " " or not gap.strip(_JOINTS)

    def _head_at(self, index: int) -> RoleNoun | None:
        word = self.words[index]
        if word in self.roles.openers and self.adjacent(index + 1):
            two = self.roles.heads.get(f"{word} {self.words[index + 1]}")
            if two is not None:
                return two
        return self.roles.heads.get(word)

    def _phrase(self, begin: int) -> Phrase | None:
        hit, head = self.hits.get(begin), self._head_at(begin)
        if hit is not None and hit.name.state:
            return Phrase(begin, hit.stop, hit.cut, None, [hit], [], True) if self._acts(hit) else None
        if hit is None and self.words[begin] in self.countries and self._strikes(begin):
            return Phrase(begin, begin + 1, 0, STRIKE, [], [self.countries[self.words[begin]]], True)
        if hit is None and head is not None and head.nisba and self._describes(begin, head):
            return None
        if hit is not None and not (head and not hit.name.entries and hit.name.noun and not head.definite):
            phrase = Phrase(begin, hit.stop, hit.cut, head if hit.name.words == 1 else None, [hit], [], True)
        elif head is not None:
            phrase = Phrase(begin, begin + head.words, head.clitic, head, [], [], head.definite)
        else:
            return None
        while phrase.stop - phrase.first < LONGEST and self._extend(phrase):
            pass
        phrase.stop = min(phrase.stop, phrase.first + LONGEST)
        self._count_before(phrase)
        return phrase

    def _acts(self, hit: Hit) -> bool:
        """Does a country or capital speak or act here, as its government?"""
        if hit.clitic not in ("", "و"):
            return False
        if hit.clitic == "" and hit.first and self.adjacent(hit.first):
            before = self.words[hit.first - 1]
            if before in self.ontology.speaks or before in self.ontology.beside:
                return True
            if before in self.roles.links or before in self.roles.name_stop:
                return False
        return self.adjacent(hit.stop) and self.words[hit.stop] in self.ontology.speaks

    def _strikes(self, index: int) -> bool:
        """Does the deed before an adjective («القصف التركي», «غارات جوية إسرائيلية») make it the one who did it?"""
        before = index - 1
        while (
            index - before <= 2
            and before > 0
            and self.adjacent(before + 1)
            and self.words[before] in self.roles.adjectives
        ):
            before -= 1
        return before >= 0 and self.adjacent(before + 1) and self.words[before] in self.roles.strikes

    def _describes(self, index: int, head: RoleNoun) -> bool:
        """Is a word like «مدني» or «الإرهابي» an adjective of the noun before it?"""
        if not self.adjacent(index) or head.clitic or self._is_another(index):
            return False
        before = self.words[index - 1]
        if self.words[index] in self.countries and head.group == "civilians":  # «قصف إسرائيلي», but «استشهد فلسطيني»
            return not (before in self.roles.harm or before in self.roles.quantities or before.isdigit())
        if before in self.roles.deeds and not self.words[index].endswith(_NO_CONSTRUCT):
            return True
        return head.definite and before.lstrip("وفبك").startswith(("ال", "لل"))

    def _extend(self, phrase: Phrase) -> bool:
        """Take the next word or name into the phrase; False at its end."""
        index = phrase.stop
        if not self.adjacent(index):
            return False
        word = self.words[index]
        hit = self.hits.get(index)
        if hit is not None and not hit.name.state and self._takes_hit(phrase, hit, index):
            phrase.hits.append(hit)
            phrase.stop = hit.stop
            return True
        march = word == _MARCH and self.words[index - 1].startswith("ال")  # «فرقت قوات الأمن مسيرة»
        if not march and (word in self.countries or (word in self.roles.adjectives and not self._is_another(index))):
            if word in self.countries:
                phrase.countries.append(self.countries[word])
            phrase.stop = index + 1
            return True
        return (
            self._extend_by_noun(phrase, word, index)
            or self._extend_by_link(phrase, word, index)
            or self._extend_by_name(phrase, index)
        )

    def _is_another(self, index: int) -> bool:
        """«قوى الأمن الداخلي «الأسايش» الصحفي سردار»: behind a name in quotes «الصحفي» is a man of his own, «الإرهابي» describes it."""
        head = self._head_at(index)
        return head is not None and head.kind == "civilians" and bool(set("»”") & set(self._gap(index)))

    def _takes_hit(self, phrase: Phrase, hit: Hit, index: int) -> bool:
        """A name goes on with a phrase in construct («عناصر تنظيم …»), or with li- («مواقع للحوثيين», «تابعة لقسد»)."""
        if hit.clitic == "":
            return phrase.head is not None and not (phrase.head.group == "civilians" and phrase.definite)
        if hit.clitic == "ل":
            return (
                self.words[index - 1] in self.roles.links
                or (phrase.head is not None and phrase.head.kind != "civilians")
                or bool(phrase.head and phrase.head.thing)
            )
        return hit.clitic == "ب" and self.words[index - 1] in self.roles.adjectives

    def _extend_by_noun(self, phrase: Phrase, word: str, index: int) -> bool:
        """A second noun in construct («مدفعية قوات …», «أهالي القرية», «سكان مدينة القامشلي»)."""
        head = phrase.head
        if head is None or phrase.definite or phrase.hits or self.words[index - 1].endswith(_NO_CONSTRUCT):
            return False
        inner = self._head_at(index)
        last_is_noun = phrase.stop - phrase.first == head.words
        if inner is not None and inner.clitic == 0 and last_is_noun and head.group not in ("things", "protesters"):
            phrase.stop = index + inner.words
            phrase.definite = inner.definite
            if inner.group == "state" and head.group in ("armed", "civilians") and head.kind != "civilians":
                phrase.head = inner
            return True
        if not last_is_noun:
            return False
        if word in _PLACE_HEADS and head.group in ("civilians", "protesters", "armed"):
            phrase.stop = min(index + 2, len(self.words)) if self.adjacent(index + 1) else index + 1
            phrase.definite = True
            return True
        if word.startswith("ال") and len(word) > 4 and not head.named and word not in self.roles.name_stop:
            phrase.stop = index + 1
            phrase.definite = True
            return True
        return False

    def _extend_by_link(self, phrase: Phrase, word: str, index: int) -> bool:
        """«تابعة ل…», «من تنظيم …», «في حركة …»: taken where a name or an armed head follows."""
        if word not in self.roles.links or not self.adjacent(index + 1) or phrase.head is None:
            return False
        if word in (_FROM, _IN) and (
            phrase.head.thing or phrase.head.means or (phrase.head.group == "civilians" and word == _FROM)
        ):
            return False
        following = index + 1
        if self.words[following] in self.roles.links and self.adjacent(following + 1):
            following += 1
        hit, head = self.hits.get(following), self._head_at(following)
        if hit is not None and hit.clitic in ("", "ل") and not hit.name.state:
            phrase.hits.append(hit)
            phrase.stop = hit.stop
            return True
        if head is not None and head.group in ("state", "armed", "rebels") and head.clitic in (0, 1, 2):
            phrase.stop = following + head.words
            phrase.definite = head.definite
            if phrase.head.group == "protesters":  # «العشرات من عناصر الميليشيا»: a number of them, and no crowd
                phrase.head = head
            return True
        return word not in (_FROM, _IN) and word in self.roles.adjectives

    def _extend_by_name(self, phrase: Phrase, index: int) -> bool:
        """A person's own name after a head that leads one: up to four words."""
        head = phrase.head
        if head is None or not head.named or phrase.personal or phrase.hits:
            return False
        quoted = self._gap(index).strip() != ""
        if not (phrase.definite or quoted or self.words[index] in _KUNYAS):
            return False
        stop = index
        while stop < len(self.words) and stop - index < LONGEST_NAME and self._is_name(stop, stop == index):
            stop += 1
        phrase.personal = True
        if stop == index:
            return False
        phrase.stop = stop
        return True

    def _gap(self, index: int) -> str:
        return self.text[self.starts[index - 1] + len(self.words[index - 1]) : self.starts[index]]

    def _is_name(self, index: int, first: bool) -> bool:
        word = self.words[index]
        if not self.adjacent(index) or word in self.roles.name_stop or word in self.roles.heads or index in self.hits:
            return False
        if not first and any(sign in self._gap(index) for sign in ')”»"'):
            return False
        return len(word) > 1 and not word.isdigit() and not (word[0] in "وبلف" and word[1:] in self.roles.heads)

    def _count_before(self, phrase: Phrase) -> None:
        """«ثلاثة أطفال», «عدد من المدنيين», «أحد العناصر»: the count belongs to the phrase."""
        if phrase.cut or (phrase.hits and phrase.hits[0].first == phrase.first):
            return
        index = phrase.first
        if not self.adjacent(index):
            return
        previous = index - 1
        if self.words[previous] == _FROM and self.adjacent(previous):
            previous -= 1
            if self.words[previous] not in self.roles.quantities:
                return
        word = self.words[previous]
        if word.isdigit() or word in self.roles.quantities:
            phrase.first = previous
            phrase.cut = 1 if word[0] in "وفبل" and word[1:] in self.roles.quantities else 0

"""Reads one counted phrase from a word on: «أكثر من عشرين مدنيًا», «طفلان», «عدد من الجرحى», «بين 10 و15 جنديًا»."""

from __future__ import annotations

import re
from typing import NamedTuple

from arabic.fold import Folded
from arabic.marks import is_dual_marked
from arabic.numbers import Number
from processors.count_lexicon import Many, Person, count_lexicon
from processors.date_lexicon import date_lexicon

_SPACE = re.compile(r"\s+")
_BRACKET = re.compile(r"\s*[(«\"“]?\s*")
_NAME_WORDS = 4
_BARE: dict[Many, tuple[int, int | None]] = {
    "one": (1, 1),
    "group": (2, None),
    "two": (2, 2),
    "two or many": (1, None),
    "many": (1, None),
}


class Quantity(NamedTuple):
    """``low``..``high`` (None open) of the words ``first``..``last`` (exclusive). ``person`` at word ``noun``, where one is named;
    ``thing``: what is counted is no person; ``bare``: no number word stands there."""

    low: int
    high: int | None
    first: int
    last: int
    person: Person | None = None
    noun: int | None = None
    thing: bool = False
    bare: bool = False
    others: bool = False


class QuantityReader:
    """Reads the counted phrases of one text."""

    def __init__(self, text: Folded, numbers: dict[int, Number]) -> None:
        self.text, self.words, self._numbers = text, text.words, numbers
        self._lexicon, self._months = count_lexicon(), date_lexicon().months

    def gap(self, index: int, allowed: re.Pattern[str] = _SPACE) -> bool:
        """Whether only the allowed signs stand before the word at ``index``."""
        if not 0 < index < len(self.words):
            return False
        end = self.text.starts[index - 1] + len(self.words[index - 1])
        return allowed.fullmatch(self.text.text, end, self.text.starts[index]) is not None

    def at(self, index: int) -> Quantity | None:
        """The counted phrase that begins at a word, or None."""
        if index < len(self.words) and self.words[index] == "و":  # «و3 مسلحين»
            index += 1
        if index >= len(self.words):
            return None
        bound = self._lexicon.bounds.at(self.words, index)
        if bound and self._lexicon.at_least_after.at(self.words, index) and self._adds(bound[1]):
            return None
        start = bound[1] if bound else index
        if start >= len(self.words):
            return None
        if bound and bound[0] == "between":
            return self._between(index, start)
        number = self._numbers.get(start)
        if number:
            return self._numbered(index, number, bound is not None and bound[0] == "open")
        vague = self._lexicon.quantities.at(self.words, start)
        if vague:
            return self._vague(index, *vague)
        found = self._bare(start)
        if found is None or bound is None:
            is_least = found is not None and found.person is not None and found.high == 1 and self._at_least(found.last)
            return found._replace(high=None) if found is not None and is_least else found
        two = bound[0] == "open" and found.low > 1  # «إصابة على الأقل مواطنين اثنين»
        return found._replace(first=index, high=None) if two else None

    def named(self, index: int) -> Quantity | None:
        """One person by name, «و» before it included: «محمد الصويحي», «وعبد الله»; a given name must begin it."""
        sets = self._lexicon.sets
        if index >= len(self.words) or not self._is_given(index):
            return None
        last = index + 1
        while last < min(len(self.words), index + _NAME_WORDS) and self.gap(last):
            word = self.words[last]
            linked = (
                self.words[last - 1] in sets["linking"] or self.words[last - 1].removeprefix("و") in sets["linking"]
            )
            if not linked and (word in sets["stop"] or word in sets["of"] or word[0] in "وبفلك"):
                break
            last += 1
        person = Person("one", None, None, joined=self.words[index] not in sets["given"])
        return Quantity(1, 1, index, last, person, index, bare=True)

    def _adds(self, index: int) -> bool:
        """«قتيل على الأقل وستة جرحى»: what «و» adds is not bounded by what stands before it."""
        number = self._numbers.get(index)
        return number is not None and self.words[index].startswith("و") and not self.words[index].startswith("واحد")

    def _is_given(self, index: int) -> bool:
        word, given = self.words[index], self._lexicon.sets["given"]
        known = word in given or (word.startswith("و") and word[1:] in given)
        return known and not self._original(index).endswith("ى")  # «على» is not Ali, as it is folded

    def is_called(self, found: Quantity) -> bool:
        """Whether a name stands behind a person: a given one («المجند رضا»), or any in quotes («السيدة "حفيظة"»)."""
        at = found.last
        if at >= len(self.words) or not self.gap(at, _BRACKET):
            return False
        return self._is_given(at) or not self.gap(at)

    def _between(self, index: int, start: int) -> Quantity | None:
        low = self._numbers.get(start)
        if not low:
            return None
        at = low.last + (low.last < len(self.words) and self.words[low.last] == "و")
        high = self._numbers.get(at)
        if not high or high.value <= low.value:
            return None
        return self._with_noun(Quantity(low.value, high.value, index, high.last))

    def _numbered(self, index: int, number: Number, is_open: bool) -> Quantity | None:
        if number.value > 5_000_000 or self._is_no_count(number):
            return Quantity(number.value, number.value, index, number.last, thing=True)
        high, last = number.value, number.last
        at = last + (last < len(self.words) and self.words[last] in self._lexicon.sets["to"])
        upper = self._numbers.get(at)
        if upper and upper.value > number.value and (at > last or self._dash(at)):
            high, last = upper.value, upper.last
        found = self._with_noun(Quantity(number.value, high, index, last))
        if (
            found.person is None
            and 1900 <= number.value < 2100
            and number.gender is None
            and number.last == number.first + 1
        ):
            return found._replace(thing=True)  # a year
        return found._replace(high=None) if is_open or self._at_least(found.last) else found

    def _at_least(self, index: int) -> bool:
        """«18 مجندًا بالشرطة على الأقل»: the bound may stand behind the noun phrase."""
        for at in range(index, min(len(self.words), index + 4)):
            if not self.gap(at):
                return False
            if self._lexicon.at_least_after.at(self.words, at):
                return True
        return False

    def _dash(self, index: int) -> bool:
        return self.gap(index, re.compile(r"\s*[-–]\s*"))

    def _is_no_count(self, number: Number) -> bool:
        """A percentage, a date, a time, a score, a street number."""
        text = self.text.text
        after, before = text[number.end : number.end + 2].lstrip()[:1], text[max(0, number.start - 1) : number.start]
        if after in ("%", "/", ":") or before in ("/", ":", "%"):
            return True
        return (
            number.start > 1
            and before == "-"
            and text[number.start - 2].isdigit()
            and number.gender is None
            and self._score(number)
        )

    def _score(self, number: Number) -> bool:
        return number.first > 0 and number.first - 1 not in self._numbers

    def _vague(self, index: int, bounds: tuple[int, int | None], last: int) -> Quantity | None:
        if not all(map(self.gap, range(index + 1, last))):  # a sentence ends inside: «عشرات الآلاف. من»
            return None
        found = self._with_noun(Quantity(*bounds, index, last))
        if bounds[1] == 1:  # «أحد المدنيين»: one of a definite group
            return found if found.person and found.person.many != "one" else None
        return None if found.thing or (found.noun is None and not self._ends_well(found.last)) else found

    def _ends_well(self, index: int) -> bool:
        """Whether no unknown noun follows, which would be what is counted («العشرات», «عشرات في», «عدد من التنظيم»)."""
        sets = self._lexicon.sets
        if index >= len(self.words) or not self.gap(index) or self.words[index] in sets["stop"]:
            return True
        if self.words[index] in self._lexicon.closings:  # «لقي العشرات مصرعهم»
            return True
        return self.words[index - 1] in sets["of"] and self.words[index].removeprefix("ال") not in sets["things"]

    def _with_noun(self, found: Quantity) -> Quantity:
        """The phrase with the noun that it counts, «من» and «آخرين» included."""
        at, sets = found.last, self._lexicon.sets
        if at >= len(self.words) or not self.gap(at, _BRACKET):
            return found
        if self.words[at] in sets["others"]:
            return found._replace(last=at + 1, others=True)
        of = self.words[at] in sets["of"] and self.gap(at + 1, _BRACKET)
        at += of
        person = self._lexicon.people.get(self.words[at])
        if person and self._is_other(at):
            return found._replace(thing=True)
        if person and not person.joined:
            found = found._replace(last=at + 1, person=person, noun=at)
            if at + 1 < len(self.words) and self.words[at + 1] in sets["others"] and self.gap(at + 1):
                found = found._replace(last=at + 2, others=True)
            return found
        named_time = self.words[at] in sets["stop"]  # «أصيب 35 اليوم»
        thing = (self.words[at].removeprefix("ال") in sets["things"] and not named_time) or (
            of and self._months.at(self.words, at) is not None
        )
        return found._replace(thing=thing, others=of and not thing)  # «خمسة من أفرادها»

    def _original(self, index: int) -> str:
        start = self.text.starts[index]
        return self.text.quote(start, start + len(self.words[index]))

    def _is_other(self, index: int) -> bool:
        """«إصابات مباشرة», «20 إصابة بكورونا»: a word of harm that counts no people of a toll."""
        following = self.words[index + 1] if index + 1 < len(self.words) else ""
        return following in self._lexicon.not_after.get(self.words[index].removeprefix("و"), ())

    def _bare(self, index: int) -> Quantity | None:
        word, sets = self.words[index], self._lexicon.sets
        if word.removeprefix("و") in sets["others"]:
            return self._others(index, word.removeprefix("و"))
        person = self._lexicon.people.get(word)
        following = self.words[index + 1] if index + 1 < len(self.words) else ""
        before = self.words[index - 1] if index else ""
        if (
            person is None
            or following in self._lexicon.not_after.get(word.removeprefix("و"), ())
            or before in sets["no_crew"]
        ):
            return None
        if person.definite and person.many != "one":
            return self._definite(index, person)
        low, high = _BARE[person.many]
        if person.many == "two or many" and is_dual_marked(self._original(index)):
            low, high = _BARE["two"]
        found = Quantity(low, high, index, index + 1, person, index, bare=True)
        if person.many == "two or many" and following in sets["both"] and self.gap(index + 1):  # «مدنيين هما …»
            return found._replace(low=2, high=2)
        number = self._numbers.get(index + 1) if self.gap(index + 1) else None
        if number and (number.definite or number.value == 2):  # «أطفاله الثلاثة», «مطلوبين اثنين»
            high = None if self._at_least(number.last) else number.value
            return found._replace(low=number.value, high=high, last=number.last)
        plural = (
            person.many.endswith("many") and index + 1 < len(self.words) and not self.words[index + 1].startswith("و")
        )
        pair = self._numbers.get(index + 2) if plural and self.gap(index + 2) else None
        if pair and pair.value == 2 and pair.gender and not pair.definite:  # «عسكريين تركيين اثنين»
            return found._replace(low=2, high=2, last=pair.last)
        if number and person.many == "many":  # «جثامين 12 شهيدًا»: the number counts what comes next
            return None
        if index + 1 < len(self.words) and self.words[index + 1] in sets["others"] and self.gap(index + 1):
            return found._replace(last=index + 2, others=True)
        return found

    def _others(self, index: int, word: str) -> Quantity:
        sets = self._lexicon.sets
        low, high = (1, 1) if word in sets["other_one"] else (2, 2) if word in sets["other_two"] else (1, None)
        if high is None and is_dual_marked(self._original(index)):  # آخرَين
            low, high = 2, 2
        return Quantity(low, high, index, index + 1, bare=True, others=True)

    def _definite(self, index: int, person: Person) -> Quantity | None:
        """«القتلى الخمسة»: a definite plural counts only with its definite number; a dual says two («الشابين»)."""
        number = self._numbers.get(index + 1)
        if number and number.definite and self.gap(index + 1):
            return Quantity(number.value, number.value, index, number.last, person, index)
        if person.many == "two" or (person.many == "two or many" and is_dual_marked(self._original(index))):
            return Quantity(2, 2, index, index + 1, person, index, bare=True)
        return None

"""Whom a cue of a toll counts: the people behind or before it, past an agent, and those that are added to them."""

from __future__ import annotations

import re
from bisect import bisect_left

from arabic.fold import Folded
from arabic.marks import is_passive_marked
from processors.count_lexicon import Cue, Field, count_lexicon
from processors.count_phrases import Quantity, QuantityReader
from processors.demonyms import adjectives

_HARD = re.compile(r"[.؛!؟?\n]")
# How far after a verb its people may stand, and how far before it (in words).
_REACH, _REACH_BACK, FAR_BACK = 9, 6, 14
# How many words of a noun phrase may stand between people and what is added to them.
_ADDED_WITHIN = 4
# The same where a name in brackets stands between, or where a person with a name is added to one.
_NAMED_WITHIN, _CALLED_WITHIN = 9, 12
# How far behind «إن» the verb may stand whose subject follows it at once.
_SUBJECT_WITHIN = 25
_OPENING, _CLOSING = "(«“", ")»”"
TENS = 10
"""Above it a number's noun is a singular accusative."""


class CueReader:
    """Reads the cues of one text, and whom they count."""

    def __init__(self, text: Folded, reader: QuantityReader) -> None:
        self._text, self._words, self._reader, self._lexicon = text, text.words, reader, count_lexicon()
        self._begins = {bisect_left(text.starts, sign.start()) for sign in _HARD.finditer(text.text)}
        """Words before which a sentence ends."""

    def word(self, index: int) -> str:
        return self._words[index] if 0 <= index < len(self._words) else ""

    def breaks(self, index: int) -> bool:
        """Whether a sentence ends before the word at ``index``."""
        return index in self._begins or not 0 < index < len(self._words)

    def cue(self, index: int) -> tuple[Cue, tuple[Field, ...], int] | None:
        """The cue at a word, its fields («مقتل وإصابة» has two), and the index after it."""
        phrase = self._lexicon.cue_phrases.at(self._words, index)
        if phrase:
            return phrase[0], (phrase[0].field,), phrase[1]
        cue = self._lexicon.cues.get(self._words[index])
        if cue is None or self.word(index + 1) in self._lexicon.not_after.get(self._words[index], ()):
            return None
        if cue.own and "أ" in self._original(index):  # «أصابته عدوى» is a verb, «إصابته» the noun
            return None
        second = self._lexicon.cues.get(self.word(index + 1))
        if second and second.joined and second.field != cue.field and self._shares(cue, second, index):
            return cue, (cue.field, second.field), index + 2
        return cue, (cue.field,), index + 1

    def _shares(self, cue: Cue, second: Cue, index: int) -> bool:
        """Whether two cues share the people behind them; not so where the first has its own («شخصان قُتلا وأصيب عشرة»)."""
        if cue.own or cue.plural != second.plural or not self._reader.gap(index + 1):
            return False
        before = None if cue.kind == "noun" else self.before(index)
        return before is None or (before.last != index and not cue.plural)

    def people_of(self, index: int, cue: Cue, after: int, taken: int) -> Quantity | None:
        """Who is counted: behind a cue, save that a plural verb agrees with people before it («قُتلوا»)."""
        ahead = self._ahead(index, cue, after)
        if cue.kind == "noun" or (ahead and (not cue.plural or (not ahead.bare and ahead.first == after))):
            return ahead
        found = self.before(index, FAR_BACK if cue.plural else _REACH_BACK, taken) or ahead
        return found or (None if cue.plural else self._subject(index, taken))

    def _subject(self, index: int, taken: int) -> Quantity | None:
        """«إن الشاب محمد من أهالي البلدة قُتل»: the single person right behind «إن», whose verb comes late."""
        for at in range(index - 1, max(taken, index - _SUBJECT_WITHIN) - 1, -1):
            if self.breaks(at + 1) or self.cue(at):
                return None
            if self._words[at].removeprefix("و").removeprefix("ف").removeprefix("ب") == "ان":  # that
                found = self._reader.at(at + 1) or self._reader.named(at + 1)
                single = found and found.person and found.high == 1 and found.bare and not found.person.joined
                return found if single else None
        return None

    def _ahead(self, index: int, cue: Cue, after: int) -> Quantity | None:
        """The people that follow a cue: at once after a noun, within reach after a verb."""
        if cue.kind == "noun" and self.word(after) in self._lexicon.sets["toward"]:
            after += 1  # «إعدام بحق عشرة»
        after = self._each(after)
        if self.breaks(after) or self.cue(after) or self._is_joined(self._words[after]):
            return None
        if cue.kind == "noun" and self.word(after) in self._lexicon.sets["fourth"]:
            return Quantity(1, 1, after, after + 1, bare=True, others=True)
        near = self._reader.at(after) or self._reader.named(after)
        if near and not near.thing and self._is_counted(near):
            return self._past_agent(near, index, cue)
        return (
            None if cue.kind == "noun" else self._farther(index, cue, near.last if near else after + 1, after + _REACH)
        )

    def _farther(self, index: int, cue: Cue, at: int, reach: int) -> Quantity | None:
        """People that stand behind a verb's agent or adverb. A single one with the article is an object («اعتقلت القوات الناشط») as
        long as no preposition stands between."""
        object_only = cue.kind == "active"
        while at < min(len(self._words), reach) and not self.breaks(at):
            if (
                self.cue(at)
                or self.word(at) in self._lexicon.sets["parts"]
                or self.word(at) in self._lexicon.sets["clauses"]
            ):
                return None
            object_only = object_only and self.word(at) not in self._lexicon.sets["stop"]
            found = None if self._is_adjective(at) else self._reader.at(at)
            if (
                found
                and found.person
                and not found.thing
                and (object_only or not (found.bare and found.person.definite))
            ):
                return self._past_agent(found, index, cue)
            at = found.last if found else at + 1
        return None

    def _each(self, index: int) -> int:
        """Past «كل من» (each of)."""
        return index + 2 if self.word(index) == "كل" and self.word(index + 1) == "من" else index

    def _is_adjective(self, index: int) -> bool:
        """«قوات النظام السوري», «الجيش التركي»: an adjective of a country behind a definite noun, and no person."""
        word = self._words[index]
        definite = self.word(index - 1).lstrip("وبلف").startswith(("ال", "لل"))
        return word.startswith("ال") and definite and word in adjectives() and self._reader.gap(index)

    def _is_joined(self, word: str) -> bool:
        """Whether و adds the word to something else («وخمسة أصيبوا»); not so in واحد, والد."""
        person = self._lexicon.people.get(word)
        if person:
            return person.joined
        sets = self._lexicon.sets
        own = word.startswith("واحد") or word in sets["own_waw"] or word in sets["given"]
        return word.startswith("و") and not own

    def _is_counted(self, found: Quantity) -> bool:
        """Right behind a cue a number alone counts («مقتل 5 في», «قُتل اثنان»), and an unknown noun after it («مقتل 5 عمال»)."""
        return found.person is not None or found.others or not found.bare

    def _past_agent(self, found: Quantity, index: int, cue: Cue) -> Quantity:
        """«قتل مسلحون شرطيًا»: behind an active verb the first people may be the agents; then the object is counted."""
        if cue.kind != "active" or not found.bare or found.others or self._is_passive(index):
            return found
        for at in range(found.last, min(len(self._words), found.last + 5)):
            if self.breaks(at) or self.cue(at):
                return found
            follower = self._reader.at(at)
            if not (follower and follower.person and not follower.person.joined):
                continue
            nominative = self._words[found.last - 1].endswith("ون")  # «قتل محتجون فتى», «اغتال مسلحون مجهولون المحامية»
            object_ = follower.person.definite if at > found.last else not follower.person.definite
            described = at == found.last + 1 and self._words[found.last].endswith("ون")  # «مسلحون مجهولون مدير ناحية»
            if self._is_object(follower) or (nominative and (object_ or described) and follower.high == 1):
                return follower
        return found

    def _is_object(self, found: Quantity) -> bool:
        person = found.person
        return person is not None and (person.accusative or (not found.bare and not person.definite))

    def _is_passive(self, index: int) -> bool:
        return is_passive_marked(self._original(index))

    def _original(self, index: int) -> str:
        start = self._text.starts[index]
        return self._text.quote(start, start + len(self._words[index]))

    def before(self, index: int, reach: int = _REACH_BACK, taken: int = 0) -> Quantity | None:
        """«ثلاثة مدنيين قُتلوا»: the people that stand before a verb, those with a number first."""
        first = index
        while (
            first > max(taken, index - reach)
            and not self.breaks(first)
            and not self._lexicon.cues.get(self._words[first - 1])
        ):
            first -= 1
        counted = [
            found
            for found in map(self._reader.at, range(first, index))
            if found and found.last <= index and not found.thing
        ]
        counted = [found for found in counted if found.person or found.others or found.last == index]
        row = self._row_before(index, counted)
        if row is not None:
            return row
        numbered = next((found for found in counted if not found.bare), None)
        bare = next((found for found in reversed(counted) if not found.others), None)
        return numbered or (bare if bare and bare.last == index else None)

    def _row_before(self, index: int, counted: list[Quantity]) -> Quantity | None:
        """«امرأة وطفلين قُتلوا»: the sum of people that follow one another up to a verb."""
        row = [found for found in counted if found.last == index and found.person][:1]
        while row and row[0].person and row[0].person.joined:
            before = [found for found in counted if found.last == row[0].first and found.person]
            if not before:
                break
            row.insert(0, before[0])
        if len(row) < 2:
            return None
        highs = [found.high for found in row if found.high is not None]
        high = sum(highs) if len(highs) == len(row) else None
        return row[0]._replace(low=sum(found.low for found in row), high=high, last=index)

    def coordinated(self, found: Quantity, field: Field) -> list[Quantity]:
        """«طفل وامرأة ورجلين», «عشرة من منسوبي القوات إضافة إلى ثلاثة من العاملين»: what is added to the people of one cue."""
        several: list[Quantity] = []
        single = found.bare and found.high == 1
        added = self._added(found, field, 0 if found.bare else found.low, single)
        while added:
            several.append(added)
            added = self._added(added, field, 0, single)
        return several

    def _added(self, found: Quantity, field: Field, counted: int, single: bool) -> Quantity | None:
        """The next people of the same toll; behind the words of a noun phrase only those with a number. ``single``: after one person,
        others may be added by name."""
        at = found.last
        called = self._called(found, at, field) if single else None
        if called:
            return called
        bracket = self._after_sign(at, _OPENING)
        if bracket and found.low > 1:
            return None  # «3 مدنيين (طفلان وامرأة)»: who they were
        for end in range(at, min(len(self._words), at + (_NAMED_WITHIN if bracket else _ADDED_WITHIN))):
            closed = bracket and self._after_sign(end, _CLOSING)
            spaced = self._reader.gap(end) or closed or (bracket and end == at)
            lead = self._lexicon.added.at(self._words, end)
            if not (spaced or self._after_comma(end, lead is not None)):
                return None
            near = end <= at + 1 or closed
            if lead or (near and self._words[end] in self._lexicon.sets["with"]):
                added = self._reader.at(lead[1] if lead else end + 1)
                return added if added and self._belongs(added, field, True, counted) else None
            if self._is_joined(self._words[end]):
                added = self._reader.at(end)
                return added if added and self._belongs(added, field, near and spaced, counted) else None
            if not spaced or self._words[end] in self._lexicon.sets["stop"] or self.cue(end):
                return None
        return None

    def _called(self, found: Quantity, at: int, field: Field) -> Quantity | None:
        """«مقتل محمد وأحمد», «النقيب سامر معاون رئيس القسم والمجند رضا»: the next single person with a name."""
        named = self._reader.is_called(found) or found == self._reader.named(found.first)
        for end in range(at, min(len(self._words), at + _CALLED_WITHIN)):
            comma = self._words[end - 1] == "و" or self._after_comma(end, lead=True)
            if self.breaks(end) or self._words[end] in self._lexicon.sets["stop"] or self.cue(end):
                return None
            if self._words[end] == "و":
                continue  # «و(ضياء العياش)»
            added = self._reader.named(end) if named and (comma or self._is_joined(self._words[end])) else None
            if added is None and self._is_joined(self._words[end]):
                added = self._reader.at(end)
                single = added is not None and added.bare and added.high == 1
                kin = named and added is not None and self._belongs(added, field, True, 0)  # «محمد سالم ونجله»
                fits = single and added is not None and (kin or self._reader.is_called(added))
                added = added if fits else None
            if added:
                return added
            if self._is_joined(self._words[end]):
                return None
        return None

    def _after_comma(self, index: int, lead: bool) -> bool:
        """«…، ونحو 20 مقاتلًا», «…، إضافة إلى ثلاثة»: behind a comma only a counted addition belongs to the toll."""
        if not 0 < index < len(self._words) or not (lead or self._words[index].startswith("و")):
            return False
        end = self._text.starts[index - 1] + len(self._words[index - 1])
        return self._text.text[end : self._text.starts[index]].strip() in ("،", ",")

    def _after_sign(self, index: int, signs: str) -> bool:
        """Whether one of the signs, and blanks, stand before a word: «الشاب (محمد) وشخص آخر»."""
        if not 0 < index < len(self._words):
            return False
        end = self._text.starts[index - 1] + len(self._words[index - 1])
        between = self._text.text[end : self._text.starts[index]].strip()
        return len(between) == 1 and between in signs

    def _belongs(self, added: Quantity, field: Field, bare: bool, counted: int) -> bool:
        person = added.person
        if added.thing or not (person or added.others) or (added.bare and not bare) or self.cue(added.first):
            return False
        if person and ((person.field and person.field != field) or (person.definite and added.bare)):
            return False
        if person and person.accusative and person.many == "one" and added.bare and counted > TENS:
            return False  # «150 شابًا ورجلًا»: one number for both
        follower = self._lexicon.cues.get(self.word(added.last))
        return not (follower and follower.kind != "noun" and not follower.joined)  # «وخمسة أصيبوا»

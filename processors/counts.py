"""Tolls in Arabic news: who was killed, injured, detained, abducted, who is missing or displaced, and how many."""

from __future__ import annotations

from typing import Literal, NamedTuple

from arabic.fold import Folded
from arabic.marks import is_passive_marked
from arabic.numbers import find_numbers
from processors.count_lexicon import CountLexicon, Cue, Field, count_lexicon
from processors.count_phrases import Quantity, QuantityReader

Role = Literal["total", "part", "cumulative", "shared", "rising"]

_HARD = frozenset(".؛!؟?\n")
# How far after a verb its people may stand, and how far before it (in words).
_REACH, _REACH_BACK = 9, 6
# How far from the toll the words stand that make it cumulative or rising.
_AROUND = 8
_WHO_WORDS = 4


class CountMention(NamedTuple):
    """A count of persons in the text: ``low``..``high``, ``high`` None for an open bound.

    ``start``, ``end``: offsets of the original text around the counted phrase, ``text`` what stands there; ``who``: the noun with what
    belongs to it ('' where only a number stands). ``role``: ``total``; ``part`` of the total before it (بينهم, or one of several
    that it sums); ``cumulative`` over more than this event; ``shared`` by several places; ``rising``: the event's own toll, grown.
    ``cue``: original offset of the word that says what befell them. ``negated``: said to be none."""

    field: Field
    low: int
    high: int | None
    start: int
    end: int
    text: str
    who: str
    civilian: bool | None = None
    role: Role = "total"
    negated: bool = False
    cue: int = -1


def find_counts(folded: Folded) -> list[CountMention]:
    """Every toll in the text, in its order; a part follows its total. Ages, sums of money, distances and scores are none."""
    lexicon = count_lexicon()
    if lexicon.heads.isdisjoint(folded.words):
        return []
    return _Finder(folded, lexicon).find()


class _Finder:
    """One pass over the words of one text."""

    def __init__(self, text: Folded, lexicon: CountLexicon) -> None:
        self._text, self._words, self._lexicon = text, text.words, lexicon
        self._reader = QuantityReader(text, {number.first: number for number in find_numbers(text)})
        self._found: list[CountMention] = []
        self._taken = 0  # words before this one are counted already
        self._fields: tuple[Field, ...] = ()

    def find(self) -> list[CountMention]:
        index = 0
        while index < len(self._words):
            index = max(index + 1, self._step(index))
        return self._found

    def _step(self, index: int) -> int:
        """Reads what begins at a word; the index after it."""
        word = self._words[index]
        negated = self._lexicon.negations.at(self._words, index)
        if negated:
            return self._negation(index, *negated)
        if word in self._lexicon.sets["parts"] or word.removeprefix("و") in self._lexicon.sets["parts"]:
            return self._parts(index)
        if word in ("بين", "وبين") or (word == "ما" and self._word(index + 1) == "بين"):
            return self._fates(index)
        cue = self._cue(index)
        if cue:
            return self._cued(index, *cue)
        if word in self._lexicon.closings:
            return self._closed(index, self._lexicon.closings[word])
        return self._victims(index)

    def _word(self, index: int) -> str:
        return self._words[index] if 0 <= index < len(self._words) else ""

    def _breaks(self, index: int) -> bool:
        """Whether a sentence ends before the word at ``index``."""
        if not 0 < index < len(self._words):
            return True
        end = self._text.starts[index - 1] + len(self._words[index - 1])
        return not _HARD.isdisjoint(self._text.text[end : self._text.starts[index]])

    # Cues

    def _cue(self, index: int) -> tuple[Cue, tuple[Field, ...], int] | None:
        """The cue at a word, its fields («مقتل وإصابة» has two), and the index after it."""
        phrase = self._lexicon.cue_phrases.at(self._words, index)
        if phrase:
            return phrase[0], (phrase[0].field,), phrase[1]
        cue = self._lexicon.cues.get(self._words[index])
        if cue is None or self._word(index + 1) in self._lexicon.not_after.get(self._words[index], ()):
            return None
        second = self._lexicon.cues.get(self._word(index + 1))
        if second and second.joined and second.field != cue.field and self._reader.gap(index + 1):
            return cue, (cue.field, second.field), index + 2
        return cue, (cue.field,), index + 1

    def _cued(self, index: int, cue: Cue, fields: tuple[Field, ...], after: int) -> int:
        found = None if cue.plural else self._ahead(index, cue, after)
        found = found or (None if cue.kind == "noun" else self._before(index)) or (self._ahead(index, cue, after) if cue.plural else None)
        return max(after, self._emit(fields, found, index)) if found else after

    def _ahead(self, index: int, cue: Cue, after: int) -> Quantity | None:
        """The people that follow a cue: at once after a noun, within reach after a verb."""
        if self._breaks(after) or self._cue(after):
            return None
        near = self._reader.at(after)
        if near and not near.thing and self._is_counted(near):
            return self._past_agent(near, index, cue)
        if cue.kind == "noun":
            return None
        at = near.last if near else after + 1
        while at < min(len(self._words), after + _REACH) and not self._breaks(at):
            if self._cue(at) or self._word(at) in self._lexicon.sets["parts"]:
                return None
            found = self._reader.at(at)
            if found and found.person and not found.thing and not found.person.definite:
                return self._past_agent(found, index, cue)
            at = found.last if found else at + 1
        return None

    def _is_counted(self, found: Quantity) -> bool:
        """Right behind a cue a number alone counts («مقتل 5 في», «قُتل اثنان»), and an unknown noun after it («مقتل 5 عمال»)."""
        return found.person is not None or found.others or not found.bare

    def _past_agent(self, found: Quantity, index: int, cue: Cue) -> Quantity:
        """«قتل مسلحون شرطيًا»: behind an active verb the first people may be the agents; then the object is counted."""
        if cue.kind != "active" or not found.bare or found.others or self._is_passive(index):
            return found
        for at in range(found.last, min(len(self._words), found.last + 5)):
            if self._breaks(at) or self._cue(at):
                return found
            follower = self._reader.at(at)
            if follower and follower.person and not follower.person.joined and self._is_object(follower):
                return follower
        return found

    def _is_object(self, found: Quantity) -> bool:
        person = found.person
        return person is not None and (person.accusative or (not found.bare and not person.definite))

    def _is_passive(self, index: int) -> bool:
        start = self._text.starts[index]
        return is_passive_marked(self._text.quote(start, start + len(self._words[index])))

    def _before(self, index: int) -> Quantity | None:
        """«ثلاثة مدنيين قُتلوا»: the people that stand before a verb."""
        best = None
        for at in range(index - 1, max(self._taken - 1, index - 1 - _REACH_BACK, -1), -1):
            found = self._reader.at(at)
            if found and found.last <= index and not found.thing and (found.person or (found.last == index and not found.bare)):
                if best is None or found.last == best.last:
                    best = found
            if self._breaks(at) or self._lexicon.cues.get(self._words[at]):
                break
        return best

    def _closed(self, index: int, field: Field) -> int:
        """«فقد ثلاثة عمال حياتهم»: the people stand between the verb and its closing word."""
        openers = self._lexicon.sets["openers"]
        for at in range(index - 1, max(-1, index - 1 - _REACH), -1):
            if self._breaks(at + 1):
                break
            if self._words[at] in openers or self._words[at].removeprefix("و") in openers:
                found = next(filter(self._counts_people, map(self._reader.at, range(max(at + 1, self._taken), index))), None)
                return self._emit((field,), found, index) if found else index + 1
        return index + 1

    def _counts_people(self, found: Quantity | None) -> bool:
        return found is not None and found.person is not None and not found.thing

    # Victims, parts, fates, none

    def _victims(self, index: int) -> int:
        """«3 قتلى», «قتيلان», «عدد القتلى 5»: people whose name says what befell them."""
        if index < self._taken:
            return index + 1
        person = self._lexicon.people.get(self._words[index])
        if person and person.field and person.many == "many" and self._is_toll(index):
            reached = self._reached(index)
            if reached:
                return self._emit((person.field,), reached, index)
        found = self._reader.at(index)
        if not found or not found.person or not found.person.field or found.thing:
            return index + 1
        if found.bare and found.person.definite:
            return index + 1
        return self._emit(self._joint(found), found, index)

    def _joint(self, found: Quantity) -> tuple[Field, ...]:
        """«قتلى وجرحى» share one quantity; «قتيلان وجريح» do not."""
        person, second = found.person, self._lexicon.people.get(self._word(found.last))
        assert person and person.field
        if second and second.joined and second.field and second.field != person.field and second.many == person.many == "many":
            return person.field, second.field
        return (person.field,)

    def _is_toll(self, index: int) -> bool:
        """«عدد القتلى», «حصيلة ضحايا»."""
        before = {self._word(index - 1), self._word(index - 2)}
        return any(word.lstrip("وبل") in self._lexicon.sets["tolls"] or word in self._lexicon.sets["tolls"] for word in before)

    def _reached(self, index: int) -> Quantity | None:
        """The figure that a toll reached: «بلغ عدد القتلى في المدينة 5», «ارتفاع عدد القتلى إلى 12»."""
        for at in range(index + 1, min(len(self._words), index + _REACH)):
            if self._breaks(at) or self._cue(at):
                return None
            found = self._reader.at(at)
            if found and not found.thing and not found.bare:
                return found
        return None

    def _parts(self, index: int) -> int:
        """«بينهم أربعة أطفال وامرأة»: parts of what was counted last."""
        at = index + 1
        while self._fields and at < len(self._words) and not self._breaks(at):
            found = self._reader.at(at)
            if not found or found.thing or not (found.person or not found.bare or found.others):
                break
            for field in self._fields if len(self._fields) == 1 else self._fields[:1]:
                self._add(field, found.low, found.high, found, "part", index)
            at = self._taken = found.last
            if not self._word(at).startswith("و") or self._cue(at):
                break
        return at

    def _fates(self, index: int) -> int:
        """«14 شخصًا بين قتيل وجريح»: killed and injured together."""
        at = index + 1 + (self._words[index] == "ما")
        fates, second = self._lexicon.sets["fate"], self._word(at + 1)
        if self._word(at) not in fates or second.removeprefix("و") not in fates:
            return index + 1
        known = [mention for mention in self._found if mention.end > self._origin(index - 3)]
        found = next((q for q in map(self._reader.at, range(max(0, index - 5), index)) if q and q.last >= index - 1 and not q.thing), None)
        if found:
            self._found = [mention for mention in self._found if mention not in known]
            self._emit(("killed", "injured"), found, index)
        self._taken = at + 2
        return at + 2

    def _origin(self, index: int) -> int:
        return self._text.span(self._text.starts[max(0, index)], self._text.starts[max(0, index)] + 1)[0]

    def _negation(self, index: int, fields: tuple[Field, ...], after: int) -> int:
        for field in fields:
            self._add(field, 0, 0, Quantity(0, 0, index, after), "total", index, negated=True)
        self._taken = after
        return after

    # Mentions

    def _emit(self, fields: tuple[Field, ...], found: Quantity, cue: int) -> int:
        """One mention for each field: the sum of the coordinated people, then each of them as a part."""
        several = [found, *self._coordinated(found, fields[0])] if len(fields) == 1 else [found]
        low, high = sum(q.low for q in several), _sum([q.high for q in several])
        whole = found._replace(last=several[-1].last)
        if len(fields) == 2:
            low, high = 1, (None if high is None or found.low != high else max(1, high - 1))
        role = self._role(whole)
        for field in fields:
            self._add(field, low, high, whole, role, cue)
        for part in several if len(several) > 1 else ():
            self._add(fields[0], part.low, part.high, part, "part", cue)
        self._taken, self._fields = whole.last + (len(fields) == 2 and found.person is not None and found.person.field is not None), fields
        return self._taken

    def _coordinated(self, found: Quantity, field: Field) -> list[Quantity]:
        """«طفل وامرأة ورجلين»: what و adds to the people of one cue."""
        several, at = [], found.last
        while self._word(at).startswith("و") and not self._cue(at):
            added = self._reader.at(at)
            if not added or added.thing or not (added.person or added.others) or not self._reader.gap(at):
                break
            person, number_only = added.person, added.first > at or not added.bare
            if person and ((person.field and person.field != field) or (person.definite and not number_only)):
                break
            follower = self._lexicon.cues.get(self._word(added.last))
            if follower and follower.kind != "noun" and not follower.joined:  # «وخمسة أصيبوا»
                break
            several.append(added)
            at = added.last
        return several

    def _role(self, found: Quantity) -> Role:
        first, last = found.first, found.last
        window = range(max(0, first - _AROUND), min(len(self._words), last + _AROUND))
        begin = max((at for at in window if at <= first and self._breaks(at)), default=window.start)
        end = min((at for at in window if at >= last and self._breaks(at)), default=window.stop)
        if any(self._lexicon.cumulative.at(self._words, at) for at in range(begin, end)):
            return "cumulative"
        if any(self._words[at] in self._lexicon.sets["rising"] for at in range(begin, first)):
            return "rising"
        if any(self._lexicon.shared.at(self._words, at) for at in range(last, end)):
            return "shared"
        return "total"

    def _add(self, field: Field, low: int, high: int | None, found: Quantity, role: Role, cue: int, negated: bool = False) -> None:
        last = found.last - 1
        start, end = self._text.span(self._text.starts[found.first], self._text.starts[last] + len(self._words[last]))
        who, civilian = self._who(found)
        text = self._text.original[start:end]
        self._found.append(CountMention(field, low, high, start, end, text, who, civilian, role, negated, self._origin(cue)))

    def _who(self, found: Quantity) -> tuple[str, bool | None]:
        """The noun phrase that is counted, and whether it names civilians (None: not said)."""
        if found.noun is None or found.person is None:
            return "", None
        last, civilian = found.noun + 1, found.person.civilian
        while last < min(len(self._words), found.noun + _WHO_WORDS) and self._reader.gap(last):
            if self._words[last] in self._lexicon.sets["stop"] or self._words[last].startswith("و") or self._cue(last):
                break
            follower = self._lexicon.people.get(self._words[last])
            civilian = follower.civilian if civilian is None and follower else civilian
            last += 1
        start, end = self._text.starts[found.noun], self._text.starts[last - 1] + len(self._words[last - 1])
        return self._text.quote(start, end), civilian


def _sum(highs: list[int | None]) -> int | None:
    known = [high for high in highs if high is not None]
    return sum(known) if len(known) == len(highs) else None

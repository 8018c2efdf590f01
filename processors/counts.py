"""Tolls in Arabic news: who was killed, injured, detained, abducted, who is missing or displaced, and how many."""

from __future__ import annotations

from typing import Literal, NamedTuple

from arabic.fold import Folded
from arabic.numbers import find_numbers
from processors.count_cues import FAR_BACK, CueReader
from processors.count_lexicon import CountLexicon, Cue, Field, Person, count_lexicon
from processors.count_phrases import Quantity, QuantityReader
from processors.date_lexicon import date_lexicon

Role = Literal["total", "part", "cumulative", "shared", "rising"]

# How far a closing word, or the figure of a toll, may stand from what it belongs to (in words).
_REACH, _REACH_FAR = 9, 15
# How far from the toll the words stand that make it cumulative or rising.
_AROUND = 8
# How far behind it for a large toll, and from how many persons on it is one; from how many on no single event has one.
_FAR, _LARGE, _WAR = 30, 20, 5_000
_WHO_WORDS = 4
# «قتلى», «جريح» say a toll by themselves; «معتقل», «مفقود» are as often adjectives, or those who were taken long ago.
_CAN_BE_BARE = ("killed", "injured")
# The longest lead of a noun: «ما لا يقل عن مئة وخمسة وعشرين من».
_LEAD = 9


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
        self._cues = CueReader(text, self._reader)
        self._found: list[CountMention] = []
        self._taken = 0  # words before this one are counted already
        self._fields: tuple[Field, ...] = ()

    def find(self) -> list[CountMention]:
        heads, followers = self._lexicon.heads, self._lexicon.followers
        hits = [index for index, word in enumerate(self._words) if word in heads or word in followers]
        for index in hits:
            if index >= self._taken:
                self._step(index)
        return self._found

    def _step(self, index: int) -> None:
        """Reads what begins at a word."""
        word, sets = self._words[index], self._lexicon.sets
        negated = self._lexicon.negations.at(self._words, index)
        if negated:
            self._none(index, *negated)
        elif word in sets["denying"]:
            self._denied(index)
        elif word in sets["parts"] or word.removeprefix("و") in sets["parts"]:
            self._parts(index)
        elif word in ("بين", "وبين", "ما"):
            self._fates(index)
        elif cue := self._cues.cue(index):
            self._cued(index, *cue)
        elif word in self._lexicon.closings:
            self._closed(index, self._lexicon.closings[word])
        else:
            self._victims(index)

    # Cues

    def _cued(self, index: int, cue: Cue, fields: tuple[Field, ...], after: int) -> None:
        if cue.own:
            if cue.field == "injured" and self._cues.word(index - 1) in self._lexicon.sets["dying"]:
                return  # «قُتل شاب إثر إصابته»: it tells of what he died
            self._emit(fields, Quantity(cue.own, cue.own, index, after, bare=True), index)
            return
        if cue.field == "missing" and any(
            self._cues.word(at) in self._lexicon.closings for at in range(after, after + _REACH)
        ):
            fields = ("killed",)  # «فقدان شخص لحياته»
        found = self._cues.people_of(index, cue, after, self._taken)
        if found:
            self._emit(fields, found, index)
        elif cue.kind == "noun":
            self._victims(index, bare=cue.field == "killed")  # «28 إصابة», «جثث»; a bare «إصابة» is as often of a house
        self._taken = max(self._taken, after)

    def _closed(self, index: int, field: Field) -> None:
        """«فقد ثلاثة عمال حياتهم»: the people stand between the verb and its closing word."""
        openers = self._lexicon.sets["openers"]
        for at in range(index - 1, max(-1, index - 1 - _REACH), -1):
            if self._cues.breaks(at + 1):
                return
            if self._words[at] in openers or self._words[at].removeprefix("و") in openers:
                between = map(self._reader.at, range(max(at + 1, self._taken), index))
                found = next(filter(self._counts_people, between), None)
                if found:
                    self._emit((field,), found, index)
                return

    def _counts_people(self, found: Quantity | None) -> bool:
        """A noun of people, or a number or «العشرات» that stands for them («لقي العشرات مصرعهم»)."""
        return found is not None and not found.thing and (found.person is not None or not found.bare)

    # Victims, parts, fates, none

    def _victims(self, index: int, *, bare: bool = True) -> None:
        """«3 قتلى», «قتيلان», «عدد القتلى 5»: people whose name says what befell them."""
        person = self._lexicon.people.get(self._words[index])
        if person is None or person.field is None:
            return
        figure = self._figure(index, person) if person.many == "many" else None
        if figure:
            self._emit((person.field,), figure, index)
            return
        starts = range(max(self._taken, index - _LEAD), index + 1)
        found = next((q for q in map(self._reader.at, starts) if q and q.noun == index and not q.thing), None)
        if found and found.person and (not found.bare or (bare and self._can_be_bare(found.person))):
            self._emit(self._joint(found), found, index)

    def _can_be_bare(self, person: Person) -> bool:
        return not person.definite and person.field in _CAN_BE_BARE

    def _figure(self, index: int, person: Person) -> Quantity | None:
        """The number of people that are named by what befell them, where it does not stand before them."""
        if self._is_toll(index) and (reached := self._reached(index, person)):
            return reached
        if self._cues.word(index - 1).removeprefix("و") in self._lexicon.sets["fallen"]:
            fallen = self._cues.before(index - 1, FAR_BACK, self._taken)
            if fallen:
                return fallen
        if person.joined and person.definite and self._reader.gap(index + 1):  # «بلغ عدد الشهداء 15 والجرحى 40»
            found = self._reader.at(index + 1)
            return found if found and not found.bare and not found.thing else None
        return None

    def _joint(self, found: Quantity) -> tuple[Field, ...]:
        """«قتلى وجرحى» share one quantity; «قتيلان وجريح» do not."""
        person, second = found.person, self._lexicon.people.get(self._cues.word(found.last))
        if person is None or person.field is None:
            return ()
        if (
            second
            and second.joined
            and second.field
            and second.field != person.field
            and self._reader.gap(found.last)
            and (second.many == person.many == "many" or self._is_counted_twice(found, person, second))
        ):
            return person.field, second.field
        return (person.field,)

    def _is_counted_twice(self, found: Quantity, person: Person, second: Person) -> bool:
        """«56 قتيلًا وجريحًا»: one number from eleven on, whose noun is singular, for both; «قتيل وجريح» have each their own."""
        both = person.many == second.many == "one" and person.accusative and second.accusative  # not «12 شهيدًا وإصابة»
        return both and not found.bare and found.low > 10

    def _is_toll(self, index: int) -> bool:
        """«عدد القتلى», «حصيلة ضحايا»."""
        before = {self._cues.word(index - 1), self._cues.word(index - 2)}
        return any(
            word.lstrip("وبل") in self._lexicon.sets["tolls"] or word in self._lexicon.sets["tolls"] for word in before
        )

    def _reached(self, index: int, person: Person) -> Quantity | None:
        """The figure that a toll reached: «بلغ عدد القتلى في المدينة 5», «ارتفاع عدد القتلى إلى 12»."""
        for at in range(index + 1, min(len(self._words), index + _REACH)):
            if self._cues.breaks(at) or self._cues.cue(at):
                return None
            found = self._reader.at(at)
            field = found.person.field if found and found.person else None
            if found and found.person and found.bare and field == person.field and not found.person.definite:
                return found  # «الحصيلة الأولية للضحايا هي قتيل و7 مصابين»
            if found and not found.thing and not found.bare:
                return found if field in (None, person.field) else None
        return self._reached_far(index + _REACH)

    def _reached_far(self, start: int) -> Quantity | None:
        """«ارتفعت حصيلة الضحايا الذين خلّفهم القصف … إلى 3»: behind a long noun phrase only what «إلى» leads."""
        for at in range(start, min(len(self._words), start + _REACH_FAR)):
            if self._cues.breaks(at) or self._cues.cue(at):
                return None
            if self._words[at - 1] == "الي":  # to
                found = self._reader.at(at)
                if found and not found.thing and not found.bare:
                    return found
        return None

    def _parts(self, index: int) -> None:
        """«بينهم أربعة أطفال وامرأة»: parts of what was counted last; of people whose verb is still to come, none."""
        waiting = map(self._reader.at, range(max(self._taken, index - _LEAD), index))
        if any(found and found.person and not found.bare and not found.thing for found in waiting):
            return
        at = index + 1
        while self._fields and at < len(self._words) and not self._cues.breaks(at):
            found = self._reader.at(at)
            if not found or found.thing or not (found.person or not found.bare or found.others):
                return
            if found.person and found.person.field not in (None, *self._fields):
                return
            self._add(self._fields[0], found.low, found.high, found, "part", index)
            at = self._taken = found.last
            if not self._cues.word(at).startswith("و") or self._cues.cue(at):
                return

    def _fates(self, index: int) -> None:
        """«14 شخصًا بين قتيل وجريح»: killed and injured together, in place of what the number said alone."""
        at = index + 1 + (self._words[index] == "ما")
        fates = self._lexicon.sets["fate"]
        if self._cues.word(at) not in fates or self._cues.word(at + 1).removeprefix("و") not in fates:
            return
        first = max(
            (at for at in range(max(0, index - _LEAD), index) if self._cues.breaks(at)), default=max(0, index - _LEAD)
        )
        around = [q for q in map(self._reader.at, range(first, index)) if q and q.last <= index and not q.thing]
        found = next((q for q in around if q.last == index or not q.bare), None)
        if found:
            begins = self._origin(found.first)
            self._found = [mention for mention in self._found if mention.start < begins]
            self._emit(("killed", "injured"), found, index)
        self._taken = at + 2

    def _origin(self, index: int) -> int:
        return self._text.span(self._text.starts[max(0, index)], self._text.starts[max(0, index)] + 1)[0]

    def _denied(self, index: int) -> None:
        """«دون وقوع إصابات»: none; «دون معلومات عن إصابات»: nothing is said."""
        at, known, sets = index + 1, True, self._lexicon.sets
        while at < len(self._words) and not self._cues.breaks(at) and at < index + _LEAD:
            none = self._lexicon.none_of.at(self._words, at)
            if (
                none and known and self._cues.word(none[1]) not in sets["others"]
            ):  # «عدم وجود إصابات أخرى» denies no more than more
                self._none(index, *none)
            if none:
                self._taken = none[1]
                return
            if self._words[at] not in sets["fillers"] and self._words[at] not in sets["unknowing"]:
                return
            known = known and self._words[at] not in sets["unknowing"]
            at += 1

    def _none(self, index: int, fields: tuple[Field, ...], after: int) -> None:
        for field in fields:
            self._add(field, 0, 0, Quantity(0, 0, index, after), "total", index, negated=True)
        self._taken = after

    # Mentions

    def _emit(self, fields: tuple[Field, ...], found: Quantity, cue: int) -> None:
        """One mention for each field: the sum of the coordinated people, then each of them as a part."""
        several = [found, *self._cues.coordinated(found, fields[0])] if len(fields) == 1 else [found]
        low, high = sum(q.low for q in several), _sum([q.high for q in several])
        if len(fields) == 2:  # «مقتل وإصابة عشرة»: at least one of each
            low, high = 1, None if high is None or found.low != high else max(1, high - 1)
        whole = found._replace(last=several[-1].last)
        role = self._role(whole)
        for field in fields:
            self._add(field, low, high, whole, role, cue)
        for part in several if len(several) > 1 else ():
            self._add(fields[0], part.low, part.high, part, "part", cue)
        named_twice = len(fields) == 2 and found.person is not None and found.person.field is not None  # «قتلى وجرحى»
        self._taken, self._fields = max(self._taken, whole.last + named_twice), fields

    def _role(self, found: Quantity) -> Role:
        first, last = found.first, found.last
        window = range(max(0, first - _AROUND), min(len(self._words), last + _AROUND))
        if found.low >= _WAR:
            return "cumulative"
        begin = next((at for at in range(first, window.start, -1) if self._cues.breaks(at)), window.start)
        end = next((at for at in range(last, window.stop) if self._cues.breaks(at)), window.stop)
        if self._lexicon.cumulative.stands_in(self._words, begin, end) or any(map(self._is_since, range(begin, end))):
            return "cumulative"
        if _is_large(found) and self._goes_on_since(last):
            return "cumulative"
        if any(self._words[at] in self._lexicon.sets["rising"] for at in range(begin, first)):
            return "rising"
        if self._lexicon.shared.stands_in(self._words, last, self._end(last)):
            return "shared"
        return "total"

    def _end(self, last: int) -> int:
        """Where the sentence of a toll ends, or what of it is too far from the toll."""
        reach = range(last, min(len(self._words), last + _FAR))
        return min((at for at in reach if self._cues.breaks(at)), default=reach.stop)

    def _goes_on_since(self, last: int) -> bool:
        """«مقتل 65 مدنيًا بينهم 29 طفلًا و10 سيدات، منذ بداية التصعيد»: the time over which a large toll is summed may stand far behind."""
        for at in range(last, min(len(self._words), last + _FAR)):
            if self._cues.breaks(at):
                return False
            if self._lexicon.cumulative.at(self._words, at) or self._is_since(at):
                return True
        return False

    def _is_since(self, index: int) -> bool:
        """«منذ السابع من تشرين الأول», «منذ آذار»: from a day of the calendar on."""
        if self._words[index] not in self._lexicon.sets["since"]:
            return False
        dates, following = date_lexicon(), index + 1
        return bool(dates.ordinals.at(self._words, following) or dates.months.at(self._words, following)) or (
            self._cues.word(following).isdigit() and dates.months.at(self._words, following + 1) is not None
        )

    def _add(
        self, field: Field, low: int, high: int | None, found: Quantity, role: Role, cue: int, negated: bool = False
    ) -> None:
        last = found.last - 1
        start, end = self._text.span(self._text.starts[found.first], self._text.starts[last] + len(self._words[last]))
        who, civilian = self._who(found)
        text = self._text.original[start:end]
        self._found.append(
            CountMention(field, low, high, start, end, text, who, civilian, role, negated, self._origin(cue))
        )

    def _who(self, found: Quantity) -> tuple[str, bool | None]:
        """The noun phrase that is counted, and whether it names civilians (None: not said)."""
        if found.noun is None or found.person is None:
            return "", None
        last, civilian = found.noun + 1, found.person.civilian
        while last < min(len(self._words), found.noun + _WHO_WORDS) and self._reader.gap(last):
            if (
                self._words[last] in self._lexicon.sets["stop"]
                or self._words[last].startswith("و")
                or self._cues.cue(last)
            ):
                break
            follower = self._lexicon.people.get(self._words[last])
            civilian = follower.civilian if civilian is None and follower else civilian
            last += 1
        start, end = self._text.starts[found.noun], self._text.starts[last - 1] + len(self._words[last - 1])
        start += found.person.joined and self._words[found.noun].startswith("و")  # «وامرأتان» are «امرأتان»
        return self._text.quote(start, end), civilian


def _is_large(found: Quantity) -> bool:
    """Whether a toll is so large that it may be summed over a long time."""
    return not found.bare and found.low >= _LARGE


def _sum(highs: list[int | None]) -> int | None:
    known = [high for high in highs if high is not None]
    return sum(known) if len(known) == len(highs) else None

"""Dates in Arabic news: every mention with its offsets, its days against the publication, and what it is the date of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from arabic.fold import Folded, fold
from arabic.numbers import find_numbers
from contracts.records import DateBasis, DatePrecision
from processors.date_lexicon import DateLexicon, date_lexicon
from processors.date_reading import Fragment, Reader
from processors.date_resolving import resolve

# How far before a date the verb of saying may stand, and how far after it its «أن» (in words).
_VERB_REACH, _THAT_REACH = 5, 6
_BETWEEN = "بين"
# How far before «منذ» the word for going on may stand.
_LASTING_REACH = 7
# What happened so many days before publication is recalled, not reported.
_RECALL_AFTER = 7


class DateMention(NamedTuple):
    """A date in the text. ``start`` and ``end`` are offsets of the original text, ``text`` what stands there.

    ``date_start`` and ``date_end`` are calendar days at the place of the outlet, both ends in, None where nothing fixes them.
    ``saying``: the day on which somebody spoke (قال أمس), not that of what happened. ``recall``: looks back from before the news
    (العام الماضي, a date of weeks ago). ``since``: from that day on (منذ الأحد). ``ahead``: still to come (المقبل, غدًا). ``lasting``:
    how long something has gone on (المستمر منذ شهرين)."""

    start: int
    end: int
    text: str
    date_start: date | None
    date_end: date | None
    precision: DatePrecision
    basis: DateBasis
    saying: bool = False
    recall: bool = False
    since: bool = False
    ahead: bool = False
    lasting: bool = False


def find_dates(folded: Folded, published: date | None) -> list[DateMention]:
    """Every date in the text, in its order. ``published`` is the outlet's calendar day; None: relative dates stay unknown."""
    lexicon, words = date_lexicon(), folded.words
    starters, leads = lexicon.starters, lexicon.leads
    hits = {index for index, word in enumerate(words) if word in starters or (word[0] <= "9" and len(word) <= 4)}
    hits -= {i for i in hits if words[i] in leads and words[i + 1 : i + 2] and words[i + 1] not in leads[words[i]]}
    if not hits:
        return []
    numbers = {number.first: number for number in find_numbers(folded)}
    hits |= {index for index, number in numbers.items() if number.definite}  # «الثلاثة أيام الماضية»
    reader = Reader(folded, numbers)
    found: list[DateMention] = []
    past, told = 0, None
    for index in sorted(hits):
        fragment = reader.read(index) if index >= past else None
        if fragment:
            mention = _mention(folded, fragment, published, told)
            if mention.precision == "day" and not mention.ahead:
                told = mention.date_end
            joined = found and _joined(folded, found[-1], mention, past, fragment.first)
            found[-1:] = [joined] if joined else [*found[-1:], mention]
            past = fragment.last
    return found


def _joined(folded: Folded, one: DateMention, two: DateMention, past: int, first: int) -> DateMention | None:
    """Two days that follow each other as one period: ليل الجمعة وفجر السبت, يومي 3 آب و4 آب."""
    between = folded.words[past:first] or [folded.words[first][0]]
    if between != ["و"] or fold(folded.original[one.end : two.start]).strip() not in ("", "و"):
        return None
    if one.date_end is None or two.date_start is None or two.date_start - one.date_end != timedelta(1):
        return None
    if one.precision != "day" or two.precision != "day":
        return None
    return one._replace(end=two.end, text=folded.original[one.start : two.end], date_end=two.date_end)


def _mention(folded: Folded, found: Fragment, published: date | None, told: date | None) -> DateMention:
    """``told``: the day that the text told last."""
    lexicon = date_lexicon()
    last = found.last - 1
    first, past = folded.starts[found.first], folded.starts[last] + len(folded.words[last])
    past += folded.text[past : past + 1] == ")" and "(" in folded.text[first:past]
    start, end = folded.span(first, past)
    resolved = resolve(found, published, told)
    ahead = found.tense == "ahead" or bool(resolved.start and published and resolved.start > published)
    old = bool(resolved.end and published and resolved.end < published - timedelta(_RECALL_AFTER))
    return DateMention(
        start,
        end,
        folded.original[start:end],
        *resolved,
        saying=_is_saying(folded, found, lexicon),
        recall=(old or resolved.precision == "year") and not ahead,
        since=found.since,
        ahead=ahead,
        lasting=_is_lasting(folded, found, lexicon),
    )


def _is_lasting(folded: Folded, found: Fragment, lexicon: DateLexicon) -> bool:
    """«حملة التصعيد المستمرة منذ نحو شهرين»: what goes on since then, while the thing told is new."""
    words = folded.words
    if not (found.since or words[found.first].removeprefix("و") in lexicon.sets["since"]):
        return False
    for index in range(found.first - 1, max(-1, found.first - 1 - _LASTING_REACH), -1):
        if words[index] in lexicon.sets["lasting"]:
            return True
        if _clause_ends(folded, folded.starts[index], folded.starts[index + 1]):
            return False
    return False


def _is_saying(folded: Folded, found: Fragment, lexicon: DateLexicon) -> bool:
    """A verb or noun of saying stands before in the same clause, with no «أن» between, and right before the date or «أن» after it."""
    words, starts, sets = folded.words, folded.starts, lexicon.sets
    for index in range(found.first - 1, max(-1, found.first - 1 - _VERB_REACH), -1):
        word = words[index]
        aside = index == found.first - 1 and folded.text[starts[index] + len(word) : starts[index + 1]].strip() == "،"
        ends = not aside and _clause_ends(folded, starts[index] + len(word), starts[index + 1])
        if word in sets["saying.that"] or ends:  # «ذكرت مصادر، ليل السبت، أن …» goes on behind its comma
            return False
        bare = word[1:] if word[0] in "وف" and word[1:] in sets["saying.verbs"] else word
        if word == _BETWEEN and index == found.first - 1 and found.last - found.first > 1:
            continue  # «بين 13 و19 يناير»: between, and not «he stated»
        if bare in sets["saying.verbs"] or word in sets["saying.nouns"]:
            if (index == found.first - 1 and not aside) or _is_aside(folded, index, sets):
                return True
            return _that_follows(folded, found.last, sets["saying.that"])
    return False


def _is_aside(folded: Folded, index: int, sets: dict[str, frozenset[str]]) -> bool:
    """«، حسبما أعلن مسؤولون مساء الأحد», «وذلك في بيان نشر مساء السبت»: the verb tells by whom the news is known, nothing else."""
    before = folded.words[max(0, index - 2) : index]
    return bool(before) and (before[-1] in sets["saying.as"] or before[-1] in sets["saying.nouns"])


def _that_follows(folded: Folded, index: int, that: frozenset[str]) -> bool:
    if index < len(folded.words) and folded.words[index] == "عن":  # of: «أعلنت أمس عن مقتل»
        return True
    for at in range(index, min(len(folded.words), index + _THAT_REACH)):
        before = folded.starts[at - 1] + len(folded.words[at - 1])
        gap = folded.text[before : folded.starts[at]]
        if ":" in gap:
            return True
        if folded.words[at] in that:
            return True
        if _clause_ends(folded, before, folded.starts[at]) and "،" not in gap:
            return False
    return False


def _clause_ends(folded: Folded, start: int, end: int) -> bool:
    return not set(".،؛!؟\n:").isdisjoint(folded.text[start:end])

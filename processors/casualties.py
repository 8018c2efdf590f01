"""Counts of persons to the thing that they are of.

A count belongs to the group whose trigger is its own word («قُتل» beside its victims), else to the nearest group of the sentence.
Two sides told one after the other add up; parts of a total are kept beside it; what is cumulative belongs to none.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from contracts.records import Count, CountPart
from processors.counts import CountMention
from processors.drafts import Draft
from processors.groups import Group
from processors.passage import Located, Passage, within

AtCount = Located[CountMention]


def attach_counts(draft: Draft, groups: Sequence[Group], counts: Sequence[AtCount]) -> None:
    """Gives a draft the counts of its sentence that are of its group."""
    sentence, passage = draft.group.sentence, draft.group.passage
    before: Group | None = None
    for located in within(counts, sentence.first, sentence.stop):
        if located.mention.role == "cumulative":
            draft.features["cumulative"] = 1.0
            continue
        owner = before if before is not None and is_of_others(located.mention) else _owner(passage, groups, located)
        if located.mention.role != "part":
            before = owner if located.mention.field == "killed" else None
        if owner is draft.group:
            _give(draft, located)


def is_of_others(mention: CountMention) -> bool:
    """«قُتل 19 … وأصيب 163 آخرون»: the others who were hurt are of the toll of killed told before."""
    return mention.field == "injured" and mention.text.endswith(_OTHERS)


_OTHERS = ("آخرون", "آخرين", "اخرون", "اخرين", "آخر", "آخران", "أخريات")


def _give(draft: Draft, located: AtCount) -> None:
    """Sets, adds or details a field of the draft's counts."""
    mention = located.mention
    kept = draft.counts.get(mention.field)
    if mention.role == "shared":
        draft.extra.setdefault("shared", {})[mention.field] = count_of(mention, draft.is_title)
    elif kept is None:
        if mention.role != "part":
            draft.counts[mention.field] = count_of(mention, draft.is_title)
    elif mention.role == "part":
        draft.counts[mention.field] = _with_part(kept, mention)
    elif is_vague(kept):
        draft.counts[mention.field] = count_of(mention, draft.is_title)
    elif not mention.negated and _is_another_side(draft, kept, located):
        draft.counts[mention.field] = _added(kept, mention)


def is_vague(count: Count) -> bool:
    """«قتلى», «عدد من»: some, and no more is said; «56 قتيلًا وجريحًا» says of neither how many."""
    return count.low == 1 and (count.high is None or count.high > 1)


_AND_ALSO = frozenset(
    "بينما فيما كما اضافه فضلا اخر اخرين اخرون واخر واخرين واخرون جانب مقابل وقتل وقتلت ايضا حين الي".split()
)
# while, also, besides, another, others, on the side of: a second toll that adds to the first


def _is_another_side(draft: Draft, kept: Count, located: AtCount) -> bool:
    """Whether words between two tolls of a sentence add the one to the other; else the second only tells the first again."""
    passage = draft.group.passage
    start = kept.title_start if kept.start < 0 and kept.title_start is not None else kept.start
    first = bisect_left(passage.starts, passage.folded.index(start + len(kept.text) - 1))
    return bool(_AND_ALSO & set(passage.words[first : located.stop]))


def count_of(mention: CountMention, is_title: bool = False) -> Count:
    """The record of a count; in the title its offsets are -1 and ``title_start`` holds."""
    return Count(
        low=mention.low,
        high=mention.high,
        text=mention.text,
        start=-1 if is_title else mention.start,
        end=-1 if is_title else mention.end,
        title_start=mention.start if is_title else None,
        by=(_part(mention),) if mention.who else (),
    )


def _part(mention: CountMention) -> CountPart:
    return CountPart(who=mention.who, civilian=mention.civilian, low=mention.low, high=mention.high)


def _with_part(kept: Count, mention: CountMention) -> Count:
    by = parted(kept, _part(mention))
    return Count(
        low=kept.low,
        high=kept.high,
        text=kept.text,
        start=kept.start,
        end=kept.end,
        title_start=kept.title_start,
        by=by,
    )


def parted(kept: Count, part: CountPart) -> tuple[CountPart, ...]:
    """The parts of a count with one more, so that they never sum to more than it: «خمسة مدنيين بينهم طفلة» are four civilians and a
    girl. A part that does not fit is left out; one of unknown size says nothing of the rest."""
    rest = kept.low - sum(other.low for other in kept.by)
    if part.low <= rest:
        return (*kept.by, part)
    for at, other in enumerate(kept.by):
        left = other.low + rest - part.low
        if left == 0:
            return (*kept.by[:at], part, *kept.by[at + 1 :])
        if left > 0:
            high = None if other.high is None or part.high is None else max(left, other.high + rest - part.high)
            return (*kept.by[:at], replace(other, low=left, high=high), *kept.by[at + 1 :], part)
    return kept.by


def _added(kept: Count, mention: CountMention) -> Count:
    """Two sides of one toll: bounds add up, an open one stays open."""
    high = None if kept.high is None or mention.high is None else kept.high + mention.high
    total = Count(
        low=kept.low + mention.low,
        high=high,
        text=kept.text,
        start=kept.start,
        end=kept.end,
        title_start=kept.title_start,
        by=kept.by,
    )
    return _with_part(total, mention)


def _owner(passage: Passage, groups: Sequence[Group], located: AtCount) -> Group | None:
    takers = [group for group in groups if group.head.trigger.role != "talk"]
    cue = _cue_word(passage, located)
    for group in takers:
        if any(hit.first <= cue <= hit.last for hit in group.hits):
            return group
    return min(takers, key=lambda group: min(abs(hit.first - cue) for hit in group.hits), default=None)


def _cue_word(passage: Passage, located: AtCount) -> int:
    """The word that says what befell them, else the count's own first word."""
    if located.mention.cue < 0:
        return located.first
    return bisect_right(passage.starts, passage.folded.index(located.mention.cue)) - 1

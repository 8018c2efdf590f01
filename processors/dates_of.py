"""Which of the dates in a sentence is the day of a thing.

A day on which somebody spoke is taken only where no other stands; what began long ago («منذ 26 آذار») dates the state of things and
not the news; the nearest of the rest is the thing's, those of its own clauses first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from processors.dates import DateMention
from processors.drafts import Draft, When
from processors.groups import Group
from processors.mentions import Mentions
from processors.participants import tellings_of
from processors.passage import Located, Passage, within

AtDate = Located[DateMention]
LASTING = timedelta(days=10)
"""How long what goes on «since» a day may have lasted to be one thing."""


def choose_when(
    group: Group, dates: Sequence[AtDate], first: int, stop: int, *, alone: bool, published: date | None
) -> When:
    """The time of a group whose words are ``first`` to ``stop``; ``alone``: no other group is in its sentence."""
    stands = group.head.trigger.type == "change_to_group_activity"  # troops that stand since spring came in spring
    told = [
        located
        for located in within(dates, group.sentence.first, group.sentence.stop)
        if located.mention.date_start is not None
        and not located.mention.lasting
        and (stands or not _is_state(located.mention, published))
    ]
    usable = [located for located in told if not located.mention.saying and not located.mention.ahead]
    near = [located for located in usable if first <= located.first < stop]
    if not near and (alone or len(usable) == 1):
        near = usable
    said = not near
    if said:  # the day of the news at least
        near = [located for located in told if located.mention.saying]
    if not near:
        return When()
    best = min(near, key=lambda located: abs(located.first - group.head.first)).mention
    start = (
        best.date_end if said and best.precision == "day" else best.date_start
    )  # said in the night to Sunday: Sunday's news
    return When(start, best.date_end, best.precision, best.basis, best.text, said=said)


def _is_state(mention: DateMention, published: date | None) -> bool:
    """«منذ 26 آذار», months before the news: since when something has been so."""
    if not mention.since or published is None or mention.date_start is None:
        return False
    return mention.date_start < published - LASTING


DETAIL = 2
"""Sentences behind a thing within which its day may be told."""
SAID_AFTER = timedelta(days=3)
"""How long after a thing somebody speaks of it as news."""


def refine_days(things: Sequence[Draft], passage: Passage, found: Mentions) -> None:
    """«أعلنت الوزارة أمس مقتل …», then «قامت مساء الخميس بعملية …»: where a thing has only the day of saying, a day told in a sentence soon
    after, which tells no other thing, is its own."""
    busy = {thing.sentence for thing in things}
    for thing in things:
        spoken = thing.when.end
        if thing.is_title or not thing.when.said or thing.when.precision != "day" or spoken is None:
            continue
        own = {telling.group.sentence.index for telling in tellings_of(thing) if telling.group.passage is passage}
        for sentence in passage.sentences[thing.sentence + 1 : thing.sentence + 1 + DETAIL]:
            if sentence.index in busy and sentence.index not in own:
                continue
            mention = next((m for m in _days_in(found, sentence.first, sentence.stop) if _fits(m, spoken)), None)
            if mention is not None:
                thing.when = When(mention.date_start, mention.date_end, mention.precision, mention.basis, mention.text)
                break


def _days_in(found: Mentions, first: int, stop: int) -> list[DateMention]:
    """The days of happening among the words ``first`` to ``stop``."""
    days = [located.mention for located in within(found.dates, first, stop)]
    return [d for d in days if d.precision == "day" and not (d.saying or d.ahead or d.since or d.lasting)]


def _fits(mention: DateMention, spoken: date) -> bool:
    end = mention.date_end
    return end is not None and timedelta(0) <= spoken - end <= SAID_AFTER

"""When and where the news of an article is, for what does not say so itself; and what is recalled from before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from processors.drafts import Draft, When
from processors.place_relations import place_fit

NEWS_DAYS = 3
"""A thing older than this before publication is recalled, unless the article tells nothing newer."""


def settle_places(drafts: Sequence[Draft]) -> None:
    """A thing without a place happened where the thing told right before it did, else where the first one did."""
    known = [draft for draft in drafts if draft.place is not None and not draft.background]
    for draft in drafts:
        if draft.place is not None or draft.sub_event in (None, "agreement") or draft.background:
            continue
        before = [other for other in known if -1 < other.sentence <= draft.sentence]
        source = before[-1] if before else (known[0] if known else None)
        if source is not None:
            draft.place = source.place
            draft.features["place_inherited"] = 1.0


def without_vague_history(drafts: Sequence[Draft]) -> list[Draft]:
    """What is recalled without a day or without a place is no row of a table."""
    return [
        draft
        for draft in drafts
        if not draft.background or draft.sub_event is None or (draft.when.start is not None and draft.place is not None)
    ]


def settle_times(drafts: Sequence[Draft], published: date | None) -> None:
    """Marks what is background and gives a day to fresh news without one: that of the news told before, else publication."""
    news = _news_day(drafts, published)
    for draft in drafts:
        draft.background = _is_recalled(draft, news, published)
    lead: Draft | None = None
    for draft in drafts:
        if draft.background:
            continue
        if draft.when.start is None:
            draft.when = _given(lead.when if lead is not None and _goes_on(lead, draft) else None, published)
        elif lead is None and draft.when.precision == "day" and draft.sub_event is not None and draft.sentence <= 1:
            lead = draft


def _goes_on(lead: Draft, draft: Draft) -> bool:
    """Whether a thing without a day is told as part of what the lead dates: beside it, or in one of its places. News from elsewhere
    is of the day of publication."""
    return draft.sentence - lead.sentence <= NEXT or place_fit(lead.place, draft.place) > 1


NEXT = 2
"""Sentences within which the day of the lead still holds."""


def _given(carried: When | None, published: date | None) -> When:
    if carried is not None:
        return When(carried.start, carried.end, carried.precision, carried.basis, carried.text)
    if published is None:
        return When()
    return When(published, published, "day", "published", None)


def _news_day(drafts: Sequence[Draft], published: date | None) -> date | None:
    """The day of the news: the first dated thing that is no recollection and not long past."""
    floor = published - timedelta(days=NEWS_DAYS) if published else None
    for draft in drafts:
        start = draft.when.start
        if start is not None and draft.when.precision == "day" and not draft.features.get("leads_recall"):
            if floor is None or start >= floor:
                return start
            break
    return published


def _is_recalled(draft: Draft, news: date | None, published: date | None) -> bool:
    when = draft.when
    if when.end is not None and news is not None:
        limit = news if draft.features.get("leads_recall") or draft.sentence > 2 else news - timedelta(days=NEWS_DAYS)
        if when.end < limit:
            return True
        return draft.features.get("cumulative", 0) > 0 and when.start is not None and (when.end - when.start).days > 6
    return draft.features.get("leads_recall", 0) > 0 and draft.sentence > 0

"""Counts of persons to the thing that they are of: each count goes to the nearest group with a word of harm beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.records import Count
from processors.drafts import Draft
from processors.groups import Group
from processors.passage import Located


def attach_counts(draft: Draft, groups: Sequence[Group], counts: Sequence[Located[Any]]) -> None:
    """Gives a draft the counts of its sentence that stand nearer to its group than to any other."""
    sentence = draft.group.sentence
    for located in counts:
        if sentence.first <= located.first < sentence.stop and _nearest(groups, located) is draft.group:
            mention = located.mention
            if mention.field not in draft.counts:
                draft.counts[mention.field] = Count(
                    low=mention.low, high=mention.high, text=mention.text, start=mention.start, end=mention.end
                )


def _nearest(groups: Sequence[Group], located: Located[Any]) -> Group | None:
    return min(groups, key=lambda group: min(_distance(hit.first, hit.last, located) for hit in group.hits), default=None)


def _distance(first: int, last: int, located: Located[Any]) -> int:
    return max(0, located.first - last, first - located.stop + 1)

"""A toll that the text gives for several things together: null on each of them, kept beside them, counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from contracts.records import Count, SharedToll
from processors.drafts import Draft

SHARED = ("killed", "injured")
OF_ROWS = (*SHARED, "detained", "abducted")
"""Counts of a row of places that are none of one of them; those beside killed and injured stay in the words of the shared toll."""


def spread(draft: Draft) -> list[Draft]:
    """One draft for each place of a list; a toll told of the whole list moves into ``extra["shared"]``."""
    if len(draft.place_list) < 2:
        return [draft]
    shared = {name: draft.counts[name] for name in OF_ROWS if name in draft.counts}
    kept = {name: count for name, count in draft.counts.items() if name not in OF_ROWS or _is_none(count)}
    token = object()
    return [
        replace(
            draft,
            place=place,
            place_list=(),
            counts=dict(kept),
            features=dict(draft.features),
            notes=list(draft.notes),
            extra={
                **draft.extra,
                "list": token,
                **({"shared": shared} if any(not _is_none(c) for c in shared.values()) else {}),
            },
        )
        for place in draft.place_list
    ]


def drop_doubled(things: Sequence[Draft]) -> None:
    """A toll of the title that a sentence tells of one thing is not another's too."""
    for thing in things:
        for name in SHARED:
            count = thing.counts.get(name)
            if (
                count is not None
                and count.start < 0
                and any(_tells(other, name, count) for other in things if other is not thing)
            ):
                del thing.counts[name]


def _tells(thing: Draft, name: str, count: Count) -> bool:
    told = thing.counts.get(name)
    return told is not None and told.start >= 0 and (told.low, told.high) == (count.low, count.high)


def _is_none(count: Count) -> bool:
    """«دون إصابات»: none holds for each place of a list."""
    return count.low == 0 and count.high == 0


def shared_tolls(drafts: Sequence[Draft], ids: Sequence[str]) -> list[SharedToll | None]:
    """The shared toll of each draft, naming the reports that share it."""
    members: dict[int, list[str]] = {}
    for draft, name in zip(drafts, ids, strict=True):
        if "shared" in draft.extra:
            members.setdefault(_list(draft), []).append(name)
    return [_toll(draft, members) for draft in drafts]


def _list(draft: Draft) -> int:
    """What the drafts of one row have in common: the row, or the sentence that says that the toll is of several places."""
    return id(draft.extra.get("list", draft.group.sentence))


def _toll(draft: Draft, members: dict[int, list[str]]) -> SharedToll | None:
    counts: dict[str, Count] | None = draft.extra.get("shared")
    if counts is None:
        return None
    text = "، ".join(dict.fromkeys(count.text for count in counts.values()))
    reports = tuple(members[_list(draft)])
    return SharedToll(text=text, killed=counts.get("killed"), injured=counts.get("injured"), reports=reports)

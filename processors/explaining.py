"""Why an article gives the reports that it gives: what was seen in it, what was made of it, what was turned down.

The extraction itself is run, step by step; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from arabic.fold import Folded
from contracts.records import Article, Quote, Report
from processors.confidence import asked_of, event_chance, is_accepted, is_judged
from processors.context import kinds_of
from processors.drafts import Draft
from processors.extract import (
    Told,
    genre_of,
    joined,
    opened,
    passages_of,
    setting_of,
    told_in,
    with_parts,
    write_drafts,
)
from processors.groups import Group
from processors.learned import Weights, models
from processors.lexicon import Hit, lexicon
from processors.mentions import Mentions
from processors.participants import tellings_of
from processors.passage import Located, Passage
from processors.places import Finder
from processors.reading import groups_of, hits_of, quote_at
from processors.refusals import Genre, turned_down
from processors.sentences import Sentence

MOST_REASONS = 5
"""Features shown for and against a report."""
TITLE = -1
"""The sentence number of the title."""


class Mark(Struct, frozen=True):
    """A stretch of the text, or of the title, that was read. ``kind``: trigger, place, actor, date, count or cue; ``says``: as what."""

    kind: str
    quote: Quote
    sentence: int
    says: str


class Refused(Struct, frozen=True):
    """A trigger that makes no report, and why."""

    trigger: Quote
    row: str
    sentence: int
    reason: str


class Weighed(Struct, frozen=True):
    """A feature that the judge saw, with what it adds to the log of the odds."""

    feature: str
    weight: float


class Telling(Struct, frozen=True):
    """A place in the text where a report's thing is told; ``same``: the chance that it is the thing told before, None for the first."""

    trigger: Quote
    rows: tuple[str, ...]
    sentence: int
    same: float | None = None


class Explained(Struct, frozen=True):
    """A report and why it was made. ``chance``: that it is an event; ``asked``: from which chance on it is reported,
    None where it is reported whatever its chance (talk and denials, for which there are too few labels)."""

    report: Report
    tellings: tuple[Telling, ...]
    chance: float
    asked: float | None
    weighed: tuple[Weighed, ...]


class Line(Struct, frozen=True):
    """A sentence with its number."""

    number: int
    quote: Quote


class Explanation(Struct, frozen=True):
    """An article with all that was seen in it. ``unread``: why nothing in it was read, None where it was."""

    article: Article
    unread: str | None
    sentences: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    reports: tuple[Explained, ...] = ()
    refused: tuple[Refused, ...] = ()


def explain(article: Article, finder: Finder | None = None) -> Explanation:
    """Runs the extraction of an article and keeps its reasons."""
    found = "the page is gone: what it reported no longer stands" if article.withdrawn else opened(article)
    if isinstance(found, str):
        title, text = Folded(article.title), Folded(article.text)
        passages = passages_of(title, text)
        refused = _refused_by_words(passages, [None, None], genre_of(title, text))
        return Explanation(article, found, _lines(passages), _triggers(passages), refused=refused)
    told = told_in(found, setting_of(article, finder))
    read = [passage for passage, _ in told.passages]
    mentions = [found for _, found in told.passages]
    things = with_parts(told, joined(article, told))
    kept = [thing for thing in things if is_accepted(thing)]
    reports = write_drafts(article, kept)
    return Explanation(
        article,
        None,
        _lines(read),
        (*_triggers(read), *_marks(read, mentions)),
        tuple(_explained(thing, report, told) for thing, report in zip(kept, reports, strict=True)),
        (
            *_refused_by_words(read, mentions, told.genre),
            *_left_out(told, things),
            *map(_judged_out, _unlikely(things)),
        ),
    )


def _sentences(passages: Iterable[Passage]) -> Iterator[tuple[Passage, Sentence]]:
    """Those of the title before those of the text."""
    for passage in sorted(passages, key=lambda passage: not passage.is_title):
        for sentence in passage.sentences:
            yield passage, sentence


def _lines(passages: Iterable[Passage]) -> tuple[Line, ...]:
    return tuple(_line(passage, sentence) for passage, sentence in _sentences(passages))


def _line(passage: Passage, sentence: Sentence) -> Line:
    quote = quote_at(passage, *passage.folded.span(sentence.start, sentence.end))
    return Line(_number(passage, sentence), quote)


def _number(passage: Passage, sentence: Sentence | None) -> int:
    return TITLE if passage.is_title or sentence is None else sentence.index


def _hits(passages: Iterable[Passage]) -> Iterator[tuple[Passage, Sentence, list[Hit]]]:
    for passage, sentence in _sentences(passages):
        hits = hits_of(passage, sentence, lexicon())
        if hits:
            yield passage, sentence, hits


def _quote(passage: Passage, hit: Hit) -> Quote:
    return quote_at(passage, *passage.span(hit.first, hit.last + 1))


def _triggers(passages: Sequence[Passage]) -> tuple[Mark, ...]:
    return tuple(
        Mark("trigger", _quote(passage, hit), _number(passage, sentence), hit.trigger.id)
        for passage, sentence, hits in _hits(passages)
        for hit in hits
    )


def _marks(passages: Sequence[Passage], mentions: Sequence[Mentions]) -> Iterator[Mark]:
    """What stands beside the triggers, in the order of the text, kind by kind."""
    for passage, found in zip(passages, mentions, strict=True):
        rows: tuple[tuple[str, Sequence[Located[Any]], Any], ...] = (
            ("place", found.places, _says_place),
            ("actor", found.actors, _says_actor),
            ("date", found.dates, _says_date),
            ("count", found.counts, _says_count),
        )
        for kind, located, says in rows:
            for one in located:
                quote = quote_at(passage, one.mention.start, one.mention.end)
                yield Mark(kind, quote, _number(passage, passage.sentence_at(one.first)), says(one.mention))
        for sentence in passage.sentences:
            for cue in passage.cues(sentence):
                quote = quote_at(passage, *passage.span(cue.first, cue.last + 1))
                yield Mark("cue", quote, _number(passage, sentence), cue.kind)


def _says_place(place: Any) -> str:
    known = f"{len(place.entries)} places of that name" if len(place.entries) > 1 else ""
    if len(place.entries) == 1:
        entry = place.entries[0]
        known = ", ".join(filter(None, (entry.name, entry.country)))
    return ": ".join(filter(None, (place.role, known or "a name that no gazetteer has")))


def _says_actor(actor: Any) -> str:
    return ", ".join(filter(None, (actor.name, actor.kind or "of no kind", actor.country)))


def _says_date(date: Any) -> str:
    days = "no day" if date.date_start is None else date.date_start.isoformat()
    if date.date_end not in (None, date.date_start):
        days += f"…{date.date_end.isoformat()}"
    flags = [name for name in ("saying", "recall", "since", "ahead") if getattr(date, name)]
    return ", ".join([f"{days} ({date.precision}, {date.basis})", *flags])


def _says_count(count: Any) -> str:
    bounds = f"{count.low} or more" if count.high is None else f"{count.low}–{count.high}"
    figure = str(count.low) if count.low == count.high else bounds
    return f"{count.field} {'none' if count.negated else figure} ({count.role})"


def _refused_by_words(
    passages: Sequence[Passage], mentions: Sequence[Mentions | None], genre: Genre
) -> tuple[Refused, ...]:
    """The groups that the words around them turn down. Without mentions each trigger is looked at alone, as triage does."""
    found_in = {passage.is_title: found for passage, found in zip(passages, mentions, strict=True)}
    return tuple(
        Refused(_quote(passage, group.head), group.head.trigger.id, _number(passage, sentence), reason)
        for passage, sentence, hits in _hits(passages)
        for group in _groups(passage, sentence, hits, found_in[passage.is_title])
        if (
            reason := turned_down(
                group, passage.cues(sentence), kinds_of(passage.words[sentence.first : sentence.stop]), genre
            )
        )
    )


def _groups(passage: Passage, sentence: Sentence, hits: list[Hit], found: Mentions | None) -> list[Group]:
    if found is None:
        return [Group(passage, sentence, [hit]) for hit in hits]
    return groups_of(passage, sentence, hits, found)


def _left_out(told: Told, things: Sequence[Draft]) -> Iterator[Refused]:
    """Drafts that are told in none of the things."""
    inside = {id(telling.group) for thing in things for telling in tellings_of(thing)}
    for draft in told.drafts:
        if id(draft.group) not in inside:
            inside.add(id(draft.group))
            recalled = "likest" in draft.features or draft.status == "denied"
            yield _refused(
                draft,
                "recalled without a day or a place"
                if recalled
                else "a sum of violence over a time, or harm without a number: no single thing",
            )


def _unlikely(things: Sequence[Draft]) -> Iterator[Draft]:
    return (thing for thing in things if not is_accepted(thing))


def _judged_out(thing: Draft) -> Refused:
    against = [weighed for weighed in _weighed(models().event, thing) if weighed.weight < 0]
    because = ", ".join(f"{one.feature} {one.weight:+.1f}" for one in against[:3])
    return _refused(
        thing,
        f"an event with a chance of {event_chance(thing):.2f}, asked are {asked_of(thing):.2f}"
        + (f"; against it: {because}" if because else ""),
    )


def _refused(draft: Draft, reason: str) -> Refused:
    group = draft.group
    return Refused(draft.trigger, group.head.trigger.id, _number(group.passage, group.sentence), reason)


def _explained(thing: Draft, report: Report, told: Told) -> Explained:
    return Explained(
        report,
        tuple(_tellings(thing, told)),
        round(event_chance(thing), 3),
        round(asked_of(thing), 3) if is_judged(thing) else None,
        tuple(_strongest(_weighed(models().event, thing))),
    )


def _tellings(thing: Draft, told: Told) -> Iterator[Telling]:
    for number, telling in enumerate(tellings_of(thing)):
        group = telling.group
        chances = [draft.features.get("likest", 0.0) for draft in told.drafts if draft.group is group]
        yield Telling(
            _quote(group.passage, group.head),
            tuple(dict.fromkeys(hit.trigger.id for hit in group.hits)),
            _number(group.passage, group.sentence),
            round(max(chances, default=0.0), 3) if number else None,
        )


def _weighed(model: Weights, draft: Draft) -> list[Weighed]:
    """What the model makes of each feature, the strongest first."""
    found = [
        Weighed(name, round(model.weights[name] * value, 2))
        for name, value in draft.extra["seen"].items()
        if name in model.weights
    ]
    return sorted(found, key=lambda one: -abs(one.weight))


def _strongest(weighed: Sequence[Weighed]) -> Iterator[Weighed]:
    for sign in (1, -1):
        yield from [one for one in weighed if one.weight * sign > 0][:MOST_REASONS]

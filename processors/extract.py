"""Extraction: an article in, its reports out. Pure; ``stage.py`` makes a stage of it.

The flow: triage, passages (title and text), drafts by sentence, one thing once, times, tolls, reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from arabic.fold import Folded, fold
from contracts.ids import report_id
from contracts.records import Article, Report, SharedToll
from contracts.taxonomy import SUB_EVENTS, family, quad_class
from processors.chronology import settle_places, settle_times, without_vague_history
from processors.confidence import confidence, is_accepted, judge
from processors.context import kinds_of
from processors.dates_of import refine_days
from processors.drafts import Draft
from processors.joining import Chance, join_drafts
from processors.lexicon import lexicon
from processors.mentions import Mentions, Setting, find_mentions
from processors.neighbours import look_around
from processors.participants import Cast
from processors.passage import Passage
from processors.place_detail import refine_places
from processors.place_holding import PlaceContext
from processors.place_model import weigh_places
from processors.places import Finder
from processors.reading import is_worth_reading, read_passage
from processors.refusals import Genre
from processors.resolving import context_of, resolve_draft, settle_claims, without_far_words
from processors.role_model import settle_roles
from processors.sameness import chance_of_same
from processors.toll_model import settle_tolls
from processors.tolls import drop_doubled, shared_tolls, spread

RULES = "2026.12.1"
"""Version of lexicons and rules: every report names the rules that made it."""


def extract_reports(article: Article, finder: Finder | None = None) -> tuple[Report, ...]:
    """The reports of an article in the order of its text; none where no trigger stands in it or it is withdrawn. ``finder``: that
    of ``places.finder_with``, where the operator has places of their own."""
    if article.withdrawn:
        return ()
    return write_drafts(article, drafts_of(article, finder))


def setting_of(article: Article, finder: Finder | None = None) -> Setting:
    """What the article's outlet and date say to the readers of its words."""
    return Setting(
        published=published_day(article), country=article.country, viewpoint=article.viewpoint, finder=finder
    )


def published_day(article: Article) -> date | None:
    """The calendar day of publication at the place of the outlet."""
    if article.published_at is None:
        return None
    try:
        zone = ZoneInfo(article.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return article.published_at.astimezone(zone).date()


def drafts_of(article: Article, finder: Finder | None = None) -> list[Draft]:
    """What an article tells, each thing once, before it is written as reports."""
    told = told_by(article, finder)
    if told is None:
        return []
    likely = [thing for thing in joined(article, told) if is_accepted(thing) or thing.features["disputed"]]
    return [thing for thing in with_parts(told, likely) if is_accepted(thing)]


def candidates_of(article: Article, finder: Finder | None = None) -> list[Draft]:
    """What an article may tell, each thing once: ``drafts_of`` with what is too unlikely an event still in it."""
    told = told_by(article, finder)
    return [] if told is None else with_parts(told, joined(article, told))


def with_parts(told: Told, things: list[Draft]) -> list[Draft]:
    """The things with who did them to whom, and what only a party says."""
    settle_roles(things, told.cast)
    settle_claims(things)
    return things


def things_of(article: Article, finder: Finder | None = None) -> tuple[list[Draft], Cast | None]:
    """What an article may tell, each thing once with the roles of the rules alone, and all its actors; None where nothing is read."""
    told = told_by(article, finder)
    return ([], None) if told is None else (joined(article, told), told.cast)


class Told(Struct, frozen=True):
    """What the sentences of an article tell, in the order of the text, its title last; all its actors; what it is about."""

    drafts: list[Draft]
    cast: Cast
    genre: Genre
    text: Passage
    found: Mentions
    """What stands in the text."""
    context: PlaceContext
    passages: tuple[tuple[Passage, Mentions], ...] = ()
    """The text and the title with what stands in them."""


class Opened(Struct, frozen=True):
    """An article worth reading: its text and its title, and what it is about."""

    passages: list[Passage]
    genre: Genre


def opened(article: Article) -> Opened | str:
    """Triage: the article cut into sentences, or why nothing in it is read. Most of everyday news ends before it is cut."""
    title, text = Folded(article.title), Folded(article.text)
    woken = {lexicon().wakes(text.text), lexicon().wakes(title.text)}
    if woken == {None}:
        return "no word that tells an event stands in it"
    genre = genre_of(title, text)
    if genre.is_sport:
        return "it is about sport: more of its words are of sport than of arms"
    if "event" not in woken and not genre.is_armed:
        return "only words of talk stand in it, and it is not about a conflict"
    passages = passages_of(title, text)
    if not any(is_worth_reading(passage, genre, lexicon()) for passage in passages):
        return "each word that could tell an event is turned down where it stands"
    return Opened(passages, genre)


def genre_of(title: Folded, text: Folded) -> Genre:
    words = [*text.words, *title.words]
    return Genre(kinds_of(words), len(words))


def passages_of(title: Folded, text: Folded) -> list[Passage]:
    return [Passage(text, title=" ".join(title.words)), Passage(title, is_title=True)]


def told_by(article: Article, finder: Finder | None = None) -> Told | None:
    """Reads the sentences of an article; None where nothing in it is worth reading."""
    read = opened(article)
    return None if isinstance(read, str) else told_in(read, setting_of(article, finder))


def told_in(read: Opened, setting: Setting) -> Told:
    """Reads the sentences of what triage let pass."""
    passages, genre = read.passages, read.genre
    words = [word for passage in passages for word in passage.words]
    drafts: list[Draft] = []
    mentions: list[Mentions] = [find_mentions(passage, setting) for passage in passages]
    context = context_of(mentions, words, setting)
    mentions = [without_far_words(found, context) for found in mentions]
    for passage, found in zip(passages, mentions, strict=True):
        for draft in read_passage(passage, found, setting, genre, lexicon()):
            resolve_draft(draft, found, context)
            drafts.extend(spread(draft))
    drafts.sort(key=lambda draft: draft.is_title or draft.headline)
    cast = Cast(passages, [found.actors for found in mentions], drafts)
    every = tuple(zip(passages, mentions, strict=True))
    return Told(drafts, cast, genre, passages[0], mentions[0], context, every)


def joined(article: Article, told: Told, chance: Chance = chance_of_same) -> list[Draft]:
    """What is told, each thing once, with its time, place and tolls. ``chance``: how likely two tellings are of one thing."""
    published = published_day(article)
    things = placed(published, told, chance)
    settle_tolls(things, told.passages, told.drafts)
    look_around(things)
    for thing in things:
        thing.features["armed"] = told.genre.share("armed")
        thing.features["everyday"] = float(told.genre.is_everyday)
        thing.features["alone"] = float(published is None and not article.title)
        thing.features["civil"] = min(1.0, told.genre.share("civil") + told.genre.share("sport"))
        judge(thing)
    return things


def placed(published: date | None, told: Told, chance: Chance = chance_of_same) -> list[Draft]:
    """What is told, each thing once, with its time and place, and the counts that the order of words gives it."""
    things = located(published, told, chance)
    weigh_places(things, told.passages, told.context, told.drafts)
    return things


def located(published: date | None, told: Told, chance: Chance = chance_of_same) -> list[Draft]:
    """The same with the place that the rules alone give."""
    things = sorted(join_drafts(told.drafts, chance), key=lambda draft: (draft.is_title, draft.trigger.start))
    drop_doubled(things)
    refine_days(things, told.text, told.found)
    settle_times(things, published)
    things = without_vague_history(things)
    refine_places(things, told.text, told.found, told.context)
    settle_places(things)
    return things


def write_drafts(article: Article, drafts: Sequence[Draft]) -> tuple[Report, ...]:
    """The reports of an article's drafts, with their ids."""
    ids = _ids(article.id, drafts)
    tolls = shared_tolls(drafts, ids)
    return tuple(_report(article, *row) for row in zip(drafts, ids, tolls, strict=True))


def _ids(article: str, drafts: Sequence[Draft]) -> list[str]:
    """Stable ids: the article, the family, the evidence, and the number among equals."""
    seen: Counter[tuple[str, str]] = Counter()
    ids = []
    for draft in drafts:
        key = family(draft.sub_event, draft.plover), fold(draft.evidence.text)
        ids.append(report_id(article, *key, seen[key]))
        seen[key] += 1
    return ids


def _report(article: Article, draft: Draft, name: str, toll: SharedToll | None) -> Report:
    sub_event = SUB_EVENTS[draft.sub_event] if draft.sub_event else None
    plover = draft.plover or (sub_event.plover if sub_event else None)
    when = draft.when
    return Report(
        id=name,
        article_id=article.id,
        revision=article.revision,
        url=article.url or None,
        outlet=article.outlet or None,
        title=article.title or None,
        published_at=article.published_at,
        fetched_at=article.fetched_at,
        agency=article.agency,
        signature=article.signature,
        event_type=sub_event.event_type if sub_event else None,
        sub_event_type=draft.sub_event,
        plover=plover,
        plover_mode=sub_event.plover_mode if sub_event else None,
        quad_class=quad_class(plover),
        trigger=draft.trigger,
        evidence=draft.evidence,
        date_start=when.start,
        date_end=when.end,
        date_precision=when.precision,
        date_basis=when.basis,
        date_text=when.text,
        place=draft.place,
        initiators=draft.initiators,
        targets=draft.targets,
        **draft.counts,  # type: ignore[arg-type]
        shared_toll=toll,
        weapons=draft.weapons,
        status=draft.status,
        speaker=draft.speaker,
        background=draft.background,
        confidence=confidence(draft),
        rules=RULES,
    )

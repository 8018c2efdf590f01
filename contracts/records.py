"""The records that travel between stages: frozen, typed, JSON on the wire.

Times are UTC and end in ``_at``. ``date_start`` and ``date_end`` are calendar dates at the place of the outlet. Offsets count
Unicode code points of ``Article.text``; a span that stands in the title has start and end -1 and ``title_start``.
Silence is never zero: a count that the text does not give is ``None``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

SCHEMA_VERSION = 1

Instant = Annotated[datetime, Meta(tz=True)]
"""A moment in UTC."""

DatePrecision = Literal["day", "week", "month", "year", "unknown"]
DateBasis = Literal["explicit", "relative", "published", "none"]
Status = Literal["asserted", "claimed", "denied", "planned"]
ActorKind = Literal[
    "state_forces",
    "rebel",
    "political_militia",
    "identity_militia",
    "rioters",
    "protesters",
    "civilians",
    "external",
]
TextFrom = Literal["page", "feed"]
EventState = Literal["live", "superseded", "retracted"]
Review = Literal["new", "confirmed", "rejected", "corrected", "check"]
Action = Literal["confirm", "reject", "set", "join", "separate"]


class Record(Struct, frozen=True, kw_only=True, tag_field="record"):
    """Anything that travels between stages."""

    schema_version: int = SCHEMA_VERSION


class Validators(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a server gave to ask again cheaply, as it sent it, and the SHA-256 (hex) of the body that it stood for."""

    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None


class Entry(Record, frozen=True, kw_only=True, tag="entry"):
    """One item of a feed: what a poll yields. ``id`` is the hash of the canonical URL, the feed's change and the look."""

    id: str
    feed_id: str
    outlet: str
    url: str
    guid: str | None = None
    title: str | None = None
    summary: str | None = None
    content_html: str | None = None
    author: str | None = None
    published_at: Instant | None = None
    updated_at: Instant | None = None
    seen_at: Instant
    look: int = 0
    """0: new; 1 to 4: the n-th look again at an article with events; -1: the feed says that the item changed."""
    validators: Validators | None = None
    """Filled by fetch's plan where the page was fetched before."""
    published_precision: Literal["instant", "day"] = "instant"


class Page(Record, frozen=True, kw_only=True, tag="page"):
    """The fetched bytes behind an entry. ``status`` 404 or 410 with an empty body: gone, repeatedly. Another status of 400 or
    above, or 0 (robots.txt forbids), with an empty body: refused, so that the feed's own text stands in."""

    entry: Entry
    url: str
    status: int
    headers: dict[str, str]
    content_type: str | None = None
    charset: str | None = None
    body: bytes = b""
    """Compressed with zstd; empty stays empty."""
    content_hash: str = ""
    fetched_at: Instant


class Article(Record, frozen=True, kw_only=True, tag="article"):
    """Clean text of a page. ``published_at`` is the earliest ever seen; with precision ``day`` it is the start of the outlet's
    calendar day (in UTC)."""

    id: str
    revision: int = 0
    version: int = 0
    url: str
    outlet: str
    feed_id: str
    title: str
    text: str
    language: str | None = None
    author: str | None = None
    agency: str | None = None
    text_from: TextFrom = "page"
    timezone: str = "UTC"
    published_at: Instant | None = None
    published_precision: Literal["instant", "day"] = "instant"
    updated_at: Instant | None = None
    fetched_at: Instant
    signature: tuple[int, ...] = ()
    country: str | None = None
    """The outlet's country, ISO 3166 alpha-2."""
    viewpoint: str | None = None
    """The outlet's viewpoint, a slug of the feed list."""
    look: int = 0
    withdrawn: bool = False
    """The page is gone: what the article reported no longer stands."""


class Quote(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of the article's text."""

    text: str
    start: int
    end: int
    title_start: int | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Where: the text's own words, and what they resolve to. ``precision`` 1 exact place, 2 district or surroundings,
    3 governorate, 4 country. ``lat`` and ``lon`` in degrees (WGS 84). ``score`` in 0..1, ``why`` for a reader."""

    text: str
    start: int
    end: int
    title_start: int | None = None
    name: str | None = None
    name_en: str | None = None
    geonameid: int | None = None
    kind: str | None = None
    admin1: str | None = None
    admin1_en: str | None = None
    admin1_code: str | None = None
    """GeoNames code of the first-level division, such as ``SY.06``."""
    admin2: str | None = None
    country: str | None = None
    lat: float | None = None
    lon: float | None = None
    precision: int = 1
    relation: str | None = None
    score: float = 0.0
    why: str = ""


class Actor(Struct, frozen=True, kw_only=True):
    """Who: the text's own words, and the entry of the actors' ontology that they name."""

    text: str
    start: int
    end: int
    title_start: int | None = None
    name: str | None = None
    name_en: str | None = None
    actor_id: str | None = None
    kind: ActorKind | None = None
    country: str | None = None


class CountPart(Struct, frozen=True, kw_only=True):
    """A part of a count: whose, and whether they are civilians (None: not said). ``high`` None: open."""

    who: str
    civilian: bool | None = None
    low: int
    high: int | None = None


class Count(Struct, frozen=True, kw_only=True):
    """Persons: ``low``..``high``, ``high`` None for an open bound."""

    low: int
    high: int | None
    text: str
    start: int = -1
    end: int = -1
    title_start: int | None = None
    by: tuple[CountPart, ...] = ()


class SharedToll(Struct, frozen=True, kw_only=True):
    """A toll that the text gives for several reports together: null on each, counted once in totals. ``reports``: their ids."""

    text: str
    killed: Count | None = None
    injured: Count | None = None
    reports: tuple[str, ...] = ()


class Speaker(Struct, frozen=True, kw_only=True):
    """Who says so, in the text's words, and the name that they resolve to."""

    text: str
    name: str | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """The fields that a report states and an event merges, under the same names."""

    event_type: str | None = None
    sub_event_type: str | None = None
    plover: str | None = None
    plover_mode: str | None = None
    quad_class: int | None = None
    date_start: date | None = None
    date_end: date | None = None
    date_precision: DatePrecision = "unknown"
    date_basis: DateBasis = "none"
    date_text: str | None = None
    place: Place | None = None
    initiators: tuple[Actor, ...] = ()
    targets: tuple[Actor, ...] = ()
    killed: Count | None = None
    injured: Count | None = None
    detained: Count | None = None
    abducted: Count | None = None
    missing: Count | None = None
    displaced: Count | None = None
    shared_toll: SharedToll | None = None
    weapons: tuple[str, ...] = ()
    status: Status = "asserted"
    speaker: Speaker | None = None
    background: bool = False
    confidence: float = 0.0


class Report(Facts, frozen=True, kw_only=True, tag_field="record", tag="report"):
    """One article's report of one event. ``id`` survives an edit elsewhere in the article (see ``ids.report_id``)."""

    schema_version: int = SCHEMA_VERSION
    id: str
    article_id: str
    revision: int = 0
    url: str | None = None
    outlet: str | None = None
    title: str | None = None
    published_at: Instant | None = None
    fetched_at: Instant | None = None
    agency: str | None = None
    signature: tuple[int, ...] = ()
    trigger: Quote
    evidence: Quote
    rules: str = ""


class Stamp(Struct, frozen=True, order=True, array_like=True):
    """What decides between two report sets of one article: the operator's replay first, then the text's revision."""

    generation: int
    revision: int


class ArticleReports(Record, frozen=True, kw_only=True, tag="article_reports"):
    """The whole set of reports of one article under one key (country; ``XX`` unknown). Empty: withdrawn."""

    article_id: str
    key: str
    stamp: Stamp
    reports: tuple[Report, ...] = ()


class Decision(Record, frozen=True, kw_only=True, tag="decision"):
    """What an analyst says of a report. ``country`` is its key. ``report_id`` with its quoted evidence, never an event id alone;
    ``other_report_id`` for join and separate; ``field`` and ``value`` (JSON) for set."""

    id: str
    country: str
    action: Action
    report_id: str
    evidence: str
    other_report_id: str | None = None
    other_evidence: str | None = None
    field: str | None = None
    value: str | None = None
    who: str
    why: str = ""
    decided_at: Instant


class Fatalities(Struct, frozen=True, kw_only=True):
    """Killed by the event over all its reports; ``high`` None: open; civilians among the best figure where told."""

    low: int
    best: int
    high: int | None
    civilians: int | None = None


class TollPoint(Struct, frozen=True, kw_only=True):
    """A toll as it stood: by which report, when published."""

    report_id: str
    outlet: str | None
    published_at: Instant | None
    killed: tuple[int, int | None] | None = None
    injured: tuple[int, int | None] | None = None


class Variant(Struct, frozen=True, kw_only=True):
    """One value of a disputed field (as JSON text) and the ids of the reports and outlets that say it."""

    value: str
    reports: tuple[str, ...]
    outlets: tuple[str, ...] = ()


class Event(Facts, frozen=True, kw_only=True, tag_field="record", tag="event"):
    """What the world sees: one or many reports of the same thing, merged."""

    schema_version: int = SCHEMA_VERSION
    id: str
    version: int = 0
    key: str = "XX"
    state: EventState = "live"
    superseded_by: str | None = None
    first_seen_at: Instant | None = None
    last_seen_at: Instant | None = None
    fatalities: Fatalities | None = None
    disputed: dict[str, tuple[Variant, ...]] = {}
    toll_history: tuple[TollPoint, ...] = ()
    review: Review = "new"
    review_note: str | None = None
    reports: tuple[Report, ...] = ()
    """At most 200, whole; the rest in ``more_reports``."""
    more_reports: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    independent_sources: int = 0
    summary_ar: str = ""
    summary_en: str = ""
    rules: str = ""


MergeInput = ArticleReports | Decision
Document = Article | Event
AnyRecord = Entry | Page | Article | ArticleReports | Decision | Event

"""Extraction as a stage: work in the pool, a small fold that remembers under which keys an article ever reported."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from contracts.codec import decode, encode
from contracts.ids import entry_id
from contracts.outcomes import Drop, Emit, Later, Outcome
from contracts.records import Article, ArticleReports, Entry, Report, Stamp
from contracts.stage import Context, Stage, Store
from processors.extract import extract_reports
from processors.places import finder_with

UNKNOWN_COUNTRY = "XX"
LOOKS_AFTER = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72))
"""When an article with news is looked at again, after its fetch."""


class Extracted(Struct, frozen=True, kw_only=True):
    """An article's reports by merge key (country), and the article without its text."""

    article: Article
    reports: dict[str, tuple[Report, ...]] = {}


class Reported(Struct, frozen=True, kw_only=True):
    """What the fold keeps of an article: the keys that it ever reported under, the highest stamp, and the keys of that one."""

    keys: tuple[str, ...] = ()
    stamp: Stamp


def extract_stage(gazetteer: Path | None = None) -> Stage[Article, Extracted]:
    """The stage ``extract``. ``gazetteer``: the file of the operator's own places, where there is one."""
    work = partial(_work, gazetteer)
    return Stage(name="extract", takes=Article, key=_article_id, where="pool", work=work, fold=_fold)


def _article_id(article: Article) -> str:
    return article.id


def _work(gazetteer: Path | None, article: Article, context: Context) -> Extracted:
    del context  # extraction knows no clock
    grouped: dict[str, list[Report]] = defaultdict(list)
    for report in extract_reports(article, finder_with(gazetteer)):
        grouped[merge_key(report)].append(report)
    slim = msgspec.structs.replace(article, text="", signature=())
    return Extracted(article=slim, reports={key: tuple(reports) for key, reports in grouped.items()})


def merge_key(report: Report) -> str:
    """The country of a report's place, ``XX`` where unknown."""
    return (report.place.country if report.place else None) or UNKNOWN_COUNTRY


def _fold(worked: Extracted, store: Store, context: Context) -> Outcome:
    article = worked.article
    if store.get(f"forgotten:{article.id}") is not None:
        return Drop("forgotten")
    stamp = Stamp(context.generation, article.revision)
    known = _known(store, article.id)
    if known is not None and known.stamp > stamp:
        return Drop("older than what was extracted")
    keys = tuple(sorted({*(known.keys if known else ()), *worked.reports}))
    store.put(article.id, encode(Reported(keys=keys, stamp=stamp)))
    records = tuple(
        ArticleReports(article_id=article.id, key=key, stamp=stamp, reports=worked.reports.get(key, ())) for key in keys
    )
    return Emit(records=records, later=_looks(worked, context.now))


def _known(store: Store, article_id: str) -> Reported | None:
    data = store.get(article_id)
    return None if data is None else decode(Reported, data)


def _looks(worked: Extracted, now: datetime) -> tuple[Later, ...]:
    """Entries to look at a fresh article with news again, at their time after its fetch: those that are past (an article that
    is extracted anew) are left out. A look itself brings no more looks."""
    article = worked.article
    news = any(not report.background for reports in worked.reports.values() for report in reports)
    if article.look != 0 or article.withdrawn or not news:
        return ()
    waits = ((article.fetched_at + after - now).total_seconds() for after in LOOKS_AFTER)
    return tuple(Later(after=wait, record=_look(article, n)) for n, wait in enumerate(waits, start=1) if wait > 0)


def _look(article: Article, number: int) -> Entry:
    return Entry(
        id=entry_id(article.url, number),
        feed_id=article.feed_id,
        outlet=article.outlet,
        url=article.url,
        title=article.title,
        author=article.author,
        published_at=article.published_at,
        published_precision=article.published_precision,
        updated_at=article.updated_at,
        seen_at=article.fetched_at,
        look=number,
    )

"""A page to an article: clean text, title, dates, language, agency; and the fold that counts its revisions.

The work is pure and runs in the pool; a page that has no text gives way to the feed's own. The fold keeps marks of the texts
(``ingest.revisions``), and emits only what the record at hand carries: a copy at a worse address, or an older look, is dropped
after it was noted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct, structs

from arabic.signature import signature
from contracts.ids import article_id, digest
from contracts.outcomes import Drop, Emit, Outcome, Quarantine
from contracts.records import Article, Page
from contracts.stage import Context, Stage, Store
from ingest import reading
from ingest.address import HEAD_BYTES, Address, address_of, is_front_page
from ingest.agency import agency_of
from ingest.dates import FeedDate
from ingest.feeds import FeedList, Outlet
from ingest.language import language_of
from ingest.packed import BadBody, unpack, unpack_head
from ingest.revisions import GONE, Memory, Observation, Seen, load, observe, store
from ingest.siterules import Rules, shipped
from ingest.urls import BadUrl, identity

FORGOTTEN = "forgotten:"
"""Prefix of the block list in the stage's store; what follows is the article's id."""

_GONE = (404, 410)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Cleaned(Struct, frozen=True):
    """What the work gives to the fold: the article as this page alone tells it, and where it was read."""

    article: Article
    address: Address


def clean_stage(feeds: FeedList, rules: Rules | None = None) -> Stage[Page, Cleaned]:
    """The stage of cleaning; ``rules``: those of single outlets (None: the ones that ship with Rasid)."""
    chosen = shipped() if rules is None else rules

    def work(page: Page, _: Context) -> Cleaned | Outcome:
        return clean_page(page, feeds, chosen)

    return Stage(name="clean", takes=Page, key=key_of, where="pool", work=work, fold=_fold(feeds))


def key_of(page: Page) -> str:
    """The article's id. Of a page without a usable address it is the hash of what it gives as one: work refuses it."""
    try:
        head = unpack_head(page.body, HEAD_BYTES)
    except BadBody:
        head = b""
    try:
        return article_id(identity(address_of(head, page.url, page.entry.url).url))
    except BadUrl:
        return article_id(page.entry.url)


def clean_page(page: Page, feeds: FeedList, rules: Rules | None = None) -> Cleaned | Drop | Quarantine:
    """The article of one page, without revision and version. Dropped as ``no text`` where neither page nor feed has one."""
    try:
        body = unpack(page.body)
        address = address_of(body[:HEAD_BYTES], page.url, page.entry.url)
    except BadUrl as error:
        return Quarantine(f"no usable address: {error}")
    except BadBody as error:
        return Quarantine(f"body cannot be unpacked: {error}")
    outlet = feeds.outlet_of(address.url) or _listed(feeds, page.entry.feed_id)
    article = _bare(page, address, outlet)
    if page.status in _GONE:
        return Cleaned(structs.replace(article, withdrawn=True), address)
    is_read = 200 <= page.status < 300 and body and not is_front_page(page.url, page.entry.url)
    source = reading.Source(page, outlet, (shipped() if rules is None else rules).get(article.outlet, reading.NO_RULE))
    read = (reading.from_page(body, source) if is_read else None) or reading.from_feed(source)
    if read is None:
        return Drop("no text", f"{page.url}: status {page.status}, {len(body)} bytes")
    return Cleaned(_told(article, read, outlet), address)


def _listed(feeds: FeedList, feed_id: str) -> Outlet | None:
    """The outlet that the feed is listed under; None where the feed was taken off the list since."""
    return feeds.outlet(feed_id) if feed_id in feeds.feeds else None


def _bare(page: Page, address: Address, outlet: Outlet | None) -> Article:
    return Article(
        id=article_id(identity(address.url)),
        url=address.url,
        outlet=outlet.id if outlet else page.entry.outlet,
        feed_id=page.entry.feed_id,
        title="",
        text="",
        timezone=outlet.timezone if outlet else "UTC",
        fetched_at=page.fetched_at,
        country=outlet.country if outlet else None,
        viewpoint=outlet.viewpoint if outlet else None,
        look=page.entry.look,
    )


def _told(article: Article, read: reading.Reading, outlet: Outlet | None) -> Article:
    published = read.published or FeedDate(article.fetched_at)
    return structs.replace(
        article,
        title=read.title,
        text=read.text,
        language=language_of(f"{read.title}\n{read.text}"),
        author=read.author,
        agency=agency_of(read.text, read.author, outlet, article.url),
        text_from=read.text_from,
        published_at=published.at if read.published else None,
        published_precision=published.precision,
        updated_at=read.updated,
        signature=signature(read.text),
    )


def _fold(feeds: FeedList) -> Callable[[Cleaned, Store, Context], Outcome]:
    def fold(cleaned: Cleaned, state: Store, context: Context) -> Outcome:
        article = cleaned.article
        if state.get(FORGOTTEN + article.id) is not None:
            return Drop("forgotten")
        seen = _seen(article)
        memory = observe(load(state.get(article.id)), _observation(cleaned, seen))
        state.put(article.id, store(memory))
        if not memory.standing.says_as(seen):
            at_holder = memory.holder.url == cleaned.address.seen and memory.holder.fed == _is_fed(article)
            return Drop("older" if at_holder else "twin")
        return Emit((_standing(article, memory, feeds, context.version),))

    return fold


def _seen(article: Article) -> Seen:
    detail = (article.author or "", article.agency or "", article.text_from, str(article.updated_at))
    mark = GONE if article.withdrawn else digest(article.title, article.text, size=6)
    return Seen(_micro(article.fetched_at), mark, "" if article.withdrawn else digest(*detail, size=3))


def _observation(cleaned: Cleaned, seen: Seen) -> Observation:
    article, address = cleaned.article, cleaned.address
    at = None if article.published_at is None else _micro(article.published_at)
    is_day = article.published_precision == "day"
    return Observation(
        seen_url=address.seen,
        url=address.url,
        declared=address.declared,
        fed=_is_fed(article),
        seen=seen,
        feed=article.feed_id,
        instant=None if is_day else at,
        day=at if is_day else None,
    )


def _is_fed(article: Article) -> bool:
    return article.text_from == "feed"


def _standing(article: Article, memory: Memory, feeds: FeedList, version: int) -> Article:
    """The article as the memory has it, with the text of the record."""
    published = memory.published
    precision: Literal["instant", "day"] = "day" if published and published[1] == "day" else "instant"
    outlet = feeds.outlet_of(memory.url) or _listed(feeds, memory.feed)
    owned: dict[str, Any] = {}
    if outlet is not None:
        owned = {
            "outlet": outlet.id,
            "timezone": outlet.timezone,
            "country": outlet.country,
            "viewpoint": outlet.viewpoint,
        }
    return structs.replace(
        article,
        url=memory.url,
        feed_id=memory.feed,
        revision=memory.revision,
        version=version,
        published_at=_moment(published[0]) if published else None,
        published_precision=precision,
        fetched_at=_moment(memory.standing.at),
        **owned,
    )


def _micro(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _moment(micro: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micro)

"""What fetch remembers: of an article, which entries asked for it and what came; of a host, when it may be asked again."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from contracts.ids import article_id
from contracts.records import Entry, Instant, Validators
from contracts.stage import Context, Store
from ingest import urls

_MOST_DONE = 12
_LONGEST_VALIDATOR = 512


class Done(Struct, frozen=True, omit_defaults=True):
    """An entry that was folded: at which input position, and what was known before it. With these, the same record comes to
    the same result when it is delivered again, whatever was folded since."""

    position: int
    before: Validators | None = None
    gone_before: int = 0


class Known(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Of one article. ``fetched``: a page, or the news that it is refused, went on to clean. ``gone``: answers of 404 or 410
    in a row. ``done``: by entry id, the last _MOST_DONE."""

    fetched: bool = False
    first_at: Instant | None = None
    validators: Validators | None = None
    looks: tuple[int, ...] = ()
    gone: int = 0
    done: dict[str, Done] = {}


class HostState(Struct, frozen=True):
    """When the host may be asked again, and the seconds that it wants between requests."""

    next_at: Instant
    every: float = 0.0


_known = msgspec.json.Decoder(Known)
_host_state = msgspec.json.Decoder(HostState)


def article_of(entry: Entry) -> str:
    """The id of the entry's article. Raises BadUrl."""
    return article_id(urls.identity(entry.url))


def host_key(entry: Entry) -> str:
    """The host that the entry's article lives on, without ``www.`` and ``m.``, so that twins share a key. Never raises."""
    try:
        return urls.host(urls.identity(entry.url))
    except urls.BadUrl:
        return urls.host(entry.url)


def forgotten(store: Store, article: str) -> bool:
    """Whether the operator took the article out and keeps it out."""
    return store.get(f"forgotten:{article}") is not None


def known(store: Store, article: str) -> Known:
    """What is known of an article; nothing yet: an empty Known."""
    data = store.get(f"article:{article}")
    return Known() if data is None else _known.decode(data)


def remember(store: Store, article: str, state: Known) -> None:
    store.put(f"article:{article}", msgspec.json.encode(state))


def parked(store: Store, host: str, now: datetime, longest: float) -> HostState | None:
    """The host's state where it must wait; None: now. A moment beyond ``longest`` seconds is from a clock that has jumped."""
    data = store.get(f"host:{host}")
    if data is None:
        return None
    state = _host_state.decode(data)
    return state if now < state.next_at <= now + timedelta(seconds=longest) else None


def park(store: Store, host: str, until: datetime, every: float) -> None:
    """The host is not asked before ``until``; an earlier moment than the one in the store changes nothing."""
    data = store.get(f"host:{host}")
    if data is None or _host_state.decode(data).next_at < until:
        store.put(f"host:{host}", msgspec.json.encode(HostState(until, every)))


def delivered_again(state: Known, entry: Entry, context: Context) -> Done | None:
    """What stood before this very record (same entry, same input position) was folded; None where it was not."""
    done = state.done.get(entry.id)
    return done if done is not None and done.position == context.position else None


def with_done(state: Known, entry: Entry, context: Context) -> tuple[Known, Done]:
    """The state with this entry marked as done, and what stood before it."""
    done = delivered_again(state, entry, context)
    if done is None:
        done = Done(context.position, state.validators, state.gone)
    kept = {name: value for name, value in state.done.items() if name != entry.id}
    while len(kept) >= _MOST_DONE:
        del kept[next(iter(kept))]
    looks = state.looks
    if entry.look > 0 and entry.look not in looks:
        looks = tuple(sorted({*looks, entry.look}))
    return msgspec.structs.replace(state, done={**kept, entry.id: done}, looks=looks), done


def validators_of(headers: dict[str, str], content_hash: str) -> Validators:
    """What to ask with the next time; a validator of unreasonable length is not kept."""
    etag, modified = headers.get("etag"), headers.get("last-modified")
    return Validators(
        etag=etag if etag and len(etag) <= _LONGEST_VALIDATOR else None,
        last_modified=modified if modified and len(modified) <= _LONGEST_VALIDATOR else None,
        content_hash=content_hash,
    )

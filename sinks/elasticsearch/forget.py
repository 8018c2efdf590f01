"""Forgetting an article: its document, its reports inside events, and what rests on it alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from elasticsearch import ConflictError, Elasticsearch

from contracts.outcomes import Unavailable
from sinks.elasticsearch.documents import event_of, line
from sinks.elasticsearch.schema import Names
from sinks.forgetting import is_bare, without

_PAGE = 200
_ROUNDS = 50


def forget_article(client: Elasticsearch, names: Names, article_id: str, at: datetime) -> int:
    """The number of documents removed: the article, and events that are bare tombstones now."""
    removed = _delete(client, names, article_id)
    emptied: set[str] = set()
    for _ in range(_ROUNDS):
        client.indices.refresh(index=names.pattern("events"))
        found = _carrying(client, names, article_id)
        if not found:
            _expunge(client, names)
            return removed + len(emptied)
        for hit in found:
            emptied |= {hit["_id"]} if _take_out(client, hit, article_id, at) else set()
    raise Unavailable(f"the events of article {article_id} change faster than they can be cleared of it")


def _delete(client: Elasticsearch, names: Names, article_id: str) -> int:
    """Whether the article was there. Looked for until it is found nowhere: a rebuild may copy it meanwhile."""
    there = False
    for _ in range(_ROUNDS):
        client.indices.refresh(index=names.pattern("articles"))
        wanted = {"ids": {"values": [article_id]}}
        found = client.search(index=names.pattern("articles"), query=wanted, source=False)["hits"]["hits"]
        if not found:
            return int(there)
        there = True
        for hit in found:
            client.options(ignore_status=404).delete(index=hit["_index"], id=article_id, refresh=True)
    raise Unavailable(f"article {article_id} comes back as often as it is deleted")


def _carrying(client: Elasticsearch, names: Names, article_id: str) -> list[dict[str, Any]]:
    wanted = {"term": {"derived.articles": article_id}}
    hits: list[dict[str, Any]] = client.search(index=names.pattern("events"), query=wanted, size=_PAGE)["hits"]["hits"]
    return hits


def _take_out(client: Elasticsearch, hit: dict[str, Any], article_id: str, at: datetime) -> bool:
    """Writes what is left of the event over the version that was read; whether that is a bare tombstone. Where a newer version came
    between, the next round meets it."""
    left = without(event_of(hit["_source"]), article_id)
    made = line(left, at)
    try:
        client.index(
            index=hit["_index"], id=left.id, version=left.version, version_type="external_gte", document=_raw(made.body)
        )
    except ConflictError:
        return False
    return is_bare(left)


def _raw(body: bytes) -> Any:
    """The client hands bytes on as they are."""
    return body


def _expunge(client: Elasticsearch, names: Names) -> None:
    """Merges away the documents that were deleted or written over."""
    for kind in ("events", "articles"):
        client.indices.flush(index=names.pattern(kind))
        client.indices.forcemerge(index=names.pattern(kind), only_expunge_deletes=True)

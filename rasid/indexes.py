"""The index that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.outcomes import IndexRefused, Unavailable
from rasid.errors import UsageError
from rasid.settings import Settings

if TYPE_CHECKING:
    from contracts.index import Index
    from rasid.local.database import Database
    from sinks.elasticsearch import ElasticsearchIndex, ElasticsearchSettings


def in_elasticsearch(settings: Settings) -> bool:
    return settings.mode == "cluster" or settings.index == "elasticsearch"


def index_of(settings: Settings, database: Database) -> Index:
    """The index of a process on one machine: in its own database, or in Elasticsearch."""
    if in_elasticsearch(settings):
        return elasticsearch_index(settings)
    from sinks.sqlite import SqliteIndex

    return SqliteIndex(database.connection)


def documents(index: Index) -> dict[str, int]:
    """What the index holds; empty where it is away, for a status must come all the same."""
    try:
        return index.count()
    except Unavailable:
        return {}


def unended_rebuild(index: Index) -> str | None:
    """What to say of a rebuild that was begun and not ended: writers write twice until it is."""
    try:
        number: int | None = getattr(index, "building", lambda: None)()
    except (Unavailable, IndexRefused):  # away, or a key that may only search
        return None
    if number is None:
        return None
    return f"index: a rebuild (series {number}) is under way or was left: `rasid replay --rebuild` goes on with it"


def elasticsearch_settings(settings: Settings) -> ElasticsearchSettings:
    """Where the node is and who asks. Raises UsageError where the settings name no server, or where the client's library is missing."""
    urls = tuple(part.strip() for part in settings.elasticsearch.split(",") if part.strip())
    if not urls:
        raise UsageError("no Elasticsearch: set RASID_ELASTICSEARCH (https://host:9200, several with commas)")
    try:
        from sinks.elasticsearch import ElasticsearchSettings
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing: pip install 'rasid[elasticsearch]'") from None
    return ElasticsearchSettings(
        urls=urls,
        api_key=settings.elasticsearch_api_key.get_secret_value() or None,
        username=settings.elasticsearch_user or None,
        password=settings.elasticsearch_password.get_secret_value() or None,
        ca_certs=str(settings.elasticsearch_ca) if settings.elasticsearch_ca else None,
        prefix=settings.prefix,
    )


def health_settings(settings: Settings) -> ElasticsearchSettings | None:
    """Where a process keeps what it counts; None where the events are not in Elasticsearch, or where this process of a cluster, which
    may have nothing else to do with it, is not told of it."""
    return elasticsearch_settings(settings) if in_elasticsearch(settings) and settings.elasticsearch else None


def elasticsearch_index(settings: Settings) -> ElasticsearchIndex:
    """Not connected yet. Raises UsageError where the settings name no server, or where the client's library is missing."""
    known = elasticsearch_settings(settings)
    from sinks.elasticsearch import ElasticsearchIndex

    return ElasticsearchIndex(known)

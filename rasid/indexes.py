"""The index in Elasticsearch, as the settings describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rasid.errors import UsageError
from rasid.settings import Settings

if TYPE_CHECKING:
    from sinks.elasticsearch import ElasticsearchIndex


def elasticsearch_index(settings: Settings) -> ElasticsearchIndex:
    """Not connected yet. Raises UsageError where the settings name no server, or where the client's library is missing."""
    urls = tuple(part.strip() for part in settings.elasticsearch.split(",") if part.strip())
    if not urls:
        raise UsageError("no Elasticsearch: set RASID_ELASTICSEARCH (https://host:9200, several with commas)")
    try:
        from sinks.elasticsearch import ElasticsearchIndex, ElasticsearchSettings
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing: pip install 'rasid[elasticsearch]'") from None
    return ElasticsearchIndex(
        ElasticsearchSettings(
            urls=urls,
            api_key=settings.elasticsearch_api_key.get_secret_value() or None,
            username=settings.elasticsearch_user or None,
            password=settings.elasticsearch_password.get_secret_value() or None,
            ca_certs=str(settings.elasticsearch_ca) if settings.elasticsearch_ca else None,
            prefix=settings.prefix,
        )
    )

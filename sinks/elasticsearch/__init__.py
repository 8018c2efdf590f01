"""The index in Elasticsearch 9: monthly indices of events behind an alias, articles, and what a query asks of them."""

from contracts.outcomes import IndexRefused, RejectedDocuments
from sinks.elasticsearch.connection import ElasticsearchSettings
from sinks.elasticsearch.index import ElasticsearchIndex

__all__ = ["ElasticsearchIndex", "ElasticsearchSettings", "IndexRefused", "RejectedDocuments"]

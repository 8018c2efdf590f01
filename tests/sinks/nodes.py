"""What the tests of the Elasticsearch index share: an index of their own on the node, and a look behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from elasticsearch import Elasticsearch

from sinks.elasticsearch import ElasticsearchIndex, ElasticsearchSettings
from sinks.elasticsearch.connection import connect

_prefixes = (f"sink{number}" for number in count())


class Place:
    """A prefix of its own on a node, with a client to look behind the index."""

    def __init__(self, url: str) -> None:
        self.url, self.prefix = url, next(_prefixes)
        self.client: Elasticsearch = connect(ElasticsearchSettings(urls=(url,)))
        self._opened: list[ElasticsearchIndex] = []

    def index(self, sleep: Callable[[float], None] = lambda seconds: None, **settings: Any) -> ElasticsearchIndex:
        known = {"urls": (self.url,), "prefix": self.prefix}
        opened = ElasticsearchIndex(ElasticsearchSettings(**known | settings), sleep=sleep)
        self._opened.append(opened)
        return opened

    def indices(self) -> list[str]:
        return sorted(self.client.indices.get(index=f"{self.prefix}-*", expand_wildcards="open"))

    def close(self) -> None:
        if indices := self.indices():
            self.client.indices.delete(index=indices)
        self.client.options(ignore_status=404).indices.delete_index_template(name=f"{self.prefix}*")
        for opened in self._opened:
            opened.close()
        self.client.close()


@contextmanager
def place_on(url: str) -> Iterator[Place]:
    place = Place(url)
    yield place
    place.close()

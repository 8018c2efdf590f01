"""The index in one SQLite file: full text, filters, facets, and documents."""

from sinks.sqlite.index import SqliteIndex

__all__ = ["SqliteIndex"]

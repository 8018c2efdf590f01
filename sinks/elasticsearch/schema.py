"""Indices, aliases and templates: their names, what they are made of, and whether those that exist still fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import msgspec
from elasticsearch import BadRequestError, Elasticsearch
from msgspec import Struct

from contracts.outcomes import IndexRefused
from contracts.records import Article, Document
from sinks.elasticsearch.faults import reason_of, told

Kind = Literal["events", "articles"]
KINDS: tuple[Kind, ...] = ("events", "articles")
VERSION = 1
"""Of the mappings, in the ``_meta`` of every index; raised with each change that an older Rasid must not write over."""
_MONTH = re.compile(r"(\d{4})(0[1-9]|1[0-2])(?!\d)")
_PRIORITY = 300


class Names(Struct, frozen=True):
    """Names of everything. Reading goes through the aliases ``<prefix>-events`` and ``<prefix>-articles``. Writing goes through an
    alias per index (``<prefix>-write-…``), since a bulk that must meet an alias can never make an index by itself. A rebuild
    writes a *series* of its own: the same indices with ``-s<number>`` at the end, in no alias that is read until it is published.
    """

    prefix: str

    def read(self, kind: Kind) -> str:
        return f"{self.prefix}-{kind}"

    def pattern(self, kind: Kind) -> str:
        """All indices of a kind, of whatever series."""
        return f"{self.prefix}-{kind}-*"

    def index(self, kind: Kind, part: str, series: int) -> str:
        return f"{self.prefix}-{kind}-{part}" + (f"-s{series}" if series else "")

    def write(self, kind: Kind, part: str, series: int | None) -> str:
        """The alias to write through; ``series`` None: the published one, whichever that is."""
        return f"{self.prefix}-write{'' if series is None else f'-s{series}'}-{kind}-{part}"

    @property
    def building(self) -> str:
        """The alias that says which series is being built."""
        return f"{self.prefix}-building"

    def copied(self, source: str) -> str:
        """The alias that says that an index was copied whole into what is being built."""
        return f"{self.prefix}-copied-{source}"

    def parsed(self, kind: Kind, index: str) -> tuple[str, int]:
        """Part and series of an index's name."""
        part, _, series = index.removeprefix(f"{self.prefix}-{kind}-").partition("-s")
        return part, int(series or 0)


def part_of(document: Document) -> tuple[Kind, str]:
    """The index that a document belongs to: of an event, the month with which its id begins."""
    if isinstance(document, Article):
        return "articles", "all"
    month = _MONTH.match(document.id)
    return "events", f"{month[1]}.{month[2]}" if month else "other"


@lru_cache(maxsize=2)
def definition(kind: Kind) -> dict[str, Any]:
    """Settings and mappings of an index."""
    body = _data(f"{kind}.json")
    body["settings"]["analysis"] = analysis()
    body["mappings"]["_meta"] = {"rasid": VERSION}
    return body


@lru_cache(maxsize=1)
def analysis() -> dict[str, Any]:
    """The analyzers, with the names that the stemmer keeps whole."""
    made = _data("analysis.json")
    names = resources.files("sinks").joinpath("mappings", "names.txt").read_text(encoding="utf-8")
    made["filter"]["names"]["keywords"] = names.split()
    return made


def _data(name: str) -> dict[str, Any]:
    return dict(msgspec.json.decode(resources.files("sinks").joinpath("mappings", name).read_bytes()))


def install(client: Elasticsearch, names: Names, written: Collection[int]) -> None:
    """Templates, and new fields for the indices that exist and are of the series that are written; changes nothing where all is as it
    should be. Raises IndexRefused."""
    for kind in KINDS:
        _check_existing(client, names, kind, written)
        _install_template(client, names, kind)


def _install_template(client: Elasticsearch, names: Names, kind: Kind) -> None:
    """For an index that anyone else makes under our names, such as one that is restored by hand."""
    with told():
        try:
            client.indices.put_index_template(
                name=names.read(kind),
                index_patterns=[names.pattern(kind)],
                priority=_PRIORITY,
                template=definition(kind),
                meta={"rasid": VERSION},
                allow_auto_create=False,
            )
        except BadRequestError as error:
            raise IndexRefused(
                f"the template {names.read(kind)} cannot be installed: {reason_of(error)}. Nothing is written without it"
            ) from error


def _check_existing(client: Elasticsearch, names: Names, kind: Kind, written: Collection[int]) -> None:
    with told():
        found: Mapping[str, Any] = client.indices.get(index=names.pattern(kind), allow_no_indices=True).body
    for index, body in found.items():
        if names.parsed(kind, index)[1] in written:
            _check_index(client, kind, index, body)


def _check_index(client: Elasticsearch, kind: Kind, index: str, body: Mapping[str, Any]) -> None:
    version = int(body["mappings"].get("_meta", {}).get("rasid", 0))
    if version > VERSION:
        raise IndexRefused(f"the index {index} was written by a newer Rasid: update it to write there")
    if _comparable(body["settings"]["index"].get("analysis", {})) != _comparable(analysis()):
        raise IndexRefused(f"the index {index} cuts words by other analyzers than ours: {_WAY_OUT}")
    mappings = definition(kind)["mappings"]
    if body["mappings"].get("dynamic") != mappings["dynamic"]:
        raise IndexRefused(f"the index {index} was not made by Rasid (its mapping is not strict): {_WAY_OUT}")
    with told():
        try:
            client.indices.put_mapping(index=index, properties=mappings["properties"], meta=mappings["_meta"])
        except BadRequestError as error:
            raise IndexRefused(f"the mapping of {index} does not fit ours: {reason_of(error)}. {_WAY_OUT}") from error


_WAY_OUT = "rebuild into new indices (rasid replay --rebuild), or use another prefix"


def _comparable(found: Mapping[str, Any]) -> dict[str, Any]:
    """Analyzers without the list of names: an older list serves on until the next rebuild."""
    filters = {
        name: {k: v for k, v in made.items() if k != "keywords"} for name, made in found.get("filter", {}).items()
    }
    return {"analyzer": found.get("analyzer", {}), "filter": filters}

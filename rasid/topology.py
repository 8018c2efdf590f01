"""The flow, as data: both runners read this table, and a newcomer reads it first.

feeds ──poll──▶ Entry ──fetch──▶ Page ──clean──▶ Article ──extract──▶ ArticleReports ──merge──▶ Event
                  ▲                                 │  └─ Entry (look again) ─▶ fetch             │
                  └── rasid feeds …                 └──────────────▶ index ◀──────────────────────┘
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct

from contracts import codec
from contracts.outcomes import Emitted
from contracts.records import Article, ArticleReports, Decision, Entry, Event, Page
from contracts.stage import Stage


class Step(Struct, frozen=True):
    """A row of the flow. ``order`` strict: one batch after the other, by position; keyed: parallel over keys."""

    name: str
    kind: Literal["source", "stage", "sink"]
    takes: tuple[type, ...]
    gives: tuple[type, ...]
    keyed_by: str
    order: Literal["keyed", "strict"]


FLOW = (
    Step("poll", "source", (), (Entry,), "host of the feed", "keyed"),
    Step("fetch", "stage", (Entry,), (Page, Entry), "host of the page", "keyed"),
    Step("clean", "stage", (Page,), (Article,), "article id", "keyed"),
    Step("extract", "stage", (Article,), (ArticleReports, Entry), "article id", "keyed"),
    Step("merge", "stage", (ArticleReports, Decision), (Event,), "country of the event", "strict"),
    Step("index", "sink", (Article, Event), (), "document id", "strict"),
)

KEPT: dict[type, Callable[[Any], str]] = {
    Article: lambda article: article.id,
    ArticleReports: lambda reports: f"{reports.article_id}:{reports.key}",
    Decision: lambda decision: decision.id,
}
"""Records that stay after every stage has read them, so that stages can run again; pages too, whose key is the article's id."""


class Topology(Struct, frozen=True):
    """The stages of FLOW, built: name -> stage."""

    stages: Mapping[str, Stage[Any, Any]]

    def keys_of(self, record: Emitted) -> dict[str, str]:
        """Each step that takes the record, with the record's key there."""
        return {
            step.name: self.stages[step.name].key(record) if step.name in self.stages else _document_id(record)
            for step in FLOW
            if type(record) in step.takes
        }

    def kept_key(self, record: Emitted, keys: Mapping[str, str]) -> str:
        """The key under which a record of a kept kind stays in the log; empty where the kind is not kept. ``keys``: its keys
        at the stages that take it."""
        if isinstance(record, Page):
            return keys["clean"]
        keep = KEPT.get(type(record))
        return keep(record) if keep else ""

    @property
    def kept_kinds(self) -> frozenset[str]:
        return KEPT_KINDS


KEPT_KINDS = frozenset(codec.record_name(kind) for kind in (*KEPT, Page))


def _document_id(record: Any) -> str:
    return str(record.id)

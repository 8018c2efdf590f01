"""How a stage ends a record, and the errors by which a dependency says that it is away."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from contracts.records import Article, ArticleReports, Decision, Entry, Event, Page

Emitted = Entry | Page | Article | ArticleReports | Decision | Event


class Later(Struct, frozen=True):
    """A record to be handed on after ``after`` seconds."""

    after: float
    record: Emitted


class Emit(Struct, frozen=True):
    """The records that a fold gives; ``later`` those that are not ready yet."""

    records: tuple[Emitted, ...] = ()
    later: tuple[Later, ...] = ()


class Drop(Struct, frozen=True):
    """The record ends here, counted under ``reason`` (a short constant; ``detail`` is for the log)."""

    reason: str
    detail: str = ""


class Retry(Struct, frozen=True):
    """A passing fault: again after ``after`` seconds (None: the runner's own back-off). After the last try it is a dead letter.
    ``counts`` False: no fault, only not yet (a host's spacing), so that no try is used up."""

    reason: str
    after: float | None = None
    counts: bool = True


class Quarantine(Struct, frozen=True):
    """A bad record: a dead letter with the reason, then on."""

    reason: str


Outcome = Emit | Drop | Retry | Quarantine


class RejectedDocuments(Exception):
    """The index refused some documents for what is in them. ``reasons``: id of the document -> why. Every other document of the
    same ``write`` is in the index."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        shown = "; ".join(f"{ident[:80]}: {why}" for ident, why in list(self.reasons.items())[:3])
        super().__init__(
            f"the index refused {len(self.reasons)} documents: {shown}{' …' if len(self.reasons) > 3 else ''}"
        )


class IndexRefused(Exception):
    """The index cannot be used as it is (version, mapping, key); the message says what the operator can do."""


class Unavailable(Exception):
    """A dependency is away (index, broker, disk): waited for in place, with the place kept."""

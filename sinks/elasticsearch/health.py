"""What the pipeline says of its own health, a minute at a time: small documents in ``<prefix>-health-YYYY.MM``, for Kibana.

Nothing rests on them: a minute that cannot be written is lost, and work goes on. A document's id is made of its minute and of what it
is about, so that one written twice is there once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import msgspec
from elasticsearch import BadRequestError, Elasticsearch
from msgspec import Struct

from contracts.outcomes import IndexRefused
from sinks.elasticsearch.connection import ElasticsearchSettings, connect
from sinks.elasticsearch.faults import reason_of, told

KEPT_DAYS = 92
"""Age at which a whole month of documents is deleted."""
_PRIORITY = 300
_MONTH = re.compile(r"-(\d{4})\.(\d{2})$")


class HealthRow(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Of one process at one minute, in UTC."""

    at: datetime
    process: str

    @property
    def ident(self) -> str:
        """The same for the same process, minute and matter."""
        about = [getattr(self, name, "") for name in ("step", "what", "reason")]
        named = msgspec.json.encode([type(self).__name__, self.at, self.process, *about])
        return hashlib.blake2b(named, digest_size=16).hexdigest()


class StepHealth(HealthRow, frozen=True, kw_only=True, tag="step"):
    """What a step did in the minute, and what waited for it at its end; None where this process cannot tell. ``ms_each``: mean time of
    work for a record taken."""

    step: str
    received: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0
    retried: int = 0
    dead: int = 0
    lag: int | None = None
    oldest_s: float | None = None
    ms_each: float | None = None


class ReasonHealth(HealthRow, frozen=True, kw_only=True, tag="reason"):
    """How often a step dropped, failed or retried in the minute, for one reason."""

    step: str
    what: str
    reason: str
    count: int


class FeedsHealth(HealthRow, frozen=True, kw_only=True, tag="feeds"):
    """The feeds that a process watches."""

    feeds_ok: int = 0
    feeds_failing: int = 0
    feeds_gone: int = 0
    feeds_new: int = 0
    oldest_success_s: float | None = None
    overdue_s: float = 0.0


def definition() -> dict[str, Any]:
    """Settings and mappings of an index of health."""
    return dict(msgspec.json.decode(resources.files("sinks").joinpath("mappings", "health.json").read_bytes()))


class HealthIndex:
    """Writes rows. Every method raises Unavailable where the node is away, and IndexRefused where it cannot be used."""

    def __init__(self, settings: ElasticsearchSettings, *, client: Elasticsearch | None = None) -> None:
        self._client = client or connect(settings)
        self._name = f"{settings.prefix}-health"
        self._is_set_up = False

    def setup(self) -> None:
        """Installs the template by which each month's index is made."""
        with told():
            try:
                self._client.indices.put_index_template(
                    name=self._name,
                    index_patterns=[f"{self._name}-*"],
                    priority=_PRIORITY,
                    template=definition(),
                    allow_auto_create=True,
                )
            except BadRequestError as error:
                raise IndexRefused(f"the template {self._name} cannot be installed: {reason_of(error)}") from error
        self._is_set_up = True

    def write(self, rows: Sequence[HealthRow]) -> None:
        """Puts the rows into their months. Raises IndexRefused where one does not fit the mapping; the others are there then."""
        if not self._is_set_up:
            self.setup()
        if not rows:
            return
        with told():
            answer = self._client.bulk(operations=[part for row in rows for part in self._operation(row)])
        if answer["errors"]:
            faults = (item["index"].get("error") for item in answer["items"])
            raise IndexRefused(f"a row of health is refused: {next(fault for fault in faults if fault)['reason']}")

    def _operation(self, row: HealthRow) -> tuple[dict[str, Any], dict[str, Any]]:
        index = f"{self._name}-{row.at.astimezone(UTC):%Y.%m}"
        return {"index": {"_index": index, "_id": row.ident}}, msgspec.to_builtins(row)

    def expire(self, now: datetime) -> list[str]:
        """Deletes the months of which every day is older than ``KEPT_DAYS``; their names."""
        with told():
            found = list(self._client.indices.get(index=f"{self._name}-*", allow_no_indices=True).body)
            old = sorted(name for name in found if _ended(name, now - timedelta(days=KEPT_DAYS)))
            if old:
                self._client.indices.delete(index=old)
        return old

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _ended(index: str, before: datetime) -> bool:
    """Whether the month of an index was over by then."""
    month = _MONTH.search(index)
    return month is not None and (int(month[1]), int(month[2])) < (before.year, before.month)

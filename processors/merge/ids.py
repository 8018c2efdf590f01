"""Ids of events: the month of the first report and the hash of the report by which the event was first seen."""

from __future__ import annotations

from contracts.ids import digest
from contracts.records import Report
from processors.merge.event import first_moment

NO_MONTH = "000000"
"""Where neither publication nor fetch of the first report is known: our clock may not stand in, or a replay would name it anew."""


def event_id(key: str, anchor: Report, ordinal: int = 0) -> str:
    """``YYYYMM-hash``: the month (UTC) of the anchor's publication, never later than its fetch. The country is hashed too: an article
    whose place changes leaves one event and makes another. ``ordinal`` counts where the id lives on elsewhere without its own report."""
    moment = first_moment(anchor)
    month = f"{moment.year:04}{moment.month:02}" if moment else NO_MONTH
    return f"{month}-{digest('event', key, anchor.id, str(ordinal), size=8)}"

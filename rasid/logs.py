"""Log lines: one JSON object a line on standard error, made to be read where that is a terminal. They name feeds, URLs and records by id, and
no setting's value."""

from __future__ import annotations

import logging
import re
import sys

import structlog

from contracts import codec
from contracts.records import Page

NOISY = ("aiokafka", "kafka")
"""While a broker is away their loggers write a megabyte a second; what matters is said once by whoever waits."""


def configure_logs(level: str, *, quiet: bool) -> None:
    """``level``: the least that is written; ``quiet``: errors alone, under a live screen."""
    least = logging.getLevelNamesMapping()[level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR if quiet else least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.ERROR if quiet else logging.WARNING, stream=sys.stderr)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.INFO if level == "debug" else logging.CRITICAL)


def about(value: bytes) -> dict[str, str]:
    """The feed and the address that a record is about, as far as it tells them; without what stands before the host of an address."""
    try:
        record = codec.decode_any(value)
    except (codec.BadRecord, codec.NewerRecord):
        return {}
    told = record.entry if isinstance(record, Page) else record
    url = re.sub(r"(?<=://)[^/@\s]+@", "", str(getattr(told, "url", "") or ""))
    found = {"feed": str(getattr(told, "feed_id", "") or ""), "url": url}
    return {name: text for name, text in found.items() if text}

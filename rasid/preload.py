"""Imported once by the process from which pool workers are forked: what is read here is read once, and shared."""

from datetime import UTC, datetime

import feedparser  # noqa: F401
import trafilatura  # noqa: F401

from contracts.records import Article
from processors.extract import extract_reports
from rasid import build, worker  # noqa: F401

# Lexicons and gazetteer load with the first article (here: "X was shelled").
extract_reports(
    Article(id="", url="", outlet="", feed_id="", title="", text="قصفت مدينة جاسم.", fetched_at=datetime.now(UTC))
)

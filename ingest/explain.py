"""A poll in plain words, for ``rasid feeds check``: what was asked, what came, and what was wrong with it."""

from __future__ import annotations

from datetime import datetime

from contracts.source import Polled
from ingest.discover import Discovery
from ingest.parse import ParsedFeed

_KINDS = {
    "rss": "RSS",
    "atom": "Atom",
    "rdf": "RSS 1.0 (RDF)",
    "json": "JSON Feed",
    "news_sitemap": "a news sitemap",
    "sitemap": "a sitemap without titles",
    "sitemap_index": "an index of sitemaps",
    "html": "a web page, not a feed",
    "empty": "nothing at all",
    "unknown": "nothing that reads as a feed",
}
PROBLEMS = {
    "bad_link": "items without an http or https address, left out",
    "duplicate_guid": "items that share their guid with another; told apart by address",
    "duplicate_url": "items that repeat an address, left out",
    "unread_date": "dates that could not be read",
    "unbelieved_date": "dates that cannot be true (before 1995, or more than a day ahead), set aside",
    "left": "older items beyond the cap, left out",
    "charset": "the bytes are not in the charset that they claim; healed",
    "cut": "longer than 10 MB; the rest was not read",
    "broken_xml": "the XML is broken; what could be read was read",
    "mended_entities": "declares entities of its own; they are not expanded",
    "mended_controls": "holds control characters that XML forbids; taken out",
    "mended_references": "holds a bare & or a reference that XML does not know; mended",
    "too_many_tags": "far more elements than any feed has; not read",
    "empty": "the answer is empty",
    "html": "a web page stands at this address",
    "not_a_feed": "neither RSS, Atom, JSON Feed nor a sitemap",
}
"""What each of ``ParsedFeed.problems`` means."""

_SHOWN = 3


def explain(polled: Polled, parsed: ParsedFeed | None = None, discovery: Discovery | None = None) -> str:
    """Lines of plain English; the times are UTC."""
    lines = [f"{polled.feed_id}: {polled.outcome.replace('_', ' ')}: {polled.detail}"]
    if discovery is not None:
        lines += ["looked for the feed:", *(f"  {one.url}: {one.said}" for one in discovery.tries)]
    if parsed is not None:
        lines += _feed_lines(parsed, polled.detail)
    lines.append(f"asked again at {polled.next_at:%Y-%m-%d %H:%M} UTC")
    return "\n".join(lines)


def problem_in_words(problem: str) -> str:
    """Of one of ``ParsedFeed.problems``: ``bad_link:3`` is "3 items without …"."""
    name, _, count = problem.partition(":")
    words = PROBLEMS.get(name, name.replace("_", " "))
    return f"{count} {words}" if count else words


def _feed_lines(parsed: ParsedFeed, said: str) -> list[str]:
    title = f" «{parsed.title}»" if parsed.title else ""
    lines = [f"read as {_KINDS[parsed.kind]}{title}, {parsed.charset}, {len(parsed.entries)} entries"]
    lines += [f"  {words}" for problem in parsed.problems if (words := problem_in_words(problem)) not in said]
    dated = [item.published_at for item in parsed.entries if item.published_at is not None]
    if dated:
        lines.append(f"  published from {_day(min(dated))} to {_day(max(dated))}")
    with_text = sum(item.content_html is not None for item in parsed.entries)
    if parsed.entries:
        lines.append(f"  {with_text} of {len(parsed.entries)} entries carry their text in the feed")
    lines += [f"  {item.title or '(no title)'}  {item.url}" for item in parsed.entries[:_SHOWN]]
    return lines


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"

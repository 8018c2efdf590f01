"""Stable ids: hashes of what a thing is, never of when it was seen."""

from __future__ import annotations

from hashlib import blake2b


def digest(*parts: str, size: int = 16) -> str:
    """Hex of a blake2b hash of ``size`` bytes over the parts; a part cannot run into the next."""
    hasher = blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(4, "big") + data)
    return hasher.hexdigest()


def article_id(canonical_url: str) -> str:
    """128 bits over the canonical URL."""
    return digest("article", canonical_url)


def entry_id(canonical_url: str, look: int, change: str = "") -> str:
    """Of an entry: the URL, which look it is, and (for a changed item) the feed's own mark of the change."""
    return digest("entry", canonical_url, str(look), change)


def report_id(article: str, family: str, folded_evidence: str, ordinal: int) -> str:
    """Of a report: the article, the event family, the folded evidence sentence, and its number among equals."""
    return digest("report", article, family, folded_evidence, str(ordinal))


def decision_id(report: str, action: str, field: str, who: str, decided_at: str) -> str:
    """Of a decision."""
    return digest("decision", report, action, field, who, decided_at)

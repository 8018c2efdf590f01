"""What a server's answer means for a feed: the outcome of its status, moves, validators, cache times, and the words for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from contracts.records import Validators
from ingest.discover import Discovery
from ingest.explain import problem_in_words
from ingest.news import News
from ingest.parse import ParsedFeed
from ingest.schedule import FeedState, Outcome, PollResult, seconds_until, will_adopt
from ingest.web import Refused, Response, Unreachable

_PERMANENT = (301, 308)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")
_REASONS = {
    401: " (a password is asked for)",
    403: " (the site refuses us)",
    404: " (there is nothing at this address)",
    410: " (the feed is gone)",
    429: " (we ask too often)",
    451: " (withheld for legal reasons)",
}
_POOL = {
    "timeout": "reading it took more than {seconds:g} seconds",
    "memory": "reading it took too much memory",
    "died": "the process that read it died",
}


def failed_by_status(answer: Response, now: datetime) -> PollResult:
    """Of an answer that is neither 200 nor 304."""
    wait = seconds_until(answer.headers.get("retry-after", ""), now)
    detail = f"answered {answer.status}{_REASONS.get(answer.status, '')}"
    return PollResult(outcome=_outcome_of(answer.status), detail=detail, retry_after=wait)


def unasked() -> PollResult:
    """Of a 304 where nothing was said of what we have: believed, the feed would never bring anything."""
    return PollResult(outcome="bad_feed", detail="answered 304 (not modified) to a question without conditions")


def failed_by_pool(kind: str, seconds: float) -> PollResult:
    """Of a body that no worker could read: hung for so many seconds, died or out of memory."""
    return PollResult(outcome="bad_feed", detail=f"could not be read: {_POOL.get(kind, kind).format(seconds=seconds)}")


def failed_by_web(error: Unreachable | Refused) -> PollResult:
    """Of a request that brought no answer; ``busy``: that our own limits for the host kept back."""
    detail = f"{error.reason}: {error.detail}" if error.detail else error.reason
    if error.reason == "busy":
        return PollResult(outcome="busy", detail=detail, counts=False)
    return PollResult(outcome="unreachable" if isinstance(error, Unreachable) else "refused", detail=detail)


def failed_by_content(parsed: ParsedFeed) -> PollResult:
    """Of an answer that is no feed."""
    return PollResult(outcome="bad_feed", detail=_not_a_feed(parsed))


def _outcome_of(status: int) -> Outcome:
    if status == 410:
        return "gone"
    if status == 429 or status >= 500:
        return "busy"
    return "refused" if status >= 400 else "bad_feed"


def _not_a_feed(parsed: ParsedFeed) -> str:
    faults = [problem for problem in parsed.problems if problem in ("too_many_tags", "broken_xml", "cut")]
    return "; ".join([_kind_of(parsed), *map(problem_in_words, faults)])


def _kind_of(parsed: ParsedFeed) -> str:
    return {
        "html": "a web page stands at the feed's address",
        "empty": "the answer is empty",
        "sitemap_index": "a sitemap index in which no news sitemap could be read",
    }.get(parsed.kind, "neither RSS, Atom, JSON Feed nor a sitemap")


def unchanged(state: FeedState, answer: Response, now: datetime) -> PollResult:
    """Of a 304, and of the same bytes as before."""
    moved_to = _moved_to(answer)
    if will_adopt(state, moved_to, now):
        return PollResult(outcome="moved", detail=f"moved for good to {moved_to}", moved_to=moved_to)
    return PollResult(outcome="not_modified", detail="nothing changed", moved_to=moved_to)


def success(
    state: FeedState,
    answer: Response,
    parsed: ParsedFeed,
    fresh: News,
    body_hash: str,
    now: datetime,
    found: Discovery | None,
) -> PollResult:
    """Of a feed that was read. ``found``: the discovery that led to it."""
    moved_to = None if found else _moved_to(answer)
    outcome: Outcome = "new" if fresh.entries else "nothing_new"
    detail = _counts(parsed, fresh)
    if will_adopt(state, moved_to, now):
        outcome, detail = ("new" if fresh.entries else "moved"), f"{detail}; moved for good to {moved_to}"
    return PollResult(
        outcome=outcome,
        detail=detail,
        validators=_validators(answer, parsed, body_hash),
        seen=fresh.seen,
        times=fresh.times,
        newest_at=fresh.newest_at,
        ask_every=_asked_every(answer, parsed, now),
        moved_to=moved_to,
        found=found.url if found else None,
    )


def _validators(answer: Response, parsed: ParsedFeed, body_hash: str) -> Validators:
    """An index answers for itself, not for its children: its own validators would hide what is new in them."""
    if parsed.kind == "news_sitemap" and body_hash != sha256(answer.body).hexdigest():
        return Validators(content_hash=body_hash)
    return Validators(
        etag=answer.headers.get("etag"), last_modified=answer.headers.get("last-modified"), content_hash=body_hash
    )


def _counts(parsed: ParsedFeed, fresh: News) -> str:
    parts = [
        f"{fresh.new} new"
        + (f", {fresh.changed} changed" if fresh.changed else "")
        + f" of {len(parsed.entries)} entries"
    ]
    if fresh.too_old:
        parts.append(f"{fresh.too_old} too old for a first poll")
    if fresh.wholesale:
        parts.append(f"{fresh.wholesale} changed at once, taken as a change of the feed's template")
    parts += [problem_in_words(problem) for problem in parsed.problems]
    return "; ".join(parts)


def left_out(parsed: ParsedFeed, fresh: News) -> dict[str, int]:
    """Items that a feed showed and that go no further, by reason."""
    faults = dict(problem.split(":") for problem in parsed.problems if ":" in problem)
    counts: dict[str, int] = {name: int(faults[name]) for name in ("bad_link", "duplicate_url") if name in faults}
    others = {"beyond_cap": parsed.left, "too_old": fresh.too_old}
    return counts | {name: count for name, count in others.items() if count}


def _moved_to(answer: Response) -> str | None:
    """The final address, where every hop on the way was permanent."""
    hops = answer.redirects
    return answer.url if hops and all(hop.status in _PERMANENT for hop in hops) else None


def _asked_every(answer: Response, parsed: ParsedFeed, now: datetime) -> int:
    """The longest interval that the publisher asks for, in seconds; 0 where it asks for none."""
    hints = (parsed.hints.ttl, parsed.hints.update_every, cache_seconds(answer.headers, now))
    return max((hint for hint in hints if hint), default=0)


def cache_seconds(headers: Mapping[str, str], now: datetime) -> int:
    """How long a cache may keep the answer, by Cache-Control's max-age, failing that by Expires; 0 where neither says."""
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return 0
    if match := _MAX_AGE.search(control):
        return int(match[1])
    return int(seconds_until(headers.get("expires", "").strip() or "-", now) or 0) if "expires" in headers else 0

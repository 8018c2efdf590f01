"""Whose text an article copies: datelines («دمشق - سانا»، «بغداد (رويترز) -»), credits («المصدر: وكالة …»), the byline.

Names and their forms are data (``rules/agencies.toml``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from msgspec import Struct

from arabic.fold import fold
from ingest.feeds import Outlet
from ingest.urls import host, registrable

_DASH = r"[-–—ـ/]"
# A city, then the agency in brackets: «بيروت (أ ف ب) - قُتل …», «بغداد (رويترز) …»
_BRACKETS = re.compile(rf"[^().:\d]{{0,40}}\(([^()]{{1,60}})\)\s*(?:{_DASH}|:)")
# «دمشق - سانا: …», «درعا-سانا» alone on its line, «سنجار/ وكالة …:»
_AFTER_CITY = re.compile(rf"[^().:\d]{{2,40}}?\s*{_DASH}\s*([^().:\d]{{1,60}}?)\s*(?:$|[:–—]|-\s)")
# «سانا- دمشق», «رويترز: …»
_BEFORE = re.compile(rf"([^().:\d]{{1,40}}?)\s*(?:{_DASH}|:)")
_WHOLE = re.compile(r"[(\[]?\s*(?:المصدر|مصدر|المصادر|نقلا عن)?\s*:?\s*([^()\[\]:]{1,60}?)\s*[)\]]?\s*\.?")
_AT_END = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]\s*\.?\s*$")
_CREDIT = re.compile(r"(?:المصدر|المصادر)\s*:\s*(.{1,80})$")
_PARTS = re.compile(r"\s*[+،,/|؛]\s*|\s+[-–—]\s+|\s+و(?=\S)")
_DOTS = re.compile(r"(?<=\w)\.\s*(?=\w\b)|\.$")
_LONGEST_NAME = 6


class Agencies(Struct, frozen=True):
    """``names``: folded form to name; ``nobody``: folded words that stand for no agency; ``words``: what names of others begin with."""

    names: dict[str, str]
    domains: dict[str, str]
    nobody: frozenset[str]
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def agencies() -> Agencies:
    """The agencies that ship with Rasid."""
    data = tomllib.loads((resources.files("ingest") / "rules" / "agencies.toml").read_text("utf-8"))
    rows = data["agency"]
    return Agencies(
        names={_key(form): row["name"] for row in rows for form in (row["name"], *row["forms"])},
        domains={domain: row["name"] for row in rows for domain in row.get("domains", ())},
        nobody=frozenset(_key(word) for word in data["none"]),
        words=tuple(_key(word) for word in data["words"]),
    )


def is_nobody(folded: str) -> bool:
    """Whether a folded byline names nobody («وكالات», «متابعات»)."""
    parts = [_key(part) for part in _PARTS.split(folded) if part.strip()]
    return not parts or all(part in agencies().nobody for part in parts)


def agency_of(text: str, author: str | None, outlet: Outlet | None, url: str = "") -> str | None:
    """The agency whose text this is, by its name in the list, or as the article writes it; an agency signs its own."""
    own = agencies().domains.get(registrable(url)) or agencies().domains.get(host(url).removeprefix("www."))
    if own:
        return own
    for offer in (*_offers(text), author or ""):
        if name := agency_name(offer):
            return name
    if outlet is not None and outlet.kind == "agency":
        return agency_name(outlet.name) or re.sub(r"\s*\([^()]*\)$", "", outlet.name)
    return None


def agency_name(offer: str) -> str | None:
    """The first agency that a credit names, or None."""
    for part in (offer, *_PARTS.split(offer)):
        key = _key(part)
        if key in agencies().nobody or not key:
            continue
        if known := agencies().names.get(key):
            return known
    whole = _key(offer)
    is_other = whole.startswith(tuple(f"{word} " for word in agencies().words)) and len(whole.split()) <= _LONGEST_NAME
    return offer.strip() if is_other else None


def _offers(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for pattern in (_BRACKETS, _AFTER_CITY, _BEFORE):
        if match := pattern.match(lines[0][:140]):
            yield match[1]
    for line in reversed(lines[-2:]):
        if match := _CREDIT.match(line) or (_WHOLE.fullmatch(line) if len(line) <= 80 else None):
            yield match[1]
        if match := _AT_END.search(line[-80:]):
            yield match[1]


def _key(name: str) -> str:
    """«أ.ف.ب» as «ا ف ب»."""
    return " ".join(_DOTS.sub(" ", fold(name)).strip(" .:-–—()[]«»\"'").split())
